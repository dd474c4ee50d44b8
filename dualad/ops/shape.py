"""Shapes: the operations that move numbers and compute none. All of them are linear, each in the adjoint pair
that is its transpose: reshape and reshape back, transpose and its inverse, broadcast_to and sum,
concatenate and slices, pad and crop, diagonal and its embedding.

The views that NumPy returns are kept as views, stride 0 included: neither engine ever writes into a
value, nor into a cotangent that it does not own.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from ..core.space import face
from .roads import fast_road

ndarray = np.ndarray


def as_array(x):
    """`x` itself if it is an array or a box, else the array of it."""
    return x if hasattr(x, "reshape") else np.asarray(x)


def rank(x) -> int:
    return x.ndim if hasattr(x, "ndim") else np.ndim(x)


def shape_of(x) -> tuple:
    return x.shape if hasattr(x, "shape") else np.shape(x)


def normal_axis(axis: int, ndim: int) -> int:
    """`axis` as a number in 0 … ndim-1, or NumPy's AxisError."""
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return axis % ndim


def normal_axes(axis, ndim: int) -> tuple[int, ...]:
    """None, one axis or several as a tuple of axes in 0 … ndim-1."""
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, tuple):
        return (normal_axis(axis, ndim),)
    axes = tuple(normal_axis(a, ndim) for a in axis)
    if len(set(axes)) != len(axes):
        raise ValueError("repeated axis")
    return axes


# ---- reshape, transpose, broadcast ----------------------------------------------------------------


@fast_road(views=True)
@primitive(linear="x")
def reshape(x, *, shape, order="C"):
    """The same numbers in another shape; one entry of `shape` may be -1."""
    if order == "A":
        raise ValueError("order='A' depends on the memory layout, which a traced array has not; say 'C' or 'F'")
    return as_array(x).reshape(shape, order=order)


reshape.vjp(lambda g, x_space, order: reshape(g, shape=x_space.shape, order=order))


@reshape.batching
def _(x, shape, order, size):
    shape = resolve(shape, x.size // size if size else 0)
    if order == "C":
        return reshape(x, shape=(size, *shape))
    # Fortran's order is C's order of the transpose; the batch axis stays in front.
    x = transpose(x, axes=(0, *range(x.ndim - 1, 0, -1)))
    x = reshape(x, shape=(size, *shape[::-1]))
    return transpose(x, axes=(0, *range(x.ndim - 1, 0, -1)))


def resolve(shape, size: int) -> tuple[int, ...]:
    """`shape` with its -1 replaced by what `size` leaves for it."""
    shape = (shape,) if not isinstance(shape, tuple) else shape
    if -1 not in shape:
        return shape
    rest = -1
    for n in shape:
        rest *= n
    if rest <= 0 or size % rest:
        raise ValueError(f"cannot reshape array of size {size} into shape {shape}")
    return tuple(size // rest if n == -1 else n for n in shape)


@reshape.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)), shape=(3, 2))
    yield Sample(rng.normal(size=(2, 3)), shape=(-1,), order="F")
    yield Sample(rng.normal(size=(2, 3, 2)), shape=(3, -1), order="F")
    yield Sample(rng.normal(size=(1,)), shape=())
    yield Sample(rng.normal(size=()), shape=(1, 1))
    yield Sample(rng.normal(size=(2, 0, 3)), shape=(0, 6))


@fast_road(views=True)
@primitive(linear="x")
def transpose(x, *, axes=None):
    """The axes in another order; reversed for None."""
    return as_array(x).transpose(axes)


transpose.vjp(lambda g, axes: transpose(g, axes=inverse(axes)))


def inverse(axes):
    """The permutation that undoes `axes`."""
    if axes is None:
        return None
    back = [0] * len(axes)
    for i, a in enumerate(axes):
        back[a] = i
    return tuple(back)


@transpose.batching
def _(x, axes):
    n = x.ndim - 1
    axes = range(n - 1, -1, -1) if axes is None else [normal_axis(a, n) for a in axes]
    return transpose(x, axes=(0, *(a + 1 for a in axes)))


@transpose.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)))
    yield Sample(rng.normal(size=(2, 1, 3)), axes=(2, 0, 1))
    yield Sample(rng.normal(size=(2, 1, 3)), axes=(-2, 0, -1))
    yield Sample(rng.normal(size=()))
    yield Sample(rng.normal(size=(2, 0, 3)), axes=(1, 2, 0))


def filled(x, shape):
    """`np.broadcast_to`, as a copy where that is small: a view costs NumPy 3 µs, filling 0.4."""
    if type(shape) is tuple:
        n = 1
        for k in shape:
            n *= k
        if n <= 2048 and x.ndim <= len(shape):
            out = np.empty(shape, x.dtype)
            out[...] = x
            return out
    return np.broadcast_to(x, shape)


@fast_road
@primitive(linear="x")
def broadcast_to(x, *, shape):
    """The array repeated along new axes and axes of length one."""
    return filled(as_array(x), shape)


broadcast_to.vjp(lambda g, x_space: x_space.fit(g))


@broadcast_to.batching
def _(x, shape, size):
    shape = (shape,) if not isinstance(shape, tuple) else shape
    x = reshape(x, shape=(size,) + (1,) * (len(shape) - x.ndim + 1) + x.shape[1:])
    return broadcast_to(x, shape=(size, *shape))


@broadcast_to.samples
def _(rng):
    yield Sample(rng.normal(size=(3,)), shape=(2, 3))
    yield Sample(rng.normal(size=(2, 1, 3)), shape=(4, 2, 2, 3))
    yield Sample(rng.normal(size=()), shape=(2,))
    yield Sample(rng.normal(size=(1, 3)), shape=(0, 3))
    yield Sample(rng.normal(size=(2, 3)), shape=(2, 3))


@fast_road(views=True)
@primitive(linear="x")
def squeeze(x, *, axis=None):
    """The array without its axes of length one, or without those named."""
    return as_array(x).squeeze(axis)


squeeze.vjp(lambda g, x_space: reshape(g, shape=x_space.shape))


@squeeze.batching
def _(x, axis):
    if axis is None:
        return squeeze(x, axis=tuple(i for i, n in enumerate(x.shape) if i and n == 1))
    return squeeze(x, axis=tuple(a + 1 for a in normal_axes(axis, x.ndim - 1)))


@squeeze.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 1, 3)))
    yield Sample(rng.normal(size=(1, 2, 1)), axis=0)
    yield Sample(rng.normal(size=(1, 2, 1)), axis=(0, -1))
    yield Sample(rng.normal(size=(1,)))
    yield Sample(rng.normal(size=(0, 1)))


@fast_road(views=True)
@primitive(linear="x")
def expand_dims(x, *, axis):
    """The array with new axes of length one at the places `axis` of the result."""
    return np.expand_dims(x, axis)


expand_dims.vjp(lambda g, x_space: reshape(g, shape=x_space.shape))


@expand_dims.batching
def _(x, axis):
    axis = axis if isinstance(axis, tuple) else (axis,)
    return expand_dims(x, axis=tuple(a + 1 for a in normal_axes(axis, x.ndim - 1 + len(axis))))


@expand_dims.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)), axis=0)
    yield Sample(rng.normal(size=(2, 3)), axis=(-1, 1))
    yield Sample(rng.normal(size=()), axis=0)
    yield Sample(rng.normal(size=(0,)), axis=-1)


def ravel(x, order="C"):
    """The numbers in one dimension."""
    return reshape(x, shape=(-1,), order=order)


def swapaxes(x, axis1, axis2):
    """The array with two axes interchanged."""
    axes = list(range(rank(x)))
    axis1, axis2 = normal_axis(axis1, len(axes)), normal_axis(axis2, len(axes))
    axes[axis1], axes[axis2] = axis2, axis1
    return transpose(x, axes=tuple(axes))


def moveaxis(x, source, destination):
    """The array with the axes `source` moved to the places `destination`."""
    return transpose(x, axes=moved(rank(x), source, destination))


def moved(ndim, source, destination):
    """The axes of the transposition that moves `source` to `destination`."""
    source, destination = _as_axes(source, ndim), _as_axes(destination, ndim)
    if len(source) != len(destination):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    axes = [a for a in range(ndim) if a not in source]
    for d, a in sorted(zip(destination, source)):
        axes.insert(d, a)
    return tuple(axes)


def _as_axes(axis, ndim):
    return normal_axes(tuple(axis) if np.iterable(axis) else axis, ndim)


# ---- joining --------------------------------------------------------------------------------------


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


@primitive(linear="x")
def roll(x, *, shift, axis=None):
    """The array shifted cyclically along axes; of the flattened array for None."""
    return np.roll(x, shift, axis)


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


# ---- triangles and diagonals ----------------------------------------------------------------------


@primitive(linear="x")
def tril(x, *, k=0):
    """The lower triangle of matrices, up to the diagonal `k`; zeros above."""
    return np.tril(x, k)


tril.vjp(lambda g, x_space, k: x_space.fit(tril(g, k=k)))


@primitive(linear="x")
def triu(x, *, k=0):
    """The upper triangle of matrices, from the diagonal `k`; zeros below."""
    return np.triu(x, k)


triu.vjp(lambda g, x_space, k: x_space.fit(triu(g, k=k)))


def _as_matrices(x):
    """A row counts as a square matrix of equal rows, as it does for `np.tril`."""
    return x if x.ndim > 2 else broadcast_to(x[:, None], shape=(x.shape[0], x.shape[1], x.shape[1]))


@tril.batching
def _(x, k):
    return tril(_as_matrices(x), k=k)


@triu.batching
def _(x, k):
    return triu(_as_matrices(x), k=k)


def _triangle_samples(rng):
    yield Sample(rng.normal(size=(3, 3)))
    yield Sample(rng.normal(size=(2, 3, 2)), k=-1)
    yield Sample(rng.normal(size=(2, 3)), k=1)
    yield Sample(rng.normal(size=(3,)))
    yield Sample(rng.normal(size=(2, 0, 3)))


tril.samples(_triangle_samples)
triu.samples(_triangle_samples)


@primitive(linear="x")
def diagonal(x, *, offset=0, axis1=0, axis2=1):
    """The diagonals of the matrices that two axes span, along a new last axis; a view."""
    return as_array(x).diagonal(offset, axis1, axis2)


diagonal.vjp(
    lambda g, x_space, offset, axis1, axis2: put_diagonal(
        g, shape=x_space.shape, offset=offset, axis1=axis1, axis2=axis2
    )
)


@primitive(linear="x")
def put_diagonal(x, *, shape, offset=0, axis1=0, axis2=1):
    """Zeros of `shape` with `x` on the diagonals that `diagonal` would take."""
    x = as_array(x)
    out = np.zeros(shape, x.dtype)
    i = np.arange(x.shape[-1])
    matrices = np.moveaxis(out, (axis1, axis2), (-2, -1))
    matrices[..., i + max(-offset, 0), i + max(offset, 0)] = x
    return out


put_diagonal.vjp(
    lambda g, offset, axis1, axis2: diagonal(g, offset=offset, axis1=axis1, axis2=axis2),
)


@diagonal.batching
def _(x, offset, axis1, axis2):
    n = x.ndim - 1
    return diagonal(x, offset=offset, axis1=normal_axis(axis1, n) + 1, axis2=normal_axis(axis2, n) + 1)


@put_diagonal.batching
def _(x, shape, offset, axis1, axis2, size):
    axis1, axis2 = normal_axis(axis1, len(shape)) + 1, normal_axis(axis2, len(shape)) + 1
    return put_diagonal(x, shape=(size, *shape), offset=offset, axis1=axis1, axis2=axis2)


@diagonal.samples
def _(rng):
    yield Sample(rng.normal(size=(3, 3)))
    yield Sample(rng.normal(size=(2, 4)), offset=1)
    yield Sample(rng.normal(size=(3, 2, 4)), offset=-1, axis1=-1, axis2=0)
    yield Sample(rng.normal(size=(2, 3)), offset=5)


@put_diagonal.samples
def _(rng):
    yield Sample(rng.normal(size=(3,)), shape=(3, 3))
    yield Sample(rng.normal(size=(2,)), shape=(2, 4), offset=1)
    yield Sample(rng.normal(size=(2, 3)), shape=(3, 2, 4), offset=-1, axis1=2, axis2=-3)


def diag(v, k=0):
    """The diagonal of a matrix, or the matrix with a given diagonal."""
    v = as_array(v)
    if v.ndim == 2:
        return diagonal(v, offset=k)
    if v.ndim != 1:
        raise ValueError("Input must be 1- or 2-d.")
    n = v.shape[0] + abs(k)
    return put_diagonal(v, shape=(n, n), offset=k)


# ---- copies and casts -----------------------------------------------------------------------------


@primitive(linear="x")
def copy(x):
    """The array, in memory of its own."""
    return np.array(x)


copy.vjp(lambda g: g)


@copy.batching
def _(x):
    return copy(x)


@copy.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)))
    yield Sample(rng.normal(size=()))


@primitive
def astype(x, *, dtype):
    """The array cast to a dtype. Between floating-point types it is linear, to integers and booleans flat."""
    return as_array(x).astype(dtype)


astype.jvp(lambda dx, dtype, x_space: astype(dx, dtype=dtype) if np.dtype(dtype).kind in "fc" else None)
astype.vjp(lambda g, x_space: x_space.fit(g))


@astype.batching
def _(x, dtype):
    return astype(x, dtype=dtype)


@astype.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)), dtype=np.float64)
    yield Sample(rng.normal(size=(2, 3)), dtype=np.complex128)
    yield Sample(rng.normal(size=(2, 3)), dtype=np.int64, smooth=False, complex=False)
