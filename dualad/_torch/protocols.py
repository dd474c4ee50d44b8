"""NumPy functions on tensors: the function on the engine values, and a tensor around what comes out.

`__array_namespace__` is left out, as in PyTorch: a tensor's methods are not NumPy's.
"""

from __future__ import annotations

import numpy as np

from ..core.trace import Box
from .handle import Handle, recorded, wrap


def opened(x):
    """The argument with engine values in the place of tensors."""
    if isinstance(x, Handle):
        return recorded(x._value)
    if type(x) in (list, tuple):
        return type(x)(map(opened, x))
    if type(x) is dict:
        return {k: opened(v) for k, v in x.items()}
    return x


def closed(x):
    """The result with tensors around arrays, in tuples and lists as well."""
    if isinstance(x, (np.ndarray, np.generic, Box)):
        return wrap(x)
    if type(x) in (list, tuple):
        return type(x)(map(closed, x))
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(closed, x))
    return x


def refuse_out(out):
    if out is not None and any(isinstance(o, Handle) for o in (out if isinstance(out, tuple) else (out,))):
        raise TypeError("out= cannot be a Tensor: its data may be part of a graph. Write t.copy_(result)")


class NumPyProtocols(Handle):
    __slots__ = ()

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        refuse_out(kwargs.get("out"))
        return closed(getattr(ufunc, method)(*map(opened, inputs), **opened(kwargs)))

    def __array_function__(self, func, types, args, kwargs):
        refuse_out(kwargs.get("out"))
        return closed(func(*opened(args), **opened(kwargs)))
