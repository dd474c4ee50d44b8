"""NumPy's generalised ufuncs for products of vectors and matrices, as sentences over `matmul` and `sum`."""

from __future__ import annotations

import numpy as np

from ..core.space import face
from .functions import boxed


def vecdot(x1, x2, /, *, axis=-1):
    """Σ conj(x1) x2 along an axis."""
    return np.sum(face("conjugate")(boxed(x1)) * boxed(x2), axis=axis)


def matvec(x1, x2, /):
    """Matrices times vectors."""
    return np.matmul(boxed(x1), boxed(x2)[..., None])[..., 0]


def vecmat(x1, x2, /):
    """Conjugated vectors times matrices."""
    return np.matmul(face("conjugate")(boxed(x1))[..., None, :], boxed(x2))[..., 0, :]


# `matvec` and `vecmat` are new in NumPy 2.2, `vecdot` in 2.0.
GUFUNCS = {getattr(np, f.__name__): f for f in (vecdot, matvec, vecmat) if hasattr(np, f.__name__)}
