"""Log-sum-exp, softmax and log-softmax: values, hard cases, policies."""

import math

import numpy as np
import pytest
import scipy.special

import dualad
from dualad.core.errors import MissingRule
from dualad.ops import softmax as S

INF = np.inf


AXES = [None, 0, 1, -1, (0, 2), (2, 0, 1), ()]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, complex, int])
def test_logsumexp_values(axis, keepdims, dtype):
    x = (3 * np.random.default_rng(0).normal(size=(2, 3, 4))).astype(dtype)
    if dtype is complex:
        x = x + 0.5j
    got = S.logsumexp(x, axis=axis, keepdims=keepdims)
    want = np.log(np.sum(np.exp(x.astype(complex)), axis=axis, keepdims=keepdims))
    np.testing.assert_allclose(
        got, want if dtype is complex else want.real, rtol=1e-6 if dtype is np.float32 else 1e-12
    )
    assert got.dtype == (np.float64 if dtype is int else dtype)


def test_logsumexp_in_hard_cases():
    assert float(S.logsumexp(np.array([0.0, -50.0]))) == pytest.approx(1.9287498479639178e-22, rel=1e-14)
    assert float(S.logsumexp(np.array([1000.0, 1000.0]))) == pytest.approx(1000 + math.log(2), rel=1e-15)
    assert float(S.logsumexp(np.array([-1000.0, -1000.0]))) == pytest.approx(-1000 + math.log(2), rel=1e-15)
    assert float(S.logsumexp(np.array([INF, 800.0, INF]))) == INF
    assert np.isnan(S.logsumexp(np.array([1.0, np.nan])))
    assert S.logsumexp(np.array([[-INF, -INF], [0.0, -INF]]), axis=1).tolist() == [-INF, 0]
    assert S.logsumexp(np.zeros((2, 0)), axis=1).tolist() == [-INF, -INF]
    assert S.logsumexp(np.zeros((0, 2)), axis=1).shape == (0,)


def both(f, x, dx, g):
    """⟨g, J dx⟩ by the two engines, and Jᵀg."""
    tangent = np.asarray(dualad.jvp(f, (x,), (dx,))[1])
    pulled = dualad.vjp(f, x)[1](g)[0]
    return np.sum(g * tangent), np.sum(pulled * dx), pulled


def test_logsumexp_of_nothing_has_derivative_zero():
    x = np.array([[-INF, -INF], [0.0, -INF]])
    left, right, pulled = both(lambda x: S.logsumexp(x, axis=1), x, np.ones((2, 2)), np.array([1.0, 1.0]))
    assert pulled.tolist() == [[0, 0], [1, 0]]
    assert left == right == 1


def test_logsumexp_weights():
    x, b = np.array([0.3, -1.0, 2.0]), np.array([0.5, 0.0, 2.0])

    def f(x, b):
        return S.logsumexp(x, b=b)

    total = np.sum(b * np.exp(x))
    out, pull = dualad.vjp(f, x, b)
    assert float(out) == pytest.approx(scipy.special.logsumexp(x, b=b), rel=1e-15)
    gx, gb = pull(np.float64(1))
    np.testing.assert_allclose(gx, b * np.exp(x) / total, rtol=1e-14)
    np.testing.assert_allclose(gb, np.exp(x) / total, rtol=1e-14)
    tangent = dualad.jvp(f, (x, b), (np.ones(3), np.ones(3)))[1]
    assert float(tangent) == pytest.approx(gx.sum() + gb.sum(), rel=1e-14)
    assert S.logsumexp(np.ones((2, 3)) * x, axis=1, b=b).shape == (2,)
    assert S.logsumexp(np.array([-INF, -INF]), b=np.ones(2)) == -INF


def test_logsumexp_refuses_what_it_has_no_rule_for():
    with pytest.raises(MissingRule, match="return_sign"):
        S.logsumexp(np.ones(2), return_sign=True)
    with pytest.raises(np.exceptions.AxisError):
        S.logsumexp(np.ones(2), axis=1)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 2)])
def test_softmax_and_its_logarithm(axis):
    rng = np.random.default_rng(1)
    x, dx, g = rng.normal(size=(3, 2, 3, 4)) * 3
    for op, reference in ((S.softmax, scipy.special.softmax), (S.log_softmax, scipy.special.log_softmax)):

        def f(x, op=op):
            return op(x, axis=axis)

        np.testing.assert_allclose(f(x), reference(x, axis=axis), rtol=1e-14)
        left, right, pulled = both(f, x, dx, g)
        assert left == pytest.approx(right, rel=1e-12)
        h = 1e-5
        assert left == pytest.approx(np.sum(g * (f(x + h * dx) - f(x - h * dx))) / (2 * h), rel=1e-7)
        np.testing.assert_allclose(pulled.sum(axis=axis), 0, atol=1e-14)


def test_softmax_of_extreme_values():
    x = np.array([1000.0, 0.0, -INF])
    assert S.softmax(x).tolist() == [1, 0, 0]
    assert S.log_softmax(x).tolist() == [0, -1000, -INF]
    assert dualad.vjp(S.log_softmax, x[:2])[1](np.array([0.0, 1.0]))[0].tolist() == [-1, 1]
    assert S.softmax(np.zeros((0, 3)), axis=0).shape == (0, 3)
