"""Many tangents at once."""

from __future__ import annotations

import numpy as np

import dualad

from ..case import case
from ..peers import load
from .small_chain import OPS, chain, inputs, methods_chain, numpy_names


def contestants(verb, n):
    """`verb` is "jacfwd" or "jacrev", the same name in dualad, torch.func and JAX."""
    x, a, _ = inputs(n)
    jacobian = getattr(dualad, verb)(lambda v: numpy_names(v, a))

    def torch():
        torch = load("torch")
        v, constant = torch.tensor(x), torch.tensor(a)
        f = getattr(torch.func, verb)(lambda w: methods_chain(w, constant))
        return lambda: f(v)

    def jax():
        jax, jnp = load("jax"), load("jax.numpy")
        f = jax.jit(getattr(jax, verb)(lambda w: chain(w, a, jnp.sin, jnp.tanh, jnp.exp)))
        v = jnp.asarray(x)
        return lambda: f(v).block_until_ready()

    return {"dualad": lambda: lambda: jacobian(x), "torch": torch, "jax": jax}


def columns_by_hand(x, a):
    """What is left if nobody has to trace anything: the same products, written out."""
    one = np.eye(len(x))
    y, d = x, one
    for _ in range(OPS // 6):
        y, d = y * a, d * a
        y, d = np.sin(y), d * np.cos(y)
        y, d = y + x, d + one
        y, d = y * 0.9, d * 0.9
        y = np.tanh(y)
        d = d * (1 - y * y)
        y = np.exp(y)
        d = d * y
    return d.T


@case("jacfwd.chain30", per=100, of="tangent", targets={"torch": 0.4}, limit=2.5)
def columns(tiny):
    """`jacfwd` of the chain of 30 operations, 100 inputs: time per tangent."""
    n = 4 if tiny else 100
    x, a, _ = inputs(n)
    return contestants("jacfwd", n) | {"numpy": lambda: lambda: columns_by_hand(x, a)}


@case("jacrev.chain30", per=100, of="cotangent")
def rows(tiny):
    """`jacrev` of the same: time per cotangent."""
    return contestants("jacrev", 4 if tiny else 100)


@case("hessian.rosenbrock", unit="ms", targets={"torch": 0.5})
def hessian(tiny):
    """`hessian` of the Rosenbrock function of 200 variables."""
    x = np.random.default_rng(3).normal(size=4 if tiny else 200)

    def rosenbrock(v):
        return (100 * (v[1:] - v[:-1] ** 2) ** 2 + (1 - v[:-1]) ** 2).sum()

    h = dualad.hessian(rosenbrock)

    def torch():
        torch = load("torch")
        v, f = torch.tensor(x), load("torch").func.hessian(rosenbrock)
        return lambda: f(v)

    def autograd():
        f = load("autograd").hessian(rosenbrock)
        return lambda: f(x)

    def jax():
        jax, jnp = load("jax"), load("jax.numpy")
        f, v = jax.jit(jax.hessian(rosenbrock)), jnp.asarray(x)
        return lambda: f(v).block_until_ready()

    return {"dualad": lambda: lambda: h(x), "torch": torch, "autograd": autograd, "jax": jax}
