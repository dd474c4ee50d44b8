"""Norms of vectors and matrices. The norm of zero has the derivative zero.

`vector_norm` of a finite, non-zero order is a primitive, for it is everywhere and its derivative needs care
at zero and against overflow; the other orders and the norms of matrices are composed of sums, extrema and
singular values.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import MissingRule, at_user_line
from ..core.primitive import Primitive, attach_rule_setters
from ..core.reverse import Var
from ..core.samples import Sample
from ..core.space import face
from ..core.trace import Box, bind
from .linalg import inv, real_dtype
from .matmul import conj
from .reduce import kept_shape, strict_by_lane
from .roads import dual, flagged, is_plain_dual, record
from .shape import as_array, moveaxis, normal_axes


def _evaluate(x, *, axis=None, keepdims=False, ord=2):
    """(Σ |x|^ord)^(1/ord) over all entries or over axes; `ord` is any number, inf or -inf.

    `ord=0` counts the entries that are not zero, and has no derivative. At x = 0 the derivative is 0.
    """
    if type(ord) is int and ord == 2 and type(axis) is not tuple:
        return np.linalg.norm(x, None, axis, keepdims)  # the same, in one step
    return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


prim = Primitive("vector_norm", _evaluate)
prim.read_signature(_evaluate)


def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    if isinstance(ord, Box):
        return _of_traced_order(as_array(x), axis, keepdims, ord)
    if not isinstance(x, (Box, list, tuple)):
        return _evaluate(x, axis=axis, keepdims=keepdims, ord=ord)
    if type(x) is Var and type(x.value) is np.ndarray and type(ord) is int and ord == 2:
        return _of_variable(x, tuple(axis) if type(axis) is list else axis, keepdims)
    axis = tuple(axis) if isinstance(axis, list) else axis
    if is_plain_dual(x) and type(ord) is int and ord == 2:
        r = _of_dual(x, axis, keepdims)
        if r is not None:
            return r
    x = as_array(x)
    ord = 2 if ord is None else ord
    if ord == np.inf and not x.size:  # the largest of none is zero
        return face("sum")(face("absolute")(x), axis=axis, keepdims=keepdims)
    if ord == np.inf or ord == -np.inf:
        extremum = face("max") if ord > 0 else face("min")
        return extremum(face("absolute")(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        count = face("count_nonzero")(x, axis=axis, keepdims=keepdims)
        return face("astype")(count, dtype=real_dtype(x.dtype))
    return bind(prim, (x,), {"axis": axis, "keepdims": keepdims, "ord": ord})


def _of_traced_order(x, axis, keepdims, ord):
    """(Σ |x|^ord)^(1/ord) as it stands, by `ord` as well."""
    total = face("sum")(face("absolute")(x) ** ord, axis=axis, keepdims=keepdims)
    where, vanishes = face("where"), total == 0
    return where(
        vanishes, np.zeros((), total.dtype), where(vanishes, np.ones((), total.dtype), total) ** (1 / ord)
    )


def _of_variable(x, axis, keepdims):
    """The fast road: the node that the general road would make of the 2-norm of a plain array's variable."""
    params = {"axis": axis, "keepdims": keepdims, "ord": 2}
    out = _evaluate(x.value, **params)
    return record(prim, (x,), 0, out, params, {"x": x.value, "out": out})


def _of_dual(x, axis, keepdims):
    """The fast road forward: the 2-norm of real numbers and Σ (x / out) dx, in three calls of NumPy; None where a norm
    is zero, or there is something to be judged."""
    v, out = x.value, _evaluate(x.value, axis=axis, keepdims=keepdims)
    if v.dtype is not out.dtype:
        return None
    if axis is None and not keepdims:
        if out == 0:
            return None
        tangent = np.vdot(v / out, x.aux)
    else:
        size = out if keepdims else out.reshape(kept_shape(v.shape, axis))
        if not size.all():
            return None
        tangent = np.add.reduce(v / size * x.aux, axis, None, None, keepdims)
    return None if flagged(x.owner) else dual(x, out, tangent)


vector_norm.__doc__ = _evaluate.__doc__
attach_rule_setters(prim, vector_norm)


def slope(x, out, axis, keepdims, ord):
    """The norm by each entry: (|x| / out)^(ord - 1) times the sign, or conjugate phase, of x."""
    where = face("where")
    if not keepdims:
        out = out.reshape(kept_shape(x.shape, axis))
    one = np.ones((), out.dtype)
    vanishes = out == 0
    size = where(vanishes, one, out)
    if ord == 2:
        return conj(x) / size * ~vanishes
    if ord > 2:
        return (face("absolute")(x) / size) ** (ord - 2) * (conj(x) / size) * ~vanishes
    zero = x == 0
    length = where(zero, one, face("absolute")(x))
    direction = conj(x) / length if x.dtype.kind == "c" else face("sign")(x)
    return (length / size) ** (ord - 1) * direction * ~(vanishes | zero)


@vector_norm.jvp
def _(dx, x, out, axis, keepdims, ord):
    t = slope(x, out, axis, keepdims, ord) * dx
    return face("sum")(t.real if t.dtype.kind == "c" else t, axis=axis, keepdims=keepdims)


@vector_norm.vjp
def _(g, x, out, axis, keepdims, ord):
    if not keepdims:
        g = g.reshape(kept_shape(x.shape, axis))
    return g * slope(x, out, axis, keepdims, ord)


vector_norm.strict(strict_by_lane)


@vector_norm.batching
def _(x, axis, keepdims, ord):
    axes = tuple(k + 1 for k in normal_axes(axis, x.ndim - 1))
    return vector_norm(x, axis=axes, keepdims=keepdims, ord=ord)


@vector_norm.samples
def _(rng):
    def away_from_zero(*shape):
        return rng.uniform(0.3, 2, size=shape) * rng.choice([-1, 1], size=shape)

    for ord in [2, 1, 3, 2.5, 1.5, 0.5, -1, -2]:
        yield Sample(away_from_zero(2, 3), ord=ord)
        yield Sample(away_from_zero(2, 3), ord=ord, axis=-1, keepdims=True)
    yield Sample(away_from_zero(2, 3, 2), axis=(0, 2))
    yield Sample(away_from_zero(2, 3, 2), axis=(0, -1), ord=3, keepdims=True)
    yield Sample(away_from_zero(2, 3), ord=np.inf, axis=0)
    yield Sample(away_from_zero(2, 3), ord=-np.inf)
    yield Sample(away_from_zero(3), ord=0, smooth=False)
    yield Sample(np.array([0.0, 1.0, -2.0]), ord=2)
    yield Sample(np.array([0.0, 1.0, -2.0]), ord=4)
    yield Sample(np.zeros((2, 2)), axis=0, smooth=False)
    yield Sample(np.zeros(0))


# ---- matrices --------------------------------------------------------------------------------------


def matrix_norm(x, *, keepdims=False, ord="fro"):
    """A norm of the matrices on the last two axes.

    `ord`: 'fro', 'nuc' (the sum of singular values), 2 and -2 (the largest and the smallest one), 1 and -1
    (the largest and the smallest sum of a column's absolute values), inf and -inf (of a row's).
    """
    x = as_array(x)
    if isinstance(ord, Box):
        raise MissingRule(
            f"the order of a matrix norm (ord=) cannot be traced{at_user_line()}: it picks one of a few norms. "
            "Pass a plain number"
        )
    if not isinstance(x, Box):
        return np.linalg.matrix_norm(x, keepdims=keepdims, ord=ord)
    if x.ndim < 2:
        raise ValueError(f"matrix_norm needs at least two axes, not shape {x.shape}")
    if ord is None or ord == "fro" or ord == "f":
        return vector_norm(x, axis=(-2, -1), keepdims=keepdims)
    out = _of_singular_values(x, ord) if ord in ("nuc", 2, -2) else _of_sums(x, ord)
    return out[..., None, None] if keepdims else out


def _of_singular_values(x, ord):
    s = face("svdvals")(x)
    if ord == "nuc" or ord == 2 and not s.shape[-1]:
        return face("sum")(s, axis=-1)
    return s[..., 0] if ord == 2 else s[..., -1]


def _of_sums(x, ord):
    if ord not in (1, -1, np.inf, -np.inf):
        raise ValueError(f"no norm of order {ord!r} for matrices: 'fro', 'nuc', 1, -1, 2, -2, inf, -inf")
    sums = face("sum")(face("absolute")(x), axis=-2 if abs(ord) == 1 else -1)
    if ord > 0 and not sums.shape[-1]:
        return face("sum")(sums, axis=-1)
    return (face("max") if ord > 0 else face("min"))(sums, axis=-1)


def norm(x, *, ord=None, axis=None, keepdims=False):
    """A norm of a vector, of a matrix, or of those that the axes span; as `np.linalg.norm`.

    Without `ord` the 2-norm of all entries; with it, and without `axis`, `x` is a vector or a matrix.
    """
    x = as_array(x)
    axis = tuple(axis) if isinstance(axis, list) else axis
    if not isinstance(x, Box) and not isinstance(ord, Box):
        return np.linalg.norm(x, ord, axis, keepdims)
    if ord is None and (axis is None or not isinstance(axis, tuple) or len(axis) < 3):
        return vector_norm(x, axis=axis, keepdims=keepdims)
    axes = normal_axes(axis, x.ndim)
    if len(axes) == 1:
        if isinstance(ord, str):
            raise ValueError(f"no norm of order {ord!r} for vectors")
        return vector_norm(x, axis=axes, keepdims=keepdims, ord=ord)
    if len(axes) != 2:
        raise ValueError(f"a norm is of vectors or matrices; {len(axes)} axes are neither")
    out = matrix_norm(moveaxis(x, axes, (-2, -1)), ord=ord)
    return out.reshape(kept_shape(x.shape, axes)) if keepdims else out


def cond(x, *, p=None):
    """The condition number of matrices: the largest over the smallest singular value, or by the norm `p`."""
    x = as_array(x)
    if not isinstance(x, Box):
        return np.linalg.cond(x, p)
    if p is None or p == 2 or p == -2:
        s = face("svdvals")(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return matrix_norm(x, ord=p) * matrix_norm(inv(x), ord=p)
