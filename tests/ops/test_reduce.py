"""Reductions and running forms: NumPy's values for every axis, keepdims, where= and initial=, both engines, second
order, and the policies: ties shared, zeros nothing special, the deviation of a constant flat."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dualad
from dualad.testing import check_duality, check_grads

few = settings(max_examples=60, deadline=None)


def array(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@st.composite
def shape_and_axis(draw, min_side=1):
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=min_side, max_side=3))
    n = len(shape)
    one = st.integers(-n, n - 1) if n else st.none()
    some = (
        st.sets(st.integers(0, n - 1)).map(lambda s: tuple(a - n if a % 2 else a for a in s))
        if n
        else st.none()
    )
    return shape, draw(st.none() | one | some)


SMOOTH = [np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std]


@pytest.mark.parametrize("op", SMOOTH)
@given(shape_and_axis(), st.booleans())
@few
def test_every_axis(op, case, keepdims):
    shape, axis = case
    x = array(shape)
    f = lambda x: op(x, axis=axis, keepdims=keepdims)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(dualad.vjp(f, x)[0], f(x), rtol=1e-13, atol=1e-14)
        assert dualad.vjp(f, x)[0].shape == np.shape(f(x))
        check_duality(f, (x,))
        xs = np.stack([x, 2 * x - 1])
        np.testing.assert_allclose(dualad.vmap(f)(xs), np.stack([f(x) for x in xs]), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("op", SMOOTH)
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
def test_second_order(op, axis):
    check_grads(lambda x: (op(x, axis=axis) ** 2).sum(), (array((2, 3, 2)) + 0.1,), order=2)


MASK = np.array([[True, False, True], [False, False, True]])
KEYWORDS = [
    (np.sum, dict(where=MASK)),
    (np.sum, dict(where=MASK[0], initial=2.0, axis=0)),
    (np.sum, dict(dtype=np.float32)),
    (np.prod, dict(where=MASK, axis=1, initial=3.0)),
    (np.prod, dict(axis=(0, 1), keepdims=True)),
    (np.mean, dict(where=MASK, axis=1)),
    (np.mean, dict(dtype=np.float32, axis=0)),
    (np.max, dict(where=MASK, initial=-3.0)),
    (np.min, dict(where=MASK, initial=0.0, axis=0)),
    (np.var, dict(ddof=1, axis=1)),
    (np.std, dict(ddof=1, axis=0, keepdims=True)),
    (np.cumsum, dict(axis=0)),
    (np.cumsum, dict()),
    (np.cumprod, dict(axis=-1)),
    (np.cumprod, dict()),
]


@pytest.mark.parametrize("op, keywords", KEYWORDS, ids=lambda v: getattr(v, "__name__", str(v))[:40])
def test_keywords(op, keywords):
    x = array((2, 3))
    f = lambda x: op(x, **keywords)
    out, tangent = dualad.jvp(f, (x,), (array((2, 3), 1),))
    np.testing.assert_allclose(out, f(x), rtol=1e-6)
    assert out.dtype == f(x).dtype == np.asarray(tangent).dtype
    check_duality(f, (x,))
    if "dtype" not in keywords:
        check_grads(lambda x: f(x) ** 2, (x,), order=2)


def test_traced_initial_values():
    f = lambda x, i: np.sum(x, initial=i) * np.prod(x, initial=i) + np.max(x, initial=i)
    check_grads(f, (array(4), np.float64(3.0)), order=2)


@pytest.mark.parametrize("op", [np.max, np.min])
def test_ties_share(op):
    x = np.array([[1.0, 2.0, 2.0, 1.0], [0.0] * 4])
    g = dualad.grad(lambda x: op(x, axis=1).sum())(x)
    half = [0, 0.5, 0.5, 0] if op is np.max else [0.5, 0, 0, 0.5]
    np.testing.assert_array_equal(g, [half, [0.25] * 4])
    np.testing.assert_array_equal(
        dualad.jvp(lambda x: op(x, axis=1), (x,), (array((2, 4)),))[1], (g * array((2, 4))).sum(1)
    )


@pytest.mark.parametrize("op", [np.prod, lambda x: np.cumprod(x)[-1]])
@pytest.mark.parametrize("zeros", [[], [1], [0, 2], [0, 1, 2, 3]])
def test_products_with_zeros(op, zeros):
    x = array(4)
    x[zeros] = 0.0
    others = np.array([np.prod(np.delete(x, i)) for i in range(4)])
    np.testing.assert_allclose(dualad.grad(op)(x), others, rtol=1e-14, atol=0)
    pairs = np.array([[0.0 if i == j else np.prod(np.delete(x, [i, j])) for j in range(4)] for i in range(4)])
    np.testing.assert_allclose(dualad.hessian(op)(x), pairs, rtol=1e-13, atol=0)


def test_cumulative_products_with_zeros():
    x = np.array([2.0, 0.0, 3.0, 0.0, 5.0])
    want = np.zeros((5, 5))
    for k in range(5):
        for i in range(k + 1):
            want[k, i] = np.prod(np.delete(x[: k + 1], i))
    np.testing.assert_allclose(dualad.jacrev(np.cumprod)(x), want)
    np.testing.assert_allclose(dualad.jacfwd(np.cumprod)(x), want)


def test_the_deviation_of_a_constant_is_flat():
    x = np.full(4, 3.0)
    np.testing.assert_array_equal(dualad.grad(np.std)(x), np.zeros(4))
    assert dualad.jvp(np.std, (x,), (array(4),))[1] == 0.0
    np.testing.assert_array_equal(dualad.grad(np.var)(x), np.zeros(4))


@pytest.mark.parametrize("op", [np.var, np.std, np.mean, np.sum, np.prod])
def test_complex(op):
    z = array((3, 2)) + 1j * array((3, 2), 1)
    f = lambda z: op(z, axis=0)
    np.testing.assert_allclose(dualad.vjp(f, z)[0], f(z), rtol=1e-13)
    check_duality(f, (z,))


def test_flat_reductions():
    x = array((3, 4))
    f = lambda x: (
        x.sum() * np.argmax(x)
        + x[0, np.argmin(x[0])] * np.count_nonzero(x > 0)
        + np.sum(x * np.any(x > 1, axis=0) * np.all(x > -9, axis=1, keepdims=True))
    )
    np.testing.assert_allclose(dualad.vjp(f, x)[0], f(x))
    check_grads(f, (x,), order=1)


@pytest.mark.parametrize("op", [np.sum, np.prod, np.cumsum, np.cumprod, np.any])
def test_empty(op):
    x = np.zeros((2, 0, 3))
    f = lambda x: op(x, axis=1) * 1.0
    out, pull = dualad.vjp(lambda x: f(x) + 0 * x.sum(), x)
    np.testing.assert_array_equal(out, f(x))
    assert pull(np.ones(out.shape))[0].shape == x.shape


def test_errors_are_numpys():
    x = array((2, 3))
    with pytest.raises(np.exceptions.AxisError):
        dualad.grad(lambda x: x.sum(axis=2))(x)
    with pytest.raises(ValueError):
        dualad.grad(lambda x: np.max(x[:, :0], axis=1).sum())(x)
    with pytest.raises(TypeError):
        dualad.grad(lambda x: np.sum(x, axes=0))(x)
