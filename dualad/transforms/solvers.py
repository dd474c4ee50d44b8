"""`root`, `fixed_point` and `argmin`: SciPy's solvers with dualad's derivatives, differentiated implicitly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.optimize

from ..core.errors import LeakedValue, StructureError, at_user_line
from ..core.space import space_of
from ..core.trace import Box, strip
from ..core.tree import tree_flatten, tree_leaves, tree_map
from ._linear_solve import DENSE_UP_TO
from .curvature import hessian, hvp
from .implicit import custom_argmin, custom_fixed_point, custom_root, joined, parts_of
from .jacobian import jacfwd
from .reverse import value_and_grad
from .stop import is_traced

# Methods of scipy.optimize.minimize by what they want to be told.
_WITH_HESSIAN = {"dogleg", "trust-exact"}
_WITH_PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov"}
_WITHOUT_GRADIENT = {"nelder-mead", "powell", "cobyla", "cobyqa"}


class _Flat:
    """A function of a pytree x and more, as a function of one vector; floats throughout."""

    def __init__(self, fun: Callable, x0, args):
        leaves, self.treedef = tree_flatten(tree_map(lambda x: np.asarray(strip(x)), x0))
        leaves = [x if x.dtype.kind in "fc" else x.astype(float) for x in leaves]
        self.spaces = [space_of(x) for x in leaves]
        self.start = joined(leaves)
        self.fun, self.args = fun, args

    def tree(self, v):
        return self.treedef.unflatten(parts_of(v, self.spaces))

    def __call__(self, v):
        out = self.value(v)
        found = joined([np.asarray(o) if isinstance(o, (int, float)) else o for o in tree_flatten(out)[0]])
        if found.shape != v.shape:
            raise StructureError(
                f"{getattr(self.fun, '__name__', 'the function')} returns {found.shape[0]} numbers for {v.shape[0]} "
                f"unknowns{at_user_line()}; there must be as many"
            )
        return found

    def value(self, v):
        out = self.fun(self.tree(v), *self.args)
        return out if isinstance(v, Box) else self.plain(out)

    def value_and_grad(self, v):
        return self.plain(value_and_grad(self.value)(v))

    def plain(self, out):
        """What SciPy is given."""
        if any(map(is_traced, tree_leaves(out))):
            raise LeakedValue(
                f"{getattr(self.fun, '__name__', 'the function')} closes over a traced value{at_user_line()}, and its "
                "solution would have no derivative with respect to that. Pass the value to the solver, after x0"
            )
        return out


def root(fun: Callable, x0, *args, method: str = "hybr", solve="auto", options: dict | None = None):
    """x of fun(x, *args) = 0, from `x0`; differentiable in `args`.

    Parameters
    ----------
    fun : callable
        Returns a pytree of as many numbers as x has.
    x0 : pytree of arrays
        The initial guess; carries no derivative.
    *args : pytrees of arrays
        What the root is differentiated with respect to.
    method : str
        Of `scipy.optimize.root`; it is given the Jacobian by dualad where it takes one. Newton steps follow.
    solve :
        The linear systems of the derivatives; see `custom_root`.
    options : dict, optional
        Of the method.

    Returns
    -------
    pytree like x0

    Raises
    ------
    RuntimeError
        The method did not converge; its message is in the error.
    """

    @custom_root(fun, solve=solve)
    def root_of(x0, *args):
        flat = _Flat(fun, x0, args)
        jacobian = jacfwd(flat) if method in ("hybr", "lm") else None
        found = scipy.optimize.root(flat, flat.start, jac=jacobian, method=method, options=options)
        x = _newton(flat, jacfwd(flat), np.asarray(found.x, flat.start.dtype))
        if not found.success and not _is_small(flat(x), flat(flat.start)):
            raise RuntimeError(f"root: {method} did not converge: {found.message}")
        return flat.tree(x)

    return root_of(x0, *args)


def fixed_point(fun: Callable, x0, *args, xtol: float = 1e-13, maxiter: int = 1000, solve="auto"):
    """x of x = fun(x, *args), by iteration from `x0`; differentiable in `args`.

    Parameters
    ----------
    fun : callable
        A contraction near the solution; returns a pytree like x.
    x0, args, solve :
        As for `root`.
    xtol : float
        The iteration ends when no entry moves by more, relative to its size or one.
    maxiter : int

    Raises
    ------
    RuntimeError
        No convergence in `maxiter` iterations.
    """

    @custom_fixed_point(fun, solve=solve)
    def fixed_point_of(x0, *args):
        flat = _Flat(fun, x0, args)
        x = flat.start
        for _ in range(maxiter):
            before, x = x, flat(x)
            if np.all(np.abs(x - before) <= xtol * np.maximum(np.abs(x), 1)):
                return flat.tree(x)
        raise RuntimeError(
            f"fixed_point: no convergence in {maxiter} iterations; the last step was "
            f"{np.max(np.abs(x - before)):.1e}"
        )

    return fixed_point_of(x0, *args)


def argmin(fun: Callable, x0, *args, method: str = "BFGS", solve="auto", options: dict | None = None):
    """x that minimises the scalar fun(x, *args), from `x0`; differentiable in `args`.

    Parameters
    ----------
    fun : callable
        Twice differentiable near the minimum, with a positive definite Hessian there.
    x0, args, solve, options :
        As for `root`.
    method : str
        Of `scipy.optimize.minimize`, without constraints; it is given gradients, Hessians or products with
        them, as it takes them. Newton steps follow, up to 500 unknowns.

    Raises
    ------
    RuntimeError
        The method did not converge.
    """

    @custom_argmin(fun, solve=solve)
    def minimum_of(x0, *args):
        flat = _Flat(fun, x0, args)
        found = scipy.optimize.minimize(
            flat.value if method.lower() in _WITHOUT_GRADIENT else flat.value_and_grad,
            flat.start,
            method=method,
            options=options,
            **_derivatives(flat, method.lower()),
        )
        gradient = lambda v: flat.value_and_grad(v)[1]  # noqa: E731
        x = np.asarray(found.x, flat.start.dtype)
        if x.size <= DENSE_UP_TO:
            x = _newton(gradient, hessian(flat.value), x)
        if not found.success and not _is_small(gradient(x), gradient(flat.start)):
            raise RuntimeError(f"argmin: {method} did not converge: {found.message}")
        return flat.tree(x)

    return minimum_of(x0, *args)


def _derivatives(flat, method) -> dict:
    if method in _WITHOUT_GRADIENT:
        return {}
    if method in _WITH_HESSIAN:
        return {"jac": True, "hess": hessian(flat.value)}
    if method in _WITH_PRODUCTS:
        return {"jac": True, "hessp": lambda v, p: hvp(flat.value, (v,), (p,))}
    return {"jac": True}


def _newton(f, jacobian, x):
    """The last digits: Newton steps for as long as they make f smaller."""
    value = f(x)
    for _ in range(5):
        if not np.any(value):
            break
        try:
            closer = x - np.linalg.solve(jacobian(x), value)
        except np.linalg.LinAlgError:
            break
        then = f(closer)
        if not np.linalg.norm(then) < np.linalg.norm(value):
            break
        x, value = closer, then
    return x


def _is_small(value, before) -> bool:
    return bool(np.max(np.abs(value), initial=0.0) <= 1e-8 * (1 + np.max(np.abs(before), initial=0.0)))
