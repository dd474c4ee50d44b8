"""Linear systems and what is made of them: `solve`, `inv`, `cholesky`, `pinv`, `lstsq`, powers …

Matrices stand on the last two axes, stacks of them in front, as in NumPy. Forward and reverse go different
ways where there are two: the tangent of an inverse solves a system, its cotangent multiplies with the
inverse. The formulas are those of M. B. Giles, "Collected matrix derivative results for forward and reverse
mode algorithmic differentiation" (2008), and for complex matrices under Re sum(a * b), where adjoints are
plain transposes.

`cholesky`, `eigh` and `eigvalsh` read one triangle of a matrix that is symmetric (Hermitian) by assumption;
their derivative is the one along symmetric directions, and their cotangent is symmetric.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from ..core.trace import Box
from ..core.zeros import zeros_of_matrices
from . import contract as _contract
from . import reduce as _reduce
from . import shape as _shape
from .determinant import det as det
from .determinant import slogdet as slogdet
from .matmul import conj, line_up, mH, mT


def hermitian_part(x):
    return (x + mH(x)) / 2


def real_dtype(dtype):
    """The floating dtype of the parts of `dtype`."""
    return np.zeros((), dtype).real.dtype


def column(x, of):
    """A right-hand side as a matrix: `of` is its space, and a vector becomes a column."""
    return x[..., None] if of.ndim == 1 else x


def uncolumn(x, of):
    return x[..., 0] if of.ndim == 1 else x


# ---- solve, inv ------------------------------------------------------------------------------------


@primitive
def solve(a, b):
    """The solution of `a @ x = b`; `b` of one axis is a vector, of more a matrix or a stack of them."""
    return np.linalg.solve(a, b)


solve.jvp(
    a=lambda da, a, b_space, out: -uncolumn(solve(a, da @ column(out, b_space)), b_space),
    b=lambda db, a: solve(a, db),
)


def _to_right_side(g, a, b_space):
    return uncolumn(solve(mT(a), column(g, b_space)), b_space)


solve.vjp(
    a=lambda g, a, b_space, out: -solve(mT(a), column(g, b_space)) @ mT(column(out, b_space)),
    b=_to_right_side,
)


solve.strict(zeros_of_matrices)


@solve.batching
def _(a, b, mask, size):
    ra, rb = a.ndim - mask[0], b.ndim - mask[1]
    if not mask[0] and ra == 2 and rb <= 2:  # one matrix, many right-hand sides: they stand side by side
        if rb == 1:
            return mT(solve(a, mT(b)))
        n, k = b.shape[1:]
        x = solve(a, b.transpose((1, 0, 2)).reshape((n, size * k)))
        return x.reshape((n, size, k)).transpose((1, 0, 2))
    vector = rb == 1
    if vector:
        b, rb = b[..., None], 2
    rank = max(ra, rb)
    x = solve(line_up(a, mask[0], ra, rank), line_up(b, mask[1], rb, rank))
    return x[..., 0] if vector else x


def well_conditioned(rng, *shape):
    """Random square matrices with singular values between 1 and 2, all different."""
    q, _, p = np.linalg.svd(rng.normal(size=shape))
    n = shape[-1]
    return (q * (1 + (np.arange(n) + 0.5) / max(n, 1))) @ p


@solve.samples
def _(rng):
    a = well_conditioned
    yield Sample(a(rng, 3, 3), rng.normal(size=3))
    yield Sample(a(rng, 3, 3), rng.normal(size=(3, 2)))
    yield Sample(a(rng, 2, 3, 3), rng.normal(size=3))
    yield Sample(a(rng, 2, 3, 3), rng.normal(size=(2, 3, 2)))
    yield Sample(a(rng, 2, 1, 2, 2), rng.normal(size=(3, 2, 1)))
    yield Sample(a(rng, 1, 1), rng.normal(size=(2, 1, 3)))
    yield Sample(np.zeros((0, 0)), np.zeros((0, 2)))


@primitive
def inv(a):
    """The inverse of a square matrix."""
    return np.linalg.inv(a)


inv.jvp(lambda da, a, out: -solve(a, da @ out))
inv.vjp(lambda g, out: -(mT(out) @ g @ mT(out)))


inv.strict(zeros_of_matrices)


@inv.batching
def _(a):
    return inv(a)


@inv.samples
def _(rng):
    for shape in [(3, 3), (2, 3, 3), (1, 1), (0, 0)]:
        yield Sample(well_conditioned(rng, *shape))


# ---- triangles -------------------------------------------------------------------------------------


@primitive(multilinear="b")
def solve_triangular(a, b, *, lower=False, trans=0, unit_diagonal=False):
    """The solution of `a @ x = b`, or of `a.T @ x = b` with `trans=1`, by one triangle of `a`.

    `b` is a vector (one axis) or a matrix; both may be stacks.
    """
    from scipy.linalg import solve_triangular as one

    vector = b.ndim == 1
    b = b[:, None] if vector else b
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a = np.broadcast_to(a, stack + a.shape[-2:])
    b = np.broadcast_to(b, stack + b.shape[-2:])
    x = np.empty(b.shape, np.result_type(a, b, np.float32))
    for k in np.ndindex(stack):
        if x[k].size:
            x[k] = one(a[k], b[k], trans, lower, unit_diagonal, check_finite=False)
    return x[..., 0] if vector else x


def _triangle(x, lower, unit_diagonal):
    """The part of `x` that is read."""
    n, k = x.shape[-1], int(unit_diagonal)
    return x * (np.tri(n, k=-k, dtype=bool) if lower else np.tri(n, k=-k, dtype=bool).T)


def _push_triangle(da, a, b_space, out, lower, trans, unit_diagonal):
    da = _triangle(da, lower, unit_diagonal)
    right = (mT(da) if trans else da) @ column(out, b_space)
    x = solve_triangular(a, right, lower=lower, trans=trans, unit_diagonal=unit_diagonal)
    return -uncolumn(x, b_space)


def _pull_triangle(g, a, b_space, out, lower, trans, unit_diagonal):
    h = solve_triangular(a, column(g, b_space), lower=lower, trans=1 - trans, unit_diagonal=unit_diagonal)
    x = column(out, b_space)
    return -_triangle(x @ mT(h) if trans else h @ mT(x), lower, unit_diagonal)


def _pull_right(g, a, b_space, lower, trans, unit_diagonal):
    x = solve_triangular(a, column(g, b_space), lower=lower, trans=1 - trans, unit_diagonal=unit_diagonal)
    return uncolumn(x, b_space)


solve_triangular.jvp(a=_push_triangle)
solve_triangular.vjp(a=_pull_triangle, b=_pull_right)


solve_triangular.strict(zeros_of_matrices)


@solve_triangular.batching
def _(a, b, mask, lower, trans, unit_diagonal):
    ra, rb = a.ndim - mask[0], b.ndim - mask[1]
    vector = rb == 1
    if vector:
        b, rb = b[..., None], 2
    rank = max(ra, rb)
    a, b = line_up(a, mask[0], ra, rank), line_up(b, mask[1], rb, rank)
    x = solve_triangular(a, b, lower=lower, trans=trans, unit_diagonal=unit_diagonal)
    return x[..., 0] if vector else x


@solve_triangular.samples
def _(rng):
    a = 2 * np.eye(3) + 0.3 * rng.normal(size=(3, 3))
    yield Sample(a, rng.normal(size=3))
    yield Sample(a, rng.normal(size=(3, 2)), lower=True)
    yield Sample(a, rng.normal(size=(3, 2)), lower=True, trans=1, unit_diagonal=True)
    yield Sample(a, rng.normal(size=(2, 3, 2)), trans=1)
    yield Sample(np.stack([a, a.T]), rng.normal(size=3), unit_diagonal=True)


# ---- cholesky --------------------------------------------------------------------------------------


@primitive
def cholesky(a, *, upper=False):
    """The lower triangle `l` with `l @ l.conj().T = a`, or the upper one `u` with `u.conj().T @ u = a`.

    Formulas: I. Murray, "Differentiation of the Cholesky decomposition" (2016), equations 8 and 10.
    """
    return np.linalg.cholesky(a, upper=upper)


def _half_lower(x):
    """The lower triangle, with half of the diagonal."""
    n = x.shape[-1]
    return x * (np.tri(n) - np.eye(n) / 2).astype(real_dtype(x.dtype))


def _solve_adjoint(l, x):
    """The inverse of the conjugate transpose of `l`, times `x`."""
    return solve_triangular(conj(l), x, lower=True, trans=1)


@cholesky.jvp
def _(da, out, upper):
    l = mH(out) if upper else out
    x = solve_triangular(l, hermitian_part(da), lower=True)
    dl = l @ _half_lower(mH(solve_triangular(l, mH(x), lower=True)))
    return mH(dl) if upper else dl


@cholesky.vjp
def _(g, out, upper):
    l, g = (mH(out), mT(g)) if upper else (out, conj(g))
    s = _solve_adjoint(l, _half_lower(mH(l) @ g))
    return conj(hermitian_part(mH(_solve_adjoint(l, mH(s)))))


cholesky.strict(zeros_of_matrices)


@cholesky.batching
def _(a, upper):
    return cholesky(a, upper=upper)


@cholesky.samples
def _(rng):
    for shape in [(3, 3), (2, 3, 3), (1, 1), (0, 0)]:
        x = rng.normal(size=shape)
        a = x @ mT(x) + 2 * np.eye(shape[-1])
        yield Sample(a, along=hermitian_part, complex=False)
        yield Sample(a, upper=True, along=hermitian_part, complex=False)
        z = a + hermitian_part(0.5j * rng.normal(size=shape))
        yield Sample(z, along=hermitian_part)
        yield Sample(z, upper=True, along=hermitian_part)


# ---- pinv, lstsq, rank -----------------------------------------------------------------------------


@primitive
def pinv(a, *, rcond=None, hermitian=False, rtol=None):
    """The pseudo-inverse of Moore and Penrose; its derivative is the one at constant rank.

    Formula: G. H. Golub and V. Pereyra, SIAM J. Numer. Anal. 10 (1973), equation 4.12.
    """
    if rtol is not None:
        return np.linalg.pinv(a, hermitian=hermitian, rtol=rtol)
    return np.linalg.pinv(a, rcond, hermitian)


@pinv.jvp
def _(da, a, out, hermitian):
    da = hermitian_part(da) if hermitian else da
    h, pH = mH(da), mH(out)
    left = h - out @ (a @ h)
    right = h - (h @ a) @ out
    return out @ pH @ right + left @ pH @ out - out @ da @ out


@pinv.vjp
def _(g, a, out, hermitian):
    g, pH = conj(g), mH(out)
    gH = mH(g)
    x = gH @ out @ pH
    y = pH @ out @ gH
    d = conj(x - a @ (out @ x) + y - (y @ out) @ a - pH @ g @ pH)
    return conj(hermitian_part(conj(d))) if hermitian else d


pinv.strict(zeros_of_matrices)


@pinv.batching
def _(a, rcond, hermitian, rtol):
    return pinv(a, rcond=rcond, hermitian=hermitian, rtol=rtol)


@pinv.samples
def _(rng):
    for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1)]:
        yield Sample(rng.normal(size=shape))
    low = rng.normal(size=(4, 2)) @ rng.normal(size=(2, 3))
    yield Sample(low, rcond=1e-8, smooth=False, complex=False)  # numbers change the rank
    yield Sample(low, rtol=1e-8, smooth=False, complex=False)
    a = hermitian_part(rng.normal(size=(3, 3))) + np.diag([3.0, -2.0, 1.0])
    yield Sample(a, hermitian=True, along=hermitian_part, complex=False)


@primitive(flat="a rank is a whole number")
def matrix_rank(a, *, tol=None, hermitian=False, rtol=None):
    """The number of singular values above a threshold."""
    if rtol is not None:
        return np.linalg.matrix_rank(a, hermitian=hermitian, rtol=rtol)
    return np.linalg.matrix_rank(a, tol, hermitian)


@matrix_rank.batching
def _(a, tol, hermitian, rtol):
    if a.ndim < 3:  # NumPy: a vector has rank 1, unless it is zero
        return (a != 0).any(axis=tuple(range(1, a.ndim))).astype(int)
    return matrix_rank(a, tol=tol, hermitian=hermitian, rtol=rtol)


@matrix_rank.samples
def _(rng):
    yield Sample(rng.normal(size=(3, 2)))
    yield Sample(rng.normal(size=(2, 3, 3)), tol=1e-3)
    yield Sample(well_conditioned(rng, 3, 3), rtol=1e-3)
    yield Sample(np.eye(3), hermitian=True)


def lstsq(a, b, *, rcond=None):
    """The `x` of least norm that minimises |a x - b|², the residuals, the rank, the singular values.

    The residuals are empty where `a` has not full column rank or not more rows than columns, as in NumPy.
    """
    from .factor import svdvals

    a, b = _contract.as_array(a), _contract.as_array(b)
    if not _contract.is_traced(a, b):
        return np.linalg.lstsq(a, b, rcond)
    if a.ndim != 2 or b.ndim not in (1, 2):
        raise np.linalg.LinAlgError(f"lstsq: a has 2 axes and b 1 or 2, not {a.ndim} and {b.ndim}")
    m, n = a.shape
    kind = np.result_type(a.dtype, b.dtype)
    a, b = (x if x.dtype == kind else x.astype(kind) for x in (a, b))
    if rcond is None:
        rcond = np.finfo(a.dtype).eps * max(m, n)
    s = svdvals(a)
    rank = matrix_rank(a, rtol=max(rcond, 0.0))
    x = pinv(a, rcond=rcond) @ b
    r = (a @ x - b) if b.ndim == 2 else (a @ x - b)[:, None]
    residuals = _reduce.sum((r * conj(r)).real, axis=0)
    if not (rank == n < m):
        residuals = residuals[:0]
    return x, residuals, rank.astype(np.int32) if isinstance(rank, Box) else np.int32(rank), s


# ---- composites ------------------------------------------------------------------------------------


def matrix_power(a, n):
    """`a` multiplied with itself, `n` times, by repeated squaring; of the inverse where `n` is negative."""
    a = _contract.as_array(a)
    if not isinstance(a, Box):
        return np.linalg.matrix_power(a, n)
    n = n.__index__()
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(f"matrix_power needs square matrices, not shape {a.shape}")
    if n == 0:
        return a * 0 + np.eye(a.shape[-1], dtype=a.dtype)
    a, n = (inv(a), -n) if n < 0 else (a, n)
    power = None
    while n:
        if n & 1:
            power = a if power is None else power @ a
        n >>= 1
        a = a @ a if n else a
    return power


def tensorsolve(a, b, *, axes=None):
    """The tensor `x` with `tensordot(a, x, axes=x.ndim) = b`."""
    a, b = _contract.as_array(a), _contract.as_array(b)
    if not _contract.is_traced(a, b):
        return np.linalg.tensorsolve(a, b, axes)
    if axes is not None:
        a = _shape.moveaxis(a, tuple(axes), tuple(range(a.ndim - len(axes), a.ndim)))
    shape = a.shape[b.ndim :]
    n = int(np.prod(shape, dtype=int))
    if a.size != n * n:
        raise np.linalg.LinAlgError(f"tensorsolve: a of shape {a.shape} is no square matrix of {b.size} rows")
    return solve(a.reshape((n, n)), b.reshape((b.size,))).reshape(shape)


def tensorinv(a, *, ind=2):
    """The inverse of `a` under `tensordot(a, ·, ind)`, its first `ind` axes taken as rows."""
    a = _contract.as_array(a)
    if not isinstance(a, Box):
        return np.linalg.tensorinv(a, ind)
    if ind <= 0:
        raise ValueError("tensorinv: ind must be positive")
    rows = int(np.prod(a.shape[:ind], dtype=int))
    if rows * rows != a.size:
        raise np.linalg.LinAlgError(f"tensorinv: shape {a.shape} with ind={ind} makes no square matrix")
    return inv(a.reshape((rows, rows))).reshape(a.shape[ind:] + a.shape[:ind])


multi_dot = _contract.multi_dot
