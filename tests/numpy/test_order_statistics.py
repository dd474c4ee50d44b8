"""Medians and quantiles: those that leave out NaN, with weights, and of the rows of a `vmap`, by every method."""

import numpy as np
import pytest

import dualad
from dualad.numpy.order_statistics import PLACES
from dualad.testing import check_grads

pytestmark = pytest.mark.filterwarnings("ignore:All-NaN slice encountered")

X = np.random.default_rng(0).normal(size=(3, 2, 5))
N = X.copy()
N[0, 1, 2] = N[1, 0, :3] = N[2, 1, :] = np.nan
W = np.random.default_rng(1).uniform(0.5, 2, size=X.shape[1:])
LEVELS = [0.3, 0.0, 1.0, [0.1, 0.7], [[0.2, 0.4], [0.5, 0.6]]]


def finite_sum(f):
    def total(x):
        y = f(x)
        return np.sum(np.where(np.isnan(y), 0.0, np.sin(y)))

    return total


def same_by_rows(f, x):
    """`vmap` of `f`, and of its gradient, is NumPy's and ours row by row."""
    want = np.stack([f(row) for row in x])
    got = dualad.vmap(f)(x)
    assert got.shape == want.shape and np.allclose(got, want, rtol=1e-13, equal_nan=True)
    slope = dualad.grad(finite_sum(f))
    assert np.allclose(dualad.vmap(slope)(x), np.stack([slope(row) for row in x]), rtol=1e-12)
    for row in x:
        assert np.allclose(slope(row), dualad.jacfwd(finite_sum(f))(row), rtol=1e-12)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
def test_axes(axis, keepdims):
    for x, f in [(X, np.median), (N, np.median), (N, np.nanmedian)]:
        same_by_rows(lambda r, f=f: f(r, axis=axis, keepdims=keepdims), x)
    for q in LEVELS:
        same_by_rows(lambda r, q=q: np.quantile(r, q, axis=axis, keepdims=keepdims), X)
        same_by_rows(lambda r, q=q: np.nanquantile(r, q, axis=axis, keepdims=keepdims), N)


@pytest.mark.parametrize("method", PLACES)
def test_methods(method):
    levels = [0.3, 0.5, 0.0, 1.0, 0.2, 0.375]
    for x in (X, N):
        same_by_rows(lambda r: np.quantile(r, levels, axis=1, method=method), x)
        same_by_rows(lambda r: np.nanquantile(r, levels, axis=1, method=method), x)
        same_by_rows(lambda r: np.nanpercentile(r, 30, axis=0, method=method), x)
        f = lambda r: np.nanquantile(r, levels, axis=1, method=method)
        assert np.allclose(dualad.vjp(f, x[0])[0], f(x[0]), equal_nan=True)


def test_weights():
    weigh = {"method": "inverted_cdf", "weights": W}
    same_by_rows(lambda r: np.quantile(r, 0.3, axis=1, **weigh), X)
    same_by_rows(lambda r: np.nanquantile(r, [0.3, 0.6, 1.0], axis=1, **weigh), N)
    same_by_rows(lambda r: np.nanpercentile(r, 30, keepdims=True, **weigh), N)
    some = np.array([0, 1, 1, 0, 2.0])
    if np.lib.NumpyVersion(np.__version__) >= "2.2.0":  # where level 0 leaves out what has no weight
        same_by_rows(lambda r: np.quantile(r, [0.0, 0.6], axis=1, method="inverted_cdf", weights=some), X)
        rows = np.array([some, some])
        same_by_rows(lambda r: np.nanquantile(r, 0.0, axis=1, method="inverted_cdf", weights=rows), N)
    with pytest.raises(ValueError, match="Only method 'inverted_cdf'"):
        dualad.grad(lambda r: np.nanquantile(r, 0.3, weights=W))(X[0])
    with pytest.raises(ValueError, match="Shape of weights"):
        dualad.grad(lambda r: np.nanquantile(r, 0.3, method="inverted_cdf", weights=W[0]))(X[0])
    with pytest.raises(ValueError, match="non-negative"):
        dualad.grad(lambda r: np.nanquantile(r, 0.3, method="inverted_cdf", weights=-W))(X[0])


def test_levels_that_differ_by_row():
    q = np.array([0.15, 0.55, 0.8])
    f = lambda q: np.nanquantile(dualad.numpy.asarray(N[0]), q, axis=1)
    assert np.allclose(dualad.vmap(f)(q), np.stack([np.nanquantile(N[0], s, axis=1) for s in q]))
    slopes = dualad.vmap(dualad.grad(lambda q: np.sum(f(q))))(q)
    assert np.allclose(slopes, [dualad.grad(lambda q: np.sum(f(q)))(s) for s in q])
    check_grads(f, (np.float64(0.55),), order=2, eps=2.0**-7, atol=1e-6)


def test_second_order():
    check_grads(lambda x: np.nanquantile(x**3, [0.3, 0.6], axis=1), (X[0],), order=2, eps=2.0**-8, atol=1e-6)


def test_errors():
    with pytest.raises(ValueError, match=r"in the range \[0, 100\]"):
        dualad.grad(lambda x: np.nanpercentile(x, 101))(X[0])
    with pytest.raises(ValueError, match="not a valid method"):
        dualad.grad(lambda x: np.nanquantile(x, 0.5, method="nonsense"))(X[0])
