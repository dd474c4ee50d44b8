"""A fast road for the hot operations that move numbers: linear, of one array, with parameters.

A plain array goes straight to the evaluation; a `Var` or `Dual` of a plain array gets its node, or its tangent,
without the general dispatch. The node is that of `core.reverse.pull_general`: nothing but the time differs.
"""

from __future__ import annotations

import inspect

import numpy as np

from ..core.forward import Dual
from ..core.primitive import attach_rule_setters
from ..core.reverse import Var, new_node_id, pull_general
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


_ACTIVE = (0,)


def tape(prim, x, out, params):
    """A variable for `out`, the result of a linear primitive of the variable `x`."""
    v = x.value
    saved = {"x_space": Space(v.shape, v.dtype)} if "x_space" in prim.vjp_rules["x"].asks else {}
    r = new(Var)
    r.value = out
    trace = r.owner = x.owner
    what = (prim, params, _ACTIVE, trace)
    r.aux = [new_node_id(), pull_general, out.shape, out.dtype, (x.aux,), what, saved]
    return r


def dual(x, out, tangent):
    """A dual number for `out`, the result of a linear primitive of the dual number `x`."""
    r = new(Dual)
    r.value, r.aux, r.owner = out, tangent, x.owner
    return r
