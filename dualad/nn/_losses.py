"""Loss functions, with PyTorch's names, reductions and edge cases."""

from __future__ import annotations

import warnings
from math import prod
from typing import Any

import numpy as np

from ..core.trace import strip
from ..ops.losses import label_loss, pick_label
from ._engine import Tensor, constant, has_rows_of_vmap, op, value, wrap


class VmapLoss(TypeError):
    """A loss met a batch where it needs numbers."""


def reduced(loss: Any, reduction: str) -> Tensor:
    """The mean, the sum or all of it."""
    if reduction == "mean":
        return wrap(
            op.divide(op.sum(loss, axis=None, keepdims=False), max(loss.size, 1) if loss.size else np.nan)
        )
    if reduction == "sum":
        return wrap(op.sum(loss, axis=None, keepdims=False))
    if reduction == "none":
        return wrap(loss)
    raise ValueError(f"{reduction} is not a valid value for reduction")


def _aligned(input: Any, target: Any, name: str):
    """The values of both, with PyTorch's warning where they broadcast."""
    x, y = value(input), value(target)
    if x.shape != y.shape:
        warnings.warn(
            f"Using a target size ({tuple(y.shape)}) that is different to the input size ({tuple(x.shape)}) "
            f"in {name}. "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they have the "
            "same size.",
            stacklevel=3,
        )
    return x, y


def _same_size(input, target, name):
    x, y = value(input), value(target)
    if x.shape != y.shape:
        raise ValueError(
            f"{name}: target size ({tuple(y.shape)}) must be the same as input size ({tuple(x.shape)})"
        )
    return x, y


# ---- regression -------------------------------------------------------------------------------------------


def mse_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Tensor:
    """(input − target)²."""
    x, y = _aligned(input, target, "mse_loss")
    return reduced(_weighted(op.square(op.subtract(x, y)), weight), reduction)


def l1_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Tensor:
    """|input − target|."""
    x, y = _aligned(input, target, "l1_loss")
    return reduced(_weighted(op.absolute(op.subtract(x, y)), weight), reduction)


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """d² / (2 beta) where d = |input − target| < beta, else d − beta / 2."""
    if beta < 0:
        raise ValueError("smooth_l1_loss does not support negative values for beta")
    x, y = _aligned(input, target, "smooth_l1_loss")
    d = op.subtract(x, y)
    if beta == 0:
        return reduced(op.absolute(d), reduction)
    return reduced(_huber(d, beta, 1 / beta), reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """d² / 2 where d = |input − target| < delta, else delta (d − delta / 2)."""
    if delta <= 0:
        raise ValueError("huber_loss does not support non-positive values for delta.")
    x, y = _aligned(input, target, "huber_loss")
    return reduced(_huber(op.subtract(x, y), delta, 1.0), reduction)


def _huber(d, bound, scale):
    """scale times d²/2 near zero, continued by its tangents: c d − c²/2 with c = d clipped to the bound."""
    a = op.absolute(d)
    c = op.minimum(a, bound)
    return scale * (c * (a - 0.5 * c))


# ---- binary -----------------------------------------------------------------------------------------------


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Tensor:
    """−y log x − (1 − y) log(1 − x) of probabilities x; logarithms are held above −100."""
    x, y = _same_size(input, target, "binary_cross_entropy")
    bare = np.asarray(strip(x)) if not has_rows_of_vmap(x) else None
    if bare is not None and bare.size and not (bare.min() >= 0 and bare.max() <= 1):
        raise RuntimeError("all elements of input should be between 0 and 1")
    low = -100.0
    with np.errstate(divide="ignore"):
        loss = y * op.maximum(op.log(x), low) + (1 - y) * op.maximum(op.log1p(-x), low)
    return reduced(_weighted(-loss, weight), reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Tensor:
    """`binary_cross_entropy` of expit(input), exact in both tails; `pos_weight` weighs the positive part."""
    x, y = _same_size(input, target, "binary_cross_entropy_with_logits")
    if pos_weight is None:
        loss = (1 - y) * x - op.log_expit(x)
    else:
        w = (value(pos_weight) - 1) * y + 1
        loss = (1 - y) * x - w * op.log_expit(x)
    return reduced(_weighted(loss, weight), reduction)


# ---- classes ----------------------------------------------------------------------------------------------


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Negative log-likelihood of classes under softmax(input).

    Parameters
    ----------
    input : (N, C), (C,) or (N, C, d1, …)
        Logits.
    target : (N,), () or (N, d1, …) integers; or class probabilities, of the shape of `input`
    weight : (C,)
        By class.
    ignore_index : int
        Examples with this label do not count.
    label_smoothing : float
        The share of a target that is spread evenly over all classes.
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    x, y = value(input), constant_or_value(target)
    if x.ndim == 2 and y.ndim == 1 and weight is None and label_smoothing == 0.0 and y.dtype.kind in "iu":
        try:  # the road of training
            if not 0 <= ignore_index < x.shape[1] or has_rows_of_vmap(y):
                return reduced(label_loss(x, y), reduction)
        except IndexError:
            if not (_labels(y) == ignore_index).any():
                raise
    if y.dtype.kind == "f":
        return _probabilities(x, y, weight, reduction, label_smoothing, ignore_index)
    return _by_label(x, y, weight, ignore_index, reduction, label_smoothing, "cross_entropy")


def nll_loss(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """−input[label]: the loss of log-probabilities, as `log_softmax` gives them."""
    return _by_label(
        value(input), constant_or_value(target), weight, ignore_index, reduction, 0.0, "nll_loss"
    )


def _class_axis(x):
    return 0 if x.ndim == 1 else 1


def _probabilities(x, y, weight, reduction, smoothing, ignore_index):
    if x.shape != y.shape:
        raise ValueError(
            "cross_entropy: floating-point targets are class probabilities of the shape of the input, "
            f"{tuple(x.shape)}, "
            f"not {tuple(y.shape)}; class labels are integers"
        )
    if ignore_index >= 0:
        raise ValueError("ignore_index is not supported for floating point target")
    axis = _class_axis(x)
    if smoothing:
        y = y * (1 - smoothing) + smoothing / x.shape[axis]
    logp = op.log_softmax(x, axis=axis)
    if weight is not None:
        logp = logp * _along_classes(constant(weight), x.ndim)
    loss = -op.sum(logp * y, axis=axis, keepdims=False)
    if reduction == "mean":
        return wrap(op.sum(loss, axis=None, keepdims=False) / max(x.size // x.shape[axis], 1))
    return reduced(loss, reduction)


def _along_classes(w, ndim):
    return w if ndim == 1 else w.reshape((-1,) + (1,) * (ndim - 2))


def _by_label(x, y, weight, ignore_index, reduction, smoothing, name):
    """The loss of logits, or of log-probabilities for `nll_loss`, (N, C, …) at labels (N, …).

    Rows that do not count are taken out first, so that nothing in them can matter.
    """
    shape = () if x.ndim == 1 else (x.shape[0], *x.shape[2:])
    labels = _checked_labels(y, shape, name).reshape(-1)
    rows = x.reshape((1, -1)) if x.ndim == 1 else _rows(x)
    counted = np.flatnonzero(labels != ignore_index)
    everything = len(counted) == len(labels)
    if not everything:
        rows, labels = rows[counted], labels[counted]
    by_class = np.ones(rows.shape[1], x.dtype) if weight is None else np.asarray(constant(weight))
    w = by_class[_in_range(labels, rows.shape[1])].astype(x.dtype)
    loss = _row_losses(rows, labels, by_class, w, smoothing, name)
    if reduction == "mean":
        total = w.sum()
        return wrap(op.sum(loss, axis=None, keepdims=False) * (1 / total if total else np.nan))
    if reduction == "none" and not everything:
        place = np.full(prod(shape), len(counted))
        place[counted] = np.arange(len(counted))
        loss = op.concatenate(loss, np.zeros(1, loss.dtype), axis=0)[place]
    return reduced(loss.reshape(shape) if reduction == "none" else loss, reduction)


def _row_losses(rows, labels, by_class, w, smoothing, name):
    """Weighted losses of rows (N, C) at their labels."""
    if name == "cross_entropy" and not smoothing:
        return label_loss(rows, labels) * w
    logp = op.log_softmax(rows, axis=1) if name == "cross_entropy" else rows
    loss = -pick_label(logp, labels) * w
    if smoothing:
        spread = -op.sum(logp * by_class, axis=1, keepdims=False)
        loss = loss * (1 - smoothing) + spread * (smoothing / rows.shape[1])
    return loss


def _checked_labels(y, shape, name):
    if y.dtype.kind not in "iu":
        raise TypeError(f"{name}: labels must be integers, not {y.dtype}; write target.long()")
    if tuple(y.shape) != shape:
        raise ValueError(f"Expected target size {list(shape)}, got {list(y.shape)}")
    labels = _labels(y)
    if labels is None:
        raise VmapLoss(
            f"{name} under vmap takes integer labels with (N, C) logits, without weight or smoothing"
        )
    return labels


def _in_range(labels, classes):
    bad = labels[(labels < 0) | (labels >= classes)]
    if len(bad):
        raise IndexError(f"Target {bad[0]} is out of bounds: there are {classes} classes, 0 to {classes - 1}")
    return labels


def _rows(x):
    """(N, C, d1, …) as (N d1 …, C)."""
    if x.ndim == 2:
        return x
    return x.transpose((0, *range(2, x.ndim), 1)).reshape((-1, x.shape[1]))


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """target (log target − input), for log-probabilities `input`; "batchmean" is the sum over rows / N."""
    x, y = value(input), value(target)
    loss = op.exp(y) * (y - x) if log_target else op.xlogy(y, y) - y * x
    if reduction == "batchmean":
        return wrap(op.sum(loss, axis=None, keepdims=False) / x.shape[0])
    return reduced(loss, reduction)


# ---- helpers ----------------------------------------------------------------------------------------------


def _weighted(loss, weight):
    return loss if weight is None else loss * constant(weight)


def constant_or_value(target):
    """Labels as they are; probabilities with their derivative."""
    v = value(target)
    return v if hasattr(v, "dtype") else np.asarray(v)


def _labels(y):
    """The plain integers of labels, None if they are rows of a batch."""
    return None if has_rows_of_vmap(y) else np.asarray(strip(y))
