"""Tensors in a `checked` block: what `requires_grad` records is watched, and `backward` is compared.

There is no function that could be run again, so the call that made a result is remembered for as long as the result
lives, and with it what it was made of: as long as the graph does.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple
from weakref import ref

import numpy as np

from ..._torch.hooks import inner
from ..._torch.tape import LEAVES, TAPE, Tape, pull_tensor_leaf
from ...core.reverse import Var
from ...core.trace import Box, new, settled, strip
from .duality import compare, random_tangent
from .screen import note_suspect
from .watch import Call, CallTrace, Watched, below


class Onlooker(Watched):
    """A watched value of a tensor: the tensor's methods see through it."""

    __slots__ = ()

    transparent = True


class Made(NamedTuple):
    """How a call is remembered: with weak references to its results, which remember the call."""

    call: Call
    outs: list  # (weak reference or None, value)

    def again(self) -> Call:
        """The call, with those results as variables that are still there."""
        c = self.call
        outs = [value if r is None or r() is None else r() for r, value in self.outs]
        return Call(c.prim, c.params, c.args, c.tangents, outs, c.out_tangents, c.line, c.seconds)


class TensorTrace(CallTrace):
    """The run of all tensors of a block. `made` has the calls by the nodes of their results, while these live."""

    __slots__ = ("made", "suspects", "trust")

    def __init__(self, trust):
        super().__init__("backward", self._keep)
        self.suspects: set[str] = set()
        self.trust = trust
        self.made: dict[int, tuple] = {}

    def watched(self, value, tangent):
        w = new(Onlooker)
        w.value, w.aux, w.owner = value, tangent, self
        return w

    def pushed(self, prim, primals, params, out, carriers, active) -> tuple:
        moved = super().pushed(prim, primals, params, out, carriers, active)
        note_suspect(self, prim, primals, carriers, active, moved)
        return moved

    def _keep(self, call):
        outs = [(ref(o) if isinstance(o, Var) else None, below(o)) for o in call.outs]
        made = Made(call, outs)
        for o in call.outs:
            if isinstance(o, Var):
                i = o.aux[0]
                self.made[i] = (ref(o, lambda _, i=i: self.made.pop(i, None)), made)
        call.outs = call.values

    def calls_of(self, outputs):
        """All calls that variables come from, each once."""
        waiting, seen = list(outputs), set()
        while waiting:
            v = waiting.pop()
            _, made = self.made.get(v.aux[0], (None, None))
            if made is not None and id(made) not in seen:
                seen.add(id(made))
                yield made.again()
                waiting += [a for a in made.call.args if isinstance(a, Var)]


class TensorWatch:
    """The grad mode of a `checked` block: false, so that operations ask what they should see."""

    def __init__(self, session_options, judge_call):
        self.options, self.judge_call = session_options, judge_call
        self.trace = TensorTrace(session_options.trust)
        self.rng = np.random.default_rng(session_options.seed)
        self.tangents: dict[int, Any] = {}
        self.foreign = ""

    def __bool__(self):
        return False

    def seen(self, v):
        """The value of an operand as an operation gets it: a leaf with a tangent of its own."""
        if not isinstance(v, Box):
            return v
        settled(v)
        if type(v) is not Var or v.owner is not TAPE:
            if type(v) is Var and type(v.owner) is Tape:
                self.foreign = "tensors that require grad inside a transform"
            return v
        node = v.aux
        if inner(node)[1] is not pull_tensor_leaf:
            self.foreign = "tensors that were computed before the block, or by create_graph"
            return v
        tangent = self.tangents.get(node[0])
        if tangent is None or np.shape(tangent) != v.shape:
            tangent = self.tangents[node[0]] = random_tangent(self.rng, v.value)
        return self.trace.watched(v, tangent)

    def forget(self, nodes):
        """These nodes have been released: no call behind them can be tried any more."""
        for node in nodes:
            self.trace.made.pop(node[0], None)

    def check(self, tape, outputs, seeds, cots):
        """Compare what a sweep has brought to the leaves with the tangents of the outputs."""
        pairs = [(o, s) for o, s in zip(outputs, seeds, strict=True) if isinstance(o, Onlooker)]
        watched = [(o, s) for o, s in pairs if o.owner is self.trace]
        if self.trace.unpushed:
            return unchecked(next(iter(self.trace.unpushed.values())))
        if tape is not TAPE or len(watched) < len(outputs):
            return unchecked("it is of tensors that were computed elsewhere")
        found = {node[0]: strip(cots[node[0]]) for node in cots.get(LEAVES, ())}
        pulled = [(g, self.tangents.get(i)) for i, g in found.items()]
        tangents = [self.trace.tangent_of(o) for o, _ in watched]
        given = [strip(s) for _, s in watched]
        residual = compare(given, tangents, [g for g, _ in pulled], [t for _, t in pulled])
        agree = not residual.error > self.options.allowed(*given, *found.values())
        if not agree or self.trace.suspects:
            for call in self.trace.calls_of(o.value for o, _ in watched):
                self.judge_call(call, self.rng, self.trace.suspects)
        if not agree and self.foreign:
            return unchecked(f"a part of it is of {self.foreign}")
        self.options.count += 1


def unchecked(reason: str) -> None:
    """Say that a backward pass could not be compared."""
    from .checked import UncheckedWarning

    warnings.warn(f"checked: a backward pass is not checked: {reason}", UncheckedWarning, stacklevel=5)
