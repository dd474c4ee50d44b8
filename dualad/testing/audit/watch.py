"""A trace that watches both engines at work in one run of a program.

A `Watched` box holds a variable of a tape, as the reverse engine made it, and beside it a tangent, by the JVP
rules. Each primitive is called once, on the variables: what the tape gets is what it would get without a watcher.
Then the tangent is pushed, on plain values. When the tape has been swept, Re⟨g, J dx⟩ and Re⟨Jᵀ g, dx⟩ are there to be
compared, and the program was run once. A `Call` has all there is to know of one application, for trying it alone.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

from ...core.checking import CHECKER
from ...core.errors import MissingRule, StructureError
from ...core.forward import push
from ...core.reverse import Var
from ...core.space import fit_tangent, space_of
from ...core.trace import Box, Trace, new, settled, snapshot, strip
from ...inspect.lines import Line, user_line


class Watched(Box):
    """A variable of a tape (`value`) and its tangent (`aux`), None where no tangent arrives."""

    __slots__ = ()


class Call:
    """One application of a primitive.

    Attributes
    ----------
    prim, params : what was applied
    args : the arguments as the tape saw them: variables and constants
    tangents : of the arguments, None where there is none
    outs, out_tangents : the results as the tape made them, and their tangents
    line : the user's line
    seconds : that the primitive took, with what the tape does
    """

    __slots__ = ("args", "line", "out_tangents", "outs", "params", "prim", "seconds", "tangents")

    def __init__(self, prim, params, args, tangents, outs, out_tangents, line: Line, seconds: float):
        self.prim, self.params, self.args, self.tangents = prim, params, args, tangents
        self.outs, self.out_tangents, self.line, self.seconds = outs, out_tangents, line, seconds

    @property
    def active(self) -> list[int]:
        """The places of arguments that carry a derivative."""
        flat = self.prim.flat_args
        return [
            i
            for i, (a, t) in enumerate(zip(self.args, self.tangents, strict=True))
            if t is not None and isinstance(a, Var) and self.prim.arg_name(i) not in flat
        ]

    @property
    def primals(self) -> list:
        """The arguments without their tape."""
        return [below(a) if t is not None else a for a, t in zip(self.args, self.tangents, strict=True)]

    @property
    def values(self) -> list:
        """The results without their tape."""
        return [below(o) for o in self.outs]

    @property
    def result(self) -> Any:
        """The results as the rules know them: one, or a tuple."""
        return tuple(self.values) if self.prim.multi else self.values[0]

    def pushed(self, tangents) -> tuple:
        """The tangents of the results for other tangents of the arguments."""
        active = [i for i in self.active if tangents[i] is not None]
        if not active:
            return (None,) * len(self.outs)
        carriers = [carrier(t) for t in tangents]
        return push_quietly(self.prim, self.primals, self.params, self.result, carriers, active)


def below(v):
    """The value under a variable."""
    return settled(v).value if isinstance(v, Var) else v


def carrier(tangent):
    """A box that holds a tangent alone, for `push`."""
    c = new(Watched)
    c.value, c.aux, c.owner = None, tangent, None
    return c


def push_quietly(prim, primals, params, out, carriers, active) -> tuple:
    """The JVP rules with the strong zero, as the forward engine has it; a tuple over the results."""
    flags: list = []
    with np.errstate(divide="call", invalid="call", call=lambda kind, _: flags.append(kind)):
        if is_joint(prim):
            moved = _push_joint(prim, primals, carriers, active)
        else:
            moved = push(prim, primals, params, out, carriers, active, flags)
    if not prim.multi:
        return (_fitted(out, moved),)
    return tuple(_fitted(o, t) for o, t in zip(out, moved, strict=True))


def _push_joint(prim, primals, carriers, active):
    """The tangents by a rule for all arguments; the transpositions it may need are not pullbacks of the user's."""
    tangents = [c.aux if i in active else None for i, c in enumerate(carriers)]
    token = CHECKER.set(None)
    try:
        return prim.push([snapshot(p) for p in primals], tangents)[1]
    finally:
        CHECKER.reset(token)


def is_joint(prim) -> bool:
    """Whether a primitive is one call of a function with a rule of its own, as of `custom_vjp`."""
    return getattr(prim, "joint", False)


def _fitted(out, tangent):
    if tangent is None:
        return None
    shape, dtype = (out.shape, out.dtype) if hasattr(out, "dtype") else (np.shape(out), np.asarray(out).dtype)
    if dtype.kind not in "fc":
        return None
    tangent = tangent if hasattr(tangent, "dtype") else np.asarray(tangent)
    if tangent.shape == shape and tangent.dtype == dtype:
        return tangent
    return fit_tangent(tangent, shape, dtype)


class WatchTrace(Trace):
    """One watched run, of which nothing is kept but the tangents. `unpushed` names primitives that have no JVP."""

    __slots__ = ("unpushed",)

    def __init__(self, name: str):
        super().__init__(name)
        self.unpushed: dict[str, str] = {}

    def watched(self, value, tangent):
        w = new(Watched)
        w.value, w.aux, w.owner = value, tangent, self
        return w

    def process(self, prim, args, params):
        inner, primals, active = [], [], []
        for i, a in enumerate(args):
            if isinstance(a, Box) and a.owner is self:
                v = a.value
                inner.append(v)
                primals.append(v.value if type(v) is Var else below(v))
                if a.aux is not None and prim.arg_name(i) not in prim.flat_args:
                    active.append(i)
            else:
                inner.append(a)
                primals.append(a)
        out = prim.face(*inner, **params)
        if prim.flat is not None or not active:
            return out
        if prim.multi:
            tangents = self.pushed(prim, primals, params, tuple(map(below, out)), args, active)
            return tuple(
                self.watched(o, t) if isinstance(o, Var) else o for o, t in zip(out, tangents, strict=True)
            )
        if not isinstance(out, Var):
            return out
        return self.watched(out, self.pushed(prim, primals, params, out.value, args, active)[0])

    def pushed(self, prim, primals, params, out, carriers, active) -> tuple:
        """The tangents of the results of a call; None of a primitive that has no JVP."""
        try:
            return push_quietly(prim, primals, params, out, carriers, active)
        except (MissingRule, StructureError) as reason:
            if isinstance(reason, StructureError) and not is_joint(prim):
                raise  # of a rule of the user's it says that the other mode cannot be derived from it
            self.unpushed.setdefault(prim.name, str(reason))
            return (None,) * (len(out) if prim.multi else 1)

    def unwrapped(self, x):
        """`x` as the tape knows it."""
        if not isinstance(x, Box):
            return x
        settled(x)
        return snapshot(x.value) if x.owner is self and isinstance(x, Watched) else x

    def tangent_of(self, x):
        """The tangent of an output, a zero where there is none."""
        if isinstance(x, Box) and x.owner is self and settled(x).aux is not None:
            return x.aux
        space = space_of(strip(x))
        return np.zeros(space.shape, space.dtype if space.dtype.kind in "fc" else float)


class CallTrace(WatchTrace):
    """A watched run whose calls are shown to `saw`, one by one, with all there is to know of them."""

    __slots__ = ("saw", "saw_flat")

    def __init__(self, name: str, saw, saw_flat=None):
        super().__init__(name)
        self.saw, self.saw_flat = saw, saw_flat

    def process(self, prim, args, params):
        mine = [isinstance(a, Box) and a.owner is self for a in args]
        inner = [a.value if m else a for a, m in zip(args, mine, strict=True)]
        start = perf_counter()
        out = prim.face(*inner, **params)
        seconds = perf_counter() - start
        line = user_line(2)
        if prim.flat is not None:
            if self.saw_flat is not None:
                self.saw_flat(prim, [below(a) for a in inner], params, out, line)
            return out
        outs = out if prim.multi else (out,)
        tangents = [a.aux if m else None for a, m in zip(args, mine, strict=True)]
        call = Call(prim, params, inner, tangents, outs, (None,) * len(outs), line, seconds)
        active = call.active
        if active:
            carriers = [carrier(t) for t in tangents]
            call.out_tangents = self.pushed(prim, call.primals, params, call.result, carriers, active)
        self.saw(call)
        boxes = tuple(
            self.watched(o, t) if isinstance(o, Var) else o
            for o, t in zip(outs, call.out_tangents, strict=True)
        )
        return boxes if prim.multi else boxes[0]
