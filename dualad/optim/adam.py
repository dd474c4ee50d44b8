"""Adam, and AdamW: steps scaled by running averages of the gradient and of its square."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from .optimizer import Optimizer, check_betas, check_range, decayed


class Adam(Optimizer):
    """w ← w − lr m̂ / (√v̂ + eps), with m̂ and v̂ the bias-corrected averages of g and g².

    Parameters
    ----------
    params : iterable
    lr : float
    betas : (float, float)
        How much of the averages of g and of g² remains after a step.
    eps : float
    weight_decay : float
        Adds `weight_decay * w` to the gradient; `AdamW` shrinks the weights themselves instead.
    amsgrad : bool
        Use the largest v so far.
    maximize : bool
        Climb instead of descending.
    decoupled_weight_decay : bool
        Decay as AdamW does.

    References
    ----------
    Kingma and Ba, arXiv:1412.6980; Reddi, Kale and Kumar (amsgrad), ICLR 2018.
    """

    def __init__(
        self,
        params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ):
        options = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
            decoupled_weight_decay=decoupled_weight_decay,
        )
        super().__init__(params, options)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        check_range(group, "eps", "Invalid epsilon value", 0.0)
        check_betas(group)

    def _update(self, w: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        _prepare(w, state, group)
        step = state["step"] = state["step"] + 1
        root = sqrt(1 - beta2**step)  # √v̂ = √v / root
        scale = float(group["lr"]) / (1 - beta1**step) * root
        eps = group["eps"] * root
        shrink = 1 - float(group["lr"]) * group["weight_decay"] if group["decoupled_weight_decay"] else 1.0
        coupled = group if shrink == 1.0 else {**group, "weight_decay": 0}
        largest = state["max_exp_avg_sq"] if group["amsgrad"] else None
        for s, t, wb, gb, m, v, most in self._scratch.blocks(
            w, g, state["exp_avg"], state["exp_avg_sq"], largest
        ):
            gb = decayed(gb, wb, t, coupled)
            if shrink != 1.0:
                wb *= shrink
            np.subtract(gb, m, out=s)
            s *= 1 - beta1
            m += s
            np.multiply(gb, gb, out=s)
            s *= 1 - beta2
            v *= beta2
            v += s
            if most is not None:
                v = np.maximum(most, v, out=most)
            np.sqrt(v, out=s)
            s += eps
            np.divide(m, s, out=s)
            s *= scale
            wb -= s


def _prepare(w, state, group):
    """Make the state of a new parameter."""
    if not state:
        state.update(step=0, exp_avg=np.zeros_like(w), exp_avg_sq=np.zeros_like(w))
    if group["amsgrad"] and "max_exp_avg_sq" not in state:
        state["max_exp_avg_sq"] = np.zeros_like(w)


class AdamW(Adam):
    """Adam whose weight decay shrinks the weights themselves, w ← (1 − lr · weight_decay) w, before each
    step.

    Parameters are Adam's; `weight_decay` is 0.01 unless given.

    References
    ----------
    Loshchilov and Hutter, arXiv:1711.05101.
    """

    def __init__(
        self,
        params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
        )
