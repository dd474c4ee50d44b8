"""Special functions, by SciPy's names: errors, gamma, Bessel, entropies, log-sum-exp and softmax.

SciPy is imported at the first call of one of its functions. Families that are closed under the derivative
carry their order as a parameter (polygamma, bessel_i), so all orders of derivative are exact.
"""

from __future__ import annotations

import math

import numpy as np

from ..core.elementwise import elementwise
from ..core.errors import NotDifferentiable, at_user_line
from ..core.primitive import primitive
from ..core.samples import Edge, Sample
from .arithmetic import INF, sign
from .comparison import logical_and
from .elementary import exp, expit, expm1, lazy_ufunc, log, log1p
from .select import masked, where

ROOT_PI = math.sqrt(math.pi)

# ---- the logistic function's family ------------------------------------------------------------------

logit = elementwise(
    lazy_ufunc("logit"),
    jvp=lambda dx, x: dx / (x * (1 - x)),
    vjp=lambda g, x: g / x + g / (1 - x),
    doc="log(x / (1 - x)), the inverse of expit.",
    domain=(0.1, 0.9),
    edges=[Edge((0.0,), (INF,)), Edge((1.0,), (INF,))],
)
log_expit = elementwise(
    lazy_ufunc("log_expit"),
    jvp=lambda dx, x: dx * expit(-x),
    vjp=lambda g, out: -g * expm1(out),
    doc="log(expit(x)), exact in both tails.",
    domain=(-4, 4),
    edges=[Edge((-1000.0,), (1.0,))],
)
softplus = elementwise(
    lambda x: np.logaddexp(0, x),
    jvp=lambda dx, x: dx * expit(x),
    vjp=lambda g, out: -g * expm1(-out),
    name="softplus",
    doc="log(1 + exp(x)), without overflow.",
    domain=(-4, 4),
    edges=[Edge((1000.0,), (1.0,))],
)
relu = elementwise(
    lambda x: np.maximum(x, 0),
    jvp=lambda dx, x: masked(dx, x > 0),
    vjp=lambda g, out: masked(g, out > 0),
    name="relu",
    doc="The positive part of x.",
    domain=(-2, 2),
    edges=[Edge((0.0,), (0.0,)), Edge((-0.0,), (0.0,)), Edge((1.0,), (1.0,)), Edge((-INF,), (0.0,))],
)

# ---- error functions and the normal distribution ------------------------------------------------------


def _bell(x):
    return (2 / ROOT_PI) * exp(-x * x)


erf = elementwise(
    lazy_ufunc("erf"),
    jvp=lambda dx, x: dx * _bell(x),
    vjp=lambda g, x: g * _bell(x),
    doc="The error function.",
)
erfc = elementwise(
    lazy_ufunc("erfc"),
    jvp=lambda dx, x: -dx * _bell(x),
    vjp=lambda g, x: -g * _bell(x),
    doc="1 - erf(x), exact in the right tail.",
)
erfcx = elementwise(
    lazy_ufunc("erfcx"),
    jvp=lambda dx, x, out: dx * (2 * x * out - 2 / ROOT_PI),
    vjp=lambda g, x, out: g * (2 * (x * out - 1 / ROOT_PI)),
    doc="exp(x²) erfc(x), which does not underflow.",
)
erfinv = elementwise(
    lazy_ufunc("erfinv"),
    jvp=lambda dx, out: dx * ((ROOT_PI / 2) * exp(out * out)),
    vjp=lambda g, x: g / _bell(erfinv(x)),
    doc="The inverse of erf.",
    domain=(-0.9, 0.9),
    edges=[Edge((1.0,), (INF,)), Edge((-1.0,), (INF,))],
)
erfcinv = elementwise(
    lazy_ufunc("erfcinv"),
    jvp=lambda dx, out: dx * ((-ROOT_PI / 2) * exp(out * out)),
    vjp=lambda g, x: -g / _bell(erfcinv(x)),
    doc="The inverse of erfc.",
    domain=(0.1, 1.9),
    edges=[Edge((0.0,), (-INF,)), Edge((2.0,), (-INF,))],
)


def _density(x):
    return (1 / math.sqrt(2 * math.pi)) * exp(-0.5 * (x * x))


def _hazard(x):
    """The density of the normal distribution over its distribution function, exact in the left tail."""
    return math.sqrt(2 / math.pi) / erfcx(x * -math.sqrt(0.5))


ndtr = elementwise(
    lazy_ufunc("ndtr"),
    jvp=lambda dx, x: dx * _density(x),
    vjp=lambda g, x: g * _density(x),
    doc="The distribution function of the normal distribution.",
)
log_ndtr = elementwise(
    lazy_ufunc("log_ndtr"),
    jvp=lambda dx, x: dx * _hazard(x),
    vjp=lambda g, x: g * _hazard(x),
    doc="log(ndtr(x)), exact in the left tail.",
)

# ---- gamma and beta ----------------------------------------------------------------------------------

gammaln = elementwise(
    lazy_ufunc("gammaln"),
    jvp=lambda dx, x: dx * digamma(x),
    vjp=lambda g, x: g * digamma(x),
    doc="The logarithm of |Γ(x)|.",
    domain=(0.3, 4),
)
gamma = elementwise(
    lazy_ufunc("gamma"),
    jvp=lambda dx, x, out: dx * (out * digamma(x)),
    vjp=lambda g, x, out: g * (out * digamma(x)),
    doc="Γ(x), the factorial of x - 1.",
    domain=(0.3, 4),
)
digamma = elementwise(
    lazy_ufunc("psi"),
    jvp=lambda dx, x: dx * polygamma(x, n=1),
    vjp=lambda g, x: g * polygamma(x, n=1),
    doc="The derivative of gammaln (SciPy's ufunc is named psi, as is this primitive).",
    domain=(0.3, 4),
)
psi = digamma


@digamma.samples
def _(rng):
    # SciPy's psi takes complex numbers, its polygamma does not.
    yield Sample(rng.uniform(0.3, 4, size=(2, 3)), complex=False)
    yield Sample(rng.uniform(-0.8, -0.2, size=()), complex=False)


def _in_dtype(values, x):
    """Values in the floating-point type of `x`."""
    return np.asarray(values, x.dtype if x.dtype.kind in "fc" else float)[()]


_polygamma = lazy_ufunc("polygamma")


@primitive
def polygamma(x, *, n=1):
    """The n-th derivative of digamma. (SciPy's order of arguments is `polygamma(n, x)`.)"""
    x = np.asarray(x)
    if x.dtype.kind == "c":
        raise NotDifferentiable(
            f"gamma, psi and polygamma have rules for real arguments alone{at_user_line()}, not for complex ones"
        )
    return _in_dtype(_polygamma(n, x), x)


polygamma.primitive.elementwise = True
polygamma.jvp(lambda dx, x, n: dx * polygamma(x, n=n + 1))
polygamma.vjp(lambda g, x, n: g * polygamma(x, n=n + 1))


@polygamma.samples
def _(rng):
    yield Sample(rng.uniform(0.5, 4, size=(2, 3)))
    yield Sample(rng.uniform(0.5, 4, size=(3,)), n=2)
    yield Sample(rng.uniform(-0.8, -0.2, size=()), n=0)


_BETALN = dict(
    x=lambda d, x, y: d * (digamma(x) - digamma(x + y)),
    y=lambda d, x, y: d * (digamma(y) - digamma(x + y)),
)
betaln = elementwise(
    lazy_ufunc("betaln"),
    jvp=_BETALN,
    vjp=_BETALN,
    doc="The logarithm of |B(x, y)|.",
    domain=(0.3, 3),
)
_BETA = dict(
    x=lambda d, x, y, out: d * (out * (digamma(x) - digamma(x + y))),
    y=lambda d, x, y, out: d * (out * (digamma(y) - digamma(x + y))),
)
beta = elementwise(
    lazy_ufunc("beta"),
    jvp=_BETA,
    vjp=_BETA,
    doc="B(x, y) = Γ(x) Γ(y) / Γ(x + y).",
    domain=(0.3, 3),
)

# ---- x log y ------------------------------------------------------------------------------------------


def _quotient(x, y):
    """x / y, and 0 for 0 / 0."""
    return x / where(logical_and(x == 0, y == 0), 1, y)


xlogy = elementwise(
    lazy_ufunc("xlogy"),
    jvp=dict(x=lambda dx, y: dx * log(y), y=lambda dy, x, y: dy * _quotient(x, y)),
    vjp=dict(x=lambda g, y: g * log(y), y=lambda g, x, y: g * _quotient(x, y)),
    doc="x log(y), and 0 where x is 0.",
    domain=dict(x=(-2, 2), y=(0.3, 3)),
    edges=[Edge((0.0, 0.0), (-INF, 0.0)), Edge((2.0, 0.0), (-INF, INF)), Edge((0.0, 1.0), (0.0, 0.0))],
)
xlog1py = elementwise(
    lazy_ufunc("xlog1py"),
    jvp=dict(x=lambda dx, y: dx * log1p(y), y=lambda dy, x, y: dy * _quotient(x, 1 + y)),
    vjp=dict(x=lambda g, y: g * log1p(y), y=lambda g, x, y: g * _quotient(x, 1 + y)),
    doc="x log(1 + y), and 0 where x is 0.",
    domain=dict(x=(-2, 2), y=(-0.7, 2)),
    edges=[Edge((0.0, -1.0), (-INF, 0.0)), Edge((0.0, 0.0), (0.0, 0.0))],
)
entr = elementwise(
    lazy_ufunc("entr"),
    jvp=lambda dx, x: -dx * (log(x) + 1),
    vjp=lambda g, x: -g * (1 + log(x)),
    doc="-x log(x), and 0 at 0: an entropy's summand.",
    domain=(0.2, 2),
    edges=[Edge((0.0,), (INF,)), Edge((1.0,), (-1.0,))],
)

# ---- modified Bessel functions --------------------------------------------------------------------------

_iv, _ive = lazy_ufunc("iv"), lazy_ufunc("ive")


@primitive
def bessel_i(x, *, n=0):
    """The modified Bessel function of the first kind and whole order n."""
    x = np.asarray(x)
    return _in_dtype(_iv(n, x), x)


@primitive
def bessel_ie(x, *, n=0):
    """exp(-|x|) times the modified Bessel function of the first kind and whole order n."""
    x = np.asarray(x)
    if x.dtype.kind == "c":
        raise TypeError("bessel_ie takes real arguments")
    return _in_dtype(_ive(n, x), x)


def _neighbours(bessel, x, n):
    """Half the sum of the orders beside n; order -1 is order 1."""
    return 0.5 * (bessel(x, n=abs(n - 1)) + bessel(x, n=n + 1))


bessel_i.primitive.elementwise = bessel_ie.primitive.elementwise = True
bessel_i.jvp(lambda dx, x, n: dx * _neighbours(bessel_i, x, n))
bessel_i.vjp(lambda g, x, n: g * _neighbours(bessel_i, x, n))
bessel_ie.jvp(lambda dx, x, n, out: dx * (_neighbours(bessel_ie, x, n) - sign(x) * out))
bessel_ie.vjp(lambda g, x, n, out: g * (_neighbours(bessel_ie, x, n) - sign(x) * out))


@bessel_i.samples
@bessel_ie.samples
def _bessel_samples(rng):
    yield Sample(rng.uniform(0.3, 3, size=(2, 3)))
    yield Sample(rng.uniform(-3, -0.3, size=(3,)), n=1)
    yield Sample(rng.uniform(0.3, 3, size=()), n=2)


i0 = elementwise(
    lazy_ufunc("i0"),
    jvp=lambda dx, x: dx * bessel_i(x, n=1),
    vjp=lambda g, x: g * i1(x),
    doc="The modified Bessel function of order 0.",
)
i1 = elementwise(
    lazy_ufunc("i1"),
    jvp=lambda dx, x: dx * _neighbours(bessel_i, x, 1),
    vjp=lambda g, x: g * _neighbours(bessel_i, x, 1),
    doc="The modified Bessel function of order 1.",
    edges=[Edge((0.0,), (0.5,))],
)
i0e = elementwise(
    lazy_ufunc("i0e"),
    jvp=lambda dx, x, out: dx * (bessel_ie(x, n=1) - sign(x) * out),
    vjp=lambda g, x, out: g * (i1e(x) - sign(x) * out),
    doc="exp(-|x|) i0(x).",
    domain=(0.2, 3),
    edges=[Edge((0.0,), (0.0,))],
)
i1e = elementwise(
    lazy_ufunc("i1e"),
    jvp=lambda dx, x, out: dx * (_neighbours(bessel_ie, x, 1) - sign(x) * out),
    vjp=lambda g, x, out: g * (_neighbours(bessel_ie, x, 1) - sign(x) * out),
    doc="exp(-|x|) i1(x).",
    domain=(0.2, 3),
    edges=[Edge((0.0,), (0.5,))],
)
