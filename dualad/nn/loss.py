"""Losses as layers. The formulas are in `functional`."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor
from . import functional as F
from .module import Module


class _Loss(Module):
    """A loss of input and target; attributes and buffers named in `_options` go along as keywords."""

    _function: Any
    _options: tuple[str, ...] = ()

    def __init__(self, reduction: str = "mean"):
        super().__init__()
        if reduction not in ("none", "mean", "sum", "batchmean"):
            raise ValueError(f"{reduction} is not a valid value for reduction")
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Tensor:
        options = {name: getattr(self, name) for name in self._options}
        return type(self)._function(input, target, reduction=self.reduction, **options)


class MSELoss(_Loss):
    """(input − target)²."""

    _function = staticmethod(F.mse_loss)


class L1Loss(_Loss):
    """|input − target|."""

    _function = staticmethod(F.l1_loss)


class SmoothL1Loss(_Loss):
    """Quadratic below `beta`, |d| − beta / 2 above."""

    _function, _options = staticmethod(F.smooth_l1_loss), ("beta",)

    def __init__(self, reduction: str = "mean", beta: float = 1.0):
        super().__init__(reduction)
        self.beta = beta


class HuberLoss(_Loss):
    """Quadratic below `delta`, linear above."""

    _function, _options = staticmethod(F.huber_loss), ("delta",)

    def __init__(self, reduction: str = "mean", delta: float = 1.0):
        super().__init__(reduction)
        self.delta = delta


class BCELoss(_Loss):
    """Binary cross-entropy of probabilities; `BCEWithLogitsLoss` is the stable one."""

    _function, _options = staticmethod(F.binary_cross_entropy), ("weight",)

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean"):
        super().__init__(reduction)
        self.register_buffer("weight", weight)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy of logits; `pos_weight` multiplies the positive part."""

    _function, _options = staticmethod(F.binary_cross_entropy_with_logits), ("weight", "pos_weight")

    def __init__(
        self, weight: Tensor | None = None, reduction: str = "mean", pos_weight: Tensor | None = None
    ):
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)


class CrossEntropyLoss(_Loss):
    """Cross-entropy of logits (N, C, …) with integer labels (N, …) or class probabilities (N, C, …).

    Parameters
    ----------
    weight : (C,) tensor
    ignore_index : int
    reduction : "mean", "sum" or "none"
    label_smoothing : float
    """

    _function, _options = staticmethod(F.cross_entropy), ("weight", "ignore_index", "label_smoothing")

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ):
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing


class NLLLoss(_Loss):
    """−input[label], for log-probabilities."""

    _function, _options = staticmethod(F.nll_loss), ("weight", "ignore_index")

    def __init__(self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"):
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index


class KLDivLoss(_Loss):
    """target (log target − input), for log-probabilities `input`."""

    _function, _options = staticmethod(F.kl_div), ("log_target",)

    def __init__(self, reduction: str = "mean", log_target: bool = False):
        super().__init__(reduction)
        self.log_target = log_target
