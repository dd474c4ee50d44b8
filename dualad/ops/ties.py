"""Tied eigenvalues and singular values: where vectors have no derivative, and how that is told.

Of a simple eigenvalue the vector is smooth, up to the sign or phase that LAPACK chose; the derivative keeps
that choice (v^H dv has no imaginary part, or none at all). Of a tied one, only functions of the whole
subspace are smooth, and whether a function is one cannot be seen from its cotangent. So reverse mode raises
`DegenerateError` when the cotangent of the vectors has a component within the space of tied ones,
and forward mode, which does not know whether the vectors will be used, gives them the tangent NaN.
Functions of the eigenvalues alone have their derivative everywhere where it exists.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import DegenerateError, at_user_line
from ..core.linear import is_recorded
from ..core.space import face
from ..core.trace import strip
from . import shape as _shape


def of_diagonal(x):
    return _shape.diagonal(x, axis1=-2, axis2=-1)


def on_diagonal(d):
    return d[..., None] * np.eye(d.shape[-1], dtype=bool)


def tolerance(w):
    """How near two values must be to count as tied, from rounding in what they come from."""
    eps = np.finfo(w.dtype).eps
    return 64 * eps * face("sum")(face("absolute")(w), axis=-1, keepdims=True)


def inverse_gaps(w):
    """1 / (w_j - w_i) in row i and column j, zero where the two are tied; and where that is."""
    gap = w[..., None, :] - w[..., :, None]
    tied = face("absolute")(gap) <= tolerance(w)[..., None]
    return inverse_where(gap, tied), tied


def inverse_where(x, zero):
    """1 / x, and zero in the places `zero`."""
    where = face("where")
    return where(zero, np.zeros((), x.dtype), 1 / where(zero, np.ones((), x.dtype), x))


def turning(dx, tied):
    """Where the tangent `dx`, in the basis of the vectors, turns tied vectors into each other."""
    off_diagonal = ~np.eye(dx.shape[-1], dtype=bool)
    return noticeable(dx) * tied * off_diagonal


def choosing(g, tied):
    """Where the cotangent `g`, in the basis of the vectors, sees which vectors a tied block has."""
    block = face("sum")(tied, axis=-1, keepdims=True) > 1
    return noticeable(g) * tied * block


def noticeable(x):
    """Which entries are more than rounding beside the largest one."""
    if is_recorded(x) and x.size:
        size = face("max")(face("absolute")(x))
    else:
        size = np.max(np.abs(strip(x)), initial=0.0)
    return face("absolute")(x) > 1e3 * np.finfo(x.dtype).eps * size


def refuse(bad, what):
    if np.any(strip(bad)):
        raise DegenerateError(
            f"{what} are tied, and the function depends on the choice of their vectors{at_user_line()}: "
            "it has no derivative here. Functions of the values alone have one; or perturb the matrix"
        )


def unknown(bad, dtype):
    """NaN in the places `bad`; a plain 0 if there are none."""
    if not is_recorded(bad) and not np.any(strip(bad)):
        return 0
    return face("where")(bad, np.asarray(np.nan, dtype), np.zeros((), dtype))
