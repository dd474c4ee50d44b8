"""NumPy's generalised ufuncs for products of vectors and matrices, as sentences over `matmul` and `sum`."""

from __future__ import annotations

import numpy as np

from ..ops.matmul import conj
from .functions import boxed


def vecdot(x1, x2, /, *, axis=-1):
    """Σ conj(x1) x2 along an axis, which is counted in each operand by itself and does not broadcast."""
    x1, x2 = _last(x1, axis), _last(x2, axis)
    if x1.shape[-1] != x2.shape[-1]:
        raise ValueError(
            f"vecdot: the sizes along axis {axis} differ, {x1.shape[-1]} and {x2.shape[-1]}; they do not broadcast"
        )
    product = conj(x1) * x2
    return np.sum(product, axis=-1, dtype=product.dtype if product.dtype.kind in "biu" else None)


def _last(x, axis):
    x = _of("vecdot", x, 1)
    return x if axis in (-1, x.ndim - 1) else np.moveaxis(x, axis, -1)


def _of(name, x, axes):
    """The operand, a stack of vectors (1) or of matrices (2)."""
    x = boxed(x)
    if x.ndim < axes:
        raise ValueError(f"{name}: an operand of shape {x.shape} is no {'vector' if axes == 1 else 'matrix'}")
    return x


def matvec(x1, x2, /):
    """Matrices times vectors."""
    return np.matmul(_of("matvec", x1, 2), _of("matvec", x2, 1)[..., None])[..., 0]


def vecmat(x1, x2, /):
    """Conjugated vectors times matrices."""
    return np.matmul(conj(_of("vecmat", x1, 1))[..., None, :], _of("vecmat", x2, 2))[..., 0, :]


# `matvec` and `vecmat` are new in NumPy 2.2, `vecdot` in 2.0.
GUFUNCS = {getattr(np, f.__name__): f for f in (vecdot, matvec, vecmat) if hasattr(np, f.__name__)}
