"""Arithmetic: exact slopes in both engines, policies at kinks, hard magnitudes, zeros that win."""

import numpy as np
import pytest

import dualad
from dualad.core.primitive import REGISTRY
from dualad.ops import arithmetic as A
from dualad.ops import comparison as C
from dualad.ops.elementary import log
from dualad.ops.select import where

INF = np.inf


def slopes(f, *xs):
    """The partial derivatives at a point of scalars, by both engines: (forward, reverse)."""
    xs = [np.float64(x) for x in xs]
    unit = [[np.float64(i == k) for i in range(len(xs))] for k in range(len(xs))]
    forward = [float(dualad.jvp(f, xs, e)[1]) for e in unit]
    out, pull = dualad.vjp(f, *xs)
    return forward, [float(g) for g in pull(np.ones_like(out))]


@pytest.mark.parametrize(
    ("op", "xs", "want"),
    [
        (A.add, (2, 3), (1, 1)),
        (A.subtract, (2, 3), (1, -1)),
        (A.multiply, (2, 3), (3, 2)),
        (A.divide, (3, 2), (0.5, -0.75)),
        (A.divide, (1e-200, 1e-200), (1e200, -1e200)),
        (A.divide, (1e200, 1e200), (1e-200, -1e-200)),
        (A.reciprocal, (-4,), (-1 / 16,)),
        (A.reciprocal, (1e-150,), (-1e300,)),
        (A.negative, (2,), (-1,)),
        (A.positive, (2,), (1,)),
        (A.square, (-3,), (-6,)),
        (A.sqrt, (4,), (0.25,)),
        (A.sqrt, (1e-300,), (5e149,)),
        (A.sqrt, (INF,), (0,)),
        (A.cbrt, (-8,), (1 / 12,)),
        (A.hypot, (3, 4), (0.6, 0.8)),
        (A.hypot, (-3e200, 4e200), (-0.6, 0.8)),
        (A.hypot, (3e-200, 4e-200), (0.6, 0.8)),
        (A.absolute, (-3,), (-1,)),
        (A.absolute, (-INF,), (-1,)),
        (A.fabs, (3,), (1,)),
        (A.maximum, (1, 2), (0, 1)),
        (A.minimum, (1, 2), (1, 0)),
        (A.maximum, (-INF, INF), (0, 1)),
        (A.remainder, (7.5, 2), (1, -3)),
        (A.remainder, (-7.5, 2), (1, 4)),
        (A.remainder, (7.5, -2), (1, 4)),
        (A.remainder, (1, 0.3), (1, -3)),
        (A.fmod, (7.5, 2), (1, -3)),
        (A.fmod, (-7.5, 2), (1, 3)),
        (A.fmod, (7.5, -2), (1, 3)),
        (A.copysign, (3, -1), (-1, 0)),
        (A.copysign, (-3, -1), (1, 0)),
        (A.copysign, (-3, 0.0), (-1, 0)),
    ],
)
def test_slopes(op, xs, want):
    for found in slopes(op, *xs):
        np.testing.assert_allclose(found, want, rtol=4e-16)


@pytest.mark.parametrize(
    ("op", "xs", "want"),
    [
        (A.absolute, (0.0,), (0,)),
        (A.absolute, (-0.0,), (0,)),
        (A.sign, (0.0,), (0,)),
        (A.maximum, (1, 1), (0.5, 0.5)),
        (A.minimum, (1, 1), (0.5, 0.5)),
        (A.maximum, (INF, INF), (0.5, 0.5)),
        (A.fmax, (1, 1), (0.5, 0.5)),
        (A.fmax, (np.nan, 1), (0, 1)),
        (A.fmin, (1, np.nan), (1, 0)),
        (A.fmin, (2, 2), (0.5, 0.5)),
        (A.hypot, (0, 0), (0, 0)),
        (A.copysign, (0, -1), (0, 0)),
    ],
)
def test_kinks(op, xs, want):
    forward, reverse = slopes(op, *xs)
    assert forward == list(want)
    assert reverse == list(want)


def test_poles_are_infinite():
    with np.errstate(divide="ignore"):
        assert slopes(A.sqrt, 0) == ([INF], [INF])
        assert slopes(A.cbrt, 0) == ([INF], [INF])
        assert slopes(A.reciprocal, -0.0) == ([-INF], [-INF])
        assert slopes(A.divide, 1, 0) == ([INF, -INF], [INF, -INF])


def test_a_value_not_taken_has_no_part_in_the_gradient():
    x = np.array([0.0, 4.0, -1.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        for f, want in [
            (lambda x: where(x > 0, A.sqrt(x), 0.0), [0, 0.25, 0]),
            (lambda x: where(x > 0, log(x), 0.0), [0, 0.25, 0]),
            (lambda x: where(x > 0, A.divide(1.0, x), 0.0), [0, -1 / 16, 0]),
        ]:
            _, pull = dualad.vjp(f, x)
            assert pull(np.ones(3))[0].tolist() == want
            tangent = dualad.jvp(f, (x,), (np.ones(3),))[1]
            assert np.asarray(tangent).tolist() == want


def test_an_infinite_cotangent_does_not_leak_through_a_kink():
    # sqrt has the slope inf at 0, and maximum(x, 0) is constant there.
    def f(x):
        return A.sqrt(A.maximum(x, 0.0))

    with np.errstate(divide="ignore"):
        _, pull = dualad.vjp(f, np.array([-1.0, 4.0]))
        assert pull(np.ones(2))[0].tolist() == [0, 0.25]


def test_ties_in_arrays_and_broadcasting():
    x, y = np.array([[1.0, 2.0, 3.0]]), np.array([[2.0], [1.0]])
    _, pull = dualad.vjp(A.maximum, x, y)
    gx, gy = pull(np.ones((2, 3)))
    assert gx.tolist() == [[0.5, 1.5, 2]]
    assert gy.tolist() == [[1.5], [0.5]]


def test_extrema_keep_float32_exactly():
    x = np.array([1, 2], np.float32)
    g = dualad.vjp(lambda x: A.maximum(x, 1.0), x)[1](np.ones(2, np.float32))[0]
    assert g.dtype == np.float32
    assert g.tolist() == [0.5, 1]


def test_integer_constants():
    x = np.array([1.5, 2.5])
    for f, want in [
        (lambda x: A.multiply(x, np.array([2, 3])), [2, 3]),
        (lambda x: A.divide(x, 4), [0.25, 0.25]),
        (lambda x: A.remainder(np.array([7, 8]), x), [-4, -3]),
        (lambda x: A.hypot(x, 2), [0.6, 2.5 / np.hypot(2.5, 2)]),
    ]:
        np.testing.assert_allclose(dualad.vjp(f, x)[1](np.ones(2))[0], want)


@pytest.mark.parametrize(
    ("f", "x", "want"),
    [
        (A.reciprocal, 2.0, 2 / 8),
        (A.sqrt, 4.0, -1 / 32),
        (A.cbrt, 8.0, -1 / 144),
        (A.square, 3.0, 2),
        (A.absolute, 3.0, 0),
        (lambda x: A.hypot(x, 4.0), 3.0, 16 / 125),
        (lambda x: A.divide(1.0, x), 2.0, 0.25),
        (lambda x: A.maximum(x * x, 1.0), 3.0, 2),
    ],
)
def test_second_derivatives(f, x, want):
    x = np.float64(x)
    for first in (dualad.grad(f), lambda x: dualad.jvp(f, (x,), (np.float64(1),))[1]):
        np.testing.assert_allclose(float(dualad.grad(first)(x)), want, rtol=1e-15)
        np.testing.assert_allclose(float(dualad.jvp(first, (x,), (np.float64(1),))[1]), want, rtol=1e-15)


def test_divmod():
    out, pull = dualad.vjp(lambda x, y: A.divmod(x, y), np.float64(7.5), np.float64(2))
    assert [float(o) for o in out] == [3, 1.5]
    assert [float(g) for g in pull((np.float64(1), np.float64(1)))] == [1, -3]
    tangents = dualad.jvp(lambda x, y: A.divmod(x, y), (7.5, 2.0), (1.0, 10.0))[1]
    assert [float(t) for t in tangents] == [0, -29]


def test_sign_of_complex_numbers_is_not_flat():
    z, dz = np.array([3 + 4j]), np.array([1 - 2j])
    h = 1e-6
    want = (np.sign(z + h * dz) - np.sign(z - h * dz)) / (2 * h)
    np.testing.assert_allclose(dualad.jvp(A.sign, (z,), (dz,))[1], want, rtol=1e-8)
    assert dualad.jvp(A.sign, (np.zeros(1, complex),), (dz,))[0] == 0


@pytest.mark.parametrize(
    "op", [C.floor, C.ceil, C.trunc, C.rint, C.spacing, A.sign, C.isnan, C.signbit, C.round]
)
def test_flat_operations_let_no_derivative_through(op):
    x = np.array([-1.5, 0.5, 2.2])
    out, tangent = dualad.jvp(lambda x: A.multiply(op(x), 1.0), (x,), (np.ones(3),))
    np.testing.assert_array_equal(out, op(x) * 1.0)
    assert np.asarray(tangent).tolist() == [0, 0, 0]
    # in a product, only the other factor has a part
    assert dualad.vjp(lambda x: A.multiply(op(x), x), x)[1](np.ones(3))[0].tolist() == (op(x) * 1.0).tolist()


def test_flat_operations_of_integers_and_dates():
    assert C.isnat(np.array(["2024-02-29", "NaT"], "datetime64[D]")).tolist() == [False, True]
    assert C.gcd(12, 18) == 6
    assert C.invert(np.array([True, False])).tolist() == [False, True]
    assert C.round(np.array([1.25, 35.0]), decimals=-1).tolist() == [0, 40]
    assert C.round(np.array([0.5, 1.5, 2.5])).tolist() == [0, 2, 2]


def test_every_elementary_ufunc_of_numpy_is_registered():
    generalised = {"matmul", "matvec", "vecdot", "vecmat"}
    names = {u.__name__ for u in vars(np).values() if isinstance(u, np.ufunc)}
    assert names - set(REGISTRY) <= generalised
