"""Choosing between values: where, clip, and the mask by which cotangents are chosen.

The adjoint of a choice is an exact zero where the value was not taken, even for an infinite or NaN cotangent,
so it is a selection and never a product with zero.
"""

from __future__ import annotations

import numpy as np

from ..core.elementwise import elementwise
from ..core.primitive import primitive
from ..core.samples import Edge, Sample
from ..core.trace import bind
from .comparison import logical_not

ndarray = np.ndarray


def _masked(x, mask):
    """`x` where the mask is True, and an exact zero elsewhere."""
    bits = _BITS.get(getattr(x, "dtype", None))
    if bits is None or getattr(mask, "dtype", None) != _BOOL:
        return np.where(mask, x, np.zeros((), np.asarray(x).dtype))
    return (x.view(bits) * mask).view(x.dtype)


# An integer product with 0 or 1 selects bit by bit, five times faster than np.where.
_BOOL = np.dtype(bool)
_BITS = {np.dtype(f"f{n}"): np.dtype(f"i{n}") for n in (2, 4, 8)}


def masked(x, mask, /):
    if type(x) is ndarray and type(mask) is ndarray:
        return _masked(x, mask)
    return bind(masked.primitive, (x, mask), {})


def _masked_samples(rng):
    yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(2, 3)) > 0)
    yield Sample(rng.normal(size=(3,)), np.array([[True], [False]]))
    yield Sample(rng.normal(size=()), np.array(True))


_made = primitive(_masked, name="masked", linear="x", flat_args="mask")
_made.vjp(x=lambda g, mask: masked(g, mask))
_made.samples(_masked_samples)
masked.__doc__ = _masked.__doc__
masked.primitive = _made.primitive
masked.primitive.face = masked
masked.primitive.elementwise = True


@primitive(linear="x y", flat_args="condition")
def where(condition, x, y):
    """`x` where the condition holds, elsewhere `y`."""
    return np.where(condition, x, y)


where.primitive.elementwise = True
where.vjp(
    x=lambda g, condition: masked(g, condition),
    y=lambda g, condition: masked(g, logical_not(condition)),
)


@where.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)) > 0, rng.normal(size=(2, 3)), rng.normal(size=(2, 3)))
    yield Sample(rng.normal(size=(2, 1)) > 0, rng.normal(size=(3,)), rng.normal(size=()))
    yield Sample(np.array([3, 0, 1]), rng.normal(size=(1,)), rng.normal(size=(2, 1)))
    yield Sample(np.array(False), rng.normal(size=()), rng.normal(size=()))
    yield Sample(np.array([True, False]), rng.normal(size=(0, 2)), rng.normal(size=(2,)))


# ---- clip: the bound is part of the interval, so at a bound the derivative in x is 1 ---------------

_KINK = (Edge((1.0, 1.0), (1.0, 0.0)),)

clip_low = elementwise(
    np.maximum,
    jvp=dict(x=lambda dx, x, y: masked(dx, x >= y), y=lambda dy, x, y: masked(dy, x < y)),
    vjp=dict(x=lambda g, x, y: masked(g, x >= y), y=lambda g, x, y: masked(g, x < y)),
    name="clip_low",
    doc="x, where it is not below the bound y; there, y.",
    edges=_KINK,
)
clip_high = elementwise(
    np.minimum,
    jvp=dict(x=lambda dx, x, y: masked(dx, x <= y), y=lambda dy, x, y: masked(dy, x > y)),
    vjp=dict(x=lambda g, x, y: masked(g, x <= y), y=lambda g, x, y: masked(g, x > y)),
    name="clip_high",
    doc="x, where it is not above the bound y; there, y.",
    edges=_KINK,
)


def clip(x, low=None, high=None):
    """`x` limited to the interval [low, high]; None for no bound. As in NumPy, `high` wins over `low`."""
    if low is not None:
        x = clip_low(x, low)
    return x if high is None else clip_high(x, high)
