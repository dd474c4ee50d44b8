"""`A @ x` and `x @ A` for a matrix of scipy.sparse and a traced array.

SciPy asks for `np.asanyarray(x)`, and where it gets something that is no array, leaves the product to `x`. So that
is what it gets, where that function is asking, and nobody else.
"""

from __future__ import annotations

import sys

import numpy as np

from ..core.errors import MissingRule, at_user_line
from ..core.primitive import REGISTRY


def is_sparse(a) -> bool:
    """Whether `a` is a matrix or array of scipy.sparse; it is not imported for the question."""
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and sparse.issparse(a)


def no_array(x):
    """What SciPy takes for no array, if its sparse product is asking for one; else None."""
    frame = sys._getframe(1)
    while frame is not None and (frame.f_globals.get("__name__") or "").startswith("dualad."):
        frame = frame.f_back
    if (
        frame is None
        or frame.f_code.co_name != "_matmul_dispatch"
        or frame.f_back.f_code.co_name != "__matmul__"
    ):
        return None
    if not (frame.f_globals.get("__name__") or "").startswith("scipy.sparse."):
        return None
    stand_in = np.empty((), object)
    stand_in[()] = type(x).__name__
    return stand_in


def product(a, x):
    """`a @ x` for a sparse `a`; NotImplemented for others."""
    if not is_sparse(a):
        return NotImplemented
    check(a, x, a.shape[-1], x.shape[0] if x.ndim else None)
    return multiplied(a, x)


def product_from_left(x, a):
    """`x @ a` for a sparse `a`; NotImplemented for others."""
    if not is_sparse(a):
        return NotImplemented
    check(a, x, a.shape[0], x.shape[-1] if x.ndim else None)
    out = multiplied(a.T, x if x.ndim == 1 else REGISTRY["transpose"].face(x))
    return out if x.ndim == 1 else REGISTRY["transpose"].face(out)


def multiplied(a, x):
    product = REGISTRY["sparse_matmul"].face
    from ..ops.sparse import constant

    return product(x, matrix=constant(a))


def check(a, x, expected, found):
    if a.ndim != 2 or x.ndim not in (1, 2):
        raise MissingRule(
            f"a sparse product of shapes {a.shape} and {x.shape}{at_user_line()}: only matrices times arrays of one or "
            "two axes have a rule; reshape first"
        )
    if expected != found:
        raise ValueError(f"matmul: dimension mismatch of {a.shape} and {x.shape}{at_user_line()}")
