"""C8: every shape, empty and 0-d included, and every memory layout."""

from __future__ import annotations

from ..probe import apart, pull, push, randoms, value
from ..results import Wrong
from ..samples import layout_calls, rng_of, shape_calls
from .common import at, some
from .spaces import home

ULPS = 1e-14  # SIMD loops and BLAS kernels round differently for different strides


def shapes_and_layouts(prim, worst):
    rng = rng_of(prim.name, "C8")
    pairs = layout_calls(prim)
    some([*pairs, *shape_calls(prim)], "no samples")
    for call in shape_calls(prim):
        with at(call):
            outs = value(call, call.xs)
            if call.active and outs and prim.flat is None:
                home(outs, push(call, call.xs, randoms(rng, call.xs)), "tangent")
                home(call.xs, pull(call, call.xs, randoms(rng, outs)), "cotangent")
    for call, plain in pairs:
        with at(call):
            _same_on(call, plain, rng, worst)


def _same_on(call, plain, rng, worst):
    outs = value(plain, plain.xs)
    worst.meet(apart(value(call, call.xs), outs), ULPS, call, "the value depends on the memory layout")
    if not outs or not call.active or call.prim.flat is not None:
        return
    if len(call.xs) != len(plain.xs):
        raise Wrong("an argument lost its dtype")
    dxs, gs = randoms(rng, plain.xs), randoms(rng, outs)
    off = apart(push(call, call.xs, dxs), push(plain, plain.xs, dxs))
    worst.meet(off, ULPS, call, "the tangent depends on the memory layout")
    off = apart(pull(call, call.xs, gs), pull(plain, plain.xs, gs))
    worst.meet(off, ULPS, call, "the cotangent depends on the memory layout")
