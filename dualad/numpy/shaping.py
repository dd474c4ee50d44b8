"""Shapes, joins and splits: NumPy's signatures over `ops.shape`."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core.memory import in_order, order_of, ordered, row
from ..core.trace import Box, strip
from ..ops import shape as S
from ..ops.layout import cast, moved
from ..ops.pad import as_pairs
from .creation import copied
from .functions import boxed, implements, reject
from .ufuncs import store


@implements(np.reshape)
def reshape(a, /, shape=None, order="C", *, newshape=None, copy=None):
    shape = newshape if shape is None else shape
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    a = boxed(a)
    order = _as_it_lies(row(a).flags) if order == "A" else order
    shaped = S.reshape(a, shape=shape, **({} if order in ("C", None) else {"order": order}))
    if copy is None:
        return shaped
    if copy:
        return copied(shaped) if isinstance(shaped, Box) else shaped.copy()
    if not np.may_share_memory(strip(shaped), strip(a)):
        raise ValueError("Unable to avoid creating a copy while reshaping.")
    return shaped


@implements(np.ravel)
def ravel(a, order="C"):
    a = boxed(a)
    flags = row(a).flags
    if order == "K" and not (flags.c_contiguous or flags.f_contiguous):
        return copied(reshape(transpose(a, _as_in_memory(row(a))), -1))
    if order in ("K", "A"):
        order = _as_it_lies(flags)
    view = flags.f_contiguous if order == "F" else flags.c_contiguous
    flat = reshape(a, -1, order=order)
    return flat if view else copied(flat)


def _as_it_lies(flags):
    """What `order="A"` stands for."""
    return "F" if flags.f_contiguous and not flags.c_contiguous else "C"


def _as_in_memory(a):
    """The axes in the order of memory."""
    return [int(k) for k in np.argsort([-abs(s) for s in a.strides], kind="stable")]


@implements(np.transpose, np.permute_dims)
def transpose(a, axes=None):
    return S.transpose(boxed(a), axes=None if axes is None else tuple(axes))


@implements(np.matrix_transpose)
def matrix_transpose(x, /):
    if x.ndim < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {x.ndim}")
    return np.swapaxes(x, -1, -2)


@implements(np.swapaxes)
def swapaxes(a, axis1, axis2):
    order = list(range(a.ndim))
    axis1, axis2 = S.normal_axis(axis1, a.ndim), S.normal_axis(axis2, a.ndim)
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return S.transpose(a, axes=tuple(order))


@implements(np.moveaxis)
def moveaxis(a, source, destination):
    source = normalize_axis_tuple(source, a.ndim, "source")
    destination = normalize_axis_tuple(destination, a.ndim, "destination")
    return S.transpose(a, axes=moved(a.ndim, source, destination))


@implements(np.broadcast_to)
def broadcast_to(array, shape, subok=False):
    return S.broadcast_to(
        boxed(array), shape=(shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    )


@implements(np.broadcast_arrays)
def broadcast_arrays(*args, subok=False):
    shape = np.broadcast_shapes(*[np.shape(a) if not isinstance(a, Box) else a.shape for a in args])
    args = [boxed(a) for a in args]
    if not shape:  # numbers, of which NumPy makes arrays
        return tuple(map(copied, args))
    return tuple(a if a.shape == shape else broadcast_to(a, shape) for a in args)


@implements(np.squeeze)
def squeeze(a, axis=None):
    return S.squeeze(boxed(a), axis=axis)


@implements(np.expand_dims)
def expand_dims(a, axis):
    return S.expand_dims(boxed(a), axis=axis)


def _check_casting(name, casting):
    if casting not in ("unsafe", "safe"):
        reject(name, casting=(casting, "same_kind"))


@implements(np.concatenate, np.concat)
def concatenate(arrays, /, axis=0, out=None, *, dtype=None, casting="same_kind"):
    _check_casting("np.concatenate", casting)
    joined = S.concatenate(*arrays, axis=axis)
    joined = joined if dtype is None else joined.astype(dtype)
    return joined if out is None else store(out, joined)


@implements(np.stack)
def stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    _check_casting("np.stack", casting)
    joined = S.stack(*arrays, axis=axis)
    joined = joined if dtype is None else joined.astype(dtype)
    return joined if out is None else store(out, joined)


@implements(np.flip)
def flip(m, axis=None):
    return S.flip(boxed(m), axis=axis)


@implements(np.roll)
def roll(a, shift, axis=None):
    return S.roll(boxed(a), shift=shift, axis=axis)


@implements(np.repeat)
def repeat(a, repeats, axis=None):
    if not isinstance(repeats, int):
        repeats = int(repeats) if np.ndim(repeats) == 0 else tuple(int(r) for r in repeats)
    return S.repeat(boxed(a), repeats=repeats, axis=axis)


@implements(np.tile)
def tile(A, reps):
    return copied(S.tile(boxed(A), reps=(int(reps),) if np.ndim(reps) == 0 else tuple(int(r) for r in reps)))


@implements(np.pad)
def pad(array, pad_width, mode="constant", **kwargs):
    if callable(mode):
        return _padded_by(mode, boxed(array), pad_width, kwargs)
    array = boxed(array)
    return in_order(S.pad(array, pad_width, mode, **kwargs), order_of(array))


def _padded_by(fill, x, pad_width, kwargs):
    """The array with zeros around it, each lane of which `fill` changes in place, as NumPy calls it."""
    width = as_pairs(pad_width, x)
    x = S.pad_zeros(x, pad_width=width)
    for axis, sides in enumerate(width):

        def filled(lane, axis=axis, sides=sides):
            lane = lane.copy()
            fill(lane, sides, axis, kwargs)
            return lane

        x = np.apply_along_axis(filled, axis, x)
    return x


@implements(np.tril)
def tril(m, k=0):
    return S.tril(boxed(m), k=k)


@implements(np.triu)
def triu(m, k=0):
    return S.triu(boxed(m), k=k)


@implements(np.diagonal)
def diagonal(a, offset=0, axis1=0, axis2=1):
    return S.diagonal(boxed(a), offset=offset, axis1=axis1, axis2=axis2)


@implements(np.diag)
def diag(v, k=0):
    return S.diag(boxed(v), k=k)


@implements(np.astype)
def astype(x, dtype, /, *, copy=True, device=None):
    return as_type(boxed(x), dtype, "K", copy)


def as_type(x, dtype, order, copy):
    y = cast(x, dtype)
    return copied(y, order) if copy and y is x else ordered(y, order)
