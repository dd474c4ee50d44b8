"""Eigenvalues and eigenvectors: `eigh`, `eig`, and the values alone. Of ties, see `ties`.

Formulas: M. B. Giles (2008), section 3.1. Cotangents are derived under Re sum(conj(a) * b) and conjugated at
the door.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import DegenerateError, at_user_line
from ..core.primitive import primitive
from ..core.samples import Sample
from ..core.space import face
from ..core.trace import strip
from ..core.zeros import zeros_of_matrices
from .linalg import hermitian_part, solve, well_conditioned
from .matmul import conj, mH, mT
from .results import EighResult, EigResult, named
from .ties import choosing, inverse_gaps, of_diagonal, on_diagonal, refuse, turning, unknown

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


eigh.strict(zeros_of_matrices)


@eigh.batching
def _(a, UPLO):
    return eigh(a, UPLO=UPLO)


eigvalsh.strict(zeros_of_matrices)


@eigvalsh.batching
def _(a, UPLO):
    return eigvalsh(a, UPLO=UPLO)


@eigh.samples
def _eigh_samples(rng):
    for shape in [(3, 3), (2, 3, 3), (1, 1), (0, 0)]:
        a = hermitian_part(rng.normal(size=shape)) + np.diag(2.0 * np.arange(shape[-1]))
        yield Sample(a, along=hermitian_part, complex=False, through=_same_in_any_phase)
        yield Sample(a, along=hermitian_part, complex=False, through=_same_in_any_phase, UPLO="U")
        z = a + hermitian_part(1j * rng.normal(size=shape))
        yield Sample(z, along=hermitian_part, through=_same_in_any_phase)
        yield Sample(z, along=hermitian_part, through=_same_in_any_phase, UPLO="U")


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


eig.strict(zeros_of_matrices)


@eig.batching
def _(a):
    return eig(a)


eigvals.strict(zeros_of_matrices)


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
