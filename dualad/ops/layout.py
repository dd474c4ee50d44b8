"""Shapes: the operations that move numbers and compute none. All of them are linear, each in the adjoint pair
that is its transpose: reshape and reshape back, transpose and its inverse, broadcast_to and sum,
and in the files beside this one concatenate and slices, pad and crop, diagonal and its embedding.

The views that NumPy returns are kept as views, stride 0 included: neither engine ever writes into a
value, nor into a cotangent that it does not own.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import NotDifferentiable, at_user_line
from ..core.primitive import primitive
from ..core.samples import Sample
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
        raise ValueError("order='A' is 'F' or 'C', by how x lies in memory: say which")
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


@fast_road(views="always")
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


def as_dtype(spelling) -> np.dtype:
    """A dtype of any spelling; one of them is its class."""
    return spelling() if isinstance(spelling, type) and issubclass(spelling, np.dtype) else np.dtype(spelling)


def cast(x, dtype):
    """`astype` for every spelling of a dtype. Objects, strings and dates would lose the derivative: refused."""
    dtype = as_dtype(dtype)
    if dtype.kind not in "biufc":
        raise NotDifferentiable(
            f"a traced value cannot become {dtype}{at_user_line()}, which holds no derivative; "
            "cast dualad.stop_gradient(x)"
        )
    return x if x.dtype == dtype else astype(x, dtype=dtype)


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
