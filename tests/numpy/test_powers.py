"""`x ** 2`: a square, and nothing else about it."""

import numpy as np
import pytest

import dualad
from dualad.core.nodes import name_of
from dualad.core.reverse import ReverseTrace


@pytest.mark.parametrize("exponent", [2, 2.0])
def test_it_is_a_square_on_the_tape(exponent):
    x = ReverseTrace().leaf(np.array([1.5, -2.0], np.float32))
    y = x**exponent
    assert name_of(y.aux) == "square" and y.dtype == np.float32
    assert name_of((x**3).aux) == "power"


@pytest.mark.parametrize("exponent", [2, 2.0, np.float64(2), np.array(2)])
def test_derivatives_do_not_depend_on_how_two_is_written(exponent):
    x, v = np.array([1.5, -2.0, 0.0]), np.array([1.0, 2.0, 3.0])
    y, dy = dualad.jvp(lambda x: x**exponent, (x,), (v,))
    np.testing.assert_array_equal(y, x * x)
    np.testing.assert_array_equal(dy, 2 * x * v)
    np.testing.assert_array_equal(dualad.grad(lambda x: (x**exponent).sum())(x), 2 * x)
    np.testing.assert_array_equal(dualad.hvp(lambda x: (x**exponent).sum(), (x,), (v,)), 2 * v)


def test_complex_numbers():
    z = np.array([1 + 2j, -0.5j])
    np.testing.assert_allclose(dualad.jvp(lambda z: z**2, (z,), (z,))[1], 2 * z * z, rtol=1e-15)


def test_integers_keep_numpys_dtypes():
    rows = np.arange(4)
    assert dualad.vmap(lambda n: n**2.0)(rows).dtype == float
    assert dualad.vmap(lambda n: n**2)(rows).dtype == rows.dtype


def test_the_slope_of_tanh_is_exact_in_the_tails():
    """Within the bounds of cosh², beyond them (where it stops at 1e-277), and in both at once."""
    for x in ([0.3, 18.0, -30.0, 100.0], [400.0, -30.0, 1e4], [-np.inf, 5.0]):
        x = np.array(x)
        slope = dualad.jvp(np.tanh, (x,), (np.ones_like(x),))[1]
        e = np.exp(-2 * np.abs(x))
        np.testing.assert_allclose(slope, 4 * e / (1 + e) ** 2, rtol=1e-13, atol=2e-277)
    with np.errstate(all="raise"):
        dualad.jvp(np.tanh, (np.array([800.0, -800.0]),), (np.ones(2),))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64, np.float32, float, complex])
@pytest.mark.parametrize("exponent", [2, 2.0, 3])
def test_dtypes_are_numpys(dtype, exponent):
    plain = np.ones(3, dtype)
    assert (dualad.numpy.ones(3, dtype=dtype) ** exponent).dtype == (plain**exponent).dtype
