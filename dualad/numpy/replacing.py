"""Functions that change their argument: stores into a dualad array, an error for a plain one."""

from __future__ import annotations

import numpy as np

from ..core.errors import StoreError, at_user_line
from ..core.space import face
from ..core.trace import Box
from .creation import asarray
from .functions import boxed, implements
from .stores import flat
from .values import without_derivative


def _target(name, a):
    if not isinstance(a, Box):
        raise StoreError(
            f"np.{name}: a traced value cannot be stored into a plain NumPy array{at_user_line()}; make the "
            "array with dualad.numpy.zeros(...), np.zeros_like(x) or dualad.numpy.array(a)"
        )
    return a


@implements(np.put)
def put(a, ind, v, mode="raise"):
    """Stores into the flat array; too few values are used again and again."""
    a, ind = _target("put", a), np.asarray(without_derivative(ind)).reshape(-1)
    if mode == "wrap":
        ind = ind % a.size
    elif mode == "clip":
        ind = np.clip(ind, 0, a.size - 1)
    v = boxed(v)
    if ind.size and v.size:
        flat(a)[ind] = cycled(v, ind.size)


def cycled(v, n):
    """The first n of the values of `v`, said again and again."""
    v = boxed(v).reshape(-1)
    return v if v.size == n else v[np.arange(n) % v.size]


@implements(np.place)
def place(arr, mask, vals):
    arr, mask, vals = _target("place", arr), boxed(mask).astype(bool), asarray(boxed(vals)).reshape(-1)
    if not vals.size:
        if np.any(mask):
            raise ValueError("Cannot insert from an empty array!")
        return
    turn = (np.cumsum(mask.reshape(-1)) - 1) % vals.size
    arr[...] = face("where")(mask.reshape(arr.shape), vals[turn].reshape(arr.shape), arr)


@implements(np.putmask)
def putmask(a, /, mask, values):
    a, values = _target("putmask", a), boxed(values)
    if values.size:
        a[...] = face("where")(mask, cycled(values, a.size).reshape(a.shape), a)


@implements(np.fill_diagonal)
def fill_diagonal(a, val, wrap=False):
    a = _target("fill_diagonal", a)
    places = np.zeros(a.shape, bool)
    np.fill_diagonal(places, True, wrap)
    put(a, np.flatnonzero(places), val)


@implements(np.put_along_axis)
def put_along_axis(arr, indices, values, axis):
    arr, indices = _target("put_along_axis", arr), boxed(without_derivative(indices))
    if axis is None:
        flat(arr)[indices] = values
        return
    if indices.ndim != arr.ndim:
        raise ValueError(f"indices have as many axes as arr, {arr.ndim}, not {indices.ndim}")
    axis = range(arr.ndim)[axis]
    index = list(np.ogrid[tuple(slice(n) for n in arr.shape)])
    index[axis] = indices
    arr[tuple(index)] = values
