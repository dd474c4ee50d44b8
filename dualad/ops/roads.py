"""A fast road for the hot operations that move numbers: linear, of one array, with parameters.

A plain array goes straight to the evaluation; a `Var` or `Dual` of a plain array gets its node, or its tangent,
without the general dispatch. Such an operation saves no data, for its rules ask for the space of its argument, which
the parent knows, and for its parameters:

    [id, pull_linear, shape, dtype, parent, (primitive, parameters)]
"""

from __future__ import annotations

from weakref import ref

import numpy as np

from ..core.forward import Dual
from ..core.primitive import attach_rule_setters
from ..core.reverse import Var, deposit, new_node_id, pull_general, scatter_into
from ..core.space import Space
from ..core.trace import Box, bind, new, strip

ndarray = np.ndarray


def fast_road(general=None, *, views=False):
    """Decorator over `@primitive(linear="x")`: the same public function, quicker where it can be.

    With `views`, its results may share the memory of what they are made of. With "always" they do in NumPy, even
    where here, for speed, they do not.
    """
    if general is None:
        return lambda f: fast_road(f, views=views)
    prim = general.primitive
    fun, defaults = prim.fun, prim.params
    always = views == "always"

    def face(x, **params):
        if type(x) is ndarray:
            return fun(x, **params)
        return through(x, {**defaults, **params})

    def through(x, params):
        t = type(x)
        if t is Var or t is Dual:
            v = x.value
            plain = type(v) is ndarray
            out = fun(v, **params) if plain else through(v, params)
            if t is Var:
                r = tape(prim, x, out, params)
            else:
                dx = x.aux
                r = dual(x, out, fun(dx, **params) if type(dx) is ndarray else through(dx, params))
            if plain:
                return link(x, r, prim, params) if always or (views and is_view(out, v)) else r
            if type(v) is Var or type(v) is Dual:  # it has been seen one level down whether this is a view
                return link(x, r, prim, params) if hasattr(out, "view_of") else r
        else:
            r = bind(prim, (x,), params)
        if not views or not isinstance(r, Box):
            return r
        return link(x, r, prim, params) if always else linked(x, r, prim, params)

    face.__name__ = face.__qualname__ = prim.name
    face.__doc__ = prim.doc
    face.__module__ = fun.__module__
    face.__wrapped__ = fun
    return attach_rule_setters(prim, face)


def tape(prim, x, out, params):
    """A variable for `out`, the result of a linear primitive of the variable `x`."""
    r = new(Var)
    r.value, r.owner = out, x.owner
    r.aux = [new_node_id(), pull_linear, out.shape, out.dtype, x.aux, (prim, params)]
    return r


def record(prim, args, k, out, params, saved):
    """A variable for `out`, a primitive's result of which the argument `k` alone is traced, and whose rule asks for
    `saved`: the node of the general road, without the search for what is traced and what is asked for."""
    x = args[k]
    r = new(Var)
    r.value, r.owner = out, x.owner
    what = (prim, params, (k,), x.owner)
    r.aux = [new_node_id(), pull_general, out.shape, out.dtype, (x.aux,), what, saved]
    return r


def pull_linear(node, g, cots, heap, flags):
    """The pull of these operations. Nothing is multiplied, so there is no strong zero to be minded."""
    parent, (prim, params) = node[4], node[5]
    into = prim.into_rules.get("x")
    if into is not None and scatter_into(parent, g, into.call, _asked(into, parent, params), cots, heap):
        return
    rule = prim.vjp_rules["x"]
    deposit(parent, rule.call(g, *_asked(rule, parent, params)), cots, heap)


def _asked(rule, parent, params):
    """What the rule asks for: parameters, and the space of the node `parent`."""
    asks = rule.asks
    if "x_space" in asks:
        return [Space(parent[2], parent[3]) if ask == "x_space" else params[ask] for ask in asks]
    return list(map(params.__getitem__, asks))


def _replay(node, g, cots, heap, flags, trace, this):
    """Nothing is saved that could be differentiated: the pull is its own replay."""
    pull_linear(node, g, cots, heap, flags)


pull_linear.replay = _replay


def dual(x, out, tangent):
    """A dual number for `out`, the result of a linear primitive of the dual number `x`."""
    r = new(Dual)
    r.value, r.aux, r.owner = out, tangent, x.owner
    return r


def pushed_alone(x, f):
    """The dual number `f(x)` of an operation linear in the dual number `x`, which is plain inside.

    None where the general road is to judge: a zero met an infinity, the program divided by zero, or the result has a
    dtype without derivative.
    """
    out, tangent = f(x.value), f(x.aux)
    return None if flagged(x.owner) or out.dtype.kind not in "fc" else dual(x, out, tangent)


def flagged(trace) -> bool:
    """Whether something is to be judged that NumPy said since the last question; it is forgotten."""
    if not trace.flags:
        return False
    trace.flags.clear()
    return True


def is_plain_dual(x) -> bool:
    """Whether `x` is a dual number of plain arrays."""
    return type(x) is Dual and type(x.value) is ndarray is type(x.aux)


def link(x, r, prim, params):
    """`r`, known from now on to be a view of `x`, got by `prim`."""
    r.view_of = (x, prim, params)
    views = getattr(x, "views", None)
    if views is None:
        x.views = [ref(r)]
        return r
    views.append(ref(r))
    n = len(views)
    if n >= 16 and n & (n - 1) == 0:  # now and then, those that are gone leave the list
        views[:] = [w for w in views if w() is not None]
    return r


def is_view(out, v) -> bool:
    """Whether `out` shows the memory of the array `v` and is no copy (`v.T.reshape(-1)` is one, and has a base too):
    NumPy keeps the owner of the memory as the base of all views. It may be the array itself (`v.squeeze()`)."""
    base = out.base
    return out is v or base is not None and (base is v or base is v.base)


def linked(x, r, prim, params):
    """The same on the general road, where it has to be seen whether memory is shared."""
    inner, value = strip(r), strip(x)
    batch_axes = value.ndim - len(x.shape)
    if batch_axes:  # a store is to reach what it would reach in one row by itself
        value = value[(0,) * batch_axes] if value.size else np.empty(x.shape, value.dtype)
        inner = prim.fun(value, **params)
    return link(x, r, prim, params) if isinstance(inner, ndarray) and is_view(inner, value) else r
