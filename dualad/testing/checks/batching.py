"""C9: a batch is a loop, for values and for both derivatives, whichever arguments have the batch axis."""

from __future__ import annotations

import numpy as np

from ...transforms.batch import vmap
from ..probe import apart, pull, push, random_like, randoms, value
from ..results import Wrong
from ..samples import calls, few, rng_of
from .common import at, some

LOOP = 1e-12
SCALES = (1.0, 0.97, 0.9)  # the rows: the sample, and two slightly smaller ones
ROWS = len(SCALES)


def batch_is_loop(prim, worst):
    rng = rng_of(prim.name, "C9")
    for call in few(some(calls(prim), "no samples"), 8):
        with at(call):
            for which in _subsets(call):
                _values(call, which, worst)
            if call.active and prim.flat is None and value(call, call.xs):
                _derivatives(call, rng, worst)


def _subsets(call):
    """All arguments that are arrays, and each alone; and the active ones together.

    Not masks: what they select may have another shape in each row, and `vmap` refuses that by name.
    """
    arrays = [i for i, a in enumerate(call.args) if hasattr(a, "shape") and a.dtype != bool]
    alone = [(i,) for i in arrays] if len(arrays) < 4 else []
    return dict.fromkeys([tuple(arrays), call.active, *alone]).keys() - {()}


def _rows(call, i):
    a = np.asarray(call.args[i])
    return np.stack([a * s if a.dtype.kind in "fc" else a for s in SCALES]).astype(a.dtype)


def _values(call, which, worst):
    prim, rows = call.prim, {i: _rows(call, i) for i in which}

    def f(*xs):
        args = list(call.args)
        for i, x in zip(which, xs, strict=True):
            args[i] = x
        out = prim.face(*args, **call.params)
        return tuple(out) if prim.multi else (out,)

    got = vmap(f)(*rows.values())
    loop = [f(*[r[k] for r in rows.values()]) for k in range(ROWS)]
    _compare(got, loop, call, worst, f"batched in {which}")


def _derivatives(call, rng, worst):
    xs, outs = call.xs, value(call, call.xs)
    dxs, gs = randoms(rng, xs), randoms(rng, outs)
    rows = tuple(_rows(call, i) for i in call.active)
    many_dxs, many_gs = _many(rng, xs), _many(rng, outs)
    for what, f, args in (
        ("jvp at batched points", lambda *x: push(call, x, dxs), rows),
        ("vjp at batched points", lambda *x: pull(call, x, gs), rows),
        ("jvp along batched tangents", lambda *d: push(call, xs, d), many_dxs),
        ("vjp of batched cotangents", lambda *g: pull(call, xs, g), many_gs),
    ):
        loop = [f(*[a[k] for a in args]) for k in range(ROWS)]
        _compare(vmap(f)(*args), loop, call, worst, what)


def _many(rng, xs):
    return tuple(np.stack([random_like(rng, x) for _ in range(ROWS)]) for x in xs)


def _compare(got, loop, call, worst, what):
    want = [np.stack([np.asarray(o) for o in column]) for column in zip(*loop, strict=True)]
    for a, b in zip(got, want, strict=True):
        a = np.asarray(a)
        if a.shape != b.shape or a.dtype != b.dtype:
            raise Wrong(f"{what}: {a.dtype}{list(a.shape)}, by a loop {b.dtype}{list(b.shape)}")
        worst.meet(apart([a], [b]), LOOP, call, f"{what}: not what a loop gives")
