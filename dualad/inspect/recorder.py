"""The recorder behind `dualad.trace`: one of `core.linear`, which also writes down where each step comes from.

It is opened before the function runs, so it is the oldest trace there is: `grad`, `vmap` … inside the function
work above it, and what their rules do arrives here as ordinary steps. The values are concrete. Where Python asks
for one (`if x > 0`, `float(x)`) it is answered, and a `Decision` notes on what the program now rests.
"""

from __future__ import annotations

import operator
import sys
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core import graph, reverse
from ..core.linear import Recorded, RecordTrace, Step
from ..core.reverse import new_node_id
from ..core.space import Space, space_of
from ..core.trace import new
from .lines import Line, callers, line_of
from .units import bare

# How Python gets at a value, and what it then does with it.
TAKES: dict[str, Callable] = {
    "bool": bool,
    "float": float,
    "int": int,
    "complex": complex,
    "index": operator.index,
    "asarray": np.asarray,
}


class Traced(Recorded):
    """A recorded value that Python may look at: the recorder takes note."""

    __slots__ = ()

    notes = True

    def look(self):
        return self.owner.decide(self, "asarray")

    def __bool__(self):
        return bool(self.owner.decide(self, "bool"))

    def __float__(self):
        return float(self.owner.decide(self, "float"))

    def __int__(self):
        return int(self.owner.decide(self, "int"))

    def __complex__(self):
        return complex(self.owner.decide(self, "complex"))

    def __index__(self):
        return operator.index(self.owner.decide(self, "index"))

    def __array__(self, dtype=None, copy=None):
        return np.array(self.owner.decide(self, "asarray"), dtype=dtype, copy=copy)


class Decision(NamedTuple):
    """Python has looked at a value: the program holds where it comes out the same.

    `after` is the number of steps before it, `how` a key of `TAKES`.
    """

    number: int
    how: str
    value: Any
    line: Line
    after: int


class Equation(NamedTuple):
    """One step, and where it comes from.

    `backward` says that a sweep took it, on its way back over `line`; `within` are the functions of the user's
    around it, outermost first.
    """

    step: Step
    spaces: tuple[Space, ...]
    line: Line
    within: tuple[str, ...]
    backward: bool

    @property
    def name(self) -> str:
        return self.step.prim.name  # type: ignore[attr-defined]


_SWEEPS = {f.__code__ for f in (reverse._run, graph._run, graph._run_carefully)}


class Recorder(RecordTrace):
    """One running `dualad.trace`."""

    __slots__ = ("constants", "decisions", "equations", "marks", "outside")

    def __init__(self, outside):
        super().__init__("trace")
        self.outside = outside  # the frame that called: what is further out is not the function's
        self.equations: list[Equation] = []
        self.decisions: list[Decision] = []
        self.constants: dict[int, tuple] = {}  # by the id of an array of the user's: it, and our copy
        self.marks: list[int] = []  # of each step, minus the first id that a node made after it can have

    def box(self, value):
        r = new(Traced)
        r.value, r.aux, r.owner = value, self.next, self
        self.next += 1
        return r

    def process(self, prim, args, params):
        out = super().process(prim, args, params)
        spaces = tuple(space_of(bare(o)) for o in (out if prim.multi else (out,)))
        frame = sys._getframe(1)
        origin = self._origin(frame)
        if origin is None:
            line, within = (
                line_of(frame),
                callers(frame, self.outside)[1:],
            )  # the first is the function itself
        else:
            line, within = origin.line, origin.within
        step = self.steps[-1]
        self.equations.append(Equation(step, spaces, line, within, origin is not None))
        self.marks.append(-new_node_id())
        return out

    def _input(self, a):
        """An array that is used again, and has not been written to meanwhile, is one constant."""
        if type(a) is not np.ndarray:
            return super()._input(a)
        kept = self.constants.get(id(a))
        if kept is None or not np.array_equal(a, kept[1], equal_nan=a.dtype.kind in "fc"):
            kept = self.constants[id(a)] = a, a.copy()
        return kept[1]

    def _origin(self, frame) -> Equation | None:
        """The equation whose node a sweep is at, if one is under way."""
        while frame is not None and frame is not self.outside:
            if frame.f_code in _SWEEPS:
                k = bisect_left(self.marks, -frame.f_locals["node"][0]) - 1
                return self.equations[k] if k >= 0 else None
            frame = frame.f_back
        return None

    def decide(self, box, how):
        """Python wants the value: note it."""
        value = np.array(bare(box))
        line = line_of(sys._getframe(2))
        self.decisions.append(Decision(box.aux, how, value, line, len(self.steps)))
        return box.value
