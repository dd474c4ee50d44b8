"""Between the complex numbers and the reals: the operations that are not holomorphic.

The convention is the transpose under Re Σ a·b, without conjugates: the pullback g of a real part is g + 0j,
that of an imaginary part is -1j g, for Im z = Re(-1j z). The cotangent of a real argument is made real on its
way home. (`g * -1j`, not `-1j * g`: Python's complex times a NumPy scalar is no NumPy scalar.)
"""

from __future__ import annotations

import math

import numpy as np

from ..core.elementwise import elementwise
from ..core.primitive import primitive
from ..core.samples import Sample

real = elementwise(
    np.real,
    jvp=lambda dx: real(dx),
    vjp=lambda g: g,
    doc="The real part.",
    holomorphic=False,
)
imag = elementwise(
    np.imag,
    jvp=lambda dx: imag(dx),
    vjp=lambda g: g * -1j,
    doc="The imaginary part; of a real array, zeros.",
    holomorphic=False,
)
conjugate = elementwise(
    np.conjugate,
    jvp=lambda dx: conjugate(dx),
    vjp=lambda g: conjugate(g),
    doc="The complex conjugate.",
    holomorphic=False,
)


@primitive
def angle(x, *, deg=False):
    """The argument of a complex number, in radians, or in degrees."""
    return np.angle(x, deg=deg)


def _unit(a, deg):
    return a * (180 / math.pi) if deg else a


# d arg z = Im(dz / z); of a real number the argument is 0 or π.
angle.jvp(lambda dx, x, deg: _unit(imag(dx / x), deg))
angle.vjp(lambda g, x, deg: _unit(g * -1j / x, deg) if x.dtype.kind == "c" else g * 0)
angle.primitive.elementwise = True
angle.primitive.holomorphic = False


@angle.samples
def _(rng):
    z = rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3))
    yield Sample(z)
    yield Sample(z[0], deg=True)
    yield Sample(rng.uniform(0.5, 2, size=(3,)), complex=False)


def _build(re, im):
    re, im = np.asarray(re), np.asarray(im)
    if re.dtype.kind == "c" or im.dtype.kind == "c":
        raise TypeError("complex_(re, im) takes two real arrays; for complex ones write re + 1j * im")
    out = np.empty(np.broadcast_shapes(re.shape, im.shape), np.result_type(re, im, np.complex64))
    out.real, out.imag = re, im
    return out


complex_ = elementwise(
    _build,
    jvp=dict(x=lambda dx: dx + 0j, y=lambda dy: dy * 1j),
    vjp=dict(x=lambda g: real(g), y=lambda g: -imag(g)),
    name="complex_",
    doc="The complex number re + i im; infinities and NaN stay in their part.",
    holomorphic=False,
)
