"""C1 and C2: the tangent against numbers, and the two engines against each other."""

from __future__ import annotations

import numpy as np

from ...core.space import space_of
from ...transforms.differences import complex_step, richardson
from ..probe import EPS, apart, inner, pull, push, randoms, value
from ..results import Wrong
from ..samples import calls, rng_of, shape_calls, smooth_calls
from .common import at, differentiable, some

COMPLEX_STEP = 1e-12
RICHARDSON = 1e-9
DUALITY = {8: 1e-12, 4: 1e-5}


def tangent_against_numbers(prim, worst):
    differentiable(prim)
    rng = rng_of(prim.name, "C1")
    for call in some(smooth_calls(prim), "no sample is smooth"):
        with at(call):
            for active in _each_and_all(call):
                part = call.replace(call.note, active=active)
                against_numbers(part, part.allowed(randoms(rng, part.xs)), worst)


def _each_and_all(call):
    """Along each argument alone, and along all: a wrong rule is then named by its argument."""
    return [(i,) for i in call.active] if len(call.active) < 4 else [call.active]


def against_numbers(call, dxs, worst):
    """The forward engine along `dxs` against the best witness of numbers there is."""
    got = push(call, call.xs, dxs)
    real = all(space_of(x).dtype.kind == "f" for x in call.xs)
    if call.prim.holomorphic and call.complex and real:
        witness = complex_step(call.plain, call.xs, dxs)
        if witness is not None and apart(got, witness[0]) <= COMPLEX_STEP:
            worst.meet(apart(got, witness[0]), COMPLEX_STEP, call, "off the complex step")
            return
    want, error = richardson(call.plain, call.xs, dxs)
    for k, (a, b, e) in enumerate(zip(got, want, error, strict=True)):
        _against(np.asarray(a), b, e, k, call, worst)


def _against(got, want, error, k, call, worst):
    size = np.max(np.abs(want), initial=0.0) + 1e-3
    if got.shape != want.shape:
        raise Wrong(f"the tangent of output {k} has shape {got.shape}, the output {want.shape}")
    if not np.all(error <= 1e-6 * size):
        raise Wrong(f"numbers prove nothing here (their error is {np.max(error):.0e}); is it smooth=False?")
    off = np.abs(got - want)
    if not np.all(off <= 10 * error + RICHARDSON * size):
        i = np.unravel_index(np.nanargmax(np.where(np.isnan(off), np.inf, off)), off.shape)
        names = ", ".join(call.prim.arg_name(j) for j in call.active)
        text = f"tangent along {names}: entry {tuple(map(int, i))} is {got[i]:.12g}, "
        raise Wrong(f"{text}by numbers {want[i]:.12g} ± {error[i]:.0e}", error=float(off[i] / size))
    worst.meet(np.max(off, initial=0.0) / size, np.inf, call, "")


def duality(prim, worst):
    differentiable(prim)
    rng = rng_of(prim.name, "C2")
    tried = [c for c in [*calls(prim), *shape_calls(prim)] if c.active]
    for call in some(tried, "no differentiable argument"):
        with at(call):
            check_duality_of(call, rng, worst)


def check_duality_of(call, rng, worst, tolerance=None):
    """Re⟨g, J dx⟩ = Re⟨Jᵀ g, dx⟩ for each argument alone, and for all together."""
    outs = value(call, call.xs)
    tolerance = tolerance or DUALITY[8]
    gs = randoms(rng, outs)
    parts = [(i,) for i in call.active] + ([call.active] if 1 < len(call.active) else [])
    for active in parts if len(parts) < 6 else [call.active]:
        part = call.replace(call.note, active=active)
        dxs = randoms(rng, part.xs)
        left, size_left = inner(gs, push(part, part.xs, dxs))
        right, size_right = inner(pull(part, part.xs, gs), dxs)
        size = size_left + size_right
        off = abs(left - right) / size if size else abs(left - right)
        if not off <= tolerance:
            off = max(off - _noise(part, gs, dxs, left, size), 0.0) if np.isfinite(off) else off
        names = ", ".join(call.prim.arg_name(i) for i in active)
        worst.meet(off, tolerance, part, f"⟨g, J dx⟩ = {left:.15g} but ⟨Jᵀ g, dx⟩ = {right:.15g} for {names}")


def _noise(call, gs, dxs, left, size):
    """How much a change of the inputs in their last digit moves ⟨g, J dx⟩: no rule can do better."""
    moved = []
    for sign in (1, -1):
        xs = [np.asarray(x) * (1 + sign * 4 * EPS) for x in call.xs]
        moved.append(abs(inner(gs, push(call, xs, dxs))[0] - left))
    return 4 * max(moved) / (size or 1.0)
