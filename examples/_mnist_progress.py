"""How far an epoch is: a bar where tqdm is installed and a terminal looks on, else a line now and then."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from typing import Any

PLAIN_SECONDS = 10.0  # between two plain lines


class Progress:
    """The progress of one epoch, as a context.

    Parameters
    ----------
    label
        Stands before the bar or the line.
    steps
        How many steps there are.
    say
        Prints a plain line.
    """

    def __init__(self, label: str, steps: int, say: Callable[[str], None] = print) -> None:
        self._label, self._steps, self._say = label, steps, say
        self._done = 0
        self._spoke = time.perf_counter()
        self._bar = _bar(label, steps)

    def step(self, loss: float, accuracy: float) -> None:
        """One step further; the means of the epoch so far."""
        self._done += 1
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss {loss:.4f}, accuracy {accuracy:.2%}", refresh=False)
            self._bar.update()
        elif time.perf_counter() - self._spoke > PLAIN_SECONDS:
            self._spoke = time.perf_counter()
            self._say(
                f"{self._label}  step {self._done}/{self._steps}  loss {loss:.4f}  accuracy {accuracy:.2%}"
            )

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: Any) -> None:
        if self._bar is not None:
            self._bar.close()


def missing() -> bool:
    """Whether a terminal looks on and tqdm is not there to draw a bar."""
    return sys.stderr.isatty() and _tqdm() is None


def _bar(label: str, steps: int) -> Any:
    tqdm = _tqdm() if sys.stderr.isatty() else None
    return None if tqdm is None else tqdm.tqdm(total=steps, desc=label, leave=False, dynamic_ncols=True)


def _tqdm() -> Any:
    try:
        return importlib.import_module("tqdm")
    except ImportError:
        return None
