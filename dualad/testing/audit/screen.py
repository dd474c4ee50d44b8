"""Numbers about functions with a rule of their own, quick enough for every call of them.

The missing mode of `custom_vjp` and `custom_jvp` is the transpose of the other, so the duality identity holds for any
rule, right or wrong. Two central differences, extrapolated, are the witness here; who is suspected is judged with
more care afterwards.
"""

from __future__ import annotations

import numpy as np

from ...core.trace import Box
from .policies import is_users_rule
from .watch import WatchTrace

STEP = 2.0**-10  # of the tangent, which has the size of the argument


class ScreenTrace(WatchTrace):
    """A watched run that notes in `suspects` the functions whose own rule numbers seem to contradict."""

    __slots__ = ("suspects", "trust")

    def __init__(self, name: str, trust=frozenset()):
        super().__init__(name)
        self.suspects: set[str] = set()
        self.trust = trust

    def pushed(self, prim, primals, params, out, carriers, active) -> tuple:
        moved = super().pushed(prim, primals, params, out, carriers, active)
        note_suspect(self, prim, primals, carriers, active, moved)
        return moved


def note_suspect(trace, prim, primals, carriers, active, moved) -> None:
    """Put the name of a function with a rule of its own among the suspects of a trace, where it is one."""
    if not is_users_rule(prim) or prim.name in trace.trust or prim.name in trace.suspects:
        return
    if any(isinstance(x, Box) for x in (*primals, *moved)):
        return
    if is_suspect(prim, primals, carriers, active, moved):
        trace.suspects.add(prim.name)


def is_suspect(prim, primals, carriers, active, moved) -> bool:
    """Whether two differences, extrapolated, are further from the tangents than their own error explains."""
    try:
        with np.errstate(all="ignore"):
            coarse, fine = (_central(prim, primals, carriers, active, h) for h in (STEP, STEP / 2))
    except Exception:  # beside the point the function need not be defined
        return False
    return any(
        t is not None and _apart(a, b, np.asarray(t)) for a, b, t in zip(coarse, fine, moved, strict=True)
    )


def _central(prim, primals, carriers, active, h):
    def at(s):
        xs = [
            np.asarray(x, np.result_type(np.asarray(x).dtype, float)) + s * carriers[i].aux
            if i in active
            else x
            for i, x in enumerate(primals)
        ]
        return prim.face(*xs)

    return [(p - m) / (2 * h) for p, m in zip(at(h), at(-h), strict=True)]


def _apart(coarse, fine, t) -> bool:
    best, error = (4 * fine - coarse) / 3, np.abs(fine - coarse)
    size = np.max(np.abs(best), initial=0.0)
    size = max(size, np.max(np.abs(t), initial=0.0))
    noise = 1e-8 if t.dtype.itemsize >= 8 else 1e-3
    off = np.abs(best - t)
    return bool(np.any(np.isfinite(off) & (off > 0.1 * error + noise * size)))
