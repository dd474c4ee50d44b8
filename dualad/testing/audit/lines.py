"""The user's line behind a call: file, number and text; and the line where a rule was written."""

from __future__ import annotations

import linecache
import os
import sys
from types import FrameType
from typing import NamedTuple

from ...core.errors import _NOT_THE_USERS, _is_standard


class Line(NamedTuple):
    """A line of the user's program; an empty file where none is known."""

    file: str = ""
    number: int = 0

    @property
    def text(self) -> str:
        """What is written there."""
        return linecache.getline(self.file, self.number).strip()

    def __str__(self):
        return f"{os.path.basename(self.file)}:{self.number}" if self.file else ""

    def __bool__(self):
        return bool(self.file)


NOWHERE = Line()
_users: dict[str, bool] = {}  # by file name: whether it is the user's


def is_users(file: str) -> bool:
    """Whether a file is neither dualad's, NumPy's, SciPy's nor Python's."""
    known = _users.get(file)
    if known is None:
        known = _users[file] = not file.startswith(_NOT_THE_USERS) and not _is_standard(file)
    return known


def user_line(depth: int = 1) -> Line:
    """The youngest line of the user's that is running."""
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            return Line(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return NOWHERE


def definition_of(function) -> Line:
    """Where a function of the user's begins; nowhere for one of the library's, or compiled."""
    code = getattr(function, "__code__", None)
    if code is None or not is_users(code.co_filename):
        return NOWHERE
    return Line(code.co_filename, code.co_firstlineno)


def definitions(prim, params) -> dict[str, Line]:
    """Where the user wrote the rules of a primitive, or the functions among its parameters, by name."""
    found = {}
    for kind, table in (("JVP", prim.jvp_rules), ("VJP", prim.vjp_rules)):
        for arg, rule in table.items():
            found[f"{kind} rule for {arg}"] = definition_of(rule.call)
    for name, value in params.items():
        for part in value if isinstance(value, tuple) else (value,):
            found[name] = found.get(name) or definition_of(part)
    if getattr(prim, "joint", False):
        for holder in (prim, getattr(prim, "custom", None), getattr(prim, "cls", None)):
            for name, value in getattr(holder, "__dict__", {}).items():
                if not name.startswith("_"):
                    found[name] = found.get(name) or definition_of(getattr(value, "__func__", value))
    return {name: line for name, line in found.items() if line}
