"""Running sums and products, and the product over axes; no division anywhere, so zeros are nothing special.

Running products are scans. The derivative of y_k = x_1 ⋯ x_k obeys dy_k = x_k dy_{k−1} + y_{k−1} dx_k, an affine
recurrence; its adjoint is one that runs backward. `affine_scan` solves them in log₂ n rounds of whole-array operations
(Hillis and Steele 1986), so the rules are differentiable themselves, to any order.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from ..core.space import face
from ..core.trace import strip
from .index import Index, take_static
from .reduce import reduction_samples, shifted, spread, strict_by_lane, sum
from .shape import as_array, concatenate, flip, normal_axes, normal_axis, reshape, transpose

# ---- running sums ---------------------------------------------------------------------------------


@primitive(linear="x")
def cumsum(x, *, axis):
    """Running sums along an axis."""
    return np.cumsum(x, axis=axis)


cumsum.vjp(lambda g, axis: flip(cumsum(flip(g, axis=axis), axis=axis), axis=axis))


@cumsum.batching
def _(x, axis):
    return cumsum(x, axis=normal_axis(axis, x.ndim - 1) + 1)


def _running_samples(rng):
    yield Sample(rng.normal(size=(4,)), axis=0)
    yield Sample(rng.normal(size=(2, 3)), axis=-1)
    yield Sample(rng.normal(size=(3, 1, 2)), axis=0)
    yield Sample(rng.normal(size=(2, 0)), axis=1)


cumsum.samples(_running_samples)

# ---- scans ----------------------------------------------------------------------------------------


def part(x, axis, start, stop):
    """`x[start:stop]` along an axis."""
    index = (slice(None),) * normal_axis(axis, x.ndim) + (slice(start, stop),)
    return take_static(x, index=Index(index))


def shift(x, axis, steps, fill):
    """`x` moved up along an axis by `steps`, which may be negative; what comes in is `fill`."""
    n = x.shape[axis]
    width = [*x.shape]
    width[axis] = builtin_min(abs(steps), n)
    edge = np.full(width, fill, x.dtype)
    if steps > 0:
        return concatenate(edge, part(x, axis, 0, n - width[axis]), axis=axis)
    return concatenate(part(x, axis, width[axis], n), edge, axis=axis)


builtin_min = min


def affine_scan(a, b, axis):
    """The solution of r_k = a_k r_{k−1} + b_k with r_0 = b_0, along an axis."""
    steps = 1
    while steps < b.shape[axis]:
        b = b + a * shift(b, axis, steps, 0)
        a = a * shift(a, axis, steps, 1)
        steps *= 2
    return b


# ---- running products -----------------------------------------------------------------------------


@primitive
def cumprod(x, *, axis):
    """Running products along an axis."""
    return np.cumprod(x, axis=axis)


cumprod.jvp(lambda dx, x, out, axis: affine_scan(x, shift(out, axis, 1, 1) * dx, axis))
cumprod.vjp(
    lambda g, x, out, axis: (
        shift(out, axis, 1, 1)
        * flip(affine_scan(flip(shift(x, axis, -1, 1), axis=axis), flip(g, axis=axis), axis), axis=axis)
    )
)


@cumprod.strict
def _(g, d, asked):
    """Factors behind the last cotangent that is not zero are those of none; a product of zeros beats an infinity."""
    x, axis, rule = asked["x"], asked["axis"], asked["rule"]
    where, one = face("where"), np.ones((), x.dtype)
    behind = flip(cumsum(flip((g != 0).astype(x.dtype), axis=axis), axis=axis), axis=axis)
    x = where(behind != 0, x, one)
    out = cumprod(x, axis=axis)
    infinite = face("isinf")(g)
    if not np.any(strip(infinite)):
        return rule.call(g, x, out, axis)
    size = face("absolute")(x)
    met = rule.call(infinite.astype(size.dtype), size, cumprod(size, axis=axis), axis)
    return where(met != 0, d, rule.call(where(infinite, np.zeros((), g.dtype), g), x, out, axis))


@cumprod.batching
def _(x, axis):
    return cumprod(x, axis=normal_axis(axis, x.ndim - 1) + 1)


@cumprod.samples
def _(rng):
    yield from _running_samples(rng)
    yield Sample(np.array([2.0, 0.0, 3.0, 0.0, 1.5]), axis=0)


# ---- the product over axes ------------------------------------------------------------------------


@primitive
def prod(x, *, axis=None, keepdims=False):
    """The product over all axes or some."""
    return as_array(x).prod(axis=axis, keepdims=keepdims)


def others(x, axis):
    """For each entry, the product of the others it is multiplied with: those before it times those after it."""
    axes = normal_axes(axis, x.ndim)
    kept = tuple(a for a in range(x.ndim) if a not in axes)
    order = (*kept, *axes)
    lines = reshape(transpose(x, axes=order), shape=(*(x.shape[a] for a in kept), -1) if x.size else (0, 0))
    last = lines.ndim - 1
    before = shift(cumprod(lines, axis=last), last, 1, 1)
    after = shift(flip(cumprod(flip(lines, axis=last), axis=last), axis=last), last, -1, 1)
    around = reshape(before * after, shape=tuple(x.shape[a] for a in order))
    return transpose(around, axes=tuple(int(a) for a in np.argsort(order)))


prod.jvp(lambda dx, x, axis, keepdims: sum(others(x, axis) * dx, axis=axis, keepdims=keepdims))
prod.vjp(lambda g, x, x_space, axis, keepdims: spread(g, x_space, axis, keepdims) * others(x, axis))


prod.strict(strict_by_lane)


@prod.batching
def _(x, axis, keepdims):
    return prod(x, axis=shifted(axis, x.ndim - 1), keepdims=keepdims)


@prod.samples
def _(rng):
    yield from reduction_samples(rng)
    yield Sample(np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 1.0]]), axis=1)
