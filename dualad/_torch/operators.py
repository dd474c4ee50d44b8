"""Arithmetic, comparisons, logic: the operators of a tensor, and the methods of their names.

The hottest code of this face. An operator is one frame above its primitive.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import REGISTRY
from ..core.trace import Box, new
from .handle import Handle
from .modes import is_recording
from .tape import untaped

NUMBERS = {float, int, bool, complex, np.float64}


def operand(other):
    """The engine value of the other side of an operator; NotImplemented for what is not ours to add up."""
    if isinstance(other, Handle):
        return other._value
    if isinstance(other, (np.ndarray, np.generic, Box, float, int, complex)):
        return other
    return NotImplemented


def binary(cls, name, reflected=False):
    """The operator of an elementwise primitive of two arguments.

    Names that it uses are its own variables, which Python finds faster than a module's.
    """
    face, numbers, recording = REGISTRY[name].face, NUMBERS, is_recording

    def method(self, other):
        t = type(other)
        if t is cls:
            w = other._value
        elif t in numbers:
            w = other
        else:
            w = operand(other)
            if w is NotImplemented:
                return w
        r = new(cls)
        r._value = face(self._value, w) if recording() else face(untaped(self._value), untaped(w))
        r._grad = r._more = None
        return r

    def reflected_method(self, other):
        w = operand(other)
        if w is NotImplemented:
            return w
        r = new(cls)
        r._value = face(w, self._value) if recording() else face(untaped(w), untaped(self._value))
        r._grad = r._more = None
        return r

    return reflected_method if reflected else method


def unary(cls, name):
    """The method of a primitive of one argument."""
    face, recording = REGISTRY[name].face, is_recording

    def method(self):
        r = new(cls)
        r._value = face(self._value) if recording() else face(untaped(self._value))
        r._grad = r._more = None
        return r

    method.__name__ = name
    method.__doc__ = face.__doc__
    return method


ARITHMETIC = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}
COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}


def attach(cls):
    """Give the class its operators."""
    for dunder, name in ARITHMETIC.items():
        setattr(cls, f"__{dunder}__", binary(cls, name))
        setattr(cls, f"__r{dunder}__", binary(cls, name, reflected=True))
    for dunder, name in COMPARISONS.items():
        setattr(cls, f"__{dunder}__", binary(cls, name))
        setattr(cls, dunder, getattr(cls, f"__{dunder}__"))
    for dunder, name in UNARY.items():
        setattr(cls, f"__{dunder}__", unary(cls, name))
    cls.__hash__ = Handle.__hash__
