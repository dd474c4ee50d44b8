"""Products that sum: `dot`, `inner`, `outer`, `tensordot` …; `matmul` and `einsum` have files of their own.

All are linear in each operand, so each is its own tangent. Their adjoints are tensordots: the cotangent
of one operand sums over the free axes of the other. No conjugates, but where the operation itself has one
(`vdot`, `vecdot`).
"""

from __future__ import annotations

import numpy as np

from ..core.errors import WITHOUT_DERIVATIVE
from ..core.primitive import Primitive, attach_rule_setters, primitive
from ..core.reverse import Var
from ..core.samples import Sample
from ..core.space import space_of
from ..core.trace import bind
from . import shape as shapes
from .einsum import einsum as einsum
from .matmul import conj, mH, mT, strict_product
from .matmul import matmul as matmul
from .products import as_array, is_traced
from .products import cross as cross
from .products import kron as kron
from .products import matvec as matvec
from .products import multi_dot as multi_dot
from .products import vecdot as vecdot
from .products import vecmat as vecmat
from .roads import is_plain_dual, pushed_alone, record

# ---- tensordot -------------------------------------------------------------------------------------


def _evaluate(a, b, *, axes=2):
    """Sum of products over axes of `a` paired with axes of `b`; the free axes of both remain, in order.

    `axes` is a number (the last axes of `a` with the first of `b`), or a pair of axes or of sequences of
    axes.
    """
    return np.tensordot(a, b, axes)


_tensordot = Primitive("tensordot", _evaluate)
_tensordot.read_signature(_evaluate)
_tensordot.multilinear = ("a", "b")


def tensordot(a, b, axes=2):
    a, b = as_array(a), as_array(b)
    axes = paired_axes(axes, a.ndim, b.ndim)
    if is_traced(a, b):
        return bind(_tensordot, (a, b), {"axes": axes})
    return np.tensordot(a, b, axes)


tensordot.__doc__ = _evaluate.__doc__
attach_rule_setters(_tensordot, tensordot)


def paired_axes(axes, ra, rb):
    """`axes` as a pair of tuples of non-negative axes."""
    if not isinstance(axes, (tuple, list)) and np.ndim(axes) == 0:
        n = int(axes)
        if n > min(ra, rb) or n < 0:
            raise ValueError(f"tensordot: axes={n} for operands with {ra} and {rb} axes")
        return tuple(range(ra - n, ra)), tuple(range(n))
    of_a, of_b = ((x,) if np.ndim(x) == 0 else tuple(x) for x in axes)
    if len(of_a) != len(of_b):
        raise ValueError(f"tensordot: {len(of_a)} axes of a are paired with {len(of_b)} of b")
    return (
        tuple(shapes.normal_axis(int(k), ra) for k in of_a),
        tuple(shapes.normal_axis(int(k), rb) for k in of_b),
    )


def free_axes(rank, summed):
    return tuple(k for k in range(rank) if k not in summed)


def cotangent_of_a(g, b, rank, axes):
    """The cotangent of the operand with `rank` axes: `g` and `b`, summed over the free axes of `b`."""
    of_a, of_b = axes
    free_b = free_axes(b.ndim, of_b)
    d = tensordot(g, b, (tuple(range(g.ndim - len(free_b), g.ndim)), free_b))
    # What is left: the free axes of a, then the summed ones in the order in which b has them.
    order = free_axes(rank, of_a) + tuple(of_a[of_b.index(k)] for k in sorted(of_b))
    return put_axes(d, order)


def cotangent_of_b(g, a, rank, axes):
    of_a, of_b = axes
    free_a = free_axes(a.ndim, of_a)
    d = tensordot(a, g, (free_a, tuple(range(len(free_a)))))
    order = tuple(of_b[of_a.index(k)] for k in sorted(of_a)) + free_axes(rank, of_b)
    return put_axes(d, order)


def put_axes(d, order):
    """`d` with its k-th axis at place order[k]."""
    return d if order == tuple(range(len(order))) else d.transpose(shapes.inverse(order))


tensordot.vjp(
    a=lambda g, b, a_space, axes: cotangent_of_a(g, b, a_space.ndim, axes),
    b=lambda g, a, b_space, axes: cotangent_of_b(g, a, b_space.ndim, axes),
)


@tensordot.batching
def _(a, b, mask, axes):
    return batched_tensordot(a, b, mask, axes)


def batched_tensordot(a, b, mask, axes):
    """As a product of matrices, (batch, free of a, summed) @ (batch, summed, free of b)."""
    (in_batch_a, in_batch_b), (of_a, of_b) = map(int, mask), axes
    free_a, free_b = free_axes(a.ndim - in_batch_a, of_a), free_axes(b.ndim - in_batch_b, of_b)
    left = as_matrices(a, mask[0], free_a, of_a)
    right = as_matrices(b, mask[1], of_b, free_b)
    out = matmul(left, right) if mask[1] else _one_matrix(left, right)
    tail = [a.shape[k + in_batch_a] for k in free_a] + [b.shape[k + in_batch_b] for k in free_b]
    return out.reshape((out.shape[0], *tail))


def _one_matrix(stack, matrix):
    size, n, k = stack.shape
    return matmul(stack.reshape((size * n, k)), matrix).reshape((size, n, matrix.shape[1]))


def as_matrices(x, batched, rows, columns):
    """The axes `rows` and `columns` of `x` made one axis each, behind the batch axis if there is one."""
    order = tuple(k + int(batched) for k in (*rows, *columns))
    sizes = [x.shape[k] for k in order]
    n, m = int(np.prod(sizes[: len(rows)], dtype=int)), int(np.prod(sizes[len(rows) :], dtype=int))
    if not batched:
        return x.transpose(order).reshape((n, m))
    return x.transpose((0, *order)).reshape((x.shape[0], n, m))


@tensordot.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3, 2)), rng.normal(size=(3, 2, 2)), axes=2)
    yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(4,)), axes=0)
    yield Sample(rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 2, 3)), axes=((0, 2), (1, 0)))
    yield Sample(rng.normal(size=(2, 3, 4)), rng.normal(size=(5, 4, 3)), axes=((1, 2), (2, 1)))
    yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(3, 2)), axes=((-1,), (0,)))
    yield Sample(rng.normal(size=(2, 0)), rng.normal(size=(0, 3)), axes=1)


# ---- dot, inner, outer, vdot -----------------------------------------------------------------------


@primitive(multilinear="a b")
def dot(a, b):
    """Sum of products over the last axis of `a` and the last but one (or only) axis of `b`."""
    return np.dot(a, b)


@primitive(multilinear="a b")
def inner(a, b):
    """Sum of products over the last axes of both; scalars multiply."""
    return np.inner(a, b)


def _dot_axes(ra, rb):
    return (ra - 1,), (max(rb - 2, 0),)


def _inner_axes(ra, rb):
    return (ra - 1,), (rb - 1,)


def _rules(op, axes_of):
    """The rules of `dot` and `inner`, which differ in the axes they sum over."""

    def of_a(g, b, a_space):
        if not a_space.ndim or not b.ndim:
            return a_space.fit(g * b)
        return cotangent_of_a(g, b, a_space.ndim, axes_of(a_space.ndim, b.ndim))

    def of_b(g, a, b_space):
        if not b_space.ndim or not a.ndim:
            return b_space.fit(g * a)
        return cotangent_of_b(g, a, b_space.ndim, axes_of(a.ndim, b_space.ndim))

    op.vjp(a=of_a, b=of_b)

    @op.batching
    def _(a, b, mask):
        ra, rb = a.ndim - mask[0], b.ndim - mask[1]
        if ra and rb:
            return batched_tensordot(a, b, mask, axes_of(ra, rb))
        a = a.reshape((a.shape[0],) + (1,) * rb) if mask[0] and not ra else a
        b = b.reshape((b.shape[0],) + (1,) * ra) if mask[1] and not rb else b
        return a * b

    @op.samples
    def _(rng):
        second = (3, 2) if op is dot else (2, 3)
        for s, t in [
            ((3,), (3,)),
            ((2, 3), second),
            ((2, 3), (3,)),
            ((3,), second),
            ((2, 2, 3), (2, *second)),
            ((), (2, 3)),
            ((2, 3), ()),
            ((), ()),
            ((0,), (0,)),
        ]:
            yield Sample(rng.normal(size=s), rng.normal(size=t))


_rules(dot, _dot_axes)
_rules(inner, _inner_axes)


def _outer(a, b):
    """The products of every entry of `a` with every entry of `b`, both taken as vectors."""
    return np.outer(a, b)


_outer_prim = Primitive("outer", _outer)
_outer_prim.read_signature(_outer)
_outer_prim.multilinear = ("a", "b")


def outer(a, b, /):
    if type(a) is Var and type(b) is np.ndarray is type(a.value) and b.dtype.kind not in WITHOUT_DERIVATIVE:
        out = np.outer(a.value, b)
        return record(_outer_prim, (a, b), 0, out, {}, {"b": b.copy("K"), "a_space": space_of(a)})
    if is_plain_dual(a) and type(b) is np.ndarray:
        r = pushed_alone(a, lambda a: np.outer(a, b))
        if r is not None:
            return r
    return bind(_outer_prim, (a, b), {})


outer.__doc__ = _outer.__doc__
attach_rule_setters(_outer_prim, outer)

outer.vjp(
    a=lambda g, b, a_space: matmul(g, flat(b)).reshape(a_space.shape),
    b=lambda g, a, b_space: matmul(flat(a), g).reshape(b_space.shape),
)


@outer.strict
def _(g, d, asked):
    if "b" in asked:
        return strict_product(g, flat(asked["b"])[:, None]).reshape(d.shape)
    return strict_product(mT(g), flat(asked["a"])[:, None]).reshape(d.shape)


def flat(x):
    return x.reshape((x.size,))


def rows(x, batched):
    """(batch, entries) of a batched operand, (entries,) of another."""
    return x.reshape((x.shape[0], x.size // max(x.shape[0], 1))) if batched else flat(x)


@outer.batching
def _(a, b, mask):
    return rows(a, mask[0])[..., :, None] * rows(b, mask[1])[..., None, :]


@primitive(multilinear="a b")
def vdot(a, b):
    """Sum of conj(a) * b, both taken as vectors."""
    return np.vdot(a, b)


vdot.vjp(
    a=lambda g, b, a_space: a_space.fit(conj(g * b).reshape(a_space.shape)),
    b=lambda g, a, b_space: (g * conj(a)).reshape(b_space.shape),
)


@vdot.batching
def _(a, b, mask):
    a, b = conj(rows(a, mask[0])), rows(b, mask[1])
    return matmul(a[..., None, :], b[..., :, None])[..., 0, 0]


@outer.samples
def _(rng):
    for s, t in [((3,), (2,)), ((2, 2), (3,)), ((), (2,)), ((0,), (2,))]:
        yield Sample(rng.normal(size=s), rng.normal(size=t))


@vdot.samples
def _(rng):
    for s, t in [((3,), (3,)), ((2, 3), (3, 2)), ((), ()), ((0,), (0,))]:
        yield Sample(rng.normal(size=s), rng.normal(size=t))
    yield Sample(rng.normal(size=3) + 1j * rng.normal(size=3), rng.normal(size=3) + 1j * rng.normal(size=3))


# ---- trace -----------------------------------------------------------------------------------------


@primitive(linear="x")
def trace(x, *, offset=0, axis1=0, axis2=1):
    """Sum along a diagonal over two axes."""
    return np.trace(x, offset, axis1, axis2)


@trace.vjp
def _(g, x_space, offset, axis1, axis2):
    last = x_space.shape[axis1], x_space.shape[axis2]
    d = g[..., None, None] * np.eye(*last, k=offset, dtype=bool)
    return shapes.moveaxis(d, (-2, -1), (axis1, axis2))


@trace.batching
def _(x, offset, axis1, axis2):
    axis1, axis2 = (k + 1 if k >= 0 else k for k in (axis1, axis2))
    return trace(x, offset=offset, axis1=axis1, axis2=axis2)


@trace.samples
def _(rng):
    yield Sample(rng.normal(size=(3, 3)))
    yield Sample(rng.normal(size=(2, 4)), offset=1)
    yield Sample(rng.normal(size=(3, 2, 4)), offset=-1, axis1=-1, axis2=0)
    yield Sample(rng.normal(size=(0, 3)))


__all__ = [
    "conj",
    "cross",
    "dot",
    "einsum",
    "inner",
    "kron",
    "mH",
    "mT",
    "matmul",
    "matvec",
    "multi_dot",
    "outer",
    "tensordot",
    "trace",
    "vdot",
    "vecdot",
    "vecmat",
]
