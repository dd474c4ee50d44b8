"""`jet`: derivatives of any order along a curve, by Taylor arithmetic."""

from __future__ import annotations

import math
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.errors import StructureError, at_user_line
from ..core.space import space_of
from ..core.taylor import TaylorTrace, coefficients
from ..core.trace import Box
from ..core.tree import LEAF, Place, TreeDef, flatten_like, tree_flatten, tree_structure
from ..ops import series as _recurrences  # noqa: F401  (fills the table)
from ._run import as_input, as_output, leave, own_arrays, run


def jet(f: Callable, primals, series, factorial_scaled: bool = True) -> tuple[Any, Any]:
    """Value of `f`, and its derivatives of any order along a curve through `primals`.

    Let x(t) be the curve with x(0) = primals and the derivatives `series` at 0. The result are the value and the
    derivatives of f(x(t)) at 0, to the same order. The cost grows with the square of the order for common
    functions, where nested `jvp` doubles with each.

    Parameters
    ----------
    f : callable
        Takes `primals` as positional arguments, pytrees of arrays; returns a pytree of arrays.
    primals : tuple or list of pytrees
    series : tuple or list, one entry per primal
        Each is a list of terms, the first to the K-th derivative of the curve: pytrees like the primal, or None for
        zeros. All lists have one length, the order K.
    factorial_scaled : bool
        Whether terms, given and returned, are derivatives; otherwise they are the coefficients of t^k, the
        derivatives over k!.

    Returns
    -------
    (primals_out, series_out)
        The value of `f`, and a tree like it with a list of K terms for each leaf: the signature of
        `jax.experimental.jet`.

    Raises
    ------
    StructureError
        The lists differ in length, or a term does not fit its primal.

    Notes
    -----
    Recurrences of Griewank and Walther, "Evaluating Derivatives" (2008), ch. 13, for common functions; for any other
    primitive the JVP rule is run on Taylor polynomials (see `dualad.core.taylor`). At kinks the branch that the value
    takes goes on. It nests with all other transforms.

    Examples
    --------
    The derivatives of exp(2 t) at 0:

    >>> import numpy as np, dualad
    >>> _, series = dualad.jet(lambda t: np.exp(2 * t), (0.0,), ([1.0, None, None],))
    >>> [float(term) for term in series]
    [2.0, 4.0, 8.0]
    """
    order = _order(primals, series)
    leaves, treedef = tree_flatten(tuple(primals))
    terms = [flatten_like(treedef, column, _LIKE) for column in zip(*series, strict=True)]
    trace = TaylorTrace(order)
    curves = [
        _curve(trace, x, [t[k] for t in terms], Place("primals", treedef, k), factorial_scaled)
        for k, x in enumerate(leaves)
    ]
    out = run(trace, f, treedef.unflatten(curves), {})
    outs, outdef = tree_flatten(out)
    found = [_leave(o, trace, factorial_scaled) for o in outs]
    given = [x for t in terms for x in t]
    flat = iter(own_arrays([c for _, rest in found for c in rest], given))
    columns = iter([[next(flat) for _ in rest] for _, rest in found])
    return outdef.unflatten(v for v, _ in found), _lists(outdef, columns, order)


def _lists(treedef, columns, order):
    """The tree of the output with a list of terms for each leaf; for a registered class (a Tensor), a list of such."""
    if treedef.kind is LEAF:
        return next(columns)
    if treedef.kind in PLAIN or issubclass(treedef.kind, tuple):
        inside = [_lists(child, columns, order) for child in treedef.children]
        return TreeDef(treedef.kind, treedef.aux, (TREE_LEAF,) * len(inside)).unflatten(inside)
    leaves = [next(columns) for _ in range(treedef.num_leaves)]
    return [treedef.unflatten(column[k] for column in leaves) for k in range(order)]


TREE_LEAF = tree_structure(0)
PLAIN = (list, dict, OrderedDict, defaultdict, type(None))

_LIKE = "terms of a series must be like their primal"


def _order(primals, series) -> int:
    if not isinstance(primals, (tuple, list)) or not isinstance(series, (tuple, list)):
        raise StructureError(
            "jet takes tuples: jet(f, (x,), ([dx, ddx],)); for one argument, mind the commas"
        )
    lengths = {len(s) if hasattr(s, "__len__") else -1 for s in series}
    if len(series) != len(primals) or len(lengths) > 1 or -1 in lengths:
        raise StructureError(
            f"jet needs one list of terms per primal, all of one length{at_user_line()}: there are {len(primals)} "
            f"primals, and lists of {[len(s) if hasattr(s, '__len__') else type(s).__name__ for s in series]}"
        )
    return lengths.pop() if lengths else 0


def _curve(trace, x, terms, place, scaled):
    if all(t is None for t in terms):
        return x
    x = as_input(x, "jet", place)
    return trace.curve(x, [_term(t, x, j, place, scaled) for j, t in enumerate(terms, start=1)])


def _term(t, x, j, place, scaled):
    if t is None:
        return None
    t = leave(t) if isinstance(t, Box) else np.asarray(t)[()]
    if t.shape != x.shape:
        raise StructureError(
            f"{place} has shape {x.shape}, its term {j} {t.shape}{at_user_line()}; a term has the shape "
            "of its primal, None stands for zeros"
        )
    if not np.can_cast(t.dtype, x.dtype, "same_kind"):
        raise StructureError(
            f"{place} is {x.dtype}, its term {j} {t.dtype}{at_user_line()}; cast it to the primal's dtype"
        )
    t = t if t.dtype == x.dtype else t.astype(x.dtype)
    return t / _factorial(j) if scaled and j > 1 else t


def _factorial(j) -> float:
    if j > 170:
        raise StructureError(
            f"jet: {j}! is no float64{at_user_line()}; say factorial_scaled=False, and give and take the "
            "coefficients of t^k"
        )
    return float(math.factorial(j))


def _leave(o, trace, scaled):
    o = as_output(o)
    value, *rest = coefficients(o, trace)
    value = leave(value)
    space = space_of(value)
    dtype = space.dtype if space.dtype.kind in "fc" else np.dtype(float)
    terms = [np.zeros(space.shape, dtype)[()] if c is None else leave(c) for c in rest]
    if scaled:
        terms = [c if j < 2 else c * _factorial(j) for j, c in enumerate(terms, start=1)]
    return value, terms
