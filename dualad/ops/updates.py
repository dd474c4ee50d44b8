"""Updates at places that may repeat: an array, values, and for each value the place it meets.

All of them are in one dimension; `numpy.at` brings every index into this form. Extrema share their derivative among
the entry and the values that tie, as `max` does.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from ..core.space import face
from ..core.trace import Box
from .comparison import bitwise_or, equal, not_equal
from .index import HOLE, Index, gather, scatter_add
from .join import concatenate
from .layout import reshape

ONE_ARRAY = Index(HOLE)


def _extremum(name, ufunc):
    @primitive(name=name, flat_args="places")
    def op(x, v, places):
        out = np.array(x, np.result_type(x, v))
        with np.errstate(invalid="ignore"):  # of a NaN that wins, `at` says more than a plain call does
            ufunc.at(out, places, v)
        return out

    op.primitive.doc = op.__doc__ = (
        f"`np.{ufunc.__name__}.at(x, places, v)` as a function; those that tie share the derivative."
    )
    op.jvp(
        x=lambda dx, x, v, places, out: _shares(x, v, places, out)[0] * dx,
        v=lambda dv, x, v, places, out: _added(_shares(x, v, places, out)[1] * dv, places, x.shape),
    )
    op.vjp(
        x=lambda g, x, v, places, out: g * _shares(x, v, places, out)[0],
        v=lambda g, x, v, places, out: gather(g, places, spec=ONE_ARRAY) * _shares(x, v, places, out)[1],
    )
    op.batching(lambda x, v, places, size: _in_one_row(op, x, v, places, size))
    return op


def _shares(x, v, places, out):
    """The shares of the entries and of the values in the extrema: one over the number of those that tie."""
    at_value = gather(out, places, spec=ONE_ARRAY)
    entries = bitwise_or(equal(x, out), not_equal(x, x)).astype(out.dtype)
    values = bitwise_or(equal(v, at_value), not_equal(v, v)).astype(out.dtype)
    n = entries + _added(values, places, x.shape)
    return entries / n, values / gather(n, places, spec=ONE_ARRAY)


def _added(v, places, shape):
    return scatter_add(v, places, spec=ONE_ARRAY, shape=shape)


def _in_one_row(op, x, v, places, size):
    """The rows of a batch, one behind the other: each has places of its own."""
    n = x.shape[1]
    own = places + (np.arange(size) * n)[:, None]
    out = op(*(reshape(a, shape=(-1,)) for a in (x, v, own)))
    return reshape(out, shape=(size, n))


scatter_max = _extremum("scatter_max", np.maximum)
scatter_min = _extremum("scatter_min", np.minimum)


def products_at(v, places, n):
    """For each of `n` places the product of the values that meet there, 1 where none does, without a division.

    Sorted by place, each value takes in its right neighbour of the same place, then the one two further, four
    further … (Hillis and Steele, "Data parallel algorithms", 1986): the first of each place ends with them all.
    """
    if not v.shape[0]:
        return np.ones(n, v.dtype)
    order = face("argsort")(places, axis=0)
    w, p = gather(v, order, spec=ONE_ARRAY), gather(places, order, spec=ONE_ARRAY)
    most = p.shape[0] if isinstance(p, Box) else np.bincount(p).max()
    where, one, step = face("where"), np.ones((), v.dtype), 1
    while step < most:
        taken = where(equal(p[:-step], p[step:]), w[step:], one)
        w = concatenate(w[:-step] * taken, w[-step:], axis=0)
        step *= 2
    first = concatenate(np.ones(1, bool), not_equal(p[1:], p[:-1]), axis=0)
    met = _added(first.astype(v.dtype), p, (n,))
    return where(equal(met, 0), one, _added(where(first, w, np.zeros((), v.dtype)), p, (n,)))


def _samples(rng):
    x, v = rng.normal(size=4), rng.normal(size=6)
    yield Sample(x, v, np.array([0, 2, 2, 3, 0, 2]), complex=False)
    yield Sample(x, rng.normal(size=0), np.zeros(0, int), complex=False)
    yield Sample(
        np.array([1.0, 2.0]), np.array([1.0, 1.0, 2.0]), np.array([0, 0, 1]), complex=False, smooth=False
    )


for _op in (scatter_max, scatter_min):
    _op.samples(_samples)
