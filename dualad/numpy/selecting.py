"""Choosing, ordering and elementwise functions that are no ufuncs: NumPy's signatures over the primitives."""

from __future__ import annotations

import numpy as np

from ..core.errors import NotDifferentiable, StoreError, at_user_line
from ..core.memory import lying_as, row
from ..core.space import face
from ..core.trace import Box, Const
from ..ops import sort as sorting
from ..ops.index import added_at, getitem
from .creation import copied
from .functions import NoValue, boxed, holds_box, implements, reject
from .ufuncs import _OPS, store
from .values import on_values, without_derivative


@implements(np.where)
def where(condition, x=NoValue, y=NoValue, /):
    if x is NoValue:
        return np.nonzero(condition)
    condition = condition if isinstance(condition, (Box, np.ndarray)) else np.asarray(condition)
    return face("where")(condition if condition.dtype.kind == "b" else condition != 0, x, y)


@implements(np.clip)
def clip(a, a_min=NoValue, a_max=NoValue, out=None, *, min=NoValue, max=NoValue, **kwargs):
    if kwargs:
        reject("np.clip", **{k: (v, None) for k, v in kwargs.items()})
    low = next((b for b in (a_min, min) if b is not NoValue and b is not None), None)
    high = next((b for b in (a_max, max) if b is not NoValue and b is not None), None)
    from ..ops.select import clip as bounded

    clipped = bounded(boxed(a), low, high)
    return clipped if out is None else store(out, clipped, repeated=True)


_OPS[np._core.umath.clip] = lambda a, low, high: clip(a, low, high)  # what the method of a plain array calls


@implements(np.take)
def take(a, indices, axis=None, out=None, mode="raise"):
    a = boxed(a)
    if axis is None:
        a, axis = a.reshape(-1), 0
    n = a.shape[axis]
    indices = without_derivative(indices)
    indices = indices if isinstance(indices, Box) else np.asarray(indices)
    if mode == "wrap":
        indices = indices % n
    elif mode == "clip":
        indices = np.clip(indices, 0, n - 1)
    found = getitem(a, (slice(None),) * (axis % a.ndim) + (indices[()] if indices.ndim == 0 else indices,))
    return copied(found, "C") if out is None else store(out, found)


@implements(np.take_along_axis)
def take_along_axis(arr, indices, axis=-1):
    arr = boxed(arr)
    if axis is None:
        arr, axis = arr.reshape(-1), 0
    return face("take_along_axis")(arr, indices, axis=axis)


@implements(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    if order is not None:
        reject("np.sort", order=(order, None))
    a = boxed(a)
    return face("sort")(a.reshape(-1), axis=0) if axis is None else face("sort")(a, axis=axis)


@implements(np.argsort)
def argsort(a, axis=-1, kind=None, order=None, *, stable=None):
    if order is not None:
        reject("np.argsort", order=(order, None))
    a = boxed(a)
    return face("argsort")(a.reshape(-1), axis=0) if axis is None else face("argsort")(a, axis=axis)


@implements(np.partition)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    reject("np.partition", order=(order, None))
    a, kth = boxed(a), _hashable(kth)
    if axis is None:
        return sorting.partition(a.reshape(-1), kth, 0)
    return lying_as(sorting.partition(a, kth, axis), np.empty_like(row(a)))


@implements(np.argpartition)
def argpartition(a, kth, axis=-1, kind="introselect", order=None):
    reject("np.argpartition", order=(order, None))
    a, kth = boxed(a), _hashable(kth)
    return (
        sorting.argpartition(a.reshape(-1), kth=kth, axis=0)
        if axis is None
        else sorting.argpartition(a, kth=kth, axis=axis)
    )


def _hashable(kth):
    return tuple(int(k) for k in kth) if np.ndim(kth) else int(kth)


def _flat(function):
    def of_values(*args, **kwargs):
        return on_values(function, *args, **kwargs)

    of_values.__name__ = function.__name__
    return of_values


# Functions of the values alone: what they return has no derivative, or a zero one.
_FLAT = """
argwhere nonzero flatnonzero searchsorted digitize isclose allclose array_equal array_equiv isin
may_share_memory shares_memory packbits unpackbits
""".split()
for _name in _FLAT:
    implements(getattr(np, _name))(_flat(getattr(np, _name)))


@implements(np.bincount)
def bincount(x, /, weights=None, minlength=0):
    if not isinstance(weights, Box):
        return on_values(np.bincount, x, weights, minlength)
    x = without_derivative(x)
    x = x if isinstance(x, Box) else np.asarray(x)
    if weights.shape != x.shape:
        raise ValueError("The weights and list don't have the same length.")
    length = on_values(lambda x: np.bincount(x, minlength=minlength).size, x)
    return added_at(Const(np.zeros(int(length))), x, weights)


@implements(np.real)
def real(val):
    return val.real if isinstance(val, Box) else face("real")(val)


@implements(np.imag)
def imag(val):
    return val.imag if isinstance(val, Box) else face("imag")(val)


@implements(np.angle)
def angle(z, deg=False):
    return face("angle")(z, deg=bool(deg))


@implements(np.sinc)
def sinc(x):
    return face("sinc")(x)


@implements(np.i0)
def i0(x):
    return face("i0")(x)


@implements(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    fills, finite = (nan, posinf, neginf), boxed(x)
    if holds_box(fills):
        for test, fill in zip((np.isnan, np.isposinf, np.isneginf), fills, strict=True):
            finite = face("where")(test(finite), fill, finite) if isinstance(fill, Box) else finite
        nan, posinf, neginf = (None if isinstance(f, Box) else f for f in fills)
    result = face("nan_to_num")(finite, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)
    return result if copy else store(x, result)


@implements(np.round)
def round(a, decimals=0, out=None):
    result = face("round")(boxed(a), decimals=int(decimals))
    return result if out is None else store(out, result)


@implements(np.copyto)
def copyto(dst, src, casting="same_kind", where=True):
    if casting not in ("unsafe", "safe"):
        reject("np.copyto", casting=(casting, "same_kind"))
    if not isinstance(dst, Box):
        raise StoreError(
            f"np.copyto: a traced value cannot be copied into a plain NumPy array{at_user_line()}; make the target "
            "with dualad.numpy.zeros(...) or np.zeros_like(x)"
        )
    dst[...] = src if where is True else face("where")(where, src, dst)


@implements(np.save, np.savez, np.savez_compressed, np.savetxt)
def save(*_args, **_kwargs):
    raise NotDifferentiable(
        f"a traced value cannot be saved{at_user_line()}; save dualad.stop_gradient(x), or the result of the transform"
    )
