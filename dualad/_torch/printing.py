"""How a tensor is printed: PyTorch's way. The dtype is named where reading the text back would give
another."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.describe import layers
from ..core.trace import Box, strip
from .tape import untaped


def text(t) -> str:
    v = t._value
    a = np.asarray(strip(v))
    parts = [numbers(a)]
    if a.size == 0 and a.ndim != 1:
        parts.append(f"size={tuple(a.shape)}")
    if a.dtype.name not in ("float64", "int64", "bool", "complex128"):
        parts.append(f"dtype={a.dtype.name}")
    bare = untaped(v)
    if isinstance(bare, Box):
        parts += layers(bare)
    if t.requires_grad:
        parts.append("requires_grad=True" if t.is_leaf else f"grad_fn={t.grad_fn!r}")
    return f"{t._title}({', '.join(parts)})"


def numbers(a) -> str:
    if a.size == 0:
        return np.array2string(a, separator=", ") if a.ndim == 1 else "[]"
    form: Any = {"float_kind": _floats(a)} if a.dtype.kind == "f" else {}
    return np.array2string(
        a, separator=", ", prefix="tensor(", formatter=form or None, precision=4, threshold=1000
    )


def _floats(a):
    """One format for all: integers as `1.`, else four decimals, or exponents where those would mislead."""
    finite = np.abs(a[np.isfinite(a)].astype(float))
    finite = finite[finite != 0]
    if not finite.size:
        spec = "{:.0f}."
    elif (finite == np.ceil(finite)).all() and finite.max() < 1e8:
        spec = "{:.0f}."
    elif finite.max() / finite.min() > 1000 or finite.max() > 1e8 or finite.min() < 1e-4:
        spec = "{:.4e}"
    else:
        spec = "{:.4f}"
    width = max(len(_one(spec, x)) for x in a.ravel()[:1000])
    return lambda x: _one(spec, x).rjust(width)


def _one(spec, x):
    return spec.format(x) if np.isfinite(x) else str(float(x))
