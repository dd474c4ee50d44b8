"""`jvp`: values and directional derivatives, by the forward engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.batch import Batched
from ..core.errors import StructureError, at_user_line
from ..core.forward import Dual, ForwardTrace
from ..core.space import space_of
from ..core.trace import snapshot, strip
from ..core.tree import Place, flatten_like, tree_flatten
from ._run import (
    as_input,
    as_output,
    is_traced_by,
    leave,
    not_differentiable,
    own_arrays,
    run,
    split_aux,
)


def jvp(f: Callable, primals, tangents, has_aux: bool = False) -> tuple[Any, ...]:
    """Value of `f` and its derivative along `tangents`.

    Parameters
    ----------
    f : callable
        Takes `primals` as positional arguments, pytrees of arrays; returns a pytree of arrays.
    primals, tangents : tuple or list of pytrees
        Of one structure; a tangent has the shape and dtype of its primal. Leaves of integer dtype take
        `None` or an integer zero for a tangent.
    has_aux : bool
        Whether `f` returns `(output, aux)`, of which `aux` is handed through.

    Returns
    -------
    (output, tangent) or (output, tangent, aux)

    Raises
    ------
    StructureError
        A tangent does not fit its primal.
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise StructureError(
            f"jvp takes tuples: jvp(f, (x,), (dx,)); for one argument, mind the commas{at_user_line()}"
        )
    trace = ForwardTrace("jvp")
    if len(primals) == len(tangents) == 1 and _is_lean(primals[0], tangents[0]):
        # One array along one array: no pytrees.
        moves = tangents
        duals = (trace.dual(primals[0], snapshot(tangents[0])),)
    else:
        leaves, treedef = tree_flatten(tuple(primals))
        moves = flatten_like(treedef, tuple(tangents), "tangents must be like primals")
        duals = treedef.unflatten(
            _dual(x, dx, Place("primals", treedef, k), trace)
            for k, (x, dx) in enumerate(zip(leaves, moves, strict=True))
        )
    with trace.catching():
        out = run(trace, f, duals, {})
    if trace.flags:
        trace.report()
    out, aux = split_aux(out, "jvp") if has_aux else (out, None)
    if type(out) is Dual and not has_aux:
        value, tangent = _leave(out, trace)
        return value, own_arrays((tangent,), moves)[0]
    outs, outdef = tree_flatten(out)
    pairs = [_leave(o, trace) for o in outs]
    result = outdef.unflatten(p for p, _ in pairs), outdef.unflatten(own_arrays([t for _, t in pairs], moves))
    return (*result, _leave_aux(aux, trace)) if has_aux else result


def _is_lean(x, dx) -> bool:
    arrays = type(x) is np.ndarray and (type(dx) is np.ndarray or type(dx) is Batched and dx.owner.alive)
    return arrays and x.dtype.kind == "f" and x.dtype is dx.dtype and x.shape == dx.shape


def _dual(x, dx, place, trace):
    if dx is None:
        return x
    dtype = space_of(x).dtype
    if dtype.kind in "biuO":
        if np.any(strip(dx)):
            raise not_differentiable(dtype, "jvp", f"{place}, which has a tangent,")
        return x
    x = as_input(x, "jvp", place)
    dx = leave(dx)
    if not hasattr(dx, "dtype"):
        dx = np.asarray(dx)[()]
    if dx.shape != x.shape:
        raise StructureError(
            f"{place} has shape {x.shape}, its tangent {dx.shape}{at_user_line()}; "
            "a tangent has its primal's shape, np.ones_like(x) for instance"
        )
    if dx.dtype != x.dtype:
        if not np.can_cast(dx.dtype, x.dtype, "same_kind"):
            raise StructureError(
                f"{place} is {x.dtype}, its tangent {dx.dtype}{at_user_line()}; "
                "cast the tangent to the primal's dtype"
            )
        dx = dx.astype(x.dtype)
    return trace.dual(x, dx)


def _leave(o, trace):
    o = as_output(o)
    if is_traced_by(o, trace) and type(o) is Dual:
        return leave(o.value), leave(o.aux)
    o = leave(o)
    space = space_of(o)
    return o, np.zeros(space.shape, space.dtype if space.dtype.kind in "fc" else float)


def _leave_aux(aux, trace):
    leaves, treedef = tree_flatten(aux)
    return treedef.unflatten(leave(x.value) if is_traced_by(x, trace) else leave(x) for x in leaves)
