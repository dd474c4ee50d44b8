"""Between tensors and the engine: values in, a tensor out."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._tensor import Tensor
from .._torch.elementwise import value as value
from .._torch.engine import op as op
from .._torch.handle import wrap as wrap
from .._torch.tape import untaped
from ..core.batch import Batched
from ..core.trace import Box, settled


def constant(x: Any) -> Any:
    """The value of labels, masks, weights: without the tape of `backward`."""
    return untaped(value(x))


def integers(x: Any) -> np.ndarray:
    """The plain integers in a tensor or array."""
    return np.asarray(constant(x))


def pair(x: Any, name: str) -> tuple[int, int]:
    """A number twice, or two numbers."""
    if isinstance(x, (int, np.integer)):
        return int(x), int(x)
    values = tuple(int(k) for k in x)
    if len(values) == 1:
        return values * 2
    if len(values) != 2:
        raise ValueError(f"{name} must be an int or a tuple of two ints, but got {x!r}")
    return values


def as_tensor(x: Any) -> Tensor:
    """A tensor as it is; an array or traced value in a handle."""
    return x if isinstance(x, Tensor) else wrap(value(x))


def into(input: Any, v: Any, inplace: bool) -> Tensor:
    """The result `v` as a new tensor, or in the place of the input."""
    return input.copy_(wrap(v)) if inplace else wrap(v)


def has_rows_of_vmap(v: Any) -> bool:
    """Whether a value is a batch of `vmap` at some level."""
    while isinstance(v, Box):
        settled(v)
        if isinstance(v, Batched):
            return True
        v = v.value
    return False


__all__ = [
    "Tensor",
    "as_tensor",
    "constant",
    "has_rows_of_vmap",
    "integers",
    "into",
    "op",
    "pair",
    "value",
    "wrap",
]
