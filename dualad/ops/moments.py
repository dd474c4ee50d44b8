"""Mean, variance and standard deviation.

With n entries, m their mean and N = n − ddof: d var = 2/N Σ Re(conj(x − m) dx), since the sum of x − m vanishes; and
d std = d var / (2 std), zero for a constant, where the standard deviation has a kink.
"""

from __future__ import annotations

from ..core.primitive import primitive
from ..core.samples import Sample
from .complex import conjugate, real
from .reduce import reduction_samples, shifted, spread, strict_by_lane, sum
from .roads import fast_road
from .select import where
from .shape import as_array, normal_axes


def count(shape, axis) -> int:
    """The number of entries that a reduction over `axis` takes together."""
    n = 1
    for a in normal_axes(axis, len(shape)):
        n *= shape[a]
    return n


@fast_road
@primitive(linear="x")
def mean(x, *, axis=None, keepdims=False):
    """The mean over all axes or some."""
    x = as_array(x)
    if x.dtype.kind in "fc" and x.dtype.itemsize > 2 and x.size:
        return x.sum(axis=axis, keepdims=keepdims) * x.dtype.type(1 / count(x.shape, axis))
    return x.mean(axis=axis, keepdims=keepdims)


mean.vjp(
    lambda g, x_space, axis, keepdims: spread(
        g * x_space.dtype.type(1 / count(x_space.shape, axis)), x_space, axis, keepdims
    )
)


@mean.batching
def _(x, axis, keepdims):
    return mean(x, axis=shifted(axis, x.ndim - 1), keepdims=keepdims)


mean.samples(reduction_samples)


def centred(x, axis):
    """`x` minus its mean, conjugated where complex."""
    c = x - mean(x, axis=axis, keepdims=True)
    return conjugate(c) if x.dtype.kind == "c" else c


def _real(x):
    return real(x) if x.dtype.kind == "c" else x


@primitive
def var(x, *, axis=None, ddof=0, keepdims=False):
    """The variance over all axes or some, the sum of squares divided by n − ddof."""
    return as_array(x).var(axis=axis, ddof=ddof, keepdims=keepdims)


def _twice_over_n(space, axis, ddof):
    n = count(space.shape, axis) - ddof
    return 2.0 / n if n else float("nan")  # as the value, of too few entries


var.jvp(
    lambda dx, x, x_space, axis, ddof, keepdims: (
        sum(_real(centred(x, axis) * dx), axis=axis, keepdims=keepdims) * _twice_over_n(x_space, axis, ddof)
    )
)
var.vjp(
    lambda g, x, x_space, axis, ddof, keepdims: (
        spread(g * _twice_over_n(x_space, axis, ddof), x_space, axis, keepdims) * centred(x, axis)
    )
)


@primitive
def std(x, *, axis=None, ddof=0, keepdims=False):
    """The standard deviation over all axes or some; of a constant its derivative is zero."""
    return as_array(x).std(axis=axis, ddof=ddof, keepdims=keepdims)


def _over(d, out):
    """`d / (2 out)`, and zero where `out` is."""
    return where(out == 0, 0.0, d / where(out == 0, 1.0, 2.0 * out)).astype(out.dtype)


std.jvp(
    lambda dx, x, out, x_space, axis, ddof, keepdims: _over(
        sum(_real(centred(x, axis) * dx), axis=axis, keepdims=keepdims) * _twice_over_n(x_space, axis, ddof),
        out,
    )
)
std.vjp(
    lambda g, x, out, x_space, axis, ddof, keepdims: (
        spread(_over(g, out) * _twice_over_n(x_space, axis, ddof), x_space, axis, keepdims) * centred(x, axis)
    )
)


for _op in (var, std):
    _op.strict(strict_by_lane)


def _moment_samples(rng):
    yield from (
        s for s in reduction_samples(rng) if s.args[0].size and s.params.get("axis") != () and s.args[0].ndim
    )
    yield Sample(rng.normal(size=(4, 3)), axis=0, ddof=1)
    yield Sample(rng.normal(size=(5,)), ddof=1, keepdims=True)


for _op in (var, std):
    _op.samples(_moment_samples)


@var.batching
def _(x, axis, ddof, keepdims):
    return var(x, axis=shifted(axis, x.ndim - 1), ddof=ddof, keepdims=keepdims)


@std.batching
def _(x, axis, ddof, keepdims):
    return std(x, axis=shifted(axis, x.ndim - 1), ddof=ddof, keepdims=keepdims)
