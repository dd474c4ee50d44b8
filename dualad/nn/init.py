"""Initialisation in place, with PyTorch's names and formulas.

References
----------
xavier: Glorot and Bengio, AISTATS 2010. kaiming: He, Zhang, Ren and Sun, arXiv:1502.01852. orthogonal: Saxe,
McClelland and Ganguli, arXiv:1312.6120.
"""

from __future__ import annotations

from math import prod, sqrt

import numpy as np

from .._tensor import Tensor, default_generator, no_grad

_LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which a nonlinearity shrinks the standard deviation of what passes."""
    if nonlinearity in _LINEAR or nonlinearity == "sigmoid":
        return 1.0
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return sqrt(2.0)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator=None) -> Tensor:
    """Uniform on [a, b)."""
    u = _draw(tensor, "random", generator)
    u *= b - a
    u += a
    return _set(tensor, u)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator=None) -> Tensor:
    """Normal of this mean and standard deviation."""
    z = _draw(tensor, "standard_normal", generator)
    z *= std
    z += mean
    return _set(tensor, z)


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator=None
) -> Tensor:
    """Normal, cut to [a, b]: what falls outside is drawn again through the inverse distribution function."""
    from scipy.special import ndtr, ndtri

    low, high = ndtr((a - mean) / std), ndtr((b - mean) / std)
    u = (generator or default_generator).draw("random", tuple(tensor.shape))
    x = ndtri(low + (high - low) * u) * std + mean
    return _set(tensor, np.clip(x, a, b))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """`val` everywhere."""
    return _set(tensor, np.full(tuple(tensor.shape), val, tensor.dtype))


def ones_(tensor: Tensor) -> Tensor:
    """Ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros."""
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity, of a matrix of any shape."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _set(tensor, np.eye(*tensor.shape, dtype=tensor.dtype))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator=None) -> Tensor:
    """Uniform, of standard deviation gain √(2 / (fan_in + fan_out))."""
    fan_in, fan_out = fans(tensor)
    bound = sqrt(3.0) * gain * sqrt(2.0 / (fan_in + fan_out))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator=None) -> Tensor:
    """Normal, of standard deviation gain √(2 / (fan_in + fan_out))."""
    fan_in, fan_out = fans(tensor)
    return normal_(tensor, 0.0, gain * sqrt(2.0 / (fan_in + fan_out)), generator)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator=None
) -> Tensor:
    """Uniform, of standard deviation gain / √fan, where `a` is the slope of a leaky ReLU."""
    bound = sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator=None
) -> Tensor:
    """Normal, of standard deviation gain / √fan, where `a` is the slope of a leaky ReLU."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1.0, generator=None) -> Tensor:
    """Orthonormal rows (or columns) of the tensor seen as a matrix, times `gain`."""
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    rows = tensor.shape[0]
    columns = prod(tensor.shape[1:])
    z = (generator or default_generator).draw("standard_normal", (max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(z)
    q *= np.sign(np.diag(r))
    return _set(tensor, gain * (q if rows >= columns else q.T).reshape(tuple(tensor.shape)))


def fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out): how many inputs an output of the weights sees, and the other way round."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    window = prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def reset_affine(weight: Tensor, bias: Tensor | None) -> None:
    """The initialisation of `Linear` and `Conv2d`: both uniform on ±1 / √fan_in, as PyTorch has it."""
    kaiming_uniform_(weight, a=sqrt(5))
    if bias is not None:
        fan_in, _ = fans(weight)
        bound = 1 / sqrt(fan_in) if fan_in > 0 else 0.0
        uniform_(bias, -bound, bound)


def _kaiming_std(tensor, a, mode, nonlinearity):
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / sqrt(fan) if fan else 0.0


def _draw(tensor, method, generator):
    dtype = tensor.dtype if tensor.dtype in (np.float32, np.float64) else np.dtype(float)
    return np.asarray((generator or default_generator).draw(method, tuple(tensor.shape), dtype=dtype))


def _set(tensor, values):
    with no_grad():
        return tensor.copy_(values)
