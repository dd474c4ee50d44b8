"""`vjp`, `grad` and `value_and_grad`: the reverse engine."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.batch import Batched
from ..core.checking import checker
from ..core.errors import NotDifferentiable, StructureError, at_user_line
from ..core.forward import Dual
from ..core.memory import copy_of
from ..core.reverse import ReverseTrace, Var, pull_back, sweep
from ..core.space import space_of
from ..core.trace import Box, snapshot
from ..core.tree import LEAF, ArgumentPlace, Place, TreeDef, flatten_like, tree_flatten, tree_map
from ._run import as_input, as_output, chosen_arguments, is_traced_by, leave, run, split_aux


def vjp(f: Callable, *primals: Any, has_aux: bool = False):
    """Value of `f`, and the function that pulls cotangents of it back to the arguments.

    Parameters
    ----------
    f : callable
    *primals : pytrees of arrays
    has_aux : bool
        Whether `f` returns `(output, aux)`.

    Returns
    -------
    (output, pullback) or (output, pullback, aux)
        `pullback(cotangent)` takes a pytree like the output, with None for zeros, and returns a tuple, one entry per
        argument. It can be called any number of times, by several threads at once, and differentiated, in its
        cotangent and, where the primals are traced, in the point. `vmap(pullback)` pulls a stack of cotangents, one
        per row, in one sweep. Leaves of integer dtype get `None`.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> value, pullback = dualad.vjp(lambda x: x**2, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 0.0]))
    (array([2., 0.]),)
    >>> dualad.vmap(pullback)(np.eye(2))[0]
    array([[2., 0.],
           [0., 4.]])

    Notes
    -----
    For complex values the pullback is the transpose under Re Σ a·b (no conjugate), as in JAX.
    """
    leaves, treedef = tree_flatten(primals)
    trace = ReverseTrace("vjp")
    # The user's code runs between this call and the pull: what the tape keeps of his must not be his.
    inputs = [_variable(x, Place("primals", treedef, k), trace) for k, x in enumerate(leaves)]
    nodes = [x.aux if is_traced_by(x, trace) else None for x in inputs]
    watch = checker()
    session = None if watch is None else watch(trace, inputs, lambda xs, f=f: f(*treedef.unflatten(xs)))
    if session is not None:
        inputs, f = session.inputs, session.watching(f)
    out = run(trace, f, treedef.unflatten(inputs), {})
    out, aux = split_aux(out, "vjp") if has_aux else (out, None)
    outs, outdef = tree_flatten(out)
    outs = [as_output(o) for o in outs]
    if session is not None:
        outs, aux = session.outputs(outs), session.aux(aux)
    roots = [o.aux if is_traced_by(o, trace) else None for o in outs]
    values = [_copied(leave_one(o, trace)) for o in outs]
    spaces = [space_of(v) for v in values]

    def pullback(cotangent):
        seeds = _seeds(cotangent, outdef, spaces)
        found = _pull(roots, seeds, nodes)
        if session is not None:
            session.check(seeds, found)
        return treedef.unflatten(found)

    result = outdef.unflatten(values), pullback
    return (*result, tree_map(_copied, leave_aux(aux, trace))) if has_aux else result


def _variable(x, place, trace):
    if not isinstance(x, Box) and space_of(x).dtype.kind not in "fc":
        return x
    x = as_input(x, "vjp", place)
    if x.dtype.kind not in "fc":
        return x
    return trace.leaf(copy_of(x) if type(x) is np.ndarray else x)


def _copied(v):
    return v.copy() if type(v) is np.ndarray else v


def _seeds(cotangent, outdef, spaces):
    seeds = flatten_like(outdef, cotangent, "a cotangent must be like the output")
    return [_seed(s, space) for s, space in zip(seeds, spaces, strict=True)]


def _seed(s, space):
    if s is None:
        return None
    s = leave(s) if isinstance(s, Box) else np.asarray(s)
    if s.shape != space.shape:
        raise StructureError(
            f"the output has shape {space.shape}, its cotangent {s.shape}{at_user_line()}; "
            "a cotangent has the shape of its output"
        )
    if s.dtype != space.dtype and space.dtype.kind in "fc":
        if not np.can_cast(s.dtype, space.dtype, "same_kind"):
            raise StructureError(
                f"the output is {space.dtype}, its cotangent {s.dtype}{at_user_line()}; cast it first"
            )
        s = s.astype(space.dtype)
    return s


def _pull(roots, seeds, nodes):
    """Leaf cotangents: distinct writable arrays, zeros where nothing arrives, None for integer leaves."""
    live = [(r, s) for r, s in zip(roots, seeds, strict=True) if r is not None and s is not None]
    leaves = [n for n in nodes if n is not None]
    found = pull_back([r for r, _ in live], [s for _, s in live], leaves)
    taken = iter(own(found, leaves, seeds))
    return [None if n is None else next(taken) for n in nodes]


def own(cotangents, leaves, seeds=()):
    """Cotangents as arrays of the caller's own: none shared (with the `seeds` neither), a view or read-only."""
    seen = {id(s) for s in seeds}
    out = []
    for g, leaf in zip(cotangents, leaves, strict=True):
        if g is None:
            g = np.zeros(leaf[2], leaf[3])
        elif type(g) is np.ndarray:
            if g.base is not None or not g.flags.writeable or id(g) in seen:
                g = g.copy()
            seen.add(id(g))
        else:
            g = leave(g)  # a pullback kept beyond an outer transform, whose values it holds, says so
        out.append(g)
    return out


def leave_one(o, trace):
    return leave(o.value) if is_traced_by(o, trace) else leave(o)


def leave_aux(aux, trace):
    leaves, treedef = tree_flatten(aux)
    return treedef.unflatten(leave_one(x, trace) for x in leaves)


def value_and_grad(
    f: Callable,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable:
    """Function that returns the value of `f` and its gradient.

    Parameters
    ----------
    f : callable
        Returns a scalar, or `(scalar, aux)` with `has_aux`.
    argnums : int or tuple of int
        The positional arguments, pytrees, to differentiate with respect to.
    has_aux : bool
    holomorphic : bool
        Whether `f` is complex and holomorphic; the gradient is then f′(z).

    Returns
    -------
    callable
        `(value, grad)`, or `((value, aux), grad)`. The gradient has the structure, shapes and dtypes of the
        argument; a tuple of such for a tuple of `argnums`. Of a real function of complex arguments it
        is ∂u/∂x − i ∂u/∂y.

    Raises
    ------
    NotDifferentiable
        An argument is of integer dtype, or the output is no real scalar.
    """

    @functools.wraps(f)
    def value_and_gradient(*args, **kwargs):
        value, gradient, aux = _differentiate(
            f, argnums, has_aux, holomorphic, args, kwargs, "value_and_grad"
        )
        return ((value, aux), gradient) if has_aux else (value, gradient)

    return value_and_gradient


def grad(
    f: Callable,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable:
    """Function that returns the gradient of `f`; the parameters are those of `value_and_grad`.

    Returns
    -------
    callable
        The gradient, or `(gradient, aux)` with `has_aux`.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> dualad.grad(lambda x: np.sum(np.sin(x)))(np.zeros(2))
    array([1., 1.])
    """

    @functools.wraps(f)
    def gradient(*args, **kwargs):
        _, g, aux = _differentiate(f, argnums, has_aux, holomorphic, args, kwargs, "grad")
        return (g, aux) if has_aux else g

    return gradient


def _differentiate(f, argnums, has_aux, holomorphic, args, kwargs, who, strict=False):
    if type(argnums) is int and -len(args) <= argnums < len(args) and _is_lean(args[argnums]):
        # One array: no pytrees. This is the road of scipy.optimize, and worth its lines.
        trace = ReverseTrace(who)
        k = argnums % len(args)
        variable = trace.leaf(snapshot(args[k]))
        leaves, rebuild, session, program = [variable.aux], _only, None, f
        before, after = args[:k], args[k + 1 :]
        args = (*before, variable, *after)
        if checker() is not None:
            session, program, args = _watched(
                trace, (variable,), lambda xs: (*before, xs[0], *after), f, kwargs
            )
    else:
        trace, variables, rebuild, place = _variables(args, argnums, who)
        leaves = [v.aux for v in variables]
        session, program, args = _watched(trace, variables, place, f, kwargs)
    if holomorphic:
        _check_complex(leaves, who)
    out = run(trace, program, args, kwargs)
    out, aux = split_aux(out, who) if has_aux else (out, None)
    out, rewrap = (out, None) if isinstance(out, Box) else _unwrapped(out)
    out = as_output(out)
    if session is not None:
        (out,), aux = session.outputs([out]), session.aux(aux)
    if out.shape != () or out.dtype.kind != "f":
        check_scalar(out, holomorphic, who)
    if type(out) is Var and out.owner is trace:
        node = out.aux
        found = _pull_from(node, out.dtype, leaves, strict, session is None)
        if found is None:
            return _again(f, argnums, has_aux, holomorphic, args, kwargs, who, trace)
        value = out.value
        value = leave(value) if isinstance(value, Box) else value
    else:
        found, value = [None] * len(leaves), leave(out)
    if session is not None:
        session.check([out.dtype.type(1)], found)
    if rewrap is not None:
        value = rewrap([value])
    return value, rebuild(own(found, leaves)), leave_aux(aux, trace) if has_aux else None


def _check_complex(leaves, who):
    """The cotangent of a real argument would lose the imaginary part of f′."""
    for leaf in leaves:
        if leaf[3].kind != "c":
            raise NotDifferentiable(
                f"{who}(holomorphic=True) needs complex arguments; one is {leaf[3]}{at_user_line()}. Write "
                "x.astype(complex)"
            )


def _unwrapped(out):
    """The leaf of an output that is a registered class around a single one, and what wraps it again."""
    leaves, treedef = tree_flatten(out)
    if treedef.kind == LEAF and out is not None:
        return out, None
    if treedef.kind in (LEAF, tuple, list, dict) or len(leaves) != 1:
        kind = "None" if out is None else f"a {type(out).__name__} of {len(leaves)} arrays"
        hint = "Is there a return? " if out is None else ""
        raise NotDifferentiable(
            f"the function to differentiate must return a scalar; this one returned {kind}{at_user_line()}. {hint}"
            "Return the scalar alone, or (scalar, aux) with has_aux=True; dualad.jacobian differentiates several "
            "outputs."
        )
    return leaves[0], treedef.unflatten


def _is_lean(x) -> bool:
    return (type(x) is np.ndarray or type(x) in LAYERS) and x.dtype.kind == "f"


LAYERS = {Dual, Var, Batched}


def _only(leaves):
    return leaves[0]


def _watched(trace, variables, place, f, kwargs):
    """`(session, program, arguments)`: the session of who watches this context, or None, and what is then run."""
    watch = checker()
    if watch is None:
        return None, f, place(variables)
    session = watch(trace, variables, lambda xs: f(*place(xs), **kwargs))
    return session, session.watching(f), place(session.inputs)


def _pull_from(node, dtype, leaves, strict, free):
    seed = dtype.type(1)
    if strict:
        cots = sweep([node], [seed], strict=True)
        return [cots.get(leaf[0]) for leaf in leaves]
    return pull_back([node], [seed], leaves, free=free)


def _again(f, argnums, has_aux, holomorphic, args, kwargs, who, trace):
    """The tape is freed, and a NaN reached a leaf: record it once more, and sweep strictly."""
    plain = [_untraced(a, trace) for a in args]
    return _differentiate(f, argnums, has_aux, holomorphic, plain, kwargs, who, strict=True)


def _untraced(a, trace):
    leaves, treedef = tree_flatten(a)
    return treedef.unflatten(x.value if is_traced_by(x, trace) else x for x in leaves)


def _variables(args, argnums, who):
    """Open a trace, make variables of the chosen arguments, and a function that puts such in their places."""
    chosen = chosen_arguments(argnums, len(args), who)
    trace = ReverseTrace(who)
    picked = [args[k] for k in chosen]
    leaves, treedef = tree_flatten(picked if isinstance(argnums, (tuple, list)) else picked[0])
    if isinstance(argnums, (tuple, list)):
        leaves, treedef = tree_flatten(tuple(picked))
    places = treedef if isinstance(argnums, (tuple, list)) else TreeDef(tuple, None, (treedef,))
    variables = [trace.leaf(as_input(x, who, ArgumentPlace(chosen, places, k))) for k, x in enumerate(leaves)]

    def place(inputs):
        tree = treedef.unflatten(inputs)
        new = list(args)
        for k, v in zip(chosen, tree if isinstance(argnums, (tuple, list)) else [tree], strict=True):
            new[k] = v
        return tuple(new)

    return trace, variables, treedef.unflatten, place


def check_scalar(out, holomorphic, who):
    """Raise unless `out`, an array or a box, can be the output of a gradient."""
    if out.shape != ():
        raise NotDifferentiable(
            f"{who} needs a function that returns a scalar; this one returned shape {out.shape}"
            f"{at_user_line()}. Sum it, or use dualad.jacobian, dualad.vjp or dualad.jvp."
        )
    kind = out.dtype.kind
    if kind == "c" and not holomorphic:
        raise NotDifferentiable(
            f"{who} needs a real output; this one is {out.dtype}{at_user_line()}. "
            "Take np.real or np.abs, or say holomorphic=True if the function is."
        )
    if kind not in "fc":
        raise NotDifferentiable(
            f"{who} needs a floating-point output; this one is {out.dtype}{at_user_line()}. A count, a position or a "
            "comparison has no derivative, or one that is zero everywhere: return what it was made of."
        )
