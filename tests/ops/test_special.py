"""Special functions: slopes against 50-digit references, tails, poles, and sums of exponentials."""

import math

import numpy as np
import pytest

import dualad
from dualad.ops import special as S

INF = np.inf


def slopes(f, *xs):
    """The partial derivatives at a point of scalars, by both engines: (forward, reverse)."""
    xs = [np.float64(x) for x in xs]
    unit = [[np.float64(i == k) for i in range(len(xs))] for k in range(len(xs))]
    forward = [float(dualad.jvp(f, xs, e)[1]) for e in unit]
    out, pull = dualad.vjp(f, *xs)
    return forward, [float(g) for g in pull(np.ones_like(out))]


def derivative(f, n):
    for k in range(n):
        f = dualad.grad(f) if k % 2 else _forward(f)
    return f


def _forward(f):
    return lambda x: dualad.jvp(f, (x,), (np.float64(1),))[1]


@pytest.mark.parametrize(
    ("op", "xs", "want"),
    [
        (S.logit, (1e-20,), (1e20,)),
        (S.logit, (0.25,), (16 / 3,)),
        (S.log_expit, (40,), (4.248354255291589e-18,)),
        (S.log_expit, (2,), (0.11920292202211756,)),
        (S.log_expit, (-40,), (1,)),
        (S.softplus, (-40,), (4.248354255291589e-18,)),
        (S.softplus, (40,), (1,)),
        (S.softplus, (1000,), (1,)),
        (S.relu, (3,), (1,)),
        (S.relu, (-3,), (0,)),
        (S.erf, (3,), (0.00013925305194674785,)),
        (S.erfc, (10,), (-4.1976562313544169e-44,)),
        (S.erfcx, (-2,), (-436.8919967270074,)),
        (S.erfinv, (-0.3,), (0.95452035884054934,)),
        (S.erfinv, (0.999,), (198.93951776442476,)),
        (S.erfcinv, (1e-20,), (-7.4898801938970793e18,)),
        (S.ndtr, (-10,), (7.6945986267064193e-23,)),
        (S.log_ndtr, (-1e5,), (100000.00001,)),
        (S.log_ndtr, (-40,), (40.024968847207264,)),
        (S.log_ndtr, (-5,), (5.1865039671258421,)),
        (S.log_ndtr, (0.5,), (0.50916043383703349,)),
        (S.log_ndtr, (9,), (1.0279773571668915e-18,)),
        (S.log_ndtr, (100,), (0,)),
        (S.gammaln, (0.1,), (-10.423754940411076,)),
        (S.gammaln, (-2.5,), (1.1031566406452432,)),
        (S.gammaln, (1e5,), (11.512920464961895,)),
        (S.gammaln, (1e-8,), (-100000000.57721565,)),
        (S.digamma, (0.1,), (101.43329915079275,)),
        (S.digamma, (-2.5,), (9.5392466449891238,)),
        (S.digamma, (1e5,), (1.0000050000166667e-5,)),
        (lambda x: S.polygamma(x, n=3), (1.5,), (-3.4742498266672252,)),
        (S.gamma, (-1.5,), (1.6617502606685965,)),
        (S.gamma, (5,), (36.146824042363211,)),
        (S.beta, (2.5, 1.5), (-0.10857364391348187, -0.23947333781305659)),
        (S.betaln, (3, 0.25), (-0.094206575969711897, -5.2444444444444444)),
        (S.xlogy, (2, 3), (math.log(3), 2 / 3)),
        (S.xlogy, (0, 3), (math.log(3), 0)),
        (S.xlog1py, (2, 1e-20), (1e-20, 2)),
        (S.entr, (2,), (-math.log(2) - 1,)),
        (S.i0, (2,), (1.5906368546373291,)),
        (S.i1, (2,), (1.4842668750174027,)),
        (S.i0e, (2,), (-0.09323903330473338,)),
        (S.i0e, (-3,), (0.046173640864524545,)),
        (S.i1e, (2,), (-0.014395611319735449,)),
    ],
)
def test_slopes(op, xs, want):
    for found in slopes(op, *xs):
        np.testing.assert_allclose(found, want, rtol=2e-14)


@pytest.mark.parametrize(
    ("op", "xs", "want"),
    [
        (S.relu, (0.0,), (0,)),
        (S.relu, (-0.0,), (0,)),
        (S.xlogy, (0, 0), (-INF, 0)),
        (S.xlog1py, (0, -1), (-INF, 0)),
        (S.entr, (0,), (INF,)),
        (S.logit, (0,), (INF,)),
        (S.logit, (1,), (INF,)),
        (S.erfinv, (1,), (INF,)),
        (S.i0e, (0,), (0,)),
    ],
)
def test_kinks_and_poles(op, xs, want):
    with np.errstate(all="ignore"):
        assert slopes(op, *xs) == (list(want), list(want))


@pytest.mark.parametrize(
    ("op", "n", "x", "want"),
    [
        (S.i0, 4, 0, 3 / 8),
        (S.i1, 3, 0, 3 / 8),
        (S.i1, 2, 0, 0),
        (S.softplus, 2, 0, 1 / 4),
        (S.erf, 3, 0, -4 / math.sqrt(math.pi)),
        (S.gammaln, 4, 1, math.pi**4 / 15),
        (S.entr, 2, 0.5, -2),
        (S.log_expit, 2, 0, -1 / 4),
        (S.log_ndtr, 2, 0, -2 / math.pi),
        (S.relu, 2, 1, 0),
        (S.erfinv, 2, 0, 0),
    ],
)
def test_higher_derivatives(op, n, x, want):
    assert float(derivative(op, n)(np.float64(x))) == pytest.approx(want, rel=1e-13, abs=1e-15)


def test_the_mixed_derivative_of_xlogy_at_zero():
    first = dualad.grad(S.xlogy, 1)
    assert float(dualad.grad(first, 0)(np.float64(0), np.float64(4))) == 0.25


def test_an_infinite_cotangent_does_not_pass_a_closed_relu():
    out, pull = dualad.vjp(S.relu, np.array([-1.0, 1.0, -INF]))
    assert out.tolist() == [0, 1, 0]
    assert pull(np.array([INF, 2, np.nan]))[0].tolist() == [0, 2, 0]


@pytest.mark.parametrize(
    "op", [S.expit, S.logit, S.log_expit, S.softplus, S.relu, S.erf, S.gammaln, S.digamma, S.i0, S.ndtr]
)
def test_single_precision_stays_single(op):
    x = np.array([0.3, 0.6], np.float32)
    out, pull = dualad.vjp(op, x)
    assert out.dtype == pull(np.ones(2, np.float32))[0].dtype == np.float32
    assert np.asarray(dualad.jvp(op, (x,), (x,))[1]).dtype == np.float32


def test_orders_keep_dtypes_and_take_integers():
    assert S.polygamma(np.float32([1, 2]), n=2).dtype == np.float32
    assert S.bessel_i(np.float32([1, 2]), n=2).dtype == np.float32
    assert S.polygamma(np.array([1, 2]), n=1)[0] == pytest.approx(math.pi**2 / 6)
    with pytest.raises(TypeError, match="real"):
        S.polygamma(1j, n=1)
