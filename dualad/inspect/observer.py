"""The observer: every primitive that a thread applies, and every pull of a sweep, seen from outside.

It sits behind `sys.setprofile`, which tells of each call and return of a Python function. The operations and the
pulls are Python functions, on every road and of both faces, so there is nothing to be built into them: where
nobody observes, nothing is paid. Only the outermost call counts, as the user's program makes it; what it calls in
turn is its own business.

Nodes of the tape do not know their line. But their ids come from one counter, so an operation is known by the ids
that were given between its call and its return.
"""

from __future__ import annotations

import os
import sys
import threading
from bisect import bisect_right
from time import perf_counter
from typing import Any, NamedTuple

from ..core import errors
from ..core.errors import DualadError, at_user_line
from ..core.nodes import content, is_leaf, name_of, primitive_of
from ..core.primitive import REGISTRY, Primitive
from ..core.reverse import Var, new_node_id
from .lines import NOWHERE, Line, line_of

_CORE = os.path.dirname(errors.__file__) + os.sep
_OPS = os.path.join(os.path.dirname(os.path.dirname(errors.__file__)), "ops") + os.sep

CALL, PULL = "call", "pull"


class Operation(NamedTuple):
    """One primitive as it was applied: `arguments` by name (see `given`), the result, when and how long."""

    name: str
    prim: Primitive | None
    arguments: tuple
    out: Any
    line: Line
    start: float
    seconds: float


class Pull(NamedTuple):
    """One pull of a sweep.

    The node, its cotangent, the sweep's dict and flags; the `name` of the node's primitive, and of the `operation` that
    the program applied when the node was made: another one where that is made of several (a product of stacks is
    reshaped).
    """

    node: list
    cotangent: Any
    cotangents: dict
    flags: Any
    name: str
    operation: str
    line: Line
    start: float
    seconds: float


class Listener:
    """Who wants to know. Methods may raise: the program under observation sees it."""

    def applied(self, operation: Operation) -> None:
        """A primitive has returned."""

    def pulling(self, node, cotangent, cotangents) -> None:
        """A pull begins."""

    def pulled(self, pull: Pull) -> None:
        """A pull has returned."""


class _Open:
    """A call that has not returned yet."""

    __slots__ = ("arguments", "frame", "inner", "kind", "line", "mark", "prim", "start")

    def __init__(self, kind, frame):
        self.kind, self.frame = kind, frame
        self.prim: Primitive | None = None
        self.inner: Primitive | None = None
        self.arguments: tuple = ()
        self.line = NOWHERE
        self.mark, self.start = 0, 0.0


class Observer:
    """The observer of one thread; listeners come and go, and with the last one it goes too."""

    def __init__(self):
        self.listeners: list[Listener] = []
        self.open: list[_Open] = []
        self.ids: list[int] = []  # minus the id that the counter was at when an operation returned, ascending
        self.made: list[tuple[int, str, Line]] = []  # minus the id at its call, its name, its line

    def add(self, listener: Listener) -> None:
        mine = sys.getprofile()
        if mine != self.event:  # none yet, or an error of a listener's has ended the watch
            if mine is not None:
                raise DualadError(
                    f"another profiler is running in this thread ({mine!r}){at_user_line()}; Python has room for one. "
                    "End it first"
                )
            self.open.clear()
            sys.setprofile(self.event)
        self.listeners.append(listener)

    def remove(self, listener: Listener) -> None:
        self.listeners.remove(listener)
        if not self.listeners:
            sys.setprofile(None)
            self.open.clear()
            self.ids.clear()
            self.made.clear()

    # ---- events -----------------------------------------------------------------------------------

    def event(self, frame, event, arg):
        """What `sys.setprofile` calls."""
        if event == "call":
            kind = _kinds.get(frame.f_code, UNKNOWN)
            if kind is UNKNOWN:
                kind = _kinds[frame.f_code] = kind_of(frame.f_code)
            if kind is not None:
                self.call(kind, frame)
        elif event == "return" and self.open and self.open[-1].frame is frame:
            self.leave(self.open.pop(), frame, arg)

    def call(self, kind, frame):
        entry = _Open(kind, frame)
        self.open.append(entry)
        if len(self.open) > 1:
            outer = self.open[0]
            if outer.kind is CALL and outer.prim is None and outer.inner is None and kind is CALL:
                outer.inner = primitive_at(frame)
            return
        entry.mark = -new_node_id()
        if kind is CALL:
            entry.prim, entry.line = primitive_at(frame), line_of(frame)
            entry.arguments = arguments_of(frame)
        else:
            given = frame.f_locals
            names = frame.f_code.co_varnames
            entry.arguments = tuple(given[name] for name in names[:4]) + (given["flags"],)
            for listener in self.listeners:
                listener.pulling(*entry.arguments[:3])
        entry.start = perf_counter()

    def leave(self, entry, frame, out):
        if self.open:
            return
        seconds = perf_counter() - entry.start
        if entry.kind is CALL:
            prim = entry.prim or entry.inner or (primitive_of(out.aux) if type(out) is Var else None)
            name = prim.name if prim is not None else frame.f_code.co_name
            self._remember(entry.mark, name, entry.line)
            if prim is None or out is None:  # a helper, or an error is on its way
                return
            operation = Operation(name, prim, entry.arguments, out, entry.line, entry.start, seconds)
            for listener in self.listeners:
                listener.applied(operation)
        else:
            node, g, cots, _, flags = entry.arguments
            line, name, made = self.line_of(node), name_of(node), self.made_by(node)
            operation_name = name if made is None else made[0]
            self._remember(entry.mark, operation_name, line)
            pull = Pull(node, g, cots, flags, name, operation_name, line, entry.start, seconds)
            for listener in self.listeners:
                listener.pulled(pull)

    def _remember(self, mark, name, line):
        self.ids.append(-new_node_id())
        self.made.append((mark, name, line))

    # ---- questions --------------------------------------------------------------------------------

    def made_by(self, node) -> tuple[str, Line] | None:
        """The name and line of the operation that made a node, if it was observed."""
        i = -node[0]
        k = bisect_right(self.ids, i)
        if k < len(self.ids) and self.made[k][0] < i:
            return self.made[k][1:]
        return None

    def line_of(self, node) -> Line:
        """The user's line that made a node; of a node that no operation made (a checkpoint's), the line before it."""
        found = self.made_by(node)
        if found is not None:
            return found[1]
        k = bisect_right(self.ids, -node[0]) - 1
        return NOWHERE if k < 0 or is_leaf(content(node)) else self.made[k][2]


# ---- which functions are operations ---------------------------------------------------------------

UNKNOWN = object()
_kinds: dict[Any, str | None] = {}
_faces: dict[Any, Primitive | None] = {}


# Pulls that run the user's function again: what he does there is seen as his.
_AGAIN = ("pull_segment", "pull_piece")


def kind_of(code) -> str | None:
    """Whether a function is an operation, a pull, or neither."""
    names = code.co_varnames
    ours = code.co_filename.startswith((_CORE, _OPS))
    if names[:1] == ("node",) and names[2:5] == ("cots", "heap", "flags") and code.co_argcount in (5, 7):
        return None if code.co_name in _AGAIN else PULL
    if not ours:
        return None
    if code.co_filename.startswith(_OPS):
        return CALL if code.co_name != "<lambda>" and code.co_flags & 0x20 == 0 else None
    if "prim" in code.co_freevars or code is Primitive.__call__.__code__ or code.co_name == "process":
        return CALL
    return None


def primitive_at(frame) -> Primitive | None:
    """The primitive whose public function a frame runs."""
    code, given = frame.f_code, frame.f_locals
    if "prim" in code.co_freevars or code.co_name == "process":
        return given.get("prim")
    if code is Primitive.__call__.__code__:
        return given["self"]
    if not _faces:
        _read_faces()
    return _faces.get(code)


def _read_faces() -> None:
    """The primitives by the code of their public functions; several may share one, which then names none."""
    for prim in REGISTRY.values():
        code = getattr(prim.face, "__code__", None)
        _faces[code] = None if code in _faces else prim


def arguments_of(frame) -> tuple:
    """What a function was given, as `(name, value)` pairs."""
    code, given = frame.f_code, frame.f_locals
    if code.co_name == "process":
        return tuple((_arg(given["prim"], k), a) for k, a in enumerate(given["args"]))
    if code is Primitive.__call__.__code__ or code.co_flags & 0x04 and code.co_argcount == 0:
        rest = given[code.co_varnames[code.co_argcount + code.co_kwonlyargcount]]
        prim = given.get("prim") or given.get("self")
        return tuple((_arg(prim, k), a) for k, a in enumerate(rest))
    found = [(name, given[name]) for name in code.co_varnames[: code.co_argcount]]
    if code.co_flags & 0x04:
        name = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        found += [(f"{name}[{k}]", a) for k, a in enumerate(given[name])]
    return tuple(found)


def _arg(prim, k) -> str:
    return prim.arg_name(k) if isinstance(prim, Primitive) and prim.args else f"argument {k}"


# ---- one per thread -------------------------------------------------------------------------------

_threads = threading.local()


def observer() -> Observer:
    """The observer of this thread."""
    found = getattr(_threads, "observer", None)
    if found is None:
        found = _threads.observer = Observer()
    return found
