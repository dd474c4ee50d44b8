"""Ranges between traced ends, and grids of coordinates."""

from __future__ import annotations

import operator

import numpy as np

from ..ops.layout import cast
from .creation import copied
from .functions import boxed, implements


@implements(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    """Both ends are exact: the values are `(1 - w) start + w stop`."""
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    kind = _kind(start, stop)
    start, stop = cast(boxed(start), kind), cast(boxed(stop), kind)
    steps = num - 1 if endpoint else num
    ndim = max(start.ndim, stop.ndim)
    w = (
        (np.arange(num) / max(steps, 1))
        .reshape((-1,) + (1,) * ndim)
        .astype(kind.type(0).real.dtype, copy=False)
    )
    values = (1 - w) * start + w * stop
    if dtype is not None:
        values = cast(np.floor(values) if np.dtype(dtype).kind in "iu" else values, dtype)
    values = np.moveaxis(values, 0, axis) if axis else values
    if not retstep:
        return values
    return values, (stop - start) / steps if steps > 0 else np.nan * (stop - start)


def _kind(*ends):
    """The dtype between the ends, in which Python's own numbers have no say."""
    return np.result_type(1.0, *(e if isinstance(e, (int, float, complex)) else boxed(e).dtype for e in ends))


@implements(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    base = base if isinstance(base, (int, float)) else boxed(base)
    if np.ndim(base):
        start, stop = boxed(start), boxed(stop)
        ndim = max(start.ndim, stop.ndim, base.ndim)
        start, stop, base = (a.reshape((1,) * (ndim - a.ndim) + a.shape) for a in (start, stop, base))
        base = np.expand_dims(base, axis)
    values = base ** linspace(start, stop, num, endpoint, axis=axis)
    return values if dtype is None else cast(values, dtype)


@implements(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    kind = np.result_type(np.float64, _kind(start, stop))  # here float32 ends give float64
    start, stop = cast(boxed(start), kind), cast(boxed(stop), kind)
    if np.any(start == 0) or np.any(stop == 0):
        raise ValueError("Geometric sequence cannot include zero")
    ratio = stop / start
    w = np.linspace(0.0, 1.0, num, endpoint, dtype=kind.type(0).real.dtype).reshape((-1,) + (1,) * ratio.ndim)
    values = start * ratio**w
    values = np.moveaxis(values, 0, axis) if axis else values
    return values if dtype is None else cast(values, dtype)


@implements(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    n = len(xi)
    swapped = indexing == "xy" and n > 1
    place = [1, 0, *range(2, n)] if swapped else list(range(n))
    grids = []
    for k, x in enumerate(map(boxed, xi)):
        grids.append(x.reshape(tuple(-1 if a == place[k] else 1 for a in range(n))))
    grids = grids if sparse else np.broadcast_arrays(*grids)
    return tuple(copied(g) if copy else g for g in grids)
