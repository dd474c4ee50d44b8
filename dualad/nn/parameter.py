"""`Parameter`: the tensor that a module counts among its parameters."""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor, get_default_dtype
from .._torch.handle import recorded
from .._torch.tape import detached, without_ended
from ..core.trace import new
from ..core.tree import register_pytree_node


class Parameter(Tensor):
    """A tensor that becomes a parameter of a module when it is assigned to it.

    Parameters
    ----------
    data : Tensor or array
        Its values are shared, as far as tensors share.
    requires_grad : bool
    """

    __slots__ = ()
    _title = "tensor"

    def __init__(self, data=None, requires_grad: bool = True):
        if data is None:
            data = np.empty(0, get_default_dtype())
        self._value = detached(data._value) if isinstance(data, Tensor) else np.asarray(data)
        self._grad = self._more = None
        if requires_grad:
            self.requires_grad_()

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()


def around(v):
    """A parameter around whatever a transform puts in: an engine value, mostly."""
    p = new(Parameter)
    p._value, p._grad, p._more = v, None, None
    return p


register_pytree_node(
    Parameter, lambda p: ([recorded(without_ended(p._value))], None), lambda _, leaves: around(leaves[0])
)
