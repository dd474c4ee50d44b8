"""Quantiles lane by lane in one go, each lane with its own number of entries: for NaN that are left out, and for the
rows of a `vmap`.

Every method names a place between the sorted entries, n q + α + q (1 - α - β) - 1 for the continuous ones (R. J.
Hyndman, Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50, 1996); the result lies on
the straight line between the entries on both sides.
"""

from __future__ import annotations

import functools

import numpy as np

from ..core.batch import Batched
from ..core.space import face
from ..core.trace import Box, settled, strip
from .functions import boxed
from .ufuncs import store


def in_a_batch(*values) -> bool:
    """Whether the rows of a `vmap` are among the values, at whatever depth."""
    for x in values:
        while isinstance(x, Box):
            if isinstance(settled(x), Batched):
                return True
            x = x.value
    return False


def quantile(a, q, axis, method, keepdims, *, weights=None, skip_nan=False, out=None):
    """The quantiles `q` of the entries along `axis`; NaN where a lane has one, or, with `skip_nan`, of the others."""
    if method not in PLACES:
        raise ValueError(f"{method!r} is not a valid method. Use one of: {list(PLACES)}")
    axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = sorted(range(a.ndim)[k] for k in axes)
    kept = tuple(1 if k in axes else m for k, m in enumerate(a.shape))
    if weights is not None:
        if method != "inverted_cdf":
            raise ValueError(f"Only method 'inverted_cdf' supports weights. Got: {method}.")
        if not in_a_batch(weights) and np.any(strip(weights) < 0):
            raise ValueError("Weights must be non-negative.")
        weights = _lanes(_like(weights, a, axis), axes)
    found = _of_lanes(_lanes(a, axes), q, method, weights, skip_nan)
    if keepdims:
        found = found.reshape(q.shape + kept)
    return found[()] if out is None else store(out, found, repeated=True)


def level_of(q, a):
    """A level as an array: a Python number takes the precision of `a`, a NumPy number does so before NumPy 2.3."""
    alone = type(q) in (int, float) or isinstance(q, float) and not _numbers_widen()
    return np.asarray(q, a.dtype) if alone and a.dtype.kind == "f" else boxed(q)


@functools.cache
def _numbers_widen() -> bool:
    return np.quantile(np.zeros(1, np.float32), np.float64(0.5)).dtype == np.float64


def levels(q, per):
    """The levels `q` between 0 and 1, given between 0 and `per`."""
    q = q / float(per)
    if not in_a_batch(q) and not np.all((strip(q) >= 0) & (strip(q) <= 1)):
        raise ValueError(f"{'Quantiles' if per == 1 else 'Percentiles'} must be in the range [0, {per}]")
    return q


def _lanes(a, axes):
    """The axes as one, in front."""
    rest = [k for k in range(a.ndim) if k not in axes]
    return np.transpose(a, (*axes, *rest)).reshape((-1, *(a.shape[k] for k in rest)))


def _like(weights, a, axis):
    """Weights in the shape of `a`; of one dimension they lie along the axis."""
    if weights.shape == a.shape:
        return weights
    if weights.ndim != 1 or not isinstance(axis, (int, np.integer)) or weights.shape[0] != a.shape[axis]:
        raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
    shape = [1] * a.ndim
    shape[axis] = -1
    return np.broadcast_to(weights.reshape(tuple(shape)), a.shape)


def _of_lanes(a, q, method, weights, skip_nan):
    where, there = face("where"), np.logical_not(np.isnan(a))
    order = face("argsort")(a, axis=0)  # NaN come last
    ordered = np.take_along_axis(a, order, axis=0)
    levels = q.reshape((q.size,) + (1,) * (a.ndim - 1))
    n = np.sum(there, axis=0) if skip_nan else a.shape[0]
    if weights is None:
        place, weigh = PLACES[method]
        place = place(n, levels)
        below = np.floor(place)
        t = weigh(place - below, place)
        low, high = (_entries(ordered, k, n, levels) for k in (below, below + 1))
        rise = high - low
        found = where(t < 0.5, low + rise * t, high - rise * (1 - t))
        found = _narrow(found, a.dtype if method in ENTRIES else np.result_type(a.dtype, q.dtype))
    else:
        weights = np.take_along_axis(where(there, weights, 0.0) if skip_nan else weights, order, axis=0)
        found = _entries(ordered, _place_by_weight(weights, levels), n, levels)
    missing = n == 0 if skip_nan else np.isnan(ordered[-1])
    nan = found.dtype.type(np.nan) if found.dtype.kind == "f" else np.nan
    found = where(missing, nan, found) if np.any(strip(missing)) or found.dtype.kind == "f" else found
    return found.reshape(q.shape + a.shape[1:])


def _narrow(x, dtype):
    """Counts of entries are whole numbers, beside which NumPy's types grow wide."""
    return x if x.dtype == dtype or dtype.kind != "f" else x.astype(dtype)


def _entries(ordered, places, n, levels):
    """For each level the entries of the lanes at these places, or at the first or last if they are beyond."""
    places = np.minimum(np.maximum(places, 0), np.maximum(n - 1, 0)).astype(np.intp)
    places = np.broadcast_to(places, (levels.shape[0], *ordered.shape[1:]))
    return np.take_along_axis(ordered, places, axis=0)


def _place_by_weight(weights, levels):
    """How many entries weigh, together with those before them, less than a level; zero weights are passed over."""
    share = np.cumsum(weights, axis=0)
    where, total = face("where"), share[-1]
    share = share / where(total == 0, 1.0, total)
    share = where(share == 0, -1.0, share)
    return np.sum(share[None] < levels[:, None], axis=1)


def _line(alpha, beta):
    return lambda n, q: n * q + (alpha + q * (1 - alpha - beta)) - 1


def _flat(rule):
    """A method that takes an entry as it is."""
    return rule, lambda t, place: np.zeros(np.shape(t))


def _on_the_line(place):
    return place, lambda t, place: t


def _closest(n, q):
    place = n * q - 1.5
    below = np.floor(place)
    return below + np.logical_not((place == below) & (below % 2 == _tie()))


@functools.cache
def _tie() -> int:
    """Which places are taken at a tie: NumPy 2.2 went over from even to odd ones."""
    return int(np.quantile(np.arange(4.0), 0.375, method="closest_observation"))


# For each method the place, and the weight of the upper neighbour by the fraction and the place.
PLACES = {
    "inverted_cdf": _flat(lambda n, q: np.ceil(n * q - 1)),
    "averaged_inverted_cdf": (lambda n, q: n * q - 1, lambda t, place: face("where")(t == 0, 0.5, 1.0)),
    "closest_observation": _flat(_closest),
    "interpolated_inverted_cdf": _on_the_line(_line(0, 1)),
    "hazen": _on_the_line(_line(0.5, 0.5)),
    "weibull": _on_the_line(_line(0, 0)),
    "linear": _on_the_line(lambda n, q: (n - 1) * q),
    "median_unbiased": _on_the_line(_line(1 / 3, 1 / 3)),
    "normal_unbiased": _on_the_line(_line(3 / 8, 3 / 8)),
    "lower": _flat(lambda n, q: np.floor((n - 1) * q)),
    "higher": _flat(lambda n, q: np.ceil((n - 1) * q)),
    "midpoint": _on_the_line(lambda n, q: 0.5 * (np.floor((n - 1) * q) + np.ceil((n - 1) * q))),
    "nearest": _flat(lambda n, q: np.rint((n - 1) * q)),
}
# The methods whose results are entries, in their dtype.
ENTRIES = {"inverted_cdf", "closest_observation", "lower", "higher", "nearest"}
