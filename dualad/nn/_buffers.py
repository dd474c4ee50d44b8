"""When a layer may write a buffer.

A write is a side effect, and under a transform that is a trap: `vmap` would leave a batch in the buffer, and
the function of a `grad` may be called again. So in plain code and on the tape of `backward` a buffer takes
the value without its derivative; under a transform the write is refused, unless `functional_call` is going to
return it.
"""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor
from .._torch.handle import wrap
from .._torch.tape import Tape, detached
from ..core.errors import DualadError, at_user_line
from ..core.trace import Box, settled


class BufferWrite(DualadError, RuntimeError):
    """A layer was about to write a buffer under a transform that would lose it."""


def transform_of(v):
    """The transform that traces a value, if one does; the tape of `backward` is none."""
    while isinstance(v, Box):
        settled(v)
        if v.owner is not None and not isinstance(v.owner, Tape):
            return v.owner
        v = v.value
    return None


def stored(module, name, value):
    """The tensor that holds `value` in buffer `name` from now on."""
    old, v = module._buffers[name], value._value if isinstance(value, Tensor) else value
    if module._returns_buffers:
        return wrap(detached(v))
    write(old, v, f"{type(module).__name__} in training mode writes its buffer {name!r}")
    return old


def write(buffer, v, what):
    """Put an engine value into a buffer, without its derivative."""
    owner = transform_of(v)
    if owner is not None:
        raise BufferWrite(
            f"{what}, and under {owner.name} the write would be lost{at_user_line()}. Call model.eval() "
            "first, or "
            "functional_call(model, parameters_and_buffers, args, return_buffers=True), which returns the "
            "new buffers."
        )
    buffer.set_data(np.asarray(detached(v), buffer.dtype))
