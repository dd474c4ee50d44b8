"""Stochastic gradient descent, with momentum and its kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from .optimizer import Optimizer, check_range, decayed

_SMALL = 1 << 13  # entries for which a block's bookkeeping costs more than an array


class SGD(Optimizer):
    """w ← w − lr v with v ← momentum v + (1 − dampening) g; without momentum v = g.

    Parameters
    ----------
    params : iterable
    lr : float
    momentum, dampening, weight_decay : float
        Weight decay adds `weight_decay * w` to the gradient. The first v is g, undamped.
    nesterov : bool
        Step along g + momentum v.
    maximize : bool
        Climb instead of descending.
    """

    def __init__(
        self,
        params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ):
        options = dict(
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
        )
        super().__init__(params, options)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        check_range(group, "momentum", "Invalid momentum value", 0.0)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def _update(self, w: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr, momentum = float(group["lr"]), group["momentum"]
        if w.size < _SMALL and not momentum and not group["weight_decay"]:
            w += g * (lr if group["maximize"] else -lr)
            return
        velocity = state.get("momentum_buffer")
        fresh = momentum != 0 and velocity is None
        if fresh:
            velocity = state["momentum_buffer"] = np.empty_like(w)
        for s, t, wb, gb, vb in self._scratch.blocks(w, g, velocity if momentum else None):
            step = decayed(gb, wb, t, group)
            if momentum:
                step = _accelerated(step, vb, s, group, fresh)
            np.multiply(step, lr, out=s)
            wb -= s


def _accelerated(g, v, s, group, fresh):
    """Update the velocity `v`, and return the direction of the step."""
    if fresh:
        v[...] = g
    else:
        v *= group["momentum"]
        if group["dampening"]:
            np.multiply(g, 1 - group["dampening"], out=s)
            v += s
        else:
            v += g
    if not group["nesterov"]:
        return v
    np.multiply(v, group["momentum"], out=s)
    return np.add(s, g, out=s)
