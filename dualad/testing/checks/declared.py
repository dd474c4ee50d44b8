"""C3: what is declared linear is linear, and a zero direction gives an exact zero."""

from __future__ import annotations

import numpy as np

from ..probe import inner, pull, push, random_like, randoms, value
from ..results import NotApplicable, Wrong
from ..samples import Call, calls, few, rng_of
from .common import at, some

LINEAR = 1e-12


def linearity(prim, worst):
    rng = rng_of(prim.name, "C3")
    tried = some([c for c in few(calls(prim), 12) if c.active], "no differentiable argument")
    if not any(value(c, c.xs) for c in tried):
        raise NotApplicable("no differentiable output")
    for call in tried:
        with at(call):
            _zero_gives_zero(call, rng)
            jointly = tuple(i for i in call.active if prim.arg_name(i) in prim.linear)
            if jointly:
                _linear_in(call, jointly, rng, worst)
            for i in call.active:
                if prim.arg_name(i) in prim.multilinear:
                    _linear_in(call, (i,), rng, worst)


def _zero_gives_zero(call, rng):
    """Exactly; and of a flat primitive for every direction."""
    xs, outs = call.xs, value(call, call.xs)
    zero = (lambda ys: randoms(rng, ys)) if call.prim.flat is not None else _zeros
    for what, found in (("tangent", push(call, xs, zero(xs))), ("cotangent", pull(call, xs, zero(outs)))):
        for d in found:
            if np.any(np.asarray(d) != 0):
                raise Wrong(f"a zero {what} gives {np.ravel(d)[np.argmax(np.ravel(d) != 0)]:.3g}, not zero")


def _zeros(xs):
    return tuple(np.zeros_like(np.asarray(x)) for x in xs)


def _linear_in(call, active, rng, worst):
    part: Call = call.replace(call.note, active=active)
    a, b = 0.75, -1.5
    u, v = part.xs, randoms(rng, part.xs)
    mixed = part.plain(*[a * np.asarray(x) + b * y for x, y in zip(u, v, strict=True)])
    want = [a * p + b * q for p, q in zip(part.plain(*u), part.plain(*v), strict=True)]
    gs = [random_like(rng, o) for o in mixed]
    (left, size), (right, more) = inner(gs, mixed), inner(gs, want)
    names = ", ".join(call.prim.arg_name(i) for i in active)
    off = abs(left - right) / (size + more or 1.0)
    worst.meet(off, LINEAR, part, f"declared linear in {names}, and is not")
    _maps_zero_to_zero(part, names)


def _maps_zero_to_zero(part, names):
    for out in part.plain(*_zeros(part.xs)):
        if np.any(out != 0):
            raise Wrong(f"declared linear in {names}, but zero does not give zero")
