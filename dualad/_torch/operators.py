"""Arithmetic, comparisons, logic: the operators of a tensor, and the methods of their names.

The hottest code of this face. An operator is one frame above its primitive.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import REGISTRY
from ..core.trace import Box, new
from .engine import op
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


def binary(name, reflected=False):
    """The operator of an elementwise primitive of two arguments."""
    face = REGISTRY[name].face if name in REGISTRY else getattr(op, name)

    def method(self, other):
        v = self._value
        t = type(other)
        if t is Tensor:
            w = other._value
        elif t in NUMBERS:
            w = other
        else:
            w = operand(other)
            if w is NotImplemented:
                return w
        if not is_recording():
            v, w = untaped(v), untaped(w)
        r = new(Tensor)
        r._value = face(v, w)
        r._grad = r._more = None
        return r

    def reflected_method(self, other):
        v, w = self._value, operand(other)
        if w is NotImplemented:
            return w
        if not is_recording():
            v, w = untaped(v), untaped(w)
        r = new(Tensor)
        r._value = face(w, v)
        r._grad = r._more = None
        return r

    return reflected_method if reflected else method


def unary(name):
    """The method of a primitive of one argument."""
    face = REGISTRY[name].face if name in REGISTRY else getattr(op, name)

    def method(self):
        v = self._value
        if not is_recording():
            v = untaped(v)
        r = new(Tensor)
        r._value = face(v)
        r._grad = r._more = None
        return r

    method.__name__ = name
    method.__doc__ = face.__doc__
    return method


Tensor: type = Handle  # the public class, set by `tensor.py`

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
    global Tensor
    Tensor = cls
    for dunder, name in ARITHMETIC.items():
        setattr(cls, f"__{dunder}__", binary(name))
        setattr(cls, f"__r{dunder}__", binary(name, reflected=True))
    for dunder, name in COMPARISONS.items():
        setattr(cls, f"__{dunder}__", binary(name))
        setattr(cls, dunder, getattr(cls, f"__{dunder}__"))
    for dunder, name in UNARY.items():
        setattr(cls, f"__{dunder}__", unary(name))
    cls.__hash__ = Handle.__hash__
