"""What a function changes beside returning: random states, its own arguments, what it closes over.

A derivative belongs to a function. A program that gives two results for one input has none that could be checked, and
it helps to know which name is to blame.
"""

from __future__ import annotations

import inspect
import random
import sys
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.trace import Box, strip


def fingerprint(x: Any, depth: int = 3) -> Any:
    """Something that compares unequal when the content of `x` has changed."""
    if isinstance(x, Box):
        x = strip(x)
    if isinstance(x, (np.ndarray, np.generic)):
        return _content(np.asarray(x))
    if isinstance(x, np.random.Generator):
        return str(x.bit_generator.state)
    if isinstance(x, np.random.RandomState):
        return str(x.get_state(legacy=False))
    if isinstance(x, random.Random):
        return hash(x.getstate())
    if isinstance(x, (int, float, complex, str, bytes, bool, type(None))):
        return repr(x)
    if depth and isinstance(x, dict):
        return tuple((repr(k), fingerprint(v, depth - 1)) for k, v in x.items())
    if depth and isinstance(x, (list, tuple, set)):
        return tuple(fingerprint(v, depth - 1) for v in x)
    if depth and hasattr(x, "__dict__") and not isinstance(x, type) and not callable(x):
        return fingerprint(vars(x), depth - 1)
    return id(x)


def _content(a: np.ndarray) -> tuple:
    if a.dtype.hasobject:
        return (a.shape, a.dtype.str, id(a))
    return (a.shape, a.dtype.str, zlib.crc32(np.ascontiguousarray(a).reshape(-1).view(np.uint8).data))


def names_seen_by(f: Callable) -> dict[str, Any]:
    """What a function closes over, reads of its module, has for defaults, and is bound to, by name."""
    f = inspect.unwrap(f)
    found: dict[str, Any] = {}
    if inspect.ismethod(f):
        found["self"] = vars(f.__self__) if hasattr(f.__self__, "__dict__") else f.__self__
        f = f.__func__
    code = getattr(f, "__code__", None)
    if code is None:
        return {"self": vars(f)} if hasattr(f, "__dict__") else {}
    for name, cell in zip(code.co_freevars, f.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # a cell that is not filled yet
            continue
    inner = [c.co_names for c in code.co_consts if inspect.iscode(c)]
    for name in dict.fromkeys((*code.co_names, *(n for names in inner for n in names))):
        value = f.__globals__.get(name)
        if value is not None and not inspect.ismodule(value) and not callable(value):
            found[name] = value
    defaults = code.co_varnames[: code.co_argcount][-len(f.__defaults__) :] if f.__defaults__ else ()
    found.update(zip(defaults, f.__defaults__ or (), strict=False))
    return found


def generators_of(f: Callable) -> list:
    """The random generators of NumPy among these names."""
    return [g for g in names_seen_by(f).values() if isinstance(g, np.random.Generator)]


class Randomness:
    """Puts random states back, so that every run of a function draws the same numbers."""

    def __init__(self, f: Callable):
        self.generators = [(g, g.bit_generator.state) for g in generators_of(f)]
        self.numpy, self.python = np.random.get_state(), random.getstate()
        tensors = sys.modules.get("dualad._torch.random")
        self.tensors = None if tensors is None else tensors.default_generator
        self.tensors_state = None if self.tensors is None else self.tensors.get_state()

    def put_back(self) -> None:
        for g, state in self.generators:
            g.bit_generator.state = state
        np.random.set_state(self.numpy)
        random.setstate(self.python)
        if self.tensors is not None:
            self.tensors.set_state(self.tensors_state)


class State:
    """What can be seen of the world from a function, at one moment."""

    def __init__(self, f: Callable):
        self.names = {name: fingerprint(value) for name, value in names_seen_by(f).items()}
        self.numpy = fingerprint(np.random.mtrand._rand)
        self.python = hash(random.getstate())

    def changed_since(self, before: State) -> list[str]:
        """What has changed, in words."""
        both = self.names.keys() | before.names.keys()
        words = [f"`{n}`" for n in sorted(both) if self.names.get(n) != before.names.get(n)]
        if self.numpy != before.numpy:
            words.append("the state of np.random")
        if self.python != before.python:
            words.append("the state of random")
        return words
