"""Cotangents that meet at one variable: who owns the buffer, plain arrays and dual numbers alike."""

import numpy as np
import pytest

import dualad
from dualad.core.reverse import ReverseTrace, sweep

MODES = ["fwd-over-rev", "rev-over-fwd", "rev-over-rev"]
X = np.array([0.7, -1.1, 0.4, 1.9])
V = np.array([1.0, 2.0, -3.0, 0.5])


def reads_parts(x):
    return sum((x[k:] ** 3).sum() for k in range(4)) + (x[::-2] * x[1::2]).sum() + x[2] ** 3


def reads_by_arrays(x):
    return (x[np.array([0, 0, 3])] ** 3).sum() + (x[x > 0] ** 3).sum() + (x[:2] ** 3).sum()


def hessian_of_parts():
    h = np.diag(6 * X * np.array([1, 2, 4, 4]))
    h[1, 3] = h[3, 1] = 2  # x[::-2] is (x3, x1), x[1::2] is (x1, x3): together 2 x1 x3
    return h


@pytest.mark.parametrize("mode", MODES)
def test_products_of_what_reads_parts(mode):
    product = dualad.hvp(reads_parts, (X,), (V,), mode=mode)
    np.testing.assert_allclose(product, hessian_of_parts() @ V, rtol=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_products_of_what_reads_by_index_arrays(mode):
    h = 6 * X * (np.array([2, 0, 0, 1]) + (X > 0) + np.array([1, 1, 0, 0]))
    np.testing.assert_allclose(dualad.hvp(reads_by_arrays, (X,), (V,), mode=mode), h * V, rtol=1e-14)


@pytest.mark.parametrize("first", ["plain", "dual"])
def test_plain_cotangents_and_dual_ones_meet(first):
    a = np.array([2.0, 3.0, 5.0])

    def f(x):
        linear, cubic = (lambda: (a * x[1:]).sum()), (lambda: (x[:-1] ** 3).sum())
        older, younger = (cubic, linear) if first == "plain" else (linear, cubic)
        p = older()
        return p + younger() + (x**2).sum()

    value, tangent = dualad.jvp(dualad.grad(f), (X,), (V,))
    slope, curvature = 2 * X, np.full(4, 2.0)
    slope[1:] += a
    slope[:-1] += 3 * X[:-1] ** 2
    curvature[:-1] += 6 * X[:-1]
    np.testing.assert_allclose(value, slope, rtol=1e-14)
    np.testing.assert_allclose(tangent, curvature * V, rtol=1e-14)


def test_a_cotangent_that_came_by_reference_is_not_added_into():
    def f(x):
        y, w = x * 1.0, x * 3.0
        part = y[1:]
        s = y + w  # pulled first: one cotangent, for y and for w by reference
        return (s * s).sum() + (part**2).sum()

    x = np.arange(1.0, 5.0)
    value, tangent = dualad.jvp(dualad.grad(f), (x,), (V,))
    h = 32 + np.array([0.0, 2.0, 2.0, 2.0])
    np.testing.assert_array_equal(value, h * x)
    np.testing.assert_array_equal(tangent, h * V)


def test_seeds_that_are_dual_numbers_stay_as_they_are():
    def twice(g):
        out, pull = dualad.vjp(lambda x: (x[1:], x[:-1], x), X)
        given = (g[1:], g[:-1], g)
        first = pull(given)[0]
        return first, pull(given)[0], g

    g, dg = np.ones(4), V
    values, tangents = dualad.jvp(twice, (g,), (dg,))
    for found, seed in ((values, g), (tangents, dg)):
        expected = seed + np.r_[0, seed[1:]] + np.r_[seed[:-1], 0]
        np.testing.assert_array_equal(found[0], expected)
        np.testing.assert_array_equal(found[1], expected)
        np.testing.assert_array_equal(found[2], seed)


def test_batched_tangents_of_parts():
    h = dualad.hessian(reads_parts)(X)
    np.testing.assert_allclose(h, hessian_of_parts(), rtol=1e-14, atol=1e-15)


def test_dual_numbers_of_two_traces_are_kept_apart():
    """Two forward traces, one inside the other, over one sweep each."""

    def inner(x):
        return dualad.hvp(reads_parts, (x,), (V,)).sum()

    third = dualad.jvp(inner, (X,), (V,))[1]
    np.testing.assert_allclose(third, (6 * np.array([1, 2, 4, 4]) * V * V).sum(), rtol=1e-14)


def test_the_sweep_owns_what_it_adds_into():
    trace = ReverseTrace()
    x = trace.leaf(X)
    out = x[1:] + x[:-1]
    seed = np.ones(3)
    cots = sweep([out.aux], [seed])
    np.testing.assert_array_equal(cots[x.aux[0]], [1.0, 2.0, 2.0, 1.0])
    np.testing.assert_array_equal(seed, 1.0)


@pytest.mark.parametrize("wrap", [dualad.jvp, dualad.vjp])
def test_gradients_of_a_traced_array_in_every_engine(wrap):
    gradient = dualad.grad(lambda x: (x**3).sum())
    if wrap is dualad.jvp:
        found = dualad.jvp(gradient, (X,), (V,))[1]
    else:
        found = dualad.vjp(gradient, X)[1](V)[0]
    np.testing.assert_allclose(found, 6 * X * V, rtol=1e-14)
    np.testing.assert_allclose(dualad.vmap(gradient)(np.stack([X, V])), 3 * np.stack([X, V]) ** 2, rtol=1e-14)


def test_many_dual_cotangents_of_one_variable():
    product = dualad.hvp(lambda x: (x**2).sum() + (x**3).sum() + (x**4).sum() + (x**5).sum(), (X,), (V,))
    np.testing.assert_allclose(product, (2 + 6 * X + 12 * X**2 + 20 * X**3) * V, rtol=1e-13)


def test_a_buffer_that_became_a_dual_number_is_no_buffer():
    def f(x):
        y, w = x * 1.0, x * 1.0
        cubes = (y**3).sum()
        s = y + w
        shared = (s**3).sum()
        return cubes + shared + (2.0 * y).sum() + (3.0 * y).sum()  # pulled from the right to the left

    np.testing.assert_allclose(dualad.hvp(f, (X,), (V,)), (6 * X + 6 * 2 * X * 4) * V, rtol=1e-13)
