"""Tensors from data, and tensors full of something."""

from __future__ import annotations

from typing import Any

import numpy as np

from .devices import on_cpu
from .dtypes import get_default_dtype
from .handle import Handle, wrap
from .shaping import ints
from .tape import detached, untaped
from .tensor import Tensor


def made(array, requires_grad, device=None):
    on_cpu(device)
    t = wrap(array)
    return t.requires_grad_() if requires_grad else t


def tensor(data, dtype=None, requires_grad: bool = False, *, device=None) -> Tensor:
    """A tensor with a copy of `data`: numbers, nested lists, arrays, tensors.

    Python floats become float64, as in NumPy; give `dtype` for another.
    """
    on_cpu(device)
    return Tensor(_nested(data), dtype, requires_grad)


def _nested(data):
    if isinstance(data, (list, tuple)) and any(isinstance(x, (Handle, list, tuple)) for x in data):
        return [_nested(x) for x in data]
    if isinstance(data, Handle):
        return detached(data._value)
    return data


def as_tensor(data: Any, dtype=None, device=None) -> Any:
    """`data` itself if it is a tensor of that dtype; else a tensor that shares its memory where it can."""
    on_cpu(device)
    if isinstance(data, Handle):
        return data if dtype is None else data.to(dtype)
    return from_numpy(np.asarray(_nested(data), dtype=dtype))


def from_numpy(array) -> Tensor:
    """A tensor that shares the memory of a NumPy array. In-place operations on it make a new array."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    if array.dtype.kind not in "fiubc":
        raise TypeError(f"can't convert np.ndarray of type {array.dtype}: a tensor holds numbers")
    return wrap(array)


def zeros(*size, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """Zeros, of the default dtype unless told otherwise."""
    return made(np.zeros(ints(size), dtype or get_default_dtype()), requires_grad, device)


def ones(*size, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """Ones, of the default dtype unless told otherwise."""
    return made(np.ones(ints(size), dtype or get_default_dtype()), requires_grad, device)


def empty(*size, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """A tensor whose values nobody has set."""
    return made(np.empty(ints(size), dtype or get_default_dtype()), requires_grad, device)


def full(size, fill_value, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """`fill_value` everywhere; floats in the default dtype."""
    size = (size,) if isinstance(size, int) else tuple(size)
    value = untaped(fill_value._value) if isinstance(fill_value, Handle) else fill_value
    if dtype is None and isinstance(value, float):
        dtype = get_default_dtype()
    return made(np.full(size, value, dtype), requires_grad, device)


def eye(n: int, m: int | None = None, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """Ones on the diagonal."""
    return made(np.eye(n, m, dtype=dtype or get_default_dtype()), requires_grad, device)


def arange(start, end=None, step=1, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """Numbers from `start` up to, without, `end`; integers are int64, floats of the default dtype."""
    if end is None:
        start, end = 0, start
    start, end, step = (x.item() if isinstance(x, Handle) else x for x in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtype is None:
        dtype = get_default_dtype() if any(isinstance(x, float) for x in (start, end, step)) else np.int64
    return made(np.arange(start, end, step).astype(dtype), requires_grad, device)


def linspace(start, end, steps: int, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """`steps` numbers, evenly spaced, both ends among them."""
    start, end = (x.item() if isinstance(x, Handle) else x for x in (start, end))
    return made(np.linspace(start, end, steps, dtype=dtype or get_default_dtype()), requires_grad, device)


def logspace(
    start, end, steps: int, base: float = 10.0, *, dtype=None, device=None, requires_grad: bool = False
) -> Tensor:
    return made(
        np.logspace(start, end, steps, base=base, dtype=dtype or get_default_dtype()), requires_grad, device
    )


def _like(function):
    def method(input, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
        return function(input.shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)

    method.__name__ = function.__name__ + "_like"
    method.__doc__ = f"`{function.__name__}`, of the shape and dtype of `input`."
    return method


zeros_like, ones_like, empty_like = map(_like, (zeros, ones, empty))


def full_like(input, fill_value, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """`full`, of the shape and dtype of `input`."""
    return full(
        input.shape, fill_value, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad
    )


def complex(real, imag) -> Tensor:
    """A complex tensor of its two parts."""
    return real + 1j * imag


def tril_indices(row: int, col: int, offset: int = 0) -> Tensor:
    return wrap(np.stack(np.tril_indices(row, offset, col)))


def triu_indices(row: int, col: int, offset: int = 0) -> Tensor:
    return wrap(np.stack(np.triu_indices(row, offset, col)))
