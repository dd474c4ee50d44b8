"""RMSprop: steps scaled by a running average of g²."""

from __future__ import annotations

from typing import Any

import numpy as np

from .optimizer import Optimizer, check_range, decayed


class RMSprop(Optimizer):
    """w ← w − lr g / (√v + eps) with v ← alpha v + (1 − alpha) g².

    Parameters
    ----------
    params : iterable
    lr, alpha, eps, weight_decay, momentum : float
    centered : bool
        Take the square of the average of g off v: scale by an estimate of the variance.
    maximize : bool
    """

    def __init__(
        self,
        params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ):
        options = dict(
            lr=lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
            maximize=maximize,
        )
        super().__init__(params, options)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        check_range(group, "eps", "Invalid epsilon value", 0.0)
        check_range(group, "momentum", "Invalid momentum value", 0.0)
        check_range(group, "alpha", "Invalid alpha value", 0.0)

    def _update(self, w: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        state["step"] = state.get("step", 0) + 1
        average = _kept(state, "square_avg", w)
        mean = _kept(state, "grad_avg", w) if group["centered"] else None
        velocity = _kept(state, "momentum_buffer", w) if group["momentum"] else None
        lr, alpha = float(group["lr"]), group["alpha"]
        for s, t, wb, gb, v, m, u in self._scratch.blocks(w, g, average, mean, velocity):
            gb = decayed(gb, wb, t, group)
            v *= alpha
            np.multiply(gb, gb, out=s)
            s *= 1 - alpha
            v += s
            _root(v, m, gb, s, alpha)
            s += group["eps"]
            np.divide(gb, s, out=s)
            if u is not None:
                u *= group["momentum"]
                u += s
                np.multiply(u, lr, out=s)
            else:
                s *= lr
            wb -= s


def _root(v, m, g, s, alpha):
    """√v, or √(v − m²) with the mean m updated, into `s`."""
    if m is None:
        np.sqrt(v, out=s)
        return
    np.subtract(g, m, out=s)
    s *= 1 - alpha
    m += s
    np.multiply(m, m, out=s)
    np.subtract(v, s, out=s)
    np.sqrt(s, out=s)


def _kept(state, key, w):
    if key not in state:
        state[key] = np.zeros_like(w)
    return state[key]
