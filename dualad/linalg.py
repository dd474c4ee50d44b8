"""Linear algebra of tensors, with the names and arguments of `torch.linalg`.

Matrices stand in the last two axes, batches before them.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._tensor import Tensor
from ._torch.elementwise import value as _value
from ._torch.engine import op as _op
from ._torch.handle import wrap as _wrap

__all__ = """
cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq matrix_norm matrix_power matrix_rank multi_dot norm
pinv qr slogdet solve solve_triangular svd svdvals tensorinv tensorsolve vector_norm
""".split()

Dims = int | Sequence[int] | None
EighResult = namedtuple("EighResult", "eigenvalues eigenvectors")
EigResult = namedtuple("EigResult", "eigenvalues eigenvectors")
QRResult = namedtuple("QRResult", "Q R")
SVDResult = namedtuple("SVDResult", "U S Vh")
SlogdetResult = namedtuple("SlogdetResult", "sign logabsdet")
LstsqResult = namedtuple("LstsqResult", "solution residuals rank singular_values")


def _axes(dim):
    return tuple(dim) if isinstance(dim, (list, tuple)) else dim


def _cast(A, dtype):
    return _value(A if dtype is None else A.to(dtype))


# ---- norms, numbers of a matrix ----------------------------------------------------------------------------


def norm(A: Any, ord: Any = None, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Of a vector or matrix, by the number of axes; without `ord` the root of the sum of squares."""
    return _wrap(np.linalg.norm(_cast(A, dtype), ord=ord, axis=_axes(dim), keepdims=keepdim))


def vector_norm(
    x: Any, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """(Σ |x|^ord)^(1/ord) over axes, by default over all."""
    v = _cast(x, dtype)
    axes = tuple(range(v.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    axes = tuple(a % v.ndim for a in axes)
    rest = tuple(a for a in range(v.ndim) if a not in axes)
    flat = _op.transpose(v, axes=(*rest, *axes)).reshape((*(v.shape[a] for a in rest), -1))
    out = np.linalg.norm(flat, ord=ord, axis=-1)
    if keepdim:
        out = out.reshape(tuple(1 if a in axes else n for a, n in enumerate(v.shape)))
    return _wrap(out)


def matrix_norm(
    A: Any,
    ord: Any = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """ "fro", "nuc", ±inf, ±1 or ±2, of the matrices in two axes."""
    return _wrap(np.linalg.norm(_cast(A, dtype), ord=ord, axis=tuple(dim), keepdims=keepdim))


def det(A: Any) -> Tensor:
    """The determinant."""
    return _wrap(np.linalg.det(_value(A)))


def slogdet(A: Any) -> SlogdetResult:
    """The sign of the determinant, and the logarithm of its absolute value."""
    return SlogdetResult(*map(_wrap, np.linalg.slogdet(_value(A))))


def cond(A: Any, p: Any = None) -> Tensor:
    """The condition number in a norm, by default the 2-norm."""
    return _wrap(np.linalg.cond(_value(A), p))


def matrix_rank(A: Any, *, rtol: float | None = None, hermitian: bool = False) -> Tensor:
    """The number of singular values above `rtol` times the largest."""
    return _wrap(np.linalg.matrix_rank(_value(A), hermitian=hermitian, rtol=rtol))


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonal of the matrices in two axes."""
    return _wrap(np.diagonal(_value(A), offset, dim1, dim2))


# ---- factorisations ------------------------------------------------------------------------------------------


def cholesky(A: Any, *, upper: bool = False) -> Tensor:
    """L with L Lᴴ = A; with `upper`, U with Uᴴ U = A."""
    return _wrap(_op.cholesky(_value(A), upper=upper))


def qr(A: Any, mode: Any = "reduced") -> QRResult:
    """A = Q R; `mode` is "reduced" or "complete". ("r", which leaves Q empty, is not implemented.)"""
    if mode not in ("reduced", "complete"):
        raise NotImplementedError(
            f"linalg.qr: mode={mode!r} is not implemented, 'reduced' and 'complete' are"
        )
    return QRResult(*map(_wrap, np.linalg.qr(_value(A), mode)))


def eigh(A: Any, UPLO: Any = "L") -> EighResult:
    """Eigenvalues, ascending, and eigenvectors of a symmetric or Hermitian matrix."""
    return EighResult(*map(_wrap, np.linalg.eigh(_value(A), UPLO)))


def eigvalsh(A: Any, UPLO: Any = "L") -> Tensor:
    """The eigenvalues, ascending, of a symmetric or Hermitian matrix."""
    return _wrap(np.linalg.eigvalsh(_value(A), UPLO))


def eig(A: Any) -> EigResult:
    """Eigenvalues and eigenvectors, complex."""
    return EigResult(*(_wrap(_complex(x)) for x in np.linalg.eig(_value(A))))


def eigvals(A: Any) -> Tensor:
    """The eigenvalues, complex."""
    return _wrap(_complex(np.linalg.eigvals(_value(A))))


def _complex(x):
    """NumPy gives real numbers where all are; PyTorch never does."""
    return x if x.dtype.kind == "c" else x.astype(np.result_type(x.dtype, np.complex64))


def svd(A: Any, full_matrices: bool = True) -> SVDResult:
    """A = U diag(S) Vh."""
    return SVDResult(*map(_wrap, np.linalg.svd(_value(A), full_matrices)))


def svdvals(A: Any) -> Tensor:
    """The singular values, descending."""
    return _wrap(_op.svdvals(_value(A)))


# ---- solving -------------------------------------------------------------------------------------------------


def solve(A: Any, B: Any, *, left: bool = True) -> Tensor:
    """X with A X = B; with `left=False`, X A = B. `B` may be a vector, or a batch of them (shape `A.shape[:-1]`)."""
    a, b = _value(A), _value(B)
    vector = b.ndim == 1 or (a.ndim - 1 == b.ndim and tuple(b.shape) == tuple(a.shape[:-1]))
    if not left:
        if vector:
            raise ValueError("linalg.solve: B must be a matrix where left=False")
        return _wrap(_mT(np.linalg.solve(_mT(a), _mT(b))))
    return _wrap(np.linalg.solve(a, b[..., None])[..., 0] if vector else np.linalg.solve(a, b))


def solve_triangular(
    A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """X with A X = B for a triangular A, of which the other triangle is not read."""
    a, b = _value(A), _value(B)
    if not left:
        return _wrap(_mT(_op.solve_triangular(_mT(a), _mT(b), lower=upper, unit_diagonal=unitriangular)))
    return _wrap(_op.solve_triangular(a, b, lower=not upper, unit_diagonal=unitriangular))


def _mT(x):
    return _op.swapaxes(x, -1, -2)


def inv(A: Any) -> Tensor:
    """The inverse."""
    return _wrap(np.linalg.inv(_value(A)))


def pinv(A: Any, *, rtol: float | None = None, hermitian: bool = False) -> Tensor:
    """The pseudo-inverse; singular values below `rtol` times the largest count as zero."""
    a = _value(A)
    if rtol is None:
        rtol = float(np.finfo(a.dtype).eps) * max(a.shape[-2:])
    return _wrap(_op.pinv(a, rtol=rtol, hermitian=hermitian))


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> LstsqResult:
    """X of least |A X - B|², of two matrices.

    As in PyTorch, only `driver="gelsd"` gives residuals (where A is tall and of full rank) and singular values.
    """
    if driver not in (None, "gelsy", "gelsd"):
        raise NotImplementedError(
            f"linalg.lstsq: driver={driver!r} is not implemented; leave it out, or write 'gelsd'"
        )
    a, b = _value(A), _value(B)
    if a.ndim != 2 or b.ndim != 2:
        raise NotImplementedError("linalg.lstsq takes two matrices; batches and vectors are not implemented")
    from .ops.linalg import lstsq as least

    x, residuals, rank, s = least(a, b, rcond=rcond)
    if driver != "gelsd":
        residuals, s = residuals[:0].reshape((0,)), s[:0]
    return LstsqResult(_wrap(x), _wrap(residuals), _wrap(np.asarray(rank, np.int64)), _wrap(s))


def matrix_power(A: Any, n: int) -> Tensor:
    """A multiplied with itself n times; of the inverse where n is negative."""
    return _wrap(np.linalg.matrix_power(_value(A), n))


def multi_dot(tensors: Sequence[Any]) -> Tensor:
    """A product of matrices in the cheapest order."""
    return _wrap(np.linalg.multi_dot([_value(t) for t in tensors]))


def cross(input: Any, other: Any, *, dim: int = -1) -> Tensor:
    """The vector product along an axis of length 3."""
    a, b = _value(input), _value(other)
    if a.shape[dim] != 3 or b.shape[dim] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {a.shape[dim]} and {b.shape[dim]}"
        )
    return _wrap(np.cross(a, b, axis=dim))


def tensorinv(A: Any, ind: int = 2) -> Tensor:
    """The inverse under `tensordot(A, ·, ind)`."""
    return _wrap(np.linalg.tensorinv(_value(A), ind))


def tensorsolve(A: Any, B: Any, dims: Sequence[int] | None = None) -> Tensor:
    """X with `tensordot(A, X, X.ndim) = B`."""
    return _wrap(np.linalg.tensorsolve(_value(A), _value(B), None if dims is None else tuple(dims)))
