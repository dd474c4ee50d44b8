"""dtypes are NumPy's; the default one is what `zeros`, `randn` and parameters get."""

from __future__ import annotations

import numpy as np

float16 = half = np.dtype("float16")
float32 = np.dtype("float32")
float64 = double = np.dtype("float64")
int8, int16, int32, int64 = (np.dtype(f"int{n}") for n in (8, 16, 32, 64))
uint8 = np.dtype("uint8")
bool = bool_ = np.dtype("bool")
complex64, complex128 = np.dtype("complex64"), np.dtype("complex128")

DTYPES = {
    "float16": float16,
    "half": float16,
    "float32": float32,
    "float": float32,
    "float64": float64,
    "double": float64,
    "int8": int8,
    "int16": int16,
    "int32": int32,
    "int64": int64,
    "long": int64,
    "uint8": uint8,
    "bool": bool_,
    "complex64": complex64,
    "complex128": complex128,
}

_default = [float32]


def get_default_dtype() -> np.dtype:
    """The dtype of `zeros`, `ones`, `rand`, `randn` and of parameters; float32 unless changed."""
    return _default[0]


def set_default_dtype(d) -> None:
    """Change the default dtype, for the whole process; it has to be a floating-point one."""
    d = np.dtype(d)
    if d.kind != "f":
        raise TypeError(f"only floating-point types are supported as the default type, not {d}")
    _default[0] = d


class Size(tuple):
    """The shape of a tensor: a tuple that knows its number of elements."""

    __slots__ = ()

    def numel(self) -> int:
        n = 1
        for k in self:
            n *= k
        return n

    def __repr__(self):
        return f"Size({list(self)})"

    def __add__(self, other):
        return Size(tuple.__add__(self, tuple(other)))

    def __getitem__(self, i):
        got = tuple.__getitem__(self, i)
        return Size(got) if isinstance(i, slice) else got
