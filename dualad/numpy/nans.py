"""Reductions that leave out NaN. Sums and products are NumPy's own bodies run again."""

from __future__ import annotations

import numpy as np

from . import order_statistics, reductions
from .functions import NoValue, boxed, implements, reject, truth
from .ufuncs import fits, store
from .values import without_derivative


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
        if mean is not NoValue and not fits(np.shape(mean), a.shape):
            raise ValueError(
                f"mean= has shape {np.shape(mean)}, which does not broadcast to that of a, {a.shape}"
            )
        found = of(a, axis, dtype, None, ddof, keepdims, where=seen, mean=mean)
        count = np.sum(np.broadcast_to(seen, a.shape), axis=axis, keepdims=truth(keepdims))
        found = np.where(count > ddof, found, found.dtype.type(np.nan))
        return found[()] if out is None else store(out, found)

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
    return found[()] if out is None else store(out, found)


nanvar = implements(np.nanvar)(_moment(reductions.var))
nanstd = implements(np.nanstd)(_moment(reductions.std))


def _of_nothing(function, a, *args, out, **kwargs):
    """NumPy's own answer for an array without entries, which depends on none: NaN."""
    found = function(np.zeros(a.shape, a.dtype), *args, **kwargs)
    return found if out is None else store(out, found)


@implements(np.nanmedian)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=NoValue):
    a = boxed(a)
    if not a.size:
        return _of_nothing(np.nanmedian, a, axis, out=out, keepdims=keepdims)
    half = np.asarray(0.5, a.real.dtype if a.dtype.kind in "fc" else None)
    found = order_statistics.quantile(a, half, axis, "linear", truth(keepdims), skip_nan=True)
    found = found if found.dtype == a.dtype or a.dtype.kind not in "fc" else found.astype(a.dtype)
    return found if out is None else store(out, found)


def _quantile(name, per):
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
        interpolation=None,
    ):
        reject(name, interpolation=(interpolation, None))
        if not np.size(a):
            q = np.asarray(without_derivative(q))
            return _of_nothing(
                getattr(np, name[3:]), boxed(a), q, axis, method=method, out=out, keepdims=keepdims
            )
        a = boxed(a)
        if a.dtype.kind == "c":
            raise TypeError("a must be an array of real numbers")
        levels = order_statistics.levels(order_statistics.level_of(q, a), per)
        weights = None if weights is None else boxed(weights)
        return order_statistics.quantile(
            a, levels, axis, method, truth(keepdims), weights=weights, skip_nan=True, out=out
        )

    return nan_quantile


nanquantile = implements(np.nanquantile)(_quantile("np.nanquantile", 1))
nanpercentile = implements(np.nanpercentile)(_quantile("np.nanpercentile", 100))
