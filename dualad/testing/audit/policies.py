"""Primitives whose derivative is, by policy, not what differences of their evaluation would show."""

from __future__ import annotations

import numpy as np

# The evaluation reads one triangle; the derivative is along symmetric, or Hermitian, directions.
SYMMETRIC = {"cholesky", "eigh", "eigvalsh"}

# The value of one argument with the derivative of another, which is that of how the value came about.
PINNED = {"pinned"}


def is_draw(name: str) -> bool:
    """Whether a primitive gives a number that was drawn, with the derivative of a coupling of distributions."""
    return name.endswith("_draw")


def symmetrised(d):
    """The Hermitian part of a direction of square matrices; other directions as they are."""
    a = np.asarray(d)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        return d
    return (a + np.swapaxes(a.conj(), -1, -2)) / 2
