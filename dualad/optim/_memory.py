"""Where an optimiser may write.

A parameter is updated in place only if nobody else can see its memory: then nothing that a tape has saved, no
array from `numpy()` and no kept state dict is changed behind its holder's back, and a second backward through
a retained graph still has the weights it was recorded with. CPython knows who holds an array, its reference
count says it. If somebody does, the parameter moves into an array of its own, and its `detach()`ed twins with
it.

Updates run over flat arrays in blocks that stay in cache, through scratch buffers: no array is made in a
step.
"""

from __future__ import annotations

from sys import getrefcount

import numpy as np

from .._tensor import Tensor, no_grad
from .._torch.tape import Tape, untaped
from .._torch.views import rebind
from ..core.errors import DualadError, at_user_line
from ..core.reverse import Var
from ..core.trace import Box, strip

# Of each of the four or five arrays that a block touches. Smaller blocks lose more in calls than they gain in cache.
_BLOCK_BYTES = 1 << 20


class UpdateError(DualadError, RuntimeError):
    """An optimiser was asked to update a parameter that a running transform has traced."""


def _holders(p):
    """Reference counts of a parameter's array and, where it has one, its variable, as seen from here."""
    v = p._value
    if type(v) is Var:
        a = v.value
        return getrefcount(a), getrefcount(v)
    return getrefcount(v), 0


def _alone(p: Tensor) -> np.ndarray | None:
    """The array of a parameter, if the parameter is its only holder."""
    if _holders(p) not in (_LEAF, _PLAIN):
        return None
    v = p._value
    a = v.value if type(v) is Var and type(v.owner) is Tape else v
    return a if type(a) is np.ndarray and a.base is None and a.flags.carray else None


def _fresh_leaf(requires_grad):
    return Tensor(np.zeros(1), requires_grad=requires_grad)


# What `_holders` answers for a tensor that nobody else knows.
_LEAF, _PLAIN = _holders(_fresh_leaf(True)), _holders(_fresh_leaf(False))


def writable(p: Tensor) -> np.ndarray:
    """The memory of a parameter, flat, its own alone."""
    a = _alone(p)
    if a is None:
        _refuse_traced(p._value)
        a = np.array(untaped(p._value), order="C")
        with no_grad():
            rebind(p, a)  # tensors that share its data follow
    return a.reshape(-1)


def gradient(p: Tensor) -> np.ndarray:
    """The gradient of a parameter, flat, without derivative of its own."""
    return np.ascontiguousarray(strip(p.grad._value)).reshape(-1)


def _refuse_traced(v):
    while isinstance(v, Box):
        if v.owner is not None and type(v.owner) is not Tape:
            raise UpdateError(
                f"an optimiser cannot update parameters inside {v.owner.name}{at_user_line()}. Compute the "
                "gradient with dualad.grad or backward(), and call step() outside."
            )
        v = v.value


class Scratch:
    """Buffers of one block, two for each dtype, kept from step to step."""

    __slots__ = ("_buffers",)

    def __init__(self):
        self._buffers: dict[np.dtype, tuple[np.ndarray, np.ndarray]] = {}

    def blocks(self, *arrays: np.ndarray | None):
        """Yield `(s, t, *pieces)` block by block: two scratch buffers, then a piece of each flat array."""
        n, dtype = arrays[0].size, arrays[0].dtype  # type: ignore[union-attr]
        step = _BLOCK_BYTES // dtype.itemsize
        s, t = self._buffers_for(dtype, min(n, step))
        if n <= step:
            yield s[:n], t[:n], *arrays
            return
        for i in range(0, n, step):
            pieces = [None if a is None else a[i : i + step] for a in arrays]
            k = len(pieces[0])  # type: ignore[arg-type]
            yield s[:k], t[:k], *pieces

    def _buffers_for(self, dtype, n):
        pair = self._buffers.get(dtype)
        if pair is None or len(pair[0]) < n:
            pair = self._buffers[dtype] = (np.empty(n, dtype), np.empty(n, dtype))
        return pair
