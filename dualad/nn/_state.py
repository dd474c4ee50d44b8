"""`state_dict` and `load_state_dict`: names and values out, and in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .._tensor import Tensor, no_grad


class Keys(NamedTuple):
    """What `load_state_dict` did not find, and what it did not know."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"Keys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def entries(module, prefix=""):
    """Parameters and persistent buffers under all their names, shared ones included."""
    for place, m in module.named_modules(prefix=prefix.rstrip("."), remove_duplicate=False):
        start = f"{place}." if place else ""
        for name, t in m._parameters.items():
            if t is not None:
                yield start + name, t
        for name, t in m._buffers.items():
            if t is not None and name not in m._transient:
                yield start + name, t


def state_dict(module, prefix):
    return OrderedDict((name, t.detach()) for name, t in entries(module, prefix))


def load_state_dict(module, given: dict[str, Any], strict: bool) -> Keys:
    if not isinstance(given, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(given)}.")
    own = dict(entries(module))
    missing = [name for name in own if name not in given]
    unexpected = [name for name in given if name not in own]
    errors = []
    if strict and unexpected:
        errors.append(f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
    if strict and missing:
        errors.append(f"Missing key(s) in state_dict: {_quoted(missing)}. ")
    errors += [
        _mismatch(name, given[name], t)
        for name, t in own.items()
        if name in given and _differs(given[name], t)
    ]
    if errors:
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(module).__name__}:\n\t" + "\n\t".join(errors)
        )
    with no_grad():
        for name, t in own.items():
            if name in given:
                t.copy_(_tensor(given[name]))
    return Keys(missing, unexpected)


def _quoted(names):
    return ", ".join(f'"{name}"' for name in names)


def _tensor(x):
    return x.detach() if isinstance(x, Tensor) else np.asarray(x)


def _differs(x, t) -> bool:
    return not hasattr(x, "shape") or tuple(x.shape) != tuple(t.shape)


def _mismatch(name, x, t) -> str:
    if not hasattr(x, "shape"):
        return f'While copying the parameter named "{name}", expected a tensor but received {type(x)}.'
    return (
        f"size mismatch for {name}: copying a param with shape {list(x.shape)} from checkpoint, "
        f"the shape in current model is {list(t.shape)}."
    )
