"""Where a derivative got lost: a constant of the program that changes with the input, or a stop on purpose.

A value that leaves the trace (`getval`, text, a plain array behind our back) comes back as a constant. So the constants
of two runs are compared, at the point and a little beside it: one that has changed depends on the input, and
the tape does not know it. What `stop_gradient` stops is told apart: with these values held at what they were at the
point, numbers have to agree.
"""

from __future__ import annotations

import numpy as np

from ...core.trace import Box, Trace, new
from ...inspect.lines import Line
from .duality import bytes_of


class Held(Box):
    """A plain value inside a program whose stops are held."""

    __slots__ = ()


class HoldTrace(Trace):
    """One run of a program: the first notes what stops give, the others get that again."""

    __slots__ = ("at", "first", "kept")

    def __init__(self, kept, first):
        super().__init__("audit")
        self.kept, self.first, self.at = kept, first, 0

    def held(self, value):
        h = new(Held)
        h.value, h.aux, h.owner = value, None, self
        return h

    def process(self, prim, args, params):
        inner = [a.value if isinstance(a, Box) and a.owner is self else a for a in args]
        out = prim.face(*inner, **params)
        if prim.name == "stop_gradient":
            return self.stopped(out)
        if prim.flat is not None:
            return out
        return tuple(map(self.held, out)) if prim.multi else self.held(out)

    def stopped(self, out):
        if self.first:
            self.kept.append(np.array(out))
            return out
        self.at += 1
        return self.kept[self.at - 1] if self.at <= len(self.kept) else out


def with_stops_held(f, leaves, active):
    """`f`, a function of leaves, with what `stop_gradient` stops held at its values at `leaves`."""
    kept: list = []

    def held(xs, first=False):
        trace = HoldTrace(kept, first)
        return f([trace.held(np.asarray(x)) if a else x for x, a in zip(xs, active, strict=True)])

    held(leaves, first=True)
    return held


class PrecisionTrace(HoldTrace):
    """A run that notes the bytes of the least precise real number among its results."""

    __slots__ = ("least",)

    def __init__(self):
        super().__init__([], True)
        self.least = 8

    def held(self, value):
        self.least = min(self.least, bytes_of(value))
        return super().held(value)


def precision_of_numbers(f, leaves, active) -> int:
    """The bytes of the least precise real number in `f`, a function of leaves, at leaves in double precision.

    That is what differences see, for they move leaves in double precision, whatever they were.
    """
    trace = PrecisionTrace()
    doubles = [np.asarray(x, np.result_type(np.asarray(x).dtype, float)) if a else x
               for x, a in zip(leaves, active, strict=True)]  # fmt: skip
    outs = f([HoldTrace.held(trace, x) if a else x for x, a in zip(doubles, active, strict=True)])
    return min([trace.least, *(bytes_of(o) for o in outs)])


def changed_constants(here: list[tuple], beside: list[tuple]) -> list[tuple[str, Line]]:
    """The primitives, and lines, that were given another constant beside the point than at it.

    Where the two runs are not the same calls, they cannot be compared, and nothing is found.
    """
    if [name for name, *_ in here] != [name for name, *_ in beside]:
        return []
    found: dict = {}
    for (name, line, constants), (_, _, others) in zip(here, beside, strict=True):
        if any(_apart(a, b) for a, b in zip(constants, others, strict=False)):
            found.setdefault((name, line))
    return list(found)


def _apart(a, b) -> bool:
    return a.shape == b.shape and not np.array_equal(a, b, equal_nan=True)
