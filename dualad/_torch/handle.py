"""The body of a tensor: a handle around an engine value.

`_value` is a plain array (or NumPy scalar), a variable of the ambient tape, or a box of a running transform.
In-place operations give the handle another value and leave the old one alone, so nothing that a tape has
saved is ever overwritten. What few tensors have (hooks, views, a base) stands in `_more`, so that making a
handle is three stores.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..core.reverse import Var
from ..core.trace import Box, new, settled
from ..numpy.protocols import plain_value
from .hooks import inner
from .modes import is_recording
from .tape import Tape, detached, is_taped, leaf_var, on_tape, pull_tensor_leaf, untaped
from .typed import Typed

ndarray = np.ndarray


class More:
    """What few tensors have."""

    __slots__ = ("base", "data_only", "kept", "kind", "post", "views")

    def __init__(self):
        self.base = self.kind = None  # of a view: what it is a view of, and how
        self.data_only = False  # the view shares values, not derivatives
        self.views = None  # weak references to the views of this tensor
        self.post = None  # hooks after the accumulation of a gradient
        self.kept = False  # retain_grad


def _without_trace(v, doing):
    """`v` as it is, or the error where it has a derivative that Python numbers would lose."""
    if not isinstance(v, Box):
        return v
    return plain_value(v, doing, "If the derivative is not wanted, call it on t.detach().")


class Handle(Typed):
    __slots__ = ("__weakref__", "_grad", "_more", "_value")

    _value: Any
    _grad: Any
    _more: Any

    # NumPy leaves `array * tensor` to the tensor; see protocols.
    __array_priority__ = 1000

    made: ClassVar[type]  # the public class; `tensor.py` sets it

    def __init__(self, data=(), dtype=None, requires_grad: bool = False):
        self._value = _fresh(data, dtype)
        self._grad = self._more = None
        if requires_grad:
            self.requires_grad_()

    @property
    def more(self) -> More:
        more = self._more
        if more is None:
            more = self._more = More()
        return more

    # ---- requires_grad, leaves, gradients ----

    @property
    def requires_grad(self) -> bool:
        v = self._value
        return type(v) is not ndarray and is_taped(v)

    @requires_grad.setter
    def requires_grad(self, flag):
        self.requires_grad_(flag)

    def requires_grad_(self, requires_grad: bool = True):
        """Make a leaf of this tensor, or of a leaf a plain tensor, and return it."""
        v = self._value
        if requires_grad and not is_taped(v):
            if v.dtype.kind not in "fc":
                raise RuntimeError(
                    "only Tensors of floating point and complex dtype can require gradients; this one is "
                    f"{v.dtype}. "
                    "Cast it first, with .float() for instance"
                )
            if isinstance(v, np.generic):
                v = np.asarray(v)
            self._value = leaf_var(self, untaped(v))
        elif not requires_grad and is_taped(v):
            if not self.is_leaf:
                raise RuntimeError(
                    "you can only change requires_grad flags of leaf variables. If you want to use a "
                    "computed "
                    "variable in a subgraph that doesn't require differentiation use var_no_grad = "
                    "var.detach()."
                )
            self._value = untaped(v)
        return self

    @property
    def is_leaf(self) -> bool:
        v = self._value
        if not is_taped(v):
            return True
        return type(v) is Var and type(v.owner) is Tape and is_leaf_node(v.aux)

    @property
    def grad(self):
        """The gradient that `backward` has accumulated here, or None."""
        return self._grad

    @grad.setter
    def grad(self, g):
        if g is not None:
            if not isinstance(g, Handle):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type {type(g).__name__}"
                )
            if g._value.shape != self._value.shape or g._value.dtype != self._value.dtype:
                raise RuntimeError(
                    f"assigned grad has data of a different size or type: {tuple(g.shape)} {g.dtype}, the "
                    "tensor is "
                    f"{tuple(self.shape)} {self.dtype}"
                )
        self._grad = g

    def set_data(self, v):
        """Another engine value for this handle; what it is on the tape (a leaf, a result) stays as it was."""
        old = self._value
        if isinstance(old, Box) and old.transparent and type(old.value) is Var:
            v = np.asarray(v) if isinstance(v, np.generic) else v
            self._value = old.owner.watched(on_tape(v, old.value), old.aux)
            return
        if type(old) is Var and type(old.owner) is Tape:
            same = v.shape == old.value.shape and v.dtype == old.value.dtype
            v = np.asarray(v) if isinstance(v, np.generic) else v
            if same and not isinstance(v, Box) and not isinstance(old.value, Box):
                v = on_tape(v, old)
            elif is_leaf_node(old.aux):
                v = leaf_var(self, v)
            else:
                v = on_tape(v, old)
        self._value = v

    # ---- NumPy, Python ----

    def numpy(self, *, force: bool = False):
        """The values as a NumPy array, which shares their memory."""
        if self.requires_grad:
            if not force:
                raise RuntimeError(
                    "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
                )
            return self.detach().numpy()
        v = settled(self._value)
        if type(v) is not ndarray:
            v = np.asarray(v)  # a box of a transform raises here, and says what to do
            if not isinstance(self._value, Box):
                self._value = v
        return v

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def item(self):
        """The value of a tensor of one element as a Python number."""
        v = untaped(self._value)
        if v.size != 1:
            raise RuntimeError(f"a Tensor with {v.size} elements cannot be converted to Scalar")
        return _without_trace(v, "t.item()").item()

    def tolist(self):
        """Nested lists of Python numbers."""
        return _without_trace(untaped(self._value), "t.tolist()").tolist()

    def __bool__(self):
        v = untaped(self._value)
        if v.size != 1:
            raise RuntimeError(
                f"Boolean value of Tensor with {'no values' if not v.size else 'more than one value'} is "
                "ambiguous"
            )
        return bool(v.reshape(()) if v.ndim else v)

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __complex__(self):
        return complex(self.item())

    def __index__(self):
        v = untaped(self._value)
        if v.dtype.kind not in "iub" or v.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(v.item())

    def __len__(self):
        shape = self._value.shape
        if not shape:
            raise TypeError("len() of a 0-d tensor")
        return shape[0]

    def __hash__(self):
        return id(self)

    # ---- copies ----

    def detach(self):
        """The same values without their derivative. Writing to the one writes to the other."""
        from .views import DETACHED, view

        return view(self, detached(self._value), DETACHED, None, True)

    def detach_(self):
        self._value = detached(self._value)
        return self

    @property
    def data(self):
        return self.detach()

    @data.setter
    def data(self, value):
        v = detached(value._value) if isinstance(value, Handle) else np.asarray(value)
        self.set_data(v)


def is_leaf_node(node) -> bool:
    return inner(node)[1] is pull_tensor_leaf


def _fresh(data, dtype):
    """An engine value of its own, copied from what was given."""
    if isinstance(data, Handle):
        v = detached(data._value)
        if dtype is not None and v.dtype != dtype:
            v = v.astype(dtype)
        return v.copy()
    a = np.array(data, dtype=dtype)
    if a.dtype.kind not in "fiubc":
        raise TypeError(f"a tensor holds numbers; {type(data).__name__} gives an array of {a.dtype}")
    return a


def wrap(v):
    """A tensor around an engine value."""
    t = new(Handle.made)
    t._value = v
    t._grad = t._more = None
    return t


def recorded(v):
    """A value as an operation should see it: without its tape where grad mode is off."""
    return v if is_recording() else seen(v)


def seen(v):
    """The same, where the tape does not simply record: it is off, or somebody looks on."""
    mode = is_recording()
    return untaped(v) if mode is False else mode.seen(v)


Handle.made = Handle
