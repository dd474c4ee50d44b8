"""Linear systems behind implicit derivatives, dense or matrix-free, as operations that can be differentiated.

The derivative of x = A⁻¹ b is A⁻¹ (db − dA x), and its transpose λ = A⁻ᵀ g gives b̄ = λ and Ā = −λ xᵀ. Both are
linear systems again, so every order follows.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
import scipy.sparse.linalg as sparse

from ..core.errors import DegenerateError, at_user_line
from ..core.joint import Joint
from ._custom import Rows, of_some
from .forward import jvp
from .jacobian import jacfwd
from .linear import linearize
from .reverse import vjp

DENSE_UP_TO = 500
ITERATIVE = {
    "cg": sparse.cg,
    "gmres": sparse.gmres,
    "bicgstab": sparse.bicgstab,
    "minres": sparse.minres,
}


class SolveWarning(UserWarning):
    """A solution, or the linear system behind its derivative, was not solved as well as asked for."""


class Method:
    """How linear systems are solved: "dense", a name of SciPy's, a function `solve(matvec, b)`, or "auto"."""

    def __init__(self, how, symmetric: bool, tolerance: float):
        if not callable(how) and how not in ("auto", "dense", *ITERATIVE):
            raise ValueError(
                f"solve={how!r}; there are 'auto', 'dense', {', '.join(map(repr, ITERATIVE))}, or a function"
            )
        self.how, self.symmetric, self.tolerance = how, symmetric, tolerance
        self.residual = 0.0

    def is_dense(self, size: int) -> bool:
        return self.how == "dense" or (self.how == "auto" and size <= DENSE_UP_TO)

    def solve(self, matvec: Callable, b: np.ndarray) -> np.ndarray:
        """x of A x = b on plain arrays, and its relative residual noted."""
        if not np.any(b):
            return np.zeros_like(b)
        if callable(self.how):
            x = np.asarray(self.how(matvec, b))
        else:
            name = ("cg" if self.symmetric else "gmres") if self.how == "auto" else self.how
            operator = sparse.LinearOperator((b.size, b.size), matvec=matvec, dtype=b.dtype)
            more = {"restart": min(b.size, 100)} if name == "gmres" else {}
            x, _ = ITERATIVE[name](operator, b, rtol=min(self.tolerance, 1e-12), maxiter=10 * b.size, **more)
        self.residual = float(np.linalg.norm(matvec(x) - b) / np.linalg.norm(b))
        if not self.residual <= self.tolerance:
            warnings.warn(
                f"the linear system of an implicit derivative was solved to a relative residual of {self.residual:.1e} "
                f"only{at_user_line()}; asked for was {self.tolerance:.1e}. Choose another solve=, or 'dense'",
                SolveWarning,
                stacklevel=2,
            )
        return x.astype(b.dtype, copy=False)


def solve_jacobian(f: Callable, x, params, b, method: Method, transposed: bool = False):
    """v of (∂f/∂x)(x, *params) v = b, or of the transpose; x and b are vectors, traced or not."""
    if x.dtype.kind == "c":
        return _solve_in_parts(f, x, params, b, method, transposed)
    if method.is_dense(x.shape[0]):
        a = jacfwd(lambda v: f(v, *params))(x)
        try:
            return np.linalg.solve(np.swapaxes(a, -1, -2) if transposed else a, b)
        except np.linalg.LinAlgError:
            raise DegenerateError(
                f"the Jacobian of the optimality function is singular at the solution{at_user_line()}: the solution is "
                "not isolated, and has no derivative"
            ) from None
    call = _Solve(f, method, transposed)
    return call.face(x, *params, b)[0]


def _solve_in_parts(f, x, params, b, method, transposed):
    """The same for complex vectors, by real and imaginary parts: f need not be holomorphic.

    The transpose is that under Re Σ a·b, for which cotangents are conjugated on the way in and out.
    """
    n = x.shape[0]
    split = lambda z: np.concatenate([np.real(z), np.imag(z)])  # noqa: E731
    whole = lambda r: r[:n] + 1j * r[n:]  # noqa: E731
    b = split(np.conj(b) if transposed else b)
    v = whole(solve_jacobian(lambda r, *p: split(f(whole(r), *p)), split(x), params, b, method, transposed))
    return np.conj(v) if transposed else v


class _Solve(Joint):
    """One matrix-free solution: the arguments are x, the parameters, and b."""

    solid = True

    def __init__(self, f, method, transposed):
        super().__init__("implicit_solve", "The solution of a linear system with a Jacobian.")
        self.f, self.method, self.transposed = f, method, transposed

    def evaluate(self, x, *rest):
        *params, b = rest
        g = lambda v: self.f(v, *params)  # noqa: E731
        if self.transposed:
            pull = vjp(g, x)[1]
            return (self.method.solve(lambda v: pull(v)[0], b),)
        return (self.method.solve(linearize(g, x)[1], b),)

    def apply(self, v, x, *params):
        """The matrix times `v`."""
        g = lambda u: self.f(u, *params)  # noqa: E731
        return vjp(g, x)[1](v)[0] if self.transposed else jvp(g, (x,), (v,))[1]

    def push(self, primals, tangents):
        (out,) = self.face(*primals)
        *params, _ = primals
        *moves, db = tangents
        rhs = np.zeros(out.shape, out.dtype) if db is None else db
        moving = [i for i, d in enumerate(moves) if d is not None]
        if moving:
            applied = of_some(partial(self.apply, out), params, moving)
            rhs = rhs - jvp(applied, tuple(params[i] for i in moving), tuple(moves[i] for i in moving))[1]
        return (out,), (self.face(*params, rhs)[0],)

    def pullback(self, primals, active):
        (out,) = self.face(*primals)
        return (out,), self.back(primals, (out,), active)

    def back(self, primals, outs, active):
        *params, _ = primals

        def back(gs):
            lam = _Solve(self.f, self.method, not self.transposed).face(*params, gs[0])[0]
            moving = [i for i in active if i < len(params)]
            found = {len(params): lam}
            if moving:
                applied = of_some(partial(self.apply, outs[0]), params, moving)
                pull = vjp(applied, *[params[i] for i in moving])[1]
                found.update(zip(moving, pull(-lam), strict=True))
            return [found[i] for i in active]

        return back

    def rows(self, mask, size):
        return Rows(self, mask, size)
