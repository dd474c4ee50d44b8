"""Images and signals of another size: interpolation, and pixels from channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.errors import ShapeError, at_user_line
from ._engine import Tensor, op, value, wrap

MODES = {
    "nearest": (3, 4, 5),
    "nearest-exact": (3, 4, 5),
    "linear": (3,),
    "bilinear": (4,),
    "trilinear": (5,),
}


def interpolate(
    input: Any,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """(N, C, L), (N, C, H, W) or (N, C, D, H, W) in another size.

    Parameters
    ----------
    size, scale_factor : number or one for each axis behind C
        One of them: the new size, or by how much it grows.
    mode : "nearest", "nearest-exact", "linear", "bilinear" or "trilinear"
        The last three by the number of axes. "bicubic" and "area" are not implemented.
    align_corners : bool
        Of the linear ones: whether the centres of the corners stay in place, or their outer edges.
    recompute_scale_factor : bool
        Places by the sizes, and not by `scale_factor`, which may round otherwise.
    antialias : False
    """
    x = value(input)
    _check(x, mode, align_corners, antialias)
    sizes, scales = _sizes(x.shape[2:], size, scale_factor, bool(recompute_scale_factor))
    for k, (n, scale) in enumerate(zip(sizes, scales, strict=True)):
        axis = k + 2
        if "nearest" in mode:
            places = _nearest(x.shape[axis], n, scale, 0.5 if mode == "nearest-exact" else 0.0)
            x = _taken(x, axis, places)
        else:
            weights = _linear(x.shape[axis], n, scale, bool(align_corners)).astype(x.dtype)
            x = op.swapaxes(op.swapaxes(x, axis, -1) @ weights.T, axis, -1)
    return wrap(x)


def _check(x, mode, align_corners, antialias):
    if mode not in MODES:
        raise NotImplementedError(f"interpolate: mode={mode!r} is not implemented; there are {list(MODES)}")
    if x.ndim not in MODES[mode]:
        raise ShapeError(
            f"interpolate: mode={mode!r} takes inputs of {' or '.join(map(str, MODES[mode]))} axes, got "
            f"{x.ndim}{at_user_line()}"
        )
    if align_corners is not None and "nearest" in mode:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | trilinear"
        )
    if antialias:
        raise NotImplementedError("interpolate: antialias=True is not implemented")


def _sizes(shape, size, scale_factor, recompute):
    """The new sizes, and the steps in the old image for a step in the new one."""
    if (size is None) == (scale_factor is None):
        raise ValueError("only one of size or scale_factor should be defined, and one of them")
    if size is not None:
        if recompute:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        sizes = _each(size, shape, "size")
        return sizes, [n / m if m else 0.0 for n, m in zip(shape, sizes, strict=True)]
    factors = [float(f) for f in _each(scale_factor, shape, "scale_factor")]
    sizes = [int(np.floor(n * f)) for n, f in zip(shape, factors, strict=True)]
    if recompute:
        return sizes, [n / m for n, m in zip(shape, sizes, strict=True)]
    return sizes, [1 / f for f in factors]


def _each(x, shape, name):
    values = tuple(x) if isinstance(x, (tuple, list)) else (x,) * len(shape)
    if len(values) != len(shape):
        raise ValueError(f"{name} shape must match number of spatial dimensions: {len(shape)}, got {values}")
    return values


def _nearest(old, new, scale, shift):
    """Which of the old entries each of the new ones is; in single precision, as PyTorch computes it."""
    places = (np.arange(new, dtype=np.float32) + np.float32(shift)) * np.float32(scale)
    return np.minimum(places.astype(np.int64), old - 1)


def _taken(x, axis, places):
    """Entries of `x` by place along an axis; where each is taken equally often, in turn, as copies side by side."""
    old, times = x.shape[axis], len(places) // max(1, x.shape[axis])
    if not times or len(places) != times * old or np.any(places != np.arange(len(places)) // times):
        return x[(slice(None),) * axis + (places,)]
    shape = (*x.shape[:axis], len(places), *x.shape[axis + 1 :])
    return op.stack(*(x,) * times, axis=axis + 1).reshape(shape)


def _linear(old, new, scale, align_corners):
    """The matrix (new, old) that interpolates between neighbours."""
    k = np.arange(new)
    if align_corners:
        at = k * ((old - 1) / (new - 1) if new > 1 else 0.0)
    else:
        at = np.maximum(scale * (k + 0.5) - 0.5, 0.0)
    low = np.minimum(at.astype(np.int64), old - 1)
    share = np.clip(at - low, 0.0, 1.0)
    weights = np.zeros((new, old))
    np.add.at(weights, (k, low), 1 - share)
    np.add.at(weights, (k, np.minimum(low + 1, old - 1)), share)
    return weights


def pixel_shuffle(input: Any, upscale_factor: int) -> Tensor:
    """(…, C r², H, W) as (…, C, H r, W r): each block of r × r pixels from as many channels."""
    x, r = value(input), upscale_factor
    if x.ndim < 3 or x.shape[-3] % (r * r):
        raise ShapeError(
            f"pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
            f"upscale_factor, got input of shape {list(x.shape)} and {r}{at_user_line()}"
        )
    *lead, c, h, w = x.shape
    n = len(lead)
    x = x.reshape((*lead, c // (r * r), r, r, h, w))
    x = op.transpose(x, axes=(*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return wrap(x.reshape((*lead, c // (r * r), h * r, w * r)))


def pixel_unshuffle(input: Any, downscale_factor: int) -> Tensor:
    """The inverse of `pixel_shuffle`: (…, C, H r, W r) as (…, C r², H, W)."""
    x, r = value(input), downscale_factor
    if x.ndim < 3 or x.shape[-1] % r or x.shape[-2] % r:
        raise ShapeError(
            f"pixel_unshuffle expects height and width to be divisible by downscale_factor, got input of shape "
            f"{list(x.shape)} and {r}{at_user_line()}"
        )
    *lead, c, h, w = x.shape
    n = len(lead)
    x = x.reshape((*lead, c, h // r, r, w // r, r))
    x = op.transpose(x, axes=(*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return wrap(x.reshape((*lead, c * r * r, h // r, w // r)))
