"""What `dualad.numpy.__array_namespace_info__()` tells: devices, dtypes, capabilities.

NumPy has the same from 2.1 on (https://data-apis.org/array-api/latest/API_specification/inspection.html).
"""

from __future__ import annotations

import numpy as np

_KINDS = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
_KINDS["integral"] = _KINDS["signed integer"] + _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] + _KINDS["real floating"] + _KINDS["complex floating"]
_DEFAULTS = {
    "real floating": "float64",
    "complex floating": "complex128",
    "integral": np.dtype(np.intp).name,
    "indexing": np.dtype(np.intp).name,
}


def unknown_device(device) -> ValueError:
    return ValueError(f"there is no device {device!r}: the one device of dualad arrays is 'cpu'")


def check_device(device) -> None:
    if device not in (None, "cpu"):
        raise unknown_device(device)


class NamespaceInfo:
    """Devices, dtypes and capabilities of `dualad.numpy`, with the standard's names."""

    def capabilities(self) -> dict:
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        return "cpu"

    def devices(self) -> list[str]:
        return ["cpu"]

    def default_dtypes(self, *, device=None) -> dict[str, np.dtype]:
        """The dtype of Python floats, complex numbers and integers, and of indices."""
        check_device(device)
        return {kind: np.dtype(name) for kind, name in _DEFAULTS.items()}

    def dtypes(self, *, device=None, kind=None) -> dict[str, np.dtype]:
        """All dtypes, those of a kind, or those of any kind in a tuple."""
        check_device(device)
        kinds = (kind,) if isinstance(kind, str) else ("bool", "numeric") if kind is None else kind
        unknown = [k for k in kinds if k not in _KINDS]
        if unknown:
            raise ValueError(f"there is no kind of dtypes {unknown[0]!r}; known are {', '.join(_KINDS)}")
        return {name: np.dtype(name) for k in kinds for name in _KINDS[k]}
