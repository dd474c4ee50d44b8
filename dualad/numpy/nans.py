"""Reductions that leave out NaN. Sums and products are NumPy's own bodies run again."""

from __future__ import annotations

import numpy as np

from . import reductions
from .editing import apply_along_axis
from .functions import NoValue, boxed, faced, implements, reject, truth
from .ufuncs import store


def _seen(a, where=NoValue):
    """Where there is a number, and the mask is True."""
    there = np.logical_not(np.isnan(a))
    return there if where is NoValue else there & where


@implements(np.nanmean)
def nanmean(a, axis=None, dtype=None, out=None, keepdims=NoValue, *, where=NoValue):
    a = boxed(a)
    return reductions.mean(a, axis, dtype, out, keepdims, where=_seen(a, where))


def _moment(of):
    def nan_moment(
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
        a = boxed(a)
        ddof = ddof if correction is NoValue else correction
        seen = _seen(a, where)
        found = of(a, axis, dtype, None, ddof, keepdims, where=seen, mean=mean)
        count = np.sum(np.broadcast_to(seen, a.shape), axis=axis, keepdims=truth(keepdims))
        found = np.where(count > ddof, found, found.dtype.type(np.nan))
        return found if out is None else store(out, found)

    return nan_moment


@implements(np.nanmax)
def nanmax(a, axis=None, out=None, keepdims=NoValue, initial=NoValue, where=NoValue):
    return _extremum(reductions.max, boxed(a), axis, out, keepdims, initial, where)


@implements(np.nanmin)
def nanmin(a, axis=None, out=None, keepdims=NoValue, initial=NoValue, where=NoValue):
    return _extremum(reductions.min, boxed(a), axis, out, keepdims, initial, where)


def _extremum(of, a, axis, out, keepdims, initial, where):
    seen = _seen(a, where)
    found = of(a, axis, None, keepdims, initial, where=seen)
    if initial is NoValue:
        none = np.logical_not(np.any(np.broadcast_to(seen, a.shape), axis=axis, keepdims=truth(keepdims)))
        found = np.where(none, found.dtype.type(np.nan), found)
    return found if out is None else store(out, found)


nanvar = implements(np.nanvar)(_moment(reductions.var))
nanstd = implements(np.nanstd)(_moment(reductions.std))


def _by_lanes(of, a, axis, keepdims, out):
    """`of` the numbers of each lane: all of `a`, or what lies along the axes. Axes that `of` makes come first."""
    a = boxed(a)
    axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = sorted(range(a.ndim)[k] for k in axes)
    rest = [k for k in range(a.ndim) if k not in axes]
    lanes = np.transpose(a, (*rest, *axes)).reshape((*(a.shape[k] for k in rest), -1))
    found = boxed(apply_along_axis(lambda lane: of(lane[np.flatnonzero(_seen(lane))]), -1, lanes))
    made, n = found.ndim - len(rest), len(rest)
    if truth(keepdims):
        kept = tuple(1 if k in axes else m for k, m in enumerate(a.shape))
        found, n = found.reshape(kept + tuple(found.shape[n:])), a.ndim
    found = np.moveaxis(found, range(n, n + made), range(made))
    return found if out is None else store(out, found)


@implements(np.nanmedian)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=NoValue):
    return _by_lanes(lambda x: np.median(x) if x.size else np.nan, a, axis, keepdims, out)


def _quantile(of):
    quantile, name = faced(of), f"np.nan{of.__name__}"

    def nan_quantile(
        a,
        q,
        axis=None,
        out=None,
        overwrite_input=False,
        method="linear",
        keepdims=NoValue,
        *,
        weights=None,
        **old,
    ):
        reject(name, weights=(weights, None), **{k: (v, None) for k, v in old.items()})
        q = boxed(q)
        none = np.full(q.shape, np.nan)
        return _by_lanes(lambda x: quantile(x, q, method=method) if x.size else none, a, axis, keepdims, out)

    return nan_quantile


nanquantile = implements(np.nanquantile)(_quantile(np.quantile))
nanpercentile = implements(np.nanpercentile)(_quantile(np.percentile))
