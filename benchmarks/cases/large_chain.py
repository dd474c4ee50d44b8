"""Chains of 50 operations on a million float64: memory traffic, page faults, and how much is kept.

The mixed chain is five rounds of ten operations:

    multiply by c, sin, add the input, tanh, multiply by d,
    exp, subtract the input, multiply by c, tanh, add 1

Of these sin needs its input, tanh and exp their output for the way back, so 20 arrays have to be kept; with
the cotangent that is 21 alive at the least. c and d are Python floats; in the variant "constants" they are
arrays, which the user may overwrite before the way back, so dualad keeps copies of them.

The trigonometric chain, ten rounds of (multiply by c, sin, add the input, tanh, multiply by d), shows what
NumPy itself costs: its float64 sin and cos take one element at a time, PyTorch's are vectorised.
"""

from __future__ import annotations

import tracemalloc

import numpy as np

import dualad

from ..case import case
from ..peers import load


def inputs(tiny):
    rng = np.random.default_rng(1)
    n = 100 if tiny else 1_000_000
    return rng.normal(size=n), rng.uniform(0.8, 1.2, size=n)


def mixed(x, c, d, lib):
    """The sum of the mixed chain, in any library's functions."""
    y = x
    for _ in range(5):
        y = y * c
        y = lib.sin(y)
        y = y + x
        y = lib.tanh(y)
        y = y * d
        y = lib.exp(y)
        y = y - x
        y = y * c
        y = lib.tanh(y)
        y = y + 1.0
    return y.sum()


def trigonometric(x, c, d, lib):
    y = x
    for _ in range(10):
        y = y * c
        y = lib.sin(y)
        y = y + x
        y = lib.tanh(y)
        y = y * d
    return y.sum()


def mixed_by_hand(x, c, d):
    """NumPy, in place wherever nothing is lost."""
    y, kept = x, []
    for _ in range(5):
        u = y * c
        t = np.sin(u)
        t += x
        np.tanh(t, out=t)
        e = t * d
        np.exp(e, out=e)
        s = e - x
        s *= c
        np.tanh(s, out=s)
        kept.append((u, t, e, s))
        y = s + 1.0
    gx, g = np.zeros_like(x), np.ones_like(x)
    while kept:
        u, t, e, s = kept.pop()
        _times_sech2(g, s)
        g *= c
        gx -= g
        g *= e
        g *= d
        _times_sech2(g, t)
        gx += g
        np.cos(u, out=u)
        g *= u
        g *= c
    return gx + g


def _times_sech2(g, t):
    """`g *= 1 - t²`, destroying t."""
    t *= t
    np.subtract(1, t, out=t)
    g *= t


def trigonometric_by_hand(x, c, d):
    y, kept = x, []
    for _ in range(10):
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
        _times_sech2(g, t)
        gx += g
        np.cos(u, out=u)
        g *= u
        g *= c
    return gx + g


def torch_gradient(chain, x, c, d):
    torch = load("torch")
    c, d = (torch.tensor(k) if isinstance(k, np.ndarray) else k for k in (c, d))
    return tensor_gradient(torch, chain, x, c, d)


def tensor_gradient(lib, chain, x, c, d):
    """`backward` in PyTorch's face, dualad's or PyTorch's own."""
    leaf = lib.tensor(x, requires_grad=True)

    def run():
        leaf.grad = None
        chain(leaf, c, d, lib).backward()
        return leaf.grad

    return run


def autograd_gradient(chain, x, c, d):
    autograd, anp = load("autograd"), load("autograd.numpy")
    g = autograd.grad(lambda v: chain(v, c, d, anp))
    return lambda: g(x)


def jax_gradient(chain, x, c, d):
    jax, jnp = load("jax"), load("jax.numpy")
    g, v = jax.jit(jax.grad(lambda v: chain(v, c, d, jnp))), jnp.asarray(x)
    return lambda: g(v).block_until_ready()


def contestants(chain, by_hand, x, c, d):
    g = dualad.grad(lambda v: chain(v, c, d, np))
    return {
        "dualad": lambda: lambda: g(x),
        "numpy": lambda: lambda: by_hand(x, c, d),
        "torch": lambda: torch_gradient(chain, x, c, d),
        "autograd": lambda: autograd_gradient(chain, x, c, d),
        "jax": lambda: jax_gradient(chain, x, c, d),
    }


def peak_arrays(run, nbytes):
    """A gauge: bytes that NumPy has allocated at the peak of `run`, in arrays of `nbytes`."""

    def peak():
        tracemalloc.start()
        try:
            run()
            return round(tracemalloc.get_traced_memory()[1] / nbytes, 1)
        finally:
            tracemalloc.stop()

    return peak


@case("chain50.grad", unit="ms", targets={"torch": 1.1})
def gradient(tiny):
    """`dualad.grad` of the mixed chain, plain `np` names, constants that are Python floats."""
    x, _ = inputs(tiny)
    return contestants(mixed, mixed_by_hand, x, 0.9, 0.7)


@case("chain50.grad-constants", unit="ms")
def gradient_constants(tiny):
    """The same with array constants, of which dualad keeps copies."""
    x, c = inputs(tiny)
    return contestants(mixed, mixed_by_hand, x, c, 0.7 * c)


@case("chain50.grad-trigonometric", unit="ms")
def gradient_trigonometric(tiny):
    """The trigonometric chain: a fifth of the operations are sin, in place of a tenth."""
    x, _ = inputs(tiny)
    return contestants(trigonometric, trigonometric_by_hand, x, 0.9, 1.1)


@case("chain50.tensor", unit="ms", targets={"torch": 1.1})
def tensor(tiny):
    """`Tensor.backward` through the mixed chain."""
    x, _ = inputs(tiny)
    return {
        "dualad": lambda: tensor_gradient(dualad, mixed, x, 0.9, 0.7),
        "torch": lambda: torch_gradient(mixed, x, 0.9, 0.7),
    }


@case("chain50.memory", unit="arrays", limit=22, gauge=True)
def memory(tiny):
    """Arrays of the chain's size alive at the peak of `dualad.grad`; the input is not counted."""
    x, _ = inputs(tiny)
    g = dualad.grad(lambda v: mixed(v, 0.9, 0.7, np))
    return {
        "dualad": lambda: peak_arrays(lambda: g(x), x.nbytes),
        "numpy": lambda: peak_arrays(lambda: mixed_by_hand(x, 0.9, 0.7), x.nbytes),
        "autograd": lambda: peak_arrays(autograd_gradient(mixed, x, 0.9, 0.7), x.nbytes),
    }


@case("chain50.memory-tensor", unit="arrays", limit=22, gauge=True)
def memory_tensor(tiny):
    """The same for `Tensor.backward`."""
    x, _ = inputs(tiny)
    return {"dualad": lambda: peak_arrays(tensor_gradient(dualad, mixed, x, 0.9, 0.7), x.nbytes)}
