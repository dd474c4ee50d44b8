"""Arithmetic, comparisons, logic: the operators of a tensor, and the methods of their names.

The hottest code of this face. An operator is one frame above its primitive.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import DualadError, ShapeError, at_user_line
from ..core.primitive import REGISTRY
from ..core.trace import Box, new
from .handle import Handle, seen
from .modes import is_recording

NUMBERS = {float, int, bool, complex, np.float64}


def operand(other):
    """The engine value of the other side of an operator; NotImplemented for what is not ours to add up."""
    if isinstance(other, Handle):
        return other._value
    if isinstance(other, (np.ndarray, np.generic, Box, float, int, complex)):
        return other
    return NotImplemented


def misfit(name, a, b, error):
    """What to raise for a ValueError of an operation on `a` and `b`: if it is for their shapes, say those."""
    shapes = getattr(a, "shape", ()), getattr(b, "shape", ())
    if isinstance(error, DualadError):
        return error
    if name == "matmul":
        said = "x".join(map(str, shapes[0])), "x".join(map(str, shapes[1]))
        return ShapeError(f"shapes cannot be multiplied ({said[0]} and {said[1]}){at_user_line()}")
    for k, (m, n) in enumerate(zip(reversed(shapes[0]), reversed(shapes[1])), 1):
        if m != n and 1 not in (m, n):
            dim = max(map(len, shapes)) - k
            return ShapeError(
                f"The size of tensor a ({m}) must match the size of tensor b ({n}) at non-singleton "
                f"dimension {dim}{at_user_line()}: their shapes are {list(shapes[0])} and {list(shapes[1])}"
            )
    return error


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
        try:
            r._value = face(self._value, w) if recording() else face(seen(self._value), seen(w))
        except ValueError as error:
            raise misfit(name, self._value, w, error) from None
        r._grad = r._more = None
        return r

    def reflected_method(self, other):
        w = operand(other)
        if w is NotImplemented:
            return w
        r = new(cls)
        try:
            r._value = face(w, self._value) if recording() else face(seen(w), seen(self._value))
        except ValueError as error:
            raise misfit(name, w, self._value, error) from None
        r._grad = r._more = None
        return r

    return reflected_method if reflected else method


def unary(cls, name):
    """The method of a primitive of one argument."""
    face, recording = REGISTRY[name].face, is_recording

    def method(self):
        r = new(cls)
        r._value = face(self._value) if recording() else face(seen(self._value))
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
