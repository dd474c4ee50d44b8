"""The special cases of the standard under a derivative, as operators and in single precision: signed zeros, infinities,
NaN, halves, whole numbers give what array-api-compat's NumPy gives, signs included. Alone: test_conformance.py."""

import operator

import numpy as np
import pytest

import dualad
import dualad.numpy as dnp
from dualad.core.trace import strip
from tests.standard.calls import ONE, TWO

compat = pytest.importorskip("array_api_compat.numpy")

REAL = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 7.25, 1e-300, 1e300, np.inf, np.nan])
REAL = np.concatenate([REAL, -REAL])
COMPLEX = np.array([complex(a, b) for a in REAL for b in REAL])
OPERATORS = "add sub mul truediv floordiv mod pow lt le gt ge eq ne".split()
REAL_ONLY = {"ceil", "floor", "trunc", "signbit"}
quiet = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def bits(x):
    """Every entry with its sign; one NaN is as good as another."""
    x = np.asarray(x)
    if x.dtype.kind == "c":
        return bits(np.stack([x.real, x.imag]))
    if x.dtype.kind != "f":
        return x.dtype, x.tolist()
    return x.dtype, [("nan" if v != v else float(v).hex()) for v in x.ravel().tolist()]


def same(f, *arrays):
    want = bits(f(compat, *arrays))
    assert bits(strip(f(dnp, *map(dnp.asarray, arrays)))) == want
    if want[0].kind in "fc":
        assert bits(dualad.vjp(lambda *xs: f(dnp, *xs), *arrays)[0]) == want
        assert bits(dualad.jvp(lambda *xs: f(dnp, *xs), arrays, arrays)[0]) == want


@quiet
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ONE)
def test_of_one(name, dtype):
    with np.errstate(all="ignore"):
        same(lambda xp, x: getattr(xp, name)(x), REAL.astype(dtype))


@quiet
@pytest.mark.parametrize("name", [name for name in ONE if name not in (*REAL_ONLY, "sign")])
def test_of_a_complex_one(name):
    with np.errstate(all="ignore"):
        same(lambda xp, x: getattr(xp, name)(x), COMPLEX)


def test_sign_of_complex_numbers():
    """z / |z|, to the last digit but one. At infinity array-api-compat has NaN, and NumPy has not."""
    with np.errstate(all="ignore"):
        value, _ = dualad.vjp(np.sign, COMPLEX)
        np.testing.assert_allclose(value, np.sign(COMPLEX), rtol=1e-15, equal_nan=True)
        zeros = COMPLEX[COMPLEX == 0]
        same(lambda xp, x: xp.sign(x), zeros)


@quiet
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", TWO)
def test_of_two(name, dtype):
    with np.errstate(all="ignore"):
        x, y = (a.ravel() for a in np.meshgrid(REAL.astype(dtype), REAL.astype(dtype)))
        same(lambda xp, x, y: getattr(xp, name)(x, y), x, y)


@quiet
@pytest.mark.parametrize("name", OPERATORS)
def test_operators(name):
    op, in_place = getattr(operator, name), getattr(operator, f"i{name}", None)
    with np.errstate(all="ignore"):
        x, y = (a.ravel() for a in np.meshgrid(REAL, REAL))
        same(lambda xp, x, y: op(x, y), x, y)
        if in_place is not None:
            same(lambda xp, x, y: in_place(xp.asarray(x, copy=True), y), x, y)
        for number in (0.0, -0.0, 2.0, 0.5, np.inf, -np.inf, np.nan):
            same(lambda xp, x, k=number: op(x, k), x)
            same(lambda xp, x, k=number: op(k, x), x)
