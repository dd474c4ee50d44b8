"""The softmax cross-entropy of rows of logits with integer labels, fused.

Written out, log-sum-exp minus a gather is seven passes over the logits and five arrays of their size. Here a
block of rows goes through maximum, exponential and sum while it lies in cache, and one array is made: the
softmax p, which is the second output and what the reverse rule needs. The cotangent of the loss is then p
with 1 taken off at the label, times g: one pass.

`pick_label` and `place_label` are a pair: reading x[n, labels[n]], and its adjoint.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import at_user_line
from ..core.primitive import primitive
from ..core.reverse import Var, new_node_id, pull_general, pull_pick
from ..core.samples import Sample

ndarray = np.ndarray

_BLOCK_ENTRIES = (
    1 << 18
)  # a block of float32 rows fills a second-level cache of 1 MiB; smaller ones gain nothing


@primitive(multi=True, flat_args="labels")
def softmax_cross_entropy(logits, labels):
    """Loss and softmax of each row: (log(sum(exp(x))) - x[label], exp(x) / sum(exp(x))).

    Parameters
    ----------
    logits : (N, C) real floating-point array
    labels : (N,) integer array, 0 <= label < C

    Returns
    -------
    losses (N,), softmax (N, C), of the dtype of the logits

    Raises
    ------
    IndexError
        A label lies outside 0 .. C - 1.
    ValueError, TypeError
        Shapes do not fit, or labels are not integers.
    """
    logits, labels = _checked(logits, labels)
    losses, p = np.empty(len(labels), logits.dtype), np.empty(logits.shape, logits.dtype)
    for rows in _blocks(logits.shape):
        _one_block(logits[rows], labels[rows], losses[rows], p[rows])
    return losses, p


def _one_block(x, labels, loss, p):
    """Fill `loss` and `p` for rows that fit in cache; the shift by the maximum is what keeps exp finite."""
    np.subtract(x, x.max(axis=1, keepdims=True), out=p)
    shifted = p[np.arange(len(labels)), labels]
    np.exp(p, out=p)
    total = p @ np.ones(p.shape[1], p.dtype)  # BLAS sums short rows faster than a reduction
    p *= (1 / total)[:, None]
    np.log(total, out=loss)
    loss -= shifted


softmax_cross_entropy.jvp(logits=lambda dlogits, labels, out: _push(dlogits, labels, out[1]))
softmax_cross_entropy.vjp(logits=lambda g, labels, out: _pull(g[0], g[1], labels, out[1]))


def label_loss(logits, labels):
    """The losses alone, by a fast road for variables over plain arrays."""
    if type(logits) is Var and type(logits.value) is ndarray is type(labels):
        prim, trace = softmax_cross_entropy.primitive, logits.owner
        out = prim.fun(logits.value, labels)
        saved = {"labels": labels.copy(), "out": out}
        node = [new_node_id(), pull_general, 2, None, (logits.aux,), (prim, {}, (0,), trace), saved]
        losses = out[0]
        return trace.var(losses, [new_node_id(), pull_pick, losses.shape, losses.dtype, node, 0])
    return softmax_cross_entropy(logits, labels)[0]


def _push(dx, labels, p):
    """Tangents of loss and softmax: Σ p dx - dx[label], and p (dx - Σ p dx)."""
    mean = (p * dx).sum(axis=1)
    return mean - pick_label(dx, labels), p * (dx - _column(mean))


def _pull(g_loss, g_p, labels, p):
    """The cotangents of both outputs, each pulled back by the transposed Jacobian."""
    d = None if g_loss is None else softmax_minus_label(g_loss, p, labels)
    if g_p is None:
        return d
    e = p * (g_p - _column((g_p * p).sum(axis=1)))
    return e if d is None else d + e


@softmax_cross_entropy.batching
def _(logits, labels):
    losses, p = softmax_cross_entropy(_rows(logits), labels.reshape(-1))
    return losses.reshape(labels.shape), p.reshape(logits.shape)


@softmax_cross_entropy.samples
def _(rng):
    for n, c in ((1, 1), (3, 4), (0, 3), (5, 2)):
        yield Sample(rng.normal(size=(n, c)) * 2, rng.integers(0, c, n), complex=False)
    yield Sample(np.array([[1000.0, 0.0, -1000.0], [0.0, 0.0, 0.0]]), np.array([0, 2]), complex=False)


@primitive(flat_args="labels", linear="g")
def softmax_minus_label(g, p, labels):
    """g[n] * (p[n] - e_label): the cotangent of the logits, in one pass over p (N, C)."""
    out = np.empty(p.shape, np.result_type(g, p))
    for rows in _blocks(p.shape):
        gb = g[rows]
        block = np.multiply(p[rows], gb[:, None], out=out[rows])
        block[np.arange(len(gb)), labels[rows]] -= gb
    return out


softmax_minus_label.jvp(p=lambda dp, g: _column(g) * dp)
softmax_minus_label.vjp(
    g=lambda h, p, labels: (h * p).sum(axis=1) - pick_label(h, labels),
    p=lambda h, g: _column(g) * h,
)


@softmax_minus_label.batching
def _(g, p, labels):
    return softmax_minus_label(g.reshape(-1), _rows(p), labels.reshape(-1)).reshape(p.shape)


@softmax_minus_label.samples
def _(rng):
    for n, c in ((1, 1), (3, 4), (0, 3)):
        yield Sample(rng.normal(size=n), rng.normal(size=(n, c)), rng.integers(0, c, n))


@primitive(linear="x", flat_args="labels")
def pick_label(x, labels):
    """x[n, labels[n]] for every row n of x (N, C)."""
    return x[np.arange(len(labels)), labels]


pick_label.vjp(x=lambda g, labels, x_space: place_label(g, labels, classes=x_space.shape[1]))


@pick_label.batching
def _(x, labels):
    return pick_label(_rows(x), labels.reshape(-1)).reshape(labels.shape)


@pick_label.samples
def _(rng):
    yield Sample(rng.normal(size=(3, 4)), np.array([3, 0, 3]))
    yield Sample(rng.normal(size=(0, 2)), np.array([], dtype=int))


@primitive(linear="g", flat_args="labels")
def place_label(g, labels, *, classes):
    """Rows of `classes` zeros with g[n] at labels[n]."""
    out = np.zeros((len(labels), classes), g.dtype)
    out[np.arange(len(labels)), labels] = g
    return out


place_label.vjp(g=lambda h, labels: pick_label(h, labels))


@place_label.batching
def _(g, labels, classes):
    rows = place_label(g.reshape(-1), labels.reshape(-1), classes=classes)
    return rows.reshape((*labels.shape, classes))


@place_label.samples
def _(rng):
    yield Sample(rng.normal(size=3), np.array([3, 0, 3]), classes=4)
    yield Sample(rng.normal(size=2), np.array([1, 0]), classes=2)


def _column(x):
    return x.reshape((x.shape[0], 1))


def _rows(x):
    """(B, N, C) as (B * N, C)."""
    return x.reshape((x.shape[0] * x.shape[1], x.shape[2]))


def _blocks(shape):
    """Slices of at least 64 rows that fit in cache together."""
    step = max(64, _BLOCK_ENTRIES // max(1, shape[1]))
    return [slice(start, start + step) for start in range(0, shape[0], step)]


def _checked(logits, labels):
    logits, labels = np.asarray(logits), np.asarray(labels)
    if logits.dtype.kind != "f":
        if logits.dtype.kind not in "biu":
            raise TypeError(f"cross-entropy needs real logits, not {logits.dtype}{at_user_line()}")
        logits = logits.astype(float)
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"labels must be integers, one per row; these are {labels.dtype}{at_user_line()}. "
            "Write labels.astype(int); for class probabilities give an array of the logits' shape."
        )
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise ValueError(
            f"cross-entropy takes logits (N, C) and labels (N,), not {logits.shape} and "
            f"{labels.shape}{at_user_line()}"
        )
    if labels.size and not _all_below(labels, logits.shape[1]):
        raise IndexError(
            f"labels go from {labels.min()} to {labels.max()}, but there are {logits.shape[1]} classes, 0 to "
            f"{logits.shape[1] - 1}{at_user_line()}"
        )
    return logits, labels


def _all_below(labels, n) -> bool:
    """Whether all labels are in 0 .. n - 1, by one maximum where negative ones look huge."""
    if labels.dtype == np.int64:
        return labels.view(np.uint64).max() < n
    return 0 <= labels.min() <= labels.max() < n
