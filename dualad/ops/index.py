"""Indexing, in two kinds. *Static* indices (integers, slices, None, Ellipsis) are parameters of
`take_static`, whose adjoint `put_static` places a cotangent among zeros. Masks and integer arrays are data of
`gather`, whose adjoint `scatter_add` lets repeated indices accumulate. In a sweep both add into the parent's
buffer instead.
"""

from __future__ import annotations

import numpy as np

from ..core import trace as core_trace
from ..core.batch import BranchError
from ..core.errors import at_user_line
from ..core.forward import Dual
from ..core.primitive import primitive
from ..core.reverse import Var
from ..core.samples import Sample
from ..core.trace import Box, Writing, settled
from .join import stack
from .layout import as_array, broadcast_to, inverse, reshape, transpose
from .roads import dual, fast_road, link, tape
from .scatter import add_at

ndarray = np.ndarray


class _Hole:
    """The place in an index where an array belongs."""

    def __repr__(self):
        return "HOLE"


HOLE = _Hole()


class Index:
    """An index as a hashable parameter. `raw` is what NumPy takes, but for a `HOLE` per index array."""

    __slots__ = ("raw",)

    def __init__(self, raw):
        self.raw = raw

    def entries(self) -> tuple:
        return self.raw if type(self.raw) is tuple else (self.raw,)

    def key(self):
        return tuple((slice, e.start, e.stop, e.step) if type(e) is slice else e for e in self.entries())

    def with_arrays(self, arrays):
        """The index for NumPy, its holes filled with `arrays` in turn."""
        if self.raw is HOLE:
            return arrays[0]
        rest = iter(arrays)
        return tuple(next(rest) if e is HOLE else e for e in self.entries())

    def __eq__(self, other):
        return isinstance(other, Index) and self.key() == other.key()

    def __hash__(self):
        return hash(self.key())

    def __repr__(self):
        return f"Index({self.raw!r})"


_STATIC = {int, slice, type(None), type(Ellipsis), np.int64, np.intp}


def is_static(index) -> bool:
    """Whether an index consists of integers, slices, None and Ellipsis alone."""
    if type(index) is tuple:
        for e in index:
            if type(e) not in _STATIC and not isinstance(e, np.integer):
                return False
        return True
    return type(index) in _STATIC or isinstance(index, np.integer)


# ---- static indices -------------------------------------------------------------------------------


@fast_road(views=True)
@primitive(linear="x")
def take_static(x, *, index):
    """The part of an array that integers, slices, None and Ellipsis point at; a view."""
    return x[index.raw]


take_static.vjp(lambda g, x_space, index: put_static(g, index=index, shape=x_space.shape))


@take_static.vjp_into
def _(buffer, g, index):
    part = buffer[index.raw]
    if type(part) is ndarray:  # a view; `buffer[...] += g` would copy it onto itself in the end
        part += g
    else:
        buffer[index.raw] = part + g


@take_static.batching
def _(x, index):
    return take_static(x, index=behind(index))


def behind(index: Index) -> Index:
    """The same index, behind a batch axis."""
    return Index((slice(None), *index.entries()))


@fast_road
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


# ---- masks and integer arrays ---------------------------------------------------------------------


@primitive(linear="x", flat_args="indices")
def gather(x, *indices, spec):
    """The elements that integer arrays and masks point at; `spec` says where in the index they stand."""
    return as_array(x)[spec.with_arrays(indices)]


gather.vjp(x=lambda g, x_space, indices, spec: scatter_add(g, *indices, spec=spec, shape=x_space.shape))


@gather.vjp_into
def _(buffer, g, indices, spec):
    if any(isinstance(i, Box) for i in indices):
        return NotImplemented
    add_at(buffer, spec.with_arrays(indices), g)


@primitive(linear="x", flat_args="indices")
def scatter_add(x, *indices, spec, shape):
    """Zeros of `shape` to which `x` is added where the index points: the adjoint of `gather`."""
    x = as_array(x)
    out = np.zeros(shape, x.dtype)
    add_at(out, spec.with_arrays(indices), x)
    return out


scatter_add.vjp(x=lambda g, indices, spec: gather(g, *indices, spec=spec))


@gather.batching
def _(x, indices, spec, mask, size):
    if not any(mask[1:]):
        indices, spec = without_masks(indices, spec, x.shape[1:])
        out = gather(x, *indices, spec=behind(spec))
        return transpose(out, axes=batch_to_front(spec, indices, x.ndim - 1, out.ndim))
    x = x if mask[0] else spread_rows(x, size)
    indices, spec, order = with_rows(indices, spec, mask[1:], x.shape[1:], size)
    return transpose(gather(x, *indices, spec=spec), axes=order)


@scatter_add.batching
def _(x, indices, spec, shape, mask, size):
    x = x if mask[0] else spread_rows(x, size)
    if not any(mask[1:]):
        indices, spec = without_masks(indices, spec, shape)
        order, spec = batch_to_front(spec, indices, len(shape), x.ndim), behind(spec)
    else:
        indices, spec, order = with_rows(indices, spec, mask[1:], shape, size)
    return scatter_add(transpose(x, axes=inverse(order)), *indices, spec=spec, shape=(size, *shape))


def spread_rows(x, size):
    """`x` once for every row of a batch."""
    return broadcast_to(x, shape=(size, *np.shape(x)))


def without_masks(indices, spec, shape):
    """The same index of an array of `shape`, with every mask replaced by the integer arrays of its True elements."""
    if not any(i.dtype == bool for i in indices):
        return indices, spec
    return _numbered(indices, spec, [False] * len(indices), shape)[:2]


def _numbered(indices, spec, batched, shape):
    entries, arrays, flags = [], [], []
    ranks = [max(i.ndim - b, 0) if i.dtype == bool else 1 for i, b in zip(indices, batched)]
    rest = iter(zip(indices, batched, ranks))
    axis, hidden = 0, len(shape) - axes_used(spec) - sum(ranks) + len(ranks)
    for e in spec.entries():
        if e is not HOLE:
            entries.append(e)
            axis += hidden if e is Ellipsis else e is not None
            continue
        i, b, rank = next(rest)
        if i.dtype == bool:
            check_mask(i.shape[i.ndim - rank :], shape[axis : axis + rank])
        axis += rank
        found = _places(i, b) if i.dtype == bool else (i,)
        entries += [HOLE] * len(found)
        arrays += found
        flags += [b] * len(found)
    return arrays, Index(tuple(entries)), flags


def check_mask(shape, axes):
    """NumPy's refusal of a mask that is no mask of these axes."""
    if tuple(shape) != tuple(axes):
        raise IndexError(f"a mask of shape {tuple(shape)} does not fit axes of the sizes {tuple(axes)}")


def _places(mask, batched):
    """The integer arrays of a mask's True elements; a batched mask needs equally many in every row."""
    if not isinstance(mask, Box):
        if not batched:
            return np.nonzero(mask)
        found = np.nonzero(mask)
        counts = np.bincount(found[0], minlength=len(mask))
        if len(counts) and (counts == counts[0]).all():
            return tuple(f.reshape(len(mask), counts[0]) for f in found[1:])
    raise BranchError(
        f"a mask batched by vmap selects another number of elements in each row{at_user_line()}; "
        "write np.where(mask, a, b)"
    )


def axes_used(spec) -> int:
    """How many axes an index without masks speaks of."""
    return sum(e is not None and e is not Ellipsis for e in spec.entries())


def block(spec, indices, ndim):
    """Where the axes of the index arrays stand in the result: (how many, axes before them, contiguous)."""
    count = len(np.broadcast_shapes(*[i.shape for i in indices]))
    before, at, gaps, ended = 0, None, False, False
    for e in spec.entries():
        if e is HOLE or isinstance(e, (int, np.integer)):
            at = before if at is None else at
            gaps = gaps or ended
        else:
            ended = at is not None
            before += ndim - axes_used(spec) if e is Ellipsis else 1
    return count, at, not gaps


def batch_to_front(spec, indices, ndim, out_ndim):
    """The transposition that brings the batch axis to the front, for an index behind a batch axis."""
    count, _, contiguous = block(spec, indices, ndim)
    place = 0 if contiguous else count
    return (place, *(a for a in range(out_ndim) if a != place))


def with_rows(indices, spec, batched, shape, size):
    """An index of rows of `shape` with one more array in front, the number of the row, and the way back to the usual
    order."""
    ndim = len(shape)
    if any(i.dtype == bool for i in indices):
        indices, spec, batched = _numbered(indices, spec, batched, shape)
    rank = max(i.ndim - b for i, b in zip(indices, batched))
    indices = [
        reshape(i, shape=(size, *(1,) * (rank - i.ndim + 1), *i.shape[1:])) if b else i
        for i, b in zip(indices, batched)
    ]
    rows = np.arange(size).reshape(size, *(1,) * rank)
    core = [i if not b else np.empty(i.shape[1:], bool) for i, b in zip(indices, batched)]
    count, before, contiguous = block(spec, core, ndim)
    before = before if contiguous else 0
    # NumPy's order: rows, index arrays, the axes before, the axes after; wanted: rows, before, arrays, after.
    kept = [e for e in spec.entries() if type(e) is slice or e is None]
    total = 1 + count + len(kept) + ndim - axes_used(spec)
    order = (
        0,
        *range(1 + count, 1 + count + before),
        *range(1, 1 + count),
        *range(1 + count + before, total),
    )
    return [rows, *indices], Index((HOLE, *spec.entries())), order


def read_index(index):
    """A general index as `(arrays, spec)`."""
    entries = index if type(index) is tuple else (index,)
    arrays, raw = [], []
    for e in entries:
        if type(e) in _STATIC:
            raw.append(e)
        elif isinstance(e, np.integer):
            raw.append(int(e))
        else:
            arrays.append(_index_array(e))
            raw.append(HOLE)
    return arrays, Index(tuple(raw) if type(index) is tuple else raw[0])


def _index_array(e):
    if isinstance(e, Box):
        return settled(e)
    a = np.asarray(e)
    return a if a.size or isinstance(e, np.ndarray) else a.astype(np.intp)


_take = take_static.primitive


def _bottom(x):
    """The value under all variables and dual numbers."""
    while type(x) is Var or type(x) is Dual:
        x = x.value
    return x


def _part(x, index, params):
    """`x[index]` through all layers of `x`. Only the outermost is linked to what it is a part of: the layers inside
    are nobody's to store into."""
    t = type(x)
    if t is ndarray:
        return x[index]
    if t is Var:
        return tape(_take, x, _part(x.value, index, params), params)
    if t is Dual:
        return dual(x, _part(x.value, index, params), _part(x.aux, index, params))
    return take_static(x, **params)


def getitem(x, index):
    """`x[index]` for every index that NumPy understands."""
    if is_static(index):
        t = type(x)
        if t is Var or t is Dual:
            params = {"index": Index(index)}
            if type(_bottom(x)) is not ndarray:
                return take_static(x, **params)
            r = _part(x, index, params)
            return link(x, r, _take, params) if type(_bottom(r)) is ndarray else r  # a number is no view
        elif t is Writing:
            r = Writing.read_stores(x, index)
            if r is not None:
                return link(x, r, _take, {"index": Index(index)}) if r.shape else r
        elif t is ndarray:
            return x[index]
        return take_static(x, index=Index(index))
    arrays, spec = read_index(index)
    return gather(x, *arrays, spec=spec)


@gather.samples
def _(rng):
    for x, arrays, spec in index_samples(rng):
        yield Sample(x, *arrays, spec=spec)


@scatter_add.samples
def _(rng):
    for x, arrays, spec in index_samples(rng):
        part = x[spec.with_arrays(arrays)]
        yield Sample(rng.normal(size=part.shape), *arrays, spec=spec, shape=x.shape)


def index_samples(rng):
    """Data, index arrays and spec of every kind of advanced index."""
    x = rng.normal(size=(4, 3, 2))
    i = np.array([1, 0, 1])
    yield rng.normal(size=5), (np.array([0, 2, 2, -1]),), Index(HOLE)
    yield x, (np.array([[0, 2], [2, -1]]),), Index(HOLE)
    yield x, (i,), Index((slice(None), HOLE))
    yield x, (i, i[:, None]), Index((HOLE, HOLE))
    yield x, (i, i), Index((HOLE, slice(None, None, -1), HOLE))
    yield x, (i,), Index((0, slice(None), HOLE))
    yield x, (i,), Index((Ellipsis, None, HOLE, 1))
    yield x, (x > 0,), Index(HOLE)
    yield x, (x[:, 0, 0] > 0, np.array(1)), Index((HOLE, slice(1, None), HOLE))
    yield x, (np.zeros(0, int),), Index(HOLE)


def added_at(x, index, v):
    """`x` with `v` added at an index, places named twice included: `np.add.at` as a function."""
    model = np.broadcast_to(np.zeros((), bool), x.shape)
    if is_static(index):
        v = broadcast_to(v, shape=model[index].shape)
        return x + put_static(v, index=Index(index), shape=x.shape)
    arrays, spec = read_index(index)
    if not any(isinstance(a, Box) for a in arrays):
        v = broadcast_to(v, shape=model[spec.with_arrays(arrays)].shape)
    return x + scatter_add(v, *arrays, spec=spec, shape=x.shape)


def from_nested(values):
    """An array of a nested list: of boxes too, which `stack` puts side by side."""
    if not _has_box(values):
        return np.asarray(values)
    return stack(*[from_nested(v) if type(v) in (list, tuple) else v for v in values], axis=0)


def _has_box(values) -> bool:
    return any(_has_box(v) if type(v) in (list, tuple) else isinstance(v, Box) for v in values)


core_trace.as_array_hook[0] = from_nested
