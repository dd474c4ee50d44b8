"""Parts of a tape that are thrown away and recorded again when the sweep comes to them.

A tape has no list: a node lives as long as something points at it. So a function is run as ever, recorded by
whatever is recording, and where its results hold variables made inside it, they are put on a *placeholder* node that
knows how to run the function again; what was recorded is then forgotten. When the sweep pops the placeholder, the
function is run once more on the same inputs: it records a new piece of tape, younger than everything else in the
heap, the cotangents are laid on its ends, and the sweep goes on through it as through any other nodes, down to the
inputs and to what the function closes over. Nested traces, closures, pulls that are themselves recorded: all follow
from that.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from ..core.errors import RecomputationError, at_user_line
from ..core.forward import Dual
from ..core.reverse import Var, deposit, new_node_id, pull_pick
from ..core.trace import Box, Const, Trace, new, settled, snapshot, strip
from ..core.tree import tree_flatten

# Sources of random numbers, as pairs (state, restore): what is random in a function has to come out again.
RANDOM: list[tuple[Callable, Callable]] = []


class Segment:
    """A function with its arguments, to be run again as it was run."""

    def __init__(self, f, args, name):
        self.f, self.name = f, name
        leaves, self.treedef = tree_flatten(args)
        self.leaves = tuple(x.copy() if type(x) is np.ndarray else snapshot(x) for x in leaves)
        self.context = contextvars.copy_context()
        self.random = [(restore, state()) for state, restore in RANDOM] + _numpy_state()
        self.traces: set[Trace] = set()
        self.values: list = []
        self.variables = 0  # how many there are in the results

    def run(self):
        """The function's results, recorded anew."""
        now = [(restore, state()) for state, restore in RANDOM] + _numpy_state()
        args, kwargs = self.treedef.unflatten(map(snapshot, self.leaves))
        try:
            for restore, state in self.random:
                restore(state)
            with alive(self.traces):
                return self.context.copy().run(_quietly, self.f, args, kwargs)
        finally:
            for restore, state in now:
                restore(state)


def _quietly(f, args, kwargs):
    with np.errstate(all="ignore"):  # the first run has said what there was to say
        out = f(*args, **kwargs)
        for o in tree_flatten(out)[0]:
            settled(o)  # stores are carried out as long as their traces are alive
        return out


def _numpy_state():
    """The state of NumPy's global generator, if anything has used it."""
    random = sys.modules.get("numpy.random")
    return [] if random is None else [(random.set_state, random.get_state())]


# ---- traces that have ended ----------------------------------------------------------------------------

_lock = threading.Lock()
_revived: Counter = Counter()


@contextmanager
def alive(traces):
    """Ended traces, alive once more while their segment is recorded again; several threads may be at it."""
    with _lock:
        ended = [t for t in traces if not t.alive or t in _revived]
        for t in ended:
            _revived[t] += 1
            t.alive = True
    try:
        yield
    finally:
        with _lock:
            for t in ended:
                _revived[t] -= 1
                if not _revived[t]:
                    del _revived[t]
                    t.alive = False


# ---- values and the variables in them --------------------------------------------------------------------


def boxes_in(x) -> Iterator[Box]:
    """A box, and all boxes in it, outermost first."""
    while isinstance(x, Box):
        settled(x)
        yield x
        if type(x) is Dual:
            yield from boxes_in(x.aux)
        x = x.value


def variables_in(outs, mark) -> list[Var]:
    """Variables among results that were recorded after the node id `mark`, always in the same order."""
    return [b for o in outs for b in boxes_in(o) if type(b) is Var and b.aux[0] < mark]


def replaced(x, mark, fresh: Iterator):
    """`x` with the next of `fresh` as the node of each variable made after `mark`, in the same order."""
    if not isinstance(x, Box) or type(settled(x)) is Const:
        return x
    node = next(fresh) if type(x) is Var and x.aux[0] < mark else None
    r = new(type(x))
    r.owner = x.owner
    r.aux = x.aux if node is None else node
    if type(x) is Dual:
        r.aux = replaced(x.aux, mark, fresh)
    r.value = replaced(x.value, mark, fresh)
    return r


def on_placeholders(segment, outs, mark):
    """The results `outs`, recorded after `mark`, on nodes that run the segment again."""
    found = variables_in(outs, mark)
    if not found:
        return outs
    held = [*segment.leaves, *outs]
    segment.traces = {b.owner for x in held for b in boxes_in(x) if b.owner is not None}
    segment.values = [strip(o) for o in outs]
    segment.variables = len(found)
    wholes: dict = {}
    fresh = []
    for k, v in enumerate(found):
        whole = wholes.get(v.owner)
        if whole is None:
            whole = wholes[v.owner] = _whole(segment, v.owner)
        whole[6]["places"].append(k)
        fresh.append([new_node_id(), pull_pick, v.value.shape, v.value.dtype, whole, whole[2]])
        whole[2] += 1
    fresh_nodes = iter(fresh)
    return [replaced(o, mark, fresh_nodes) for o in outs]


def _whole(segment, trace):
    """The node of all variables of one trace that a segment has made."""
    parents = tuple(b.aux for x in segment.leaves for b in boxes_in(x) if type(b) is Var and b.owner is trace)
    saved = {"inputs": segment.leaves, "segment": segment, "places": []}
    return [new_node_id(), pull_segment, 0, None, parents, (segment, {}, (), trace), saved]


def pull_segment(node, gs, cots, heap, flags):
    """Run the segment again, and lay the cotangents on the ends of what it has recorded."""
    saved = node[6]
    segment = saved["segment"]
    mark = new_node_id()
    outs, _ = tree_flatten(segment.run())
    _compare(segment, outs)
    found = variables_in(outs, mark)
    if len(found) != segment.variables:
        raise _other_values(segment)
    for k, g in zip(saved["places"], gs, strict=True):
        if g is not None:
            deposit(found[k].aux, g, cots, heap)


def _again(node, gs, cots, heap, flags, trace, this):
    pull_segment(node, gs, cots, heap, flags)


pull_segment.replay = _again  # type: ignore[attr-defined]


def _compare(segment, outs):
    """The second run must have made what the first has made; else the derivative would be of something else."""
    now = [strip(o) for o in outs]
    before = segment.values
    if len(now) != len(before) or not all(map(_same, before, now)):
        raise _other_values(segment)


def _other_values(segment) -> RecomputationError:
    return RecomputationError(
        f"{segment.name} gave other values when it was run again for the backward pass{at_user_line()}: it draws "
        "random numbers from a generator of its own (or of which another thread draws, too), or something it uses has "
        "been changed since. Pass what changes as an argument, or do without checkpoint here"
    )


def _same(a, b):
    return a is b or np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind in "fc")
