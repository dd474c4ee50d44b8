"""The trace that detects sparsity: the program runs on its values, each beside the sets of inputs it depends on.

Patterns hold for *all* inputs, not only for those at hand, as long as the program takes the same road: `np.where`,
`np.maximum`, `sort` count both branches and all places. What the trace cannot see is a decision that Python makes on
values (`if x[0] > 0:`, an index array made of values, `stop_gradient`); it is noted in `local`, and the pattern then
holds at these inputs only.

A comparison has no derivative, but its outcome is another one elsewhere: it is a box without sets (`aux` is None), so
that its zeros are not mistaken for constant ones, and its use in a decision is seen.
"""

from __future__ import annotations

import numpy as np

from ...core.errors import at_user_line
from ...core.linear import Recorded
from ...core.trace import Box, Trace, new, strip
from .rules import Call, sets_of_results


class Patterned(Recorded):
    """A value, and the index sets (`aux`) of its elements; None for the outcome of a comparison and its like."""

    __slots__ = ()

    def __bool__(self):
        self.owner.note("a Python branch")
        return bool(strip(self))

    def __int__(self):
        return self._converted("__int__")

    def __float__(self):
        return self._converted("__float__")

    def __index__(self):
        return int(self._converted("__int__"))

    def __array__(self, dtype=None, copy=None):
        return np.array(self._converted("__array__"), dtype=dtype, copy=copy)

    def item(self, *args):
        return self._converted("item", *args)

    def tolist(self):
        return self._converted("tolist")

    def _converted(self, name, *args):
        """A conversion: of an outcome it gives its value here, of a value with sets the error of every trace."""
        if self.aux is not None:
            return getattr(Box, name)(self, *args)
        self.owner.note("a number taken from values")
        return getattr(np.asarray(strip(self)), name)(*args)


class PatternTrace(Trace):
    """One detection. `inputs` is their number, `local` the first decision on values, or ''."""

    __slots__ = ("inputs", "local")

    def __init__(self, inputs: int):
        super().__init__("sparsity detection")
        self.inputs = inputs
        self.local = ""

    def note(self, what: str) -> None:
        """The pattern holds here only, since something was decided on values."""
        self.local = self.local or f"{what}{at_user_line()}"

    def box(self, value, sets):
        r = new(Patterned)
        r.value = value if hasattr(value, "dtype") else np.asarray(value)
        r.aux, r.owner = sets, self
        return r

    def process(self, prim, args, params):
        mine = [isinstance(a, Box) and a.owner is self for a in args]
        values = [a.value if m else a for a, m in zip(args, mine, strict=True)]
        out = prim.face(*values, **params)
        if prim.name == "stop_gradient":
            self.note("a value taken out by stop_gradient, or by a function of values alone,")
            return out
        outs = out if prim.multi else (out,)
        sets = self._sets(prim, args, mine, values, params, outs)
        boxes = tuple(self.box(o, s) for o, s in zip(outs, sets, strict=True))
        return boxes if prim.multi else boxes[0]

    def _sets(self, prim, args, mine, values, params, outs):
        if prim.flat is not None:
            return [None] * len(outs)
        flat = [prim.arg_name(i) in prim.flat_args for i in range(len(args))]
        if not prim.elementwise and any(m and f for m, f in zip(mine, flat, strict=True)):
            self.note("an index made of values")
        sets = [a.aux if m and not f else None for a, m, f in zip(args, mine, flat, strict=True)]
        if all(s is None for s in sets):
            return [None] * len(outs)
        constant = [
            not isinstance(v, Box) and (not m or f) for v, m, f in zip(values, mine, flat, strict=True)
        ]
        call = Call(prim, [strip(v) for v in values], params, sets, constant, [strip(o) for o in outs])
        found = sets_of_results(call, self.inputs)
        return [
            s if np.asarray(o).dtype.kind in "fc" else None for s, o in zip(found, call.outs, strict=True)
        ]
