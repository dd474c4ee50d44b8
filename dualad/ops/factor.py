"""Eigenvalues, eigenvectors and singular values.

Of a simple eigenvalue the vector is smooth, up to the sign or phase that LAPACK chose; the derivative keeps
that choice (v^H dv has no imaginary part, or none at all). Of a tied one, only functions of the whole
subspace are smooth, and whether a function is one cannot be seen from its cotangent. So reverse mode raises
`DegenerateError` when the cotangent of the vectors has a component within the space of tied ones,
and forward mode, which does not know whether the vectors will be used, gives them the tangent NaN.
Functions of the eigenvalues alone have their derivative everywhere where it exists.

Formulas: M. B. Giles (2008), sections 3.1 to 3.3; J. Townsend, "Differentiating the singular value
decomposition" (2016). Cotangents are derived under Re sum(conj(a) * b) and conjugated at the door.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import DegenerateError, at_user_line
from ..core.primitive import Primitive, attach_rule_setters, primitive
from ..core.samples import Sample
from ..core.space import face
from ..core.trace import Box, bind, strip
from . import shape as _shape
from .linalg import hermitian_part, solve, well_conditioned
from .matmul import conj, mH, mT
from .qr import qr as qr
from .results import EighResult, EigResult, SVDResult, named

# ---- ties ------------------------------------------------------------------------------------------


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
    if not np.any(strip(bad)):
        return 0
    return face("where")(bad, np.asarray(np.nan, dtype), np.zeros((), dtype))


# ---- eigh ------------------------------------------------------------------------------------------


@primitive(multi=True)
def eigh(a, *, UPLO="L"):
    """Eigenvalues, ascending, and orthonormal eigenvectors of a symmetric (Hermitian) matrix.

    One triangle is read. The derivative is the one along symmetric directions.
    """
    return np.linalg.eigh(a, UPLO)


eigh = named(eigh, EighResult)


@eigh.jvp
def _(da, out):
    w, v = out
    m = mH(v) @ (hermitian_part(da) @ v)
    inverse, tied = inverse_gaps(w)
    return of_diagonal(m).real, v @ (inverse * m + unknown(turning(m, tied), m.dtype))


@eigh.vjp
def _(g, out):
    w, v = out
    gw, gv = g
    inner = 0 if gw is None else on_diagonal(gw)
    if gv is not None:
        k = mH(v) @ conj(gv)
        inverse, tied = inverse_gaps(w)
        refuse(choosing(k, tied), "eigenvalues")
        inner = inner + inverse * k
    return conj(hermitian_part(v @ inner @ mH(v)))


@primitive
def eigvalsh(a, *, UPLO="L"):
    """Eigenvalues, ascending, of a symmetric (Hermitian) matrix, of which one triangle is read."""
    return np.linalg.eigvalsh(a, UPLO)


@eigvalsh.jvp
def _(da, a, UPLO):
    _, v = eigh(a, UPLO=UPLO)
    return face("sum")(conj(v) * (hermitian_part(da) @ v), axis=-2).real


@eigvalsh.vjp
def _(g, a, UPLO):
    _, v = eigh(a, UPLO=UPLO)
    return conj((v * g[..., None, :]) @ mH(v))


@eigh.batching
def _(a, UPLO):
    return eigh(a, UPLO=UPLO)


@eigvalsh.batching
def _(a, UPLO):
    return eigvalsh(a, UPLO=UPLO)


@eigh.samples
def _eigh_samples(rng):
    for shape in [(3, 3), (2, 3, 3), (1, 1), (0, 0)]:
        a = hermitian_part(rng.normal(size=shape)) + np.diag(2.0 * np.arange(shape[-1]))
        yield Sample(a, along=hermitian_part, complex=False, through=_same_in_any_phase)
        yield Sample(a, along=hermitian_part, complex=False, through=_same_in_any_phase, UPLO="U")


def _same_in_any_phase(w, v):
    """Of eigenvalues and vectors, what does not depend on the phases of the vectors."""
    return w, (v * np.cos(np.arange(v.shape[-1]))) @ mH(v)


@eigvalsh.samples
def _(rng):
    for sample in _eigh_samples(rng):
        sample.through = None
        yield sample


# ---- eig -------------------------------------------------------------------------------------------


@primitive(multi=True)
def eig(a):
    """Eigenvalues and eigenvectors of length one of a square matrix, complex where need be.

    Their phase is LAPACK's; the derivative is the one that leaves it (v^H dv = 0), so only functions that
    do not depend on the phase have a meaningful one.
    """
    return np.linalg.eig(a)


eig = named(eig, EigResult)


def independent(v):
    """The eigenvectors, if they span the space."""
    plain = strip(v)
    if plain.size and not np.all(np.linalg.cond(plain) * np.finfo(plain.dtype).eps < 1e-2):
        raise DegenerateError(
            f"the matrix is defective (its eigenvectors do not span the space){at_user_line()}: "
            "its eigenvalues have no derivative. Perturb it"
        )
    return v


@eig.jvp
def _(da, out):
    w, v = out[0], independent(out[1])
    m = solve(v, da @ v)
    inverse, tied = inverse_gaps(w)
    c = v @ (inverse * m + unknown(turning(m, tied), m.dtype))
    along = face("sum")(conj(v) * c, axis=-2, keepdims=True)
    return of_diagonal(m), c - v * along


@eig.vjp
def _(g, out):
    w, v = out[0], independent(out[1])
    gw, gv = g
    inner = 0 if gw is None else on_diagonal(conj(gw))
    if gv is not None:
        k = mH(v) @ conj(gv)
        inverse, tied = inverse_gaps(w)
        refuse(choosing(k, tied), "eigenvalues")
        k = k - (mH(v) @ v) * of_diagonal(k)[..., None, :]
        inner = inner + conj(inverse) * k
    return conj(solve(mH(v), inner @ mH(v)))


@primitive
def eigvals(a):
    """Eigenvalues of a square matrix, complex where need be."""
    return np.linalg.eigvals(a)


@eigvals.jvp
def _(da, a):
    v = independent(eig(a)[1])
    return of_diagonal(solve(v, da @ v))


@eigvals.vjp
def _(g, a):
    v = independent(eig(a)[1])
    return solve(mT(v), g[..., None] * mT(v))


@eig.batching
def _(a):
    return eig(a)


@eigvals.batching
def _(a):
    return eigvals(a)


@eig.samples
def _(rng):
    for a in _general(rng):
        yield Sample(a, through=_same_in_any_scale)


def _same_in_any_scale(w, v):
    return w, (v * np.cos(np.arange(v.shape[-1]))) @ face("inv")(v)


@eigvals.samples
def _(rng):
    for a in _general(rng):
        yield Sample(a)


def _general(rng):
    """Matrices with real eigenvalues, and with complex ones."""
    p = well_conditioned(rng, 3, 3)
    yield p @ np.diag([1.0, 2.0, 4.0]) @ np.linalg.inv(p)
    yield p @ np.array([[1.0, 2, 0], [-2, 1, 0], [0, 0, 3]]) @ np.linalg.inv(p)
    yield np.stack([np.diag([1.0, 3.0]) + 0.3 * rng.normal(size=(2, 2)) for _ in range(2)])
    yield np.array([[2.0]])


# ---- svd -------------------------------------------------------------------------------------------


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


@svd.batching
def _(a, full_matrices, hermitian):
    return svd(a, full_matrices=full_matrices, hermitian=hermitian)


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
