"""Convolutions, along one axis and two, and their adjoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._tensor import Tensor, empty
from . import functional as F
from . import init
from ._convolutions import single
from ._engine import pair
from .module import Module
from .parameter import Parameter

Size = int | Sequence[int]


class _Conv(Module):
    """What convolutions have in common: parameters, checks, and how they are written."""

    _axes = 2
    _transposed = False

    def _setup(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride,
        padding,
        dilation,
        groups,
        bias,
        mode,
        device,
        dtype,
    ):
        Module.__init__(self)
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups:
            raise ValueError("out_channels must be divisible by groups")
        if mode != "zeros":
            raise NotImplementedError(
                f"{type(self).__name__}: padding_mode={mode!r} is not implemented, only 'zeros'"
            )
        if isinstance(padding, str) and padding not in ("valid", "same"):
            raise ValueError(f"Invalid padding string {padding!r}, should be one of 'valid', 'same'")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride = self._sizes(kernel_size, "kernel_size"), self._sizes(stride, "stride")
        self.dilation = self._sizes(dilation, "dilation")
        self.padding = padding if isinstance(padding, str) else self._sizes(padding, "padding")
        if padding == "same" and any(s != 1 for s in self.stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
        self.padding_mode = mode
        first, second = (in_channels, out_channels) if self._transposed else (out_channels, in_channels)
        self.weight = Parameter(empty(first, second // groups, *self.kernel_size, dtype=dtype, device=device))
        self.register_parameter(
            "bias", Parameter(empty(out_channels, dtype=dtype, device=device)) if bias else None
        )
        self.reset_parameters()

    def _sizes(self, x, name) -> tuple[int, ...]:
        return (single(x, name),) if self._axes == 1 else pair(x, name)

    def reset_parameters(self) -> None:
        init.reset_affine(self.weight, self.bias)

    def extra_repr(self) -> str:
        s = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if isinstance(self.padding, str) or any(self.padding):
            s += f", padding={self.padding}"
        if any(d != 1 for d in self.dilation):
            s += f", dilation={self.dilation}"
        if self._transposed and any(self.output_padding):
            s += f", output_padding={self.output_padding}"
        if self.groups != 1:
            s += f", groups={self.groups}"
        return s if self.bias is not None else s + ", bias=False"


class _Forward(_Conv):
    _function: Any

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        device: Any = None,
        dtype: Any = None,
    ):
        self._setup(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Any) -> Tensor:
        return type(self)._function(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


class Conv1d(_Forward):
    """Cross-correlation of (N, C, L) or (C, L) with `out_channels` kernels, plus a bias.

    Parameters as of `Conv2d`, with one number each. `weight` is (out_channels, in_channels / groups, k).
    """

    _axes = 1
    _function = staticmethod(F.conv1d)


class Conv2d(_Forward):
    """Cross-correlation of (N, C, H, W) or (C, H, W) with `out_channels` kernels, plus a bias.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, dilation : int or pair
    padding : int, pair, "valid" or "same"
    groups : int
        Divides both numbers of channels.
    bias : bool
    padding_mode : "zeros"
        Others are not implemented.
    device : "cpu", optional
    dtype : dtype, optional

    Attributes
    ----------
    weight : (out_channels, in_channels / groups, kh, kw), bias : (out_channels,)
        Uniform on ±1 / √(in_channels / groups · kh · kw) at first.
    """

    _function = staticmethod(F.conv2d)


class _Transposed(_Conv):
    _transposed = True
    _function: Any

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Any = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        *,
        device: Any = None,
        dtype: Any = None,
    ):
        if isinstance(padding, str):
            raise ValueError(f"{type(self).__name__}: padding is a number, not {padding!r}")
        self._setup(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )
        self.output_padding = self._sizes(output_padding, "output_padding")

    def forward(self, input: Any, output_size: Any = None) -> Tensor:
        if output_size is not None:
            raise NotImplementedError(
                f"{type(self).__name__}: output_size= is not implemented; give output_padding to the layer"
            )
        return type(self)._function(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )


class ConvTranspose1d(_Transposed):
    """The adjoint of `Conv1d`: from (N, C, L) or (C, L); parameters as of `ConvTranspose2d`."""

    _axes = 1
    _function = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_Transposed):
    """The adjoint of `Conv2d`, plus a bias: (N, C, H, W) or (C, H, W) grows by the stride.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, groups, bias, dilation
        Those of the `Conv2d` whose adjoint it is, from `out_channels` to `in_channels`.
    output_padding : int or pair
        Rows and columns added on one side, where several sizes of image would have led here.
    padding_mode : "zeros"

    Attributes
    ----------
    weight : (in_channels, out_channels / groups, kh, kw), bias : (out_channels,)
    """

    _function = staticmethod(F.conv_transpose2d)
