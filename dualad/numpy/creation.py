"""Arrays from nothing, from values and from lists of traced values.

Creation functions return dualad arrays (`Const`), into which traced values can be stored.
"""

from __future__ import annotations

import itertools

import numpy as np

from ..core.memory import in_order, lying_as, ordered, row
from ..core.space import space_of
from ..core.trace import Box, Const, as_array_hook, settled, snapshot, strip
from ..ops.layout import cast
from ..ops.shape import broadcast_to
from .functions import holds_box, implements
from .rerun import REPLACED


def copied(x, order="K"):
    """A box of its own. The values of a trace are never written to, and shared; an array without one may show memory
    of the program's, which `np.asarray` gives and takes."""
    x = snapshot(x)
    if type(x) is Const:
        x.value = x.value.copy(order)
        return x
    return in_order(x, order)


def array(obj, dtype=None, *, copy=True, ndmin=0, order="K", subok=False, like=None):
    """A dualad array of nested lists of numbers and traced values, or of an array.

    Parameters
    ----------
    obj : array-like
    dtype : dtype, optional
    copy, ndmin, order : as in `np.array`
    """
    if isinstance(obj, Box):
        x = copied(obj, order) if copy else ordered(settled(obj), order)
    elif isinstance(obj, (list, tuple)) and holds_box(obj):
        x = as_array_hook[0](obj)
    else:  # by NumPy at once: whole numbers beyond 2**53 would not survive another dtype on the way
        x = np.array(obj, dtype, copy=copy or (None if isinstance(obj, (list, tuple)) else copy), order=order)
        dtype = None
    if dtype is not None:
        x = cast(x, dtype)
    if x.ndim < ndmin:
        x = x.reshape((1,) * (ndmin - x.ndim) + tuple(x.shape))
    return x if isinstance(x, Box) else Const(x)


def asarray(obj, dtype=None, order=None, *, copy=None, device=None, like=None):
    """`obj` as a dualad array, without a copy where it is one."""
    return (
        array(obj, dtype, copy=bool(copy), order=order)
        if isinstance(obj, (Box, list, tuple))
        else array(obj, dtype, copy=copy, order=order)
    )


def _asarray_for_bodies(obj, dtype=None, order=None, **_):
    """What NumPy's bodies get for `asarray`: boxes stay, the rest becomes plain."""
    if isinstance(obj, Box):
        return asarray(obj, dtype)
    if isinstance(obj, (list, tuple)) and holds_box(obj):
        return asarray(obj, dtype)
    return np.asarray(obj, dtype=dtype)


def _array_for_bodies(obj, dtype=None, *, copy=True, ndmin=0, subok=False, order=None, **_):
    if isinstance(obj, Box) or (isinstance(obj, (list, tuple)) and holds_box(obj)):
        return array(obj, dtype, copy=bool(copy), ndmin=ndmin)
    return np.array(obj, dtype=dtype, copy=copy, ndmin=ndmin)


def _const(make):
    def create(*args, **kwargs):
        kwargs.pop("like", None)
        return Const(make(*args, **kwargs))

    create.__name__ = create.__qualname__ = make.__name__
    create.__doc__ = f"`np.{make.__name__}`, as a dualad array that traced values can be stored into."
    return create


CREATION = {
    name: _const(getattr(np, name))
    for name in ("zeros", "ones", "empty", "eye", "identity", "arange", "tri", "indices", "fromfunction")
}
CREATION.update(array=array, asarray=asarray)


def full(shape, fill_value, dtype=None, order="C", *, device=None, like=None):
    """An array of one value, which may be traced."""
    if not isinstance(fill_value, Box):
        return Const(np.full(shape, fill_value, dtype, order))
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    filled = snapshot(broadcast_to(fill_value, shape=shape))  # an array of its own, no read-only view
    return in_order(filled if dtype is None else filled.astype(dtype), order)


def fromiter(iter, dtype, count=-1, *, like=None):
    """An array of the values of an iterable, traced ones among them."""
    values = list(iter if count < 0 else itertools.islice(iter, count))
    if len(values) < count:
        raise ValueError(f"iterator too short: expected {count} but iterator had only {len(values)} items.")
    return array(values, dtype)


def require(a, dtype=None, requirements=None, *, like=None):
    """`np.require`; a traced value has no memory that could fail a requirement."""
    return asarray(a, dtype) if isinstance(a, Box) else asarray(np.require(a, dtype, requirements))


def kaiser(M, beta):
    """The Kaiser window of `M` points, whose shape `beta` may be traced."""
    if not isinstance(beta, Box):
        return np.kaiser(M, beta)
    half = (M - 1) / 2
    across = np.zeros(1) if M == 1 else (np.arange(M) - half) / half
    return np.i0(beta * np.sqrt(1 - across**2)) / np.i0(beta)


CREATION.update(full=full, fromiter=fromiter, require=require, kaiser=kaiser)
CREATION.update(asanyarray=asarray)


def ascontiguousarray(a, dtype=None, *, like=None):
    """`a` as a dualad array of at least one axis, in C's order in memory."""
    return array(a, dtype, copy=None, ndmin=1, order="C")


def asfortranarray(a, dtype=None, *, like=None):
    """`a` as a dualad array in Fortran's order in memory."""
    return array(a, dtype, copy=None, order="F")


CREATION.update(ascontiguousarray=ascontiguousarray, asfortranarray=asfortranarray)


@implements(np.zeros_like)
def zeros_like(a, dtype=None, order="K", subok=True, shape=None, *, device=None):
    return _like(np.zeros_like, a, dtype, order, shape)


@implements(np.ones_like)
def ones_like(a, dtype=None, order="K", subok=True, shape=None, *, device=None):
    return _like(np.ones_like, a, dtype, order, shape)


@implements(np.empty_like)
def empty_like(a, dtype=None, order="K", subok=True, shape=None, *, device=None):
    return _like(np.empty_like, a, dtype, order, shape)


@implements(np.full_like)
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    buffer = _like(np.empty_like, a, dtype, order, shape)
    if not isinstance(fill_value, Box):
        buffer.value[...] = fill_value
        return buffer
    return lying_as(full(buffer.shape, fill_value, buffer.dtype), buffer.value)


def _like(make, a, dtype, order, shape):
    """`make`, of NumPy, for an array that lies as `a`."""
    if isinstance(a, Box):
        model = row(a)
    else:
        model = a if isinstance(a, np.ndarray) else np.empty(*space_of(a))
    return Const(make(model, dtype, order, shape=shape))


@implements(np.copy)
def copy(a, order="K", subok=False):
    return copied(a, order)


@implements(np.shape)
def shape(a):
    return a.shape


@implements(np.ndim)
def ndim(a):
    return a.ndim


@implements(np.size)
def size(a, axis=None):
    return a.size if axis is None else np.size(np.broadcast_to(False, a.shape), axis)


@implements(np.iscomplexobj)
def iscomplexobj(x):
    return x.dtype.kind == "c"


@implements(np.isrealobj)
def isrealobj(x):
    return x.dtype.kind != "c"


@implements(np.result_type)
def result_type(*arrays_and_dtypes):
    return np.result_type(*[a.dtype if isinstance(a, Box) else a for a in arrays_and_dtypes])


@implements(np.can_cast)
def can_cast(from_, to, casting="safe"):
    return np.can_cast(from_.dtype if isinstance(from_, Box) else from_, to, casting)


@implements(np.min_scalar_type)
def min_scalar_type(a):
    return a.dtype if a.ndim else np.min_scalar_type(strip(a))


@implements(np.common_type)
def common_type(*arrays):
    return np.common_type(*[np.empty(0, a.dtype) for a in arrays])


def _enter_like():
    """`np.zeros(3, like=x)` and its relatives; NumPy's Python ones ask through a hidden twin."""
    for name, create in CREATION.items():
        function = getattr(np, name)
        twin = getattr(function, "__globals__", {}).get(f"_{name}_with_like")
        implements(*(f for f in (function, twin) if f is not None))(create)


_enter_like()


REPLACED.update(
    asarray=_asarray_for_bodies,
    asanyarray=_asarray_for_bodies,
    ascontiguousarray=_asarray_for_bodies,
    asfarray=_asarray_for_bodies,
    array=_array_for_bodies,
    full=full,
    **{name: CREATION[name] for name in ("zeros", "empty", "ones")},
    **{f.__name__: f for f in (zeros_like, ones_like, empty_like, full_like)},
)
