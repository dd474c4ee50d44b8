"""C5 and C6: derivatives live where their values live, in float32 and in the complex plane too."""

from __future__ import annotations

import numpy as np

from ...core.space import Space, space_of
from ...transforms.differences import richardson
from ..probe import apart, pull, push, randoms, value
from ..results import NotApplicable, Wrong
from ..samples import accepts, calls, complex_calls, few, float32_calls, rng_of
from .common import at, differentiable, some
from .first_order import DUALITY, check_duality_of

SINGLE = 1e-4
NUMBERS = 1e-8


def home(xs, ds, what):
    """Each derivative has its value's shape and dtype."""
    for x, d in zip(xs, ds, strict=True):
        if space_of(d) != space_of(x):
            raise Wrong(f"a {what} is {_text(space_of(d))}, its primal {_text(space_of(x))}")


def _text(space: Space) -> str:
    return f"{space.dtype}{list(space.shape)}"


def precision(prim, worst):
    """C5: cotangents in the primal's space; float32 stays float32 and is near float64."""
    differentiable(prim)
    rng = rng_of(prim.name, "C5")
    for small, large in some(float32_calls(prim), "no differentiable argument"):
        with at(small):
            _in_its_space(small, rng)
            for mixed in _mixed_precision(small, large):
                _in_its_space(mixed, rng)
            if small.smooth:
                _near_double(small, large, rng, worst)
            check_duality_of(small, rng, _Quiet(worst), DUALITY[4])


class _Quiet:
    """A `Worst` that fails like the real one, and does not raise the error that is shown."""

    def __init__(self, worst):
        self.worst = worst

    def meet(self, error, tolerance, where, reason):
        if not error <= tolerance:
            self.worst.meet(error, tolerance, where, reason)


def _in_its_space(call, rng):
    outs = value(call, call.xs)
    home(outs, call.plain(*call.xs), "value")
    home(outs, push(call, call.xs, randoms(rng, call.xs)), "tangent")
    home(call.xs, pull(call, call.xs, randoms(rng, outs)), "cotangent")


def _mixed_precision(small, large):
    """One argument in float32, the rest in float64, where the evaluation takes that."""
    if len(small.xs) == 2:
        for k in (0, 1):
            xs = [s if j == k else d for j, (s, d) in enumerate(zip(small.xs, large.xs, strict=True))]
            call = small.replace("mixed precision", xs)
            if accepts(call):
                yield call


def _near_double(small, large, rng, worst):
    dxs = randoms(rng, small.xs)
    gs = randoms(rng, value(small, small.xs))
    wide = [np.asarray(d).astype(np.asarray(x).dtype) for d, x in zip(dxs, large.xs, strict=True)]
    wide_gs = [g.astype(np.asarray(o).dtype) for g, o in zip(gs, value(large, large.xs), strict=True)]
    off = apart(push(small, small.xs, dxs), push(large, large.xs, wide))
    worst.meet(off, SINGLE, small, "the float32 tangent is off the float64 one")
    off = apart(pull(small, small.xs, gs), pull(large, large.xs, wide_gs))
    worst.meet(off, SINGLE, small, "the float32 cotangent is off the float64 one")


def in_the_complex_plane(prim, worst):
    """C6: duality for complex values, tangents along v and iv against numbers, real stays real."""
    differentiable(prim)
    rng = rng_of(prim.name, "C6")
    if not any(c.complex for c in calls(prim)):
        raise NotApplicable("samples say complex=False")
    for call in some(few(complex_calls(prim), 8), "the evaluation takes no complex values"):
        with at(call):
            _in_its_space(call, rng)
            check_duality_of(call, rng, worst)
            _directions(call, rng, worst)
            for k in range(len(call.xs)) if len(call.xs) == 2 else ():
                _one_real(call, k, rng, worst)


def _directions(call, rng, worst):
    v = randoms(rng, call.xs)
    iv = call.allowed(tuple(1j * d if np.iscomplexobj(d) else d for d in v))
    v = call.allowed(v)
    along, across = push(call, call.xs, v), push(call, call.xs, iv)
    if call.smooth:
        _by_numbers(call, v, along, "v", worst)
        _by_numbers(call, iv, across, "iv", worst)
    if call.prim.elementwise and call.prim.holomorphic:
        worst.meet(apart(across, [1j * d for d in along]), 1e-12, call, "J(iv) is not i J(v)")


def _by_numbers(call, v, got, name, worst):
    want, error = richardson(call.plain, call.xs, v)
    for a, b, e in zip(got, want, error, strict=True):
        size = np.max(np.abs(b), initial=0.0) + 1e-3
        sure = e <= 1e-6 * size
        off = np.max(np.where(sure, np.abs(a - b) - 10 * e, 0.0), initial=0.0) / size
        worst.meet(max(off, 0.0), NUMBERS, call, f"the tangent along {name} is off the numbers")


def _one_real(call, k, rng, worst):
    """One argument real, the other complex: the real one's cotangent is real."""
    xs = [np.asarray(x).real.copy() if j == k else x for j, x in enumerate(call.xs)]
    mixed = call.replace("real and complex", xs)
    if accepts(mixed):
        _in_its_space(mixed, rng)
        check_duality_of(mixed, rng, worst)
