"""Dropout: noise for training, nothing in eval mode."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor
from . import functional as F
from .module import Module


class _Dropout(Module):
    """The mask is drawn from `generator`, a `dualad.Generator` or NumPy's; by default dualad's own."""

    _function: Any

    def __init__(self, p: float = 0.5, inplace: bool = False, *, generator: Any = None):
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace, self.generator = p, inplace, generator

    def forward(self, input: Any) -> Tensor:
        return type(self)._function(input, self.p, self.training, self.inplace, generator=self.generator)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Zero with probability `p`, else times 1 / (1 − p)."""

    _function = staticmethod(F.dropout)


class Dropout1d(_Dropout):
    """Whole channels of (N, C, L) or (C, L) are zero with probability `p`."""

    _function = staticmethod(F.dropout1d)


class Dropout2d(_Dropout):
    """Whole channels of (N, C, H, W) are zero with probability `p`."""

    _function = staticmethod(F.dropout2d)
