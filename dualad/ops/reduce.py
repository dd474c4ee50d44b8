"""The sum over axes, and what all reductions share."""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.reverse import ARRAYS
from ..core.samples import Sample
from ..core.space import face, mask_zeros, space_of
from ..core.trace import strip
from .layout import broadcast_to, filled, normal_axes, reshape
from .roads import fast_road


def kept_shape(shape, axis):
    """The shape of a reduction over `axis` with its axes kept at length one."""
    axes = normal_axes(axis, len(shape))
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def spread(g, space, axis, keepdims):
    """`g`, which came out of a reduction over `axis`, repeated over the shape that went in."""
    if isinstance(g, ARRAYS):
        if not keepdims and axis is not None:
            g = g.reshape(kept_shape(space.shape, axis))
        return filled(g, space.shape)
    if not keepdims and axis is not None:
        g = reshape(g, shape=kept_shape(space.shape, axis))
    return broadcast_to(g, shape=space.shape)


def strict_by_lane(g, d, asked):
    """`strict` of a reduction: a lane whose cotangent is zero gets zero, and so does one of slope zero."""
    *given, rule = asked.values()
    axis, keepdims, space = asked["axis"], asked["keepdims"], space_of(d)
    d = mask_zeros(spread(g, space, axis, keepdims), d)
    if not np.any(np.isinf(strip(g))):
        return d
    flat = rule.call(np.ones(g.shape, g.dtype), *given) == 0
    steep = spread(face("isinf")(g).astype(g.dtype), space, axis, keepdims) != 0
    return face("where")(flat & steep, np.zeros((), d.dtype), d)


def shifted(axis, ndim: int) -> tuple[int, ...]:
    """The axes of a reduction, moved behind a batch axis; `ndim` counts without it."""
    return tuple(a + 1 for a in normal_axes(axis, ndim))


@fast_road
@primitive(linear="x")
def sum(x, *, axis=None, keepdims=False):
    """The sum over all axes or some."""
    return np.add.reduce(x, axis, None, None, keepdims)


sum.vjp(lambda g, x_space, axis, keepdims: spread(g, x_space, axis, keepdims))


@sum.batching
def _(x, axis, keepdims):
    return sum(x, axis=shifted(axis, x.ndim - 1), keepdims=keepdims)


def reduction_samples(rng):
    """Every axis and keepdims, for reductions of any kind."""
    yield Sample(rng.normal(size=(2, 3)))
    yield Sample(rng.normal(size=(2, 3)), axis=0)
    yield Sample(rng.normal(size=(2, 3)), axis=-1, keepdims=True)
    yield Sample(rng.normal(size=(2, 3)), keepdims=True)
    yield Sample(rng.normal(size=(2, 1, 3)), axis=(0, -1))
    yield Sample(rng.normal(size=(2, 1, 3)), axis=())
    yield Sample(rng.normal(size=()))


@sum.samples
def _(rng):
    yield from reduction_samples(rng)
    yield Sample(rng.normal(size=(2, 0, 3)), axis=1)
