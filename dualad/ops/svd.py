"""The singular value decomposition, thin and full, and the singular values alone. Of ties, see `ties`.

Formulas: J. Townsend, "Differentiating the singular value decomposition" (2016). Cotangents are derived under
Re sum(conj(a) * b) and conjugated at the door.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import Primitive, attach_rule_setters, primitive
from ..core.samples import Sample
from ..core.space import face
from ..core.trace import Box, bind
from ..core.zeros import zeros_of_matrices
from . import shape as _shape
from .linalg import hermitian_part
from .matmul import conj, mH, mT
from .results import SVDResult
from .ties import (
    choosing,
    inverse_gaps,
    inverse_where,
    noticeable,
    of_diagonal,
    on_diagonal,
    refuse,
    tolerance,
    turning,
    unknown,
)


def _evaluate_svd(a, *, full_matrices=True, hermitian=False):
    """Singular value decomposition: `u`, the singular values `s`, descending, and `vh`; `a = (u * s) @ vh`.

    With `compute_uv=False`, `s` alone. With `full_matrices`, vectors beyond the singular values are defined
    up to a rotation among themselves, and functions that depend on it are refused in reverse mode.
    """
    return np.linalg.svd(a, full_matrices, hermitian=hermitian)


_svd = Primitive("svd", _evaluate_svd)
_svd.read_signature(_evaluate_svd)
_svd.multi = True


def svd(a, *, full_matrices=True, compute_uv=True, hermitian=False):
    if not isinstance(a, (Box, list, tuple)):
        return np.linalg.svd(a, full_matrices, compute_uv, hermitian)
    if not compute_uv:
        return svdvals(hermitian_part(a) if hermitian else a)
    return SVDResult(*bind(_svd, (a,), {"full_matrices": full_matrices, "hermitian": hermitian}))


svd.__doc__ = _evaluate_svd.__doc__
attach_rule_setters(_svd, svd)


def inverse_values(s):
    """1 / s, and zero for a singular value that vanishes."""
    return inverse_where(s, s <= tolerance(s))


def inverse_square_gaps(s):
    """1 / (s_j² - s_i²) in row i and column j, zero where the two are tied; and where that is."""
    inverse, tied = inverse_gaps(s)
    return inverse * inverse_where(s[..., None, :] + s[..., :, None], tied), tied


def halves(s, x):
    """The first columns of `x`, as many as there are singular values, and the others."""
    k = s.shape[-1]
    return x[..., :k], x[..., k:]


def outside(x, basis):
    return x - basis @ (mH(basis) @ x)


@svd.jvp
def _(da, out, hermitian):
    u, s, vh = out
    da = hermitian_part(da) if hermitian else da
    (u1, u2), (v1, v2) = halves(s, u), halves(s, mH(vh))
    av, ahu = da @ v1, mH(da) @ u1
    p = mH(u1) @ av
    left, right = p * s[..., None, :], p * s[..., :, None]
    inverse, tied = inverse_square_gaps(s)
    left, right = left + mH(left), right + mH(right)
    turn_u = inverse * left + unknown(turning(left, tied), p.dtype)
    turn_v = inverse * right + unknown(turning(right, tied), p.dtype)
    if p.dtype.kind == "c":
        phase = on_diagonal(of_diagonal(p).imag * inverse_values(s) / 2) * 1j
        turn_u, turn_v = turn_u + phase, turn_v - phase
    du = _push_vectors(u1, u2, turn_u, av, s)
    dv = _push_vectors(v1, v2, turn_v, ahu, s)
    return du, of_diagonal(p).real * (s > tolerance(s)), mH(dv)


def _push_vectors(u1, u2, turn, av, s):
    d = u1 @ turn
    if u1.shape[-2] == u1.shape[-1]:
        return d
    away = outside(av, u1)
    lost = noticeable(away) * (s <= tolerance(s))[..., None, :]
    away = away * inverse_values(s)[..., None, :] + unknown(lost, away.dtype)
    if u2.shape[-1] == 0:
        return d + away
    return _shape.concatenate(d + away, -(u1 @ (mH(away) @ u2)), axis=-1)


@svd.vjp
def _(g, out, hermitian):
    u, s, vh = out
    gu, gs, gvh = g
    (u1, u2), (v1, v2) = halves(s, u), halves(s, mH(vh))
    inner = 0 if gs is None else on_diagonal(gs * (s > tolerance(s)))
    d = 0
    phase = 0
    if gu is not None:
        x, away = _pull_vectors(conj(gu), u1, u2, s)
        inner = inner + x * s[..., None, :]
        phase = of_diagonal(mH(u1) @ halves(s, conj(gu))[0])
        d = d if away is None else d + away @ mH(v1)
    if gvh is not None:
        x, away = _pull_vectors(mT(gvh), v1, v2, s)
        inner = inner + x * s[..., :, None]
        phase = phase - of_diagonal(mH(v1) @ halves(s, mT(gvh))[0])
        d = d if away is None else d + u1 @ mH(away)
    if not isinstance(phase, int) and phase.dtype.kind == "c":
        inner = inner + on_diagonal(phase.imag * inverse_values(s) / 2) * 1j
    d = d + u1 @ inner @ mH(v1)
    return conj(hermitian_part(d) if hermitian else d)


def _pull_vectors(g, u1, u2, s):
    """What the cotangent of the vectors means for the turns among them, and for what lies outside."""
    g1, g2 = halves(s, g)
    x = mH(u1) @ g1
    inverse, tied = inverse_square_gaps(s)
    refuse(choosing(x, tied), "singular values")
    x = inverse * (x - mH(x))
    if u1.shape[-2] == u1.shape[-1]:
        return x, None
    away = outside(g1, u1)
    if u2.shape[-1]:
        among = mH(u2) @ g2
        all_tied = np.ones(among.shape[-2:], bool)
        refuse(choosing(among, all_tied), "the singular values beyond the last one, all zero,")
        away = away - u2 @ (mH(g2) @ u1)
    refuse(noticeable(away) * (s <= tolerance(s))[..., None, :], "zero singular values")
    return x, away * inverse_values(s)[..., None, :]


@primitive
def svdvals(x):
    """Singular values, descending. Where one vanishes, its derivative is 0, as that of abs at 0."""
    return np.linalg.svd(x, compute_uv=False)


@svdvals.jvp
def _(dx, x, out):
    u, s, vh = svd(x, full_matrices=False)
    return face("sum")(mT(conj(u)) * (vh.conj() @ mT(dx)), axis=-1).real * (out > tolerance(out))


@svdvals.vjp
def _(g, x, out):
    u, s, vh = svd(x, full_matrices=False)
    return conj((u * (g * (out > tolerance(out)))[..., None, :]) @ vh)


svd.strict(zeros_of_matrices)


@svd.batching
def _(a, full_matrices, hermitian):
    return svd(a, full_matrices=full_matrices, hermitian=hermitian)


svdvals.strict(zeros_of_matrices)


@svdvals.batching
def _(x):
    return svdvals(x)


@svd.samples
def _(rng):
    for shape in [(3, 3), (3, 2), (2, 3), (2, 2, 2), (1, 1), (0, 0)]:
        yield Sample(rng.normal(size=shape), through=_products)
        yield Sample(rng.normal(size=shape), full_matrices=False, through=_products)
    yield Sample(rng.normal(size=(5, 2)), full_matrices=False, through=_products)
    yield Sample(rng.normal(size=(2, 4)), full_matrices=False, through=_products)
    a = hermitian_part(rng.normal(size=(3, 3)))
    yield Sample(a, hermitian=True, along=hermitian_part, complex=False, through=_products)


def _products(u, s, vh):
    """Of a decomposition, what does not depend on the phases of the vectors."""
    k = s.shape[-1]
    u1, vh1, weights = u[..., :k], vh[..., :k, :], np.cos(np.arange(k))
    u2, vh2 = u[..., k:], vh[..., k:, :]
    pairs = (u1 * weights) @ vh1, (u1 * weights) @ mH(u1), mH(vh1) @ (weights[:, None] * vh1)
    return s, *pairs, u2 @ mH(u2), mH(vh2) @ vh2


@svdvals.samples
def _(rng):
    for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1), (0, 0), (2, 0)]:
        yield Sample(rng.normal(size=shape))
