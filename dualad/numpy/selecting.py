"""Choosing, ordering and elementwise functions that are no ufuncs: NumPy's signatures over the primitives."""

from __future__ import annotations

import numpy as np

from ..core.errors import NotDifferentiable, StoreError, at_user_line
from ..core.space import face
from ..core.trace import Box, strip
from ..ops import sort as sorting
from .functions import NoValue, implements, reject
from .ufuncs import store


def _box(a):
    return a if isinstance(a, Box) else np.asarray(a)


@implements(np.where)
def where(condition, x=NoValue, y=NoValue, /):
    if x is NoValue:
        return np.nonzero(strip(condition))
    condition = condition if isinstance(condition, Box) else np.asarray(condition)
    return face("where")(condition if condition.dtype == bool else condition != 0, x, y)


@implements(np.clip)
def clip(a, a_min=NoValue, a_max=NoValue, out=None, *, min=NoValue, max=NoValue, **kwargs):
    if kwargs:
        reject("np.clip", **{k: (v, None) for k, v in kwargs.items()})
    low = next((b for b in (a_min, min) if b is not NoValue and b is not None), None)
    high = next((b for b in (a_max, max) if b is not NoValue and b is not None), None)
    from ..ops.select import clip as bounded

    clipped = bounded(_box(a), low, high)
    return clipped if out is None else store(out, clipped)


@implements(np.take)
def take(a, indices, axis=None, out=None, mode="raise"):
    a = _box(a)
    if axis is None:
        a, axis = a.reshape(-1), 0
    n = a.shape[axis]
    indices = np.asarray(strip(indices))
    if mode == "wrap":
        indices = indices % n
    elif mode == "clip":
        indices = np.clip(indices, 0, n - 1)
    found = a[(slice(None),) * (axis % a.ndim) + (indices[()] if indices.ndim == 0 else indices,)]
    return found if out is None else store(out, found)


@implements(np.take_along_axis)
def take_along_axis(arr, indices, axis=-1):
    arr = _box(arr)
    if axis is None:
        arr, axis = arr.reshape(-1), 0
    return face("take_along_axis")(arr, indices, axis=axis)


@implements(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    reject("np.sort", order=(order, None))
    a = _box(a)
    return face("sort")(a.reshape(-1), axis=0) if axis is None else face("sort")(a, axis=axis)


@implements(np.argsort)
def argsort(a, axis=-1, kind=None, order=None, *, stable=None):
    reject("np.argsort", order=(order, None))
    a = _box(a)
    return face("argsort")(a.reshape(-1), axis=0) if axis is None else face("argsort")(a, axis=axis)


@implements(np.partition)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    reject("np.partition", order=(order, None))
    a, kth = _box(a), _hashable(kth)
    return sorting.partition(a.reshape(-1), kth, 0) if axis is None else sorting.partition(a, kth, axis)


@implements(np.argpartition)
def argpartition(a, kth, axis=-1, kind="introselect", order=None):
    reject("np.argpartition", order=(order, None))
    a, kth = _box(a), _hashable(kth)
    return (
        sorting.argpartition(a.reshape(-1), kth=kth, axis=0)
        if axis is None
        else sorting.argpartition(a, kth=kth, axis=axis)
    )


def _hashable(kth):
    return tuple(int(k) for k in kth) if np.ndim(kth) else int(kth)


def _plain_call(function, *args, **kwargs):
    """A function without a derivative, on the plain values."""
    return function(*[strip(a) if isinstance(a, Box) else a for a in args], **kwargs)


def _flat(function):
    def on_values(*args, **kwargs):
        plain = {k: strip(v) if isinstance(v, Box) else v for k, v in kwargs.items()}
        return _plain_call(function, *args, **plain)

    on_values.__name__ = function.__name__
    return on_values


# Functions of the values alone: what they return has no derivative, or a zero one, and is plain.
_FLAT = """
argwhere nonzero flatnonzero searchsorted digitize bincount histogram_bin_edges isclose allclose
array_equal array_equiv isin may_share_memory shares_memory unique_counts
""".split()
for _name in _FLAT:
    if hasattr(np, _name):
        implements(getattr(np, _name))(_flat(getattr(np, _name)))


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
    result = face("nan_to_num")(_box(x), nan=nan, posinf=posinf, neginf=neginf)
    return result if copy else store(x, result)


@implements(np.round)
def round(a, decimals=0, out=None):
    result = face("round")(_box(a), decimals=int(decimals))
    return result if out is None else store(out, result)


@implements(np.copyto)
def copyto(dst, src, casting="same_kind", where=True):
    reject("np.copyto", casting=(casting, "same_kind"))
    if not isinstance(dst, Box):
        raise StoreError(
            f"np.copyto: a traced value cannot be copied into a plain NumPy array{at_user_line()}; make the target "
            "with dualad.numpy.zeros(...) or np.zeros_like(x)"
        )
    dst[...] = src if where is True else face("where")(where, src, dst)


@implements(np.save, np.savez, np.savetxt)
def save(*_args, **_kwargs):
    raise NotDifferentiable(
        f"a traced value cannot be saved{at_user_line()}; save dualad.stop_gradient(x), or the result of the transform"
    )
