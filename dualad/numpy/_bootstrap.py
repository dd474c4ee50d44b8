"""The methods and operators of dualad arrays: those of `ndarray`, by the primitives.

They are attached to `Box`, which the core defines without knowing any primitive.
"""

from __future__ import annotations

from ..core.elementwise import as_operator
from ..core.space import face
from ..core.trace import Box

_BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "matmul": "matmul",
}
_COMPARE = {"eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}
_UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute"}


def attach_operators():
    from ..core.primitive import REGISTRY

    for dunder, name in _BINARY.items():
        if name in REGISTRY:
            op = REGISTRY[name].face
            if REGISTRY[name].elementwise:
                setattr(Box, f"__{dunder}__", as_operator(op))
                setattr(Box, f"__r{dunder}__", as_operator(op, reflected=True))
            else:
                setattr(Box, f"__{dunder}__", op)
                setattr(Box, f"__r{dunder}__", lambda x, y, op=op: op(y, x))
    for dunder, name in _COMPARE.items():
        if name in REGISTRY:
            setattr(Box, f"__{dunder}__", as_operator(REGISTRY[name].face))
    for dunder, name in _UNARY.items():
        if name in REGISTRY:
            setattr(Box, f"__{dunder}__", REGISTRY[name].face)
    Box.__hash__ = None


def _sum(self, axis=None, keepdims=False):
    return face("sum")(self, axis=axis, keepdims=keepdims)


def _reshape(self, *shape):
    shape = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    return face("reshape")(self, shape=tuple(shape))


def _astype(self, dtype):
    return face("astype")(self, dtype=dtype)


def _transpose(self, *axes):
    axes = axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))) else axes
    return face("transpose")(self, axes=tuple(axes) if axes else None)


Box.sum, Box.reshape, Box.astype, Box.transpose = _sum, _reshape, _astype, _transpose
Box.T = property(lambda self: face("transpose")(self, axes=None))
Box.real = property(lambda self: face("real")(self))
Box.imag = property(lambda self: face("imag")(self))
Box.conj = lambda self: face("conjugate")(self)
def _gi(self, i):
    from ..ops.index import getitem
    return getitem(self, i)


Box.__getitem__ = _gi
Box.__array_ufunc__ = None  # replaced by dualad.numpy.protocols
