"""In-place methods, under PyTorch's rules: `t.add_(x)`, `t += x`, `t.zero_()`.

The operation is computed as always; the handle then holds the result, cast to its own dtype. A leaf that
requires grad refuses while the tape records.
"""

from __future__ import annotations

import numpy as np

from ..core.trace import Box
from .engine import op
from .handle import Handle, recorded
from .operators import ARITHMETIC
from .views import rebind, refuse_leaf


def store(t, v, name):
    """Let `t` hold `v`, in its own shape and dtype."""
    old = t._value
    if v.shape != old.shape:
        raise RuntimeError(
            f"output with shape {list(old.shape)} doesn't match the broadcast shape {list(v.shape)} in {name}"
        )
    if v.dtype != old.dtype:
        if not np.can_cast(v.dtype, old.dtype, "same_kind"):
            raise RuntimeError(
                f"result type {v.dtype} can't be cast to the desired output type {old.dtype} in {name}"
            )
        v = op.astype(v, dtype=old.dtype) if isinstance(v, Box) else v.astype(old.dtype)
    rebind(t, v)
    return t


def from_method(name):
    """`t.name_(…)`: what `t.name(…)` computes, kept in `t`."""

    def method(self, *args, **kwargs):
        refuse_leaf(self)
        return store(self, getattr(self, name)(*args, **kwargs)._value, name + "_")

    method.__name__ = name + "_"
    method.__doc__ = f"`{name}`, in place."
    return method


def from_operator(dunder):
    def method(self, other):
        result = getattr(self, f"__{dunder}__")(other)
        if result is NotImplemented:
            return result
        refuse_leaf(self)
        return store(self, result._value, f"__i{dunder}__")

    method.__name__ = f"__i{dunder}__"
    return method


class InPlace(Handle):
    __slots__ = ()

    def copy_(self, src, non_blocking: bool = False):
        """The values of `src`, broadcast and cast."""
        refuse_leaf(self)
        old = self._value
        v = recorded(src._value) if isinstance(src, Handle) else np.asarray(src)
        if v.dtype != old.dtype:
            v = op.astype(v, dtype=old.dtype) if isinstance(v, Box) else v.astype(old.dtype)
        if v.shape != old.shape:
            v = op.broadcast_to(v, shape=old.shape)
        rebind(self, v.copy() if isinstance(v, np.ndarray) else v)
        return self

    def fill_(self, value):
        """Every element becomes `value`, a number or a 0-d tensor."""
        refuse_leaf(self)
        old = self._value
        if isinstance(value, Handle):
            if value.ndim:
                raise RuntimeError(
                    f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} "
                    "dimensions."
                )
            return self.copy_(value)
        rebind(self, np.full(old.shape, value, old.dtype))
        return self

    def zero_(self):
        return self.fill_(0)


METHODS = (
    "add sub mul div pow remainder floor_divide abs neg exp log sqrt rsqrt sin cos tan tanh sigmoid relu "
    "reciprocal square clamp clip clamp_min clamp_max floor ceil round trunc sign addcmul addcdiv lerp "
    "masked_fill scatter_add index_add index_put index_fill index_copy scatter addmm bitwise_and bitwise_or "
    "bitwise_xor logical_not logical_and logical_or tril triu nan_to_num masked_scatter cumsum cumprod erf "
    "expm1 log1p log2 log10 exp2 eq ne lt le gt ge"
).split()

ALIASES = {"subtract_": "sub_", "multiply_": "mul_", "divide_": "div_"}


def attach(cls):
    for name in METHODS:
        if hasattr(cls, name):
            setattr(cls, name + "_", from_method(name))
    for dunder in ARITHMETIC:
        setattr(cls, f"__i{dunder}__", from_operator(dunder))
    for alias, name in ALIASES.items():
        setattr(cls, alias, getattr(cls, name))
