"""A checkpointed function of which a policy keeps some values: seen through boxes of the newest trace."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from ..core.reverse import ReverseTrace, Var
from ..core.trace import Box, Const, Trace, new, settled
from ..core.tree import tree_flatten

PLAIN = (np.ndarray, np.generic)


class Watched(Box):
    """A value inside a checkpointed function: `value` is what it would be without."""

    __slots__ = ()


class KeepTrace(Trace):
    """One run of a checkpointed function. The first fills `kept`; later ones take from it instead of computing."""

    __slots__ = ("kept", "policy", "taken")

    def __init__(self, policy, kept, taken):
        super().__init__("checkpoint")
        self.policy, self.kept, self.taken = policy, kept, taken

    def watched(self, value):
        w = new(Watched)
        w.value, w.aux, w.owner = value, None, self
        return w

    def process(self, prim, args, params):
        values = [a.value if isinstance(a, Box) and a.owner is self else a for a in args]
        if not self.policy(prim, *values, **params):
            out = prim.face(*values, **params)
        elif self.taken is None:
            out = prim.face(*values, **params)
            self.kept.append(_content(prim, values, out))
        else:
            content = next(self.taken)
            out = (
                prim.face(*values, **params) if content is None else _recorded(prim, values, params, content)
            )
        if prim.multi:
            return tuple(self.watched(o) if isinstance(o, Box) else o for o in out)
        return self.watched(out) if isinstance(out, Box) else out


def _content(prim, values, out):
    """What is kept of an output: its plain value, where it is recorded on one tape and nothing else; else None."""
    boxes = [v for v in values if isinstance(v, Box)]
    one_tape = len({b.owner for b in boxes}) == 1 and all(type(b) is Var for b in boxes)
    if prim.multi or prim.joint or not one_tape or type(out) is not Var or not isinstance(out.value, PLAIN):
        return None
    return out.value


def _recorded(prim, args, params, content):
    """The operation on the tape, its value being known."""
    trace: ReverseTrace = next(a.owner for a in args if isinstance(a, Box))
    values = [a.value if isinstance(a, Box) else a for a in args]
    active = tuple(
        i for i, a in enumerate(args) if isinstance(a, Box) and prim.arg_name(i) not in prim.flat_args
    )
    return trace.record(prim, args, values, params, content, active)


class Keeper:
    """A function whose first call keeps what the policy says, and whose further calls use it."""

    def __init__(self, fun: Callable, policy: Callable):
        self.fun, self.policy = fun, policy
        self.kept: list | None = None
        functools.update_wrapper(self, fun)

    def __call__(self, *args, **kwargs):
        first = self.kept is None
        kept: list = []
        trace = KeepTrace(self.policy, kept, None if first else iter(self.kept))
        leaves, treedef = tree_flatten((args, kwargs))
        args, kwargs = treedef.unflatten(_in(x, trace) for x in leaves)
        try:
            outs, outdef = tree_flatten(self.fun(*args, **kwargs))
            result = outdef.unflatten(_out(o, trace) for o in outs)
        finally:
            trace.alive = False
            trace.policy = _nothing  # checkpoints inside run again later, when all is taken
        if first:
            self.kept = kept
        return result


def _nothing(prim, *args, **params) -> bool:
    return False


def _in(x, trace):
    return trace.watched(x) if isinstance(x, Box) and type(settled(x)) is not Const else x


def _out(x, trace):
    return x.value if isinstance(x, Box) and settled(x).owner is trace else x
