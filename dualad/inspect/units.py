"""How shapes, dtypes, bytes, times and values are written."""

from __future__ import annotations

import numpy as np

from ..core.trace import Box

_KINDS = {"f": "f", "c": "c", "i": "i", "u": "u"}


def dtype_name(dtype) -> str:
    """`f64`, `c128`, `i32`, `bool`."""
    dtype = np.dtype(dtype)
    kind = _KINDS.get(dtype.kind)
    return f"{kind}{8 * dtype.itemsize}" if kind else dtype.name


def space_name(shape, dtype) -> str:
    """`f64[3, 4]`, and `f64` for a number."""
    inside = ", ".join(map(str, shape))
    return f"{dtype_name(dtype)}[{inside}]" if shape else dtype_name(dtype)


def size_in_bytes(shape, dtype) -> int:
    n = np.dtype(dtype).itemsize
    for k in shape:
        n *= int(k)
    return n


def in_bytes(n: float) -> str:
    """`24 B`, `1.5 kB`, `8.0 MB`: powers of ten."""
    for unit in ("B", "kB", "MB"):
        if n < 1000:
            return f"{n:.0f} B" if unit == "B" else f"{n:.1f} {unit}"
        n /= 1000
    return f"{n:.1f} GB"


def in_seconds(s: float) -> str:
    """`12.3 µs`, `4.56 ms`, `1.20 s`."""
    if s < 1e-3:
        return f"{s * 1e6:.1f} µs"
    return f"{s * 1e3:.2f} ms" if s < 1 else f"{s:.2f} s"


def count(n: int, what: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def bare(x):
    """The plain value under all boxes, without carrying out stores that wait."""
    while isinstance(x, Box):
        x = x.value
    return x


def summary(x) -> str:
    """An array in a few words: its space, and its value or range."""
    a = np.asarray(bare(x))
    if a.size == 0 or a.dtype.kind not in "fciub":
        return space_name(a.shape, a.dtype)
    if a.size <= 4:
        inside = np.array2string(a, separator=", ", precision=6).replace("\n", "")
        return f"{space_name(a.shape, a.dtype)} = {inside}"
    return f"{space_name(a.shape, a.dtype)}, {_range(a)}"


def _range(a) -> str:
    real = np.abs(a) if a.dtype.kind == "c" else a
    fine = real[np.isfinite(real)] if a.dtype.kind in "fc" else real
    parts = [f"from {fine.min():.4g} to {fine.max():.4g}"] if fine.size else []
    if a.dtype.kind in "fc":
        nans, infs = int(np.isnan(a).sum()), int(np.isinf(a).sum())
        parts += [f"{nans} NaN"] if nans else []
        parts += [f"{infs} infinite"] if infs else []
    return ", ".join(parts)
