"""Norms: every order against numbers, zero, ties, and what NumPy refuses."""

import numpy as np
import pytest

import dualad
from dualad.ops import norms as N
from dualad.testing import check_duality, check_grads
from dualad.transforms.batch import vmap

RNG = np.random.default_rng(3)
INF = np.inf


def away_from_zero(*shape, dtype=float):
    x = RNG.uniform(1, 2, shape) * RNG.choice([-1, 1], shape)
    return x + 1j * RNG.uniform(0.3, 2, shape) if dtype is complex else x


def traced(f, x):
    return dualad.vjp(f, x)[0]


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("ord", [None, 2, 1, 3, 4, 2.5, 1.5, 0.5, -1, -2.5, INF, -INF])
def test_vectors(ord, dtype):
    x = away_from_zero(5, dtype=dtype)
    f = lambda x: N.norm(x, ord=ord)  # noqa: E731
    assert np.isclose(traced(f, x), np.linalg.norm(x, ord))
    check_grads(f, (x,), atol=1e-10, eps=0.1)
    y = away_from_zero(2, 3, 2, dtype=dtype)
    for axis in (0, -1):
        for keepdims in (False, True):
            g = lambda x, a=axis, k=keepdims: N.norm(x, ord=ord, axis=a, keepdims=k)  # noqa: E731
            assert np.allclose(traced(g, y), np.linalg.norm(y, ord, axis, keepdims))
            check_duality(g, (y,))


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("ord", [None, "fro", "nuc", 1, -1, 2, -2, INF, -INF])
def test_matrices(ord, dtype):
    x = away_from_zero(3, 4, dtype=dtype)
    f = lambda x: N.norm(x, ord=ord)  # noqa: E731
    assert np.isclose(traced(f, x), np.linalg.norm(x, ord))
    check_grads(f, (x,), order=1)
    y = away_from_zero(2, 3, 4, dtype=dtype)
    for axis in ((0, 2), (-1, 0), (1, 2)):
        for keepdims in (False, True):
            g = lambda x, a=axis, k=keepdims: N.norm(x, ord=ord, axis=a, keepdims=k)  # noqa: E731
            assert np.allclose(traced(g, y), np.linalg.norm(y, ord, axis, keepdims))
            check_duality(g, (y,))
    if ord is not None:
        assert np.allclose(traced(lambda y: N.matrix_norm(y, ord=ord), y), np.linalg.matrix_norm(y, ord=ord))


def test_all_entries_of_an_array_of_any_rank():
    x = away_from_zero(2, 3, 2)
    assert np.isclose(traced(N.norm, x), np.linalg.norm(x))
    check_grads(N.norm, (x,))
    check_grads(lambda x: N.vector_norm(x, axis=(0, 2), ord=3), (x,))


@pytest.mark.parametrize("ord", [2, 1, 3, 1.5, INF, -INF])
def test_the_norm_of_zero_has_the_derivative_zero(ord):
    f = lambda x: N.vector_norm(x, ord=ord)  # noqa: E731
    for x in (np.zeros(3), np.zeros(3, complex)):
        g = dualad.vjp(f, x)[1](np.array(1.0))[0]
        assert np.array_equal(g, np.zeros(3))
        assert dualad.jvp(f, (x,), (np.ones_like(x),))[1] == 0


@pytest.mark.parametrize("ord", ["fro", "nuc", 1, 2, INF])
def test_the_norm_of_a_zero_matrix(ord):
    assert np.array_equal(
        dualad.grad(lambda x: N.matrix_norm(x, ord=ord))(np.zeros((2, 2))), np.zeros((2, 2))
    )


def test_entries_that_vanish_and_rows_that_vanish():
    x = np.array([[0.0, 3.0, -4.0], [0.0, 0.0, 0.0]])
    g = dualad.grad(lambda x: N.norm(x, axis=1).sum())(x)
    assert np.array_equal(g, [[0, 0.6, -0.8], [0, 0, 0]])
    assert np.array_equal(dualad.grad(lambda x: N.norm(x, ord=1, axis=1).sum())(x), [[0, 1, -1], [0, 0, 0]])
    h = dualad.jvp(dualad.grad(N.norm), (x[0],), (np.array([1.0, 0, 0]),))[1]
    assert np.allclose(h, [0.2, 0, 0])
    assert np.array_equal(dualad.jvp(dualad.grad(N.norm), (np.zeros(2),), (np.ones(2),))[1], [0, 0])


def test_no_overflow_and_no_underflow_of_slopes():
    x = np.array([3e180, 4e180])
    assert np.allclose(dualad.grad(lambda x: N.vector_norm(x, ord=2))(x / 1e30), [0.6, 0.8])
    assert np.allclose(
        dualad.grad(lambda x: N.vector_norm(x, ord=3))(np.array([1e-80, 1e-80])), 2 ** (-2 / 3)
    )


def test_ties_are_shared():
    assert np.array_equal(
        dualad.grad(lambda x: N.norm(x, ord=INF))(np.array([2.0, -2.0, 1.0])), [0.5, -0.5, 0]
    )
    assert np.array_equal(dualad.grad(lambda x: N.norm(x, ord=1))(np.ones((2, 2))), np.full((2, 2), 0.5))


def test_the_count_of_nonzero_entries_is_flat():
    out, pull = dualad.vjp(lambda x: N.norm(x, ord=0) * x, np.array([1.0, 0.0, 2.0]))
    assert np.array_equal(out, [2, 0, 4]) and np.array_equal(pull(np.ones(3))[0], [2, 2, 2])
    assert out.dtype == float


@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, INF, "fro"])
def test_cond(p):
    x = away_from_zero(3, 3) + 2 * np.eye(3)
    f = lambda x: N.cond(x, p=p)  # noqa: E731
    assert np.isclose(traced(f, x), np.linalg.cond(x, p))
    check_grads(f, (x,), order=1)


def test_batches_and_dtypes():
    x = away_from_zero(4, 3, 2)
    for axis, keepdims in ((None, False), (0, True), ((0, 1), False), (-1, False)):
        f = lambda x, a=axis, k=keepdims: N.vector_norm(x, axis=a, keepdims=k, ord=3)  # noqa: E731
        assert np.allclose(vmap(f)(x), [f(row) for row in x])
    g = dualad.grad(N.norm)(x.astype(np.float32))
    assert g.dtype == np.float32


def test_errors():
    with pytest.raises(ValueError, match="vectors"):
        dualad.vjp(lambda x: N.norm(x, ord="fro"), np.ones(3))
    with pytest.raises(ValueError, match="neither"):
        dualad.vjp(lambda x: N.norm(x, ord=2), np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="no norm of order 3"):
        dualad.vjp(lambda x: N.norm(x, ord=3), np.ones((2, 2)))
    with pytest.raises(TypeError, match="ord="):
        dualad.vjp(lambda p: N.matrix_norm(p * np.ones((3, 3)), ord=p), np.array(2.0))
    with pytest.raises(ValueError, match="two axes"):
        dualad.vjp(N.matrix_norm, np.ones(2))


@pytest.mark.parametrize(
    "f",
    [
        np.linalg.norm,
        lambda x: np.linalg.norm(x, 1),
        lambda x: np.linalg.norm(x, "nuc"),
        lambda x: np.linalg.norm(x, axis=0, keepdims=True),
        lambda x: np.linalg.norm(x, ord=3, axis=1),
        lambda x: np.linalg.vector_norm(x, axis=0),
        lambda x: np.linalg.matrix_norm(x, ord=2),
        np.linalg.cond,
    ],
)
def test_numpys_names(f):
    check_grads(f, (away_from_zero(3, 3),), order=1)
