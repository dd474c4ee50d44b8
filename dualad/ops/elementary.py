"""Exponentials, logarithms, powers, circular and hyperbolic functions, the pieces of a floating-point number.

The tails are the reason for the form of many rules: `(1 - x) * (1 + x)` is exact near ±1 where `1 - x * x`
cancels, and a derivative that may be infinite starts from the input in both engines.
"""

from __future__ import annotations

import functools
import importlib
import math

import numpy as np

from ..core.elementwise import elementwise
from ..core.primitive import primitive
from ..core.samples import Edge, Sample
from ..core.space import space_of
from .arithmetic import INF, hypot, maximum, minimum, over, sqrt, square
from .comparison import logical_and
from .select import where

LN2, LN10 = math.log(2), math.log(10)

# ---- exponentials and logarithms --------------------------------------------------------------------

exp = elementwise(np.exp, jvp=lambda dx, out: dx * out, vjp=lambda g, out: g * out)
exp2 = elementwise(
    np.exp2, jvp=lambda dx, out: dx * (out * LN2), vjp=lambda g, out: g * (out * LN2), doc="2 to the power x."
)
expm1 = elementwise(
    np.expm1,
    jvp=lambda dx, x: dx * exp(x),
    vjp=lambda g, out: g * (out + 1),
    doc="exp(x) - 1, exact near 0.",
)
log = elementwise(np.log, jvp=lambda dx, x: dx / x, vjp=lambda g, x: g / x, domain=(0.2, 3))
log2 = elementwise(
    np.log2, jvp=lambda dx, x: dx / (x * LN2), vjp=lambda g, x: g * (1 / LN2) / x, domain=(0.2, 3)
)
log10 = elementwise(
    np.log10, jvp=lambda dx, x: dx / (x * LN10), vjp=lambda g, x: g * (1 / LN10) / x, domain=(0.2, 3)
)
log1p = elementwise(
    np.log1p,
    jvp=lambda dx, x: dx / (1 + x),
    vjp=lambda g, x: g / (1 + x),
    domain=(-0.8, 3),
    doc="log(1 + x), exact near 0.",
)


def _weights(ex):
    """The rules of log(e^x + e^y): each argument's share of the sum, from the difference to the result."""
    return dict(
        x=lambda d, x, out: d * ex(below(x, out)),
        y=lambda d, y, out: d * ex(below(y, out)),
    )


def below(x, out):
    """`x - out`, the logarithm of a share: -inf for x = -inf, even where the sum is nothing."""
    return x - where(out == -INF, 0, out)


logaddexp = elementwise(
    np.logaddexp,
    jvp=_weights(lambda d: exp(d)),
    vjp=_weights(lambda d: exp(d)),
    doc="log(exp(x) + exp(y)), without overflow.",
    edges=[Edge((-INF, -INF), (0.0, 0.0)), Edge((-INF, 1.0), (0.0, 1.0))],
)
logaddexp2 = elementwise(
    np.logaddexp2,
    jvp=_weights(lambda d: exp2(d)),
    vjp=_weights(lambda d: exp2(d)),
    doc="log2(2**x + 2**y), without overflow.",
    edges=[Edge((-INF, -INF), (0.0, 0.0)), Edge((-INF, 1.0), (0.0, 1.0)), Edge((4.0, 4.0), (0.5, 0.5))],
)

# ---- powers -----------------------------------------------------------------------------------------


def _number(y, x):
    """`y` as a Python number where it is a single number that leaves the dtype of `x` alone, else None."""
    kind = type(y)
    if kind is int or kind is float:
        return y
    if kind is np.float64 or kind is np.ndarray and not y.ndim:
        return y.item() if y.dtype is x.dtype else None
    return None


def _power(x, y):
    """`x ** y`; a square is far cheaper than a general power."""
    if type(x) is np.ndarray and x.dtype.kind in "fc" and _number(y, x) == 2:
        return np.square(x)
    return np.power(x, y)


def _base_slope(power, x, y):
    """y x**(y - 1). At x = 0 with y = 0 it is 0, as everywhere on the constant x**0."""
    k = _number(y, x)
    if k is not None:
        return x + x if k == 2 else k * power(x, k - 1) if k else 0.0
    # 1.0, for an unsigned y of 0 has no y - 1
    return y * power(where(logical_and(x == 0, y == 0), 1, x), y - 1.0)


def _exponent_slope(x, out):
    """x**y log x; 0 for the base 0."""
    k = _number(x, out)
    if k is not None and k > 0:
        return math.log(k) * out
    zero = x == 0
    base = where(zero, 1, x)
    return where(zero, 0, out * log(base + 0j if space_of(out).dtype.kind == "c" else base))


def _power_rules(power):
    return dict(
        jvp=dict(
            x=lambda dx, x, y: dx * _base_slope(power, x, y),
            y=lambda dy, x, out: dy * _exponent_slope(x, out),
        ),
        vjp=dict(
            x=lambda g, x, y: g * _base_slope(power, x, y),
            y=lambda g, x, out: g * _exponent_slope(x, out),
        ),
        domain=dict(x=(0.2, 2), y=(-2.0, 2.5)),
        edges=[
            Edge((0.0, 0.0), (0.0, 0.0)),
            Edge((0.0, 1.0), (1.0, 0.0)),
            Edge((0.0, 2.0), (0.0, 0.0)),
            Edge((0.0, 0.5), (INF, 0.0)),
            Edge((3.0, 0.0), (0.0, None)),
            Edge((-2.0, 3.0), (12.0, None)),
            Edge((-2.0, -1.0), (-0.25, None)),
        ],
    )


power = elementwise(
    _power,
    **_power_rules(lambda x, y: power(x, y)),
    name="power",
    doc="x to the power y; a negative base takes exponents of whole value.",
)
float_power = elementwise(
    np.float_power,
    **_power_rules(lambda x, y: float_power(x, y)),
    doc="x to the power y, in float64 or complex128, so that whole numbers may have negative exponents.",
)

# ---- circular functions -----------------------------------------------------------------------------

sin = elementwise(np.sin, jvp=lambda dx, x: dx * cos(x), vjp=lambda g, x: g * cos(x))
cos = elementwise(np.cos, jvp=lambda dx, x: dx * -sin(x), vjp=lambda g, x: g * -sin(x))
tan = elementwise(
    np.tan,
    jvp=lambda dx, x: dx * (1 / cos(x)) ** 2,
    vjp=lambda g, out: g * (1 + out * out),
    domain=(-1.3, 1.3),
)


def _chord(x):
    """sqrt(1 - x²), exact near ±1."""
    if (
        space_of(x).dtype.kind == "c"
    ):  # on a cut, -(x - 1) has the sign of zero that tells the side, 1 - x has not
        return sqrt(-(x - 1) * (1 + x))
    return sqrt((1 - x) * (1 + x))


arcsin = elementwise(
    np.arcsin,
    jvp=lambda dx, x: dx / _chord(x),
    vjp=lambda g, x: g / _chord(x),
    domain=(-0.9, 0.9),
    edges=[Edge((1.0,), (INF,)), Edge((-1.0,), (INF,))],
)
arccos = elementwise(
    np.arccos,
    jvp=lambda dx, x: -dx / _chord(x),
    vjp=lambda g, x: -g / _chord(x),
    domain=(-0.9, 0.9),
    edges=[Edge((1.0,), (-INF,)), Edge((-1.0,), (-INF,))],
)
arctan = elementwise(
    np.arctan, jvp=lambda dx, x: dx / (1 + x * x), vjp=lambda g, x: g / (1 + x * x), domain=(-3, 3)
)


def _over_square(y, x):
    """y / (x² + y²), without overflow; 0 at the origin."""
    r = hypot(x, y)
    return over(over(y, r), r)


def _inverse(r):
    return (r != 0) / where(r == 0, 1, r)


arctan2 = elementwise(
    np.arctan2,
    jvp=dict(
        x=lambda dx, x, y, out: dx * cos(out) * _inverse(hypot(x, y)),
        y=lambda dy, x, y, out: -dy * sin(out) * _inverse(hypot(x, y)),
    ),
    vjp=dict(x=lambda g, x, y: g * _over_square(y, x), y=lambda g, x, y: -g * _over_square(x, y)),
    doc="The angle of the point with ordinate x and abscissa y, in (-π, π].",
    domain=dict(x=(0.2, 2), y=(-2, 2)),
    edges=[Edge((0.0, 0.0), (0.0, 0.0)), Edge((0.0, 2.0), (0.5, 0.0)), Edge((2.0, 0.0), (None, -0.5))],
)


def _scaled(f, factor):
    return elementwise(f, jvp=lambda dx: dx * factor, vjp=lambda g: g * factor)


deg2rad, radians = _scaled(np.deg2rad, math.pi / 180), _scaled(np.radians, math.pi / 180)
rad2deg, degrees = _scaled(np.rad2deg, 180 / math.pi), _scaled(np.degrees, 180 / math.pi)

# ---- sinc, and all its derivatives ------------------------------------------------------------------


@primitive
def sinc_derivative(x, *, n=1):
    """The n-th derivative of sinc: π**n times that of sin(t)/t at t = πx."""
    x = np.asarray(x)
    t = math.pi * (x if x.dtype.kind in "fc" else x.astype(float))
    near = abs(t) < n + 1.5
    s = _sinc_near(np.where(near, t, 0), n)
    f = _sinc_far(np.where(near, n + 1.5, t), n)
    return np.asarray(math.pi**n * np.where(near, s, f), t.dtype)


def _sinc_near(t, n):
    """The power series of d^n/dt^n (sin t / t), nested: Σ (-1)^k t^(2k-n) / ((2k+1) (2k-n)!)."""
    first = n + n % 2  # 2k of the first term
    last = first + 24 + 4 * n
    total = np.zeros_like(t)
    for m in range(last, first, -2):
        total = -(t * t) / ((m - n) * (m - n - 1)) * (1 / (m + 1) + total)
    total = total + 1 / (first + 1)
    return (-1) ** (first // 2) * (total * t if n % 2 else total)


def _sinc_far(t, n):
    """By t f_n = sin(t + nπ/2) - n f_(n-1), which is stable for |t| > n."""
    around = (np.sin(t), np.cos(t), -np.sin(t), -np.cos(t))
    f = around[0] / t
    for k in range(1, n + 1):
        f = (around[k % 4] - k * f) / t
    return f


sinc_derivative.primitive.elementwise = True
sinc_derivative.jvp(lambda dx, x, n: dx * sinc_derivative(x, n=n + 1))
sinc_derivative.vjp(lambda g, x, n: g * sinc_derivative(x, n=n + 1))


@sinc_derivative.samples
def _(rng):
    yield Sample(rng.uniform(-2, 2, size=(2, 3)))
    yield Sample(rng.uniform(-0.1, 0.1, size=(3,)), n=2)
    yield Sample(np.zeros(2), n=2)
    yield Sample(rng.uniform(-3, 3, size=()), n=3)


sinc = elementwise(
    np.sinc,
    jvp=lambda dx, x: dx * sinc_derivative(x, n=1),
    vjp=lambda g, x: g * sinc_derivative(x, n=1),
    doc="sin(πx) / (πx), and 1 at 0.",
    edges=[Edge((0.0,), (0.0,)), Edge((1.0,), (-1.0,))],
)

# ---- hyperbolic functions ---------------------------------------------------------------------------


def lazy_ufunc(name: str):
    """`scipy.special.<name>`, imported at the first call: importing dualad does not pay for it."""
    ufunc = None

    def call(*args):
        nonlocal ufunc
        if ufunc is None:
            ufunc = getattr(importlib.import_module("scipy.special"), name)
        return ufunc(*args)

    call.__name__ = call.__qualname__ = name
    return call


expit = elementwise(
    lazy_ufunc("expit"),
    jvp=lambda dx, x: dx * expit(x) * expit(-x),
    vjp=lambda g, out: g * (out * (1 - out)),
    doc="The logistic function, 1 / (1 + exp(-x)).",
    domain=(-4, 4),
)

sinh = elementwise(np.sinh, jvp=lambda dx, x: dx * cosh(x), vjp=lambda g, x: g * cosh(x))
cosh = elementwise(np.cosh, jvp=lambda dx, x: dx * sinh(x), vjp=lambda g, x: g * sinh(x))


@functools.cache
def _bounds(dtype):
    """Between these the square of cosh does not overflow, and beyond them its reciprocal is nothing."""
    c = 0.45 * math.log(np.finfo(dtype).max)
    return np.asarray(-c, dtype), np.asarray(c, dtype)


_WITHIN = {c: float(_bounds(np.dtype(c))[1]) ** 2 for c in "fd"}  # what the sum of squares has to stay below


def bounded(x):
    """`x`, kept where cosh² can be computed; complex values as they are."""
    if type(x) is np.ndarray and x.dtype.char in _WITHIN:
        v = x.ravel("K")
        if (
            v.dot(v) < _WITHIN[x.dtype.char]
        ):  # by BLAS, which never warns: then no number is beyond the bounds
            return x
    if x.dtype.kind == "c":
        return x
    low, high = _bounds(x.dtype)
    return minimum(maximum(x, low), high)


tanh = elementwise(
    np.tanh,
    # sech² from x: exact in the tails
    jvp=lambda dx, x: dx / square(cosh(bounded(x))),
    vjp=lambda g, out: g * (1 - out * out),
)
arcsinh = elementwise(
    np.arcsinh, jvp=lambda dx, x: dx / sqrt(x * x + 1), vjp=lambda g, out: g / cosh(out), domain=(-3, 3)
)


def _chord_outside(x):
    """sqrt(x² - 1) on the right branch, exact near 1."""
    return sqrt(x - 1) * sqrt(x + 1)


arccosh = elementwise(
    np.arccosh,
    jvp=lambda dx, x: dx / _chord_outside(x),
    vjp=lambda g, x: g / _chord_outside(x),
    domain=(1.1, 4),
    edges=[Edge((1.0,), (INF,))],
)
arctanh = elementwise(
    np.arctanh,
    jvp=lambda dx, x: dx / ((1 - x) * (1 + x)),
    vjp=lambda g, x: g / (1 - x) / (1 + x),
    domain=(-0.8, 0.8),
    edges=[Edge((1.0,), (INF,)), Edge((-1.0,), (INF,))],
)
