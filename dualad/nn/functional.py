"""The functions behind the layers, with the names and arguments of `torch.nn.functional`.

They take tensors, arrays and traced values, and return tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from .._tensor import default_generator
from ..core.batch import ROWS
from ..core.errors import RandomLayer as RandomLayer
from ..core.errors import at_user_line
from ..ops import conv as _conv
from ..ops import pool as _pool
from ..ops.flow import stop_value
from ..ops.linear import linear as _linear
from ..ops.pad import pad as _pad
from ..ops.standardize import standardize
from ._activations import elu as elu
from ._activations import gelu as gelu
from ._activations import hardtanh as hardtanh
from ._activations import leaky_relu as leaky_relu
from ._activations import log_softmax as log_softmax
from ._activations import logsigmoid as logsigmoid
from ._activations import mish as mish
from ._activations import prelu as prelu
from ._activations import relu as relu
from ._activations import relu6 as relu6
from ._activations import selu as selu
from ._activations import sigmoid as sigmoid
from ._activations import silu as silu
from ._activations import softmax as softmax
from ._activations import softplus as softplus
from ._activations import softsign as softsign
from ._activations import tanh as tanh
from ._attention import cosine_similarity as cosine_similarity
from ._attention import scaled_dot_product_attention as scaled_dot_product_attention
from ._buffers import write
from ._convolutions import avg_pool1d as avg_pool1d
from ._convolutions import conv1d as conv1d
from ._convolutions import conv_transpose1d as conv_transpose1d
from ._convolutions import conv_transpose2d as conv_transpose2d
from ._convolutions import group_norm as group_norm
from ._convolutions import instance_norm as instance_norm
from ._convolutions import max_pool1d as max_pool1d
from ._engine import Tensor, constant, has_rows_of_vmap, integers, into, op, pair, value, wrap
from ._losses import binary_cross_entropy as binary_cross_entropy
from ._losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from ._losses import cross_entropy as cross_entropy
from ._losses import huber_loss as huber_loss
from ._losses import kl_div as kl_div
from ._losses import l1_loss as l1_loss
from ._losses import mse_loss as mse_loss
from ._losses import nll_loss as nll_loss
from ._losses import smooth_l1_loss as smooth_l1_loss
from ._resampling import interpolate as interpolate
from ._resampling import pixel_shuffle as pixel_shuffle
from ._resampling import pixel_unshuffle as pixel_unshuffle

# ---- affine maps and windows ------------------------------------------------------------------------------


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """input (…, in) times the transpose of weight (out, in), plus bias (out,)."""
    x, w = value(input), value(weight)
    try:
        return wrap(_linear(x, w, None if bias is None else value(bias)))
    except ValueError:
        if x.shape[-1:] == w.shape[-1:]:
            raise
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied: linear takes input (…, {w.shape[-1]}), not "
            f"{tuple(x.shape)}"
            f"{at_user_line()}"
        ) from None


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Tensor:
    """Σ input1_i weight_oij input2_j + bias_o."""
    x, y, w = value(input1), value(input2), value(weight)
    out = op.sum(
        (op.expand_dims(x, axis=-2) @ w.transpose((1, 0, 2)).reshape((w.shape[1], -1))).reshape(
            (*x.shape[:-1], w.shape[0], w.shape[2])
        )
        * op.expand_dims(y, axis=-2),
        axis=-1,
        keepdims=False,
    )
    return wrap(out if bias is None else out + value(bias))


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of images (N, C, H, W) or (C, H, W) with kernels (O, C / groups, kh, kw).

    `padding` may be "valid" (none) or "same" (the size is kept; stride 1 only).
    """
    x, w = value(input), value(weight)
    strides, dilations = pair(stride, "stride"), pair(dilation, "dilation")
    alone = x.ndim == 3
    x = x[None] if alone else x
    if padding == "same":
        if strides != (1, 1):
            raise ValueError("padding='same' is not supported for strided convolutions")
        x, pads = _same(x, w.shape[2:], dilations)
    elif isinstance(padding, str):
        if padding != "valid":
            raise ValueError(f"Invalid padding string {padding!r}, should be one of 'valid', 'same'")
        pads = (0, 0)
    else:
        pads = pair(padding, "padding")
    settings = dict(stride=strides, padding=pads, dilation=dilations, groups=groups)
    out = _conv.conv2d(x, w, **settings) if bias is None else _conv.conv2d_bias(x, w, value(bias), **settings)
    return wrap(out[0] if alone else out)


def _same(x, kernel, dilation):
    """The image and its padding such that its size is kept; an odd row or column is added behind."""
    reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    odd = [r % 2 for r in reach]
    if any(odd):
        x = _pad(x, ((0, 0), (0, 0), (0, odd[0]), (0, odd[1])))
    return x, tuple(r // 2 for r in reach)


def max_pool2d(
    input: Any,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest entry of each window of (N, C, H, W) or (C, H, W); with `return_indices`, and where."""
    kernel = pair(kernel_size, "kernel_size")
    settings = dict(
        kernel=kernel,
        stride=kernel if stride is None else pair(stride, "stride"),
        padding=pair(padding, "padding"),
        dilation=pair(dilation, "dilation"),
        ceil_mode=ceil_mode,
    )
    x, unbatch = _images(input)
    if not return_indices:
        return unbatch(_pool.max_pool2d(x, **settings))
    values, where = _pool.max_pool2d_with_indices(x, **settings)
    return unbatch(values), unbatch(where)


def avg_pool2d(
    input: Any,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window of (N, C, H, W) or (C, H, W)."""
    kernel = pair(kernel_size, "kernel_size")
    x, unbatch = _images(input)
    return unbatch(
        _pool.avg_pool2d(
            x,
            kernel=kernel,
            stride=kernel if stride is None else pair(stride, "stride"),
            padding=pair(padding, "padding"),
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
        )
    )


def adaptive_avg_pool2d(input: Any, output_size: int | Sequence[int | None] | None) -> Tensor:
    """Means over windows such that (Ho, Wo) is `output_size`, which has to divide the size of the image."""
    x, unbatch = _images(input)
    kernel = _adaptive(x.shape[2:], output_size, "adaptive_avg_pool2d")
    if kernel == tuple(x.shape[2:]):
        return unbatch(op.sum(x, axis=(2, 3), keepdims=True) / prod(kernel))
    return unbatch(_pool.avg_pool2d(x, kernel=kernel, stride=kernel))


def adaptive_max_pool2d(input: Any, output_size: int | Sequence[int | None] | None) -> Tensor:
    """Maxima over windows such that (Ho, Wo) is `output_size`, which has to divide the size of the image."""
    x, unbatch = _images(input)
    kernel = _adaptive(x.shape[2:], output_size, "adaptive_max_pool2d")
    return unbatch(_pool.max_pool2d(x, kernel=kernel, stride=kernel))


def _adaptive(size, output_size, name):
    wanted = (
        (output_size, output_size)
        if output_size is None or isinstance(output_size, int)
        else tuple(output_size)
    )
    wanted = tuple(s if w is None else w for s, w in zip(size, wanted, strict=True))
    if any(w < 1 or s % w for s, w in zip(size, wanted, strict=True)):
        raise NotImplementedError(
            f"{name}: output_size {wanted} has to divide the image's {tuple(size)}: windows of unequal size "
            "are not "
            "implemented"
        )
    return tuple(s // w for s, w in zip(size, wanted, strict=True))


def _images(input):
    """The value as (N, C, H, W), and what makes a tensor of the result, without the axis put in."""
    x = value(input)
    if x.ndim == 3:
        return x[None], lambda out: wrap(out[0])
    return x, wrap


_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Pad the last axes, or cut where negative: `pad` is (before, after) of the last axis, of the one before, …

    `mode` is "constant" (with `value`, by default 0), "reflect", "replicate" or "circular".
    """
    if mode not in _MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}; there are {list(_MODES)}")
    if value is not None and mode != "constant":
        raise ValueError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise ValueError(f"pad takes pairs for at most {input.ndim} axes, not {tuple(pad)}")
    x = _value(input)
    widths = [(0, 0)] * (input.ndim - len(pad) // 2) + [(pad[k], pad[k + 1]) for k in range(0, len(pad), 2)][
        ::-1
    ]
    if min(pad, default=0) < 0:
        x = x[tuple(slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(widths, x.shape, strict=True))]
    widths = [(max(a, 0), max(b, 0)) for a, b in widths]
    if mode == "constant":
        return wrap(_pad(x, widths, constant_values=value or 0.0))
    return wrap(_pad(x, widths, mode=_MODES[mode]))


_value = value


# ---- dropout ----------------------------------------------------------------------------------------------


def dropout(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Any = None
) -> Tensor:
    """Zero with probability `p`, else times 1 / (1 − p)."""
    return _dropped(input, p, training, inplace, generator, "dropout", lambda shape: shape)


def dropout1d(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Any = None
) -> Tensor:
    """Drop whole channels of (N, C, L) or (C, L)."""
    _channels_only(input, (2, 3), "dropout1d")
    return _dropped(input, p, training, inplace, generator, "dropout1d", lambda shape: (*shape[:-1], 1))


def dropout2d(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Any = None
) -> Tensor:
    """Drop whole channels of (N, C, H, W); like PyTorch, of (N, C, L) too."""
    _channels_only(input, (3, 4), "dropout2d")
    return _dropped(
        input,
        p,
        training,
        inplace,
        generator,
        "dropout2d",
        lambda shape: (*shape[:2], *(1,) * (len(shape) - 2)),
    )


def _channels_only(input, ranks, name):
    if input.ndim not in ranks:
        raise RuntimeError(
            f"{name}: Expected {ranks[0]}D or {ranks[1]}D input, but received a {input.ndim}D input."
        )


def _dropped(input, p, training, inplace, generator, name, mask_shape):
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    x = value(input)
    if not training or p == 0.0:
        return input if isinstance(input, Tensor) else wrap(x)
    if has_rows_of_vmap(x) or ROWS.get():
        raise RandomLayer(
            f"{name} in training mode under vmap{at_user_line()}: all rows would get the same mask. Call "
            "model.eval(), "
            "or draw the masks outside and pass them in."
        )
    source = default_generator if generator is None else generator
    draw = getattr(source, "draw", None)
    shape = mask_shape(tuple(x.shape))
    kept = (draw("random", shape, dtype=np.float32) if draw else source.random(shape, dtype=np.float32)) >= p
    mask = np.multiply(kept, 0.0 if p == 1.0 else 1 / (1 - p), dtype=x.dtype)
    return into(input, op.multiply(x, mask), inplace)


# ---- normalisation ----------------------------------------------------------------------------------------


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise every channel (axis 1) by its batch's mean and variance, or by the running ones.

    In training mode the running statistics, where given, move by `momentum` towards the batch's.
    """
    if not training:
        return wrap(scaled(value(input), constant(running_mean), constant(running_var), weight, bias, eps))
    out, mean, var = batch_normalised(input, weight, bias, eps)
    for running, new in ((running_mean, mean), (running_var, unbiased(var, input))):
        if running is not None:
            write(
                running,
                moved(running, new, momentum),
                "batch_norm in training mode writes its running statistics",
            )
    return wrap(out)


def moved(running, new, momentum):
    """The running statistic, moved towards the new one."""
    return constant(running) * (1 - momentum) + constant(new) * momentum


def unbiased(var, input):
    """The variance as an estimate from a sample."""
    n = prod(input.shape) // input.shape[1]
    return var * (n / (n - 1))


def batch_normalised(input, weight, bias, eps):
    """(output, mean, variance) by channel."""
    x = value(input)
    n = prod(x.shape) // max(x.shape[1], 1)
    if n <= 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {list(x.shape)}"
        )
    axes = (0, *range(2, x.ndim))
    mean = op.sum(x, axis=axes, keepdims=True) / n
    d = x - mean
    var = op.sum(op.square(d), axis=axes, keepdims=True) / n
    out = d * (_column(weight, x.ndim, 1.0) / op.sqrt(var + eps))
    if bias is not None:
        out = out + _column(bias, x.ndim, 0.0)
    return out, mean.reshape((-1,)), var.reshape((-1,))


def scaled(x, mean, var, weight, bias, eps):
    """(x − mean) / √(var + eps) · weight + bias, by channel: one multiplication, one addition of images."""
    scale = (1.0 if weight is None else value(weight)) / op.sqrt(var + eps)
    shift = -mean * scale if bias is None else value(bias) - mean * scale
    return x * _column(scale, x.ndim, 1.0) + _column(shift, x.ndim, 0.0)


def _column(v, ndim, default):
    """Numbers by channel, shaped to go with (N, C, …)."""
    return default if v is None else value(v).reshape((1, -1) + (1,) * (ndim - 2))


def layer_norm(
    input: Any, normalized_shape: Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Normalise over the last axes, those of `normalized_shape`."""
    x, shape = value(input), tuple(normalized_shape)
    if tuple(x.shape[x.ndim - len(shape) :]) != shape:
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape "
            f"[*, {str(list(shape))[1:]}, but got input of size {list(x.shape)}"
        )
    rows = x.reshape((*x.shape[: x.ndim - len(shape)], prod(shape)))
    out = standardize(rows, eps=float(eps))[0].reshape(x.shape)
    out = out if weight is None else out * value(weight)
    return wrap(out if bias is None else out + value(bias))


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """x over its p-norm along `dim`, which is held above `eps`."""
    x = value(input)
    if p == 2.0:
        norm = op.sqrt(op.sum(op.square(x), axis=dim, keepdims=True))
    else:
        norm = op.sum(op.absolute(x) ** p, axis=dim, keepdims=True) ** (1 / p)
    return wrap(x / op.maximum(norm, eps))


# ---- lookups ----------------------------------------------------------------------------------------------


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Tensor:
    """Rows of `weight` by number; the row `padding_idx` gets no gradient."""
    index, w = integers(input), value(weight)
    if index.dtype.kind not in "iu":
        raise RuntimeError(f"embedding: the input must be integers, not {index.dtype}; write input.long()")
    if index.size and not 0 <= index.min() <= index.max() < w.shape[0]:
        raise IndexError(f"embedding: index out of range: there are {w.shape[0]} rows")
    out = w[index]
    if padding_idx is not None:
        padding = (index == padding_idx % w.shape[0])[..., None]
        out = op.where(padding, stop_value(out), out)
    return wrap(out)


def one_hot(tensor: Any, num_classes: int = -1) -> Tensor:
    """Integers as rows of zeros with a one, int64."""
    labels = integers(tensor)
    if labels.dtype.kind not in "iu":
        raise RuntimeError(f"one_hot is only applicable to integer tensors, not {labels.dtype}")
    if labels.size and labels.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        if not labels.size:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        num_classes = int(labels.max()) + 1
    if labels.size and labels.max() >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return wrap((labels[..., None] == np.arange(num_classes)).astype(np.int64))
