"""Triangles and diagonals of matrices, and of stacks of them."""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from .layout import as_array, broadcast_to, normal_axis
from .roads import fast_road


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


@fast_road(views=True)
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
