"""NumPy's own Python bodies, run again on traced arguments.

Two hundred of NumPy's functions are written in Python over others. They need no rule of ours: called with a dualad
array, `__array_function__` receives the function, and its body can be run with the array going through. What stops
it are the few names that force a plain array: `asarray`, `empty`, `zeros`, `array` … So the body is given another
dictionary of globals, a `Shadow` of its module's, in which these names are dualad's and NumPy's Python helpers
are shadowed in their turn; nothing of NumPy's is copied or changed.
"""

from __future__ import annotations

import types

import numpy as np

from ..core.trace import Box

REPLACED: dict[str, object] = {}  # names that the shadow gives instead of NumPy's; filled by creation.py
_SHADOWS: dict[str, Shadow] = {}
_BODIES: dict = {}
_AN_ARRAY = np.zeros(0)


def _isinstance(x, kinds) -> bool:
    """`isinstance` for NumPy's bodies, which ask whether they were given an array: dualad's are arrays."""
    return isinstance(x, kinds) or (isinstance(x, Box) and isinstance(_AN_ARRAY, kinds))


class _Proxy:
    """`np`, `nx`, `_nx` inside a shadowed module: NumPy, with the replaced names."""

    def __init__(self, module):
        self._module = module

    def __getattr__(self, name):
        value = REPLACED[name] if name in REPLACED else _shadowed(getattr(self._module, name))
        setattr(self, name, value)  # found at once from now on
        return value


def _import(name, *args):
    """`from .polynomial import polyadd` within a body: of NumPy's modules the shadow."""
    module = __import__(name, *args)
    return _Proxy(module) if module.__name__.split(".")[0] == "numpy" else module


class Shadow(dict):
    """The globals of a NumPy module, looked up when needed."""

    def __init__(self, module_globals):
        builtins = module_globals["__builtins__"]
        builtins = builtins if isinstance(builtins, dict) else vars(builtins)
        super().__init__(__builtins__={**builtins, "__import__": _import})
        for name in ("__name__", "__package__", "__spec__"):  # what an import within a body looks for
            self[name] = module_globals.get(name)
        self._real = module_globals
        self["isinstance"] = _isinstance

    def __missing__(self, name):
        real = self._real
        if name not in real:
            raise KeyError(name)
        value = REPLACED[name] if name in REPLACED else _shadowed(real[name])
        self[name] = value
        return value


_DISPATCHED = type(np.sum)  # NumPy's functions that ask `__array_function__`


def _faced(function):
    """In a body, functions look at all their arguments, lists of traced values included."""
    from .functions import faced

    return faced(function)


def _shadowed(value):
    if isinstance(value, types.FunctionType) and (value.__module__ or "").startswith("numpy"):
        return rebound(value)
    if isinstance(value, types.ModuleType) and value.__name__.startswith("numpy"):
        return _Proxy(value)
    if isinstance(value, _DISPATCHED):
        return _faced(value)
    return value


def rebound(f: types.FunctionType) -> types.FunctionType:
    """`f` over the shadow of its module."""
    name = f.__globals__["__name__"]  # not f.__module__, which NumPy sets to "numpy" for many
    if name not in _SHADOWS:
        _SHADOWS[name] = Shadow(f.__globals__)
    g = types.FunctionType(f.__code__, _SHADOWS[name], f.__name__, f.__defaults__, f.__closure__)
    g.__kwdefaults__ = f.__kwdefaults__
    return g


def body_of(function):
    """NumPy's Python body of a dispatched function, ready to run on dualad arrays, or None."""
    if function not in _BODIES:
        body = getattr(function, "_implementation", None)
        _BODIES[function] = rebound(body) if isinstance(body, types.FunctionType) else None
    return _BODIES[function]
