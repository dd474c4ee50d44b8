"""Activations as layers. The formulas are in `functional`."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor, full
from . import functional as F
from .module import Module
from .parameter import Parameter


class _Activation(Module):
    """A function of the input with the attributes named in `_options` as keywords."""

    _function: Any
    _options: tuple[str, ...] = ()

    def forward(self, input: Any) -> Tensor:
        return type(self)._function(input, **{name: getattr(self, name) for name in self._options})

    def extra_repr(self) -> str:
        shown = [(name, getattr(self, name)) for name in self._options]
        return ", ".join(f"{name}={v!r}" for name, v in shown if name != "inplace" or v)


class ReLU(_Activation):
    """max(x, 0)."""

    _function, _options = staticmethod(F.relu), ("inplace",)

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Tensor:
        return F.relu(input, self.inplace)


class ReLU6(_Activation):
    """min(max(x, 0), 6)."""

    _function, _options = staticmethod(F.relu6), ("inplace",)

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace


class Hardtanh(_Activation):
    """x between `min_val` and `max_val`."""

    _function, _options = staticmethod(F.hardtanh), ("min_val", "max_val", "inplace")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
        super().__init__()
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace


class LeakyReLU(_Activation):
    """x above 0, negative_slope x below."""

    _function, _options = staticmethod(F.leaky_relu), ("negative_slope", "inplace")

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace


class PReLU(Module):
    """x above 0, weight x below, with a learned weight, or one for each channel."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, device: Any = None, dtype: Any = None):
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = Parameter(full((num_parameters,), init, dtype=dtype, device=device))

    def forward(self, input: Any) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class ELU(_Activation):
    """x above 0, alpha (eˣ − 1) below."""

    _function, _options = staticmethod(F.elu), ("alpha", "inplace")

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__()
        self.alpha, self.inplace = alpha, inplace


class SELU(_Activation):
    """ELU with the scale that keeps mean 0 and variance 1."""

    _function, _options = staticmethod(F.selu), ("inplace",)

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace


class GELU(_Activation):
    """x Φ(x), or its tanh approximation."""

    _function, _options = staticmethod(F.gelu), ("approximate",)

    def __init__(self, approximate: str = "none"):
        super().__init__()
        self.approximate = approximate


class SiLU(_Activation):
    """x expit(x)."""

    _function, _options = staticmethod(F.silu), ("inplace",)

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace


class Mish(_Activation):
    """x tanh(softplus(x))."""

    _function, _options = staticmethod(F.mish), ("inplace",)

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace


class Softplus(_Activation):
    """log(1 + exp(beta x)) / beta."""

    _function, _options = staticmethod(F.softplus), ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        super().__init__()
        self.beta, self.threshold = beta, threshold


class Softsign(_Activation):
    """x / (1 + |x|)."""

    _function = staticmethod(F.softsign)


class Sigmoid(_Activation):
    """1 / (1 + e⁻ˣ)."""

    _function = staticmethod(F.sigmoid)


class LogSigmoid(_Activation):
    """log(sigmoid(x))."""

    _function = staticmethod(F.logsigmoid)


class Tanh(_Activation):
    """The hyperbolic tangent."""

    _function = staticmethod(F.tanh)


class Softmax(_Activation):
    """eˣ over its sum along `dim`."""

    _function, _options = staticmethod(F.softmax), ("dim",)

    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim


class LogSoftmax(_Activation):
    """The logarithm of softmax along `dim`."""

    _function, _options = staticmethod(F.log_softmax), ("dim",)

    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim
