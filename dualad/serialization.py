"""`save` and `load`: trees of tensors in one file, without pickle.

The file is a safetensors file, so that every program that knows the format can read the weights: eight bytes
with the length of a JSON header, the header, then the arrays, one after another, in C order and
little-endian. The header's free-text part carries what the format has no word for: how the tree of dicts and
lists looks, and a checksum of the arrays' bytes. Nothing in a file is ever executed.
"""

from __future__ import annotations

import json
import math
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ._tensor import Tensor
from .core.trace import Box, strip
from .data._files import write_atomically

_NAMES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
    "complex64": "C64",
    "complex128": "C128",
}
_DTYPES = {code: np.dtype(name).newbyteorder("<") for name, code in _NAMES.items()}
_METADATA = "__metadata__"
_LONGEST_HEADER = 100_000_000


class CheckpointError(ValueError):
    """A file of weights is truncated, corrupt or no such file. The message names it and the remedy."""


def save(obj: Any, path: str | os.PathLike[str]) -> None:
    """Write a tree of tensors, such as a `state_dict`, to a file, all or nothing.

    Parameters
    ----------
    obj : dict, list, tuple, Tensor, ndarray, number, str, bool or None, nested to any depth
        Keys of dicts are strings or integers.
    path : path of the file
        An existing file is replaced only when the new one is complete: on a full disk, or when the program is
        interrupted, the old file is untouched and no part of the new one remains.

    Raises
    ------
    TypeError
        `obj` holds something else; the message says where.
    OSError
        The file cannot be written; the message says why, and what to do.
    """
    arrays: dict[str, np.ndarray] = {}
    structure = _describe(obj, "", arrays)
    write_atomically(Path(os.path.realpath(path)), _encode(arrays, structure))


def load(path: str | os.PathLike[str]) -> Any:
    """What `save` wrote; of a safetensors file of another program, a dict of tensors.

    Raises
    ------
    CheckpointError
        The file is truncated, corrupt, or of another format.
    FileNotFoundError
    """
    raw = Path(path).read_bytes()
    try:
        arrays, metadata = _decode(raw)
        structure = metadata.get("dualad.structure")
        if structure is None:
            return {name: Tensor(a) for name, a in arrays.items()}
        return _rebuild(json.loads(structure), arrays)
    except _Damaged as damage:
        reason: Any = damage
    except (KeyError, IndexError, TypeError, ValueError) as error:
        reason = f"its description does not fit its content ({type(error).__name__}: {error})"
    raise CheckpointError(
        f"{os.fspath(path)} cannot be loaded: {reason}. Restore it from a copy, or save it again with "
        "dualad.save."
    )


class _Damaged(Exception):
    """What is wrong with a file, in words."""


# ---- the tree ---------------------------------------------------------------------------------------------


def _describe(obj: Any, place: str, arrays: dict[str, np.ndarray]) -> Any:
    """The tree in JSON's terms: [kind, content]; arrays are taken out into `arrays`, by their place."""
    if obj is None or isinstance(obj, (bool, str)):
        return ["is", obj]
    if isinstance(obj, np.generic):
        return ["scalar", _put(np.asarray(obj), place, arrays)]
    if isinstance(obj, int):
        return ["is", int(obj)]
    if isinstance(obj, float):
        return ["float", float(obj).hex()]
    if isinstance(obj, (Tensor, Box, np.ndarray)):
        kind = "array" if isinstance(obj, np.ndarray) else "tensor"
        return [kind, _put(strip(obj._value if isinstance(obj, Tensor) else obj), place, arrays)]
    if isinstance(obj, Mapping):
        return ["dict", [[_key(k, place), _describe(v, _join(place, k), arrays)] for k, v in obj.items()]]
    if isinstance(obj, (list, tuple)):
        kind = "list" if isinstance(obj, list) else "tuple"
        return [kind, [_describe(v, _join(place, k), arrays) for k, v in enumerate(obj)]]
    at = f" at {place!r}" if place else ""
    raise TypeError(
        f"dualad.save cannot write {type(obj).__name__}{at}: it takes tensors, arrays, numbers, strings, "
        "None, and "
        "dicts, lists and tuples of them. For a model write model.state_dict()."
    )


def _join(place: str, key: Any) -> str:
    return f"{place}.{key}" if place else str(key)


def _key(key: Any, place: str) -> Any:
    if isinstance(key, (str, int)) and not isinstance(key, bool):
        return key
    raise TypeError(
        f"dualad.save: the keys of dicts are strings or integers, not {key!r} (in {place or 'the top'})"
    )


def _put(a: np.ndarray, place: str, arrays: dict[str, np.ndarray]) -> str:
    if a.dtype.name not in _NAMES:
        raise TypeError(f"dualad.save cannot write an array of dtype {a.dtype} (at {place or 'the top'})")
    name, k = place or "value", 1
    while name in arrays or name == _METADATA:  # {"a.b": …} beside {"a": {"b": …}}
        name, k = f"{place}#{k}", k + 1
    arrays[name] = a
    return name


def _rebuild(node: Any, arrays: dict[str, np.ndarray]) -> Any:
    kind, content = node
    if kind == "is":
        return content
    if kind == "float":
        return float.fromhex(content)
    if kind == "tensor":
        return Tensor(arrays[content])
    if kind == "array":
        return arrays[content]
    if kind == "scalar":
        return arrays[content][()]
    if kind == "dict":
        return {key: _rebuild(v, arrays) for key, v in content}
    if kind == "list":
        return [_rebuild(v, arrays) for v in content]
    if kind == "tuple":
        return tuple(_rebuild(v, arrays) for v in content)
    raise _Damaged(f"it describes a {kind!r}, which this version does not know: it may need a newer dualad")


# ---- the bytes --------------------------------------------------------------------------------------------


def _encode(arrays: dict[str, np.ndarray], structure: Any) -> bytes:
    header: dict[str, Any] = {}
    chunks, start = [], 0
    for name, a in sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize):  # keeps all aligned
        code = _NAMES[a.dtype.name]
        chunk = np.ascontiguousarray(a, _DTYPES[code]).tobytes()
        header[name] = {"dtype": code, "shape": list(a.shape), "data_offsets": [start, start + len(chunk)]}
        chunks.append(chunk)
        start += len(chunk)
    data = b"".join(chunks)
    header[_METADATA] = {
        "format": "dualad",
        "dualad.structure": json.dumps(structure, separators=(",", ":")),
        "dualad.crc32": f"{zlib.crc32(data):08x}",
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def _decode(raw: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    header, data = _header(raw)
    metadata = header.pop(_METADATA, {})
    end = max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if end != len(data):
        what = "truncated" if len(data) < end else "longer than its header says"
        raise _Damaged(f"it is {what} ({len(data):,} bytes of arrays, {end:,} expected)")
    crc = metadata.get("dualad.crc32")
    if crc is not None and f"{zlib.crc32(data):08x}" != crc:
        raise _Damaged("it is corrupt: the checksum of its arrays does not agree")
    return {name: _array(name, entry, data) for name, entry in header.items()}, metadata


def _header(raw: bytes) -> tuple[dict[str, Any], memoryview]:
    if len(raw) < 8:
        raise _Damaged(f"it is truncated ({len(raw)} bytes)" if raw else "it is empty")
    length = int.from_bytes(raw[:8], "little")
    if length > _LONGEST_HEADER or (8 + length <= len(raw) and raw[8:9] != b"{"):
        raise _Damaged("it is no safetensors file (dualad.save writes one; a PyTorch .pt file is a pickle)")
    if 8 + length > len(raw):
        raise _Damaged(f"it is truncated ({len(raw):,} bytes, its header alone takes {8 + length:,})")
    try:
        header = json.loads(raw[8 : 8 + length])
    except ValueError:
        raise _Damaged("its header is corrupt") from None
    if not isinstance(header, dict):
        raise _Damaged("its header is corrupt")
    return header, memoryview(raw)[8 + length :]


def _array(name: str, entry: dict[str, Any], data: memoryview) -> np.ndarray:
    start, stop = entry["data_offsets"]
    dtype, shape = _DTYPES.get(entry["dtype"]), entry["shape"]
    if dtype is None:
        raise _Damaged(f"{name!r} is of dtype {entry['dtype']}, which NumPy does not have")
    if min([0, *shape]) < 0 or stop - start != math.prod(shape) * dtype.itemsize:
        raise _Damaged(f"{name!r} has shape {shape} and dtype {dtype}, but {stop - start:,} bytes")
    return np.frombuffer(data[start:stop], dtype).reshape(shape).astype(dtype.newbyteorder("="))
