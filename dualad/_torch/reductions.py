"""Sums, means, extrema, sorting: PyTorch's `dim` and `keepdim`, its named tuples, its unbiased variance."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..core.trace import Box
from .engine import op
from .handle import Handle, recorded, wrap
from .tape import detached


def _pair(name):
    return NamedTuple(name, [("values", object), ("indices", object)])


(
    max_result,
    min_result,
    sort_result,
    topk_result,
    median_result,
    mode_result,
    kthvalue_result,
    cummax_result,
) = (_pair(name) for name in ("max", "min", "sort", "topk", "median", "mode", "kthvalue", "cummax"))


def axes(dim):
    """NumPy's axis for PyTorch's dim: None and () mean all."""
    if dim is None or type(dim) is int:
        return dim
    dim = tuple(dim)
    return dim or None


def named(dim, keepdim, axis, keepdims):
    """`dim` and `keepdim`, also under NumPy's names for them."""
    return dim if axis is None else axis, keepdim or keepdims


def cast(v, dtype):
    if dtype is None or v.dtype == dtype:
        return v
    return op.astype(v, dtype=np.dtype(dtype)) if isinstance(v, Box) else v.astype(dtype)


def along(v, indices, dim, keepdim):
    """The entries of `v` at one index per line along `dim`."""
    picked = op.take_along_axis(v, op.expand_dims(indices, axis=dim), axis=dim)
    return picked if keepdim else op.squeeze(picked, axis=dim)


class Reducing(Handle):
    __slots__ = ()

    def sum(self, dim=None, keepdim: bool = False, *, dtype=None, axis=None, keepdims: bool = False):
        """Sum over `dim`, an int or several; over everything without it."""
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        v = recorded(self._value)
        if dtype is not None:
            v = cast(v, dtype)
        elif v.dtype.kind in "biu" and v.dtype != np.int64:
            v = cast(v, np.int64)
        return wrap(op.sum(v, axis=axes(dim), keepdims=keepdim))

    def nansum(self, dim=None, keepdim: bool = False, *, dtype=None, axis=None, keepdims: bool = False):
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        return self.nan_to_num(0.0).sum(dim, keepdim, dtype=dtype)

    def mean(self, dim=None, keepdim: bool = False, *, dtype=None, axis=None, keepdims: bool = False):
        """Mean over `dim`; of floating-point or complex tensors."""
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        v = cast(recorded(self._value), dtype)
        if v.dtype.kind not in "fc":
            raise RuntimeError(
                "mean(): could not infer output dtype. Input dtype must be either a floating point or "
                f"complex dtype. Got: {v.dtype}"
            )
        return wrap(op.mean(v, axis=axes(dim), keepdims=keepdim))

    def var(
        self,
        dim=None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction=None,
        axis=None,
        keepdims: bool = False,
    ):
        """Variance, divided by n - 1; `correction` or `unbiased=False` change that."""
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        dim, correction = _correction(dim, unbiased, correction)
        return wrap(op.var(recorded(self._value), axis=axes(dim), ddof=correction, keepdims=keepdim))

    def std(
        self,
        dim=None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction=None,
        axis=None,
        keepdims: bool = False,
    ):
        """Standard deviation, the root of `var`."""
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        dim, correction = _correction(dim, unbiased, correction)
        return wrap(op.std(recorded(self._value), axis=axes(dim), ddof=correction, keepdims=keepdim))

    def prod(self, dim=None, keepdim: bool = False, *, dtype=None, axis=None, keepdims: bool = False):
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        v = cast(recorded(self._value), dtype)
        if dtype is None and v.dtype.kind in "biu" and v.dtype != np.int64:
            v = cast(v, np.int64)
        return wrap(op.prod(v, axis=axes(dim), keepdims=keepdim))

    def max(self, dim=None, keepdim: bool = False, *, axis=None, keepdims: bool = False):
        """The maximum; with `dim`, a pair `(values, indices)`; with a tensor, the elementwise maximum."""
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        if isinstance(dim, Handle):
            return self.maximum(dim)
        if dim is None:
            return wrap(op.max(recorded(self._value)))
        return _extreme(self, op.argmax, dim, keepdim, max_result)

    def min(self, dim=None, keepdim: bool = False, *, axis=None, keepdims: bool = False):
        """The minimum; with `dim`, a pair `(values, indices)`; with a tensor, the elementwise minimum."""
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        if isinstance(dim, Handle):
            return self.minimum(dim)
        if dim is None:
            return wrap(op.min(recorded(self._value)))
        return _extreme(self, op.argmin, dim, keepdim, min_result)

    def amax(self, dim=None, keepdim: bool = False, *, axis=None, keepdims: bool = False):
        """The maximum over `dim`; equal maxima share the gradient."""
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        return wrap(op.max(recorded(self._value), axis=axes(dim), keepdims=keepdim))

    def amin(self, dim=None, keepdim: bool = False, *, axis=None, keepdims: bool = False):
        """The minimum over `dim`; equal minima share the gradient."""
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        return wrap(op.min(recorded(self._value), axis=axes(dim), keepdims=keepdim))

    def aminmax(self, *, dim=None, keepdim: bool = False, axis=None, keepdims: bool = False):
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        return self.amin(dim, keepdim), self.amax(dim, keepdim)

    def argmax(self, dim=None, keepdim: bool = False, *, axis=None, keepdims: bool = False):
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        return wrap(_arg(op.argmax, self, dim, keepdim))

    def argmin(self, dim=None, keepdim: bool = False, *, axis=None, keepdims: bool = False):
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        return wrap(_arg(op.argmin, self, dim, keepdim))

    def all(self, dim=None, keepdim: bool = False, *, axis=None, keepdims: bool = False):
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        return wrap(op.all(detached(self._value), axis=axes(dim), keepdims=keepdim))

    def any(self, dim=None, keepdim: bool = False, *, axis=None, keepdims: bool = False):
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        return wrap(op.any(detached(self._value), axis=axes(dim), keepdims=keepdim))

    def count_nonzero(self, dim=None):
        return (self != 0).sum(dim)

    def cumsum(self, dim, *, dtype=None):
        return wrap(op.cumsum(cast(recorded(self._value), dtype), axis=dim))

    def cumprod(self, dim, *, dtype=None):
        return wrap(op.cumprod(cast(recorded(self._value), dtype), axis=dim))

    def logsumexp(self, dim=None, keepdim: bool = False, *, axis=None, keepdims: bool = False):
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        return wrap(op.logsumexp(recorded(self._value), axis=axes(dim), keepdims=keepdim))

    def softmax(self, dim, dtype=None):
        return wrap(op.softmax(cast(recorded(self._value), dtype), axis=dim))

    def log_softmax(self, dim, dtype=None):
        return wrap(op.log_softmax(cast(recorded(self._value), dtype), axis=dim))

    def norm(
        self, p="fro", dim=None, keepdim: bool = False, dtype=None, *, axis=None, keepdims: bool = False
    ):
        """The p-norm of the entries over `dim`, or of all; at 0 its derivative is 0."""
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        v = cast(recorded(self._value), dtype)
        return wrap(op.vector_norm(v, axis=axes(dim), keepdims=keepdim, ord=2 if p in ("fro", None) else p))

    def dist(self, other, p=2):
        return (self - other).norm(p)

    # ---- order ----

    def sort(self, dim: int = -1, descending: bool = False, stable: bool = False):
        """`(values, indices)` of the stable order along `dim`."""
        i = self._order(dim, descending)
        return sort_result(wrap(op.take_along_axis(recorded(self._value), i, axis=dim)), wrap(i))

    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = False):
        return wrap(self._order(dim, descending))

    def _order(self, dim, descending):
        v = detached(self._value)
        if not v.ndim:
            return np.zeros((), np.int64)
        if not descending:
            return op.argsort(v, axis=dim)
        flipped = op.argsort(op.flip(v, axis=dim), axis=dim)
        return v.shape[dim] - 1 - op.flip(flipped, axis=dim)

    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True):
        """The `k` largest entries along `dim` and where they are."""
        if k > self.shape[dim]:
            raise RuntimeError("selected index k out of range")
        i = head(self._order(dim, largest), dim, slice(k))
        return topk_result(wrap(op.take_along_axis(recorded(self._value), i, axis=dim)), wrap(i))

    def kthvalue(self, k: int, dim: int = -1, keepdim: bool = False):
        """The `k`-th smallest entry along `dim`, counted from 1."""
        i = head(self._order(dim, False), dim, k - 1)
        return kthvalue_result(*_at(self, i, dim, keepdim))

    def median(self, dim=None, keepdim: bool = False, *, axis=None, keepdims: bool = False):
        """The lower of the two middle values; with `dim`, a pair `(values, indices)`."""
        if axis is not None or keepdims:
            dim, keepdim = named(dim, keepdim, axis, keepdims)
        if dim is None:
            flat = self.reshape(-1)
            return flat.kthvalue((flat.numel() + 1) // 2).values
        i = head(self._order(dim, False), dim, (self.shape[dim] - 1) // 2)
        return median_result(*_at(self, i, dim, keepdim))

    def cummax(self, dim: int):
        v = np.asarray(detached(self._value))
        best = np.maximum.accumulate(v, dim)
        shape = [1] * v.ndim
        shape[dim] = -1
        i = np.maximum.accumulate(np.where(v == best, np.arange(v.shape[dim]).reshape(shape), 0), dim)
        return cummax_result(wrap(op.take_along_axis(recorded(self._value), i, axis=dim)), wrap(i))

    def unique(
        self, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim=None
    ):
        """The distinct entries, sorted; with inverse and counts if asked for."""
        unique: Any = np.unique
        a = self.detach().numpy()
        out = unique(a, return_inverse=return_inverse, return_counts=return_counts, axis=dim)
        return tuple(map(wrap, out)) if isinstance(out, tuple) else wrap(out)

    def bincount(self, weights=None, minlength: int = 0):
        w = None if weights is None else weights.numpy()
        return wrap(np.bincount(self.numpy(), w, minlength))


def head(i, dim, part):
    """The entries `part` of `i` along `dim`."""
    if not i.ndim:
        return i
    return op.getitem(i, (slice(None),) * (dim % i.ndim) + (part,))


def _correction(dim, unbiased, correction):
    if isinstance(dim, bool):  # x.var(False)
        dim, unbiased = None, dim
    return dim, int(unbiased) if correction is None else correction


def _extreme(t, arg, dim, keepdim, result):
    return result(*_at(t, arg(detached(t._value), axis=dim), dim, keepdim))


def _at(t, i, dim, keepdim):
    """Values and indices, of one index per line along `dim`."""
    v = recorded(t._value)
    if not v.shape:
        return wrap(v), wrap(np.zeros((), np.int64))
    return wrap(along(v, i, dim, keepdim)), wrap(op.expand_dims(i, axis=dim) if keepdim else i)


def _arg(function, t, dim, keepdim):
    v = detached(t._value)
    if dim is None:
        return function(v)
    return function(v, axis=dim, keepdims=keepdim)
