"""Elementary functions: slopes against 50-digit references, tails, poles, powers in all their cases."""

import math
import subprocess
import sys

import numpy as np
import pytest

import dualad
from dualad.ops import elementary as E
from dualad.ops import floating as F
from dualad.ops.arithmetic import add, multiply

INF = np.inf


def slopes(f, *xs):
    """The partial derivatives at a point of scalars, by both engines: (forward, reverse)."""
    xs = [np.float64(x) for x in xs]
    unit = [[np.float64(i == k) for i in range(len(xs))] for k in range(len(xs))]
    forward = [float(dualad.jvp(f, xs, e)[1]) for e in unit]
    out, pull = dualad.vjp(f, *xs)
    return forward, [float(g) for g in pull(np.ones_like(out))]


def derivative(f, n=1):
    """The n-th derivative of a function of one scalar, reverse and forward mode in turn."""
    for k in range(n):
        f = dualad.grad(f) if k % 2 else _forward(f)
    return f


def _forward(f):
    return lambda x: dualad.jvp(f, (x,), (np.float64(1),))[1]


@pytest.mark.parametrize(
    ("op", "xs", "want"),
    [
        (E.exp, (2,), (math.exp(2),)),
        (E.exp2, (3,), (8 * math.log(2),)),
        (E.expm1, (1e-20,), (1,)),
        (E.log, (1e-300,), (1e300,)),
        (E.log2, (4,), (1 / (4 * math.log(2)),)),
        (E.log10, (4,), (1 / (4 * math.log(10)),)),
        (E.log1p, (1e-20,), (1,)),
        (E.log1p, (-1 + 1e-10,), (9999999172.5963585,)),
        (E.logaddexp, (1, 2), (0.26894142136999512, 0.73105857863000488)),
        (E.logaddexp, (-745, 0), (math.exp(-745), 1)),
        (E.logaddexp, (-INF, 3), (0, 1)),
        (E.logaddexp2, (3, 3), (0.5, 0.5)),
        (E.logaddexp2, (-INF, -INF), (0, 0)),
        (E.sin, (1e-8,), (1,)),
        (E.cos, (2,), (-math.sin(2),)),
        (E.tan, (1.5,), (199.85004452649246,)),
        (E.arcsin, (1 - 1e-12,), (707114.60252564535,)),
        (E.arccos, (1 - 1e-12,), (-707114.60252564535,)),
        (E.arccosh, (1 + 1e-12,), (707075.35217958559,)),
        (E.arctan, (1e10,), (1e-20,)),
        (E.arctan, (INF,), (0,)),
        (E.arctanh, (0.5,), (4 / 3,)),
        (E.arcsinh, (1e8,), (1e-8,)),
        (E.arcsinh, (-3,), (1 / math.sqrt(10),)),
        (E.sinh, (2,), (math.cosh(2),)),
        (E.cosh, (2,), (math.sinh(2),)),
        (E.expit, (-40,), (4.248354255291589e-18,)),
        (E.expit, (-3,), (0.045176659730912133,)),
        (E.arctan2, (1, -2), (-0.4, -0.2)),
        (E.arctan2, (-1, -2), (-0.4, 0.2)),
        (E.arctan2, (3e-200, 4e-200), (16e198, -12e198)),
        (E.arctan2, (3e200, 4e200), (1.6e-201, -1.2e-201)),
        (E.deg2rad, (3,), (math.pi / 180,)),
        (E.degrees, (3,), (180 / math.pi,)),
        (F.heaviside, (0, 0.5), (0, 1)),
        (F.heaviside, (1, 0.5), (0, 0)),
        (lambda x: F.ldexp(x, 3), (2,), (8,)),
        (lambda x: F.frexp(x)[0], (10,), (1 / 16,)),
        (lambda x: F.modf(x)[0], (2.5,), (1,)),
        (lambda x: F.nextafter(x, INF), (2.5,), (1,)),
        (lambda x: F.nan_to_num(x, nan=3.0), (np.nan,), (0,)),
        (lambda x: F.nan_to_num(x), (2.0,), (1,)),
    ],
)
def test_slopes(op, xs, want):
    for found in slopes(op, *xs):
        np.testing.assert_allclose(found, want, rtol=4e-15)


@pytest.mark.parametrize(
    ("op", "x", "want"),
    [
        (E.tanh, 20, 1.6993417021166356e-17),
        (E.tanh, -300, 1.0601586212017243e-260),
        (E.expit, 30, 9.3576229688384233e-14),
        (E.expm1, -40, 4.248354255291589e-18),
    ],
)
def test_tails_of_the_tangent(op, x, want):
    """The forward rule starts from x and is exact; the reverse one, from out, is exact to rounding of 1."""
    (forward,), (reverse,) = slopes(op, x)
    assert forward == pytest.approx(want, rel=1e-14)
    assert reverse == pytest.approx(want, abs=2e-16)


def test_poles():
    with np.errstate(divide="ignore"):
        for op, x, want in [
            (E.log, 0, INF),
            (E.log2, 0, INF),
            (E.log1p, -1, INF),
            (E.arcsin, -1, INF),
            (E.arccos, 1, -INF),
            (E.arctanh, 1, INF),
            (E.arccosh, 1, INF),
        ]:
            assert slopes(op, x) == ([want], [want])


def test_sums_of_exponentials_beyond_overflow():
    for x in (800.0, -800.0, 1e5):
        for found in slopes(E.logaddexp, x, x):
            np.testing.assert_allclose(found, (0.5, 0.5), rtol=1e-11)


# ---- powers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("power", [E.power, E.float_power])
@pytest.mark.parametrize(
    ("x", "y", "want"),
    [
        (2, 3, (12, 8 * math.log(2))),
        (2, -1, (-0.25, 0.5 * math.log(2))),
        (0, 0, (0, 0)),
        (0, 1, (1, 0)),
        (0, 2, (0, 0)),
        (0, 3.5, (0, 0)),
        (0, 0.5, (INF, 0)),
        (1e-200, 1, (1, 1e-200 * math.log(1e-200))),
        (4, 0.5, (0.25, 2 * math.log(4))),
    ],
)
def test_powers(power, x, y, want):
    with np.errstate(divide="ignore", invalid="ignore"):
        for found in slopes(power, x, y):
            np.testing.assert_allclose(found, want, rtol=2e-15)
        for found in slopes(lambda x: power(x, y), x):
            np.testing.assert_allclose(found, want[:1], rtol=2e-15)
        for found in slopes(lambda y: power(x, y), y):
            np.testing.assert_allclose(found, want[1:], rtol=2e-15)


@pytest.mark.parametrize("kind", [int, float, np.float64, np.int8, np.int64, np.uint8, np.float32])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("base", [-2.0, 0.0, 3.0])
def test_whole_exponents_of_every_type(kind, n, base):
    want = n * base ** (n - 1) if n else 0
    shapes = [kind(n)] if kind in (int, float) else [kind(n), np.array([n, n], kind)]
    for y in shapes:
        x = np.array([base, base])
        out, pull = dualad.vjp(lambda x, y=y: E.power(x, y), x)
        np.testing.assert_array_equal(out, [base**n] * 2)
        np.testing.assert_array_equal(pull(np.ones(2))[0], [want] * 2)
        np.testing.assert_array_equal(
            dualad.jvp(lambda x, y=y: E.power(x, y), (x,), (np.ones(2),))[1], [want] * 2
        )


@pytest.mark.parametrize("y", [-3, -1, 0, 1, 2, 2.0, 3, 0.5])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_higher_derivatives_of_a_power(y, n):
    want = math.prod(y - k for k in range(n)) * 1.7 ** (y - n)
    got = derivative(lambda x: E.power(x, y), n)(np.float64(1.7))
    assert float(got) == pytest.approx(want, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("y", [0, 1, 2, 3])
@pytest.mark.parametrize("array", [False, True])
def test_higher_derivatives_at_the_base_zero(y, array):
    exponent = np.array(y) if array else y
    with np.errstate(divide="ignore", invalid="ignore"):
        for n in (1, 2, 3, 4):
            got = derivative(lambda x: E.power(x, exponent), n)(np.float64(0))
            assert float(got) == (math.factorial(y) if n == y else 0)


@pytest.mark.parametrize("y", [0.0, 1.0, 2.0, -1.5])
def test_the_mixed_derivative_of_a_power(y):
    x, y = np.float64(2.5), np.float64(y)
    want = x ** (y - 1) * (1 + y * np.log(x))  # 1 / x at y = 0
    in_x = [dualad.grad(E.power, 0), lambda x, y: dualad.jvp(lambda x: E.power(x, y), (x,), (1.0,))[1]]
    in_y = [dualad.grad(E.power, 1), lambda x, y: dualad.jvp(lambda y: E.power(x, y), (y,), (1.0,))[1]]
    for first in in_x:
        assert float(dualad.grad(first, 1)(x, y)) == pytest.approx(want, rel=1e-14)
    for first in in_y:
        assert float(dualad.grad(first, 0)(x, y)) == pytest.approx(want, rel=1e-14)


def test_powers_keep_dtypes():
    x = np.array([1.5, 2], np.float32)
    for y in (2, 3, 0.5, -1):
        out, pull = dualad.vjp(lambda x, y=y: E.power(x, y), x)
        assert out.dtype == pull(np.ones(2, np.float32))[0].dtype == np.float32
    assert E.power(np.array([2, 3]), 2).dtype == np.power(np.array([2, 3]), 2).dtype
    assert E.power(np.array([True, False]), 2).dtype == np.power(np.array([True, False]), 2).dtype
    out, pull = dualad.vjp(lambda x: E.float_power(x, -2), x)
    assert out.dtype == np.float64
    assert pull(np.ones(2))[0].dtype == np.float32


def test_complex_powers():
    z = np.array([1 + 2j, -0.5j])
    h = 1e-6
    for y in (2, -1, 0.5, 1 + 1j):
        want = (np.power(z + h, y) - np.power(z - h, y)) / (2 * h)
        for got in (
            dualad.jvp(lambda z, y=y: E.power(z, y), (z,), (np.ones(2, complex),))[1],
            dualad.vjp(lambda z, y=y: E.power(z, y), z)[1](np.ones(2, complex))[0],
        ):
            np.testing.assert_allclose(got, want, rtol=1e-8)


# ---- sinc -------------------------------------------------------------------------------------------


def test_sinc_is_exact_at_zero_to_every_order():
    pi = math.pi
    for n, want in enumerate((0, -(pi**2) / 3, 0, pi**4 / 5, 0, -(pi**6) / 7), start=1):
        assert float(derivative(E.sinc, n)(np.float64(0))) == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize(
    ("n", "want"), [(1, -0.90202813013888879), (2, -2.4584852862661743), (3, 5.2474931529243694)]
)
def test_sinc_elsewhere(n, want):
    assert float(derivative(E.sinc, n)(np.float64(0.3))) == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize("n", range(8))
def test_sinc_derivatives_across_the_seam_between_series_and_recurrence(n):
    seam = (n + 1.5) / math.pi
    x = np.array([seam * (1 - 1e-15), seam * (1 + 1e-15)])
    near, far = E.sinc_derivative(x, n=n)
    assert near == pytest.approx(far, abs=1e-13 * math.pi**n)
    assert E.sinc_derivative(-x, n=n)[0] == (-1) ** n * near


def test_sinc_keeps_dtypes():
    x = np.zeros(2, np.float32)
    assert E.sinc_derivative(x, n=2).dtype == np.float32
    assert E.sinc_derivative(np.array([0, 1]), n=1).tolist() == [0, -1]


# ---- complex, several outputs, and the price of an import ------------------------------------------------


@pytest.mark.parametrize(
    "op",
    [E.exp, E.exp2, E.expm1, E.log, E.log2, E.log10, E.log1p, E.sin, E.cos, E.tan, E.sinh, E.cosh, E.tanh]
    + [E.arcsin, E.arccos, E.arctan, E.arcsinh, E.arccosh, E.arctanh, E.sinc],
)
def test_holomorphic_rows_on_every_sheet(op):
    z = np.array([a + b * 1j for a in (-2.3, -0.4, 0.6, 1.9) for b in (-0.7, 0.9)])
    h = 1e-5
    want = (op(z + h) - op(z - h)) / (2 * h)
    one = np.ones_like(z)
    np.testing.assert_allclose(dualad.jvp(op, (z,), (one,))[1], want, rtol=2e-8)
    np.testing.assert_allclose(dualad.vjp(op, z)[1](one)[0], want, rtol=2e-8)


def test_pieces_of_a_number():
    x = np.float64(-10.5)

    def whole(x):
        return add(multiply(F.modf(x)[0], 2.0), F.modf(x)[1])

    assert slopes(whole, x) == ([2], [2])
    mantissa, exponent = dualad.jvp(lambda x: F.frexp(x), (x,), (np.float64(16),))[1]
    assert float(mantissa) == 1
    assert not np.any(np.asarray(exponent) != 0)


def test_importing_dualad_does_not_import_scipy():
    code = "import sys, dualad; sys.exit('scipy.special' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
