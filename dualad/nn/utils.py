"""Helpers over many parameters: clipping gradients, and one long vector of all of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .._tensor import Tensor, cat, no_grad
from .._torch.handle import wrap
from .._torch.tape import untaped


def clip_grad_norm_(
    parameters: Iterable[Tensor] | Tensor,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale all gradients so that their common norm is at most `max_norm`; returns the norm they had.

    Raises
    ------
    RuntimeError
        The norm is infinite or NaN, and `error_if_nonfinite`.
    """
    owners = _with_grad(parameters)
    grads = [np.asarray(untaped(p.grad._value)) for p in owners]
    if not grads:
        return Tensor(0.0)
    norm = _norm([_norm(g.reshape(-1), norm_type) for g in grads], norm_type)
    if error_if_nonfinite and not np.isfinite(norm):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it "
            "cannot be "
            "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    factor = min(max_norm / (norm + 1e-6), 1.0) if norm == norm else norm
    if factor != 1.0:
        for p, g in zip(owners, grads, strict=True):
            _overwrite(p.grad, g * g.dtype.type(factor))
    return Tensor(norm, dtype=grads[0].dtype)


def clip_grad_value_(parameters: Iterable[Tensor] | Tensor, clip_value: float) -> None:
    """Clip every entry of the gradients to [-clip_value, clip_value]."""
    for p in _with_grad(parameters):
        g = np.asarray(untaped(p.grad._value))
        _overwrite(p.grad, np.clip(g, -clip_value, clip_value))


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters, one behind another, in one vector."""
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """The inverse: fill the parameters from the vector."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected a Tensor, but got: {type(vec).__name__}")
    start = 0
    with no_grad():
        for p in parameters:
            p.copy_(vec.detach()[start : start + p.numel()].reshape(p.shape))
            start += p.numel()
    if start != vec.numel():
        raise ValueError(f"the vector has {vec.numel()} entries, the parameters {start}")


def _overwrite(gradient, values):
    """Other values for a gradient, in place: whoever holds it sees them."""
    with no_grad():
        gradient.copy_(wrap(values))


def _with_grad(parameters):
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p for p in parameters if p.grad is not None]


def _norm(values, order) -> float:
    """The norm of a vector, accumulated in float64."""
    v = np.abs(np.asarray(values, dtype=float))
    if order == np.inf:
        return float(v.max(initial=0.0))
    return float(np.linalg.norm(v, order))
