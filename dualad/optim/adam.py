"""Adam, and AdamW: steps scaled by running moments of the gradient.

The moments are kept as discounted *sums*, Σ β^k g and Σ β^k g², instead of averages, and their constant
factors (1 − β) go into the one number that scales the step: two passes over memory fewer out of twelve.
`state_dict` speaks of averages, as PyTorch does; beside each stands by how many units in the last place the
sum differs from what dividing gives back, so that training goes on bit for bit.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from .optimizer import Optimizer, check_betas, check_range, decayed

_NAMES = {"sum": "exp_avg", "sum_sq": "exp_avg_sq", "max_sum_sq": "max_exp_avg_sq"}


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
        root = sqrt((1 - beta2**step) / (1 - beta2))  # √v̂ = √sum_sq / root
        scale = float(group["lr"]) * (1 - beta1) / (1 - beta1**step) * root
        eps = group["eps"] * root
        shrink = 1 - float(group["lr"]) * group["weight_decay"] if group["decoupled_weight_decay"] else 1.0
        coupled = group if shrink == 1.0 else {**group, "weight_decay": 0}
        arrays = (w, g, state["sum"], state["sum_sq"], state.get("max_sum_sq") if group["amsgrad"] else None)
        for s, t, wb, gb, m, v, most in self._scratch.blocks(*arrays):
            gb = decayed(gb, wb, t, coupled)
            if shrink != 1.0:
                wb *= shrink
            m *= beta1
            m += gb
            np.multiply(gb, gb, out=s)
            v *= beta2
            v += s
            if most is not None:
                v = np.maximum(most, v, out=most)
            np.sqrt(v, out=s)
            s += eps
            np.divide(m, s, out=s)
            s *= scale
            wb -= s

    def _exported(self, state: dict[str, Any]) -> dict[str, Any]:
        exported = {"step": state["step"]}
        for key, factor in _factors(*state["betas"]).items():
            if key in state:
                average = exported[_NAMES[key]] = state[key] * factor
                exported[_NAMES[key] + "_ulps"] = _ulps(state[key], average / factor)
        return exported

    def _imported(self, state: dict[str, Any], group: dict[str, Any]) -> dict[str, Any]:
        imported = {"step": int(state["step"]), "betas": tuple(group["betas"])}
        for key, factor in _factors(*group["betas"]).items():
            name = _NAMES[key]
            if name in state:
                total = state[name] / factor
                if name + "_ulps" in state:  # PyTorch writes none
                    ulps = state[name + "_ulps"]
                    off = ulps != 0
                    total[off] += ulps[off] * np.spacing(np.abs(total[off]))
                imported[key] = total
        return imported


def _factors(beta1, beta2):
    """What makes averages of sums."""
    return {"sum": 1 - beta1, "sum_sq": 1 - beta2, "max_sum_sq": 1 - beta2}


def _ulps(exact, rounded):
    """How far the one is from the other, in units in the last place: few, for they differ by two roundings."""
    with np.errstate(invalid="ignore"):  # an infinite moment
        steps = (exact - rounded) / np.spacing(np.abs(rounded))
    return np.clip(np.nan_to_num(np.rint(steps)), -127, 127).astype(np.int8)


def _prepare(w, state, group):
    """Make the state of a new parameter; where the betas have changed, rescale the sums."""
    betas = tuple(group["betas"])
    if not state:
        state.update(step=0, betas=betas, sum=np.zeros_like(w), sum_sq=np.zeros_like(w))
    elif state["betas"] != betas:
        state["sum"] *= (1 - state["betas"][0]) / (1 - betas[0])
        for key in ("sum_sq", "max_sum_sq"):
            if key in state:
                state[key] *= (1 - state["betas"][1]) / (1 - betas[1])
        state["betas"] = betas
    if group["amsgrad"] and "max_sum_sq" not in state:
        state["max_sum_sq"] = np.zeros_like(w)


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
