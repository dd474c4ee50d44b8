"""Functions of the values alone: plain under a derivative, row by row in a batch, never of the whole batch."""

import numpy as np
import pytest

import dualad

X = np.array([[0.9, 1.6, 1.1], [1.4, 0.2, 1.7], [0.1, 1.2, 1.3]])
BINS = np.array([0.0, 0.5, 1.0, 1.5])
OF_ROWS = {
    "isclose": lambda x: np.isclose(x, 1.0, atol=0.3) * x,
    "allclose": lambda x: np.allclose(x, 1.0, atol=0.7) * x,
    "array_equal": lambda x: np.array_equal(x, X[0]) * x,
    "isin": lambda x: np.isin(np.round(x), [1.0]) * x,
    "digitize": lambda x: np.digitize(x, BINS) * x,
    "searchsorted": lambda x: np.searchsorted(BINS, x[0]) * x,
    "method searchsorted": lambda x: np.sort(x).searchsorted(1.0) * x,
    "bincount": lambda x: np.bincount(x.astype(int), minlength=3).sum() * x,
    "take of argsort": lambda x: np.take(x, np.argsort(x)) * np.arange(3),
    "where plain": lambda x: np.sum(X[0], where=x > 1) * x,
    "piecewise": lambda x: np.piecewise(x, [x < 1], [0.0, 1.0]) * x,
}


@pytest.mark.parametrize("name", OF_ROWS)
def test_rows_of_a_batch(name):
    f = OF_ROWS[name]
    assert np.array_equal(dualad.vmap(f)(X), [f(row) for row in X])
    wanted = [dualad.grad(lambda x: np.sum(f(x)))(row) for row in X]
    assert np.allclose(dualad.vmap(dualad.grad(lambda x: np.sum(f(x))))(X), wanted)
    assert np.allclose(dualad.grad(lambda x: np.sum(dualad.vmap(f)(x)))(X), wanted)
    both = dualad.vmap(lambda a: dualad.vmap(lambda x: f(a * x))(X))(np.array([1.0, 0.5]))
    assert np.allclose(both, [[f(a * row) for row in X] for a in (1.0, 0.5)])


def test_equally_many_in_every_row():
    f = lambda x: np.nonzero(x > 1)[0].sum() * x  # noqa: E731
    assert np.array_equal(dualad.vmap(f)(X), [f(row) for row in X])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.nonzero(x > 1.5)[0].sum(),
        lambda x: (x > 1.5).nonzero()[0].sum(),
        lambda x: np.where(x > 1.5)[0].sum(),
        lambda x: np.flatnonzero(x > 1.5).sum(),
        lambda x: np.argwhere(x > 1.5).sum(),
    ],
)
def test_another_number_in_each_row(f):
    with pytest.raises(dualad.BranchError, match=r"np\.where\(mask, a, b\)"):
        dualad.vmap(f)(X)


def test_weights_keep_their_derivative():
    f = lambda w: np.sum(np.bincount([0, 1, 1, 2], weights=w) ** 2)  # noqa: E731
    w = np.array([1.0, 2.0, 3.0, 4.0])
    wanted = [2.0, 10.0, 10.0, 8.0]
    assert np.allclose(dualad.grad(f)(w), wanted)
    assert np.allclose(dualad.jacfwd(f)(w), wanted)
    g = lambda w: np.sum(np.histogram([0.1, 0.2, 0.9, 0.95], bins=2, weights=w)[0] ** 2)  # noqa: E731
    assert np.allclose(dualad.grad(g)(w), [6.0, 6.0, 14.0, 14.0])


def test_results_that_have_a_derivative_are_not_flat():
    """The edges of a histogram move with the data, and the unique values are the data."""
    x = np.array([1.0, 2.0, 4.0])
    for f in (
        lambda x: np.sum(np.histogram_bin_edges(x, 2)),
        lambda x: np.sum(np.unique_counts(x).values),
    ):
        try:
            g = dualad.grad(f)(x)
        except dualad.MissingRule:
            continue
        assert np.any(g != 0)
