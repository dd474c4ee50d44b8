"""Attention, and the likeness of vectors that it rests on."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import numpy as np

from .._tensor import Tensor
from ._engine import constant, op, wrap
from ._engine import value as _value  # `value` is the name of an argument


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """softmax(q kᵀ · scale + mask) v over the last two axes, (…, L, E), (…, S, E) and (…, S, V) to (…, L, V).

    Parameters
    ----------
    attn_mask : (…, L, S) array or tensor
        Booleans say who takes part; numbers are added.
    dropout_p : float
        Applied always: give 0 in eval mode.
    is_causal : bool
        A query sees keys up to its own place only.
    scale : float
        By default 1 / √E.
    """
    q, k, v = map(_value, (query, key, value))
    scores = op.matmul(q, op.swapaxes(k, -2, -1)) * (1 / sqrt(q.shape[-1]) if scale is None else scale)
    if is_causal:
        if attn_mask is not None:
            raise RuntimeError("scaled_dot_product_attention: attn_mask and is_causal exclude each other")
        attn_mask = np.tri(q.shape[-2], k.shape[-2], dtype=bool)
    if attn_mask is not None:
        if constant(attn_mask).dtype.kind == "b":
            scores = op.where(constant(attn_mask), scores, np.asarray(-inf, scores.dtype))
        else:
            scores = scores + _value(attn_mask)
    weights = op.softmax(scores, axis=-1)
    if dropout_p:
        from .functional import dropout

        weights = dropout(wrap(weights), dropout_p, True)._value
    return wrap(op.matmul(weights, v))


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x · y / (|x| |y|) along `dim`, each norm held above `eps`."""
    x, y = _value(x1), _value(x2)
    norms = (op.maximum(op.vector_norm(a, axis=dim, keepdims=True), eps) for a in (x, y))
    return wrap(op.sum((x / next(norms)) * (y / next(norms)), axis=dim))
