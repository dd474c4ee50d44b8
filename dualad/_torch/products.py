"""Matrix products and linear algebra."""

from __future__ import annotations

from .engine import op
from .handle import Handle, recorded, wrap


def _expect(name, t, ndim):
    if t.ndim != ndim:
        raise RuntimeError(f"{name} expects {ndim}-dimensional tensors, but got {t.ndim}D")


class Products(Handle):
    __slots__ = ()

    def matmul(self, other):
        """`self @ other`, for vectors, matrices, and stacks of matrices."""
        return self @ other

    def mm(self, mat2):
        """The product of two matrices."""
        _expect("mm", self, 2)
        _expect("mm", mat2, 2)
        return self @ mat2

    def bmm(self, mat2):
        """The products of two stacks of matrices."""
        _expect("bmm", self, 3)
        _expect("bmm", mat2, 3)
        return self @ mat2

    def mv(self, vec):
        """The product of a matrix and a vector."""
        _expect("mv", self, 2)
        _expect("mv", vec, 1)
        return self @ vec

    def dot(self, other):
        """The inner product of two vectors, without conjugation."""
        _expect("dot", self, 1)
        _expect("dot", other, 1)
        return self @ other

    def outer(self, vec2):
        _expect("outer", self, 1)
        _expect("outer", vec2, 1)
        return self.unsqueeze(1) * vec2

    ger = outer

    def addmm(self, mat1, mat2, *, beta=1, alpha=1):
        """`beta * self + alpha * mat1 @ mat2`"""
        product = mat1 @ mat2
        return (self if beta == 1 else beta * self) + (product if alpha == 1 else alpha * product)

    def addmv(self, mat, vec, *, beta=1, alpha=1):
        return self.addmm(mat, vec, beta=beta, alpha=alpha)

    def baddbmm(self, batch1, batch2, *, beta=1, alpha=1):
        return self.addmm(batch1, batch2, beta=beta, alpha=alpha)

    def inverse(self):
        return wrap(op.inv(recorded(self._value)))

    def det(self):
        return wrap(op.det(recorded(self._value)))

    def logdet(self):
        _, value = op.slogdet(recorded(self._value))
        return wrap(value)

    def cholesky(self):
        return wrap(op.cholesky(recorded(self._value)))
