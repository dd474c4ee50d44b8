"""Ordering: values, both engines, ties as they come, and the pair that reads and adds along an axis."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dualad
from dualad.ops import sort as S
from dualad.testing import check_duality, check_grads

few = settings(max_examples=60, deadline=None)


def array(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@given(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=5), st.data())
@few
def test_sort(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x, dx = array(shape), array(shape, 1)
    f = lambda x: np.sort(x, axis=axis)
    out, tangent = dualad.jvp(f, (x,), (dx,))
    order = np.argsort(x, axis=axis, kind="stable")
    np.testing.assert_array_equal(out, f(x))
    np.testing.assert_array_equal(tangent, np.take_along_axis(dx, order, axis))
    check_duality(f, (x,))
    xs = np.stack([x, -x])
    np.testing.assert_array_equal(dualad.vmap(f)(xs), np.stack([f(x), f(-x)]))
    np.testing.assert_array_equal(dualad.vmap(lambda x: np.argsort(x, axis=axis))(xs)[0], order)


def test_ties_keep_their_order():
    x = np.array([1.0, 0.0, 1.0, 0.0])
    w = np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(dualad.grad(lambda x: (np.sort(x) * w).sum())(x), [3, 1, 4, 2])
    np.testing.assert_array_equal(dualad.jvp(np.sort, (x,), (w,))[1], [2, 4, 1, 3])


def test_sort_of_the_flattened_and_in_place():
    w = np.arange(6.0)
    x = array((2, 3))

    def f(x):
        y = x * 1.0
        y.sort(axis=0)
        return (np.sort(x, axis=None) * w).sum() + (y**2 * x).sum()

    check_grads(f, (x,), order=2)


@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_take_along_axis(axis):
    x = array((3, 4))
    i = np.array([[0, 2, 2, 1], [1, 1, 0, 0]]) if axis == 0 else np.array([[0, 3, 3], [1, 1, 1], [2, 0, 2]])
    if axis is None:
        i = np.array([0, 11, 11])
    f = lambda x: np.take_along_axis(x, i, axis)
    np.testing.assert_array_equal(dualad.vjp(f, x)[0], f(x))
    check_duality(f, (x,))
    check_grads(lambda x: f(x) ** 3, (x,), order=2)


def test_add_along_axis_accumulates():
    g, i = np.array([1.0, 2.0, 4.0]), np.array([0, 0, 3])
    np.testing.assert_array_equal(S.add_along_axis(g, i, axis=0, n=5), [3, 0, 0, 4, 0])


@pytest.mark.parametrize("kth, axis", [(2, -1), (1, 0), (-2, 1), ((0, 2), 1), (3, None)])
def test_partition(kth, axis):
    x = array((4, 5))
    f = lambda x: np.partition(x, kth, axis=axis)
    out = dualad.vjp(f, x)[0]
    np.testing.assert_array_equal(np.sort(out, axis=axis), np.sort(x, axis=axis))
    kths = kth if isinstance(kth, tuple) else (kth,)
    for k in kths:
        place = k if axis is None else (slice(None),) * (axis % 2) + (k,)
        np.testing.assert_array_equal(out[place], np.sort(x, axis=axis)[place])
    check_duality(f, (x,))


def test_flat_orderings():
    x = array(5)
    edges = np.array([-1.0, 0.0, 1.0])
    f = lambda x: (x * np.searchsorted(edges, x) + x[np.argsort(x)[::-1]] * np.digitize(x, edges)).sum()
    np.testing.assert_allclose(dualad.vjp(f, x)[0], f(x))
    check_grads(f, (x,), order=1)


def test_median_by_sorting():
    for n in (4, 5):
        check_grads(lambda x: np.median(x) * np.median(x**2), (array(n),), order=2)
