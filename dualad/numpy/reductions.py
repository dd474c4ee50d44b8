"""Sums, means, extrema, moments: NumPy's signatures over the reductions of `ops`."""

from __future__ import annotations

import numpy as np

from ..core.trace import Box
from ..ops import extrema, moments, running
from ..ops.layout import cast
from ..ops.reduce import sum as total_of
from ..ops.select import where as select
from .doors import frame_at, refuse_lost_shape
from .functions import NoValue, boxed, implements, truth
from .ufuncs import fits, store


def _finish(result, out):
    return result if out is None else store(out, result)


def _cast(a, dtype):
    return a if dtype is None else cast(a, dtype)


def _narrow(total, dtype):
    """A total of small integers or truth values, which NumPy widens unless it is told the dtype."""
    return total if dtype is None or total.dtype == dtype else cast(total, dtype)


def _start(initial, result):
    """`initial=` in the precision of the result, which it does not change."""
    initial = boxed(initial)
    if initial.ndim:
        raise ValueError(f"initial= is a number, not an array of shape {initial.shape}")
    narrow = result.dtype.kind == "f" and initial.dtype.kind in "fiu" or result.dtype.kind == "c"
    return cast(initial, result.dtype) if narrow else initial


def _masked(a, where, fill):
    """`a`, with the neutral element where the mask is False."""
    if where is True or where is NoValue:
        return a
    if not fits(np.shape(where), a.shape):
        raise ValueError(
            f"where= has shape {np.shape(where)}, which does not broadcast to that of a, {a.shape}"
        )
    return select(where, a, fill)


@implements(np.sum)
def sum(a, axis=None, dtype=None, out=None, keepdims=NoValue, initial=NoValue, where=NoValue):
    a = boxed(a) if dtype is None else cast(boxed(a), dtype)
    a = a if where is NoValue else _masked(a, where, 0)
    total = _narrow(total_of(a, axis=axis, keepdims=truth(keepdims)), dtype)
    total = total if initial is NoValue else total + _start(initial, total)
    return total if out is None else store(out, total)


@implements(np.prod)
def _np_prod(a, axis=None, dtype=None, out=None, keepdims=NoValue, initial=NoValue, where=NoValue):
    if frame_at(2).f_code.co_name == "polyvalfromroots":
        refuse_lost_shape(frame_at(2))
    return prod(a, axis, dtype, out, keepdims, initial, where)


def prod(a, axis=None, dtype=None, out=None, keepdims=NoValue, initial=NoValue, where=NoValue):
    a = boxed(a) if dtype is None else cast(boxed(a), dtype)
    a = a if where is NoValue else _masked(a, where, 1)
    total = _narrow(running.prod(a, axis=axis, keepdims=truth(keepdims)), dtype)
    total = total if initial is NoValue else total * _start(initial, total)
    return total if out is None else store(out, total)


@implements(np.mean)
def mean(a, axis=None, dtype=None, out=None, keepdims=NoValue, *, where=NoValue):
    a = boxed(a) if dtype is None else cast(boxed(a), dtype)
    if where is True or where is NoValue:
        found = moments.mean(a, axis=axis, keepdims=truth(keepdims))
        return found if out is None else store(out, found)
    count = _count(a, where, axis, truth(keepdims))
    return _finish(total_of(_masked(a, where, 0), axis=axis, keepdims=truth(keepdims)) / count, out)


def _count(a, mask, axis, keepdims):
    """How many entries the mask shows, in the precision of `a`."""
    kind = a.real.dtype if a.dtype.kind in "fc" else np.float64
    return np.sum(np.broadcast_to(mask, a.shape), axis=axis, keepdims=keepdims, dtype=kind)


@implements(np.max, np.amax)
def max(a, axis=None, out=None, keepdims=NoValue, initial=NoValue, where=NoValue):
    return _extremum(extrema.max, np.maximum, -np.inf, a, axis, out, keepdims, initial, where)


@implements(np.min, np.amin)
def min(a, axis=None, out=None, keepdims=NoValue, initial=NoValue, where=NoValue):
    return _extremum(extrema.min, np.minimum, np.inf, a, axis, out, keepdims, initial, where)


def _extremum(reduce, pair, neutral, a, axis, out, keepdims, initial, where):
    a = boxed(a) if where is NoValue else _masked(boxed(a), where, neutral)
    axis = None if not a.ndim and axis in (0, -1) else axis  # NumPy takes a number for a line of one
    if initial is not NoValue and not a.size:
        shape = np.sum(np.empty(a.shape), axis=axis, keepdims=truth(keepdims)).shape
        return _finish(np.broadcast_to(_start(initial, a), shape).copy()[()], out)
    found = reduce(a, axis=axis, keepdims=truth(keepdims))
    return _finish(found if initial is NoValue else pair(found, _start(initial, found)), out)


@implements(np.ptp)
def ptp(a, axis=None, out=None, keepdims=NoValue):
    return _finish(max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims), out)


@implements(np.var)
def var(
    a,
    axis=None,
    dtype=None,
    out=None,
    ddof=0,
    keepdims=NoValue,
    *,
    where=NoValue,
    mean=NoValue,
    correction=NoValue,
):
    ddof = ddof if correction is NoValue else correction
    if where is not NoValue or mean is not NoValue or isinstance(ddof, Box):
        return _finish(_variance(_cast(boxed(a), dtype), axis, ddof, truth(keepdims), where, mean), out)
    variance = moments.var(_cast(boxed(a), dtype), axis=axis, ddof=ddof, keepdims=truth(keepdims))
    return variance if out is None else store(out, variance)


def _variance(a, axis, ddof, keepdims, where, about):
    """Of the entries where the mask is True, about a mean that may be given."""
    mask = True if where is NoValue else where
    about = mean(a, axis, keepdims=True, where=mask) if about is NoValue else about
    off = a - about
    squares = (off * off.conj()).real if off.dtype.kind == "c" else off * off
    count = _count(a, mask, axis, keepdims)
    total = sum(squares, axis, keepdims=keepdims, where=mask)
    return total / np.maximum(count - ddof, 0)


@implements(np.std)
def std(
    a,
    axis=None,
    dtype=None,
    out=None,
    ddof=0,
    keepdims=NoValue,
    *,
    where=NoValue,
    mean=NoValue,
    correction=NoValue,
):
    ddof = ddof if correction is NoValue else correction
    if where is not NoValue or mean is not NoValue or isinstance(ddof, Box):
        variance = _variance(_cast(boxed(a), dtype), axis, ddof, truth(keepdims), where, mean)
        return _finish(np.sqrt(variance), out)
    deviation = moments.std(_cast(boxed(a), dtype), axis=axis, ddof=ddof, keepdims=truth(keepdims))
    return deviation if out is None else store(out, deviation)


@implements(np.cumsum)
def cumsum(a, axis=None, dtype=None, out=None):
    if dtype is None:
        total = _running(running.cumsum, boxed(a), axis)
        return total if out is None else store(out, total)
    return _finish(_narrow(_running(running.cumsum, _cast(boxed(a), dtype), axis), dtype), out)


@implements(np.cumprod)
def cumprod(a, axis=None, dtype=None, out=None):
    return _finish(_narrow(_running(running.cumprod, _cast(boxed(a), dtype), axis), dtype), out)


def _running(op, a, axis):
    if axis is not None:
        return op(a, axis=axis)
    return op(a if a.ndim == 1 else a.reshape(-1), axis=0)


@implements(np.any)
def any(a, axis=None, out=None, keepdims=NoValue, *, where=NoValue):
    return _finish(
        extrema.any(_masked(boxed(a) != 0, where, False), axis=axis, keepdims=truth(keepdims)), out
    )


@implements(np.all)
def all(a, axis=None, out=None, keepdims=NoValue, *, where=NoValue):
    return _finish(extrema.all(_masked(boxed(a) != 0, where, True), axis=axis, keepdims=truth(keepdims)), out)


@implements(np.argmax)
def argmax(a, axis=None, out=None, *, keepdims=NoValue):
    return _finish(extrema.argmax(boxed(a), axis=axis, keepdims=truth(keepdims)), out)


@implements(np.argmin)
def argmin(a, axis=None, out=None, *, keepdims=NoValue):
    return _finish(extrema.argmin(boxed(a), axis=axis, keepdims=truth(keepdims)), out)


@implements(np.count_nonzero)
def count_nonzero(a, axis=None, *, keepdims=False):
    return extrema.count_nonzero(boxed(a), axis=axis, keepdims=keepdims)
