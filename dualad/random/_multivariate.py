"""Draws of vectors: the normal distribution of several dimensions, Dirichlet's."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import DegenerateError, NotDifferentiable, at_user_line
from ..core.trace import strip
from ..ops.arithmetic import absolute, sqrt
from ..ops.draws import beta_logit_draw, pinned
from ..ops.elementary import expit, log, log1p
from ..ops.join import concatenate
from ..ops.matmul import mT
from ._continuous import ALMOST_ONE, TINY, gamma_of
from ._draw import Source, carries, draw, is_plain, parameter

APART = 1e-9  # eigenvalues nearer than this, relative to the largest, are tied


class Multivariate(np.random.Generator):
    """The methods that draw vectors."""

    def multivariate_normal(self, mean, cov, size=None, check_valid="warn", tol=1e-8, *, method="svd"):
        """NumPy's, in the derivatives of `mean`, and of `cov` through its factor by `method`.

        Raises
        ------
        DegenerateError
            The derivative by a `cov` of tied eigenvalues, by "svd" or "eigh". `method="cholesky"` has it.
        """
        if is_plain(mean, cov, size):
            return super().multivariate_normal(mean, cov, size, check_valid, tol, method=method)
        mean, cov = parameter(mean), parameter(cov)
        keywords = {"check_valid": check_valid, "tol": tol, "method": method}
        noise = _normals if carries(mean) or carries(cov) else None
        source = Source(self, "multivariate_normal", noise, row_by_row=True, keywords=keywords)
        if noise is None:
            return draw(source, (mean, cov), size)
        z, e = draw(source, (mean, cov), size)
        if not carries(cov):
            return pinned(mean + 0 * e, z)
        return pinned(mean + e @ mT(_factor(cov, method)), z)

    def dirichlet(self, alpha, size=None):
        """NumPy's, in the derivatives of `alpha`: by those of the gamma (or beta) numbers that it is made of."""
        if is_plain(alpha, size):
            return super().dirichlet(alpha, size)
        alpha = parameter(alpha)
        if not carries(alpha):
            return draw(Source(self, "dirichlet", row_by_row=True), (alpha,), size)
        number, noise = (_broken, _sticks) if _small(alpha) else (_normalised, _gammas)
        z, e = draw(Source(self, "dirichlet", noise, row_by_row=True), (alpha,), size)
        return pinned(number(e, alpha), z)


def _normals(generator, shape, mean, cov):
    return generator.standard_normal(shape)


def _factor(cov, method) -> Any:
    """The matrix by which NumPy multiplies standard normal vectors."""
    if method == "cholesky":
        return np.linalg.cholesky(cov)
    _refuse_ties(cov, method)
    if method == "eigh":
        s, u = np.linalg.eigh(cov)
        return u * sqrt(absolute(s))[..., None, :]
    u, s, _ = np.linalg.svd(cov)
    return u * sqrt(s)[..., None, :]


def _refuse_ties(cov, method):
    s = np.sort(np.linalg.svd(strip(cov), compute_uv=False), axis=-1)
    if np.any(np.diff(s, axis=-1) <= APART * s[..., -1:]):
        raise DegenerateError(
            f"multivariate_normal with method={method!r} and a cov of equal eigenvalues{at_user_line()}: the "
            "eigenvectors, and with them the draws, have no derivative by cov. "
            'Write rng.multivariate_normal(..., method="cholesky").'
        )


def _small(alpha) -> bool:
    """Whether NumPy breaks sticks, as it does where every alpha is below 0.1; the rows of a `vmap` must agree."""
    small = np.max(strip(alpha), axis=-1) < 0.1
    if np.any(small) != np.all(small):
        raise NotDifferentiable(
            f"dirichlet in the rows of a vmap{at_user_line()}: NumPy draws in another way where every alpha is below "
            "0.1. Keep such rows apart, or divide rng.standard_gamma(alpha) by its sum."
        )
    return bool(np.all(small))


def _gammas(generator, shape, alpha):
    return generator.standard_gamma(alpha, size=shape)


def _normalised(e, alpha):
    y = gamma_of(alpha, e)
    return y / y.sum(axis=-1, keepdims=True)


def _sticks(generator, shape, alpha):
    rest = np.cumsum(alpha[::-1])[::-1]
    return generator.beta(alpha[:-1], rest[1:], size=(*shape[:-1], shape[-1] - 1))


def _broken(e, alpha):
    """A stick of length 1: each piece is a beta part of what is left."""
    rest = np.flip(np.cumsum(np.flip(alpha, -1), -1), -1)
    e = np.minimum(np.maximum(e, TINY), ALMOST_ONE)
    odds = beta_logit_draw(alpha[..., :-1], rest[..., 1:], log(e) - log1p(-e))
    left = np.cumprod(expit(-odds), -1)
    one = 0 * left[..., :1] + 1
    return concatenate(expit(odds), one, axis=-1) * concatenate(one, left, axis=-1)
