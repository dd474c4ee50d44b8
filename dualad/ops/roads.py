"""A fast road for the hot operations that move numbers: linear, of one array, with parameters.

A plain array goes straight to the evaluation; a `Var` or `Dual` of a plain array gets its node, or its tangent,
without the general dispatch. Such an operation saves no data, only the space of its argument and its parameters, so the
node carries the arguments of the rule as they are:

    [id, pull_linear, shape, dtype, parent, (rule, its arguments, rule that scatters, its arguments)]
"""

from __future__ import annotations

import inspect

import numpy as np

from ..core.forward import Dual
from ..core.primitive import attach_rule_setters
from ..core.reverse import ARRAYS, Var, buffer_at, deposit, new_node_id
from ..core.space import Space
from ..core.trace import bind, new

ndarray = np.ndarray


def fast_road(general):
    """Decorator over `@primitive(linear="x")`: the same public function, quicker where it can be."""
    prim = general.primitive
    fun, defaults = prim.fun, prim.params

    def face(x, **params):
        t = type(x)
        if t is ndarray:
            return fun(x, **params)
        params = {**defaults, **params}
        if t is Var:
            v = x.value
            if type(v) is ndarray:
                return tape(prim, x, fun(v, **params), params)
        elif t is Dual:
            v, dx = x.value, x.aux
            if type(v) is ndarray is type(dx):
                return dual(x, fun(v, **params), fun(dx, **params))
        return bind(prim, (x,), params)

    face.__name__ = face.__qualname__ = prim.name
    face.__doc__ = prim.doc
    face.__module__ = fun.__module__
    face.__signature__ = inspect.signature(fun)
    face.__wrapped__ = fun
    return attach_rule_setters(prim, face)


def tape(prim, x, out, params):
    """A variable for `out`, the result of a linear primitive of the variable `x`."""
    rule, into = prim.vjp_rules["x"], prim.into_rules.get("x")
    space = Space(x.aux[2], x.aux[3])
    given = [space if ask == "x_space" else params[ask] for ask in rule.asks]
    how = (rule.call, given, None, None)
    if into is not None:
        how = (rule.call, given, into.call, [space if ask == "x_space" else params[ask] for ask in into.asks])
    r = new(Var)
    r.value, r.owner = out, x.owner
    r.aux = [new_node_id(), pull_linear, out.shape, out.dtype, x.aux, how]
    return r


def pull_linear(node, g, cots, heap, flags):
    """The pull of these operations. Nothing is multiplied, so there is no strong zero to be minded."""
    parent, (rule, given, into, into_given) = node[4], node[5]
    if into is not None and isinstance(g, ARRAYS):
        buffer = buffer_at(parent, cots, heap)
        if buffer is not None and into(buffer, g, *into_given) is not NotImplemented:
            return
    deposit(parent, rule(g, *given), cots, heap)


def _replay(node, g, cots, heap, flags, trace, this):
    """Nothing is saved that could be differentiated: the pull is its own replay."""
    pull_linear(node, g, cots, heap, flags)


pull_linear.replay = _replay


def dual(x, out, tangent):
    """A dual number for `out`, the result of a linear primitive of the dual number `x`."""
    r = new(Dual)
    r.value, r.aux, r.owner = out, tangent, x.owner
    return r
