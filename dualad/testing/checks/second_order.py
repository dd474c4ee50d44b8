"""C4: the second derivative four ways, and by numbers; the third on some calls."""

from __future__ import annotations

import numpy as np

from ...transforms.differences import richardson
from ...transforms.forward import jvp
from ...transforms.reverse import vjp
from ..probe import inner, push, randoms, value
from ..results import Wrong
from ..samples import few, rng_of, smooth_calls
from .common import at, differentiable, some

PAIRWISE = 1e-10
NUMBERS = 1e-7


def second_order(prim, worst):
    differentiable(prim)
    rng = rng_of(prim.name, "C4")
    for call in few(some(smooth_calls(prim), "no sample is smooth"), 10):
        with at(call):
            _second_order(call, rng, worst)
    for call in few(smooth_calls(prim), 2):
        with at(call):
            _third_order(call, rng, worst)


def along(f, v):
    """The derivative of `f` along `v`, as a function of the point."""
    return lambda *x: jvp(f, x, v)[1]


def back(f, gs):
    """The cotangents of `f` for `gs`, as a function of the point."""
    return lambda *x: vjp(f, *x)[1](gs)


def four_ways(f, xs, v, w, gs):
    """⟨g, D²f[v, w]⟩ by the four orders of the two engines, and the size of what is summed."""
    forward, reverse = along(f, v), back(f, gs)
    return {
        "jvp of jvp": inner(gs, jvp(forward, xs, w)[1]),
        "jvp of vjp": inner(jvp(reverse, xs, w)[1], v),
        "vjp of jvp": inner(vjp(forward, *xs)[1](gs), w),
        "vjp of vjp": inner(vjp(reverse, *xs)[1](v), w),
    }


def _second_order(call, rng, worst):
    xs = call.xs
    v, w = call.allowed(randoms(rng, xs)), call.allowed(randoms(rng, xs))
    gs = randoms(rng, value(call, xs))
    ways = four_ways(call.f, xs, v, w, gs)
    _agree(ways, PAIRWISE, call, worst, _scale(call, v, gs))
    want, error = richardson(lambda *x: push(call, x, v), xs, w)
    number, size = inner(gs, want)
    slack, _ = inner([np.abs(g) for g in gs], error)
    got = ways["jvp of jvp"][0]
    if not abs(got - number) <= 10 * slack + NUMBERS * (size + 1e-3):
        raise Wrong(f"second derivative {got:.12g}, by differences of the first {number:.12g} ± {slack:.0e}")


def _scale(call, v, gs):
    """The size of the first derivative: where the second is zero, rounding is measured by this."""
    return inner(gs, push(call, call.xs, v))[1]


def _third_order(call, rng, worst):
    xs = call.xs
    u, v, w = (randoms(rng, xs) for _ in range(3))
    gs = randoms(rng, value(call, xs))
    forward, reverse = along(call.f, u), back(call.f, gs)
    ways = {
        "jvp of jvp of jvp": inner(gs, jvp(along(forward, v), xs, w)[1]),
        "jvp of vjp of jvp": inner(jvp(back(forward, gs), xs, w)[1], v),
        "vjp of jvp of vjp": inner(vjp(along(reverse, v), *xs)[1](u), w),
    }
    _agree(ways, 100 * PAIRWISE, call, worst, _scale(call, v, gs))


def _agree(ways, tolerance, call, worst, scale):
    size = max(s for _, s in ways.values()) + scale
    values = [t for t, _ in ways.values()]
    off = (max(values) - min(values)) / (size or 1.0) if np.all(np.isfinite(values)) else np.inf
    text = ", ".join(f"{name} {t:.12g}" for name, (t, _) in ways.items())
    worst.meet(off, tolerance, call, text)
