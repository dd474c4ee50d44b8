"""A chain of 50 operations on a million float64: memory traffic, page faults, and how much is kept.

Ten rounds of five operations: multiply by a Python float, sin, add the input, tanh, multiply by a Python
float. Of these sin needs its input and tanh its output for the way back, so 20 arrays have to be kept; with
the cotangent that is 21 alive at the least. The variant "constants" multiplies by arrays in place of floats:
the user may overwrite those before the way back, so dualad keeps copies of them.
"""

from __future__ import annotations

import tracemalloc

import numpy as np

import dualad

from ..case import case
from ..peers import load

ROUNDS = 10


def inputs(tiny):
    rng = np.random.default_rng(1)
    n = 100 if tiny else 1_000_000
    return rng.normal(size=n), rng.uniform(0.8, 1.2, size=n)


def chain(x, c, d, sin, tanh):
    y = x
    for _ in range(ROUNDS):
        y = y * c
        y = sin(y)
        y = y + x
        y = tanh(y)
        y = y * d
    return y.sum()


def by_hand(x, c, d):
    """NumPy, in place wherever nothing is lost."""
    y, kept = x, []
    for _ in range(ROUNDS):
        u = y * c
        t = np.sin(u)
        t += x
        np.tanh(t, out=t)
        kept.append((u, t))
        y = t * d
    gx, g = np.zeros_like(x), np.ones_like(x)
    while kept:
        u, t = kept.pop()
        g *= d
        t *= t
        np.subtract(1, t, out=t)
        g *= t
        gx += g
        np.cos(u, out=u)
        g *= u
        g *= c
    return gx + g


def torch_gradient(x, c, d):
    torch = load("torch")
    leaf = torch.tensor(x, requires_grad=True)
    c, d = (torch.tensor(k) if isinstance(k, np.ndarray) else k for k in (c, d))

    def run():
        leaf.grad = None
        chain(leaf, c, d, torch.sin, torch.tanh).backward()
        return leaf.grad

    return run


def autograd_gradient(x, c, d):
    autograd, anp = load("autograd"), load("autograd.numpy")
    g = autograd.grad(lambda v: chain(v, c, d, anp.sin, anp.tanh))
    return lambda: g(x)


def jax_gradient(x, c, d):
    jax, jnp = load("jax"), load("jax.numpy")
    g, v = jax.jit(jax.grad(lambda v: chain(v, c, d, jnp.sin, jnp.tanh))), jnp.asarray(x)
    return lambda: g(v).block_until_ready()


def gradient_contestants(x, c, d):
    g = dualad.grad(lambda v: chain(v, c, d, np.sin, np.tanh))
    return {
        "dualad": lambda: lambda: g(x),
        "numpy": lambda: lambda: by_hand(x, c, d),
        "torch": lambda: torch_gradient(x, c, d),
        "autograd": lambda: autograd_gradient(x, c, d),
        "jax": lambda: jax_gradient(x, c, d),
    }


def tensor_gradient(lib, x, c, d):
    leaf = lib.tensor(x, requires_grad=True)

    def run():
        leaf.grad = None
        chain(leaf, c, d, lib.sin, lib.tanh).backward()
        return leaf.grad

    return run


def peak_arrays(run, nbytes):
    """A gauge: bytes that NumPy has allocated at the peak of `run`, in arrays of `nbytes`."""

    def peak():
        tracemalloc.start()
        try:
            run()
            return tracemalloc.get_traced_memory()[1] / nbytes
        finally:
            tracemalloc.stop()

    return peak


@case("chain50.grad", unit="ms", targets={"torch": 1.1})
def gradient(tiny):
    """`dualad.grad` of the large chain, plain `np` names, constants that are Python floats."""
    x, _ = inputs(tiny)
    return gradient_contestants(x, 0.9, 1.1)


@case("chain50.grad-constants", unit="ms")
def gradient_constants(tiny):
    """The same with array constants, of which dualad keeps copies."""
    x, c = inputs(tiny)
    return gradient_contestants(x, c, c)


@case("chain50.tensor", unit="ms", targets={"torch": 1.1})
def tensor(tiny):
    """`Tensor.backward` through the large chain."""
    x, _ = inputs(tiny)
    return {
        "dualad": lambda: tensor_gradient(dualad, x, 0.9, 1.1),
        "torch": lambda: torch_gradient(x, 0.9, 1.1),
    }


@case("chain50.memory", unit="arrays", limit=22, gauge=True)
def memory(tiny):
    """Arrays of the chain's size alive at the peak of `dualad.grad`; the input is not counted."""
    x, _ = inputs(tiny)
    g = dualad.grad(lambda v: chain(v, 0.9, 1.1, np.sin, np.tanh))
    return {
        "dualad": lambda: peak_arrays(lambda: g(x), x.nbytes),
        "numpy": lambda: peak_arrays(lambda: by_hand(x, 0.9, 1.1), x.nbytes),
        "autograd": lambda: peak_arrays(autograd_gradient(x, 0.9, 1.1), x.nbytes),
    }


@case("chain50.memory-tensor", unit="arrays", gauge=True)
def memory_tensor(tiny):
    """The same for `Tensor.backward`."""
    x, _ = inputs(tiny)
    return {"dualad": lambda: peak_arrays(tensor_gradient(dualad, x, 0.9, 1.1), x.nbytes)}
