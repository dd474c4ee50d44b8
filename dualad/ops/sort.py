"""Ordering: sort, and the pair that reads and adds along an axis. Ties keep their order (stable)."""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from .shape import normal_axis


def _grid(i, axis):
    """The open index that `i` along `axis` stands for."""
    index = list(np.ogrid[tuple(map(slice, i.shape))])
    index[axis] = i
    return tuple(index)


@primitive(linear="x", flat_args="indices")
def take_along_axis(x, indices, *, axis):
    """`x` at the positions `indices` along an axis, which other axes share (`np.take_along_axis`)."""
    return np.take_along_axis(np.asarray(x), indices, axis)


@primitive(linear="x", flat_args="indices")
def add_along_axis(x, indices, *, axis, n):
    """Zeros of length `n` along an axis, with `x` added at `indices`: the adjoint of `take_along_axis`."""
    axis = normal_axis(axis, x.ndim)
    out = np.zeros((*x.shape[:axis], n, *x.shape[axis + 1 :]), x.dtype)
    np.add.at(out, _grid(indices, axis), x)
    return out


take_along_axis.vjp(
    x=lambda g, indices, x_space, axis: add_along_axis(g, indices, axis=axis, n=x_space.shape[axis])
)
add_along_axis.vjp(x=lambda g, indices, axis: take_along_axis(g, indices, axis=axis))


@take_along_axis.batching
def _(x, indices, axis):
    return take_along_axis(x, indices, axis=normal_axis(axis, x.ndim - 1) + 1)


@add_along_axis.batching
def _(x, indices, axis, n):
    return add_along_axis(x, indices, axis=normal_axis(axis, x.ndim - 1) + 1, n=n)


@take_along_axis.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)), rng.integers(0, 3, size=(2, 4)), axis=1)
    yield Sample(rng.normal(size=(4,)), np.array([0, 0, 3]), axis=-1)
    yield Sample(rng.normal(size=(3, 2)), rng.integers(0, 3, size=(2, 2)), axis=0)


@add_along_axis.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 4)), rng.integers(0, 3, size=(2, 4)), axis=1, n=3)
    yield Sample(rng.normal(size=(3,)), np.array([0, 0, 3]), axis=-1, n=5)


@primitive(flat="positions are integers")
def argsort(x, *, axis=-1):
    """The order that sorts along an axis, ties as they come."""
    return np.argsort(x, axis=axis, kind="stable")


@primitive
def sort(x, *, axis=-1):
    """Sorted along an axis."""
    return np.sort(x, axis=axis, kind="stable")


sort.jvp(lambda dx, x, axis: take_along_axis(dx, argsort(x, axis=axis), axis=axis))
sort.vjp(lambda g, x, axis: take_along_axis(g, argsort(argsort(x, axis=axis), axis=axis), axis=axis))


@argsort.batching
def _(x, axis):
    return argsort(x, axis=normal_axis(axis, x.ndim - 1) + 1)


@sort.batching
def _(x, axis):
    return sort(x, axis=normal_axis(axis, x.ndim - 1) + 1)


@primitive(flat="positions are integers")
def argpartition(x, *, kth, axis=-1):
    """The order in which the entry at each `kth` position along an axis is where sorting would put it."""
    return np.argpartition(x, kth, axis=axis)


@argpartition.batching
def _(x, kth, axis):
    return argpartition(x, kth=kth, axis=normal_axis(axis, x.ndim - 1) + 1)


@argpartition.samples
def _(rng):
    yield Sample(rng.normal(size=(5,)), kth=2)
    yield Sample(rng.normal(size=(3, 4)), kth=(1, 2), axis=0)


def partition(x, kth, axis=-1):
    """`np.partition`: the entries in that order."""
    return take_along_axis(x, argpartition(x, kth=kth, axis=axis), axis=axis)


def _samples(rng):
    yield Sample(rng.normal(size=(5,)))
    yield Sample(rng.normal(size=(3, 4)), axis=0)
    yield Sample(np.array([[1.0, 1.0, 0.0], [2.0, 2.0, 2.0]]), axis=-1, smooth=False)


argsort.samples(_samples)
sort.samples(_samples)
