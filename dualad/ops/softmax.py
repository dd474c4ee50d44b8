"""Log-sum-exp, softmax and log-softmax: stable, since the maximum is taken out first."""

from __future__ import annotations

import numpy as np

from ..core.errors import MissingRule, at_user_line
from ..core.primitive import primitive
from ..core.samples import Sample
from .arithmetic import INF
from .elementary import below, exp, log
from .layout import normal_axes
from .select import where


def _behind(axis, x):
    """The axes of one row of `x`, counted in the batch of them."""
    return tuple(a + 1 for a in normal_axes(axis, x.ndim - 1))


def _kept(a, space, axis):
    """`a`, out of a reduction over `axis`, with the axes reduced at length one."""
    axes = normal_axes(axis, space.ndim)
    return a.reshape(tuple(1 if i in axes else n for i, n in enumerate(space.shape)))


def _logsumexp(x, *, axis=None, keepdims=False):
    """log of the sum of exp(x) over axes, without overflow, and exact where one summand rules."""
    x = _floating(x)
    axes = normal_axes(axis, x.ndim)
    top = x.real.max(axis=axes, keepdims=True, initial=-INF)
    finite = np.isfinite(top)
    shift = top if finite.all() else np.where(finite, top, 0)
    with np.errstate(over="ignore", divide="ignore"):
        terms = np.asarray(x - shift)
        np.exp(terms, terms)
        if x.dtype.kind == "c":
            out = shift + np.log(terms.sum(axis=axes, keepdims=True))
        else:
            # The largest terms are 1. All but one of them are counted, the others summed.
            largest = x == top
            np.copyto(terms, 0, where=largest)
            others = terms.sum(axis=axes, keepdims=True)
            others = others + (largest.sum(axis=axes, keepdims=True, dtype=x.dtype) - 1)
            out = top + np.log1p(others)
    return out if keepdims else out.squeeze(axes)


def _floating(x):
    x = np.asarray(x)
    return x if x.dtype.kind in "fc" else x.astype(float)


_lse = primitive(_logsumexp, name="logsumexp")
_lse.jvp(
    x=lambda dx, x, x_space, out, axis, keepdims: (dx * exp(below(x, _kept(out, x_space, axis)))).sum(
        axis=axis, keepdims=keepdims
    )
)
_lse.vjp(
    x=lambda g, x, x_space, out, axis: _kept(g, x_space, axis) * exp(below(x, _kept(out, x_space, axis)))
)
_lse.batching(lambda x, axis, keepdims: _lse(x, axis=_behind(axis, x), keepdims=keepdims))


@_lse.samples
def _(rng):
    for axis, keepdims in ((None, False), (0, False), (-1, True), ((0, 2), False), ((), True)):
        yield Sample(rng.normal(size=(2, 1, 3)), axis=axis, keepdims=keepdims)
    yield Sample(rng.normal(size=(3,)) + np.array([0, -np.inf, 0]), smooth=False, complex=False)
    yield Sample(np.full((2, 2), -np.inf), axis=1, smooth=False, complex=False)
    yield Sample(rng.normal(size=()))
    yield Sample(rng.normal(size=(2, 0, 3)), axis=2)


def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    """The logarithm of Σ b exp(a) over axes.

    Parameters
    ----------
    a : array
    axis : int, tuple of ints or None
        None for all axes.
    b : array, optional
        Weights, differentiable too; where their sum is negative the result is NaN.
    keepdims : bool
    return_sign : bool
        Not supported.
    """
    if return_sign:
        raise MissingRule(
            f"logsumexp: return_sign=True is not supported{at_user_line()}; sum the two signs apart"
        )
    axis = tuple(axis) if isinstance(axis, list) else axis
    if b is None:
        return _lse(a, axis=axis, keepdims=keepdims)
    top = _lse(a, axis=axis, keepdims=True)
    total = (b * exp(below(a, top))).sum(axis=axis, keepdims=True)
    nothing = total == 0
    out = where(nothing, -INF, log(where(nothing, 1, total)) + top)
    return out if keepdims else out.sum(axis=axis)


logsumexp.primitive = _lse.primitive


def _exps(x, axis):
    """exp(x), shifted so that the largest is 1, and the shifted x."""
    x = _floating(x)
    d = np.asarray(x - x.real.max(axis=axis, keepdims=True, initial=-INF))
    return np.exp(d), d


@primitive
def softmax(x, *, axis=None):
    """exp(x) over its sum along axes."""
    e, _ = _exps(x, axis)
    e = np.asarray(e)
    e /= e.sum(axis=axis, keepdims=True)
    return e


softmax.jvp(lambda dx, out, axis: out * (dx - (out * dx).sum(axis=axis, keepdims=True)))


@softmax.vjp
def _(g, out, axis):
    h = g * out
    return h - out * h.sum(axis=axis, keepdims=True)


@primitive
def log_softmax(x, *, axis=None):
    """The logarithm of softmax(x): x minus its log-sum-exp along axes."""
    e, d = _exps(x, axis)
    d -= np.log(e.sum(axis=axis, keepdims=True))
    return d


log_softmax.jvp(lambda dx, x, axis: dx - (softmax(x, axis=axis) * dx).sum(axis=axis, keepdims=True))
log_softmax.vjp(lambda g, out, axis: g - exp(out) * g.sum(axis=axis, keepdims=True))
softmax.batching(lambda x, axis: softmax(x, axis=_behind(axis, x)))
log_softmax.batching(lambda x, axis: log_softmax(x, axis=_behind(axis, x)))


@softmax.samples
@log_softmax.samples
def _softmax_samples(rng):
    for axis in (None, 0, -1, (0, 2)):
        yield Sample(rng.normal(size=(2, 2, 3)), axis=axis)
    yield Sample(np.array([0.3, -800.0, 800.0]), axis=0, complex=False, smooth=False)
    yield Sample(rng.normal(size=()))
    yield Sample(rng.normal(size=(2, 0, 3)), axis=1)
