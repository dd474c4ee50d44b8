"""Adagrad: steps scaled by the sum of all g² so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from .optimizer import Optimizer, check_range, decayed


class Adagrad(Optimizer):
    """w ← w − lr / (1 + (t − 1) lr_decay) · g / (√Σg² + eps).

    Parameters
    ----------
    params : iterable
    lr, lr_decay, weight_decay : float
    initial_accumulator_value : float
        What the sum of squares starts from.
    eps : float
    maximize : bool
    """

    def __init__(
        self,
        params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ):
        options = dict(
            lr=lr,
            lr_decay=lr_decay,
            eps=eps,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            maximize=maximize,
        )
        super().__init__(params, options)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        check_range(group, "lr_decay", "Invalid lr_decay value", 0.0)
        check_range(group, "initial_accumulator_value", "Invalid initial_accumulator_value value", 0.0)
        check_range(group, "eps", "Invalid epsilon value", 0.0)

    def _update(self, w: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, sum=np.full_like(w, group["initial_accumulator_value"]))
        step = state["step"] = state["step"] + 1
        lr = float(group["lr"]) / (1 + (step - 1) * group["lr_decay"])
        for s, t, wb, gb, total in self._scratch.blocks(w, g, state["sum"]):
            gb = decayed(gb, wb, t, group)
            np.multiply(gb, gb, out=s)
            total += s
            np.sqrt(total, out=s)
            s += group["eps"]
            np.divide(gb, s, out=s)
            s *= lr
            wb -= s
