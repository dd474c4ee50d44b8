"""Collating: a list of samples becomes one batch.

`default_collate` stacks arrays and numbers, and goes through tuples, lists and dicts. Other types join by
`register_collate`: that is how dualad's Tensor, which this module must not import, is stacked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Number
from typing import Any

import numpy as np

Stack = Callable[[list[Any]], Any]
Take = Callable[[Any, np.ndarray], Any]

_hooks: dict[type, tuple[Stack, Take | None]] = {}


def register_collate(kind: type, stack: Stack, take: Take | None = None) -> None:
    """Say how samples of a type, and of its subclasses, become a batch.

    Parameters
    ----------
    kind
        The type of a sample (or of a sample's field). A registered type goes before the built-in rules, so
        that ``numpy.ndarray`` itself may be registered.
    stack
        ``stack(samples) -> batch``.
    take
        ``take(column, indices) -> batch``: how a `TensorDataset` takes many rows of such an object at once,
        `indices` being an integer array; for an array-like type, ``lambda column, i: column[i]``. It must
        give what stacking the rows one by one gives. Without it, the rows *are* stacked one by one.
    """
    _hooks[kind] = (stack, take)


def _hook(kind: type) -> tuple[Stack, Take | None] | None:
    """The registered rule of the nearest class in the type's method resolution order."""
    if not _hooks:
        return None
    return next((_hooks[base] for base in kind.__mro__ if base in _hooks), None)


def take_rows(column: Any, indices: np.ndarray) -> Any:
    """Many rows of a column, equal to stacking them one by one."""
    hook = _hook(type(column))
    if hook is None:
        return column[indices]
    stack, take = hook
    return take(column, indices) if take else stack([column[int(i)] for i in indices])


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack samples along a new first axis.

    Parameters
    ----------
    batch
        Samples of one structure. Arrays of one shape are stacked; numbers become a one-dimensional array
        (int64, float64, bool, complex128); strings and bytes stay a list; tuples and lists become a list of
        collated fields, namedtuples a namedtuple, mappings a dict.

    Raises
    ------
    ValueError
        An empty batch, arrays that differ in shape, tuples that differ in length, dicts that differ in keys.
    TypeError
        A type without a rule.

    See Also
    --------
    register_collate : add a rule for a type.
    """
    samples = list(batch)
    if not samples:
        raise ValueError("default_collate: the batch is empty, so there is nothing to stack")
    first = samples[0]
    hook = _hook(type(first))
    if hook is not None:
        return hook[0](samples)
    if isinstance(first, (np.ndarray, np.generic, Number)):
        return _stack(samples)
    if isinstance(first, (str, bytes)):
        return samples
    if isinstance(first, Mapping):
        return _collate_mapping(samples)
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*_collate_fields(samples))
    if isinstance(first, Sequence):
        return _collate_fields(samples)
    raise TypeError(
        f"default_collate: no rule for samples of type {type(first).__name__}: return arrays, numbers, "
        "tuples or dicts from the dataset, pass collate_fn=, or add a rule with register_collate"
    )


def _stack(samples: list[Any]) -> np.ndarray:
    shapes = {np.shape(sample) for sample in samples}
    if len(shapes) > 1:
        raise ValueError(
            f"default_collate: the arrays of a batch differ in shape: {sorted(shapes)}: pad or crop them in "
            "the dataset, or pass collate_fn="
        )
    stacked = np.array(samples) if shapes == {()} else np.stack(samples)
    text_from_numbers = stacked.dtype.kind in "US" and not isinstance(samples[0], (np.ndarray, str, bytes))
    if stacked.dtype == object or text_from_numbers:
        kinds = sorted({type(sample).__name__ for sample in samples})
        raise TypeError(
            f"default_collate: samples of type {', '.join(kinds)} do not stack into one array of numbers: "
            "return arrays or numbers of one kind from the dataset, or pass collate_fn="
        )
    return stacked


def _collate_fields(samples: list[Any]) -> list[Any]:
    lengths = {len(sample) for sample in samples}
    if len(lengths) > 1:
        raise ValueError(
            f"default_collate: the samples of a batch differ in their number of fields: {sorted(lengths)}"
        )
    return [default_collate(field) for field in zip(*samples, strict=True)]


def _collate_mapping(samples: list[Any]) -> dict[Any, Any]:
    keys = samples[0].keys()
    for sample in samples:
        if sample.keys() != keys:
            raise ValueError(
                f"default_collate: the dicts of a batch differ in their keys: {list(keys)} and {list(sample)}"
            )
    return {key: default_collate([sample[key] for sample in samples]) for key in keys}
