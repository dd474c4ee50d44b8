"""Casts that lose something: double to single precision, complex to real, numbers to integers."""

from __future__ import annotations

import numpy as np

from ...core.space import space_of

EXPLICIT = {"real", "imag", "absolute", "angle", "vector_norm"}  # a real result is their meaning
INTEGERS = {"floor_divide", "right_shift"}


def cast_of(prim, values, outs) -> str:
    """What the results of a call have less of than its arguments; empty where nothing is lost."""
    have = [space_of(v).dtype for v in values if getattr(v, "dtype", None) is not None]
    floating = [d for d in have if d.kind in "fc"]
    given = [space_of(o).dtype for o in outs]
    if not floating or not given or prim.name in EXPLICIT:
        return ""
    widest, out = np.result_type(*floating), given[0]
    if prim.name == "astype" and out.kind in "iub":
        return f"{widest} → {out}: the derivative ends here"
    if out.kind not in "fc":
        return ""
    if widest.kind == "c" and out.kind == "f" and prim.name in ("astype", "copy", "put", "put_static"):
        return f"{widest} → {out}: the imaginary part is dropped"
    if _bytes(out) < max(map(_bytes, floating)) and len(given) == 1:
        return f"{widest} → {out}"
    return ""


def _bytes(dtype) -> int:
    return dtype.itemsize // (2 if dtype.kind == "c" else 1)
