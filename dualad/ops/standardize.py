"""Rows brought to mean 0 and variance 1, as layers that normalise do, in one primitive.

With y the rows that result, r the factor 1 / √(variance + eps) and ⟨·⟩ the mean of a row,

    dy = r (dx - ⟨dx⟩ - y ⟨y dx⟩),    dr = -r² ⟨y dx⟩,

of which the first is its own transpose. Written out, it is seven nodes and as many arrays of the size of x.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import at_user_line
from ..core.primitive import primitive
from ..core.samples import Sample
from .comparison import logical_or, not_equal
from .reduce import sum
from .select import where


@primitive(multi=True)
def standardize(x, *, eps=1e-5):
    """(x - mean) · r along the last axis, and r = 1 / √(variance + eps), (…, 1)."""
    if x.dtype.kind != "f":
        if x.dtype.kind == "c":
            raise TypeError(
                f"standardize is of real numbers, not {x.dtype}{at_user_line()}; give it z.real and z.imag"
            )
        x = x.astype(float)
    y = x - _mean(x)
    r = 1 / np.sqrt(_mean(np.square(y)) + y.dtype.type(eps))
    y *= r
    return y, r


def _mean(x):
    return sum(x, axis=-1, keepdims=True) * x.dtype.type(1 / x.shape[-1])


def _central(d, y, r):
    """r (d - ⟨d⟩ - y ⟨y d⟩), and ⟨y d⟩."""
    along = _mean(y * d)
    if type(d) is np.ndarray is type(y):
        out = y * -along
        out += d
        out -= _mean(d)
        out *= r
        return out, along
    return r * (d - _mean(d) - y * along), along


@standardize.jvp
def _(dx, out):
    dy, along = _central(dx, *out)
    return dy, -(out[1] * out[1] * along)


@standardize.vjp
def _(g, out, x_space):
    (g_y, g_r), (y, r) = g, out
    d = None if g_y is None else _central(g_y, y, r)[0]
    if g_r is None:
        return d
    e = y * (g_r * r * r * x_space.dtype.type(-1 / x_space.shape[-1]))
    return e if d is None else d + e


standardize.batching(lambda x, eps: standardize(x, eps=eps))


@standardize.strict
def _(g, d, asked):
    """A row from which nothing comes is moved by nothing, whatever it holds."""
    seen = None
    for part in g:
        if part is not None:
            here = not_equal(part, 0).any(axis=-1, keepdims=True)
            seen = here if seen is None else logical_or(seen, here)
    return where(seen, d, 0)


@standardize.samples
def _(rng):
    for shape, eps in (((2, 3), 1e-5), ((3, 1, 4), 0.1), ((5,), 1e-5), ((0, 3), 0.1)):
        yield Sample(rng.normal(size=shape), eps=eps, complex=False)
