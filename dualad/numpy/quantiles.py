"""Median, quantile and percentile.

The usual ones have direct rules: the middle entries of a partition, or two neighbours on a straight line between them
(Hyndman and Fan's seventh definition, "Sample quantiles in statistical packages", 1996, NumPy's "linear"). Everything
else (other methods, weights, a traced `q`, other precisions) runs NumPy's body.
"""

from __future__ import annotations

import numpy as np

from ..core.memory import number
from ..core.space import face
from ..core.trace import Box
from ..ops.sort import partition
from . import order_statistics
from .functions import boxed, implements, reject, run_body
from .ufuncs import store


def _lanes(a, axis):
    """`a` with the entries that are taken together along its first axis, and its shape with ones in their places."""
    if axis is None:
        return (a if a.ndim == 1 else a.reshape(-1)), (1,) * a.ndim
    axes = sorted(k % a.ndim for k in (axis if isinstance(axis, tuple) else (axis,)))
    kept = tuple(1 if k in axes else n for k, n in enumerate(a.shape))
    if len(axes) == 1:
        return (np.moveaxis(a, axes[0], 0) if axes[0] else a), kept
    a = np.moveaxis(a, axes, range(len(axes)))
    return a.reshape((-1, *a.shape[len(axes) :])), kept


def _is_usual(a, axis) -> bool:
    axes = () if axis is None else axis if isinstance(axis, tuple) else (axis,)
    named = {k % a.ndim for k in axes if isinstance(k, (int, np.integer)) and -a.ndim <= k < a.ndim}
    return isinstance(a, Box) and a.dtype == np.float64 and a.size > 0 and len(named) == len(axes)


def _finish(result, ordered, shape, out, *, repeated=False):
    """NaN where a lane has one, which is then its last in order."""
    last = ordered[-1]
    result = face("where")(face("isnan")(last), np.nan, result)
    result = result if shape is None else result.reshape(shape)
    if out is not None:
        return store(out, result, repeated=repeated)
    return result if result.shape else number(result)


@implements(np.median)
def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    a = boxed(a)
    if not _is_usual(a, axis):
        if order_statistics.in_a_batch(a):
            return order_statistics.quantile(a, np.asarray(0.5), axis, "linear", keepdims, out=out)
        return run_body(np.median, (a, axis, out, overwrite_input, keepdims), {})
    lanes, kept = _lanes(a, axis)
    n = lanes.shape[0]
    k = n // 2
    ordered = partition(lanes, (k, n - 1) if n % 2 else (k - 1, k, n - 1), 0)
    middle = ordered[k] if n % 2 else (ordered[k - 1] + ordered[k]) / 2.0
    return _finish(middle, ordered, kept if keepdims else None, out)


def _levels(q, per):
    """The levels between 0 and 1 as a plain array, or None where NumPy has to see to them."""
    if isinstance(q, Box) or q.ndim > 1 or q.dtype.kind not in "iuf" or q.dtype.itemsize > 8:
        return None
    q = q / float(per)
    return q if q.dtype == np.float64 and np.all((q >= 0) & (q <= 1)) else None


def _on_the_line(lanes, q):
    """The entries below and above each level, and the point between them; the partition too."""
    n = lanes.shape[0]
    place = (n - 1) * q
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, n - 1)
    ordered = partition(lanes, tuple({*below.ravel().tolist(), *above.ravel().tolist(), n - 1}), 0)
    t = place - below
    if not q.ndim:
        low, high = ordered[int(below)], ordered[int(above)]
    else:
        low, high, t = ordered[below], ordered[above], t.reshape((-1,) + (1,) * (lanes.ndim - 1))
    rise = high - low
    if np.all(t < 0.5):
        return low + rise * t, ordered
    if np.all(t >= 0.5):
        return high - rise * (1 - t), ordered
    return face("where")(t < 0.5, low + rise * t, high - rise * (1 - t)), ordered


# The methods for which NumPy's body stores into the places of the levels, which a number is not.
_STORING = ("averaged_inverted_cdf", "interpolated_inverted_cdf")


def _quantile_by(function, per):
    @implements(function)
    def quantile(
        a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, **weights
    ):
        a = boxed(a)
        q = order_statistics.level_of(q, a)
        usual = method == "linear" and _is_usual(a, axis) and all(w is None for w in weights.values())
        levels = _levels(q, per) if usual else None
        if levels is None and order_statistics.in_a_batch(a, q, *weights.values()):
            return _of_a_batch(function.__name__, a, q, axis, out, method, keepdims, per, **weights)
        if method in _STORING and isinstance(q, Box) and not q.ndim and out is None:
            return quantile(a, q[None], axis, None, overwrite_input, method, keepdims, **weights)[0]
        if levels is None:
            return run_body(function, (a, q, axis, out, overwrite_input, method, keepdims), weights)
        lanes, kept = _lanes(a, axis)
        result, ordered = _on_the_line(lanes, levels)
        return _finish(result, ordered, levels.shape + kept if keepdims else None, out, repeated=True)

    return quantile


def _of_a_batch(name, a, q, axis, out, method, keepdims, per, weights=None, interpolation=None):
    """Where NumPy's body would ask for the truth of values that differ between the rows of a `vmap`."""
    reject(f"np.{name}", interpolation=(interpolation, None))
    weights = None if weights is None else boxed(weights)
    q = order_statistics.levels(q, per)
    return order_statistics.quantile(a, q, axis, method, keepdims, weights=weights, out=out)


quantile = _quantile_by(np.quantile, 1)
percentile = _quantile_by(np.percentile, 100)
