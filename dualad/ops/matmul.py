"""The matrix product, the hottest operation that is not elementwise.

`matmul` is bilinear: its tangent is itself, once per operand. Its adjoint is a product with the other
operand transposed; for `x @ W` with rows of `x` as examples that is `x.T @ g` for the weights and `g @ W.T`
for the rows. No conjugates: the pullback is the transpose under Re sum(a * b).

Like the templates of `core.operator`, the function has a fast road of its own, for vectors and matrices in
boxes of one trace over plain arrays. Stacks, older traces and batches take the general one.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import WITHOUT_DERIVATIVE, refuse_dtype
from ..core.forward import Dual, fit_tangent
from ..core.operator import new_node_id
from ..core.primitive import Primitive, attach_rule_setters
from ..core.reverse import Var, deposit
from ..core.samples import Sample
from ..core.space import mask_zeros
from ..core.trace import Box, bind, new, strip
from ..core.zeros import zeros_win, zeros_win_in_sums

ndarray = np.ndarray
_matmul = np.matmul


def mT(x):
    """Transpose of the last two axes."""
    if type(x) is ndarray:
        return x.mT
    n = x.ndim
    return x.transpose((*range(n - 2), n - 1, n - 2))


def mH(x):
    """Conjugate transpose of the last two axes."""
    return conj(mT(x))


def conj(x):
    """The conjugate; a real array is its own."""
    return x.conj() if x.dtype.kind == "c" else x


# ---- the adjoint -----------------------------------------------------------------------------------
# A vector in the place of a matrix shows in the rank of g, so neither rule asks for the operand it is for.


def cotangent_of_left(g, b):
    if b.ndim == 1:
        return g[..., None] * b
    if g.ndim < b.ndim:  # a vector, times a matrix or a stack of them
        return b @ g if b.ndim == 2 else (b @ g[..., None])[..., 0]
    return g @ mT(b)


def cotangent_of_right(g, a):
    if a.ndim == 1:
        return a * g if g.ndim == 0 else a[:, None] * g[..., None, :]
    if g.ndim < a.ndim:  # a matrix, or a stack of them, times a vector
        return g @ a if a.ndim == 2 else (g[..., None, :] @ a)[..., 0, :]
    return mT(a) @ g


def strict_product(g, c):
    """`g @ c` in which a zero of `g` wins over an infinity or NaN of `c`, and one of `c` over an infinity of `g`."""
    if np.isinf(strip(g)).any():
        return zeros_win_in_sums(lambda g, c: g @ c, (g, c), g @ c)
    bad = ~np.isfinite(strip(c))
    bad = bad.any(axis=(*range(bad.ndim - 2), bad.ndim - 1))
    if not bad.any():
        return g @ c
    good = np.flatnonzero(~bad)
    d = g[..., good] @ c[..., good, :]
    for j in np.flatnonzero(bad):
        d = d + mask_zeros(g[..., j, None], g[..., j, None] * c[..., None, j, :])
    return d


def strict_cotangent_of_left(g, b):
    if b.ndim == 1:
        g = g[..., None]
        return zeros_win(g, g * b, lambda g, b: g * b, (b,))
    if g.ndim < b.ndim:
        return strict_product(g[..., None, :], mT(b))[..., 0, :]
    return strict_product(g, mT(b))


def strict_cotangent_of_right(g, a):
    if a.ndim == 1:
        g = g[..., None, :] if g.ndim else g
        a = a[:, None] if g.ndim else a
        return zeros_win(g, g * a, lambda g, a: g * a, (a,))
    if g.ndim < a.ndim:
        return strict_product(g[..., None, :], a)[..., 0, :]
    return mT(strict_product(mT(g), a))


def strict_tangent(d, w, left):
    """The product of a tangent `d`, on the left or on the right, and `w`: zeros of `d` win."""
    if not left:
        d, w = (d if d.ndim == 1 else mT(d)), (w if w.ndim == 1 else mT(w))
    rows, columns = d.ndim > 1, w.ndim > 1
    out = strict_product(d if rows else d[None, :], w if columns else w[:, None])
    if not rows or not columns:
        shape = (out.shape[:-2]) + out.shape[-2:-1] * rows + out.shape[-1:] * columns
        return out.reshape(shape)
    return out if left else mT(out)


# ---- the primitive, and its fast road --------------------------------------------------------------


def _evaluate(a, b):
    """Matrix product of vectors, matrices, and stacks of matrices with broadcast leading axes (`a @ b`)."""
    return _matmul(a, b)


prim = Primitive("matmul", _evaluate)
prim.read_signature(_evaluate)
prim.multilinear = ("a", "b")


def pull_left(node, g, cots, heap, flags):
    p, (w,) = node[4], node[5]
    d = g @ w.T if w.ndim == 2 and g.ndim == 2 else cotangent_of_left(g, w)
    if flags:
        flags.clear()
        d = strict_cotangent_of_left(g, w)
    deposit(p, d, cots, heap)


def pull_right(node, g, cots, heap, flags):
    q, (v,) = node[4], node[5]
    d = v.T @ g if v.ndim == 2 and g.ndim == 2 else cotangent_of_right(g, v)
    if flags:
        flags.clear()
        d = strict_cotangent_of_right(g, v)
    deposit(q, d, cots, heap)


def pull_both(node, g, cots, heap, flags):
    _, _, _, _, p, q, (w,), (v,) = node
    matrices = w.ndim == v.ndim == 2
    d = g @ w.T if matrices else cotangent_of_left(g, w)
    if flags:
        flags.clear()
        d = strict_cotangent_of_left(g, w)
    deposit(p, d, cots, heap)
    d = v.T @ g if matrices else cotangent_of_right(g, v)
    if flags:
        flags.clear()
        d = strict_cotangent_of_right(g, v)
    deposit(q, d, cots, heap)


pull_left.replay, pull_right.replay, pull_both.replay = (prim, (0,)), (prim, (1,)), (prim, (0, 1))


def _product(v, w):
    if type(v) is ndarray and type(w) is ndarray:
        return _matmul(v, w)
    return matmul(v, w)


def matmul(a, b, /):
    s, t = type(a), type(b)
    if s is Var:
        if t is Var:
            v, w = a.value, b.value
            if a.owner is b.owner and type(v) is ndarray is type(w) and v.ndim < 3 and w.ndim < 3:
                out = _matmul(v, w)
                r = new(Var)
                r.value = out
                r.aux = [new_node_id(), pull_both, out.shape, out.dtype, a.aux, b.aux, (w,), (v,)]
                r.owner = a.owner
                return r
        elif t is ndarray:
            v = a.value
            if type(v) is ndarray and v.ndim < 3 and b.ndim < 3 and b.dtype.kind not in WITHOUT_DERIVATIVE:
                out = _matmul(v, b)
                r = new(Var)
                r.value = out
                r.aux = [new_node_id(), pull_left, out.shape, out.dtype, a.aux, (b.copy(),)]
                r.owner = a.owner
                return r
    elif t is Var and s is ndarray:
        w = b.value
        if type(w) is ndarray and a.ndim < 3 and w.ndim < 3 and a.dtype.kind not in WITHOUT_DERIVATIVE:
            out = _matmul(a, w)
            r = new(Var)
            r.value = out
            r.aux = [new_node_id(), pull_right, out.shape, out.dtype, b.aux, (a.copy(),)]
            r.owner = b.owner
            return r
    elif s is Dual:
        if t is Dual and a.owner is b.owner:
            return _push(a, b, a.owner)
        if t is ndarray:
            return _push(a, b, a.owner)
    elif t is Dual and s is ndarray:
        return _push(a, b, b.owner)
    elif s is ndarray and t is ndarray:
        return _matmul(a, b)
    if t is Var and a_stack_times_one_matrix(a, b):
        return _folded(a, b)
    return bind(prim, (a, b), {})


def _push(a, b, trace):
    """The dual product: the product rule, and after each step a look at what NumPy has noticed."""
    flags = trace.flags
    left, right = type(a) is Dual, type(b) is Dual
    v, w = a.value if left else a, b.value if right else b
    out = _product(v, w)
    if out.dtype.kind in WITHOUT_DERIVATIVE:
        refuse_dtype(out.dtype)
    if flags:
        trace.report()
    d = None
    if left:
        d = _product(a.aux, w)
        if flags:
            flags.clear()
            d = strict_tangent(a.aux, w, True)
    if right:
        e = _product(v, b.aux)
        if flags:
            flags.clear()
            e = strict_tangent(b.aux, v, False)
        d = e if d is None else d + e
    if d.dtype is not out.dtype or d.shape != out.shape:
        d = fit_tangent(d, out.shape, out.dtype)
    r = new(Dual)
    r.value, r.aux, r.owner = out, d, trace
    return r


def a_stack_times_one_matrix(a, b):
    return isinstance(a, (Box, ndarray)) and a.ndim > 2 and b.ndim == 2 and a.shape[-1] == b.shape[0]


def _folded(a, b):
    """`(…, n, k) @ (k, m)` as one product of matrices, whose adjoint makes no stack of cotangents of `b`."""
    rows = 1
    for n in a.shape[:-1]:
        rows *= n
    return matmul(a.reshape((rows, a.shape[-1])), b).reshape((*a.shape[:-1], b.shape[1]))


matmul.__doc__, matmul.__wrapped__ = _evaluate.__doc__, _evaluate
attach_rule_setters(prim, matmul)
matmul.vjp(a=cotangent_of_left, b=cotangent_of_right)


@matmul.strict
def _(g, d, asked):
    if "b" in asked:
        return strict_cotangent_of_left(g, asked["b"])
    return strict_cotangent_of_right(g, asked["a"])


# ---- batches ---------------------------------------------------------------------------------------


@matmul.batching
def _(a, b, mask):
    ra, rb = a.ndim - mask[0], b.ndim - mask[1]
    if not mask[1] and ra <= 2 and rb == 2:
        return matmul(a, b) if ra == 1 else _folded(a, b)
    if not mask[0] and ra == 2 and rb == 1:
        return matmul(b, mT(a))
    a = a[..., None, :] if ra == 1 else a
    b = b[..., :, None] if rb == 1 else b
    rank = max(ra, rb, 2)
    out = matmul(line_up(a, mask[0], max(ra, 2), rank), line_up(b, mask[1], max(rb, 2), rank))
    if ra == 1:
        out = out[..., 0, :]
    return out[..., 0] if rb == 1 else out


def line_up(x, batched, rank, target):
    """Axes of length one behind the batch axis, so that stacks of lower rank broadcast from the right."""
    if not batched or rank == target:
        return x
    return x.reshape((x.shape[0],) + (1,) * (target - rank) + x.shape[1:])


SHAPES = [
    ((2, 3), (3, 4)),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 2, 3), (3, 2)),
    ((2, 3), (2, 3, 2)),
    ((2, 1, 2, 3), (3, 3, 2)),
    ((3,), (2, 3, 2)),
    ((2, 2, 3), (3,)),
    ((2, 0), (0, 3)),
    ((0, 2, 3), (3, 2)),
]


@matmul.samples
def _(rng):
    for s, t in SHAPES:
        yield Sample(rng.normal(size=s), rng.normal(size=t))
