"""Arrays made of parts of others: `insert`, `delete`, `block`, windows, and functions of one lane at a time."""

from __future__ import annotations

import numpy as np

from ..core.memory import in_order, order_of
from ..core.trace import strip
from ..ops.index import getitem
from .functions import boxed, holds_box, implements
from .stores import refuse_loss, without_leading_ones
from .ufuncs import store
from .values import without_derivative


@implements(np.insert)
def insert(arr, obj, values, axis=None):
    """NumPy says where the entries go, by inserting into a range of positions."""
    arr = boxed(arr)
    if axis is None:
        arr, axis = arr.reshape(-1), 0
    axis = range(arr.ndim)[axis]
    values, n = boxed(values), arr.shape[axis]
    places = len(np.insert(np.arange(n), obj, -1)) - n
    values = values.reshape((1,) * (arr.ndim - values.ndim) + without_leading_ones(values, arr.ndim))
    if places == 1:
        if not isinstance(obj, slice) and np.ndim(obj) == 0:
            values = np.moveaxis(values, 0, axis)
        places = values.shape[axis]
    refuse_loss(arr, values)
    values = np.broadcast_to(values, arr.shape[:axis] + (places,) + arr.shape[axis + 1 :])
    values = values if values.dtype == arr.dtype else values.astype(arr.dtype)
    order = np.insert(np.arange(n), obj, n + np.arange(places))
    return in_order(np.take(np.concatenate([arr, values], axis=axis), order, axis=axis), order_of(arr))


@implements(np.choose)
def choose(a, choices, out=None, mode="raise"):
    a = boxed(without_derivative(a))
    choices = [boxed(c) for c in choices]
    if mode == "wrap":
        a = a % len(choices)
    elif mode == "clip":
        a = np.clip(a, 0, len(choices) - 1)
    elif np.any(strip((a < 0) | (a >= len(choices)))):
        raise ValueError("invalid entry in choice array")
    shape = np.broadcast_shapes(a.shape, *(c.shape for c in choices))
    rows = np.stack([np.broadcast_to(c, shape) for c in choices])
    chosen = np.take_along_axis(rows, np.broadcast_to(a, shape)[None], axis=0)[0]
    return in_order(chosen, "C") if out is None else store(out, chosen)


@implements(np.compress)
def compress(condition, a, axis=None, out=None):
    found = np.take(boxed(a), np.flatnonzero(without_derivative(condition)), axis=axis)
    return found if out is None else store(out, found)


@implements(np.delete)
def delete(arr, obj, axis=None):
    arr = boxed(arr)
    if axis is None:
        arr, axis = arr.reshape(-1), 0
    kept = np.delete(np.arange(arr.shape[axis]), obj)
    if np.ndim(obj) and not isinstance(obj, slice):
        return getitem(arr, (slice(None),) * (axis % arr.ndim) + (kept,))
    return in_order(np.take(arr, kept, axis=axis), order_of(arr))


@implements(np.block)
def block(arrays):
    depth = _depth(arrays)
    return _joined(arrays, depth, max(depth, _most_axes(arrays)))


def _depth(arrays) -> int:
    if isinstance(arrays, tuple):
        raise TypeError("tuples are not blocks: give np.block lists of arrays")
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(a) for a in arrays}
    if len(depths) != 1:
        raise ValueError("np.block: lists are empty, or of different depths")
    return 1 + depths.pop()


def _most_axes(arrays) -> int:
    return max(map(_most_axes, arrays)) if isinstance(arrays, list) else np.ndim(arrays)


def _joined(arrays, depth, ndim):
    if isinstance(arrays, list):
        return np.concatenate([_joined(a, depth - 1, ndim) for a in arrays], axis=-depth)
    a = boxed(arrays)
    return a.reshape((1,) * (ndim - a.ndim) + a.shape)


@implements(np.diagflat)
def diagflat(v, k=0):
    return np.diag(boxed(v).reshape(-1), k)


@implements(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    x = boxed(x)
    widths = tuple(window_shape) if np.ndim(window_shape) else (window_shape,)
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(widths) != len(axes):
        raise ValueError("Must provide matching length window_shape and axis")
    ndim = x.ndim
    for width, a in zip(widths, axes):
        a = range(ndim)[a]
        starts = x.shape[a] - width + 1
        if width < 0 or starts < 1:
            raise ValueError("window shape cannot be larger than input array shape")
        x = np.moveaxis(np.take(x, np.arange(starts)[:, None] + np.arange(width), axis=a), a + 1, -1)
    return x


@implements(np.apply_along_axis)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    arr = boxed(arr)
    axis = range(arr.ndim)[axis]
    lanes = np.moveaxis(arr, axis, -1)
    lead = lanes.shape[:-1]
    results = [func1d(lanes[i], *args, **kwargs) for i in np.ndindex(*lead)]
    if not results:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    joined = np.stack(results) if holds_box(results) else np.stack([np.asarray(r) for r in results])
    rest = joined.ndim - 1
    joined = joined.reshape(lead + tuple(joined.shape[1:]))
    n = len(lead)
    return np.moveaxis(joined, range(n, n + rest), range(axis, axis + rest))
