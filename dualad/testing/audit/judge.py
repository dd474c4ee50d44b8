"""Numbers about one call: which of its two rules is wrong, or whether both are."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.reverse import Var
from ...core.trace import Box, strip
from ..gradcheck import RTOL
from .duality import argument, bytes_of, compare, own_inputs, pull_through, random_like, random_tangent
from .numbers import differences, has_kink, judged, moved
from .policies import PINNED, SYMMETRIC, is_draw, symmetrised
from .watch import below, is_joint


def judge(call, rng, rtol: float | None = None) -> str:
    """What numbers say against the rules of a call: "JVP", "VJP", "JVP and VJP", or nothing, with the argument.

    `rtol` is what they may differ by; by default what the precision of the call's numbers asks for.
    """
    name = call.prim.name
    if is_draw(name) or name in PINNED or any(isinstance(p, Box) for p in call.primals):
        return ""
    guilty: dict[str, list[str]] = {}
    for i in own_inputs(call).values():
        for rule in _of_argument(call, i, rng, rtol):
            guilty.setdefault(rule, []).append(argument(call, i))
    if not guilty:
        return ""
    if is_joint(call.prim):
        guilty = {"derivative": sum(guilty.values(), [])}  # one rule is the other's transpose
    rules = " and ".join(guilty)
    args = ", ".join(dict.fromkeys(a for found in guilty.values() for a in found))
    return f"{rules} of {args}"


def _of_argument(call, i, rng, rtol):
    """The rules of one argument that numbers contradict."""
    leaves = [np.asarray(p) if k == i else p for k, p in enumerate(call.primals)]
    places = [k for k in call.active if call.args[k].aux is call.args[i].aux]
    dx = random_tangent(rng, leaves[i])
    if call.prim.name in SYMMETRIC:
        dx = symmetrised(dx)
    moves = [dx if k in places else None for k in range(len(leaves))]

    def f(xs):
        out = call.prim.face(*xs, **call.params)
        return [np.asarray(o) for o in (out if call.prim.multi else (out,))]

    if rtol is None:
        rtol = RTOL.get(min(map(bytes_of, (*leaves, *call.values))), 5e-2)
    try:
        precision = min(map(bytes_of, f(moved(leaves, moves, 0.0))))
        want, error = differences(f, leaves, moves, precision)
    except Exception:  # beside the point the operation need not be defined
        return
    got = [
        np.zeros(np.shape(w)) if t is None else strip(t)
        for t, w in zip(call.pushed(moves), want, strict=True)
    ]
    names = [""] * len(got)
    forward = judged("", got, want, error, names, rtol)
    seeds = [random_like(rng, below(o)) if isinstance(o, Var) else None for o in call.outs]
    found = pull_through(call, seeds)[call.args[i].aux[0]]
    pulled = compare([found], [dx], [], []).forward
    aimed: Any = compare(seeds, want, [], []).forward
    unsure = compare([None if s is None else np.abs(s) for s in seeds], error, [], []).forward
    reverse = judged("", [np.float64(pulled)], [np.float64(aimed)], [np.float64(unsure)], [""], rtol)
    if "differ" in (forward.status, reverse.status) and not has_kink(f, leaves, moves):
        if forward.status == "differ":
            yield "JVP"
        if reverse.status == "differ":
            yield "VJP"
