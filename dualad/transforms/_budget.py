"""A checkpointed function under a budget of bytes: its primitives are written down, and the list is cut into pieces.

While the function runs, nothing goes onto the tape. From time to time the values that are still in use (which
Python knows: their boxes are alive) are kept as a *cut*. When the cuts and the longest piece between them would not
fit into the budget, every second cut is dropped and pieces become twice as long [1]_, so the number of operations
need not be known beforehand. On the tape stands one node per piece, which records its piece again when the sweep
comes by.

.. [1] Q. Wang, P. Moin, G. Iaccarino, "Minimal repetition dynamic checkpointing algorithm for unsteady adjoint
   calculation", SIAM J. Sci. Comput. 31 (2009) 2549.
"""

from __future__ import annotations

import warnings
import weakref

import numpy as np

from ..core.errors import LeakedValue, at_user_line
from ..core.linear import Slot, Step
from ..core.reverse import ReverseTrace, Var, deposit, new_node_id, pull_pick
from ..core.trace import Box, Trace, new, settled, snapshot, strip
from ..core.tree import tree_flatten
from ._recompute import Segment, alive, boxes_in, on_placeholders


class Pending(Box):
    """A value that the function has computed, and the slot (`aux`) that it fills."""

    __slots__ = ()


class Made:
    """The number of a slot and its value, alive as long as a box or a snapshot of one shows it."""

    __slots__ = ("__weakref__", "number", "value")

    def __init__(self, number, value):
        self.number, self.value = number, value


class Cut:
    """The values in use before a step: `{slot: value}`."""

    def __init__(self, step, values):
        self.step, self.values = step, values


class BudgetTrace(Trace):
    """One run, written down. `tape` is the trace of the variables, which is spared meanwhile."""

    __slots__ = ("active", "budget", "cuts", "live", "outer", "produced", "sizes", "slots", "steps", "stride")

    def __init__(self, tape, budget):
        super().__init__("checkpoint")
        self.flags = [tape]
        self.budget = budget
        self.steps: list[Step] = []
        self.slots = 0
        self.active: set[int] = set()
        self.live: dict = {}
        self.outer: dict = {}  # node id -> (slot, variable): the inputs, and what is closed over
        self.stride, self.produced = max(budget // 16, 1), 0
        self.sizes: list[int] = []  # bytes of each step's outputs
        self.cuts: list[Cut] = []

    @property
    def tape(self) -> ReverseTrace:
        return self.flags[0]

    def pending(self, value, active):
        p = new(Pending)
        p.value, p.aux, p.owner = value, Made(self.slots, value), self
        if active:
            self.active.add(self.slots)
        self.live[self.slots] = weakref.ref(p.aux, lambda _, k=self.slots, live=self.live: live.pop(k, None))
        self.slots += 1
        return p

    def enter(self, v):
        """The slot of a variable of the tape."""
        known = self.outer.get(v.aux[0])
        if known is None:
            known = self.outer[v.aux[0]] = (self.slots, snapshot(v), self.pending(v.value, True))
        return known

    def process(self, prim, args, params):
        if self.produced >= self.stride:
            self.cut()
        inputs, values, active = [], [], False
        for i, a in enumerate(args):
            if isinstance(a, Box) and a.owner is self.tape:
                a = self.enter(a)[2]
            if isinstance(a, Box) and a.owner is self:
                inputs.append(Slot(a.aux.number))
                values.append(a.value)
                active = active or (a.aux.number in self.active and prim.arg_name(i) not in prim.flat_args)
            else:
                inputs.append(a.copy() if type(a) is np.ndarray else snapshot(a))
                values.append(a)
        self.refuse_newer(values, prim)
        out = prim.face(*values, **params)
        if prim.flat is not None:
            return out
        outs = out if prim.multi else (out,)
        self.steps.append(Step(prim, tuple(inputs), params, self.slots, len(outs)))
        boxes = tuple(self._out(o, active) for o in outs)
        self.sizes.append(sum(map(_bytes, outs)))
        self.produced += self.sizes[-1]
        return boxes if prim.multi else boxes[0]

    def refuse_newer(self, values, prim):
        """Boxes of traces that were opened after the tape cannot be values on it."""
        for v in values:
            if isinstance(v, Box) and v.owner is not None and v.owner.id > self.tape.id:
                raise LeakedValue(
                    f"a function under checkpoint(budget=…) closes over a value that {v.owner.name} traces"
                    f"{at_user_line()} ({prim.name}), while its arguments are traced by {self.tape.name}. Pass that "
                    "value as an argument, or do without a budget"
                )

    def _out(self, o, active):
        o = o if hasattr(o, "dtype") else np.asarray(o)
        return self.pending(o, active and o.dtype.kind in "fc")

    def cut(self):
        """Keep what is in use now; and if that is too much, half of the cuts."""
        held = {k: made() for k, made in list(self.live.items())}
        self.cuts.append(Cut(len(self.steps), {k: m.value for k, m in held.items() if m is not None}))
        while self.kept() + self.stride > self.budget and len(self.cuts) > 1:
            self.cuts = self.cuts[1::2]
            self.stride *= 2
        self.produced = sum(self.sizes[self.cuts[-1].step :])

    def forget(self):
        """Let go what the pieces on the tape do not need; the boxes and the trace hold each other."""
        self.steps, self.cuts, self.outer, self.live = [], [], {}, {}

    def kept(self) -> int:
        """Bytes that the cuts hold, each array once."""
        inputs = {slot for slot, _, _ in self.outer.values()}
        found = {k: v for c in self.cuts for k, v in c.values.items() if k not in inputs}
        return sum(_bytes(v) for v in found.values())


def _bytes(value) -> int:
    return getattr(strip(value), "nbytes", 8)


def within_budget(fun, args, kwargs, budget: int):
    """Run `fun`, and leave pieces on the tape that fit into the budget."""
    leaves, treedef = tree_flatten((args, kwargs))
    tape = _tape_of(leaves)
    if tape is None:  # forward mode, rows of a batch, or nothing that is differentiated: no tape to spare
        mark = new_node_id()
        segment = Segment(fun, (args, kwargs), getattr(fun, "__name__", "checkpoint"))
        outs, outdef = tree_flatten(fun(*args, **kwargs))
        return outdef.unflatten(on_placeholders(segment, outs, mark))
    trace = BudgetTrace(tape, budget)
    args, kwargs = treedef.unflatten(
        trace.enter(x)[2] if isinstance(x, Box) and x.owner is tape else x for x in leaves
    )
    try:
        outs, outdef = tree_flatten(fun(*args, **kwargs))
        outs = [settled(o) if isinstance(o, Box) else o for o in outs]
        return outdef.unflatten(_assembled(trace, outs, getattr(fun, "__name__", "checkpoint")))
    finally:
        trace.alive = False
        trace.forget()


def _tape_of(leaves):
    """The tape of the newest variables among the arguments, if they are the newest boxes."""
    boxes = [x for x in leaves if isinstance(x, Box) and settled(x).owner is not None]
    newest = max(boxes, key=lambda b: b.owner.id, default=None)
    return newest.owner if type(newest) is Var else None


def _assembled(trace, outs, name):
    """The outputs as variables of the tape, with one node per piece."""
    wanted = {o.aux.number: o.value for o in outs if isinstance(o, Box) and o.owner is trace}
    cuts = [c for c in trace.cuts if 0 < c.step < len(trace.steps)]
    cuts.append(Cut(len(trace.steps), wanted))
    _say_if_too_small(trace, cuts)
    env = {slot: v for slot, v, _ in trace.outer.values()}
    outer, start = dict(env), 0
    for cut in cuts:
        piece = Piece(trace.steps[start : cut.step], env, trace.tape, name)
        env = {**outer, **piece.ends(cut.values, env, trace.active)}
        start = cut.step
    return [env[o.aux.number] if isinstance(o, Box) and o.owner is trace else o for o in outs]


def _say_if_too_small(trace, cuts):
    start, longest = 0, 0
    for cut in cuts:
        longest = max(longest, sum(trace.sizes[start : cut.step]))
        start = cut.step
    needed = trace.kept() + longest
    if needed > trace.budget:
        warnings.warn(
            f"checkpoint: a budget of {trace.budget:,} bytes is too small for this function{at_user_line()}; it was "
            f"cut so as to need about {needed:,}",
            stacklevel=4,
        )


class Piece:
    """Some steps in a row, with the values that they start from: variables of the tape and constants."""

    def __init__(self, steps, env, tape, name):
        self.steps, self.tape, self.name = steps, tape, name
        made = {k for s in steps for k in range(s.first, s.first + s.count)}
        needed = {a.number for s in steps for a in s.args if type(a) is Slot} - made
        self.made = made
        self.inputs = {k: env[k] for k in sorted(needed)}
        self.outputs: list[int] = []
        self.traces = {b.owner for v in self.inputs.values() for b in boxes_in(v) if b.owner} | {tape}

    def ends(self, values, env, active):
        """The values after the piece; what it has made and carries a derivative stands on its node."""
        parents = tuple(v.aux for v in self.inputs.values() if _is_on(v, self.tape))
        saved = {"inputs": tuple(self.inputs.values()), "piece": self}
        whole = [new_node_id(), pull_piece, 0, None, parents, (self, {}, (), self.tape), saved]
        after = {}
        for k, value in values.items():
            if k not in self.made:
                after[k] = env[k]
            elif k not in active:
                after[k] = value
            else:
                node = [new_node_id(), pull_pick, value.shape, value.dtype, whole, whole[2]]
                after[k] = self.tape.var(value, node)
                self.outputs.append(k)
                whole[2] += 1
        return after

    def run(self):
        """The slots, computed again on the tape."""
        slots = {k: snapshot(v) for k, v in self.inputs.items()}
        with alive(self.traces), np.errstate(all="ignore"):
            for step in self.steps:
                out = step.prim.face(
                    *[slots[a.number] if type(a) is Slot else a for a in step.args], **step.params
                )
                for k, o in enumerate(out if step.prim.multi else (out,)):
                    slots[step.first + k] = o
        return slots


def _is_on(v, tape):
    return type(v) is Var and v.owner is tape


def pull_piece(node, gs, cots, heap, flags):
    """Record the piece again, and lay the cotangents on its ends."""
    piece = node[6]["piece"]
    slots = piece.run()
    for k, g in zip(piece.outputs, gs, strict=True):
        if g is not None:
            deposit(slots[k].aux, g, cots, heap)


def _again(node, gs, cots, heap, flags, trace, this):
    pull_piece(node, gs, cots, heap, flags)


pull_piece.replay = _again  # type: ignore[attr-defined]
