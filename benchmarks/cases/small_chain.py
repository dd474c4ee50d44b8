"""A chain of 30 operations on 10 numbers: nothing but overhead.

Five rounds of six operations, a fair mix of what programs are made of:

    multiply by a constant array, sin, add the input (a fan-out), multiply by a Python float, tanh, exp

All in float64. Cases that need a scalar end in a sum, which every contestant pays for. "Per op" is the time
of everything, divided by 30.
"""

from __future__ import annotations

import numpy as np

import dualad
from dualad.core.reverse import ReverseTrace, pull_back

from ..case import case
from ..peers import load

OPS = 30


def inputs(size=10):
    rng = np.random.default_rng(0)
    return rng.normal(size=size), rng.uniform(0.5, 1.5, size=size), rng.normal(size=size)


def chain(x, a, sin, tanh, exp):
    """The chain, in any library's functions."""
    y = x
    for _ in range(OPS // 6):
        y = y * a
        y = sin(y)
        y = y + x
        y = y * 0.9
        y = tanh(y)
        y = exp(y)
    return y


def methods_chain(x, a):
    """The same in methods, as PyTorch programs have it."""
    y = x
    for _ in range(OPS // 6):
        y = y * a
        y = y.sin()
        y = y + x
        y = y * 0.9
        y = y.tanh()
        y = y.exp()
    return y


def numpy_names(x, a):
    return chain(x, a, np.sin, np.tanh, np.exp)


def primitive_names(x, a):
    """Primitives called directly: no NumPy protocol in between, no operators."""
    from dualad.ops.arithmetic import add, multiply
    from dualad.ops.elementary import exp, sin, tanh

    y = x
    for _ in range(OPS // 6):
        y = multiply(y, a)
        y = sin(y)
        y = add(y, x)
        y = multiply(y, 0.9)
        y = tanh(y)
        y = exp(y)
    return y


def gradient_by_hand(x, a, g):
    """What is left if nobody has to record anything: NumPy, written out, forward and backward."""
    sin, cos, tanh, exp = np.sin, np.cos, np.tanh, np.exp
    nine = np.asarray(0.9)
    y, kept = x, []
    for _ in range(OPS // 6):
        u = y * a
        t = tanh((sin(u) + x) * nine)
        y = exp(t)
        kept.append((u, t, y))
    gx = np.zeros_like(x)
    for u, t, y in reversed(kept):
        g = g * y
        g = g * (1 - t * t)
        g = g * nine
        gx += g
        g = g * cos(u)
        g = g * a
    return gx + g


def torch_backward(x, a, seed=None, f=methods_chain):
    """PyTorch eager: a new leaf, forward, backward."""
    torch = load("torch")
    leaf, constant = torch.tensor(x, requires_grad=True), torch.tensor(a)
    g = None if seed is None else torch.tensor(seed)

    def run():
        leaf.grad = None
        y = f(leaf, constant)
        (y.sum() if g is None else y).backward(g)
        return leaf.grad

    return run


def autograd_vjp(x, a, seed):
    make_vjp, anp = load("autograd").make_vjp, load("autograd.numpy")

    def run():
        pull, _ = make_vjp(lambda v: chain(v, a, anp.sin, anp.tanh, anp.exp))(x)
        return pull(seed)

    return run


def autograd_gradient(x, a):
    autograd, anp = load("autograd"), load("autograd.numpy")
    g = autograd.grad(lambda v: anp.sum(chain(v, a, anp.sin, anp.tanh, anp.exp)))
    return lambda: g(x)


def jax_gradient(x, a):
    jax, jnp = load("jax"), load("jax.numpy")
    g = jax.jit(jax.grad(lambda v: jnp.sum(chain(v, a, jnp.sin, jnp.tanh, jnp.exp))))
    v = jnp.asarray(x)
    return lambda: g(v).block_until_ready()


def _size(tiny):
    return 3 if tiny else 10


@case("chain30.engine", per=OPS, targets={"torch": 0.35, "autograd": 0.2}, limit=2.2)
def engine(tiny):
    """Forward and backward by the engine alone: primitives called directly, one leaf, `pull_back`."""
    x, a, seed = inputs(_size(tiny))

    def run():
        trace = ReverseTrace()
        leaf = trace.leaf(x)
        out = primitive_names(leaf, a)
        return pull_back([out.aux], [seed], [leaf.aux], free=True)[0]

    return {
        "dualad": lambda: run,
        "numpy": lambda: lambda: gradient_by_hand(x, a, seed),
        "torch": lambda: torch_backward(x, a, seed),
        "autograd": lambda: autograd_vjp(x, a, seed),
    }


@case("chain30.grad", per=OPS, targets={"torch": 0.6, "autograd": 0.3})
def public_grad(tiny):
    """`dualad.grad` of a function in plain `np` names; JAX is `jit(grad(f))`, compiled before."""
    x, a, _ = inputs(_size(tiny))
    g = dualad.grad(lambda v: np.sum(numpy_names(v, a)))
    ones = np.ones_like(x)
    return {
        "dualad": lambda: lambda: g(x),
        "numpy": lambda: lambda: gradient_by_hand(x, a, ones),
        "torch": lambda: torch_backward(x, a),
        "autograd": lambda: autograd_gradient(x, a),
        "jax": lambda: jax_gradient(x, a),
    }


@case("chain30.grad-dualad-names", per=OPS, limit=2.9)
def public_grad_primitives(tiny):
    """`dualad.grad` of the same function in the names of `dualad.numpy`, which skip NumPy's protocol."""
    x, a, _ = inputs(_size(tiny))
    dnp = dualad.numpy
    g = dualad.grad(lambda v: chain(v, a, dnp.sin, dnp.tanh, dnp.exp).sum())
    return {"dualad": lambda: lambda: g(x), "torch": lambda: torch_backward(x, a)}


@case("chain30.tensor", per=OPS, targets={"torch": 0.45}, limit=2.8)
def tensor_backward(tiny):
    """`Tensor.backward` on the same lines that PyTorch runs."""
    x, a, _ = inputs(_size(tiny))

    def tensor():
        leaf, constant = dualad.tensor(x, requires_grad=True), dualad.tensor(a)

        def run():
            leaf.grad = None
            methods_chain(leaf, constant).sum().backward()
            return leaf.grad

        return run

    return {"dualad": tensor, "torch": lambda: torch_backward(x, a)}


def double_backward(lib, x, a):
    leaf, constant = lib.tensor(x, requires_grad=True), lib.tensor(a)

    def run():
        leaf.grad = None
        (g,) = lib.autograd.grad(methods_chain(leaf, constant).sum(), leaf, create_graph=True)
        g.sum().backward()
        return leaf.grad

    return run


@case("chain30.tensor-double", per=OPS, targets={"torch": 0.7})
def tensor_double_backward(tiny):
    """Gradient with `create_graph=True`, and `backward` through it."""
    x, a, _ = inputs(_size(tiny))
    return {
        "dualad": lambda: double_backward(dualad, x, a),
        "torch": lambda: double_backward(load("torch"), x, a),
    }


def jvp_contestants(f, x, a, dx):
    """The contestants of both JVP cases; `f` is dualad's function."""

    def by_hand():
        sin, cos, tanh, exp = np.sin, np.cos, np.tanh, np.exp
        nine, y, dy = np.asarray(0.9), x, dx
        for _ in range(OPS // 6):
            u, du = y * a, dy * a
            t = tanh((sin(u) + x) * nine)
            y = exp(t)
            dy = y * ((1 - t * t) * ((du * cos(u) + dx) * nine))
        return y, dy

    def autograd():
        make_jvp, anp = load("autograd").make_jvp, load("autograd.numpy")
        return lambda: make_jvp(lambda v: chain(v, a, anp.sin, anp.tanh, anp.exp))(x)(dx)

    def torch():
        torch = load("torch")
        v, dv, constant = torch.tensor(x), torch.tensor(dx), torch.tensor(a)
        return lambda: torch.func.jvp(lambda w: methods_chain(w, constant), (v,), (dv,))

    def jax():
        jax, jnp = load("jax"), load("jax.numpy")
        push = jax.jit(lambda v, dv: jax.jvp(lambda w: chain(w, a, jnp.sin, jnp.tanh, jnp.exp), (v,), (dv,)))
        v, dv = jnp.asarray(x), jnp.asarray(dx)
        return lambda: jax.block_until_ready(push(v, dv))

    return {
        "dualad": lambda: lambda: dualad.jvp(lambda v: f(v, a), (x,), (dx,)),
        "numpy": lambda: by_hand,
        "torch": torch,
        "autograd": autograd,
        "jax": jax,
    }


@case("chain30.jvp", per=OPS, targets={"autograd": 0.3}, limit=1.6)
def jvp(tiny):
    """Value and directional derivative, primitives called directly."""
    return jvp_contestants(primitive_names, *inputs(_size(tiny)))


@case("chain30.jvp-np", per=OPS, targets={"autograd": 0.3}, limit=1.6)
def jvp_numpy_names(tiny):
    """Value and directional derivative, in plain `np` names."""
    return jvp_contestants(numpy_names, *inputs(_size(tiny)))


@case("chain30.jvp-of-grad", per=OPS, limit=12)
def hessian_vector_product(tiny):
    """Forward over reverse, plain `np` names: a Hessian-vector product."""
    x, a, dx = inputs(_size(tiny))
    gradient = dualad.grad(lambda v: np.sum(numpy_names(v, a)))

    def torch():
        torch = load("torch")
        v, dv, constant = torch.tensor(x), torch.tensor(dx), torch.tensor(a)
        g = torch.func.grad(lambda w: methods_chain(w, constant).sum())
        return lambda: torch.func.jvp(g, (v,), (dv,))[1]

    def autograd():
        autograd, anp = load("autograd"), load("autograd.numpy")
        product = autograd.hessian_vector_product(lambda v: anp.sum(chain(v, a, anp.sin, anp.tanh, anp.exp)))
        return lambda: product(x, dx)

    return {
        "dualad": lambda: lambda: dualad.jvp(gradient, (x,), (dx,))[1],
        "torch": torch,
        "autograd": autograd,
    }


@case("chain30.grad-of-grad", per=OPS, limit=12)
def grad_of_grad(tiny):
    """Reverse over reverse, plain `np` names: the gradient of a sum of gradients."""
    x, a, _ = inputs(_size(tiny))
    g = dualad.grad(lambda v: np.sum(numpy_names(v, a)))
    gg = dualad.grad(lambda v: np.sum(g(v)))
    return {
        "dualad": lambda: lambda: gg(x),
        "torch": lambda: double_backward(load("torch"), x, a),
        "autograd": lambda: _autograd_twice(x, a),
    }


def _autograd_twice(x, a):
    autograd, anp = load("autograd"), load("autograd.numpy")
    g = autograd.grad(lambda v: anp.sum(chain(v, a, anp.sin, anp.tanh, anp.exp)))
    gg = autograd.grad(lambda v: anp.sum(g(v)))
    return lambda: gg(x)
