"""Convolutions along one axis, transposed ones, and pooling along one axis: by the operations on images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core.errors import ShapeError, at_user_line
from ..ops import conv as _conv
from ..ops import pool as _pool
from ..ops.pad import pad as _pad
from ..ops.standardize import standardize
from ._engine import Tensor, pair, value, wrap

Size = int | Sequence[int]


def single(x: Any, name: str) -> int:
    """One number, or the only one of a sequence."""
    values = (x,) if isinstance(x, int) else tuple(x)
    if len(values) != 1:
        raise ValueError(f"{name} must be an int or a tuple of one int, but got {x!r}")
    return int(values[0])


def rows(input: Any, name: str) -> tuple[Any, Any]:
    """(N, C, L) as images of one row; and what makes a tensor of the result. (C, L) has no N."""
    x = value(input)
    if x.ndim not in (2, 3):
        raise ShapeError(
            f"Expected 2D (unbatched) or 3D (batched) input to {name}, but got {x.ndim}D{at_user_line()}"
        )
    if x.ndim == 2:
        return x[None, :, None, :], lambda out: wrap(out[0, :, 0])
    return x[:, :, None, :], lambda out: wrap(out[:, :, 0])


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of (N, C, L) or (C, L) with kernels (O, C / groups, k).

    `padding` may be "valid" (none) or "same" (the length is kept; stride 1 only).
    """
    x, unbatch = rows(input, "conv1d")
    w = value(weight)[:, :, None, :]
    step, gap = single(stride, "stride"), single(dilation, "dilation")
    if isinstance(padding, str):
        x, pads = _by_name(x, padding, step, gap * (w.shape[3] - 1))
    else:
        pads = single(padding, "padding")
    settings = dict(stride=(1, step), padding=(0, pads), dilation=(1, gap), groups=groups)
    out = _conv.conv2d(x, w, **settings) if bias is None else _conv.conv2d_bias(x, w, value(bias), **settings)
    return unbatch(out)


def _by_name(x, padding, step, reach):
    """What "valid" and "same" mean; an odd column is added behind."""
    if padding == "valid":
        return x, 0
    if padding != "same":
        raise ValueError(f"Invalid padding string {padding!r}, should be one of 'valid', 'same'")
    if step != 1:
        raise ValueError("padding='same' is not supported for strided convolutions")
    if reach % 2:
        x = _pad(x, ((0, 0), (0, 0), (0, 0), (0, 1)))
    return x, reach // 2


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """The adjoint of `conv2d`: from (N, C, H, W) or (C, H, W), by kernels (C, O / groups, kh, kw).

    The result has (H - 1) stride - 2 padding + dilation (kh - 1) + output_padding + 1 rows.
    """
    x, w = value(input), value(weight)
    alone = x.ndim == 3
    x = x[None] if alone else x
    if x.ndim != 4 or x.shape[1] != w.shape[0]:
        raise ShapeError(
            f"conv_transpose2d takes (N, {w.shape[0]}, H, W) or ({w.shape[0]}, H, W), not "
            f"{tuple(x.shape)}{at_user_line()}"
        )
    step, pads, gap = pair(stride, "stride"), pair(padding, "padding"), pair(dilation, "dilation")
    more = pair(output_padding, "output_padding")
    if any(m >= max(s, g) for m, s, g in zip(more, step, gap, strict=True)):
        raise ValueError("output padding must be smaller than either stride or dilation")
    size = [
        (n - 1) * s - 2 * p + g * (k - 1) + m + 1
        for n, s, p, g, k, m in zip(x.shape[2:], step, pads, gap, w.shape[2:], more, strict=True)
    ]
    shape = (x.shape[0], w.shape[1] * groups, *size)
    out = _conv.conv2d_input(x, w, shape=shape, stride=step, padding=pads, dilation=gap, groups=groups)
    if bias is not None:
        out = out + value(bias).reshape((-1, 1, 1))
    return wrap(out[0] if alone else out)


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """The adjoint of `conv1d`: from (N, C, L) or (C, L), by kernels (C, O / groups, k)."""
    x, unbatch = rows(input, "conv_transpose1d")
    out = conv_transpose2d(
        wrap(x),
        wrap(value(weight)[:, :, None, :]),
        bias,
        (1, single(stride, "stride")),
        (0, single(padding, "padding")),
        (0, single(output_padding, "output_padding")),
        groups,
        (1, single(dilation, "dilation")),
    )
    return unbatch(value(out))


def max_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest entry of each window of (N, C, L) or (C, L); with `return_indices`, and where."""
    x, unbatch = rows(input, "max_pool1d")
    k = single(kernel_size, "kernel_size")
    settings = dict(
        kernel=(1, k),
        stride=(1, k if stride is None else single(stride, "stride")),
        padding=(0, single(padding, "padding")),
        dilation=(1, single(dilation, "dilation")),
        ceil_mode=ceil_mode,
    )
    if not return_indices:
        return unbatch(_pool.max_pool2d(x, **settings))
    values, where = _pool.max_pool2d_with_indices(x, **settings)
    return unbatch(values), unbatch(where)


def avg_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window of (N, C, L) or (C, L)."""
    x, unbatch = rows(input, "avg_pool1d")
    k = single(kernel_size, "kernel_size")
    return unbatch(
        _pool.avg_pool2d(
            x,
            kernel=(1, k),
            stride=(1, k if stride is None else single(stride, "stride")),
            padding=(0, single(padding, "padding")),
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
        )
    )


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Normalise each example's channels, `num_groups` sets of them, by the mean and variance of each set."""
    x = value(input)
    if x.ndim < 2 or x.shape[1] % num_groups:
        raise ShapeError(
            f"Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(x.shape)} and num_groups={num_groups}{at_user_line()}"
        )
    sets = x.reshape((x.shape[0], num_groups, -1))
    out = standardize(sets, eps=float(eps))[0].reshape(x.shape)
    column = (1, -1) + (1,) * (x.ndim - 2)
    out = out if weight is None else out * value(weight).reshape(column)
    return wrap(out if bias is None else out + value(bias).reshape(column))


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel of each example; running statistics are not implemented."""
    if running_mean is not None or running_var is not None or not use_input_stats:
        raise NotImplementedError("instance_norm: running statistics are not implemented; leave them None")
    if momentum != 0.1:
        raise NotImplementedError(
            "instance_norm: momentum= is of running statistics, which are not implemented"
        )
    if input.ndim < 3 or not value(input)[0, 0].size > 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {list(input.shape)}"
        )
    return group_norm(input, input.shape[1], weight, bias, eps)
