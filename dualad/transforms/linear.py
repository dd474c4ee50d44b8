"""`linearize` and `linear_transpose`: derivatives as linear functions to be used many times."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core.errors import StructureError, at_user_line
from ..core.forward import Dual, ForwardTrace
from ..core.linear import Program, RecordTrace
from ..core.space import space_of
from ..core.trace import Box
from ..core.tree import flatten_like, tree_flatten
from ._run import as_input, as_output, is_traced_by, leave, own_arrays, run, split_aux
from .reverse import leave_aux, vjp


def linearize(f: Callable, *primals, has_aux: bool = False):
    """Value of `f`, and its derivative there as a function of the tangent.

    Parameters
    ----------
    f : callable
    *primals : pytrees of arrays
    has_aux : bool
        Whether `f` returns `(output, aux)`.

    Returns
    -------
    (output, push) or (output, push, aux)
        `push(*tangents)` costs the linear part alone: `f` is not run again. It can be called any number of
        times, batched and differentiated.
    """
    leaves, treedef = tree_flatten(primals)
    recorder, trace = RecordTrace(), ForwardTrace("linearize")
    inputs = [_dual(x, k, recorder, trace) for k, x in enumerate(leaves)]
    spaces = [space_of(x) for x in leaves]
    with trace.catching():
        out = run(trace, f, treedef.unflatten(inputs), {})
    out, aux = split_aux(out, "linearize") if has_aux else (out, None)
    outs, outdef = tree_flatten(out)
    outs = [as_output(o) for o in outs]
    program = Program(recorder, [_tangent(o, trace) for o in outs])
    recorder.alive = False
    values = [leave(o.value) if is_traced_by(o, trace) else leave(o) for o in outs]
    differentiated = [k for k, x in enumerate(inputs) if is_traced_by(x, trace)]

    def push(*tangents):
        moves = flatten_like(treedef, tangents, f"tangents must be like primals{at_user_line()}")
        given = [_fitting(moves[k], spaces[k], k) for k in differentiated]
        with np.errstate(
            divide="ignore", invalid="ignore"
        ):  # zero times infinity, which the strong zero mends
            results = [leave(t) if isinstance(t, Box) else t for t in program(*given)]
        return outdef.unflatten(own_arrays(results, tree_flatten(tangents)[0]))

    result = outdef.unflatten(values), push
    return (*result, leave_aux(aux, trace)) if has_aux else result


def _dual(x, k, recorder, trace):
    if space_of(x).dtype.kind not in "fc":
        return x
    x = as_input(x, "linearize", f"leaf {k}")
    x = x.copy() if type(x) is np.ndarray else x
    return trace.dual(x, recorder.box(np.zeros(x.shape, x.dtype)))


def _tangent(o, trace):
    if is_traced_by(o, trace) and type(o) is Dual:
        return o.aux
    space = space_of(o)
    return np.zeros(space.shape, space.dtype if space.dtype.kind in "fc" else float)


def _fitting(dx, space, k):
    if dx is None:
        return space.zeros()
    dx = dx if isinstance(dx, Box) else np.asarray(dx)
    if dx.shape != space.shape:
        raise StructureError(
            f"leaf {k}: the primal has shape {space.shape}, its tangent {dx.shape}{at_user_line()}"
        )
    return dx if dx.dtype == space.dtype else dx.astype(space.dtype)


def linear_transpose(f: Callable, *primals) -> Callable:
    """The transpose of a linear function.

    Parameters
    ----------
    f : callable
        Linear in its arguments.
    *primals : pytrees of arrays
        Of the arguments' shapes and dtypes; their values do not matter.

    Returns
    -------
    callable
        From a cotangent of the output to a tuple of cotangents of the arguments.
    """
    leaves, treedef = tree_flatten(primals)
    zeros = treedef.unflatten(np.zeros(s.shape, s.dtype) for s in map(space_of, leaves))
    return vjp(f, *zeros)[1]
