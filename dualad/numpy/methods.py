"""The methods and operators of dualad arrays: those of `ndarray`, by the functions beside this file.

They are attached to `Box`, which the core defines without knowing any primitive.
"""

from __future__ import annotations

import numpy as np

from ..core.elementwise import as_operator, is_foreign
from ..core.errors import MissingRule, at_user_line
from ..core.forward import Dual
from ..core.primitive import REGISTRY
from ..core.reverse import Var
from ..core.trace import Box, Const, as_const, strip
from ..ops.index import getitem
from . import creation, products, reductions, selecting, shaping, stores
from .protocols import missing_attribute
from .replacing import cycled
from .sparse_products import product, product_from_left
from .values import on_values

_BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}
_COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
_UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}


def _is_own(y) -> bool:
    return isinstance(y, (Box, np.ndarray)) or not is_foreign(y, y)


def _attach_operators():
    for dunder, name in _BINARY.items():
        op = REGISTRY[name].face
        setattr(Box, f"__{dunder}__", as_operator(op))
        setattr(Box, f"__r{dunder}__", as_operator(op, reflected=True))
    Box.__pow__ = _squares_first(Box.__pow__)
    for dunder, name in _COMPARISONS.items():
        setattr(Box, f"__{dunder}__", as_operator(REGISTRY[name].face))
    for dunder, name in _UNARY.items():
        setattr(Box, f"__{dunder}__", REGISTRY[name].face)
    matmul = REGISTRY["matmul"].face
    Box.__matmul__ = lambda x, y: matmul(x, y) if _is_own(y) else product_from_left(x, y)
    Box.__rmatmul__ = lambda x, y: matmul(y, x) if _is_own(y) else product(y, x)
    Box.__divmod__ = lambda x, y: (x // y, x % y)
    Box.__rdivmod__ = lambda x, y: (y // x, y % x)
    Box.__hash__ = None


def _squares_first(power):
    """`x ** y`, where the commonest exponent is not looked at again in every rule."""
    square = REGISTRY["square"].face

    def __pow__(x, y, /):
        t = type(y)
        if t is int or t is float:
            if y == 2 and (type(x) is Var or type(x) is Dual):
                return square(x)
            if type(x) is Const:  # NumPy's `**` has roads of its own, with dtypes of their own
                return as_const(x.value**y)
        return power(x, y)

    return __pow__


def _attach_in_place():
    """`x += y` rebinds the box itself, as an ndarray would change itself: other names of it see the change.

    A number is no array: there it makes a new one.
    """
    for dunder, name in {**_BINARY, "matmul": "matmul"}.items():
        setattr(Box, f"__i{dunder}__", _in_place(REGISTRY[name].face))


def _in_place(op):
    def method(self, other):
        out = op(self, other)
        if self.shape == () and not (_is_0d_array(strip(self)) or getattr(self, "view_of", None)):
            return out
        if out.dtype != self.dtype and not np.can_cast(out.dtype, self.dtype, "same_kind"):
            raise TypeError(
                f"an operator in place cannot make {out.dtype} of an array of {self.dtype}{at_user_line()}; "
                f"write x = x + y for x += y, or make the array with dtype={out.dtype}"
            )
        self[...] = out
        return self

    return method


def _is_0d_array(value):
    return isinstance(value, np.ndarray) and value.ndim == 0


def _shape_of(args):
    return args[0] if len(args) == 1 and not isinstance(args[0], (int, np.integer)) else args


def _reshape(self, *shape, order="C", copy=None):
    return shaping.reshape(self, _shape_of(shape), order, copy=copy)


def _transpose(self, *axes):
    axes = _shape_of(axes) if axes else None
    return shaping.transpose(self, axes)


def _astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
    return shaping.as_type(self, dtype, order, copy)


def _copy(self, order="C"):
    return creation.copied(self, order)


def _conj(self):
    """As in NumPy, a real array is its own conjugate."""
    return REGISTRY["conjugate"].face(self) if self.dtype.kind == "c" else self


def _flatten(self, order="C"):
    return creation.copied(shaping.ravel(self, order))


def _sort(self, axis=-1, kind=None, order=None, *, stable=None):
    self[...] = selecting.sort(self, axis, kind, order, stable=stable)


def _fill(self, value):
    self[...] = value


def _partition(self, kth, axis=-1, kind="introselect", order=None):
    self[...] = np.partition(self, kth, axis, kind, order)


def _view(self, dtype=None, type=None):
    if type is not None or (dtype is not None and np.dtype(dtype) != self.dtype):
        raise missing_view(dtype if type is None else type)
    return self[...]


def missing_view(kind):
    return MissingRule(
        f"x.view({kind}) reads memory as something else{at_user_line()}, which has no derivative; write x.astype(…)"
    )


def _setflags(self, write=None, align=None, uic=None):
    if write is False:
        raise ValueError("a dualad array cannot be made read-only; its stores rebind it and harm nobody")


def _value_method(name):
    """A method whose result has no derivative: that of the plain value."""

    def method(self, *args, **kwargs):
        return on_values(getattr(np, name), self, *args, **kwargs)

    method.__name__ = name
    return method


def _np_method(function):
    """A method that is a NumPy function of the array, by NumPy's dispatch."""

    def method(self, *args, **kwargs):
        return function(self, *args, **kwargs)

    method.__name__ = function.__name__
    return method


def _at(self):
    """`x.at[i].set(v)` and its like, which return a changed copy."""
    from .at import At

    return At(self)


_METHODS = {
    **{
        name: getattr(reductions, name)
        for name in "sum prod mean max min var std cumsum cumprod any all argmax argmin".split()
    },
    **{name: getattr(shaping, name) for name in "ravel swapaxes squeeze repeat diagonal".split()},
    **{name: getattr(selecting, name) for name in "clip take argsort argpartition round".split()},
    **{name: _np_method(getattr(np, name)) for name in "choose put trace".split()},
    **{name: _value_method(name) for name in "nonzero searchsorted".split()},
    "dot": products.dot,
    "compress": lambda self, condition, axis=None, out=None: np.compress(condition, self, axis, out),
    "copy": _copy,
    "reshape": _reshape,
    "transpose": _transpose,
    "astype": _astype,
    "flatten": _flatten,
    "sort": _sort,
    "partition": _partition,
    "fill": _fill,
    "setflags": _setflags,
    "view": _view,
    "conj": _conj,
    "conjugate": _conj,
    "__getitem__": getitem,
    "__setitem__": stores.setitem,
    "T": property(lambda self: shaping.transpose(self)),
    "mT": property(lambda self: shaping.matrix_transpose(self)),
    "at": property(_at),
    "flat": property(stores.flat, lambda self, v: stores.flat(self).__setitem__(..., cycled(v, self.size))),
    "itemsize": property(lambda self: self.dtype.itemsize),
    "nbytes": property(lambda self: self.size * self.dtype.itemsize),
    "device": property(lambda self: "cpu"),
}


def _real_part(name):
    """`x.real`, and `x.real = v`, which stores."""

    def store(self, value):
        value = value if name == "real" else self.real + 1j * value
        self[...] = value + 1j * self.imag if name == "real" and self.dtype.kind == "c" else value

    return property(lambda self: stores.part(self, name), store)


for _name, _method in _METHODS.items():
    setattr(Box, _name, _method)
Box.real, Box.imag = _real_part("real"), _real_part("imag")
_attach_operators()
_attach_in_place()
for _name in dir(np.ndarray):
    if not _name.startswith("__") and not hasattr(Box, _name):
        setattr(Box, _name, missing_attribute(_name))
