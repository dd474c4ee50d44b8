"""Maximum and minimum over axes, and where they stand; truth over axes.

Entries that tie share the derivative equally. A NaN wins, and takes it.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from .comparison import bitwise_or, equal, not_equal
from .reduce import kept_shape, reduction_samples, shifted, spread, sum
from .shape import as_array, normal_axis, reshape


@primitive
def max(x, *, axis=None, keepdims=False):
    """The maximum over all axes or some; entries that tie share its derivative."""
    return as_array(x).max(axis=axis, keepdims=keepdims)


@primitive
def min(x, *, axis=None, keepdims=False):
    """The minimum over all axes or some; entries that tie share its derivative."""
    return as_array(x).min(axis=axis, keepdims=keepdims)


def shares(x, out, axis):
    """The share of each entry in the extremum: one over the number of those that tie, and zero for others."""
    kept = reshape(out, shape=kept_shape(x.shape, axis))
    hit = equal(x, kept)
    if np.isnan(np.max(_value(kept), initial=0)):
        hit = bitwise_or(hit, not_equal(x, x))
    hit = hit.astype(x.dtype)
    n = sum(hit, axis=axis, keepdims=True)
    return hit if np.all(_value(n) == 1) else hit / n


def _value(x):
    from ..core.trace import strip

    return strip(x)


def _push(dx, x, out, axis, keepdims):
    return sum(shares(x, out, axis) * dx, axis=axis, keepdims=keepdims)


def _pull(g, x, out, x_space, axis, keepdims):
    return spread(g, x_space, axis, keepdims) * shares(x, out, axis)


for _op in (max, min):
    _op.jvp(_push)
    _op.vjp(_pull)


def _nonempty_samples(rng):
    yield from (s for s in reduction_samples(rng) if s.args[0].size)
    yield Sample(np.array([[1.0, 2.0, 2.0], [0.0, 0.0, 0.0]]), axis=1, smooth=False)


for _op in (max, min):
    _op.samples(_nonempty_samples)


@max.batching
def _(x, axis, keepdims):
    return max(x, axis=shifted(axis, x.ndim - 1), keepdims=keepdims)


@min.batching
def _(x, axis, keepdims):
    return min(x, axis=shifted(axis, x.ndim - 1), keepdims=keepdims)


# ---- without derivatives --------------------------------------------------------------------------


@primitive(flat="positions are integers")
def argmax(x, *, axis=None, keepdims=False):
    """The position of the (first) maximum."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


@primitive(flat="positions are integers")
def argmin(x, *, axis=None, keepdims=False):
    """The position of the (first) minimum."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


@primitive(flat="truth values")
def all(x, *, axis=None, keepdims=False):
    """Whether all entries are non-zero."""
    return np.all(x, axis=axis, keepdims=keepdims)


@primitive(flat="truth values")
def any(x, *, axis=None, keepdims=False):
    """Whether some entry is non-zero."""
    return np.any(x, axis=axis, keepdims=keepdims)


@primitive(flat="a count")
def count_nonzero(x, *, axis=None, keepdims=False):
    """The number of entries that are not zero."""
    return np.count_nonzero(x, axis=axis, keepdims=keepdims)


def _rows(op):
    def batch(x, axis, keepdims):
        return op(x, axis=shifted(axis, x.ndim - 1), keepdims=keepdims)

    return batch


for _op in (all, any, count_nonzero):
    _op.batching(_rows(_op))
    _op.samples(_nonempty_samples)


def _positions(op):
    def batch(x, axis, keepdims):
        if axis is not None:
            return op(x, axis=normal_axis(axis, x.ndim - 1) + 1, keepdims=keepdims)
        rows = op(reshape(x, shape=(x.shape[0], -1)), axis=1)
        return reshape(rows, shape=(x.shape[0],) + (1,) * (x.ndim - 1)) if keepdims else rows

    return batch


def _position_samples(rng):
    yield Sample(rng.normal(size=(2, 3)))
    yield Sample(rng.normal(size=(2, 3)), axis=-1)
    yield Sample(rng.normal(size=(2, 3)), axis=0, keepdims=True)


for _op in (argmax, argmin):
    _op.batching(_positions(_op))
    _op.samples(_position_samples)
