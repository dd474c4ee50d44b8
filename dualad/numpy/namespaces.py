"""The parts of the namespace `dualad.numpy` that are not functions dispatched by NumPy: `c_`, `r_`, `vectorize`, and
the modules `linalg`, `fft`, `emath`, `polynomial`, whose functions look at all their arguments."""

from __future__ import annotations

import types
from functools import partial

import numpy as np

from ..core.trace import Box
from . import standard
from .functions import boxed, faced, holds_box
from .rerun import rebound

DISPATCHED = type(np.sum)  # NumPy's functions that ask `__array_function__`


def face_of(value):
    """What stands in `dualad.numpy` for a name of NumPy's."""
    if isinstance(value, DISPATCHED):
        return faced(value)
    if isinstance(value, (types.FunctionType, type)) and (value.__module__ or "").startswith(
        "numpy.polynomial"
    ):
        from . import polynomials

        return polynomials.face_of(value)
    if value is np.asarray_chkfinite:
        from .polynomials import rerun_where_traced

        return rerun_where_traced(value)
    return value


class Namespace(types.ModuleType):
    """A module of NumPy's with our faces of its functions. NumPy imports some only when asked for; so does this.

    Parameters
    ----------
    parent : module
        The module of NumPy's that has it.
    name : str
    own : callable, optional
        Gives the names for which something else stands here.
    """

    def __init__(self, parent, name, own=dict):
        super().__init__(
            f"dualad.{parent.__name__}.{name}", f"`{parent.__name__}.{name}`, for traced values as well."
        )
        self._parent, self._name, self._own = parent, name, own

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        module = getattr(self._parent, self._name)
        value = self._own().get(name)
        if value is None:
            value = getattr(module, name)
            inner = isinstance(value, types.ModuleType) and value.__name__.startswith("numpy.")
            value = Namespace(module, name) if inner else face_of(value)
        setattr(self, name, value)
        return value

    def __dir__(self):
        return sorted({*dir(getattr(self._parent, self._name)), *self._own()})


class Rows:
    """`r_` and `c_`, which join what is in their brackets."""

    def __init__(self, of):
        self._of = of

    def __getitem__(self, key):
        keys = key if isinstance(key, tuple) else (key,)
        if not holds_box(keys):
            return self._of[key]
        return rebound(type(self._of).__getitem__)(self._of, key)

    def __len__(self):
        return 0


class ndenumerate:
    """`np.ndenumerate`, for traced arrays as well: pairs of an index and the entry there."""

    def __init__(self, arr):
        self._pairs = (
            ((i, arr[i]) for i in np.ndindex(*arr.shape)) if isinstance(arr, Box) else np.ndenumerate(arr)
        )

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._pairs)


class vectorize(np.vectorize):
    """`np.vectorize`, for traced arguments as well: the function is called for each element, and may return them."""

    def __call__(self, *args, **kwargs):
        if not (holds_box(args) or holds_box(kwargs.values())):
            return super().__call__(*args, **kwargs)
        kept = {k: v for k, v in kwargs.items() if k in self.excluded}
        names = [k for k in kwargs if k not in kept]
        places = [k for k in range(len(args)) if k not in self.excluded]
        given = [*(args[k] for k in places), *(kwargs[k] for k in names)]

        def one(*values):
            full, n = list(args), len(places)
            for k, v in zip(places, values[:n], strict=True):
                full[k] = v
            return self.pyfunc(*full, **kept, **dict(zip(names, values[n:], strict=True)))

        if self.signature is not None:
            return rebound(np.vectorize._vectorize_call_with_signature)(self, one, given)
        return _elementwise(one, given, self.otypes)


def _elementwise(function, given, otypes):
    given = np.broadcast_arrays(*[boxed(a) for a in given]) if len(given) > 1 else [boxed(given[0])]
    shape = given[0].shape
    results = [function(*[a[i] for a in given]) for i in np.ndindex(*shape)]
    many = isinstance(results[0], tuple)
    columns = list(zip(*results, strict=True)) if many else [results]
    outs = [np.stack(c).reshape(shape) if holds_box(c) else np.asarray(c).reshape(shape) for c in columns]
    if otypes:
        outs = [o.astype(t) for o, t in zip(outs, otypes, strict=True)]
    return tuple(outs) if many else outs[0]


def special() -> dict:
    """The names of `dualad.numpy` that are none of NumPy's functions."""
    return {
        "linalg": Namespace(np, "linalg", partial(standard.module_names, "linalg")),
        "fft": Namespace(np, "fft", partial(standard.module_names, "fft")),
        "emath": Namespace(np, "emath"),
        "polynomial": Namespace(np, "polynomial"),
        "r_": Rows(np.r_),
        "c_": Rows(np.c_),
        "vectorize": vectorize,
        "ndenumerate": ndenumerate,
    }
