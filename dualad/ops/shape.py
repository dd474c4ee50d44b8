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


@primitive(linear="x")
def broadcast_to(x, *, shape):
    """The array repeated along new axes and axes of length one, without copying."""
    return np.broadcast_to(x, shape)


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
