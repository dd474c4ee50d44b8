"""Derivatives of solutions: roots, fixed points, minima. By the implicit function theorem, not through the iterations.

For a solution x(θ) of F(x, θ) = 0, dx = −(∂F/∂x)⁻¹ (∂F/∂θ) dθ; its transpose solves one system with (∂F/∂x)ᵀ [1]_.
The solver may be anything: SciPy, compiled code, a loop that is not differentiable. The rule is exact as far as the
solution is: an error δ in x makes one of order δ in the derivative.

.. [1] M. Blondel et al., "Efficient and modular implicit differentiation", NeurIPS 2022.
"""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..core.errors import NotDifferentiable, StructureError, at_user_line
from ..core.joint import Joint
from ..core.space import space_of
from ..core.trace import strip
from ..core.tree import tree_leaves
from ._custom import ARRAYS, POSITIONAL, Rows, of_some, outputs_of
from ._linear_solve import Method, SolveWarning, solve_jacobian
from .forward import jvp
from .reverse import grad, vjp
from .stop import is_traced


class Residuals(NamedTuple):
    """What was left: of the optimality function (largest entry), and of the linear system (relative 2-norm)."""

    optimality: float
    linear: float


class custom_root:
    """Decorator: a solver of F(x, *args) = 0 whose solution is differentiated by the implicit function theorem.

    Parameters
    ----------
    optimality_fun : callable
        F(x, *args), a pytree like x. It must be differentiable by dualad; the solver need not be.
    has_aux : bool
        Whether the solver returns `(solution, aux)`, of which `aux` carries no derivative.
    solve : {"auto", "dense", "cg", "gmres", "bicgstab", "minres"} or callable
        The linear system: by its Jacobian matrix, or matrix-free by pushes and pulls of F with SciPy's iterations; or
        `solve(matvec, b)` on plain vectors. "auto" is dense up to 500 unknowns.
    symmetric : bool
        Whether ∂F/∂x is symmetric positive definite, as for minima: "auto" then uses "cg".
    tolerance : float
        Larger residuals warn (`SolveWarning`): of F relative to F at the initial guess plus one, and of the linear
        system.

    Notes
    -----
    The decorated `solver(init, *args, **options)` is given plain arrays. Derivatives are taken with respect to `args`,
    to any order; `init` has none, options must not be traced. `solver.residuals()` tells what was left in this
    thread's last call.

    Examples
    --------
    >>> import dualad, scipy.optimize
    >>> @dualad.custom_root(lambda x, a: x**2 - a)
    ... def root(init, a):
    ...     return scipy.optimize.brentq(lambda x: x * x - a, 0.0, 10.0, xtol=1e-14)
    >>> round(dualad.grad(root, 1)(1.0, 4.0), 12)
    0.25
    """

    def __init__(
        self,
        optimality_fun: Callable,
        has_aux: bool = False,
        solve="auto",
        symmetric: bool = False,
        tolerance: float = 1e-6,
    ):
        self.optimality, self.has_aux = optimality_fun, has_aux
        self.solve, self.symmetric, self.tolerance = solve, symmetric, tolerance
        Method(solve, symmetric, tolerance)  # says at once what is wrong

    def __call__(self, solver: Callable) -> Callable:
        last = threading.local()

        @functools.wraps(solver)
        def solved(init, *args, **options):
            if any(map(is_traced, tree_leaves(options))):
                raise NotDifferentiable(
                    f"{solver.__name__}: a keyword option is traced{at_user_line()}; pass it by position, and let the "
                    "optimality function take it"
                )
            given, xs = POSITIONAL.take((init, *args), {})
            last.call = call = _Solution(self, solver, given, options)
            outs = call.face(*xs)
            out = call.outdef.unflatten(outs)
            return (out, call.aux) if self.has_aux else out

        def residuals() -> Residuals:
            """What this thread's last call left: of the optimality function, and of the linear system."""
            call = getattr(last, "call", None)
            if call is None:
                raise ValueError(f"{solver.__name__} has not been called in this thread")
            return Residuals(call.residual, call.method.residual)

        solved.residuals = residuals  # type: ignore[attr-defined]
        solved.optimality_fun = self.optimality  # type: ignore[attr-defined]
        return solved


class _Solution(Joint):
    """One solution. Its arguments are the arrays of the initial guess, then those of `args`."""

    solid = True

    def __init__(self, owner, solver, given, options):
        super().__init__(getattr(solver, "__name__", "solver"), solver.__doc__ or "")
        self.owner, self.solver, self.given, self.options = owner, solver, given, options
        self.method = Method(owner.solve, owner.symmetric, owner.tolerance)
        self.outdef = self.aux = None
        self.residual = 0.0
        init = given.treedef.children[0].num_leaves
        self.first = sum(place < init for place in given.places)  # the guess comes before the parameters

    def evaluate(self, *xs):
        init, *args = self.given.all([x.copy() if type(x) is np.ndarray else x for x in xs])
        out = self.solver(init, *args, **self.options)
        if self.owner.has_aux:
            if not isinstance(out, tuple) or len(out) != 2:
                raise StructureError(
                    f"{self.name} (has_aux=True) must return (solution, aux){at_user_line()}"
                )
            out, self.aux = out
        outs, self.outdef = outputs_of(out)
        if not outs:
            raise StructureError(f"{self.name} returned no arrays, but {out!r}{at_user_line()}")
        init, *args = self.given.all(xs)  # the solver may have written into its own
        self._judge(init, args, outs)
        return outs

    def _judge(self, init, args, outs):
        """Note how well the solution solves, and say so where it does not."""
        x = np.concatenate([np.ravel(o) for o in outs])
        self.residual = float(np.max(np.abs(self._residual(outs, args)), initial=0.0))
        with np.errstate(all="ignore"):
            guess = outputs_of(init)[0]
            same = [np.shape(g) for g in guess] == [o.shape for o in outs]
            before = float(np.max(np.abs(self._residual(guess, args)), initial=0.0)) if same else 0.0
        scale = 1 + (before if np.isfinite(before) else 0.0)
        if not self.residual <= self.owner.tolerance * scale or not np.all(np.isfinite(x)):
            warnings.warn(
                f"{self.name}: the optimality function is {self.residual:.1e} at the solution{at_user_line()}, so the "
                "derivative is that of another point. Ask the solver for more digits",
                SolveWarning,
                stacklevel=2,
            )

    def _residual(self, outs, args):
        leaves = tree_leaves(self.owner.optimality(self.outdef.unflatten(outs), *args))
        if not leaves:
            raise StructureError(f"{self.name}: the optimality function returned no arrays{at_user_line()}")
        return np.concatenate([np.ravel(strip(r)) for r in leaves])

    # ---- the optimality function on one vector ----

    def _function(self, outs):
        """F(vector, *parameters) as a vector."""
        spaces = [space_of(o) for o in outs]
        guess = [np.zeros(())] * self.first

        def f(v, *params):
            _, *args = self.given.all((*guess, *params))
            values = self.owner.optimality(self.outdef.unflatten(parts_of(v, spaces)), *args)
            r = joined([r if isinstance(r, ARRAYS) else np.asarray(r) for r in tree_leaves(values)])
            if r.shape != v.shape:
                raise StructureError(
                    f"{self.name}: the optimality function returns {r.shape[0]} numbers for {v.shape[0]} unknowns"
                    f"{at_user_line()}; there must be as many"
                )
            return r

        return f, spaces

    def push(self, primals, tangents):
        outs = self.face(*primals)
        f, spaces = self._function(outs)
        x, params = joined(outs), primals[self.first :]
        moving = [i for i, d in enumerate(tangents[self.first :]) if d is not None]
        if not moving:
            return outs, (None,) * len(outs)
        some, moves = (tuple(seq[i] for i in moving) for seq in (params, tangents[self.first :]))
        rhs = jvp(of_some(functools.partial(f, x), params, moving), some, moves)[1]
        return outs, tuple(parts_of(solve_jacobian(f, x, params, -rhs, self.method), spaces))

    def pullback(self, primals, active):
        outs = self.face(*primals)
        return outs, self.back(primals, outs, active)

    def back(self, primals, outs, active):
        f, spaces = self._function(outs)
        x, params = joined(outs), primals[self.first :]
        moving = [i - self.first for i in active if i >= self.first]

        def back(gs):
            g = joined([s.zeros() if g is None else g for g, s in zip(gs, spaces, strict=True)])
            lam = solve_jacobian(f, x, params, g, self.method, transposed=True)
            pull = vjp(of_some(functools.partial(f, x), params, moving), *[params[i] for i in moving])[1]
            found = dict(zip(moving, pull(-lam), strict=True))
            return [found.get(i - self.first) for i in active]

        return back

    def rows(self, mask, size):
        return Rows(self, mask, size)


def joined(parts):
    """Arrays as one vector."""
    parts = [np.reshape(p, (-1,)) for p in parts]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def parts_of(v, spaces):
    """The arrays of a vector."""
    parts, start = [], 0
    for s in spaces:
        part = v[start : start + s.size].reshape(s.shape)
        parts.append(part if part.dtype == s.dtype else part.astype(s.dtype))
        start += s.size
    return parts


def custom_fixed_point(fixed_point_fun: Callable, **options) -> custom_root:
    """Decorator: a solver of x = T(x, *args), differentiated by the implicit function theorem.

    The parameters are those of `custom_root`, with T for its first.
    """

    def optimality(x, *args):
        values = tree_leaves(fixed_point_fun(x, *args))
        return [t - u for t, u in zip(values, tree_leaves(x), strict=True)]

    return custom_root(optimality, **options)


def custom_argmin(objective: Callable, **options) -> custom_root:
    """Decorator: a minimiser of `objective(x, *args)` over x, differentiated through ∇ₓ objective = 0.

    The parameters are those of `custom_root`, with the objective for its first. The Hessian is taken to be positive
    definite at the minimum, so "auto" uses "cg" for many unknowns.
    """
    return custom_root(grad(objective), symmetric=True, **options)
