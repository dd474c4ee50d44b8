"""Indexing, in two kinds. *Static* indices (integers, slices, None, Ellipsis) are parameters of `take_static`,
whose adjoint `put_static` places a cotangent among zeros. Masks and integer arrays are data of `gather`, whose
adjoint `scatter_add` lets repeated indices accumulate.
"""

from __future__ import annotations

import numpy as np

from ..core import trace
from ..core.primitive import primitive
from ..core.samples import Sample
from ..core.trace import Box
from .shape import as_array, stack


class Index:
    """A static index as a hashable parameter. `raw` is what NumPy takes."""

    __slots__ = ("raw",)

    def __init__(self, raw):
        self.raw = raw

    def key(self):
        raw = self.raw if type(self.raw) is tuple else (self.raw,)
        return tuple((slice, e.start, e.stop, e.step) if type(e) is slice else e for e in raw)

    def __eq__(self, other):
        return isinstance(other, Index) and self.key() == other.key()

    def __hash__(self):
        return hash(self.key())

    def __repr__(self):
        return f"Index({self.raw!r})"


_STATIC = {int, slice, type(None), type(Ellipsis)}


def is_static(index) -> bool:
    """Whether an index consists of integers, slices, None and Ellipsis alone."""
    if type(index) is tuple:
        return all(type(e) in _STATIC or isinstance(e, np.integer) for e in index)
    return type(index) in _STATIC or isinstance(index, np.integer)


@primitive(linear="x")
def take_static(x, *, index):
    """The part of an array that integers, slices, None and Ellipsis point at; a view."""
    return x[index.raw]


take_static.vjp(lambda g, x_space, index: put_static(g, index=index, shape=x_space.shape))


@take_static.batching
def _(x, index):
    return take_static(x, index=behind(index))


def behind(index: Index) -> Index:
    """The same index, behind a batch axis."""
    raw = index.raw if type(index.raw) is tuple else (index.raw,)
    return Index((slice(None), *raw))


@primitive(linear="x")
def put_static(x, *, index, shape):
    """Zeros of `shape` in which `x` stands where `index` points: the adjoint of `take_static`."""
    x = as_array(x)
    out = np.zeros(shape, x.dtype)
    out[index.raw] = x
    return out


put_static.vjp(lambda g, index: take_static(g, index=index))


@put_static.batching
def _(x, index, shape, size):
    return put_static(x, index=behind(index), shape=(size, *shape))


@take_static.samples
def _(rng):
    yield Sample(rng.normal(size=(3,)), index=Index(1))
    yield Sample(rng.normal(size=(3, 2)), index=Index((slice(None, None, -2), None, 0)))
    yield Sample(rng.normal(size=(2, 1, 3)), index=Index((Ellipsis, slice(1, None))))
    yield Sample(rng.normal(size=()), index=Index(()))
    yield Sample(rng.normal(size=(2, 3)), index=Index((slice(0, 0), Ellipsis)))


@put_static.samples
def _(rng):
    yield Sample(rng.normal(size=()), index=Index(1), shape=(3,))
    yield Sample(rng.normal(size=(2, 1)), index=Index((slice(None, None, -2), None, 0)), shape=(3, 2))
    yield Sample(rng.normal(size=(2, 1, 2)), index=Index((Ellipsis, slice(1, None))), shape=(2, 1, 3))


def getitem(x, index):
    """`x[index]` for every index that NumPy understands."""
    if is_static(index):
        return take_static(x, index=Index(index))
    raise NotImplementedError("advanced indexing is being written")


def from_nested(values):
    """An array of a nested list: of boxes too, which `stack` puts side by side."""
    if not _has_box(values):
        return np.asarray(values)
    return stack(*[from_nested(v) if type(v) in (list, tuple) else v for v in values], axis=0)


def _has_box(values) -> bool:
    return any(_has_box(v) if type(v) in (list, tuple) else isinstance(v, Box) for v in values)


trace.as_array_hook[0] = from_nested
