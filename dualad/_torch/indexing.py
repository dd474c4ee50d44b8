"""Indexing and stores. Integers, slices, None and Ellipsis give views; masks and index arrays give copies."""

from __future__ import annotations

import sys
from sys import getrefcount

import numpy as np

from ..core.errors import DualadError, ShapeError, at_user_line
from ..core.trace import Box, Writing, snapshot
from ..numpy.stores import setitem as store
from ..ops.index import is_static
from .engine import op
from .handle import Handle, recorded, wrap
from .modes import is_recording
from .tape import untaped
from .views import INDEX, rebind, refuse_leaf, taken


def plain_index(index):
    """The index with tensors in it as arrays; 0-d integer tensors as integers."""
    if type(index) is tuple:
        return tuple(map(plain_index, index))
    if isinstance(index, Handle):
        v = untaped(index._value)
        if isinstance(v, Box):
            return v
        return int(v) if v.ndim == 0 and v.dtype.kind in "iu" else v
    if type(index) is list:
        return np.asarray(plain_list(index), dtype=None if index else int)
    return index


def plain_list(index):
    return [plain_list(i) if type(i) is list else i.tolist() if isinstance(i, Handle) else i for i in index]


def stored(x, index, v):
    """`x` with `v` at `index`, as a new engine value."""
    if type(x) is np.ndarray and not isinstance(v, Box):
        x = x.copy()
        x[index] = v
        return x
    return op.stored(x, index, v)


def holders(t) -> int:
    """How many know the array of a tensor, as CPython counts them."""
    v = t._value
    return getrefcount(v)


def _calibrated():
    t = wrap(np.zeros(1))
    v = t._value  # as `__setitem__` has it
    return holders(t) if v.size else 0


ALONE = _calibrated() if getattr(sys, "_is_gil_enabled", lambda: True)() else -1


def is_alone(t) -> bool:
    """Whether a plain array is this tensor's alone: then it can be written to, and nobody will see it."""
    count = holders(t)
    v, more = t._value, t._more
    return (
        count == ALONE
        and (more is None or more.base is None)
        and type(v) is np.ndarray
        and v.base is None
        and v.flags.writeable
    )


class Indexing(Handle):
    __slots__ = ()

    def __getitem__(self, index):
        if type(index) not in (int, slice):
            index = plain_index(index)
        if is_static(index):
            return taken(self, INDEX, index)
        return wrap(op.getitem(recorded(self._value), index))

    def __setitem__(self, index, value):
        try:
            self._store(index, value)
        except ValueError as error:
            if isinstance(error, DualadError):
                raise
            raise ShapeError(f"{error}{at_user_line()}") from None

    def _store(self, index, value):
        v = self._value
        if type(index) not in (int, slice):
            index = plain_index(index)
        new = value._value if isinstance(value, Handle) else value
        if type(v) is Writing and self._more is None and is_recording() is not False:
            store(v, index, new)  # the box is this tensor's own, and the store waits on it
            return
        refuse_leaf(self)
        if not isinstance(v, Box):
            if not isinstance(new, Box) and is_alone(self):
                v[index] = new
                return
        elif is_recording() is not False:
            own = snapshot(v)
            store(own, index, new)
            rebind(self, own)
            return
        rebind(self, stored(recorded(v), index, recorded(new)))

    def __iter__(self):
        if not self._value.shape:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, item):
        return bool((self == item).any())
