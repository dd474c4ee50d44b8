"""Gradients of expectations, from draws of a fixed seed: within their standard errors of what the books say."""

import numpy as np
import pytest

import dualad
from dualad.random import default_rng

N = 20_000
CASES = {
    # distribution, parameters, f, the gradient of E f by the parameters
    "normal": ((0.7, 1.3), np.square, (2 * 0.7, 2 * 1.3)),
    "gamma": ((1.7, 0.6), np.square, (0.6**2 * (2 * 1.7 + 1), 2 * 0.6 * 1.7 * 2.7)),
    "beta": ((1.4, 2.1), lambda z: z, (2.1 / 3.5**2, -1.4 / 3.5**2)),
    "chisquare": ((3.2,), np.square, (2 * 3.2 + 2,)),
    "exponential": ((1.4,), np.square, (4 * 1.4,)),
    "standard_t": ((9.0,), np.square, (-2 / 49,)),
    "f": ((4.0, 12.0), lambda z: z, (0.0, -2 / 100)),
    "noncentral_chisquare": ((3.2, 1.4), np.square, (2 * 4.6 + 2, 2 * 4.6 + 4)),
    "noncentral_f": (
        (3.2, 12.0, 1.4),
        lambda z: z,
        (-12 * 1.4 / 10 / 3.2**2, -2 * 4.6 / 3.2 / 100, 12 / 10 / 3.2),
    ),
    "wald": ((1.2, 2.5), np.square, (2 * 1.2 + 3 * 1.2**2 / 2.5, -(1.2**3) / 2.5**2)),
    "weibull": ((2.0,), np.log, (0.5772156649015329 / 4,)),
    "pareto": ((6.0,), lambda z: z, (-1 / 25,)),
    "lognormal": ((0.1, 0.4), lambda z: z, (np.exp(0.18), 0.4 * np.exp(0.18))),
    "uniform": ((-0.5, 2.0), np.square, ((2 * -0.5 + 2.0) / 3, (2 * 2.0 - 0.5) / 3)),
    "triangular": ((0.0, 1.0, 3.0), lambda z: z, (1 / 3, 1 / 3, 1 / 3)),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_pathwise_gradients_have_the_right_mean(name):
    parameters, f, want = CASES[name]
    p = tuple(np.full(N, x) for x in parameters)
    _, pull = dualad.vjp(lambda *p: f(getattr(default_rng(11), name)(*p)), *p)
    for g, w in zip(pull(np.ones(N)), want, strict=True):
        error = np.std(g) / np.sqrt(N)
        assert abs(np.mean(g) - w) < 4 * error + 1e-12
        assert error < 0.07 * (abs(w) + 1)


def test_vonmises():
    from scipy.special import i0, i1

    kappa = np.full(N, 1.7)
    _, pull = dualad.vjp(lambda k: np.cos(default_rng(11).vonmises(0.0, k)), kappa)
    g, ratio = pull(np.ones(N))[0], i1(1.7) / i0(1.7)
    assert abs(np.mean(g) - (1 - ratio / 1.7 - ratio**2)) < 4 * np.std(g) / np.sqrt(N)


@pytest.mark.parametrize("alpha", [(1.3, 0.7, 2.0), (0.09, 0.05, 0.07)])
def test_dirichlet(alpha):
    alpha, total = np.array(alpha), sum(alpha)
    g = dualad.grad(lambda a: np.mean(default_rng(11).dirichlet(a, N // 4)[:, 0]))(alpha)
    want = (np.array([total, 0, 0]) - alpha[0]) / total**2
    np.testing.assert_allclose(g, want, rtol=0.1)


def test_multivariate_normal():
    mean, cov = np.array([0.3, -0.2]), np.array([[1.5, 0.4], [0.4, 0.8]])
    f = lambda m, c: np.mean(
        np.prod(default_rng(11).multivariate_normal(m, c, N, method="cholesky"), axis=-1)
    )
    by_mean, by_cov = dualad.grad(f, argnums=(0, 1))(mean, cov)
    np.testing.assert_allclose(by_mean, mean[::-1], atol=0.02)
    assert abs(by_cov[0, 1] + by_cov[1, 0] - 1) < 0.03  # E xy = cov + the product of the means
    assert abs(by_cov[0, 0]) < 0.02 and abs(by_cov[1, 1]) < 0.03


def test_second_order():
    """E z² of a gamma variable is a (a + 1): its second derivative is 2."""
    f = lambda a: np.mean(default_rng(11).gamma(a, size=N // 4) ** 2)
    assert abs(dualad.grad(dualad.grad(f))(1.7) - 2) < 0.2
