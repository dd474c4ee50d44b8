"""Sums, products, quotients, roots, absolute values, extrema, remainders.

`x + x` stands for `2 * x` in the rules: exact, and half the price. The rules of a quotient divide twice
rather than by a square, which would overflow first.
"""

from __future__ import annotations

import numpy as np

from ..core.elementwise import elementwise, flat
from ..core.primitive import primitive
from ..core.samples import Edge, Sample
from ..core.trace import Box
from .comparison import STEPS, floor_divide, isinf, isnan, logical_or, rint
from .complex import conjugate, real
from .select import masked, where

INF = float("inf")

add = elementwise(
    np.add,
    jvp=dict(x=lambda dx: dx, y=lambda dy: dy),
    vjp=dict(x=lambda g: g, y=lambda g: g),
)
subtract = elementwise(
    np.subtract,
    jvp=dict(x=lambda dx: dx, y=lambda dy: -dy),
    vjp=dict(x=lambda g: g, y=lambda g: -g),
)
multiply = elementwise(
    np.multiply,
    jvp=dict(x=lambda dx, y: dx * y, y=lambda dy, x: x * dy),
    vjp=dict(x=lambda g, y: g * y, y=lambda g, x: g * x),
)
divide = elementwise(
    np.divide,
    jvp=dict(x=lambda dx, y: dx / y, y=lambda dy, y, out: -(dy / y) * out),
    vjp=dict(x=lambda g, y: g / y, y=lambda g, x, y: -(g / y) * (x / y)),
    domain=dict(x=(-2, 2), y=(0.5, 2)),
)
negative = elementwise(np.negative, jvp=lambda dx: -dx, vjp=lambda g: -g)
positive = elementwise(np.positive, jvp=lambda dx: dx, vjp=lambda g: g)
reciprocal = elementwise(
    np.reciprocal,
    jvp=lambda dx, out: -dx * (out * out),
    vjp=lambda g, x: -(g / x) / x,
    domain=(0.5, 2),
)

# ---- powers with a fixed exponent, and distances ---------------------------------------------------

square = elementwise(np.square, jvp=lambda dx, x: (x + x) * dx, vjp=lambda g, x: (x + x) * g)
sqrt = elementwise(
    np.sqrt,
    jvp=lambda dx, out: dx / (out + out),
    vjp=lambda g, x: g * (0.5 / sqrt(x)),
    domain=(0.1, 3),
    edges=[Edge((0.0,), (INF,))],
)


def _cbrt_slope(r):
    return (1 / 3) / (r * r)


cbrt = elementwise(
    np.cbrt,
    jvp=lambda dx, out: dx * _cbrt_slope(out),
    vjp=lambda g, x: g * _cbrt_slope(cbrt(x)),
    domain=(0.1, 3),
    edges=[Edge((0.0,), (INF,))],
)


def over(x, r):
    """`x / r`, and 0 where r is 0: the direction cosine of a point at the origin."""
    return x / where(r == 0, 1, r)


hypot = elementwise(
    np.hypot,
    jvp=dict(x=lambda dx, x, out: dx * over(x, out), y=lambda dy, y, out: dy * over(y, out)),
    vjp=dict(x=lambda g, x, out: g * over(x, out), y=lambda g, y, out: g * over(y, out)),
    domain=dict(x=(0.3, 2), y=(-2, -0.3)),
    edges=[Edge((0.0, 0.0), (0.0, 0.0)), Edge((2e200, 0.0), (1.0, 0.0))],
)

# ---- absolute value and sign -----------------------------------------------------------------------


def _direction(x):
    """The sign of a real number; z / |z| of a complex one, as a differentiable function; 0 at 0."""
    return over(x, absolute(x)) if x.dtype.kind == "c" else _sign(x)


def _along(dx, x):
    """Re(conj(dx) z / |z|): by how much |z| grows."""
    return real(dx * conjugate(_direction(x))) if x.dtype.kind == "c" else dx * _sign(x)


_sign = flat(np.sign, STEPS, args=("x",), doc="-1, 0 or 1; of a complex number z / |z|, which is not flat.")


def sign(x, /):
    if isinstance(x, Box) and x.dtype.kind == "c":
        # Infinities have a direction in NumPy, and zero is one with a plus; z / |z| has neither.
        apart = logical_or(isinf(x), x == 0)
        return where(apart, _sign(x), _direction(where(apart, 1.0, x)))
    return _sign(x)


sign.__doc__ = _sign.__doc__
sign.primitive = _sign.primitive
sign.primitive.face = sign

absolute = elementwise(
    np.absolute,
    jvp=lambda dx, x: _along(dx, x),
    vjp=lambda g, x: g * (conjugate(_direction(x)) if x.dtype.kind == "c" else _sign(x)),
    domain=(0.2, 2),
    edges=[Edge((0.0,), (0.0,)), Edge((-0.0,), (0.0,)), Edge((-3.0,), (-1.0,))],
    holomorphic=False,
)
fabs = elementwise(
    np.fabs,
    jvp=lambda dx, x: dx * _sign(x),
    vjp=lambda g, x: g * _sign(x),
    domain=(-2, -0.2),
    edges=[Edge((0.0,), (0.0,)), Edge((3.0,), (1.0,))],
)


@primitive(flat_args="y")
def copysign(x, y):
    """|x| with the sign of y, that of -0.0 included."""
    return np.copysign(x, y)


copysign.primitive.elementwise = True
copysign.primitive.edges = (Edge((0.0, -1.0), (0.0,)), Edge((2.0, -0.0), (-1.0,)))
copysign.jvp(x=lambda dx, x, out: dx * (_sign(x) * _sign(out)))
copysign.vjp(x=lambda g, x, y: g * (_sign(x) * copysign(1.0, y)))


@copysign.samples
def _(rng):
    yield Sample(rng.uniform(0.3, 2, size=(2, 3)), rng.normal(size=(3,)))
    yield Sample(rng.uniform(-2, -0.3, size=()), rng.normal(size=(2, 1)))


# ---- extrema: ties are shared equally ---------------------------------------------------------------


def _share(g, wins, draws):
    """`g` where won, half of it where drawn."""
    if type(wins) is np.ndarray and not (wins != draws).any():
        return masked(g, wins)
    return 0.5 * (masked(g, wins) + masked(g, draws))


_TIE = (Edge((1.0, 1.0), (0.5, 0.5)), Edge((2.0, 1.0), (1.0, 0.0)), Edge((1.0, 2.0), (0.0, 1.0)))
_TIE_LOW = (Edge((1.0, 1.0), (0.5, 0.5)), Edge((2.0, 1.0), (0.0, 1.0)), Edge((1.0, 2.0), (1.0, 0.0)))
_MAX = dict(x=lambda g, x, y: _share(g, x > y, x >= y), y=lambda g, x, y: _share(g, y > x, y >= x))
_MIN = dict(x=lambda g, x, y: _share(g, x < y, x <= y), y=lambda g, x, y: _share(g, y < x, y <= x))
maximum = elementwise(np.maximum, jvp=_MAX, vjp=_MAX, edges=_TIE)
minimum = elementwise(np.minimum, jvp=_MIN, vjp=_MIN, edges=_TIE_LOW)

# fmax and fmin take a NaN for a missing number: the other operand wins.
_FMAX = dict(
    x=lambda g, x, y: _share(g, logical_or(x > y, isnan(y)), logical_or(x >= y, isnan(y))),
    y=lambda g, x, y: _share(g, logical_or(y > x, isnan(x)), logical_or(y >= x, isnan(x))),
)
_FMIN = dict(
    x=lambda g, x, y: _share(g, logical_or(x < y, isnan(y)), logical_or(x <= y, isnan(y))),
    y=lambda g, x, y: _share(g, logical_or(y < x, isnan(x)), logical_or(y <= x, isnan(x))),
)
fmax = elementwise(np.fmax, jvp=_FMAX, vjp=_FMAX, edges=(*_TIE, Edge((1.0, np.nan), (1.0, 0.0))))
fmin = elementwise(np.fmin, jvp=_FMIN, vjp=_FMIN, edges=(*_TIE_LOW, Edge((np.nan, 1.0), (0.0, 1.0))))

# ---- remainders: x minus a whole number of y's -------------------------------------------------------


def _whole(x, y, out):
    """How many y's the remainder `out` has left out; the difference is a multiple of y up to rounding."""
    return rint((x - out) / y)


remainder = elementwise(
    np.remainder,
    jvp=dict(x=lambda dx: dx, y=lambda dy, x, y: -dy * floor_divide(x, y)),
    vjp=dict(x=lambda g: g, y=lambda g, x, y, out: -g * _whole(x, y, out)),
    domain=dict(x=(4.1, 4.9), y=(-1.33, -1.25)),
    edges=[Edge((5.5, 2.0), (1.0, -2.0)), Edge((-5.5, 2.0), (1.0, 3.0))],
)
fmod = elementwise(
    np.fmod,
    jvp=dict(x=lambda dx: dx, y=lambda dy, x, y: -dy * _sign(x) * _sign(y) * floor_divide(fabs(x), fabs(y))),
    vjp=dict(x=lambda g: g, y=lambda g, x, y, out: -g * _whole(x, y, out)),
    domain=dict(x=(-4.9, -4.1), y=(1.25, 1.33)),
    edges=[Edge((5.5, 2.0), (1.0, -2.0)), Edge((-5.5, 2.0), (1.0, 2.0))],
)


@primitive(multi=True)
def divmod(x, y):
    """The quotient rounded down, which is flat, and the remainder."""
    return np.divmod(x, y)


divmod.primitive.elementwise = True
divmod.jvp(x=lambda dx: (None, dx), y=lambda dy, out: (None, -dy * out[0]))
divmod.vjp(
    x=lambda g: g[1],
    y=lambda g, x, y: None if g[1] is None else -g[1] * floor_divide(x, y),
)


@divmod.samples
def _(rng):
    yield Sample(rng.uniform(4.1, 4.9, size=(2, 3)), rng.uniform(1.25, 1.33, size=(3,)), complex=False)
    yield Sample(rng.uniform(-4.9, -4.1, size=()), rng.uniform(1.25, 1.33, size=(2, 1)), complex=False)
