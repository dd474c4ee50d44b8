"""The strong zero of the reverse engine, on either side: masked infinities and NaN, and slopes that are zero."""

import numpy as np
import pytest

import dualad
from dualad.testing import check_grads

BAD = np.array([1.0, np.nan, 3.0])
C = np.array([[1.0, 2.0, 3.0], [np.nan, np.inf, 1.0], [4.0, 5.0, 6.0]])
KEEP = np.array([True, False, True])
STACK = np.eye(3)[None] * BAD[:, None, None]
X = np.array([0.5, 1.5, 2.5])


def kept(y):
    """The sum over the rows that are not masked out."""
    return np.sum(np.where(KEEP.reshape((3,) + (1,) * (y.ndim - 1)), y, 0.0))


MASKED = {
    "einsum outer": lambda x: kept(np.einsum("i,j->ij", BAD, x)),
    "einsum": lambda x: kept(np.einsum("ij,j->i", C, x)),
    "einsum of three": lambda x: kept(np.einsum("ij,j,j->i", C, x, x)),
    "tensordot": lambda x: kept(np.tensordot(C, np.outer(x, x), 1)),
    "matmul": lambda x: kept(C @ np.outer(x, x)),
    "matvec": lambda x: kept(C @ x),
    "dot": lambda x: kept(np.dot(C, np.outer(x, x))),
    "dot from the left": lambda x: kept(np.dot(x, C.T)),
    "inner": lambda x: kept(np.inner(C, np.outer(x, x))),
    "vecdot": lambda x: kept(np.vecdot(C, x)),
    "outer": lambda x: kept(np.outer(BAD, x)),
    "kron": lambda x: kept(np.kron(BAD, x).reshape(3, 3)),
    "multi_dot": lambda x: kept(np.linalg.multi_dot([C, np.eye(3), x])),
    "convolve": lambda x: np.convolve([1.0, 2.0, np.nan], x)[:2].sum(),
    "convolve with infinity": lambda x: np.convolve([1.0, 2.0, np.inf], x)[:2].sum(),
    "correlate": lambda x: np.correlate(x, np.array([np.nan, 2.0, 1.0]), "full")[:2].sum(),
    "cumsum": lambda x: np.cumsum(x * BAD)[0],
    "cumprod": lambda x: np.cumprod(np.concatenate([x, BAD]))[:3].sum(),
    "prod": lambda x: kept(np.prod(C * x, axis=1)),
    "norm": lambda x: kept(np.linalg.norm(C * x, axis=1)),
    "norm of order 3": lambda x: kept(np.linalg.norm(C * x, axis=1, ord=3)),
    "mean": lambda x: kept(np.mean(C * x, axis=1)),
    "var": lambda x: kept(np.var(C * x, axis=1)),
    "std": lambda x: kept(np.std(C * x, axis=1)),
    "max": lambda x: kept(np.max(C * x, axis=1)),
    "solve": lambda x: kept(np.linalg.solve(STACK + np.outer(x, x), x[:, None])[..., 0]),
    "inv": lambda x: kept(np.linalg.inv(STACK + np.outer(x, x))),
    "det": lambda x: kept(np.linalg.det(STACK + np.outer(x, x))),
    "slogdet": lambda x: kept(np.linalg.slogdet(STACK + np.outer(x, x))[1]),
    "matrix_power": lambda x: kept(np.linalg.matrix_power(STACK * x, 3)),
    "interp": lambda x: np.interp(np.array([0.5, np.nan]), np.arange(3.0), x)[0],
    "fft": lambda x: kept(np.abs(np.fft.fft(C * x, axis=1))[:, 1]),
    "sort": lambda x: kept(np.sort(C * x, axis=1)),
    "polyval": lambda x: kept(np.polyval(x, BAD)),
}


@pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero")
@pytest.mark.parametrize("name", MASKED)
def test_what_is_masked_out_does_not_poison_a_gradient(name):
    f = MASKED[name]
    with np.errstate(all="ignore"):
        check_grads(f, (X,), order=1)
        assert np.all(np.isfinite(dualad.grad(f)(X)))


@pytest.mark.parametrize("f", [lambda x: np.sum(C @ x), lambda x: np.sum(np.einsum("ij,j->i", C, x))])
def test_what_is_not_masked_stays(f):
    with np.errstate(all="ignore"):
        g = dualad.grad(f)(X)
    assert np.isnan(g[0]) and not np.isfinite(g[1]) and g[2] == 10.0


FLAT_AT_ZERO = {
    "x**2": lambda x: np.sum(np.sqrt(x**2)),
    "x * x": lambda x: np.sum(np.sqrt(x * x)),
    "square": lambda x: np.sum(np.sqrt(np.square(x))),
    "power of a square": lambda x: np.sum((x**2) ** 0.5),
    "cbrt": lambda x: np.sum(np.cbrt(x**3)),
    "1 - cos": lambda x: np.sum(np.sqrt(1 - np.cos(x))),
    "sum of squares": lambda x: np.sqrt(np.sum(x**2)),
    "@": lambda x: np.sqrt(x @ x),
    "dot": lambda x: np.sqrt(np.dot(x, x)),
    "inner": lambda x: np.sqrt(np.inner(x, x)),
    "vdot": lambda x: np.sqrt(np.vdot(x, x)),
    "vecdot": lambda x: np.sqrt(np.vecdot(x, x)),
    "einsum": lambda x: np.sqrt(np.einsum("i,i", x, x)),
    "tensordot": lambda x: np.sqrt(np.tensordot(x, x, 1)),
    "quadratic form": lambda x: np.sqrt(x @ np.eye(3) @ x),
    "outer": lambda x: np.sum(np.sqrt(np.outer(x, x))),
    "matmul": lambda x: np.sum(np.sqrt(np.outer(x, x) @ np.outer(x, x))),
    "convolve": lambda x: np.sum(np.sqrt(np.convolve(x, x))),
    "norm": lambda x: np.sqrt(np.linalg.norm(x)),
    "var": lambda x: np.sqrt(np.var(x)),
    "std": lambda x: np.sqrt(np.std(x)),
    "prod": lambda x: np.sqrt(np.prod(x)),
    "cumprod": lambda x: np.sum(np.sqrt(np.cumprod(x)[1:])),
    "det": lambda x: np.sqrt(np.linalg.det(np.outer(x, x))),
}


@pytest.mark.parametrize("name", FLAT_AT_ZERO)
def test_a_slope_of_zero_wins_over_an_infinite_cotangent(name):
    f, zero = FLAT_AT_ZERO[name], np.zeros(3)
    assert dualad.grad(f)(zero).tolist() == [0.0, 0.0, 0.0]
    assert dualad.jacfwd(f)(zero).tolist() == [0.0, 0.0, 0.0]
    assert dualad.vmap(dualad.grad(f))(np.zeros((2, 3))).tolist() == np.zeros((2, 3)).tolist()


def test_away_from_zero_nothing_changes():
    x = np.array([0.0, 2.0, -3.0])
    assert dualad.grad(lambda x: np.sum(np.sqrt(x**2)))(x).tolist() == [0.0, 1.0, -1.0]
    assert dualad.grad(lambda x: np.sqrt(x))(0.0) == np.inf


def test_infinities_that_cancel_stay_undefined():
    f = lambda x: np.sum(np.sqrt(np.diff(x)))
    with np.errstate(all="ignore"):
        assert np.isnan(dualad.grad(f)(np.ones(3))[1]) and np.isnan(dualad.jacfwd(f)(np.ones(3))[1])


def test_a_nan_that_is_not_masked_stays():
    assert np.isnan(dualad.grad(lambda x: np.nan * x * 1.0)(0.0))
    with np.errstate(all="ignore"):
        assert np.isnan(dualad.grad(lambda x: np.sum(x**2) * np.nan)(np.zeros(2))).all()


PRODUCTS = {
    "dot": lambda c, x: np.dot(c, x),
    "inner": lambda c, x: np.inner(x, c),
    "matmul": lambda c, x: c @ x,
    "vecdot": lambda c, x: np.vecdot(c, x),
    "tensordot": lambda c, x: np.tensordot(c, x, 1),
    "outer": lambda c, x: np.outer(c[1], x)[:, 1],
    "kron": lambda c, x: np.kron(c[1], x).reshape(3, 3)[:, 1],
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_zero_tangent_wins_over_an_infinite_factor(name):
    """Beside entries that move: the tangent is what it is with a finite number in the place of the infinity."""
    infinite = np.arange(1.0, 10.0).reshape(3, 3)
    finite = infinite.copy()
    infinite[1, 1] = np.inf
    push = lambda c, dx: dualad.jvp(lambda x: PRODUCTS[name](c, x), (X,), (dx,))[1]
    with np.errstate(all="ignore"):
        still = np.array([1.0, 0.0, 2.0])
        np.testing.assert_array_equal(push(infinite, still), push(finite, still))
        assert np.isinf(push(infinite, np.ones(3))).any()
