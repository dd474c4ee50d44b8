"""Arrays put together, cut into pieces, reordered and repeated. All of it is linear."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from ..core.space import face
from .layout import as_array, broadcast_to, copy, ndarray, normal_axes, normal_axis, rank, reshape, shape_of
from .roads import fast_road


@primitive(linear="xs")
def stack(*xs, axis=0):
    """Arrays of one shape, side by side along a new axis."""
    return np.stack(xs, axis)


stack.vjp(xs=lambda g, i, axis: take_along(g, i, axis))


def take_along(g, i, axis):
    """`g[..., i, ...]`, with `i` at `axis`."""
    return g[(slice(None),) * normal_axis(axis, g.ndim) + (i,)]


@stack.batching
def _(xs, axis):
    return stack(*xs, axis=normal_axis(axis, xs[0].ndim) + 1)


@stack.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(2, 3)))
    yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), axis=1)
    yield Sample(rng.normal(size=(2,)), rng.normal(size=(2,)), axis=-1)
    yield Sample(rng.normal(size=()), rng.normal(size=()))


@primitive(linear="xs")
def concatenate(*xs, axis=0):
    """Arrays one after the other along an axis; flattened before if it is None."""
    return np.concatenate(xs, axis)


concatenate.vjp(xs=lambda g, i, xs_space, axis: _piece(g, i, xs_space, axis))

_latest_cuts = [(None, None, None)]  # a sweep asks for every piece of one concatenation in turn


def _piece(g, i, spaces, axis):
    """The part of a cotangent that belongs to the i-th array."""
    known, at, cuts = _latest_cuts[0]
    if known is not spaces or at != axis:
        cuts = np.cumsum([0, *(s.size if axis is None else s.shape[axis] for s in spaces)]).tolist()
        _latest_cuts[0] = (spaces, axis, cuts)
    part = slice(cuts[i], cuts[i + 1])
    if axis is None:
        return reshape(g[part], shape=spaces[i].shape)
    return g[(slice(None),) * normal_axis(axis, g.ndim) + (part,)]


@concatenate.batching
def _(xs, axis, size):
    if axis is None:
        return concatenate(*[reshape(x, shape=(size, x.size // size if size else 0)) for x in xs], axis=1)
    return concatenate(*xs, axis=normal_axis(axis, xs[0].ndim - 1) + 1)


@concatenate.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(1, 3)))
    yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(2, 1)), rng.normal(size=(2, 0)), axis=-1)
    yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(2,)), axis=None)
    yield Sample(rng.normal(size=(3,)))


def split(x, indices_or_sections, axis=0):
    """The pieces of an array, as views: so many of equal length, or cut at the indices given."""
    n = shape_of(x)[normal_axis(axis, rank(x))]
    if not np.iterable(indices_or_sections) and n % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return array_split(x, indices_or_sections, axis)


def array_split(x, indices_or_sections, axis=0):
    """The pieces of an array, whose lengths may differ by one."""
    x = as_array(x)
    axis = normal_axis(axis, rank(x))
    n = x.shape[axis]
    if np.iterable(indices_or_sections):
        cuts = [0, *map(int, indices_or_sections), n]
    else:
        sections = int(indices_or_sections)
        if sections <= 0:
            raise ValueError("number sections must be larger than 0.")
        short, extra = divmod(n, sections)
        cuts = [k * short + min(k, extra) for k in range(sections + 1)]
    return [x[(slice(None),) * axis + (slice(a, b),)] for a, b in zip(cuts, cuts[1:])]


# ---- order and repetition -------------------------------------------------------------------------


@fast_road(views=True)
@primitive(linear="x")
def flip(x, *, axis=None):
    """The array with its elements in reverse order along one axis, some or all."""
    return np.flip(x, axis)


flip.vjp(lambda g, axis: flip(g, axis=axis))


@flip.batching
def _(x, axis):
    return flip(x, axis=tuple(a + 1 for a in normal_axes(axis, x.ndim - 1)))


@flip.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)))
    yield Sample(rng.normal(size=(2, 3)), axis=0)
    yield Sample(rng.normal(size=(2, 1, 3)), axis=(-1, 0))
    yield Sample(rng.normal(size=()))


@fast_road
@primitive(linear="x")
def roll(x, *, shift, axis=None):
    """The array shifted cyclically along axes; of the flattened array for None."""
    if type(shift) is int and type(x) is ndarray:
        if x.ndim == 1 and axis in (None, 0, -1) and 0 < x.size <= 1024:
            return x[_cycle(x.size, shift % x.size)]
        if type(axis) is int:
            return _rolled(x, shift, normal_axis(axis, x.ndim))
    return np.roll(x, shift, axis)


@lru_cache(maxsize=128)
def _cycle(n, shift):
    """The index that rolls a short array: NumPy reads by one in a twentieth of the time that `np.roll` takes."""
    return np.roll(np.arange(n), shift)


def _rolled(x, shift, axis):
    """`np.roll` along one axis."""
    k = shift % (x.shape[axis] or 1)
    before = (slice(None),) * axis
    return (
        np.concatenate((x[(*before, slice(-k, None))], x[(*before, slice(None, -k))]), axis)
        if k
        else x.copy()
    )


roll.vjp(lambda g, shift, axis: roll(g, shift=_negative(shift), axis=axis))


def _negative(shift):
    return tuple(-s for s in shift) if isinstance(shift, tuple) else -shift


@roll.batching
def _(x, shift, axis, size):
    if axis is None:
        total = shift if not isinstance(shift, tuple) else int(np.sum(shift))
        flat = reshape(x, shape=(size, x.size // size if size else 0))
        return reshape(roll(flat, shift=total, axis=1), shape=x.shape)
    axis = axis if isinstance(axis, tuple) else (axis,)
    return roll(x, shift=shift, axis=tuple(normal_axis(a, x.ndim - 1) + 1 for a in axis))


@roll.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)), shift=2)
    yield Sample(rng.normal(size=(2, 3)), shift=-1, axis=1)
    yield Sample(rng.normal(size=(2, 1, 3)), shift=(1, 5), axis=(0, -1))
    yield Sample(rng.normal(size=(0, 2)), shift=1, axis=0)


@primitive(linear="x")
def repeat(x, *, repeats, axis=None):
    """Each element repeated along an axis: equally often, or as often as a tuple says."""
    return np.repeat(x, repeats, axis)


repeat.vjp(lambda g, x_space, repeats, axis: _collect(g, x_space, repeats, axis))


def _collect(g, space, repeats, axis):
    """The sums over the copies that `repeat` made."""
    if axis is None:
        flat = type(space)((space.size,), space.dtype)
        return reshape(_collect(g, flat, repeats, 0), shape=space.shape)
    axis = normal_axis(axis, space.ndim)
    n = space.shape[axis]
    if isinstance(repeats, tuple) and len(repeats) == 1:
        repeats = repeats[0]
    if isinstance(repeats, tuple):
        rows = np.repeat(np.arange(n), repeats)
        from .index import HOLE, Index, scatter_add  # this file comes before it

        spec = Index((*(slice(None),) * axis, HOLE))
        return scatter_add(g, rows, spec=spec, shape=space.shape)
    pieces = reshape(g, shape=(*space.shape[:axis], n, repeats, *space.shape[axis + 1 :]))
    return face("sum")(pieces, axis=axis + 1)


@repeat.batching
def _(x, repeats, axis, size):
    if axis is None:
        return repeat(reshape(x, shape=(size, x.size // size if size else 0)), repeats=repeats, axis=1)
    return repeat(x, repeats=repeats, axis=normal_axis(axis, x.ndim - 1) + 1)


@repeat.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)), repeats=2)
    yield Sample(rng.normal(size=(2, 3)), repeats=3, axis=-1)
    yield Sample(rng.normal(size=(2, 3)), repeats=(2, 0, 1), axis=1)
    yield Sample(rng.normal(size=(2, 2)), repeats=(2, 0, 1, 1))
    yield Sample(rng.normal(size=()), repeats=2)
    yield Sample(rng.normal(size=(2, 3)), repeats=(0,), axis=0)


def tile(x, reps):
    """The array repeated as a whole, `reps` times along each axis."""
    reps = tuple(map(int, reps)) if np.iterable(reps) else (int(reps),)
    x = as_array(x)
    n = max(len(reps), x.ndim)
    reps, shape = (1,) * (n - len(reps)) + reps, (1,) * (n - x.ndim) + x.shape
    thin = reshape(x, shape=tuple(k for m in shape for k in (1, m)))
    full = broadcast_to(thin, shape=tuple(k for r, m in zip(reps, shape) for k in (r, m)))
    out = reshape(full, shape=tuple(r * m for r, m in zip(reps, shape)))
    return copy(out) if type(out) is ndarray else out
