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
