"""`linearize` and `linear_transpose`: derivatives as linear functions to be used many times."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core.errors import NotDifferentiable, StructureError, at_user_line
from ..core.forward import Dual, ForwardTrace
from ..core.linear import Program, RecordTrace
from ..core.memory import copy_of
from ..core.space import space_of
from ..core.trace import Box, strip
from ..core.tree import Place, flatten_like, tree_flatten
from ._run import as_input, as_output, is_traced_by, leave, not_differentiable, own_arrays, run, split_aux
from .forward import jvp
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
    places = [Place("primals", treedef, k) for k in range(len(leaves))]
    inputs = [_dual(x, place, recorder, trace) for x, place in zip(leaves, places, strict=True)]
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
        moves = flatten_like(treedef, tangents, "tangents must be like primals")
        given = [_fitting(moves[k], spaces[k], places[k]) for k in differentiated]
        with np.errstate(
            divide="ignore", invalid="ignore"
        ):  # zero times infinity, which the strong zero mends
            results = [leave(t) if isinstance(t, Box) else t for t in program(*given)]
        return outdef.unflatten(own_arrays(results, tree_flatten(tangents)[0]))

    result = outdef.unflatten(values), push
    return (*result, leave_aux(aux, trace)) if has_aux else result


def _dual(x, place, recorder, trace):
    if space_of(x).dtype.kind not in "fc":
        return x
    x = as_input(x, "linearize", place)
    x = copy_of(x) if type(x) is np.ndarray else x
    return trace.dual(x, recorder.box(np.zeros(x.shape, x.dtype)))


def _tangent(o, trace):
    if is_traced_by(o, trace) and type(o) is Dual:
        return o.aux
    space = space_of(o)
    return np.zeros(space.shape, space.dtype if space.dtype.kind in "fc" else float)


def _fitting(dx, space, place):
    if dx is None:
        return space.zeros()
    dx = dx if isinstance(dx, Box) else np.asarray(dx)
    if dx.shape != space.shape:
        raise StructureError(
            f"{place} has shape {space.shape}, its tangent {dx.shape}{at_user_line()}; "
            "a tangent has its primal's shape, np.ones_like(x) for instance"
        )
    if dx.dtype == space.dtype:
        return dx
    if not np.can_cast(dx.dtype, space.dtype, "same_kind"):
        raise StructureError(
            f"{place} is {space.dtype}, its tangent {dx.dtype}{at_user_line()}; "
            "cast the tangent to the primal's dtype"
        )
    return dx.astype(space.dtype)


def linear_transpose(f: Callable, *primals) -> Callable:
    """The transpose of a linear function.

    Parameters
    ----------
    f : callable
        Linear in its arguments; a constant that it adds has no influence.
    *primals : pytrees of arrays, or of anything with a shape and a floating-point dtype
        Like the arguments; their values do not matter.

    Returns
    -------
    callable
        From a cotangent of the output to a tuple of cotangents of the arguments.

    Raises
    ------
    NotDifferentiable
        An argument is of integer dtype, or `f` is not linear: two random points have different derivatives along a
        third.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> transpose = dualad.linear_transpose(lambda x: np.array([[1.0, 2.0]]) @ x, np.zeros(2))
    >>> transpose(np.array([1.0]))
    (array([1., 2.]),)
    """
    leaves, treedef = tree_flatten(primals)
    spaces = [space_of(x) for x in leaves]
    for k, space in enumerate(spaces):
        if space.dtype.kind not in "fc":
            raise not_differentiable(space.dtype, "linear_transpose", str(Place("primals", treedef, k)))
    zeros = treedef.unflatten(s.zeros() for s in spaces)
    _check_linear(f, treedef, spaces)
    return vjp(f, *zeros)[1]


def _check_linear(f, treedef, spaces):
    """Derivatives at two random points, along one random direction, are the same for a linear function."""
    rng = np.random.default_rng(0)

    def point(low, high):
        return treedef.unflatten(_uniform(rng, s, low, high) for s in spaces)

    here, there, move = point(0.5, 1.5), point(-1.5, -0.5), point(-1, 1)
    slopes = [tree_flatten(jvp(f, x, move)[1])[0] for x in (here, there)]
    for a, b in zip(*slopes, strict=True):
        a, b = np.asarray(strip(a)), np.asarray(strip(b))
        precision = 1e4 * np.finfo(a.dtype).eps
        if a.shape != b.shape or not np.allclose(
            a, b, rtol=precision, atol=precision * np.max(np.abs(a), initial=0), equal_nan=True
        ):
            raise NotDifferentiable(
                f"linear_transpose: the function is not linear{at_user_line()}; its derivative depends on the point. "
                "dualad.vjp(f, x)[1] is the transpose of the derivative at x"
            )


def _uniform(rng, space, low, high):
    x = rng.uniform(low, high, space.shape)
    return np.asarray(
        x + 1j * rng.uniform(low, high, space.shape) if space.dtype.kind == "c" else x, space.dtype
    )
