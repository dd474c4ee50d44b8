"""Engine one, forward: dual numbers over arrays.

A `Dual` is a value and its tangent, x + ε dx with ε² = 0. Each primitive maps duals to duals by its JVP
rules, as the program runs; nothing is recorded. A result on which no tangent arrives is a plain value: the
absent tangent is a zero that costs nothing.
"""

from __future__ import annotations

import warnings
from contextvars import copy_context

import numpy as np

from .errors import MissingRule, at_user_line, refuse_dtype
from .joint import pushed
from .space import fit_tangent, mask_zeros, space_of, zero_unless
from .trace import Box, Trace, new, snapshot
from .zeros import zeros_win_in_sums


class Dual(Box):
    """A value and its tangent (`aux`), of one shape and dtype."""

    __slots__ = ()


class ForwardTrace(Trace):
    """One running `jvp`. `flags` fills when NumPy meets a division by zero or an invalid operation; what it would have
    done is for the `context` to say in which the transform was called."""

    __slots__ = ("context",)

    def __init__(self, name="jvp"):
        super().__init__(name)
        self.context = copy_context()

    def process(self, prim, args, params):
        if prim.flat is not None:
            return self.constant(prim.face(*self.primals(args), **params))
        primals = self.primals(args)
        if prim.joint:
            return pushed(prim, self, primals, args)
        out = prim.face(*primals, **params)
        if self.flags:
            self.report()
        active = [
            i
            for i, a in enumerate(args)
            if type(a) is Dual and a.owner is self and prim.arg_name(i) not in prim.flat_args
        ]
        if not active:
            return self.constant(out)
        tangent = push(prim, [snapshot(p) for p in primals], params, out, args, active, self.flags)
        if not prim.multi:
            return self.dual(out, tangent)
        return tuple(self.dual(o, t) for o, t in zip(out, tangent, strict=True))

    def primals(self, args):
        return [a.value if isinstance(a, Box) and a.owner is self else a for a in args]

    def dual(self, value, tangent):
        """A Dual, or the plain value where there is no tangent or no dtype that could have one."""
        dtype = value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype
        if tangent is None:
            return self.constant(value)
        if dtype.kind not in "fc":
            refuse_dtype(dtype)
            return self.constant(value)
        if not hasattr(value, "dtype"):
            value = np.asarray(value)
        if not hasattr(tangent, "dtype"):
            tangent = np.asarray(tangent)
        if tangent.shape != value.shape or tangent.dtype != dtype:
            tangent = fit_tangent(tangent, value.shape, dtype)
        d = new(Dual)
        d.value, d.aux, d.owner = value, tangent, self
        return d

    def report(self):
        """Say of the user's own divisions by zero what NumPy would have said without us."""
        kinds = set(self.flags)
        self.flags.clear()
        modes = self.context.run(np.geterr)
        for kind in kinds:
            mode = modes["divide" if kind.startswith("divide") else "invalid"]
            text = f"{kind} encountered{at_user_line()}"
            if mode == "raise":
                raise FloatingPointError(text)
            if mode == "warn":
                warnings.warn(text, RuntimeWarning, stacklevel=4)

    def raised(self, kind, _code):
        """Called by NumPy; see `catching`."""
        self.flags.append(kind)

    def catching(self):
        """The floating-point state in which a function runs under this trace."""
        return np.errstate(divide="call", invalid="call", call=self.raised)


def push(prim, primals, params, out, args, active, flags=()):
    """The tangent of `out`, by the rules of the active arguments; a tuple for several outputs."""
    names = {prim.arg_name(i) for i in active}
    jointly = names & set(prim.linear)
    total = _push_linear(prim, primals, params, args, active, jointly) if jointly else None
    for i in active:
        name = prim.arg_name(i)
        if name in jointly:
            continue
        d = args[i].aux
        if name in prim.multilinear:
            term = prim.face(*primals[:i], d, *primals[i + 1 :], **params)
        else:
            term = _push_rule(prim, name, i, d, primals, params, out)
        if flags:
            flags.clear()
            if name in prim.multilinear:
                term = _strong_zero_of_product(prim, primals, params, i, d, term)
            term = _strong_zero(prim, d, term)
        total = term if total is None else _add(total, term, prim.multi)
    return total


def _push_linear(prim, primals, params, args, active, jointly):
    """The operation itself, on tangents; arguments without one are zero."""
    inputs = list(primals)
    for i in range(len(inputs)):
        if prim.arg_name(i) in prim.linear:
            given = i in active and prim.arg_name(i) in jointly
            inputs[i] = args[i].aux if given else space_of(inputs[i]).zeros()
    return prim.face(*inputs, **params)


def _push_rule(prim, name, i, d, primals, params, out):
    rule = prim.jvp_rules.get(name)
    if rule is None:
        raise MissingRule(
            f"{prim.name} has no JVP rule for its argument {name!r}{at_user_line()}. Give it one, "
            f"{prim.name}.jvp({name}=...), or say dualad.stop_gradient({name})"
        )
    return rule.call(d, *[answer(prim, ask, i, primals, params, out) for ask in rule.asks])


def answer(prim, ask, i, primals, params, out):
    """What a rule asks for, by name."""
    if ask == "out":
        return out
    if ask == "out_space":
        return space_of(out)
    if ask == "i":
        return i - len(prim.args) + 1 if prim.variadic else i
    if ask in params:
        return params[ask]
    space = ask.endswith("_space") and ask not in prim.args
    k = prim.args.index(ask[:-6] if space else ask)
    if prim.variadic and k == len(prim.args) - 1:
        rest = primals[k:]
        return tuple(map(space_of, rest)) if space else tuple(rest)
    return space_of(primals[k]) if space else primals[k]


def _strong_zero(prim, d, term):
    """A zero tangent wins over an infinite derivative."""
    if isinstance(term, tuple):
        return tuple(None if t is None else _strong_zero(prim, d, t) for t in term)
    if d.ndim == 0 or prim.elementwise and d.shape == term.shape:
        return mask_zeros(d, term)
    return zero_unless(d, term)


def _strong_zero_of_product(prim, primals, params, i, d, term):
    """A zero of the tangent wins over an infinite factor, in each of the products that are summed."""
    places = [k for k in range(len(primals)) if prim.arg_name(k) in prim.multilinear]

    def call(*factors):
        operands = list(primals)
        for k, factor in zip(places, factors, strict=True):
            operands[k] = factor
        return prim.face(*operands, **params)

    factors = [d if k == i else primals[k] for k in places]
    factors = [v if isinstance(v, (Box, np.ndarray)) else np.asarray(v) for v in factors]
    return zeros_win_in_sums(call, factors, term)


def _add(a, b, multi):
    if not multi:
        return a + b
    return tuple(x if y is None else y if x is None else x + y for x, y in zip(a, b, strict=True))
