"""Draws with tensors for parameters give tensors, on the tape of `backward`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.errors import MissingRule, at_user_line


def taking_tensors(method: Callable) -> Callable:
    """The method of a generator, which also takes tensors where it takes arrays."""

    @functools.wraps(method)
    def call(self, *args, **keywords):
        handles = sys.modules.get("dualad._torch.handle")  # not imported: then there are no tensors
        if handles is None:
            return method(self, *args, **keywords)
        given = (*args, *keywords.values())
        if not any(isinstance(a, handles.Handle) for a in given):
            return method(self, *args, **keywords)
        if method.__name__ == "shuffle":
            raise MissingRule(
                f"rng.shuffle of a tensor{at_user_line()}: write x = rng.permutation(x), or x[dualad.randperm(len(x))]"
            )
        out = method(self, *map(_value, args), **{k: _value(v) for k, v in keywords.items()})
        return handles.wrap(out if hasattr(out, "dtype") else np.asarray(out))

    return call


def _value(x: Any) -> Any:
    """What a tensor holds, recorded where gradients are; anything else as it is."""
    from .._torch.elementwise import value
    from .._torch.handle import Handle

    return value(x) if isinstance(x, Handle) else x
