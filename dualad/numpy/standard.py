"""The Python array API standard, as far as NumPy's namespace does not say it already.

NumPy 2 conforms by itself, nearly. Left are a few keywords (`sort(descending=)`, `fftfreq(dtype=)`), names of
parameters, what the first versions of NumPy 2 lack, and that results are dualad arrays even where they have no
derivative: a package that asks for the namespace of its arrays takes plain ones among them for another library's.
The standard: https://data-apis.org/array-api/2024.12/.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable

import numpy as np

from ..core.primitive import REGISTRY
from ..core.trace import Box, as_const, settled
from ..ops.layout import cast
from . import creation, selecting, shaping
from .functions import NoValue, boxed, faced, holds_box
from .namespace_info import NamespaceInfo, check_device, unknown_device
from .protocols import plain_value

VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")

# NumPy before 2.4 does not tell the signatures of what it wrote in C; inspectors of namespaces ask for them.
SIGNATURES: dict[str, Callable] = {
    "arange": lambda start, stop=None, step=1, dtype=None, *, device=None, like=None: None,
    "empty": lambda shape, dtype=float, order="C", *, device=None, like=None: None,
    "eye": lambda N, M=None, k=0, dtype=float, order="C", *, device=None, like=None: None,
    "ones": lambda shape, dtype=None, order="C", *, device=None, like=None: None,
    "zeros": lambda shape, dtype=float, order="C", *, device=None, like=None: None,
}
for _name, _stub in SIGNATURES.items():
    creation.CREATION[_name].__signature__ = inspect.signature(_stub)


def answers_in_arrays(function):
    """`function`, whose results are dualad arrays where an argument is one."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        result = function(*args, **kwargs)
        return in_arrays(result) if holds_box(args) or holds_box(kwargs.values()) else result

    return call


def in_arrays(result):
    """A result with its plain arrays as dualad arrays; tuples and named tuples of them keep their kind."""
    if isinstance(result, tuple):
        parts = map(in_arrays, result)
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return as_const(result)


def count_nonzero(a, axis=None, *, keepdims=False):
    """`np.count_nonzero`, as an array where `a` is one."""
    count = faced(np.count_nonzero)(a, axis=axis, keepdims=keepdims)
    return as_const(np.asarray(count)) if isinstance(a, Box) and not isinstance(count, Box) else count


def nonzero(a):
    """`np.nonzero`, with an error for an array without axes, which NumPy before 2.1 takes for one of one entry."""
    if np.ndim(a) == 0:
        raise ValueError("nonzero of an array without axes: write np.nonzero(np.atleast_1d(a))")
    return answers_in_arrays(faced(np.nonzero))(a)


_IN_ARRAYS = "searchsorted isin unique_all unique_counts unique_inverse"


def always_array(function):
    """`function`, whose results are dualad arrays from plain arguments too: a creation function."""

    @functools.wraps(function)
    def create(*args, **kwargs):
        return in_arrays(function(*args, **kwargs))

    return create


def sort(a, axis=-1, kind=None, order=None, *, stable=None, descending=False):
    """`np.sort`, and from the greatest to the least with `descending=True`."""
    if not descending:
        return _sort(a, axis, kind, order, stable=stable)
    return np.flip(_sort(a, axis, kind, order, stable=stable), axis=-1 if axis is None else axis)


def argsort(a, axis=-1, kind=None, order=None, *, stable=None, descending=False):
    """`np.argsort`, and from the greatest to the least with `descending=True`; equal ones keep their order."""
    if not descending:
        return _argsort(a, axis, kind, order, stable=stable)
    a, axis = (boxed(a).reshape(-1), 0) if axis is None else (boxed(a), axis)
    backwards = _argsort(np.flip(a, axis=axis), axis, order=order, stable=True)
    return a.shape[axis] - 1 - np.flip(backwards, axis=axis)


_sort, _argsort = faced(np.sort), faced(np.argsort)


def clip(x, /, min=NoValue, max=NoValue, out=None, *, a_min=NoValue, a_max=NoValue, **kwargs):
    """`np.clip`, whose bounds have the standard's names too."""
    low, high = (a_min if min is NoValue else min), (a_max if max is NoValue else max)
    if holds_box((x, low, high, out)):
        return selecting.clip(x, low, high, out, **kwargs)
    bounds = {k: v for k, v in {"a_min": low, "a_max": high}.items() if v is not NoValue}
    return np.clip(x, **{"a_min": None, "a_max": None, **bounds}, out=out, **kwargs)


def from_dlpack(x, /, *, device=None, copy=None):
    """`np.from_dlpack`, as a dualad array; a traced one is refused, since only its values would come across."""
    check_device(device)
    plain = np.from_dlpack(x)
    return as_const(plain.copy() if copy else plain)


def _frequencies(function):
    def frequencies(n, d=1.0, *, dtype=None, device=None):
        check_device(device)
        result = function(n) / d if isinstance(d, Box) else as_const(function(n, d))
        return result if dtype is None else cast(result, dtype)

    frequencies.__name__ = frequencies.__qualname__ = function.__name__
    frequencies.__doc__ = f"`np.fft.{function.__name__}`, as a dualad array, in the precision of `dtype`."
    return frequencies


# ---- the array's own part of the standard -----------------------------------------------------------

_EXPORT = "Write dualad.stop_gradient(x) where the derivative is not wanted."


def _dlpack(self, *, stream=None, max_version=None, dl_device=None, copy=None):
    value = plain_value(self, "handing x to another library by DLPack", _EXPORT)
    keywords = {"max_version": max_version, "dl_device": dl_device, "copy": copy}
    return np.asarray(value).__dlpack__(stream=stream, **{k: v for k, v in keywords.items() if v is not None})


def _dlpack_device(self):
    return 1, 0  # kDLCPU, the first


def _to_device(self, device, /, *, stream=None):
    if device != "cpu":
        raise unknown_device(device)
    if stream is not None:
        raise ValueError("a CPU has no streams: stream= must be None")
    return self


def _array_namespace(self, *, api_version=None):
    """The namespace `dualad.numpy`. Whoever asks goes by the standard, where results without a derivative are arrays of
    the same library as well: from here on they are, in this trace."""
    from .. import numpy as namespace

    if api_version not in (None, *VERSIONS):
        raise ValueError(
            f"there is no version {api_version!r} of the array API standard; known are {', '.join(VERSIONS)}"
        )
    x = self
    while isinstance(x, Box):
        if settled(x).owner is not None:
            x.owner.standard = True
        x = x.value
    return namespace


Box.__dlpack__ = _dlpack
Box.__dlpack_device__ = _dlpack_device
Box.to_device = _to_device
Box.__array_namespace__ = _array_namespace


# ---- the namespaces ---------------------------------------------------------------------------------


def unstack(x, /, *, axis=0):
    """The slices of `x` along an axis, as a tuple (`np.unstack`, which NumPy has from 2.1 on)."""
    if np.ndim(x) == 0:
        raise ValueError("Input array must be at least 1-d.")
    return tuple(np.moveaxis(boxed(x), axis, 0))


def _cumulative(name, accumulate, neutral):
    def cumulative(x, /, *, axis=None, dtype=None, include_initial=False):
        x = boxed(x)
        if axis is None:
            if x.ndim != 1:
                raise ValueError(
                    "For arrays which have more than one dimension ``axis`` argument is required."
                )
            axis = 0
        total = accumulate(x, axis=axis, dtype=dtype)
        if not include_initial:
            return total
        first = neutral(tuple(1 if k == axis % x.ndim else n for k, n in enumerate(x.shape)), total.dtype)
        return np.concatenate([first, total], axis=axis)

    cumulative.__name__ = cumulative.__qualname__ = name
    cumulative.__doc__ = (
        f"`np.{accumulate.__name__}`, with what it starts from on demand (NumPy from 2.1 on)."
    )
    return cumulative


def reshape(x, /, shape, order="C", *, copy=None):
    """`np.reshape`, with `copy=` (NumPy from 2.1 on)."""
    return shaping.reshape(x, shape, order, copy=copy)


def astype(x, dtype, /, *, copy=True, device=None):
    """`np.astype`, with `device=` (NumPy from 2.1 on)."""
    check_device(device)
    return shaping.astype(x, dtype, copy=copy) if isinstance(x, Box) else x.astype(dtype, copy=copy)


LATER_NUMPY = {
    "unstack": unstack,
    "cumulative_sum": _cumulative("cumulative_sum", np.cumsum, np.zeros),
    "cumulative_prod": _cumulative("cumulative_prod", np.cumprod, np.ones),
}


class Special(types.ModuleType):
    """`dualad.numpy.special`: the functions of scipy.special that have rules. Under `SCIPY_ARRAY_API=1` SciPy looks for
    them here, in the namespace of its arguments."""

    def __getattr__(self, name):
        import scipy.special

        if hasattr(scipy.special, name):
            prim = REGISTRY.find(_SPECIAL_ALIASES.get(name, name))
            if (
                prim is not None and name != "polygamma"
            ):  # whose order is a keyword here, and an array in SciPy
                return prim.face
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


_SPECIAL_ALIASES = {"digamma": "psi"}


def names() -> dict:
    """What stands in `dualad.numpy` beside or instead of NumPy's names."""
    own: dict[str, object] = {
        f.__name__: f for f in (sort, argsort, clip, count_nonzero, nonzero, from_dlpack)
    }
    own.update({name: f for name, f in LATER_NUMPY.items() if not hasattr(np, name)})
    if not hasattr(np, "unstack"):
        own.update(reshape=reshape, astype=astype)
    own.update({name: answers_in_arrays(faced(getattr(np, name))) for name in _IN_ARRAYS.split()})
    own["linspace"] = always_array(faced(np.linspace))
    own["special"] = Special("dualad.numpy.special", Special.__doc__)
    own["__array_api_version__"] = VERSIONS[-1]
    own["__array_namespace_info__"] = NamespaceInfo
    return own


def module_names(module: str) -> dict:
    """The same for `dualad.numpy.linalg` and `dualad.numpy.fft`."""
    if module == "linalg":
        return {"matrix_rank": answers_in_arrays(faced(np.linalg.matrix_rank))}
    return {f.__name__: _frequencies(f) for f in (np.fft.fftfreq, np.fft.rfftfreq)}
