"""What every transform does at its doors: running the user's function, and looking at what comes out."""

from __future__ import annotations

import operator

import numpy as np

from ..core.errors import DualadError, NotDifferentiable, StructureError, at_user_line
from ..core.trace import Box, Const, leaked, plain_array, settled, snapshot
from ..numpy.doors import behind


def run(trace, f, args, kwargs):
    """Call the user's function under `trace`, which ends with it.

    NumPy hides an error of ours that strikes while it fills a plain array (`buffer[0] = x`) behind one of its
    own; the user is shown ours.
    """
    try:
        return f(*args, **kwargs)
    except (ValueError, TypeError, SystemError) as error:
        cause = _ours_behind(error) or behind(error)
        if cause is None:
            raise
        raise cause from None
    finally:
        trace.alive = False


def _ours_behind(error):
    if isinstance(error, DualadError):
        return None
    cause = error.__cause__ or error.__context__
    while cause is not None and not isinstance(cause, DualadError):
        cause = cause.__cause__ or cause.__context__
    return cause


def leave(x):
    """A value on its way out of a transform: a snapshot of its own, and of no trace that has ended."""
    if not isinstance(x, Box):
        return x
    settled(x)
    if type(x) is Const:
        return x.value
    if not x.owner.alive:
        raise leaked(x.owner)
    return snapshot(x)


def as_input(x, who, arg):
    """A leaf to differentiate with respect to: a float or complex array or box; else an error that says so."""
    if isinstance(x, Box):
        settled(x)
        x = x.value if type(x) is Const else snapshot(x)
    elif type(x) is not np.ndarray:
        x = _to_array(x, who, arg)
    if x.dtype.kind in "fc":
        return x
    raise not_differentiable(x.dtype, who, arg)


def _to_array(x, who, arg):
    if isinstance(x, (float, complex)):
        return np.asarray(x)[()]
    if isinstance(x, np.ndarray):
        return plain_array(x)
    if isinstance(x, np.generic):
        return x
    try:
        a = np.asarray(x)
    except Exception:
        a = None
    if a is None or a.dtype.kind not in "fc":
        raise not_differentiable(type(x).__name__ if a is None or a.dtype == object else a.dtype, who, arg)
    return a[()]


def not_differentiable(dtype, who, arg):
    if not isinstance(dtype, np.dtype):
        hint = (
            "register its class with dualad.register_pytree_node, or pass its arrays in a tuple, list or dict"
        )
        return NotDifferentiable(
            f"{who} differentiates with respect to arrays; {arg} is of type {dtype}{at_user_line()}. "
            f"To mend it: {hint}."
        )
    hint = "write 3.0 for 3, x.astype(float) for an integer array, or choose other argnums"
    if dtype.kind not in "biu":
        hint = "choose other argnums, or pass what is not differentiated by keyword"
    return NotDifferentiable(
        f"{who} differentiates with respect to floating-point values; {arg} is {dtype}{at_user_line()}. "
        f"To mend it: {hint}."
    )


def is_traced_by(x, trace) -> bool:
    return isinstance(x, Box) and x.owner is trace


def as_output(x):
    """What the user's function returned, as an array or a box."""
    if isinstance(x, Box):
        return settled(x)
    if hasattr(x, "dtype"):
        return x
    a = np.asarray(x)
    if a.dtype.kind == "O":
        raise NotDifferentiable(
            f"the function returned a {type(x).__name__}, which is no array{at_user_line()}; return arrays in tuples, "
            "lists and dicts, and anything else with has_aux=True"
        )
    return a


def split_aux(out, who):
    """The pair that a function with `has_aux` returns."""
    if not isinstance(out, tuple) or len(out) != 2:
        kind = "n array" if isinstance(out, Box) else f" {type(out).__name__}"
        given = f"a tuple of {len(out)}" if isinstance(out, tuple) else f"a{kind}"
        raise StructureError(
            f"{who}(has_aux=True): the function must return a pair (output, aux); this one returned {given}"
            f"{at_user_line()}"
        )
    return out


def chosen_arguments(argnums, count, who):
    """`argnums` as places among `count` positional arguments, each named once."""
    places = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
    try:
        found = [operator.index(k) for k in places]
        fits = all(-count <= k < count for k in found)
    except TypeError:
        fits = False
    if not fits:
        raise TypeError(
            f"{who}: argnums={argnums!r} but the function was called with {count} positional "
            f"argument(s){at_user_line()}; pass what is differentiated by position"
        )
    found = [k % count for k in found]
    if len(set(found)) < len(found):
        raise TypeError(f"{who}: argnums={argnums!r} names an argument twice{at_user_line()}")
    return found


def own_arrays(tangents, others):
    """Tangents as arrays of the caller's own: none that is another one, an input (`others`) or a view of one."""
    seen = {id(x) for x in others}
    out = []
    for t in tangents:
        if type(t) is np.ndarray:
            if t.base is not None or id(t) in seen:
                t = t.copy()
            seen.add(id(t))
        out.append(t)
    return out
