"""The class `Tensor`, put together; as a pytree, and as something to copy and pickle."""

from __future__ import annotations

import numpy as np

from ..core.trace import Box, settled
from ..core.tree import register_pytree_node
from . import elementwise, inplace, operators
from .devices import CPU, is_device, on_cpu
from .devices import device as Device
from .differentiable import Differentiable
from .dtypes import bool_, float16, float32, float64, int8, int16, int32, int64, uint8
from .elementwise import Elementwise
from .engine import op
from .handle import Handle, recorded, wrap
from .indexing import Indexing
from .inplace import InPlace
from .modes import is_recording
from .printing import text
from .products import Products
from .protocols import NumPyProtocols
from .reductions import Reducing
from .shaping import Shaping
from .tape import detached, untaped, without_ended


class Tensor(Differentiable, Elementwise, Indexing, InPlace, NumPyProtocols, Products, Reducing, Shaping):
    """An array in PyTorch's manner: with `.backward()`, `.grad`, and PyTorch's methods.

    Make one with `dualad.tensor(data, dtype=None, requires_grad=False)`. `Tensor` is a pytree with one leaf,
    so functional transforms take tensors and give tensors.
    """

    __slots__ = ()
    _title = "tensor"

    @property
    def dtype(self) -> np.dtype:
        return self._value.dtype

    @property
    def device(self) -> Device:
        return CPU

    @property
    def is_cpu(self):
        return True

    @property
    def is_cuda(self):
        return False

    @property
    def itemsize(self) -> int:
        return self._value.dtype.itemsize

    element_size = lambda self: self._value.dtype.itemsize  # noqa: E731

    # ---- casts ----

    def to(self, *args, dtype=None, device=None, copy: bool = False, non_blocking: bool = False):
        """This tensor in another dtype: `t.to(float64)`, or as another tensor has it. The only device is the
        CPU."""
        for a in args:
            if isinstance(a, Handle):
                dtype = a._value.dtype
            elif is_device(a):
                device = a
            else:
                dtype = np.dtype(a)
        on_cpu(device)
        if dtype is None or np.dtype(dtype) == self._value.dtype:
            return self.clone() if copy else self
        v = recorded(self._value)
        return wrap(op.astype(v, dtype=np.dtype(dtype)) if isinstance(v, Box) else v.astype(dtype))

    def type(self, dtype=None):
        return self.dtype.name if dtype is None else self.to(dtype)

    def type_as(self, other):
        return self.to(other.dtype)

    def cpu(self):
        return self

    def cuda(self, device=None):
        on_cpu("cuda" if device is None else f"cuda:{device}")

    def float(self):
        return self.to(float32)

    def double(self):
        return self.to(float64)

    def half(self):
        return self.to(float16)

    def long(self):
        return self.to(int64)

    def int(self):
        return self.to(int32)

    def short(self):
        return self.to(int16)

    def char(self):
        return self.to(int8)

    def byte(self):
        return self.to(uint8)

    def bool(self):
        return self.to(bool_)

    def is_floating_point(self):
        return self._value.dtype.kind == "f"

    def is_complex(self):
        return self._value.dtype.kind == "c"

    # ---- new tensors like this one ----

    def new_tensor(self, data, dtype=None, requires_grad=False, *, device=None):
        on_cpu(device)
        return Tensor(data, self.dtype if dtype is None else dtype, requires_grad)

    def new_zeros(self, *size, dtype=None, device=None, requires_grad=False):
        from .creation import zeros

        return zeros(*size, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)

    def new_ones(self, *size, dtype=None, device=None, requires_grad=False):
        from .creation import ones

        return ones(*size, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)

    def new_full(self, size, fill_value, dtype=None, device=None, requires_grad=False):
        from .creation import full

        return full(size, fill_value, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)

    def new_empty(self, *size, dtype=None, device=None, requires_grad=False):
        return self.new_zeros(*size, dtype=dtype, device=device, requires_grad=requires_grad)

    # ---- printing, copying, pickling ----

    def __repr__(self):
        return text(self)

    def __format__(self, spec):
        if spec and self.numel() == 1:
            return format(self.item(), spec)
        return repr(self) if not spec else object.__format__(self, spec)

    def __copy__(self):
        t = type(self).__new__(type(self))
        t._value, t._grad, t._more = detached(self._value), None, None
        if self.requires_grad:
            self._leaf_only("copy.copy")
            t.requires_grad_()
        return t

    def __deepcopy__(self, memo):
        if id(self) in memo:
            return memo[id(self)]
        self._leaf_only("deepcopy")
        t = type(self).__new__(type(self))
        memo[id(self)] = t
        v = untaped(self._value)
        t._value, t._more = (v.copy() if isinstance(v, np.ndarray) else v), None
        t._grad = None if self._grad is None else self._grad.__deepcopy__(memo)
        if self.requires_grad:
            t.requires_grad_()
        return t

    def _leaf_only(self, what):
        if not self.is_leaf:
            raise RuntimeError(
                f"Only Tensors created explicitly by the user (graph leaves) support the {what} protocol at "
                "the moment. "
                "Use tensor.detach().clone()."
            )

    def __reduce__(self):
        self._leaf_only("pickle")
        return _rebuilt, (type(self), np.asarray(untaped(self._value)), self.requires_grad)


def _rebuilt(cls, value, requires_grad):
    t = cls.__new__(cls)
    t._value, t._grad, t._more = value, None, None
    return t.requires_grad_() if requires_grad else t


Handle.made = Tensor
elementwise.attach(Tensor)
operators.attach(Tensor)
inplace.attach(Tensor)


def _flatten(t):
    v = without_ended(settled(t._value))
    return [untaped(v) if is_recording() is False else v], None


register_pytree_node(Tensor, _flatten, lambda _, leaves: _around(leaves[0]))


def _around(v):
    """A tensor around whatever a transform puts in: an engine value, mostly."""
    t = wrap(v)
    return t
