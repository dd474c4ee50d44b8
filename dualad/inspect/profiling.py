"""`profile`: where a program and its backward pass spend time and memory, by primitive and by the user's line."""

from __future__ import annotations

import json
from time import perf_counter
from typing import NamedTuple
from weakref import ref

from ..core.nodes import content, kept_arrays, parents
from ..core.reverse import Var, pull_pick
from ..core.trace import Box
from .lines import Line
from .observer import Listener, Operation, Pull, observer
from .tables import Table
from .units import in_bytes, in_seconds


class Row(NamedTuple):
    """What one primitive cost at one line.

    Attributes
    ----------
    primitive : str
    line : Line
    calls, pulls : how often it was applied, and pulled back
    forward, backward : seconds of them
    saved : bytes that the tape keeps for it, and did not keep already
    """

    primitive: str
    line: Line
    calls: int
    forward: float
    pulls: int
    backward: float
    saved: int

    @property
    def seconds(self) -> float:
        return self.forward + self.backward


class Event(NamedTuple):
    """One call, or one pull."""

    name: str
    line: Line
    phase: str
    start: float
    seconds: float


class profile(Listener):
    """Profile what this thread computes on traced arrays in the block, forward and backward: `with
    dualad.profile() as p:`.

    Works for all transforms and for tensors with `backward()`; printing `p` shows the table. Time is that of whole
    primitives, with what the tape does for them; watching adds some microseconds to each, outside of what is
    measured where that can be. Outside of the block nothing is paid.

    Attributes
    ----------
    rows : list of Row
        By primitive and line, the most expensive first.
    events : list of Event
    seconds : float
        Of the whole block, watching included.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> with dualad.profile() as p:
    ...     g = dualad.grad(lambda x: np.sum(np.sin(x)))(np.zeros(3))
    >>> sorted((row.primitive, row.calls, row.pulls) for row in p.rows if row.primitive != "leaf")
    [('cos', 0, 0), ('sin', 1, 1), ('sum', 1, 1)]
    """

    def __init__(self):
        self.events: list[Event] = []
        self.seconds = 0.0
        self._saved: dict[tuple[str, Line], int] = {}
        self._seen: dict[int, ref] = {}
        self._begun = 0.0

    def __enter__(self):
        observer().add(self)
        self._begun = perf_counter()
        return self

    def __exit__(self, *_):
        self.seconds += perf_counter() - self._begun
        observer().remove(self)

    def applied(self, operation: Operation) -> None:
        self.events.append(
            Event(operation.name, operation.line, "forward", operation.start, operation.seconds)
        )
        new = sum(self._new_bytes(node) for node in _nodes(operation.out))
        if new:
            key = operation.name, operation.line
            self._saved[key] = self._saved.get(key, 0) + new

    def pulled(self, pull: Pull) -> None:
        if pull.node[1] is pull_pick:  # of several outputs, one; the node of them all follows
            return
        self.events.append(Event(pull.operation, pull.line, "backward", pull.start, pull.seconds))

    def _new_bytes(self, node) -> int:
        """Bytes of the arrays that a node keeps, without those that are kept already."""
        n = 0
        for _, owner in kept_arrays(node):
            known = self._seen.get(id(owner))
            if known is None or known() is not owner:
                self._seen[id(owner)] = ref(owner)
                n += owner.nbytes
        return n

    # ---- what came out ------------------------------------------------------------------------------

    @property
    def rows(self) -> list[Row]:
        return self._grouped(lambda name, line: (name, line))

    def by_primitive(self) -> Table:
        """One row per primitive, over all lines."""
        return self._table(self._grouped(lambda name, line: (name, Line())), ("primitive",))

    def by_line(self) -> Table:
        """One row per line of the user's, over all primitives."""
        return self._table(self._grouped(lambda name, line: ("", line)), ("line",))

    def _grouped(self, key) -> list[Row]:
        sums: dict = {}
        for e in self.events:
            row = sums.setdefault(key(e.name, e.line), [0, 0.0, 0, 0.0, 0])
            at = 0 if e.phase == "forward" else 2
            row[at] += 1
            row[at + 1] += e.seconds
        for (name, line), n in self._saved.items():
            sums[key(name, line)][4] += n
        rows = [Row(*names, *row) for names, row in sums.items()]
        return sorted(rows, key=lambda row: -row.seconds)

    def _table(self, rows, names) -> Table:
        total = sum(row.seconds for row in rows) or 1.0
        header = (*names, "calls", "forward", "pulls", "backward", "share", "saved")
        cells = [(*(_NAMES[n](row) for n in names), *_numbers(row, total)) for row in rows]
        forward, backward = sum(r.forward for r in rows), sum(r.backward for r in rows)
        saved = sum(r.saved for r in rows)
        foot = (
            f"forward {in_seconds(forward)}, backward {in_seconds(backward)}, saved {in_bytes(saved)}; "
            f"the block took {in_seconds(self.seconds)}, with Python between and the watching"
        )
        return Table("", header, cells, foot, set(header) - {"primitive", "line"})

    def __repr__(self):
        return self._table(self.rows, ("primitive", "line")).text()

    def _repr_html_(self):
        return self._table(self.rows, ("primitive", "line")).html()

    def as_dict(self) -> dict:
        """Rows and totals, of numbers and strings alone."""
        rows = [
            {
                "primitive": r.primitive,
                "file": r.line.file,
                "line": r.line.number,
                "calls": r.calls,
                "forward_s": r.forward,
                "pulls": r.pulls,
                "backward_s": r.backward,
                "saved_bytes": r.saved,
            }
            for r in self.rows
        ]
        return {"seconds": self.seconds, "rows": rows}

    def json(self) -> str:
        """`as_dict` as JSON."""
        return json.dumps(self.as_dict())

    def chrome_trace(self) -> str:
        """The events as JSON in Chrome's trace format, for chrome://tracing, Perfetto or Speedscope."""
        first = min((e.start for e in self.events), default=0.0)
        events = [
            {
                "name": e.name,
                "cat": e.phase,
                "ph": "X",
                "ts": (e.start - first) * 1e6,
                "dur": e.seconds * 1e6,
                "pid": 0,
                "tid": 0,
                "args": {"line": str(e.line), "source": e.line.text},
            }
            for e in self.events
        ]
        return json.dumps({"traceEvents": events, "displayTimeUnit": "ns"})


_NAMES = {
    "primitive": lambda row: row.primitive,
    "line": lambda row: f"{row.line}  {row.line.text[:48]}" if row.line else "",
}


def _numbers(row, total) -> tuple:
    return (
        row.calls,
        in_seconds(row.forward) if row.calls else "",
        row.pulls,
        in_seconds(row.backward) if row.pulls else "",
        f"{100 * row.seconds / total:.1f} %",
        in_bytes(row.saved) if row.saved else "",
    )


def _nodes(out):
    """The nodes of a result, at all levels, and of one of several outputs the node of all."""
    for x in out if isinstance(out, tuple) else (out,):
        while isinstance(x, Box):
            if type(x) is Var:
                node = content(x.aux)
                yield node
                if node[1] is pull_pick:
                    yield from parents(node)
            x = x.value
