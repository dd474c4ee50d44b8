"""Unique values and counts: the values have derivatives, positions and counts have none; weights are summed."""

from __future__ import annotations

import numpy as np

from ..core.trace import Box, Const, strip
from ..ops.index import added_at
from .functions import boxed, implements
from .values import on_values, without_derivative

_ANSWERS = ("return_index", "return_inverse", "return_counts")


@implements(np.unique)
def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, **kwargs):
    """The values at the places where NumPy first finds them."""
    ar = boxed(ar)
    asked = dict(zip(_ANSWERS, (True, return_inverse, return_counts)), axis=axis, **kwargs)
    _, first, *rest = on_values(np.unique, ar, **asked)
    values = ar.reshape(-1)[first] if axis is None else np.take(ar, first, axis=axis)
    answers = (values, *([first] if return_index else []), *rest)
    return answers if len(answers) > 1 else values


@implements(np.histogram_bin_edges)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    """Edges between the least and the largest value move with these."""
    _weighed(a, weights)
    a = boxed(a).reshape(-1)
    if np.ndim(bins) == 1:
        return boxed(bins)
    n = bins
    if isinstance(bins, str):
        ends = range if range is None else tuple(map(without_derivative, range))
        n = len(np.histogram_bin_edges(np.asarray(without_derivative(a)), bins, ends)) - 1
    low, high = range if range is not None else (np.min(a), np.max(a)) if a.size else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    kind = np.result_type(a.dtype, *(x.dtype if hasattr(x, "dtype") else x for x in (low, high)))
    return np.linspace(low, high, n + 1, dtype=kind if kind.kind in "fc" else None)


def _weighed(a, weights):
    if weights is not None and np.shape(weights) != np.shape(a):
        raise ValueError(f"weights have the shape of a, {np.shape(a)}, not {np.shape(weights)}")


def _plain_or_rows(x):
    return x if isinstance(x, Box) else np.asarray(x)


@implements(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):
    _weighed(a, weights)
    a = boxed(a).reshape(-1)
    edges = histogram_bin_edges(a, bins, range)
    values, places = (_plain_or_rows(without_derivative(x)) for x in (a, edges))
    if np.any(places[:-1] > places[1:]):
        raise ValueError("`bins` must increase monotonically, when an array")
    bin_of = np.searchsorted(places, values, side="right") - 1
    bin_of = np.where(values == places[-1], len(places) - 2, bin_of)
    n = len(places) - 1
    bin_of = np.where((bin_of >= 0) & (bin_of < n), bin_of, n)  # one more, for what lies outside
    weights = np.ones(values.shape, int) if weights is None else boxed(weights).reshape(-1)
    counts = added_at(Const(np.zeros(n + 1, weights.dtype)), bin_of, weights)[:n]
    counts = counts.value if type(counts) is Const else counts
    if density:
        counts = counts / np.diff(edges) / np.sum(counts)
    return counts, edges


@implements(np.ravel_multi_index)
def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    def positions(*index):
        return np.ravel_multi_index(index, dims, mode, order)

    return on_values(positions, *multi_index)


@implements(np.lexsort)
def lexsort(keys, axis=-1):
    return on_values(np.lexsort, boxed(keys), axis)


def _text_of_values(function):
    def text(a, *args, **kwargs):
        return function(np.asarray(strip(a)), *args, **kwargs)

    return text


for _printer in (np.array2string, np.array_repr, np.array_str):
    implements(_printer)(_text_of_values(_printer))
