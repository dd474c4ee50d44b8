"""How fast a drawn number moves with the parameters of its distribution, where that has no closed form.

The number moves so that its place in the distribution, the value of the distribution function F, stays. The
velocities carry the order of the derivative of F as a parameter, by which they are closed under the derivative: with
V = -Fₙ/q, q the density and Fₙ the n-th derivative of F in the parameter,

    ∂V/∂parameter = V of order n + 1 - V ∂(log q)/∂parameter,    ∂V/∂l = -qₙ/q - V ∂(log q)/∂l.

So every order exists. The numbers come from `tails`.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from . import tails
from .elementary import cos, exp, expit, sin
from .special import digamma, i0e, i1e, log_expit, polygamma


def _in_blocks(f, *args):
    """The quadrature, in the floating-point type of the arguments."""
    dtype = np.result_type(*args)
    out = tails.in_blocks(f, *args).astype(dtype if dtype.kind == "f" else float, copy=False)
    return out[()]


# ---- gamma ------------------------------------------------------------------------------------------------


@primitive
def gamma_velocity(a, l, *, n=1):
    """-(∂/∂a)ⁿ F(l; a) / q(l; a) for the logarithm of a gamma variable of shape `a`: with n = 1, dl/da at a fixed F."""
    return _in_blocks(lambda a, l: tails.gamma_tail(a, l, n), a, l)


def _gamma_logs(a, l):
    """The derivatives by `a` of the logarithm of the density."""
    return lambda i: l - digamma(a) if i == 1 else -polygamma(a, n=i - 1)


gamma_velocity.primitive.elementwise = True
_GAMMA = dict(
    a=lambda d, a, l, n, out: d * (gamma_velocity(a, l, n=n + 1) - out * (l - digamma(a))),
    l=lambda d, a, l, n, out: d * (-tails.bell(n, _gamma_logs(a, l)) - out * (a - exp(l))),
)
gamma_velocity.jvp(**_GAMMA)
gamma_velocity.vjp(**_GAMMA)


@gamma_velocity.samples
def _(rng):
    yield Sample(rng.uniform(0.5, 4, (2, 3)), rng.uniform(-2, 2, (2, 3)), complex=False)
    yield Sample(rng.uniform(0.5, 4, (3,)), rng.uniform(-2, 2, (2, 1)), n=2, complex=False)
    yield Sample(np.array(0.05), rng.uniform(-30, -5, (3,)), complex=False)


# ---- beta -------------------------------------------------------------------------------------------------


@primitive
def beta_velocity(a, b, l, *, m=1, n=0):
    """-(∂/∂a)ᵐ (∂/∂b)ⁿ F / q for the log-odds of a beta variable: dl/da at a fixed F, with (0, 1) dl/db."""
    return _in_blocks(lambda a, b, l: tails.beta_tail(a, b, l, m, n), a, b, l)


def _beta_logs(a, b, l):
    def logs(i, j):
        if (i, j) == (1, 0):
            return log_expit(l) - digamma(a) + digamma(a + b)
        if (i, j) == (0, 1):
            return log_expit(-l) - digamma(b) + digamma(a + b)
        joint = polygamma(a + b, n=i + j - 1)
        return joint - polygamma(a, n=i - 1) if j == 0 else joint - polygamma(b, n=j - 1) if i == 0 else joint

    return logs


beta_velocity.primitive.elementwise = True
_BETA = dict(
    a=lambda d, a, b, l, m, n, out: (
        d * (beta_velocity(a, b, l, m=m + 1, n=n) - out * _beta_logs(a, b, l)(1, 0))
    ),
    b=lambda d, a, b, l, m, n, out: (
        d * (beta_velocity(a, b, l, m=m, n=n + 1) - out * _beta_logs(a, b, l)(0, 1))
    ),
    l=lambda d, a, b, l, m, n, out: (
        d * (-tails.bell2(m, n, _beta_logs(a, b, l)) - out * (a * expit(-l) - b * expit(l)))
    ),
)
beta_velocity.jvp(**_BETA)
beta_velocity.vjp(**_BETA)


@beta_velocity.samples
def _(rng):
    a, b, l = rng.uniform(0.5, 4, (2, 3)), rng.uniform(0.5, 4, (3,)), rng.uniform(-2, 2, (2, 3))
    yield Sample(a, b, l, complex=False)
    yield Sample(a, b, l, m=0, n=1, complex=False)
    yield Sample(a[0], b, l[0], m=1, n=1, complex=False)
    yield Sample(a[0], b, l[0], m=2, n=0, complex=False)


# ---- von Mises --------------------------------------------------------------------------------------------


@primitive
def vonmises_velocity(kappa, x, *, n=1):
    """-(∂/∂κ)ⁿ F / q for an angle of the von Mises distribution around 0: with n = 1, dx/dκ at a fixed F."""
    return _in_blocks(lambda k, x: tails.vonmises_tail(k, x, n), kappa, x)


def _vonmises_logs(kappa, x, n):
    slopes = tails.ratio_slopes(i1e(kappa) / i0e(kappa), kappa, n - 1)
    return lambda i: cos(x) - slopes[0] if i == 1 else -slopes[i - 1]


vonmises_velocity.primitive.elementwise = True
_VONMISES = dict(
    kappa=lambda d, kappa, x, n, out: (
        d * (vonmises_velocity(kappa, x, n=n + 1) - out * _vonmises_logs(kappa, x, 1)(1))
    ),
    x=lambda d, kappa, x, n, out: d * (-tails.bell(n, _vonmises_logs(kappa, x, n)) + out * (kappa * sin(x))),
)
vonmises_velocity.jvp(**_VONMISES)
vonmises_velocity.vjp(**_VONMISES)


@vonmises_velocity.samples
def _(rng):
    yield Sample(rng.uniform(0.5, 4, (2, 3)), rng.uniform(-3, 3, (2, 3)), complex=False)
    yield Sample(rng.uniform(20, 40, (3,)), rng.uniform(-0.3, 0.3, (3,)), complex=False)
    yield Sample(rng.uniform(0.5, 4, (3,)), rng.uniform(-3, 3, (3,)), n=2, complex=False)
