"""The user's lines: which one a running operation belongs to, and through which of his functions it is reached."""

from __future__ import annotations

import linecache
import os
import sys
from typing import NamedTuple

from ..core.errors import _NOT_THE_USERS, _is_standard


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
_users: dict[str, bool] = {}  # by file: whether it is the user's


def is_users(file: str) -> bool:
    """Whether a file is neither dualad's, NumPy's, SciPy's nor Python's."""
    known = _users.get(file)
    if known is None:
        known = _users[file] = not file.startswith(_NOT_THE_USERS) and not _is_standard(file)
    return known


def line_of(frame) -> Line:
    """The youngest line of the user's, from a frame outwards."""
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            return Line(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return NOWHERE


def user_line(depth: int = 1) -> Line:
    """The youngest line of the user's that is running."""
    return line_of(sys._getframe(depth))


def callers(frame, until) -> tuple[str, ...]:
    """The names of the user's functions and modules between a frame and the frame `until`, outermost first."""
    found: list[str] = []
    while frame is not None and frame is not until:
        code = frame.f_code
        if is_users(code.co_filename) or code.co_name == "forward":
            found.append(_name(frame, code))
        frame = frame.f_back
    return tuple(found[::-1])


def _name(frame, code) -> str:
    if code.co_name == "forward" and code.co_argcount and code.co_varnames[0] == "self":
        return type(frame.f_locals["self"]).__name__
    return code.co_qualname.rpartition("<locals>.")[2]
