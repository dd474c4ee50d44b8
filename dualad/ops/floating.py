"""Pieces of a floating-point number, steps of it, and its missing values."""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Edge, Sample
from .arithmetic import INF
from .comparison import isfinite
from .complex import complex_, imag, real
from .select import masked


@primitive(linear="x", flat_args="y")
def ldexp(x, y):
    """x times 2**y, for whole y."""
    return np.ldexp(x, y)


ldexp.primitive.elementwise = True
ldexp.vjp(x=lambda g, y: ldexp(g, y))


@ldexp.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)), rng.integers(-3, 4, size=(3,)), complex=False)
    yield Sample(rng.normal(size=()), rng.integers(-3, 4, size=(2, 1)), complex=False)


@primitive(multi=True)
def frexp(x):
    """The mantissa in [0.5, 1) and the whole exponent e, such that x = mantissa * 2**e."""
    return np.frexp(x)


frexp.primitive.elementwise = True
frexp.jvp(lambda dx, out: (ldexp(dx, -out[1]), None))
frexp.vjp(lambda g, out: ldexp(g[0], -out[1]))


@primitive(multi=True)
def modf(x):
    """The fractional part, and the whole part, which is flat; both have the sign of x."""
    return np.modf(x)


modf.primitive.elementwise = True
modf.jvp(lambda dx: (dx, None))
modf.vjp(lambda g: g[0])


@frexp.samples
@modf.samples
def _pieces_samples(rng):
    yield Sample(rng.uniform(2.1, 2.9, size=(2, 3)), complex=False)
    yield Sample(rng.uniform(-3.9, -3.1, size=()), complex=False)


@primitive(flat_args="y")
def nextafter(x, y):
    """The next number after x on the way to y."""
    return np.nextafter(x, y)


nextafter.primitive.elementwise = True
nextafter.jvp(x=lambda dx: dx)
nextafter.vjp(x=lambda g: g)


@nextafter.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(3,)), complex=False)
    yield Sample(rng.normal(size=()), rng.normal(size=(2, 1)), complex=False)


@primitive(flat_args="x")
def heaviside(x, y):
    """0 for negative x, 1 for positive x, and y where x is 0. The step itself has derivative 0."""
    return np.heaviside(x, y)


heaviside.primitive.elementwise = True
heaviside.jvp(y=lambda dy, x: masked(dy, x == 0))
heaviside.vjp(y=lambda g, x: masked(g, x == 0))


@heaviside.samples
def _(rng):
    yield Sample(np.array([-1.0, 0.0, 2.0]), rng.normal(size=(2, 3)), complex=False)
    yield Sample(np.zeros((2, 1)), rng.normal(size=()), complex=False)


@primitive
def nan_to_num(x, *, nan=0.0, posinf=None, neginf=None):
    """NaN and infinities replaced by numbers; None for the largest finite one."""
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def _where_finite(d, x):
    """`d`, where `x` was kept; of a complex number each part by itself."""
    if x.dtype.kind != "c":
        return masked(d, isfinite(x))
    return complex_(masked(real(d), isfinite(real(x))), masked(imag(d), isfinite(imag(x))))


nan_to_num.primitive.elementwise = True
nan_to_num.primitive.holomorphic = False
nan_to_num.primitive.edges = (Edge((np.nan,), (0.0,)), Edge((INF,), (0.0,)), Edge((1.0,), (1.0,)))
nan_to_num.jvp(lambda dx, x: _where_finite(dx, x))
nan_to_num.vjp(lambda g, x: _where_finite(g, x))


@nan_to_num.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)))
    yield Sample(np.array([1.0, np.nan, np.inf, -np.inf]), nan=2.0, posinf=3.0, neginf=-3.0, smooth=False)
    yield Sample(np.array([np.nan, np.inf, -np.inf]), smooth=False)
