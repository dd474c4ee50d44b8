"""Probing: the derivative along one random direction, beside the compressed matrix times that direction.

An entry that a pattern leaves out is lost, or read as another one. Either makes the product with a random vector
wrong, in its row, with probability one.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from ...core.errors import SparsityError, at_user_line


def direction(n) -> np.ndarray:
    """The random direction, the same every time."""
    return np.random.default_rng(20).standard_normal(n)


def wrong_lines(matrix, probe, true) -> np.ndarray:
    """The rows in which `matrix @ probe` is not what the engine says.

    Differences count from half of the digits on, beside the sum of the absolute values of the row's terms; in rows
    that are nearly nothing, from the rounding of the largest row on.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        absolute = csr_array((np.abs(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)
        got, size = matrix @ probe, absolute @ np.abs(probe)
        eps = float(np.finfo(true.dtype).eps)
        largest = size[np.isfinite(size)].max(initial=0)
        allowed = eps**0.5 * size + 10 * eps * largest
        wrong = ~(np.abs(got - true) <= allowed)
    return np.flatnonzero(wrong & (np.isfinite(got) | np.isfinite(true)))


def too_small(lines, what, rows, given) -> SparsityError:
    """The error that says which rows or columns a pattern falls short of."""
    some = ", ".join(map(str, lines[:5])) + (" …" if len(lines) > 5 else "")
    verb = "hessian" if what == "Hessian" else "jacobian"
    remedy = (
        f"Add what is missing (dualad.{verb}_sparsity(f, x) finds the pattern), or say sparsity='detect'"
        if given
        else f"Give the pattern (sparsity=pattern), or use the dense dualad.{verb}"
    )
    axis = "rows" if rows else "columns"
    return SparsityError(
        f"the sparsity pattern is too small: a probe along a random direction shows that the {what} has further "
        f"entries in {len(lines)} of its {axis}: {some}{at_user_line()}. {remedy}"
    )
