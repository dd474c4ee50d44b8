"""Normalisation: by the batch, with running statistics for eval mode, and by the example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._tensor import Tensor, ones, tensor, zeros
from ..core.errors import ShapeError
from . import functional as F
from ._engine import wrap
from .module import Module
from .parameter import Parameter


class _ByChannel(Module):
    """A layer that normalises by channels."""

    _ranks: tuple[int, ...]

    def _check_rank(self, input):
        if input.ndim not in self._ranks:
            expected = " or ".join(f"{r}D" for r in self._ranks)
            raise ValueError(f"expected {expected} input (got {input.ndim}D input)")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_ByChannel):
    """(x − mean) / √(var + eps) · weight + bias for each channel (axis 1).

    In training mode mean and variance are the batch's, and the running ones move towards them; in eval mode
    they are the running ones. Under a transform, training mode needs `functional_call(…,
    return_buffers=True)`.

    Parameters
    ----------
    num_features : int
        Channels.
    eps : float
    momentum : float or None
        Weight of the batch in the running statistics; None for a plain average over all batches.
    affine, bias : bool
        Whether there are a weight (ones at first), and with it a bias (zeros).
    track_running_stats : bool
        Without them, eval mode measures the batch as well.
    """

    running_mean: Any
    running_var: Any

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
        bias: bool = True,
    ):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.register_parameter(
            "weight", Parameter(ones(num_features, dtype=dtype, device=device)) if affine else None
        )
        with_bias = affine and bias
        self.register_parameter(
            "bias", Parameter(zeros(num_features, dtype=dtype, device=device)) if with_bias else None
        )
        track = track_running_stats
        self.register_buffer(
            "running_mean", zeros(num_features, dtype=dtype, device=device) if track else None
        )
        self.register_buffer("running_var", ones(num_features, dtype=dtype, device=device) if track else None)
        self.register_buffer("num_batches_tracked", tensor(0, dtype=np.int64) if track else None)

    def reset_running_stats(self) -> None:
        """Forget the running statistics."""
        if self.track_running_stats:
            self.running_mean = zeros(self.num_features, dtype=self.running_mean.dtype)
            self.running_var = ones(self.num_features, dtype=self.running_var.dtype)
            self.num_batches_tracked = tensor(0, dtype=np.int64)

    def reset_parameters(self) -> None:
        """Weight ones, bias zeros, and forget the running statistics."""
        from . import init

        self.reset_running_stats()
        if self.affine:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Any) -> Tensor:
        self._check(input)
        if not self.training and self.running_mean is not None:
            return F.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        out, mean, var = F.batch_normalised(input, self.weight, self.bias, self.eps)
        if self.training and self.running_mean is not None:
            self._track(mean, F.unbiased(var, input))
        return wrap(out)

    def _track(self, mean, var):
        """Move the running statistics towards the batch's."""
        seen = self.num_batches_tracked + 1
        share = 1 / seen.item() if self.momentum is None else self.momentum
        new_mean, new_var = F.moved(self.running_mean, mean, share), F.moved(self.running_var, var, share)
        self.store_buffer("running_mean", new_mean)
        self.store_buffer("running_var", new_var)
        self.store_buffer("num_batches_tracked", seen)

    def _check(self, input):
        self._check_rank(input)
        if input.shape[1] != self.num_features:
            raise ShapeError(f"expected input with {self.num_features} channels (got {input.shape[1]})")


class BatchNorm1d(_BatchNorm):
    __doc__ = "Batch normalisation of (N, C) or (N, C, L).\n\n" + (_BatchNorm.__doc__ or "")
    _ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    __doc__ = "Batch normalisation of (N, C, H, W).\n\n" + (_BatchNorm.__doc__ or "")
    _ranks = (4,)


class LayerNorm(Module):
    """(x − mean) / √(var + eps) · weight + bias over the last axes of each example.

    Parameters
    ----------
    normalized_shape : int or tuple
        The sizes of those axes.
    eps : float
    elementwise_affine, bias : bool
        Whether there are a weight of that shape, and with it a bias.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.normalized_shape, self.eps, self.elementwise_affine = shape, eps, elementwise_affine
        with_bias = elementwise_affine and bias
        self.register_parameter(
            "weight", Parameter(ones(*shape, dtype=dtype, device=device)) if elementwise_affine else None
        )
        self.register_parameter(
            "bias", Parameter(zeros(*shape, dtype=dtype, device=device)) if with_bias else None
        )

    def forward(self, input: Any) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class GroupNorm(Module):
    """(x − mean) / √(var + eps) · weight + bias, by the statistics of each set of channels of each example.

    Parameters
    ----------
    num_groups, num_channels : int
        Sets, and channels (axis 1), which they divide.
    eps : float
    affine, bias : bool
        Whether there are a weight by channel (ones at first), and with it a bias (zeros).
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
        bias: bool = True,
    ):
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        _affine(self, num_channels, affine, affine and bias, device, dtype)

    def forward(self, input: Any) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class _InstanceNorm(_ByChannel):
    """(x − mean) / √(var + eps), by the statistics of each channel of each example.

    Parameters
    ----------
    num_features : int
        Channels.
    eps : float
    momentum : float
        Of running statistics, which are not implemented.
    affine : bool
        Whether there are a weight and a bias by channel.
    track_running_stats : False
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        if track_running_stats:
            raise NotImplementedError(f"{type(self).__name__}: track_running_stats=True is not implemented")
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        _affine(self, num_features, affine, affine, device, dtype)

    def forward(self, input: Any) -> Tensor:
        self._check_rank(input)
        if input.ndim == self._ranks[0]:
            return F.instance_norm(input[None], None, None, self.weight, self.bias, eps=self.eps)[0]
        return F.instance_norm(input, None, None, self.weight, self.bias, eps=self.eps)


class InstanceNorm1d(_InstanceNorm):
    __doc__ = "Instance normalisation of (N, C, L) or (C, L).\n\n" + (_InstanceNorm.__doc__ or "")
    _ranks = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    __doc__ = "Instance normalisation of (N, C, H, W) or (C, H, W).\n\n" + (_InstanceNorm.__doc__ or "")
    _ranks = (3, 4)


def _affine(layer, channels, weight, bias, device, dtype):
    """A weight of ones and a bias of zeros by channel, or None."""
    layer.register_parameter(
        "weight", Parameter(ones(channels, dtype=dtype, device=device)) if weight else None
    )
    layer.register_parameter("bias", Parameter(zeros(channels, dtype=dtype, device=device)) if bias else None)
