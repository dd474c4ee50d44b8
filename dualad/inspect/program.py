"""A program of primitives, as `dualad.trace` has recorded it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..core.batch import BranchError
from ..core.errors import StructureError, at_user_line
from ..core.linear import Slot
from ..core.space import Space, space_of
from ..core.trace import Box
from ..core.tree import TreeDef, tree_flatten
from .recorder import TAKES, Decision, Equation
from .tables import Table
from .units import bare, count, in_bytes, size_in_bytes, space_name


class Leaf(NamedTuple):
    """A leaf of the arguments: an array has a slot (`number`), anything else is a constant of the program."""

    path: str
    number: int | None
    space: Space | None
    value: Any


class Cost(NamedTuple):
    """What one primitive costs in a program: how often it is applied, bytes of its results, operations.

    `flops` counts a multiplication and an addition as two; None where it is not counted.
    """

    primitive: str
    calls: int
    bytes_out: int
    flops: int | None


class Program:
    """The primitives that a function has applied, in order; printing it shows them.

    A program can be called with arguments like those it was recorded with, traced ones too. Where Python looked at a
    value on the way (a branch, `float(x)`), the call raises if the value comes out another: the program would be
    another.

    Attributes
    ----------
    name : str
    inputs : list of Leaf
    equations : list of Equation
        The primitives with arguments, results, and the user's line.
    decisions : list of Decision
        Where Python looked at a value.
    outputs : list
        Slots, or constants.
    """

    def __init__(self, name: str, inputs, indef: TreeDef, recorder, outputs, outdef: TreeDef):
        self.name = name
        self.inputs: list[Leaf] = inputs
        self.equations: list[Equation] = recorder.equations
        self.decisions: list[Decision] = recorder.decisions
        self.outputs: list[Any] = outputs
        self.indef, self.outdef = indef, outdef

    # ---- running it -----------------------------------------------------------------------------------

    def __call__(self, *args, **kwargs):
        """The outputs for other arguments of the same structure, shapes and dtypes.

        Raises
        ------
        StructureError
            The arguments are not like those the program was recorded with.
        BranchError
            Python would have decided otherwise.
        """
        slots = self._filled(args, kwargs)
        waiting = sorted(self.decisions, key=lambda d: d.after)
        wanted = self.needed()
        for k, equation in enumerate(self.equations):
            while waiting and waiting[0].after <= k:
                _check(waiting.pop(0), slots)
            if k in wanted:
                _take(equation.step, slots)
        for decision in waiting:
            _check(decision, slots)
        return self.outdef.unflatten(slots[o.number] if type(o) is Slot else o for o in self.outputs)

    def _filled(self, args, kwargs) -> dict[int, Any]:
        leaves, treedef = tree_flatten((args, kwargs))
        if treedef != self.indef:
            raise StructureError(
                f"the program of {self.name} was recorded with {self.indef}, and called with {treedef}{at_user_line()}"
            )
        slots = {}
        for leaf, x in zip(self.inputs, leaves, strict=True):
            if leaf.number is None:
                same = x is leaf.value or np.array_equal(x, leaf.value)
                found = f"{leaf.value!r}, a constant of it; here it is {x!r}"
            else:
                slots[leaf.number] = x if isinstance(x, Box) else np.asarray(x)
                space = space_of(x)
                same = space == leaf.space
                found = f"{_text(leaf.space)}; here it is {_text(space)}"
            if not same:
                raise StructureError(
                    f"the program of {self.name} was recorded with {leaf.path} = {found}{at_user_line()}. "
                    f"Record it again: dualad.trace({self.name})(...)"
                )
        return slots

    def needed(self) -> set[int]:
        """The places of equations on which an output or a decision depends."""
        wanted = {o.number for o in self.outputs if type(o) is Slot} | {d.number for d in self.decisions}
        found = set()
        for k in range(len(self.equations) - 1, -1, -1):
            step = self.equations[k].step
            if not wanted.isdisjoint(range(step.first, step.first + step.count)):
                found.add(k)
                wanted.update(a.number for a in step.args if type(a) is Slot)
        return found

    # ---- looking at it --------------------------------------------------------------------------------

    def constants(self) -> list:
        """The arrays among the arguments that are no results and no inputs, each once, in order."""
        found: dict[int, Any] = {}
        for equation in self.equations:
            for a in equation.step.args:
                if type(a) is not Slot and np.ndim(bare(a)):
                    found.setdefault(id(a), a)
        return list(found.values())

    def cost(self) -> CostTable:
        """What each primitive costs: calls, bytes of results, floating-point operations of the products."""
        from .flops import flops_of

        rows: dict[str, list] = {}
        for equation in self.equations:
            row = rows.setdefault(equation.name, [0, 0, None])
            row[0] += 1
            row[1] += sum(size_in_bytes(s.shape, s.dtype) for s in equation.spaces)
            flops = flops_of(equation, self)
            row[2] = row[2] if flops is None else (row[2] or 0) + flops
        costs = [Cost(name, *row) for name, row in rows.items()]
        return CostTable(sorted(costs, key=lambda c: (-c.bytes_out, -c.calls, c.primitive)))

    def spaces(self) -> dict[int, Space]:
        """The space of each slot."""
        found = {leaf.number: leaf.space for leaf in self.inputs if leaf.number is not None}
        for equation in self.equations:
            found.update(enumerate(equation.spaces, equation.step.first))
        return found  # type: ignore[return-value]

    def mermaid(self, collapse: int | None = None) -> str:
        """A drawing in the Mermaid language, which GitHub and Jupyter show.

        Parameters
        ----------
        collapse : int, optional
            Chains of more equations than this become one box; by default 6 in programs of more than 40 equations.
            0 draws each.
        """
        from .drawing import mermaid

        return mermaid(self, collapse)

    def dot(self, collapse: int | None = None) -> str:
        """A drawing in the DOT language of Graphviz; the parameter is that of `mermaid`."""
        from .drawing import dot

        return dot(self, collapse)

    def __repr__(self):
        from .listing import listing

        return listing(self)

    def _repr_html_(self):
        from html import escape

        return f"<pre>{escape(repr(self))}</pre>"


class CostTable(list):
    """A list of `Cost`s that prints as a table."""

    def _table(self) -> Table:
        rows = [
            (c.primitive, c.calls, in_bytes(c.bytes_out), "" if c.flops is None else f"{c.flops:,}")
            for c in self
        ]
        calls, size = sum(c.calls for c in self), sum(c.bytes_out for c in self)
        foot = f"{count(calls, 'call')}, {in_bytes(size)} of results"
        return Table(
            "", ("primitive", "calls", "results", "flops"), rows, foot, {"calls", "results", "flops"}
        )

    def __repr__(self):
        return self._table().text()

    def _repr_html_(self):
        return self._table().html()


def _text(space) -> str:
    return space_name(space.shape, space.dtype)


def _both_nan(a, b) -> bool:
    return bool(
        np.array_equal(np.isnan(a), np.isnan(b)) and np.array_equal(np.nan_to_num(a), np.nan_to_num(b))
    )


def _take(step, slots):
    given = [slots[a.number] if type(a) is Slot else a for a in step.args]
    out = step.prim.face(*given, **step.params)
    slots.update(enumerate(out if step.prim.multi else (out,), step.first))


def _check(decision, slots):
    take = TAKES[decision.how]
    now = take(slots[decision.number])
    then = take(decision.value)
    if not (now == then if np.isscalar(then) else np.array_equal(now, then)) and not _both_nan(now, then):
        raise BranchError(
            f"Python looked at a value at {decision.line}: {decision.line.text!r}, where {decision.how}(…) was "
            f"{then!r} when the program was recorded; for these arguments it is {now!r}, and the program "
            f"may be another{at_user_line()}. Record it again, or use np.where"
        )
