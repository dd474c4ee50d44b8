"""Transforms nested in any order, in threads, through trees, tensors, modules: a polynomial knows its derivatives.

Each step makes of a function of a vector its derivative along V, or the same function by a detour. Whatever the order
in which steps are nested, the result is the derivative of t ↦ f(x + t V), whose coefficients are known.
"""

from concurrent.futures import ThreadPoolExecutor
from math import factorial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.polynomial import Polynomial

import dualad

V = np.array([1.0, -0.5, 2.0])


def quintic(x):
    """Of NumPy arrays, tensors, and lists of polynomials alike."""
    return (x[0] * x[1] - 2 * x[2]) * x[0] * x[1] * x[2] + 3 * x[0] * x[0] - x[2] * x[2] * x[2] + x[1] * x[0]


def with_numpy(x):
    """The same by functions of many kinds."""
    pair = np.prod(x[:2])
    y = np.zeros_like(x)
    y[0] = pair - 2 * x[2]
    y[1:] = np.stack([pair, x[2]])
    return np.prod(y) + np.dot(x, np.array([3.0, 1.0, 0.0]) * x[0]) - np.power(x, 3)[2]


def right(x, order):
    """The derivative of this order along V."""
    line = quintic([Polynomial([a, b]) for a, b in zip(x, V, strict=True)])
    return factorial(order) * (line.coef[order] if order < len(line.coef) else 0.0)


class Holder(dualad.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = dualad.nn.Parameter(dualad.zeros(3, dtype=dualad.float64))


def through(tree):
    """The detour of putting the vector into a tree and taking it out."""
    treedef = dualad.tree_structure(tree)
    return lambda f: lambda x: f(dualad.tree_leaves(treedef.unflatten([x]))[0])


def in_module(f):
    treedef = dualad.tree_structure(Holder())

    def g(x):
        return dualad.tree_leaves(f(treedef.unflatten([x]).w))[0]

    return g if f is quintic else f  # tensors are for functions of tensors


def in_tensor(f):
    treedef = dualad.tree_structure(dualad.tensor([0.0]))
    return (lambda x: dualad.tree_leaves(f(treedef.unflatten([x])))[0]) if f is quintic else f


def raveled(f):
    def g(x):
        flat, unravel = dualad.ravel_pytree({"a": x[:1], "b": [x[1], x[2]]})
        tree = unravel(flat)
        return f(np.concatenate([tree["a"], np.stack(tree["b"])]))

    return g


# (how many derivatives it takes, the step)
STEPS = {
    "jvp": (1, lambda f: lambda x: dualad.jvp(f, (x,), (V,))[1]),
    "grad": (1, lambda f: lambda x: dualad.grad(f)(x) @ V),
    "value_and_grad": (1, lambda f: lambda x: dualad.value_and_grad(f)(x)[1] @ V),
    "vjp": (1, lambda f: lambda x: dualad.vjp(f, x)[1](1.0)[0] @ V),
    "pullback in jvp": (
        1,
        lambda f: lambda x: dualad.jvp(lambda g: dualad.vjp(f, x)[1](g)[0] @ V, (1.0,), (1.0,))[1],
    ),
    "jacfwd": (1, lambda f: lambda x: dualad.jacfwd(f)(x) @ V),
    "jacrev": (1, lambda f: lambda x: dualad.jacrev(lambda x: np.stack([f(x), f(2 * x)]))(x)[0] @ V),
    "jacobian": (1, lambda f: lambda x: dualad.jacobian(f)(x) @ V),
    "linearize": (1, lambda f: lambda x: dualad.linearize(f, x)[1](V)),
    "transposed": (1, lambda f: lambda x: dualad.vjp(dualad.linearize(f, x)[1], V)[1](1.0)[0] @ V),
    "jet": (1, lambda f: lambda x: dualad.jet(f, (x,), ([V],))[1][0]),
    "jet of order 2": (2, lambda f: lambda x: dualad.jet(f, (x,), ([V, None],))[1][1]),
    "hvp": (2, lambda f: lambda x: dualad.hvp(f, (x,), (V,)) @ V),
    "vhp": (2, lambda f: lambda x: dualad.vhp(f, (x,), (V,)) @ V),
    "hessian": (2, lambda f: lambda x: V @ dualad.hessian(f)(x) @ V),
    "hessian, rev-over-fwd": (2, lambda f: lambda x: V @ dualad.hessian(f, mode="rev-over-fwd")(x) @ V),
    "elementwise_grad": (1, lambda f: lambda x: dualad.elementwise_grad(lambda t: f(x + t * V))(0.0 * x[0])),
    "vmap": (0, lambda f: lambda x: dualad.vmap(f)(np.stack([2 * x, x]))[1]),
    "vmap along": (
        0,
        lambda f: lambda x: dualad.vmap(lambda a, s: f(a * s), (None, 0))(x, np.array([2.0, 1.0]))[1],
    ),
    "tree": (0, through({"x": [None, 0]})),
    "tensor": (0, in_tensor),
    "module": (0, in_module),
    "raveled": (0, raveled),
}


def composed(names, f):
    order = 0
    for name in names:
        orders, step = STEPS[name]
        f, order = step(f), order + orders
    return f, order


def check(names, f, x):
    g, order = composed(names, f)
    np.testing.assert_allclose(
        g(x), right(x, order), rtol=1e-10, atol=1e-9, err_msg=" of ".join(reversed(names))
    )


RANDOM = settings(
    max_examples=100, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
POINTS = st.lists(st.integers(-8, 8), min_size=3, max_size=3).map(lambda p: np.array(p) / 4)


@RANDOM
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=4), st.sampled_from([quintic, with_numpy]), POINTS)
def test_any_composition(names, f, x):
    check(names, f, x)


@pytest.mark.parametrize("outer", sorted(STEPS))
def test_every_pair(outer):
    for inner in sorted(STEPS):
        for f in (quintic, with_numpy):
            check([inner, outer], f, np.array([0.3, -1.2, 0.7]))


def test_many_threads_at_once():
    """Each thread its own compositions, all of one function and one point, while the others differentiate too."""
    rng = np.random.default_rng(3)
    names = sorted(STEPS)
    chains = [list(rng.choice(names, size=3)) for _ in range(60)]
    x = np.array([0.3, -1.2, 0.7])

    def one(chain):
        g, order = composed(chain, with_numpy)
        return g(x), right(x, order)

    with ThreadPoolExecutor(8) as pool:
        for found, expected in pool.map(one, chains * 2):
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-9)


def test_many_threads_on_one_pullback_and_one_push():
    x = np.random.default_rng(0).normal(size=50)
    f = lambda x: np.cumsum(np.sin(x) * x[::-1]) / (1 + x * x)
    _, pull = dualad.vjp(f, x)
    _, push = dualad.linearize(f, x)
    j = dualad.jacfwd(f)(x)
    seeds = np.random.default_rng(1).normal(size=(200, 50))
    with ThreadPoolExecutor(8) as pool:
        pulled = list(pool.map(lambda g: pull(g)[0], seeds))
        pushed = list(pool.map(push, seeds))
    np.testing.assert_allclose(pulled, seeds @ j, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(pushed, seeds @ j.T, rtol=1e-10, atol=1e-12)
