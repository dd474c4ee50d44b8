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


def of_one_row(prim):
    """The call of one row, for a call of the rows of a vmap; other primitives as they are."""
    while hasattr(prim, "mask"):
        prim = prim.call
    return prim


def is_users_rule(prim) -> bool:
    """Whether a primitive is one call of a function with one rule, by a user, of which the other is the transpose."""
    prim = of_one_row(prim)
    box = getattr(prim, "box", None)
    if box is not None:
        return not box.differences
    return any(getattr(prim, name, None) is not None for name in ("custom", "cls"))


def inexact(prim) -> float:
    """To what the rules of a primitive agree by their nature: solvers stop at a tolerance, differences are rough."""
    if not getattr(prim, "joint", False) or is_users_rule(prim):
        return 0.0
    return 1e-4 if getattr(prim, "box", None) is not None else 1e-6


def symmetrised(d):
    """The Hermitian part of a direction of square matrices; other directions as they are."""
    a = np.asarray(d)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        return d
    return (a + np.swapaxes(a.conj(), -1, -2)) / 2
