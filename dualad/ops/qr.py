"""The QR factorisation of matrices of full rank, tall, square or wide.

With Ω = Q^H dQ, which is skew-Hermitian, dR = Q^H dA - Ω R. That dR is triangular with a real diagonal
determines Ω from the strict lower triangle of X = Q^H dA1 R1^-1, where A1 and R1 are the first columns, as
many as there are rows in R. What dQ has outside the columns of Q is (1 - Q Q^H) dA1 R1^-1. The cotangent is
the adjoint of these equations, read backwards. (S. F. Walter, L. Lehmann, R. Lamour, "On evaluating
higher-order derivatives of the QR decomposition of tall matrices", Optimization Methods and Software 27
(2012).)
"""

from __future__ import annotations

import numpy as np

from ..core.errors import DegenerateError, NotDifferentiable, at_user_line
from ..core.primitive import Primitive, attach_rule_setters
from ..core.samples import Sample
from ..core.trace import Box, as_array_hook, bind, strip
from ..core.zeros import zeros_of_matrices
from . import shape as _shape
from .matmul import conj, mH, mT
from .results import QRResult


def _evaluate(a, *, mode="reduced"):
    """`q` with orthonormal columns and the upper triangle `r`, `a = q @ r`; of `mode="r"`, `r` alone.

    The derivative exists where the first min(m, n) columns are independent. The last columns of `q` that
    `mode="complete"` of a tall matrix has besides are those of LAPACK's reflections. `mode="raw"` is refused.
    """
    return np.linalg.qr(a, mode=mode)


prim = Primitive("qr", _evaluate)
prim.read_signature(_evaluate)
prim.multi = True


def qr(a, *, mode="reduced"):
    if not isinstance(a, (Box, list, tuple)):
        return np.linalg.qr(a, mode=mode)
    if mode == "r":
        return qr(a, mode="reduced")[1]
    if mode not in ("reduced", "complete"):
        raise NotDifferentiable(
            f"qr(mode={mode!r}) of a traced array{at_user_line()}: LAPACK's reflectors have no derivative here; "
            "mode='complete' gives the matrices that they make"
        )
    a = as_array_hook[0](a) if isinstance(a, (list, tuple)) else a
    if mode == "complete" and a.shape[-2] > a.shape[-1]:
        return _completed(*bind(prim, (a,), {"mode": "reduced"}))
    q, r = bind(prim, (a,), {"mode": mode})
    return QRResult(q, r)


def _completed(q, r):
    """`q` with the other columns that LAPACK's reflections give, and `r` with zeros below.

    They make Q = 1 - V T V^H with V unit lower trapezoidal. So W = E - Q1 = V (T V1^H), for Q1 the first columns and E
    those of the identity, and the last ones are F - V T V2^H = F - W (W2 W1^-1)^H, where V and T are no longer seen.
    (G. Ballard et al., "Reconstructing Householder vectors from tall-skinny QR", IPDPS 2014.)
    """
    from .linalg import solve

    m, n = q.shape[-2:]
    eye = np.eye(m, dtype=q.dtype)
    w = eye[:, :n] - q
    w1, w2 = w[..., :n, :], w[..., n:, :]
    if np.any(np.linalg.svd(strip(w1), compute_uv=False)[..., -1:] < 1e-10):
        raise DegenerateError(
            f"qr(mode='complete') with a column that is zero below the diagonal{at_user_line()}: LAPACK's "
            "last columns of q jump here. Use mode='reduced'"
        )
    rest = eye[:, n:] - w @ solve(mH(w1), mH(w2))
    below = np.zeros((*r.shape[:-2], m - n, n), r.dtype)
    return QRResult(_shape.concatenate(q, rest, axis=-1), _shape.concatenate(r, below, axis=-2))


qr.__doc__ = _evaluate.__doc__
attach_rule_setters(prim, qr)


def _first_columns(r):
    r1 = r[..., : r.shape[-2]]
    if np.any(strip(_shape.diagonal(r1, axis1=-2, axis2=-1)) == 0):
        raise DegenerateError(
            f"qr of a matrix without full rank has no derivative{at_user_line()}; "
            "svd, pinv or lstsq may be what is wanted"
        )
    return r1


def over(x, r):
    """`x @ inv(r)` for an upper triangle `r`."""
    from .linalg import solve_triangular

    return mT(solve_triangular(r, mT(x), trans=1))


def over_adjoint(x, r):
    """`x @ inv(r^H)`."""
    from .linalg import solve_triangular

    return mH(solve_triangular(r, mH(x)))


def upper(x):
    return _shape.triu(x)


def strictly_lower(x):
    return _shape.tril(x, k=-1)


def imaginary_diagonal(x):
    """The imaginary part of the diagonal, in a matrix."""
    return 1j * x.imag * np.eye(x.shape[-1])


@qr.jvp
def _(da, out):
    q, r = out
    r1 = _first_columns(r)
    da1 = da[..., : r1.shape[-1]]
    x = over(mH(q) @ da1, r1)
    low = strictly_lower(x)
    turn = low - mH(low)
    if x.dtype.kind == "c":
        turn = turn + imaginary_diagonal(x)
    dq = q @ turn
    if q.shape[-2] > q.shape[-1]:
        dq = dq + over(da1 - q @ (mH(q) @ da1), r1)
    return dq, upper(mH(q) @ da - turn @ r)


@qr.vjp
def _(g, out):
    q, r = out
    r1 = _first_columns(r)
    gq, gr = g
    of_turn, outside, d = 0, None, None
    if gr is not None:
        gr = upper(conj(gr))
        d = q @ gr
        of_turn = -(gr @ mH(r))
    if gq is not None:
        gq = conj(gq)
        of_turn = of_turn + mH(q) @ gq
        if q.shape[-2] > q.shape[-1]:
            outside = gq - q @ (mH(q) @ gq)
    of_x = strictly_lower(of_turn - mH(of_turn))
    if of_x.dtype.kind == "c":
        of_x = of_x + imaginary_diagonal(of_turn)
    of_a1 = q @ of_x
    d1 = over_adjoint(of_a1 if outside is None else of_a1 + outside, r1)
    more = r.shape[-1] - r1.shape[-1]
    if more:
        d1 = _shape.concatenate(d1, np.zeros((*d1.shape[:-1], more), d1.dtype), axis=-1)
    return conj(d1 if d is None else d + d1)


qr.strict(zeros_of_matrices)


@qr.batching
def _(a, mode):
    return qr(a, mode=mode)


@qr.samples
def _(rng):
    for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1), (0, 0), (2, 0)]:
        yield Sample(rng.normal(size=shape))
    yield Sample(rng.normal(size=(2, 3)), mode="complete")
    yield Sample(rng.normal(size=(3, 3)), mode="complete")
