"""Stores as functions: `put` and `put_many` return a copy of an array with something else in some places.

`put` takes an index with arrays and masks. `put_many` carries out any number of stores at static indices in
one pass: that is what makes filling an array row by row linear.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from ..core.space import face
from ..core.trace import Box
from .index import (
    HOLE,
    Index,
    axes_used,
    batch_to_front,
    behind,
    block,
    check_mask,
    gather,
    index_samples,
    is_static,
    read_index,
    spread_rows,
    take_static,
    with_rows,
    without_masks,
)
from .layout import inverse, reshape, transpose


@primitive(linear="x v", flat_args="indices")
def put(x, v, *indices, spec):
    """A copy of `x` with `v` at the places that an index points at."""
    out = np.array(x)
    out[spec.with_arrays(indices)] = v
    return out


put.vjp(
    x=lambda g, indices, spec: put(g, np.zeros((), g.dtype), *indices, spec=spec),
    v=lambda g, v_space, indices, spec: _stored_cotangent(g, v_space, indices, spec),
)


def _stored_cotangent(g, space, indices, spec):
    """What the stored value gets: of places written twice only the last write counts."""
    d = gather(g, *indices, spec=spec)
    if any(i.dtype != bool and i.size > 1 for i in indices):
        number = np.arange(d.size).reshape(d.shape)
        writer = put(np.empty(g.shape, np.intp), number, *indices, spec=spec)
        last = gather(writer, *indices, spec=spec) == number
        if isinstance(last, Box) or not last.all():
            d = d * last.astype(d.dtype)
    return space.fit(d)


@put.batching
def _(x, v, indices, spec, mask, size):
    x = x if mask[0] else spread_rows(x, size)
    v = v if mask[1] else spread_rows(v, size)
    ndim = x.ndim - 1
    if spec.raw is HOLE and mask[2] and indices[0].dtype == bool and v.ndim == 1:
        check_mask(indices[0].shape[1:], x.shape[1 : indices[0].ndim])
        chosen = reshape(indices[0], shape=(*indices[0].shape, *(1,) * (x.ndim - indices[0].ndim)))
        return face("where")(chosen, reshape(v, shape=(size, *(1,) * ndim)).astype(x.dtype), x)
    if not any(mask[2:]):
        indices, spec = without_masks(indices, spec, x.shape[1:])
        order, spec = batch_to_front(spec, indices, ndim, _result_ndim(spec, indices, ndim) + 1), behind(spec)
    else:
        indices, spec, order = with_rows(indices, spec, mask[2:], x.shape[1:], size)
    extra = len(order) - v.ndim
    v = reshape(v, shape=(v.shape[0], *(1,) * extra, *v.shape[1:])) if extra > 0 else v
    return put(x, transpose(v, axes=inverse(order)), *indices, spec=spec)


def _result_ndim(spec, indices, ndim) -> int:
    """The number of axes of `x[index]`."""
    count, _, _ = block(spec, indices, ndim)
    return count + ndim - axes_used(spec) + sum(type(e) is slice or e is None for e in spec.entries())


def stored(x, index, value):
    """A copy of `x` in which `x[index]` is `value`, for every index that NumPy understands."""
    if is_static(index):
        return put_many(x, value, stores=Stores([Index(index)]))
    arrays, spec = read_index(index)
    return put(x, value, *arrays, spec=spec)


class Stores:
    """Static indices of a list of stores, in order, as one hashable parameter."""

    __slots__ = ("_writers", "indices")

    def __init__(self, indices):
        self.indices = tuple(indices)
        self._writers = None

    def writers(self, shape):
        """Which store wrote each place last, -1 for none; None if no place is written twice."""
        if self._writers is None or self._writers[0] != shape:
            writer = np.full(shape, -1)
            total = 0
            for k, index in enumerate(self.indices):
                total += np.size(writer[index.raw])
                writer[index.raw] = k
            self._writers = shape, writer if total > np.count_nonzero(writer >= 0) else None
        return self._writers[1]

    def __eq__(self, other):
        return isinstance(other, Stores) and self.indices == other.indices

    def __hash__(self):
        return hash(self.indices)

    def __repr__(self):
        return f"Stores{self.indices!r}"


@primitive(linear="x values")
def put_many(x, *values, stores):
    """A copy of `x` with the values stored at static indices, in order, in one pass."""
    out = np.array(x)
    for index, v in zip(stores.indices, values):
        out[index.raw] = v
    return out


put_many.vjp(
    x=lambda g, stores: put_many(g, *[np.zeros((), g.dtype)] * len(stores.indices), stores=stores),
    values=lambda g, i, stores: _kept(g, i, stores),
)


def _kept(g, i, stores):
    """The part of a cotangent that belongs to the i-th store, zero where a later one wrote."""
    index = stores.indices[i]
    d = take_static(g, index=index)
    writers = stores.writers(g.shape)
    return d if writers is None else d * (writers[index.raw] == i)


@put_many.batching
def _(x, values, stores):
    places = Stores([behind(k) for k in stores.indices])
    ndims = [np.empty(x.shape[1:], np.bool_)[k.raw].ndim for k in stores.indices]
    return put_many(x, *[_aligned(v, n) for v, n in zip(values, ndims)], stores=places)


def _aligned(v, ndim):
    """A batched value that broadcasts into `ndim` axes: with axes of length one behind its batch axis."""
    extra = ndim - (v.ndim - 1)
    if extra == 0:
        return v
    lone = (1,) * extra if extra > 0 else ()
    return reshape(v, shape=(v.shape[0], *lone, *v.shape[1 + max(-extra, 0) :]))


@put.samples
def _(rng):
    for x, arrays, spec in index_samples(rng):
        part = x[spec.with_arrays(arrays)]
        yield Sample(x, rng.normal(size=part.shape), *arrays, spec=spec)
    yield Sample(rng.normal(size=(4, 2)), rng.normal(size=()), np.array([1, 3, 1]), spec=Index(HOLE))


@put_many.samples
def _(rng):
    x = rng.normal(size=(3, 2))
    yield Sample(x, rng.normal(size=2), rng.normal(size=()), stores=Stores([Index(0), Index((2, 1))]))
    again = Stores([Index(0), Index((Ellipsis, 1)), Index(0)])
    yield Sample(x, rng.normal(size=2), rng.normal(size=3), rng.normal(size=(1, 2)), stores=again)
    yield Sample(x, stores=Stores([]))
