"""Two-dimensional max and average pooling, in plain NumPy.

Inside, images are (C, H, W, N), as in `conv_kernels`, whose windows these are. A window of kh * kw taps is
kh * kw shifted, strided slices of the padded image: pooling is the maximum (or the sum) of those slices,
and nothing is ever gathered element by element.

Max pooling keeps its *winners*: for each output the number of the winning tap, i * kw + j, one byte as a
rule. For given winners pooling is linear: `max_pool2d_gather` is that map (the tangent) and
`max_pool2d_scatter` its adjoint (the cotangent).

Ties and NaN follow PyTorch: the first tap in row-major order wins a tie, padding never wins, and a NaN wins
over all that came before it (so the last NaN of a window is the winner). With dilation a window can see
nothing but padding: then its value is -inf, its derivative zero, and its index lies outside of the image.

Arrays come and go as (N, C, H, W) in any memory order; what is returned is a view over (C, H, W, N) memory.
"""

import numpy as np

from dualad.ops.conv_kernels import (
    batch_major,
    channel_major,
    check_image,
    check_parameters,
    window_sizes,
    windows,
)

# -- max -----------------------------------------------------------------------------------------------------


def max_pool2d(x, kernel, stride, padding=(0, 0), dilation=(1, 1), ceil_mode=False):
    """The largest of each window of x (N, C, H, W): values and winners, both (N, C, Ho, Wo)."""
    size, after = pool_size(x.shape, kernel, stride, padding, dilation, ceil_mode, "max_pool2d")
    padded = channel_major(x, padding, x.dtype, _lowest(x.dtype), after)
    taps = _taps(padded, kernel, stride, dilation, size)
    first = _first_taps(x.shape, kernel, stride, padding, dilation, size)
    values, winners = _tournament(taps, first, np.greater)
    if values.dtype.kind == "f" and np.isnan(values).any():
        values, winners = _tournament(taps, first, _beats)
    return batch_major(values), batch_major(winners)


def _tournament(taps, first, beats):
    """The maximum over taps, and who won: a later tap must beat the best so far."""
    values = taps[0].copy()
    winners = np.empty(values.shape, first.dtype)
    winners[...] = first
    for number, tap in enumerate(taps[1:], 1):
        won = beats(tap, values)
        # Taps come in order, so that the winner is the largest number that ever won.
        np.maximum(winners, np.multiply(won, number, dtype=winners.dtype), out=winners)
        np.maximum(values, tap, out=values)
    return values, winners


def _beats(tap, values):
    """Whether a tap replaces the best so far, with NaN on the field."""
    return (tap > values) | np.isnan(tap)


def max_pool2d_gather(x, winners, kernel, stride, padding=(0, 0), dilation=(1, 1)):
    """For each output the entry of x (N, C, H, W) at its winner: linear in x, (N, C, Ho, Wo)."""
    padded, taps = _padded_taps(x, winners, kernel, stride, padding, dilation)
    winners = channel_major(winners, (0, 0), winners.dtype)
    select = _selector(padded)
    out = select(taps[0], winners == 0)
    for number, tap in enumerate(taps[1:], 1):
        out += select(tap, winners == number)
    return batch_major(out)


def max_pool2d_scatter(g, winners, x_shape, kernel, stride, padding=(0, 0), dilation=(1, 1)):
    """The adjoint of `max_pool2d_gather`: g (N, C, Ho, Wo) lands on the winners, in (N, C, H, W)."""
    g = channel_major(g, (0, 0), g.dtype)
    winners = channel_major(winners, (0, 0), winners.dtype)
    select = _selector(g)
    padded, taps = _empty_taps(x_shape, g, kernel, stride, padding, dilation)
    apart = all(s > d * (k - 1) for k, s, d in zip(kernel, stride, dilation, strict=True))
    for number, tap in enumerate(taps):
        if apart:
            select(g, winners == number, out=tap)
        else:
            tap += select(g, winners == number)
    return _cropped(padded, x_shape, padding)


def max_pool2d_indices(winners, x_shape, kernel, stride, padding=(0, 0), dilation=(1, 1)):
    """The winners as flat indices into the H * W entries of their plane, (N, C, Ho, Wo) of int64."""
    i, j = np.divmod(winners, kernel[1], dtype=winners.dtype)
    height, width = (np.arange(length, dtype=np.int64) for length in winners.shape[2:])
    rows = height[:, None] * stride[0] - padding[0] + i.astype(np.int64) * dilation[0]
    columns = width * stride[1] - padding[1] + j.astype(np.int64) * dilation[1]
    return rows * x_shape[3] + columns


def _selector(values):
    """A function (tap, mask) -> tap where mask, else 0: the product, five times faster than `where`."""
    if values.dtype.kind in "fc" and not np.isfinite(values).all():
        # inf * 0 is NaN.
        zero = values.dtype.type(0)
        return lambda tap, mask, out=None: np.positive(np.where(mask, tap, zero), out=out)
    return np.multiply


def _first_taps(x_shape, kernel, stride, padding, dilation, size):
    """The first tap of each window that is not padding: (Ho, Wo, 1), of the dtype that winners have."""
    rows, columns = map(_taps_in_padding, size, stride, padding, dilation)
    dtype = np.min_scalar_type(kernel[0] * kernel[1])
    return (rows[:, None] * kernel[1] + columns)[..., None].astype(dtype)


def _taps_in_padding(size, stride, padding, dilation):
    """Along one axis: how many taps of each window come before the first entry."""
    return -(-np.maximum(padding - stride * np.arange(size), 0) // dilation)


def _lowest(dtype):
    """What padding is filled with, so that it never beats an entry."""
    if dtype.kind == "f":
        return -np.inf
    if dtype.kind in "iu":
        return np.iinfo(dtype).min
    raise TypeError(
        f"max_pool2d needs real numbers, but x has dtype {dtype}. Pool abs(x), or real and imaginary parts."
    )


# -- average -------------------------------------------------------------------------------------------------


def avg_pool2d(x, kernel, stride, padding=(0, 0), ceil_mode=False, count_include_pad=True):
    """The mean of each window of x (N, C, H, W): (N, C, Ho, Wo)."""
    size, after = pool_size(x.shape, kernel, stride, padding, (1, 1), ceil_mode, "avg_pool2d")
    padded = channel_major(x, padding, _mean_dtype(x.dtype), 0, after)
    taps = _taps(padded, kernel, stride, (1, 1), size)
    out = taps[0].copy()
    for tap in taps[1:]:
        out += tap
    out *= _shares(x.shape, kernel, stride, padding, count_include_pad, size, out.dtype)
    return batch_major(out)


def avg_pool2d_scatter(g, x_shape, kernel, stride, padding=(0, 0), ceil_mode=False, count_include_pad=True):
    """The adjoint of `avg_pool2d`: g (N, C, Ho, Wo) spread evenly over its windows, (N, C, H, W)."""
    size, _ = pool_size(x_shape, kernel, stride, padding, (1, 1), ceil_mode, "avg_pool2d")
    g = channel_major(g, (0, 0), _mean_dtype(g.dtype))
    g = g * _shares(x_shape, kernel, stride, padding, count_include_pad, size, g.dtype)
    padded, taps = _empty_taps(x_shape, g, kernel, stride, padding, (1, 1))
    for tap in taps:
        tap += g
    return _cropped(padded, x_shape, padding)


def _mean_dtype(dtype):
    """The dtype of a mean: float64 for integers and booleans, as in NumPy."""
    return dtype if dtype.kind in "fc" else np.dtype(float)


def _shares(x_shape, kernel, stride, padding, count_include_pad, size, dtype):
    """1 / (entries that a window averages): a scalar where all windows agree, else (Ho, Wo, 1)."""
    include = (count_include_pad, count_include_pad)
    rows, columns = map(_counts, x_shape[2:], kernel, stride, padding, size, include)
    shares = 1 / (rows[:, None] * columns)[..., None]
    return shares.reshape(-1)[0].astype(dtype) if np.ptp(shares) == 0 else shares.astype(dtype)


def _counts(length, kernel, stride, padding, size, count_include_pad):
    """Along one axis: how many entries each window holds; what lies beyond the padding never counts."""
    start = np.arange(size) * stride - padding
    stop = np.minimum(start + kernel, length + padding)
    if not count_include_pad:
        start, stop = np.maximum(start, 0), np.minimum(stop, length)
    return stop - start


# -- windows -------------------------------------------------------------------------------------------------


def pool_size(x_shape, kernel, stride, padding, dilation, ceil_mode, name):
    """((Ho, Wo), (rows, columns) that the last windows of `ceil_mode` reach beyond the padding)."""
    check_image(x_shape, name)
    check_parameters(kernel, stride, padding, dilation, name)
    if any(2 * p > d * (k - 1) + 1 for k, p, d in zip(kernel, padding, dilation, strict=True)):
        raise ValueError(
            f"{name}: padding {tuple(padding)} is more than half of the kernel {tuple(kernel)}: some windows "
            "would hold nothing but padding. Use less padding, or pad x first."
        )
    if not ceil_mode:
        return window_sizes(x_shape, kernel, stride, padding, dilation, name), (0, 0)
    size = tuple(map(_ceil_size, x_shape[2:], kernel, stride, padding, dilation))
    if min(size) < 1:
        return window_sizes(x_shape, kernel, stride, padding, dilation, name), (0, 0)
    return size, _after(x_shape, kernel, stride, padding, dilation, size)


def _ceil_size(length, kernel, stride, padding, dilation):
    """How many windows start inside, the last one perhaps reaching beyond the padding."""
    size = -(-(length + 2 * padding - dilation * (kernel - 1) - 1) // stride) + 1
    return size - 1 if (size - 1) * stride >= length + padding else size


def _after(x_shape, kernel, stride, padding, dilation, size):
    """How far the last windows reach beyond the padded input: (rows, columns)."""
    return tuple(map(_axis_after, x_shape[2:], kernel, stride, padding, dilation, size))


def _axis_after(length, kernel, stride, padding, dilation, size):
    """Along one axis: how far the last window reaches beyond the padded input."""
    return max(0, (size - 1) * stride + dilation * (kernel - 1) + 1 - length - 2 * padding)


def _taps(padded, kernel, stride, dilation, size):
    """The kh * kw shifted slices (C, Ho, Wo, N) of a padded image, in row-major order."""
    view = windows(padded, kernel, stride, dilation, size)
    return [view[:, i, j] for i in range(kernel[0]) for j in range(kernel[1])]


def _padded_taps(x, out, kernel, stride, padding, dilation):
    """x, zero-padded as far as windows of the outputs `out` (N, C, Ho, Wo) reach, and its taps."""
    size = out.shape[2:]
    after = _after(x.shape, kernel, stride, padding, dilation, size)
    padded = channel_major(x, padding, x.dtype, 0, after)
    return padded, _taps(padded, kernel, stride, dilation, size)


def _empty_taps(x_shape, g, kernel, stride, padding, dilation):
    """A padded image of zeros for cotangents g (C, Ho, Wo, N) to land in, and its taps."""
    size = g.shape[1:3]
    n, c, h, w = x_shape
    (ph, pw), (ah, aw) = padding, _after(x_shape, kernel, stride, padding, dilation, size)
    padded = np.zeros((c, h + 2 * ph + ah, w + 2 * pw + aw, n), g.dtype)
    return padded, _taps(padded, kernel, stride, dilation, size)


def _cropped(padded, x_shape, padding):
    """The image (N, C, H, W) within its padding."""
    (ph, pw), (h, w) = padding, x_shape[2:]
    return batch_major(padded[:, ph : ph + h, pw : pw + w])
