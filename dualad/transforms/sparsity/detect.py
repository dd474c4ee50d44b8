"""`jacobian_sparsity` and `hessian_sparsity`: which inputs influence which outputs, by tracing the program once.

A Hessian is the Jacobian of the gradient, and so is its pattern: the reverse engine runs under the trace, its rules
being primitives like any other. What enters linearly is not kept for the sweep, and leaves no entry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, vstack

from ...core.space import space_of
from ...core.trace import Box, strip
from ...core.tree import tree_flatten
from .._run import as_output, run
from ..reverse import grad
from .index_sets import no_numbers, own_numbers
from .trace import PatternTrace


class Detected(NamedTuple):
    """A pattern, and the decision on values for which it holds at these inputs only ('' if there is none)."""

    pattern: csr_array
    local: str


def jacobian_sparsity(f: Callable, *args, argnums: int | tuple[int, ...] = 0, **kwargs) -> csr_array:
    """The sparsity pattern of the Jacobian of `f`, found by tracing the program once.

    Parameters
    ----------
    f : callable
        From pytrees to pytrees of arrays.
    *args
        Where to run it; the pattern holds elsewhere too, as long as Python takes the same branches.
    argnums : int or tuple of int
        The positional arguments to differentiate with respect to.
    **kwargs
        Further arguments of `f`.

    Returns
    -------
    csr_array of bool, shape (entries of all outputs, entries of the chosen arguments)
        Leaves of pytrees one after the other, each in C order. Never too small; as small as the primitives' own
        structure makes it, so that terms that cancel are counted.

    Raises
    ------
    SparsityError
        The pattern, or that of an intermediate result, has more than 10⁸ entries.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> dualad.jacobian_sparsity(lambda x: x[1:] - x[:-1] ** 2, np.ones(3)).toarray().astype(int)
    array([[1, 1, 0],
           [0, 1, 1]])
    """
    from ..jacobian import _as_function_of_leaves

    g, leaves, *_ = _as_function_of_leaves(f, argnums, args, kwargs)
    return detect(g, leaves).pattern


def hessian_sparsity(f: Callable, *args, argnums: int | tuple[int, ...] = 0, **kwargs) -> csr_array:
    """The sparsity pattern of the Hessian of a scalar `f`; parameters as in `jacobian_sparsity`.

    Returns
    -------
    csr_array of bool, square and symmetric

    Examples
    --------
    >>> import numpy as np, dualad
    >>> dualad.hessian_sparsity(lambda x: x[0] * x[1] + x[2], np.ones(3)).toarray().astype(int)
    array([[0, 1, 0],
           [1, 0, 0],
           [0, 0, 0]])
    """
    from ..jacobian import _as_function_of_leaves

    g, leaves, *_ = _as_function_of_leaves(f, argnums, args, kwargs)
    return symmetric(detect(gradient_of(g, len(leaves)), leaves).pattern)


def gradient_of(g, count):
    """The gradient of a function of `count` leaves with respect to all of them."""
    return grad(g, argnums=tuple(range(count)))


def symmetric(pattern) -> csr_array:
    """The pattern with every entry's mirror image."""
    return csr_array(pattern + pattern.T)


def detect(g, leaves) -> Detected:
    """The pattern of a function of leaves, at the values of these."""
    sizes = [space_of(x).size for x in leaves]
    trace = PatternTrace(sum(sizes))
    boxes, start = [], 0
    for x, size in zip(leaves, sizes, strict=True):
        boxes.append(trace.box(np.asarray(strip(x)), own_numbers(start, size, trace.inputs)))
        start += size
    out = run(trace, g, boxes, {})
    sets = [_sets_of(as_output(o), trace) for o in tree_flatten(out)[0]]
    pattern = csr_array(vstack(sets, format="csr")) if sets else no_numbers(0, trace.inputs)
    pattern.sum_duplicates()
    return Detected(pattern, trace.local)


def _sets_of(o, trace):
    if isinstance(o, Box) and o.owner is trace and o.aux is not None:
        return o.aux
    return no_numbers(space_of(o).size, trace.inputs)
