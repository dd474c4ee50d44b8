"""Methods that work element by element, with PyTorch's names and keywords."""

from __future__ import annotations

import numpy as np

from ..core.trace import Box
from .engine import op
from .handle import Handle, recorded, wrap
from .operators import misfit, unary

# PyTorch's name: the primitive's.
UNARY = {
    "abs": "absolute",
    "absolute": "absolute",
    "neg": "negative",
    "negative": "negative",
    "positive": "positive",
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "log": "log",
    "log2": "log2",
    "log10": "log10",
    "log1p": "log1p",
    "sqrt": "sqrt",
    "square": "square",
    "reciprocal": "reciprocal",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "arcsin": "arcsin",
    "arccos": "arccos",
    "arctan": "arctan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "arcsinh": "arcsinh",
    "arccosh": "arccosh",
    "arctanh": "arctanh",
    "sigmoid": "expit",
    "erf": "erf",
    "erfc": "erfc",
    "lgamma": "gammaln",
    "digamma": "psi",
    "floor": "floor",
    "ceil": "ceil",
    "trunc": "trunc",
    "fix": "trunc",
    "sign": "sign",
    "sgn": "sign",
    "isnan": "isnan",
    "isinf": "isinf",
    "isfinite": "isfinite",
    "logical_not": "logical_not",
    "bitwise_not": "invert",
    "conj": "conjugate",
    "deg2rad": "deg2rad",
    "rad2deg": "rad2deg",
}
BINARY = {
    "subtract": "subtract",
    "multiply": "multiply",
    "true_divide": "divide",
    "floor_divide": "floor_divide",
    "remainder": "remainder",
    "pow": "power",
    "float_power": "float_power",
    "maximum": "maximum",
    "minimum": "minimum",
    "fmax": "fmax",
    "fmin": "fmin",
    "atan2": "arctan2",
    "arctan2": "arctan2",
    "hypot": "hypot",
    "logaddexp": "logaddexp",
    "xlogy": "xlogy",
    "fmod": "fmod",
    "logical_and": "logical_and",
    "logical_or": "logical_or",
    "logical_xor": "logical_xor",
    "bitwise_and": "bitwise_and",
    "bitwise_or": "bitwise_or",
    "bitwise_xor": "bitwise_xor",
    "greater": "greater",
    "greater_equal": "greater_equal",
    "less": "less",
    "less_equal": "less_equal",
    "not_equal": "not_equal",
}


def value(x):
    """The engine value of a tensor, array or number, as the tape wants it recorded."""
    if isinstance(x, Handle):
        return recorded(x._value)
    return x if isinstance(x, Box) or type(x) in (int, float, bool, complex) else np.asarray(x)


def _named_binary(name, torch_name):
    def method(self, other):
        v, w = recorded(self._value), value(other)
        try:
            return wrap(getattr(op, name)(v, w))
        except ValueError as error:
            raise misfit(name, v, w, error) from None

    method.__name__ = torch_name
    return method


def scaled(other, alpha):
    v = value(other)
    return v if type(alpha) is int and alpha == 1 else op.multiply(v, alpha)


class Elementwise(Handle):
    __slots__ = ()

    def add(self, other, *, alpha=1):
        """`self + alpha * other`"""
        return wrap(op.add(recorded(self._value), scaled(other, alpha)))

    def sub(self, other, *, alpha=1):
        """`self - alpha * other`"""
        return wrap(op.subtract(recorded(self._value), scaled(other, alpha)))

    def mul(self, other):
        return wrap(op.multiply(recorded(self._value), value(other)))

    def div(self, other, *, rounding_mode: str | None = None):
        """The quotient, rounded toward zero ("trunc"), down ("floor") or not at all."""
        v, w = recorded(self._value), value(other)
        if rounding_mode is None:
            return wrap(op.divide(v, w))
        if rounding_mode == "floor":
            return wrap(op.floor_divide(v, w))
        if rounding_mode == "trunc":
            q = op.trunc(op.divide(v, w))
            both = np.result_type(v.dtype, w if not hasattr(w, "dtype") else w.dtype)
            return wrap(q if both.kind in "fc" else op.astype(q, dtype=both))
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found {rounding_mode!r}"
        )

    def rsqrt(self):
        return wrap(op.reciprocal(op.sqrt(recorded(self._value))))

    def frac(self):
        v = recorded(self._value)
        return wrap(op.subtract(v, op.trunc(v)))

    def relu(self):
        """The positive part; its derivative at 0 is 0."""
        return wrap(op.relu(recorded(self._value)))

    def logit(self, eps=None):
        x = self if eps is None else self.clamp(eps, 1 - eps)
        return wrap(op.logit(recorded(x._value)))

    def clamp(self, min=None, max=None):
        """Values below `min` become `min`, above `max`, `max`; numbers or tensors."""
        if min is None and max is None:
            raise RuntimeError("clamp: At least one of 'min' or 'max' must not be None")
        v = recorded(self._value)
        if min is not None:
            v = op.clip_low(v, value(min))
        return wrap(v if max is None else op.clip_high(v, value(max)))

    clip = clamp

    def clamp_min(self, min):
        return self.clamp(min=min)

    def clamp_max(self, max):
        return self.clamp(max=max)

    def round(self, *, decimals: int = 0):
        return wrap(op.round(recorded(self._value), decimals=decimals))

    def lerp(self, end, weight):
        """`self + weight * (end - self)`"""
        return self + weight * (end - self)

    def addcmul(self, tensor1, tensor2, *, value=1):
        """`self + value * tensor1 * tensor2`"""
        return self + value * (tensor1 * tensor2)

    def addcdiv(self, tensor1, tensor2, *, value=1):
        """`self + value * tensor1 / tensor2`"""
        return self + value * (tensor1 / tensor2)

    def masked_fill(self, mask, value):
        """`value` where `mask` is true."""
        from .functions import where

        value = value if isinstance(value, Handle) else wrap(np.asarray(value, self.dtype))
        return where(mask, value, self)

    def where(self, condition, other):
        from .functions import where

        return where(condition, self, other)

    def nan_to_num(self, nan=0.0, posinf=None, neginf=None):
        return wrap(op.nan_to_num(recorded(self._value), nan=nan, posinf=posinf, neginf=neginf))

    def heaviside(self, values):
        return wrap(op.heaviside(recorded(self._value), value(values)))

    def isclose(self, other, rtol=1e-05, atol=1e-08, equal_nan: bool = False):
        from .tape import detached

        return wrap(np.isclose(detached(self._value), detached(value(other)), rtol, atol, equal_nan))

    def allclose(self, other, rtol=1e-05, atol=1e-08, equal_nan: bool = False) -> bool:
        """Whether all elements are equal within `atol + rtol * |other|`."""
        return bool(self.isclose(other, rtol, atol, equal_nan)._value.all())

    def equal(self, other) -> bool:
        """Whether shape and all elements are the same."""
        from .tape import detached

        return np.array_equal(detached(self._value), detached(other._value))

    @property
    def real(self):
        return wrap(op.real(recorded(self._value))) if self.dtype.kind == "c" else self

    @property
    def imag(self):
        return wrap(op.imag(recorded(self._value)))

    def angle(self):
        return wrap(op.angle(recorded(self._value)))


def attach(cls):
    for torch_name, name in UNARY.items():
        method = unary(cls, name)
        method.__name__ = torch_name
        setattr(cls, torch_name, method)
    for torch_name, name in BINARY.items():
        setattr(cls, torch_name, _named_binary(name, torch_name))
    cls.divide, cls.negative = cls.div, cls.neg
