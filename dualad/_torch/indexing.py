"""Indexing and stores. Integers, slices, None and Ellipsis give views; masks and index arrays give copies."""

from __future__ import annotations

import numpy as np

from ..core.trace import Box
from ..ops.index import is_static
from .engine import op
from .handle import Handle, recorded, wrap
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


class Indexing:
    __slots__ = ()

    def __getitem__(self, index):
        if type(index) not in (int, slice):
            index = plain_index(index)
        if is_static(index):
            return taken(self, INDEX, index)
        return wrap(op.getitem(recorded(self._value), index))

    def __setitem__(self, index, value):
        refuse_leaf(self)
        value = value._value if isinstance(value, Handle) else value
        rebind(self, stored(recorded(self._value), plain_index(index), recorded(value)))

    def __iter__(self):
        if not self._value.shape:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, item):
        return bool((self == item).any())
