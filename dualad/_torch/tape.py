"""The ambient tape: what `requires_grad=True` records on, without a transform being opened.

There is one for the whole process, of id 0, older than every transform; it is always alive, and a graph on
it lives as long as somebody holds one of its nodes. A leaf whose value is itself a box of a running
transform (`requires_grad_()` inside `grad`, `jvp` or `vmap`) cannot stand on it, for a box only holds boxes
of *older* traces: such leaves get a tape of their own above that transform.
"""

from __future__ import annotations

from contextvars import ContextVar
from weakref import ref

import numpy as np

from ..core.forward import Dual
from ..core.reverse import ReverseTrace, Var, new_node_id
from ..core.trace import Box, Const, new, settled, snapshot
from ..ops.flow import stop_value

ndarray = np.ndarray


class Tape(ReverseTrace):
    """A trace on which tensors that require grad are recorded; its class is how one is known."""

    __slots__ = ()


TAPE = Tape("backward")
TAPE.id = 0

# The newest tape above a transform: (the transform's trace, the tape). Leaves of one transform share it.
_above: ContextVar[tuple] = ContextVar("dualad tape above a transform", default=(None, None))


def tape_for(value):
    """The tape that can hold a leaf of this value."""
    if not isinstance(value, Box) or value.owner is None:
        return TAPE
    trace, tape = _above.get()
    if trace is not value.owner:
        tape = Tape("backward")
        _above.set((value.owner, tape))
    return tape


LEAVES = "leaves reached"  # key of a sweep's dict: the nodes of the leaves it came to


def pull_tensor_leaf(node, g, cots, heap, flags):
    """A leaf keeps what has arrived, and says that it was reached."""
    cots[node[0]] = g
    cots.setdefault(LEAVES, []).append(node)


def leaf_var(tensor, value):
    """The variable of a leaf: `value` on its tape, with a node that knows the handle, not too firmly."""
    node = [new_node_id(), pull_tensor_leaf, value.shape, value.dtype, ref(tensor)]
    return tape_for(value).var(value, node)


def is_taped(v) -> bool:
    """Whether a value is recorded on an ambient tape, at any level."""
    while isinstance(v, Box):
        settled(v)
        if type(v) is Var and type(v.owner) is Tape:
            return True
        v = v.value
    return False


def untaped(v):
    """The value without its ambient tapes; what running transforms have added to it stays."""
    if type(v) is ndarray or not isinstance(v, Box):
        return v
    settled(v)
    if type(v) is Const or (type(v) is Var and type(v.owner) is Tape) or v.transparent:
        return untaped(v.value)
    value = untaped(v.value)
    aux = untaped(v.aux) if type(v) is Dual else v.aux
    if value is v.value and aux is v.aux:
        return v
    bare = snapshot(v)
    bare.value, bare.aux = value, aux
    return bare


def detached(v):
    """The value without any derivative, the tapes' or a transform's; rows of a batch stay rows."""
    if not isinstance(v, Box):
        return v
    settled(v)
    if type(v) is Const or (type(v) is Var and type(v.owner) is Tape):
        return detached(v.value)
    return stop_value(v)


def without_ended(v):
    """The value without tapes that stand above a transform which has ended.

    A leaf made inside `grad` of a traced value has a tape of its own, younger than `grad`. When a result leaves
    the function, that tape is done, and what `grad` looks for is under it.
    """
    while type(v) is Var and type(v.owner) is Tape and v.owner is not TAPE:
        below = settled(v.value) if isinstance(v.value, Box) else v.value
        while type(below) is Var and type(below.owner) is Tape:
            below = below.value
        if not isinstance(below, Box) or below.owner is None or below.owner.alive:
            return v
        v = v.value
    return v


def on_tape(value, like):
    """`value` in the place of the data of `like`, a variable of a tape, keeping its node."""
    v = new(Var)
    v.value, v.aux, v.owner = value, like.aux, like.owner
    return v


def tape_levels(v):
    """`(variable, buried)` for each ambient tape in a value's chain, newest first; `buried` is the
    transform's box above it, if there is one."""
    buried = None
    while isinstance(v, Box):
        settled(v)
        if type(v) is Var and type(v.owner) is Tape:
            yield v, buried
        elif v.owner is not None and not v.transparent:
            buried = v
        v = v.value
