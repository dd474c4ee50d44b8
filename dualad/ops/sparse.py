"""Products with constant matrices of scipy.sparse: the stencils, incidences and mass matrices of science.

The matrix is a parameter, not data: it has no derivative. The adjoint is the product with its transpose, which
shares the memory of the matrix.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from .layout import reshape, transpose


class Matrix:
    """A sparse matrix as a hashable parameter: the same object, not the same numbers."""

    __slots__ = ("_transposed", "csr")

    def __init__(self, csr):
        self.csr = csr
        self._transposed = None

    @property
    def T(self) -> Matrix:
        if self._transposed is None:
            self._transposed = Matrix(self.csr.T)
            self._transposed._transposed = self
        return self._transposed

    def __repr__(self):
        m, n = self.csr.shape
        return f"Matrix({m} × {n}, {self.csr.nnz} entries)"


def constant(matrix) -> Matrix:
    """A copy of a matrix of scipy.sparse: the user may change his before the sweep comes by."""
    return Matrix(matrix.tocsr(copy=True))


@primitive(linear="x")
def sparse_matmul(x, *, matrix):
    """`matrix @ x` for a constant matrix of scipy.sparse and an array of one or two axes."""
    return np.asarray(matrix.csr @ x)


sparse_matmul.vjp(lambda g, matrix: sparse_matmul(g, matrix=matrix.T))


@sparse_matmul.batching
def _(x, matrix):
    if x.ndim == 2:
        return transpose(sparse_matmul(transpose(x), matrix=matrix))
    size, n, k = x.shape
    out = sparse_matmul(reshape(transpose(x, axes=(1, 0, 2)), shape=(n, size * k)), matrix=matrix)
    return transpose(reshape(out, shape=(out.shape[0], size, k)), axes=(1, 0, 2))


@sparse_matmul.samples
def _(rng):
    from scipy.sparse import csr_array, random_array

    matrix = Matrix(csr_array(random_array((4, 3), density=0.4, random_state=np.random.default_rng(1))))
    yield Sample(rng.normal(size=3), matrix=matrix)
    yield Sample(rng.normal(size=(3, 2)), matrix=matrix)
    yield Sample(rng.normal(size=(4, 1)), matrix=matrix.T)
    yield Sample(rng.normal(size=3), matrix=Matrix(csr_array((0, 3))))
    yield Sample(rng.normal(size=(3, 0)), matrix=matrix)
