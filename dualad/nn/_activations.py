"""Activation functions, with PyTorch's names; `functional` offers them."""

from __future__ import annotations

import warnings
from math import pi, sqrt
from typing import Any

import numpy as np

from ..ops.flow import stop_value
from ._engine import Tensor, into, op, value, wrap


def relu(input: Any, inplace: bool = False) -> Tensor:
    """max(x, 0), with derivative 0 at 0."""
    return into(input, op.relu(value(input)), inplace)


def relu6(input: Any, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6)."""
    return into(input, hard_clip(value(input), 0.0, 6.0), inplace)


def hard_clip(x, low, high):
    """x between the bounds, with derivative 0 at them and beyond."""
    inside = op.logical_and(op.greater(x, low), op.less(x, high))
    return op.where(inside, x, op.clip(stop_value(x), low, high))


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x between `min_val` and `max_val`."""
    return into(input, hard_clip(value(input), min_val, max_val), inplace)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x above 0, negative_slope x below and at 0."""
    x = value(input)
    return into(input, op.where(op.greater(x, 0), x, x * negative_slope), inplace)


def prelu(input: Any, weight: Any) -> Tensor:
    """x above 0, weight x below; one weight, or one for each channel (axis 1)."""
    x, w = value(input), value(weight)
    if w.size > 1 and x.ndim > 1:
        w = w.reshape((-1,) + (1,) * (x.ndim - 2))
    return wrap(op.where(op.greater(x, 0), x, w * x))


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x above 0, alpha (eˣ − 1) below."""
    x = value(input)
    below = op.expm1(op.where(op.greater(x, 0), np.zeros((), x.dtype), x))
    return into(input, op.where(op.greater(x, 0), x, below * alpha), inplace)


def selu(input: Any, inplace: bool = False) -> Tensor:
    """`elu` with the scale that keeps mean 0 and variance 1."""
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return into(input, value(elu(input, alpha)) * scale, inplace)


def gelu(input: Any, approximate: str = "none") -> Tensor:
    """x Φ(x) with the normal distribution function Φ, or with "tanh" its approximation."""
    x = value(input)
    if approximate == "none":
        return wrap(x * 0.5 * (op.erf(x * sqrt(0.5)) + 1.0))
    if approximate == "tanh":
        return wrap(x * 0.5 * (op.tanh((x + x * x * x * 0.044715) * sqrt(2 / pi)) + 1.0))
    raise RuntimeError("approximate argument must be either none or tanh.")


def silu(input: Any, inplace: bool = False) -> Tensor:
    """x expit(x)."""
    x = value(input)
    return into(input, x * op.expit(x), inplace)


def mish(input: Any, inplace: bool = False) -> Tensor:
    """x tanh(softplus(x))."""
    x = value(input)
    return into(input, x * op.tanh(op.softplus(x)), inplace)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta x)) / beta, and x itself where beta x > threshold."""
    x = value(input)
    bent = op.softplus(x * beta) / beta
    return wrap(op.where(op.greater(x * beta, threshold), x, bent))


def softsign(input: Any) -> Tensor:
    """x / (1 + |x|)."""
    x = value(input)
    return wrap(x / (op.absolute(x) + 1))


def sigmoid(input: Any) -> Tensor:
    """1 / (1 + e⁻ˣ)."""
    return wrap(op.expit(value(input)))


def logsigmoid(input: Any) -> Tensor:
    """log(sigmoid(x)), exact in both tails."""
    return wrap(op.log_expit(value(input)))


def tanh(input: Any) -> Tensor:
    """The hyperbolic tangent."""
    return wrap(op.tanh(value(input)))


def softmax(input: Any, dim: int | None = None, dtype: Any = None) -> Tensor:
    """eˣ over its sum along `dim`."""
    x = _in_dtype(value(input), dtype)
    return wrap(op.softmax(x, axis=_implicit(dim, x.ndim, "softmax")))


def log_softmax(input: Any, dim: int | None = None, dtype: Any = None) -> Tensor:
    """The logarithm of `softmax`."""
    x = _in_dtype(value(input), dtype)
    return wrap(op.log_softmax(x, axis=_implicit(dim, x.ndim, "log_softmax")))


def _implicit(dim, ndim, name):
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an "
        "argument.",
        stacklevel=3,
    )
    return 0 if ndim in (0, 1, 3) else 1


def _in_dtype(x, dtype):
    return x if dtype is None else x.astype(np.dtype(dtype))
