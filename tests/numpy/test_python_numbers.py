"""Fractions among traced values, iteration as NumPy has it, and what it cannot have."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import dualad
from dualad import numpy as dnp
from dualad.testing import check_grads

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    "f, g",
    [
        (lambda x: HALF * x, lambda x: 0.5 * x),
        (lambda x: x * HALF, lambda x: 0.5 * x),
        (lambda x: HALF + x - HALF, lambda x: x),
        (lambda x: HALF / x, lambda x: 0.5 / x),
        (lambda x: x**HALF, lambda x: x**0.5),
        (lambda x: HALF**x, lambda x: 0.5**x),
        (lambda x: np.maximum(x, HALF), lambda x: np.maximum(x, 0.5)),
    ],
)
def test_a_fraction_is_a_number(f, g):
    for x in (np.float64(1.3), np.array([0.3, 2.0])):
        assert np.allclose(dualad.vjp(f, x)[0], g(x)) and dualad.vjp(f, x)[0].dtype == np.float64
        check_grads(lambda x, x0=x: f(x) if not isinstance(x, (float, np.ndarray)) else g(x), (x,), order=2)
    assert dualad.vmap(f)(np.array([0.3, 2.0])).shape == (2,)


def test_a_decimal_is_none():
    with pytest.raises(TypeError, match="Decimal"):
        dualad.grad(lambda x: x * Decimal("0.5"))(1.0)


def test_ndenumerate():
    f = lambda x: sum((i + 2 * j) * v for (i, j), v in dnp.ndenumerate(x))
    x = np.arange(4.0).reshape(2, 2)
    assert dualad.grad(f)(x).tolist() == dualad.jacfwd(f)(x).tolist() == [[0.0, 2.0], [1.0, 3.0]]
    assert list(dnp.ndenumerate(x)) == list(np.ndenumerate(x))
    with pytest.raises(dualad.ConversionError, match=r"Write dualad\.numpy\.ndenumerate"):
        dualad.grad(lambda x: sum(v for _, v in np.ndenumerate(x)))(x)


def test_nditer_says_what_to_write():
    with pytest.raises(dualad.MissingRule, match=r"for v in x\.ravel\(\)"):
        dualad.grad(lambda x: sum(v for v in np.nditer(x)))(np.ones(3))
    if np.lib.NumpyVersion(np.__version__) < "2.4.0":
        return  # there an operand None beside one that is refused crashes np.nditer itself, without dualad too
    with pytest.raises(dualad.MissingRule, match=r"np\.ndindex"):
        dualad.jvp(lambda x: np.nditer([x, None]).operands[1], (np.ones(3),), (np.ones(3),))


def test_a_truth_as_an_index():
    f = lambda x: np.sum(x[True] ** 2) + np.sum(x[None, True]) + np.sum(x[False])
    assert dualad.grad(f)(np.array([1.0, 2.0])).tolist() == [3.0, 5.0]


X = np.arange(1.0, 7.0).reshape(2, 3)


@pytest.mark.parametrize(
    "f, gradient",
    [
        (lambda x: x.sum().item() ** 2, np.full((2, 3), 42.0)),
        (lambda x: x.item(2) ** 2, [[0.0, 0.0, 6.0], [0.0] * 3]),
        (lambda x: x.item(-1) * x.item((0,)), [[6.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
        (lambda x: x.item(1, 2) * x.item((1, 0)), [[0.0] * 3, [6.0, 0.0, 4.0]]),
        (lambda x: sum(v for row in (x**2).tolist() for v in row), 2 * X),
        (lambda x: x.sum().tolist(), np.ones((2, 3))),
    ],
)
def test_an_entry_keeps_its_derivative(f, gradient):
    for derivative in (dualad.grad, dualad.jacfwd):
        np.testing.assert_array_equal(derivative(f)(X), gradient)
    np.testing.assert_array_equal(dualad.vmap(dualad.grad(f))(np.stack([X, X]))[1], gradient)


def test_an_entry_without_derivative_is_pythons():
    f = lambda x: (type(np.argmax(x).item()), type(np.zeros_like(x).tolist()[0][0]))
    assert dualad.vjp(lambda x: (np.sum(x), f(x)), X, has_aux=True)[2] == (int, float)


@pytest.mark.parametrize(
    "args, error", [((), ValueError), ((6,), IndexError), ((0, 0, 0), ValueError), (("a",), TypeError)]
)
def test_no_such_entry(args, error):
    for x in (np.asarray, lambda x: x):
        with pytest.raises(error):
            dualad.grad(lambda y, x=x: (x(X) if x is np.asarray else y).item(*args))(X)


def test_the_memory_of_a_traced_array():
    seen = []

    def f(x):
        y = (x * 2).copy(order="F")
        seen.append((x.strides, x.T.strides, y.strides, np.isfortran(y), x.flags.c_contiguous))
        x.flags.writeable = False  # of what was asked for alone
        x[0, 0] = 1.0
        return np.sum(x)

    dualad.grad(f)(X)
    dualad.jvp(f, (X,), (X,))
    dualad.vmap(f)(np.stack([X, X]))
    assert set(seen) == {((24, 8), (8, 24), (8, 16), True, True)}


def test_whole_numbers_beyond_doubles_survive():
    n = 2**63 + 1
    for x in (
        dnp.asarray([n, 1], dtype=np.uint64),
        dnp.array([[n, 1]], np.uint64)[0],
        dnp.asarray(np.array([n, 1], np.uint64)),
        dnp.array([dnp.asarray(n, dtype=np.uint64), dnp.asarray(1, dtype=np.uint64)]),
    ):
        assert x.tolist() == [n, 1] and x.dtype == np.uint64


def test_a_list_of_numbers_as_numpy_has_it():
    for args in (
        ([1, 2], np.float32),
        ([True, 2.5],),
        ([],),
        ([1, 2j], complex),
        ((), int),
        ([[1], [2]], "f4"),
    ):
        got, want = dnp.array(*args), np.array(*args)
        assert got.dtype == want.dtype and got.shape == want.shape and got.tolist() == want.tolist()
    assert round(dnp.sum(dnp.asarray([1.2, 1.5]))) == 3
