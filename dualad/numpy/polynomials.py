"""`numpy.polynomial` for traced values.

NumPy does not hand its functions to us (most of them: NumPy 2.4 does with `polyval2d` and its like), and they ask
`isinstance(x, np.ndarray)` and convert with `np.array`. So `dualad.numpy.polynomial` is the way: its functions run
NumPy's bodies again, and its classes (`Polynomial`, `Chebyshev` …) are NumPy's with their methods run again. A
traced value in `np.polynomial` itself works where NumPy computes with it, and raises where it does not (`doors.py`).
"""

from __future__ import annotations

import functools
import types

import numpy as np

from ..core.trace import Box
from .creation import asarray
from .functions import holds_box, implements
from .rerun import body_of, rebound

# Parameters that hold numbers of the polynomial or places; the others are degrees, axes and the like.
_DATA = {"c", "c1", "c2", "c3", "roots", "r", "x", "y", "z", "w", "coef", "pol", "off", "scl", "lbnd", "seq"}


def face_of(value):
    """What stands in `dualad.numpy.polynomial` for a function or class of NumPy's."""
    return traced_class(value) if isinstance(value, type) else rerun_where_traced(value)


@functools.cache
def rerun_where_traced(function):
    """A function that NumPy does not dispatch: its body is run again where an argument is, or holds, a box.

    Bodies write into copies of their arguments, so those that are plain become dualad arrays first.
    """
    if not isinstance(function, types.FunctionType):
        return function
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    body = rebound(function)

    @functools.wraps(function)
    def call(*args, **kwargs):
        if not (holds_box(args) or holds_box(kwargs.values())):
            return function(*args, **kwargs)
        args = [_writable(a) if name in _DATA else a for name, a in zip(names, args)] + list(
            args[len(names) :]
        )
        return body(*args, **{k: _writable(v) if k in _DATA else v for k, v in kwargs.items()})

    return call


def _of_arrays(function):
    """A dispatched function whose body writes into copies of its arguments."""

    def call(*args, **kwargs):
        return body_of(function)(*map(_writable, args), **{k: _writable(v) for k, v in kwargs.items()})

    return implements(function)(call)


_of_arrays(np.polydiv)
_of_arrays(np.polyfit)


def _writable(a):
    return asarray(a) if isinstance(a, (np.ndarray, list, tuple)) and not isinstance(a, Box) else a


@functools.cache
def traced_class(cls):
    """A polynomial class of NumPy's whose methods also take traced values."""
    base = next((b for b in cls.__mro__ if b.__name__ == "ABCPolyBase"), None)
    if base is None or cls is base:
        return cls
    again = {}
    for owner in (base, cls):
        for name, value in vars(owner).items():
            again[name] = _method_again(value)
    again = {name: value for name, value in again.items() if value is not None}
    return type(
        cls.__name__, (cls,), {**again, "__module__": f"dualad.{cls.__module__}", "__doc__": cls.__doc__}
    )


def _method_again(value):
    if isinstance(value, types.FunctionType):
        return rebound(value)
    if isinstance(value, staticmethod):
        return staticmethod(rerun_where_traced(value.__func__))
    if isinstance(value, classmethod):
        return classmethod(rebound(value.__func__))
    return None
