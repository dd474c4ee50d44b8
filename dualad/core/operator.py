"""The fast road of elementwise operations: one template for one argument, one for two.

`unary` and `binary` return plain functions that *are* the operation: no object with `__call__`, no `*args`,
no extra frame. Each looks at exact types, for those are what a running program is made of: plain arrays,
or boxes of one trace over plain arrays. Everything else (older traces inside, lists, foreign arrays,
batches) goes to `bind`, the general road, which knows no types but asks for the newest trace.

With one array in play (one argument, or a Python number beside it) every value of a node has the shape of that
array, and shapes are not compared; with two, broadcasting may have happened, and they are.

A rule asks for some of (x, y, out); which, is fixed when the operation is made, and is kept in small integers
(`code`): bit 0 for x, bit 1 for y, bit 2 for out. One saved value travels bare, several as a tuple in that order.
"""

from __future__ import annotations

import numpy as np

from .batch import Batched
from .errors import WITHOUT_DERIVATIVE, refuse_dtype
from .forward import Dual, fit_tangent
from .reverse import Var, accumulate, fit, heappush, new_node_id
from .space import mask_zeros
from .trace import bind, new
from .zeros import zeros_win

ndarray, float64 = np.ndarray, np.float64
X, Y, OUT = 1, 2, 4
_BITS = {"x": X, "y": Y, "out": OUT}


def code_of(rule, args) -> int:
    """Which of (x, y, out) a rule asks for, or -1 for a rule that does not exist."""
    if rule is None:
        return -1
    names = {args[0]: X, "out": OUT}
    if len(args) > 1:
        names[args[1]] = Y
    return sum(names[ask] for ask in rule.asks)


def ordered(rule, args):
    """The rule with its asked arguments in the order x, y, out."""
    if rule is None:
        return None
    order = [a for a in (*args, "out") if a in rule.asks]
    if tuple(order) == rule.asks:
        return rule.call
    call, places = rule.call, [order.index(a) for a in rule.asks]
    return lambda d, *given: call(d, *[given[k] for k in places])


def pack(code, x, y, out):
    """What was asked for: one value bare, none or several as a tuple."""
    if code == X:
        return x
    if code == Y:
        return y
    if code == OUT:
        return out
    if code == X | Y:
        return x, y
    if code == X | OUT:
        return x, out
    if code == Y | OUT:
        return y, out
    return (x, y, out) if code else ()


def taking_all(rule, code):
    """The rule as a function of `(dx, x, y, out)`, whatever it asks for."""
    return {
        0: lambda d, x, y, out: rule(d),
        X: lambda d, x, y, out: rule(d, x),
        Y: lambda d, x, y, out: rule(d, y),
        OUT: lambda d, x, y, out: rule(d, out),
        X | Y: lambda d, x, y, out: rule(d, x, y),
        X | OUT: lambda d, x, y, out: rule(d, x, out),
        Y | OUT: lambda d, x, y, out: rule(d, y, out),
        X | Y | OUT: rule,
    }.get(code)


def is_bare(code) -> bool:
    """Whether `pack` gives a bare value."""
    return code in (X, Y, OUT)


_SCALARS: dict = {}
known_scalar = _SCALARS.get


def scalar(y, v):
    """The Python number `y` as an array without axes, of the dtype of the plain array `v`.

    NumPy takes 0.2 µs longer for a Python number than for such an array, on the way forward and on the way back,
    and a program has few of them; so they are kept. Zeros are not, since 0.0 == -0.0, nor what is no float.
    """
    if y == 0 or y != y or v.dtype.kind != "f":
        return y
    if len(_SCALARS) > 500:
        _SCALARS.clear()
    a = np.asarray(y, v.dtype)
    a.flags.writeable = False
    _SCALARS[y, v.dtype.char] = a
    return a


def unary(prim, f, jvp, vjp):
    """The public function of an elementwise primitive of one argument."""
    jcode, vcode = code_of(jvp, prim.args), code_of(vjp, prim.args)
    push, rule = ordered(jvp, prim.args), ordered(vjp, prim.args)
    push_any, bare = taking_all(push, jcode), is_bare(vcode)

    def pull(node, g, cots, heap, flags):
        d = rule(g, node[5]) if bare else rule(g, *node[5])
        parent = node[4]
        if flags:
            flags.clear()
            d = zeros_win(g, d, rule, (node[5],) if bare else node[5])
        if d.dtype is not parent[3]:
            d = fit(d, parent[2], parent[3])
        i = parent[0]
        if i in cots:
            accumulate(cots, i, d)
        else:
            cots[i] = d
            heappush(heap, parent)

    def op(x, /):
        t = type(x)
        if t is ndarray or t is float64:
            return f(x)
        if t is Var and vcode >= 0:
            v = x.value
            out = f(v) if type(v) is ndarray else op(v)
            parent = x.aux
            r = new(Var)
            r.value = out
            r.aux = [
                new_node_id(),
                pull,
                parent[2],
                out.dtype,
                parent,
                out if vcode == 4 else v if vcode == 1 else () if vcode == 0 else (v, out),
            ]
            r.owner = x.owner
            return r
        if t is Dual and jcode >= 0:
            trace = x.owner
            flags = trace.flags
            v = x.value
            out = f(v) if type(v) is ndarray else op(v)
            if flags:
                trace.report()
            dx = x.aux
            d = push(dx, v) if jcode == 1 else push(dx, out) if jcode == 4 else push_any(dx, v, None, out)
            if flags:
                flags.clear()
                d = mask_zeros(dx, d)
            if d.dtype is not out.dtype:
                d = fit_tangent(d, out.shape, out.dtype)
            r = new(Dual)
            r.value, r.aux, r.owner = out, d, trace
            return r
        if t is Batched and type(x.value) is ndarray and x.owner.alive:
            r = new(Batched)
            r.value, r.aux, r.owner = f(x.value), None, x.owner
            return r
        return bind(prim, (x,), {})

    pull.replay = (prim, (0,))
    return op


def binary(prim, f, jvp_x, jvp_y, vjp_x, vjp_y, foreign=None):
    """The public function of an elementwise primitive of two arguments.

    `foreign(x, y)`, where given, says whether an operand is of a type that should be asked first: the function
    then answers NotImplemented, as an operator must.
    """
    args = prim.args
    jcx, jcy, vcx, vcy = (code_of(r, args) for r in (jvp_x, jvp_y, vjp_x, vjp_y))
    push_x, push_y, rule_x, rule_y = (ordered(r, args) for r in (jvp_x, jvp_y, vjp_x, vjp_y))
    push_x_any, push_y_any = taking_all(push_x, jcx), taking_all(push_y, jcy)
    bare_x, bare_y = is_bare(vcx), is_bare(vcy)
    tape, dual = vcx >= 0 and vcy >= 0, jcx >= 0 and jcy >= 0
    plain = {ndarray, float64, float, int}

    def pull_one(rule, bare, broadcasts):
        def pull(node, g, cots, heap, flags):
            d = rule(g, node[5]) if bare else rule(g, *node[5])
            parent = node[4]
            if flags:
                flags.clear()
                d = zeros_win(g, d, rule, (node[5],) if bare else node[5])
            if d.dtype is not parent[3] or (broadcasts and d.shape != parent[2]):
                d = fit(d, parent[2], parent[3])
            i = parent[0]
            if i in cots:
                accumulate(cots, i, d)
            else:
                cots[i] = d
                heappush(heap, parent)

        return pull

    pull_x, pull_y = pull_one(rule_x, bare_x, True), pull_one(rule_y, bare_y, True)
    pull_x_alone, pull_y_alone = pull_one(rule_x, bare_x, False), pull_one(rule_y, bare_y, False)

    def pull_xy(node, g, cots, heap, flags):
        _, _, _, _, p, q, for_x, for_y = node
        d = rule_x(g, for_x) if bare_x else rule_x(g, *for_x)
        if flags:
            flags.clear()
            d = zeros_win(g, d, rule_x, (for_x,) if bare_x else for_x)
        if d.shape != p[2] or d.dtype is not p[3]:
            d = fit(d, p[2], p[3])
        i = p[0]
        if i in cots:
            accumulate(cots, i, d)
        else:
            cots[i] = d
            heappush(heap, p)
        d = rule_y(g, for_y) if bare_y else rule_y(g, *for_y)
        if flags:
            flags.clear()
            d = zeros_win(g, d, rule_y, (for_y,) if bare_y else for_y)
        if d.shape != q[2] or d.dtype is not q[3]:
            d = fit(d, q[2], q[3])
        i = q[0]
        if i in cots:
            accumulate(cots, i, d)
        else:
            cots[i] = d
            heappush(heap, q)

    def op(x, y, /):
        s, t = type(x), type(y)
        if s is Var and tape:
            if t is Var:
                if x.owner is y.owner:
                    v, w = x.value, y.value
                    out = f(v, w) if type(v) is ndarray is type(w) else op(v, w)
                    r = new(Var)
                    r.value = out
                    r.aux = [
                        new_node_id(),
                        pull_xy,
                        out.shape,
                        out.dtype,
                        x.aux,
                        y.aux,
                        () if vcx == 0 else w if vcx == 2 else pack(vcx, v, w, out),
                        () if vcy == 0 else v if vcy == 1 else pack(vcy, v, w, out),
                    ]
                    r.owner = x.owner
                    return r
            elif t in plain:
                v = x.value
                if type(v) is ndarray:
                    if t is ndarray:
                        if y.dtype.kind in WITHOUT_DERIVATIVE:
                            refuse_dtype(y.dtype)
                        if vcx & 2:
                            y = y.copy("K")
                    elif t is not float64:
                        a = known_scalar((y, v.dtype.char))
                        y = scalar(y, v) if a is None else a
                    out = f(v, y)
                else:
                    out = op(v, y)
                    if t is ndarray:
                        y = y.copy("K")
                r = new(Var)
                r.value = out
                r.aux = [
                    new_node_id(),
                    pull_x if t is ndarray else pull_x_alone,
                    out.shape if t is ndarray else x.aux[2],
                    out.dtype,
                    x.aux,
                    () if vcx == 0 else y if vcx == 2 else pack(vcx, v, y, out),
                ]
                r.owner = x.owner
                return r
        elif t is Var and tape and s in plain:
            w = y.value
            if type(w) is ndarray:
                if s is ndarray:
                    if x.dtype.kind in WITHOUT_DERIVATIVE:
                        refuse_dtype(x.dtype)
                    if vcy & 1:
                        x = x.copy("K")
                elif s is not float64:
                    a = known_scalar((x, w.dtype.char))
                    x = scalar(x, w) if a is None else a
                out = f(x, w)
            else:
                out = op(x, w)
                if s is ndarray:
                    x = x.copy("K")
            r = new(Var)
            r.value = out
            r.aux = [
                new_node_id(),
                pull_y if s is ndarray else pull_y_alone,
                out.shape if s is ndarray else y.aux[2],
                out.dtype,
                y.aux,
                () if vcy == 0 else x if vcy == 1 else pack(vcy, x, w, out),
            ]
            r.owner = y.owner
            return r
        elif s is Dual and dual:
            trace = x.owner
            flags = trace.flags
            v, dx = x.value, x.aux
            if t is Dual:
                if trace is y.owner:
                    w, dy = y.value, y.aux
                    out = f(v, w) if type(v) is ndarray is type(w) else op(v, w)
                    if flags:
                        trace.report()
                    d = push_x(dx, w) if jcx == 2 else push_x(dx) if jcx == 0 else push_x_any(dx, v, w, out)
                    if flags:
                        flags.clear()
                        d = mask_zeros(dx, d)
                    e = push_y(dy, v) if jcy == 1 else push_y(dy) if jcy == 0 else push_y_any(dy, v, w, out)
                    if flags:
                        flags.clear()
                        e = mask_zeros(dy, e)
                    d = d + e
                    if d.dtype is not out.dtype or d.shape != out.shape:
                        d = fit_tangent(d, out.shape, out.dtype)
                    r = new(Dual)
                    r.value, r.aux, r.owner = out, d, trace
                    return r
            elif t in plain:
                if type(v) is ndarray:
                    if t is float or t is int:
                        a = known_scalar((y, v.dtype.char))
                        y = scalar(y, v) if a is None else a
                    elif t is ndarray and y.dtype.kind in WITHOUT_DERIVATIVE:
                        refuse_dtype(y.dtype)
                    out = f(v, y)
                else:
                    out = op(v, y)
                if flags:
                    trace.report()
                d = push_x(dx, y) if jcx == 2 else push_x(dx) if jcx == 0 else push_x_any(dx, v, y, out)
                if flags:
                    flags.clear()
                    d = mask_zeros(dx, d)
                if d.dtype is not out.dtype or (t is ndarray and d.shape != out.shape):
                    d = fit_tangent(d, out.shape, out.dtype)
                r = new(Dual)
                r.value, r.aux, r.owner = out, d, trace
                return r
        elif t is Dual and dual and s in plain:
            trace = y.owner
            flags = trace.flags
            w, dy = y.value, y.aux
            if type(w) is ndarray:
                if s is float or s is int:
                    a = known_scalar((x, w.dtype.char))
                    x = scalar(x, w) if a is None else a
                elif s is ndarray and x.dtype.kind in WITHOUT_DERIVATIVE:
                    refuse_dtype(x.dtype)
                out = f(x, w)
            else:
                out = op(x, w)
            if flags:
                trace.report()
            d = push_y(dy, x) if jcy == 1 else push_y(dy) if jcy == 0 else push_y_any(dy, x, w, out)
            if flags:
                flags.clear()
                d = mask_zeros(dy, d)
            if d.dtype is not out.dtype or (s is ndarray and d.shape != out.shape):
                d = fit_tangent(d, out.shape, out.dtype)
            r = new(Dual)
            r.value, r.aux, r.owner = out, d, trace
            return r
        elif s is Batched or t is Batched:
            r = rows_of_both(f, x, y, s, t, plain)
            if r is not None:
                return r
        elif s in plain and t in plain:
            return f(x, y)
        if foreign is not None and foreign(x, y):
            return NotImplemented
        return bind(prim, (x, y), {})

    pull_x.replay = pull_x_alone.replay = (prim, (0,))
    pull_y.replay = pull_y_alone.replay = (prim, (1,))
    pull_xy.replay = (prim, (0, 1))
    return op


def rows_of_both(f, x, y, s, t, plain):
    """`f` of batches of plain arrays, of one `vmap`, or of a batch and a plain operand, where NumPy lines up their axes
    by itself; else None."""
    if t is not Batched:
        v, w, trace = x.value, y, x.owner
        fits = type(v) is ndarray and (w.ndim < v.ndim if t is ndarray else t in plain)
    elif s is not Batched:
        v, w, trace = x, y.value, y.owner
        fits = type(w) is ndarray and (v.ndim < w.ndim if s is ndarray else s in plain)
    else:
        v, w, trace = x.value, y.value, x.owner
        fits = trace is y.owner and type(v) is ndarray is type(w) and v.ndim == w.ndim
    if not fits or not trace.alive:
        return None
    r = new(Batched)
    r.value, r.aux, r.owner = f(v, w), None, trace
    return r
