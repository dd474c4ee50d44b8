"""Batches, for `vmap`: a box whose value has one more axis, in front, than the user's function sees.

A primitive gets a batch rule in one of three ways. Elementwise ones need none: lower ranks get axes of
length one behind the batch axis, and NumPy broadcasts. Others write `batch=`, one line that shifts axes,
shapes or indices; it asks by name for arguments (with their batch axis in front), for parameters, and,
where it matters which arguments have the batch axis, for `mask`; without asking for `mask` it finds
every data argument broadcast to have one. The rest are looped over row by row, and say so.
"""

from __future__ import annotations

import warnings
from contextvars import ContextVar

import numpy as np

from .errors import DualadError
from .joint import batched
from .memory import rows_apart
from .primitive import names_of
from .space import face
from .trace import Box, Trace, new


class BatchFallback(UserWarning):
    """A primitive without a batch rule was applied row by row."""


class BranchError(DualadError, TypeError):
    """The truth of a batched value was asked for; each row has its own."""


# The running `vmap`s of the user's, the innermost last: what draws random numbers draws them for each row.
ROWS: ContextVar[tuple[BatchTrace, ...]] = ContextVar("ROWS", default=())

# The function with a rule of its own whose rows are being computed, by its name: these are rows of another trace.
IN_ROWS_OF: ContextVar[str] = ContextVar("IN_ROWS_OF", default="")


class Batched(Box):
    """A value with a batch axis in front."""

    __slots__ = ()

    @property
    def shape(self):
        return self.value.shape[1:]


class BatchTrace(Trace):
    """One running `vmap` over `size` rows."""

    __slots__ = ("size",)

    def __init__(self, size: int, name="vmap"):
        super().__init__(name)
        self.size = size

    def batched(self, value):
        if not hasattr(value, "dtype"):
            value = np.asarray(value)
        b = new(Batched)
        b.value, b.aux, b.owner = value, None, self
        return b

    def process(self, prim, args, params):
        mask = [isinstance(a, Box) and a.owner is self for a in args]
        values = [a.value if m else a for a, m in zip(args, mask, strict=True)]
        if prim.joint:
            return batched(prim, self, values, mask)
        if prim.elementwise:
            out = prim.face(*_align(values, mask), **params)
        elif prim.batch is not None:
            out = _apply_rule(prim, values, mask, self.size, params)
            if type(out) is np.ndarray and self.size > 1 and out.ndim > 1:
                out = rows_apart(out, packed=True)
        else:
            out = self._loop(prim, values, mask, params)
        if prim.multi:
            return tuple(map(self.batched, out))
        return self.batched(out)

    def _loop(self, prim, values, mask, params):
        warnings.warn(
            f"vmap has no batch rule for {prim.name}: it is applied to {self.size} rows one by one",
            BatchFallback,
            stacklevel=3,
        )
        rows = [
            prim.face(*[v[k] if m else v for v, m in zip(values, mask, strict=True)], **params)
            for k in range(self.size)
        ]
        stack = face("stack")
        if prim.multi:
            return tuple(stack(*column, axis=0) for column in zip(*rows, strict=True))
        return stack(*rows, axis=0)


def _align(values, mask):
    """Batched values get axes of length one, so that their own axes line up from the right."""
    rank = max(np.ndim(v) - 1 if m else rank_of(v) for v, m in zip(values, mask, strict=True))
    return [
        v.reshape((v.shape[0],) + (1,) * (rank - v.ndim + 1) + v.shape[1:]) if m and v.ndim - 1 < rank else v
        for v, m in zip(values, mask, strict=True)
    ]


def rank_of(v) -> int:
    return v.ndim if hasattr(v, "ndim") else np.ndim(v)


def _apply_rule(prim, values, mask, size, params):
    asks = names_of(prim.batch)
    if "mask" not in asks:
        values = [v if m else spread(v, size) for v, m in zip(values, mask, strict=True)]
    given = {**params, "mask": mask, "size": size}
    for k, name in enumerate(prim.args):
        given[name] = values[k:] if prim.variadic and k == len(prim.args) - 1 else values[k]
    return prim.batch(*[given[name] for name in asks])


def spread(v, size):
    """An unbatched value, repeated along a new batch axis without copying."""
    shape = np.shape(v) if not isinstance(v, Box) else v.shape
    return face("broadcast_to")(v, shape=(size, *shape))
