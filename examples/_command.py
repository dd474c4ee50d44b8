"""What the programs here share as commands: one clear line for what the user can mend, and no traceback."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

INTERRUPTED = 130  # the status shells give a program that Ctrl-C ended


class Problem(Exception):
    """Something the user can mend; the message says what and how."""


class Parser(argparse.ArgumentParser):
    """Reports a wrong option in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (--help lists the options)\n")


def run(name: str, program: Callable[[], int]) -> int:
    """The status of a program: its own, 1 after a problem, 130 after Ctrl-C."""
    try:
        return program()
    except Problem as problem:
        print(f"{name}: error: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return INTERRUPTED


def positive_int(text: str) -> int:
    """An argument that counts something."""
    return _at_least(1, text)


def count(text: str) -> int:
    """An argument that counts something, zero included."""
    return _at_least(0, text)


def _at_least(least: int, text: str) -> int:
    if not text.strip().isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
    return int(text)


def positive_float(text: str) -> float:
    """An argument such as a learning rate."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return value


def check_writable(path: Path, option: str) -> None:
    """Refuse a file that could not be written, before hours are spent on what should go into it."""
    if path.is_dir():
        raise Problem(f"{option} {path}: this is a folder; name a file")
    if not path.absolute().parent.is_dir():
        raise Problem(f"{option} {path}: there is no folder {path.absolute().parent}; make it first")
    try:
        descriptor, probe = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
        os.close(descriptor)
        os.unlink(probe)
    except OSError as error:
        raise Problem(f"{option} {path}: cannot write there ({error.strerror}); name another place") from None
