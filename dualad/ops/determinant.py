"""Determinants: `det` by its cofactors, right at every order even at a singular matrix, and `slogdet`.

The gradient of a determinant is the matrix of cofactors, det(a) times the inverse transposed. At a singular
matrix that is 0 times infinity, but the cofactors are polynomials and perfectly smooth. So there a is
turned by the (constant) bases of its singular value decomposition into blocks, of which the first is well
conditioned, and the last, the Schur complement, small: the cofactors of the first come from its inverse,
those of the last from the algorithm of Faddeev and LeVerrier, which does not divide by anything that can
vanish. All of it is written in differentiable operations, so second and higher derivatives are right as
well.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import DegenerateError, at_user_line
from ..core.primitive import primitive
from ..core.samples import Sample
from ..core.space import face
from ..core.trace import strip
from ..core.zeros import zeros_of_matrices, zeros_win
from . import shape as shapes
from .contract import trace
from .matmul import mH, mT
from .results import SlogdetResult, named


def diagonal_sum(x):
    return trace(x, axis1=-2, axis2=-1)


@primitive
def det(a):
    """The determinant of a square matrix; its gradient is the matrix of cofactors (Jacobi's formula)."""
    return np.linalg.det(a)


@det.jvp
def _(da, a, out):
    if ill_conditioned(strip(a)):
        return face("sum")(cofactors(a, out) * da, axis=(-2, -1))
    return out * diagonal_sum(face("solve")(a, da))


det.vjp(lambda g, a, out: g[..., None, None] * cofactors(a, out))


@det.strict
def _(g, d, asked):
    of_matrix = cofactors(asked["a"], asked["out"])
    return zeros_win(g[..., None, None], d, lambda g, c: g * c, (of_matrix,))


@det.batching
def _(a):
    return det(a)


@det.samples
def _(rng):
    for shape in [(3, 3), (2, 3, 3), (1, 1), (0, 0), (4, 4)]:
        yield Sample(rng.normal(size=shape))
    for rank, n in [(2, 3), (3, 4)]:
        yield Sample(rng.normal(size=(n, rank)) @ rng.normal(size=(rank, n)))
    yield Sample(np.array([np.eye(2), np.ones((2, 2)), np.zeros((2, 2))]))


def far_apart(dtype) -> float:
    """The ratio of singular values that costs the inverse a third of its digits."""
    return float(np.finfo(dtype).eps) ** (-1 / 3)


def ill_conditioned(a) -> bool:
    """Whether any matrix of the stack is too near to a singular one for cofactors by its inverse."""
    try:
        with np.errstate(all="ignore"):
            size = np.abs(a).sum(axis=-1)
            inverse = np.abs(np.linalg.inv(a)).sum(axis=-1)
            condition = size.max(axis=-1, initial=0) * inverse.max(axis=-1, initial=0)
            return bool(np.any(condition > far_apart(condition.dtype)))
    except np.linalg.LinAlgError:
        return True


def cofactors(a, det_a):
    """The gradient of det at `a`, whose determinant is `det_a`."""
    if not ill_conditioned(strip(a)):
        return det_a[..., None, None] * mT(face("inv")(a))
    u, s, vh, phase = singular_bases(a)
    large = strip(s)
    floor = large.max(axis=-1, keepdims=True) / far_apart(large.dtype)
    k = int((large <= floor).sum(axis=-1).max())
    inside = adjugate(mH(u) @ a @ mH(vh), k)
    return mT(phase[..., None, None] * (mH(vh) @ inside @ mH(u)))


@primitive(flat="a basis, chosen once and then held fixed", multi=True)
def singular_bases(a):
    """Bases u and vh in which `a` is diagonal, the singular values, and det(u) * det(vh)."""
    u, s, vh = np.linalg.svd(a)
    return u, s, vh, np.linalg.det(u) * np.linalg.det(vh)


@singular_bases.batching
def _(a):
    return singular_bases(a)


@singular_bases.samples
def _(rng):
    yield Sample(rng.normal(size=(3, 3)))


def adjugate(m, k):
    """The adjugate of `m`, whose last `k` rows and columns may be singular by themselves."""
    r = m.shape[-1] - k
    if r == 0:
        return faddeev_leverrier(m)[0]
    solve = face("solve")
    m11, m12, m21, m22 = m[..., :r, :r], m[..., :r, r:], m[..., r:, :r], m[..., r:, r:]
    x, y = solve(m11, m12), mT(solve(mT(m11), mT(m21)))
    adj, d = faddeev_leverrier(m22 - m21 @ x)
    first = d[..., None, None] * face("inv")(m11) + x @ adj @ y
    top = shapes.concatenate(first, -(x @ adj), axis=-1)
    bottom = shapes.concatenate(-(adj @ y), adj, axis=-1)
    return det(m11)[..., None, None] * shapes.concatenate(top, bottom, axis=-2)


def faddeev_leverrier(a):
    """The adjugate and the determinant of a small matrix, as polynomials in its entries."""
    n = a.shape[-1]
    eye = np.eye(n, dtype=a.dtype)
    m = a * 0 + eye
    for j in range(1, n):
        am = a @ m
        m = am - (diagonal_sum(am) / j)[..., None, None] * eye
    sign = 1 if n % 2 else -1
    return sign * m, sign * diagonal_sum(a @ m) / n


# ---- slogdet ---------------------------------------------------------------------------------------


@primitive(multi=True)
def slogdet(a):
    """Sign (or phase) and logarithm of the absolute value of the determinant.

    The derivative of log det is the trace of inv(a) @ da: its real part changes the logarithm, its imaginary
    part turns the phase.
    """
    return np.linalg.slogdet(a)


slogdet = named(slogdet, SlogdetResult)


@slogdet.jvp
def _(da, a, out):
    sign, log = out
    vanishes = log == -np.inf
    if np.any(strip(vanishes)):
        a = regular(a, vanishes)
        moves = face("any")(da != 0, axis=(-2, -1))
        da = face("where")((vanishes & moves)[..., None, None], np.asarray(np.nan, da.dtype), da)
    t = diagonal_sum(face("solve")(a, da))
    if sign.dtype.kind != "c":
        return None, t
    return sign * (t.imag * 1j), t.real


@slogdet.vjp
def _(g, a, out):
    sign, log = out
    of_sign, of_log = g
    of_trace = of_log
    if sign.dtype.kind == "c" and of_sign is not None:
        turn = (of_sign * sign).imag * 1j
        of_trace = turn if of_log is None else of_log + turn
    if of_trace is None:
        return None
    vanishes = log == -np.inf
    if np.any(strip(vanishes)):
        if np.any(strip((of_trace != 0) & vanishes)):
            raise DegenerateError(
                f"slogdet has no derivative at a singular matrix{at_user_line()}; "
                "mask such matrices with where"
            )
        a = regular(a, vanishes)
    return of_trace[..., None, None] * mT(face("inv")(a))


def regular(a, singular):
    """`a` with an identity in the place of each singular matrix."""
    return face("where")(singular[..., None, None], np.eye(a.shape[-1], dtype=a.dtype), a)


slogdet.strict(zeros_of_matrices)


@slogdet.batching
def _(a):
    return slogdet(a)


@slogdet.samples
def _(rng):
    for shape in [(3, 3), (2, 3, 3), (1, 1), (0, 0)]:
        yield Sample(rng.normal(size=shape))
