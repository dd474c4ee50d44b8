"""The recorder: a trace that writes down which primitives were applied, to apply them again.

A `Recorded` box holds an ordinary value and the number of the slot it will have in the program. `linearize`
gives a function's inputs tangents of this kind: what the JVP rules do to them is a linear program whose constants
are the rules' local derivatives, computed once. Pushing another tangent runs the program; pulling a
cotangent is the reverse engine run over it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .batch import BranchError
from .errors import at_user_line
from .joint import no_newer
from .trace import Box, Trace, new, snapshot


class Recorded(Box):
    """A value, and its slot (`aux`) in the program being recorded."""

    __slots__ = ()

    notes = False  # whether the recorder takes note of decisions, so that they are allowed

    def __bool__(self):
        raise BranchError(
            f"the truth of a recorded value is asked for{at_user_line()}: the program would hold for this value only. "
            "Use np.where."
        )

    def look(self):
        """The value, for a decision that rests on it."""
        raise BranchError(
            f"something is decided on a recorded value{at_user_line()}: the program would hold for this value only. "
            "Use np.where, or decide outside of the recorded function"
        )


def is_recorded(x) -> bool:
    """Whether the value of `x` will be another one when the program runs: no decision may rest on it."""
    while isinstance(x, Box):
        if isinstance(x, Recorded):
            return True
        x = x.value
    return False


class Slot(NamedTuple):
    """Stands for a value that the program has computed."""

    number: int


class Step(NamedTuple):
    """One primitive of a program: its arguments are constants or slots; it fills slots from `first` on."""

    prim: object
    args: tuple
    params: dict
    first: int
    count: int


class RecordTrace(Trace):
    """One running recording."""

    __slots__ = ("next", "steps")

    def __init__(self, name="linearize"):
        super().__init__(name)
        self.steps: list[Step] = []
        self.next = 0

    def box(self, value):
        """An input of the program, or the next result."""
        r = new(Recorded)
        r.value, r.aux, r.owner = value, self.next, self
        self.next += 1
        return r

    def process(self, prim, args, params):
        values = [a.value if isinstance(a, Box) and a.owner is self else a for a in args]
        out = prim.face(*values, **params)
        outs = out if prim.multi else (out,)
        if prim.joint:
            no_newer(outs, self, prim)
        inputs = tuple(self._input(a) for a in args)
        self.steps.append(Step(prim, inputs, params, self.next, len(outs)))
        boxes = tuple(self.box(o if hasattr(o, "shape") else np.asarray(o)) for o in outs)
        return boxes if prim.multi else boxes[0]

    def _input(self, a):
        if isinstance(a, Box) and a.owner is self:
            return Slot(a.aux)
        return a.copy() if type(a) is np.ndarray else snapshot(a)


class Program:
    """A recorded program: from inputs (slots 0 …) to outputs, which are slots or constants."""

    __slots__ = ("outputs", "steps")

    def __init__(self, trace: RecordTrace, outputs):
        self.outputs = [trace._input(o) for o in outputs]
        self.steps = _needed(trace.steps, self.outputs)

    def __call__(self, *inputs):
        slots = dict(enumerate(inputs))
        for step in self.steps:
            out = step.prim.face(
                *[slots[a.number] if type(a) is Slot else a for a in step.args], **step.params
            )
            for k, o in enumerate(out if step.prim.multi else (out,)):
                slots[step.first + k] = o
        return [slots[o.number] if type(o) is Slot else o for o in self.outputs]


def _needed(steps, outputs):
    """The steps that an output depends on, in order."""
    wanted = {o.number for o in outputs if type(o) is Slot}
    kept = []
    for step in reversed(steps):
        if wanted.isdisjoint(range(step.first, step.first + step.count)):
            continue
        kept.append(step)
        wanted.update(a.number for a in step.args if type(a) is Slot)
    return kept[::-1]
