"""Two-dimensional convolution and its two adjoints, in plain NumPy.

`conv2d`, `conv2d_input` and `conv2d_weight` are one trilinear form, <g, conv2d(x, w)>, read three
ways; the adjoint of each in one operand is another of the three.

The idea is the layout. Inside, an image is (C, H, W, N): *the batch is the fastest axis*. Then a shifted
window of the padded image consists of runs at least N long, and W * N long where the stride is 1. So the
columns of the classic im2col are filled by long copies (and the scatter of the adjoint by long additions),
they stand in the order of `w.reshape(O, -1)` without a transposition, and the result of one matrix product
is again a (C, H, W, N) image. Stride, dilation and groups change a strided view and nothing else.

Columns are made for a block of output positions at a time, small enough to stay in the second-level cache,
and made again in the backward pass: kept, they would take kh * kw times the memory of the image.

Arrays come and go as (N, C, H, W) in any memory order. What is returned is a view over (C, H, W, N)
memory, and such an input costs no copy: consecutive convolutions, activations and pools stay in it.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

_BLOCK_BYTES = 1 << 20  # columns and results of one block: a second-level cache
_SMALL_PRODUCT = 10**6  # up to this m * n * k OpenBLAS does not pack: three times faster when k is small


def conv2d(x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, bias=None):
    """Cross-correlate x (N, C, H, W) with w (O, C/groups, kh, kw): (N, O, Ho, Wo); bias (O,) is added."""
    size = conv2d_size(x.shape, w.shape, stride, padding, dilation, groups)
    _check_bias(bias, len(w))
    dtype = np.result_type(x, w) if bias is None else np.result_type(x, w, bias)
    padded = channel_major(x, padding, dtype)
    kernel = _grouped(w, groups, dtype)
    out = np.empty((groups, kernel.shape[1], *size, len(x)), dtype)
    flat = _flat(out)
    for part, columns in _columns(padded, w.shape, stride, dilation, out.shape):
        np.matmul(kernel, columns, out=flat[:, :, part])
        if bias is not None:  # here, while the block is in the cache
            flat[:, :, part] += bias.reshape(*flat.shape[:2], 1)
    return batch_major(out.reshape(len(w), *size, len(x)))


def conv2d_weight(g, x, w_shape, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """The adjoint in w: g (N, O, Ho, Wo) and x (N, C, H, W) give (O, C/groups, kh, kw)."""
    size = conv2d_size(x.shape, w_shape, stride, padding, dilation, groups)
    _check_cotangent(g.shape, (len(x), w_shape[0], *size))
    dtype = np.result_type(g, x)
    if len(x) == 0:
        return np.zeros(w_shape, dtype)
    padded = channel_major(x, padding, dtype)
    g = channel_major(g, (0, 0), dtype).reshape(groups, w_shape[0] // groups, *size, len(x))
    flat = _flat(g)
    # Transposed, (columns, outputs): OpenBLAS is up to 1.4 times faster so, over many positions.
    transposed = flat.shape[2] >= 512
    products = (
        columns @ flat[:, :, part].swapaxes(1, 2) if transposed else flat[:, :, part] @ columns.swapaxes(1, 2)
        for part, columns in _columns(padded, w_shape, stride, dilation, g.shape)
    )
    dw = next(products)
    for product in products:
        dw += product
    return np.ascontiguousarray(dw.swapaxes(1, 2) if transposed else dw).reshape(w_shape)


def conv2d_input(g, w, x_shape, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """The adjoint in x: g (N, O, Ho, Wo) and w (O, C/groups, kh, kw) give (N, C, H, W)."""
    size = conv2d_size(x_shape, w.shape, stride, padding, dilation, groups)
    _check_cotangent(g.shape, (x_shape[0], w.shape[0], *size))
    if _pays_to_flip(w.shape, stride, padding, dilation, groups):
        padding = tuple(d * (k - 1) - p for k, p, d in zip(w.shape[2:], padding, dilation, strict=True))
        return conv2d(g, _flipped(w, groups), stride, padding, dilation, groups)
    return _scattered(g, w, x_shape, stride, padding, dilation, groups)


def _pays_to_flip(w_shape, stride, padding, dilation, groups):
    """Whether the adjoint in x is best had as a convolution of g with the flipped kernel (stride 1 only)."""
    fits = all(p <= d * (k - 1) for k, p, d in zip(w_shape[2:], padding, dilation, strict=True))
    return tuple(stride) == (1, 1) and fits and w_shape[0] <= 2 * w_shape[1] * groups


def _flipped(w, groups):
    """w with reversed taps, inputs and outputs exchanged: (C, O/groups, kh, kw)."""
    outputs, inputs, kh, kw = w.shape
    turned = w[:, :, ::-1, ::-1].reshape(groups, outputs // groups, inputs, kh, kw)
    return turned.swapaxes(1, 2).reshape(groups * inputs, outputs // groups, kh, kw)


def _scattered(g, w, x_shape, stride, padding, dilation, groups):
    """The adjoint in x for any stride: columns of cotangents, added window by window."""
    dtype = np.result_type(g, w)
    kernel = np.swapaxes(_grouped(w, groups, dtype), 1, 2)
    n, c, h, wd = x_shape
    padded = np.zeros((c, h + 2 * padding[0], wd + 2 * padding[1], n), dtype)
    g = channel_major(g, (0, 0), dtype)
    size = g.shape[1:3]
    flat = _flat(g.reshape(groups, len(g) // groups, *size, n))
    view = windows(padded, w.shape[2:], stride, dilation, size)
    width = _width(groups * kernel.shape[1], g.shape[0], kernel[0].size, dtype)
    for box, part in _blocks((*size, n), width):
        columns = np.matmul(kernel, flat[:, :, part])
        target = view[(..., *box)]
        add_windows(target, columns.reshape(target.shape))
    return batch_major(padded[:, padding[0] : padding[0] + h, padding[1] : padding[1] + wd])


# -- layout and windows, shared with pooling -----------------------------------------------------------------


def channel_major(x, padding, dtype, fill=0, after=(0, 0)):
    """x (N, C, H, W) as a contiguous (C, H + 2 ph + after, W + 2 pw + after, N); no copy where it is one."""
    x = x.transpose(1, 2, 3, 0)
    (ph, pw), (ah, aw) = padding, after
    if ph == pw == ah == aw == 0:
        return np.ascontiguousarray(x, dtype)
    c, h, w, n = x.shape
    out = np.empty((c, h + 2 * ph + ah, w + 2 * pw + aw, n), dtype)
    for border in (out[:, :ph], out[:, ph + h :], out[:, ph : ph + h, :pw], out[:, ph : ph + h, pw + w :]):
        border[...] = fill
    out[:, ph : ph + h, pw : pw + w] = x
    return out


def batch_major(x):
    """A (C, H, W, N) array seen as (N, C, H, W)."""
    return x.transpose(3, 0, 1, 2)


def windows(padded, kernel, stride, dilation, size):
    """The view (C, kh, kw, Ho, Wo, N) of a padded (C, H, W, N): [c, i, j] is what tap (i, j) sees."""
    c, _, _, n = padded.shape
    sc, sh, sw, sn = padded.strides
    strides = (sc, sh * dilation[0], sw * dilation[1], sh * stride[0], sw * stride[1], sn)
    return as_strided(padded, (c, *kernel, *size, n), strides)


def add_windows(view, columns):
    """The adjoint of reading `windows`: add tap after tap, since windows overlap."""
    for i in range(view.shape[1]):
        for j in range(view.shape[2]):
            view[:, i, j] += columns[:, i, j]


def window_size(length, kernel, stride, padding, dilation):
    """How many windows fit along one axis; less than 1 where none does."""
    return (length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


# -- columns, block by block ---------------------------------------------------------------------------------


def _columns(padded, w_shape, stride, dilation, out_shape):
    """Yield a range of output positions and its columns, (groups, C/groups * kh * kw, positions)."""
    groups, outputs, *size, n = out_shape
    rows = w_shape[1] * w_shape[2] * w_shape[3]
    view = windows(padded, w_shape[2:], stride, dilation, size)
    width = _width(groups * rows, groups * outputs, rows * outputs, padded.dtype)
    if tuple(w_shape[2:]) == tuple(stride) == (1, 1):  # a pointwise convolution: x is its own columns
        flat = padded.reshape(groups, rows, size[0] * size[1] * n)
        for _, part in _blocks((*size, n), width):
            yield part, flat[:, :, part]
        return
    buffer = np.empty(groups * rows * min(width, size[0] * size[1] * n), padded.dtype)
    for box, part in _blocks((*size, n), width):
        source = view[(..., *box)]
        columns = buffer[: source.size].reshape(source.shape)
        columns[...] = source
        yield part, columns.reshape(groups, rows, part.stop - part.start)


def _width(columns, outputs, product, dtype):
    """How many positions make a block: from rows of columns and of results, and entries of one kernel."""
    cached = _BLOCK_BYTES // max(1, (columns + outputs) * dtype.itemsize)
    return max(1, min(cached, max(_SMALL_PRODUCT // max(1, product), 1024)))


def _blocks(shape, width):
    """Cut (Ho, Wo, N) into contiguous boxes of at most `width` positions: slices, and the flat range."""
    height, row, n = shape
    rows = _evenly(height, width // max(1, row * n))
    columns = _evenly(row, width // max(1, n))
    images = _evenly(n, width)
    for h in range(0, height, rows):
        bottom = min(h + rows, height)
        for c in range(0, row, columns):
            right = min(c + columns, row)
            for i in range(0, n, images):
                last = min(i + images, n)
                start = (h * row + c) * n + i
                stop = start + (bottom - h) * (right - c) * (last - i)
                yield (slice(h, bottom), slice(c, right), slice(i, last)), slice(start, stop)


def _evenly(length, most):
    """The length of pieces, as equal as can be, at most `most` each, but at least 1."""
    pieces = -(-length // max(1, most))
    return -(-length // max(1, pieces)) or 1


def _grouped(w, groups, dtype):
    """w (O, C/groups, kh, kw) as matrices (groups, O/groups, C/groups * kh * kw)."""
    rows = w.shape[1] * w.shape[2] * w.shape[3]
    return np.ascontiguousarray(w, dtype).reshape(groups, w.shape[0] // groups, rows)


def _flat(image):
    """A contiguous (groups, O/groups, Ho, Wo, N) as (groups, O/groups, Ho * Wo * N), a view."""
    groups, outputs, height, row, n = image.shape
    return image.reshape(groups, outputs, height * row * n)


# -- what is wrong, in words ---------------------------------------------------------------------------------


def conv2d_size(x_shape, w_shape, stride, padding, dilation, groups):
    """The output's (Ho, Wo), after checking that x, w and the parameters belong together."""
    check_image(x_shape, "conv2d")
    if len(w_shape) != 4:
        raise ValueError(f"conv2d needs w of shape (O, C/groups, kh, kw), but w has shape {tuple(w_shape)}.")
    channels, outputs = x_shape[1], w_shape[0]
    if groups < 1 or channels % groups or outputs % groups:
        raise ValueError(
            f"conv2d: groups={groups} must divide the {channels} input channels of x "
            f"and the {outputs} output channels of w."
        )
    if w_shape[1] * groups != channels:
        raise ValueError(
            f"conv2d: x has {channels} channels, but w of shape {tuple(w_shape)} with groups={groups} takes "
            f"{w_shape[1] * groups}. w must have shape (O, {channels // groups}, kh, kw)."
        )
    return window_sizes(x_shape, w_shape[2:], stride, padding, dilation, "conv2d")


def window_sizes(x_shape, kernel, stride, padding, dilation, name):
    """(Ho, Wo) of windows of that kernel over x (N, C, H, W)."""
    check_parameters(kernel, stride, padding, dilation, name)
    size = tuple(map(window_size, x_shape[2:], kernel, stride, padding, dilation))
    if min(size) < 1:
        reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
        room = tuple(length + 2 * p for length, p in zip(x_shape[2:], padding, strict=True))
        raise ValueError(
            f"{name}: the kernel covers {reach[0]} x {reach[1]} (dilation {tuple(dilation)} included), more "
            f"than the padded input of {room[0]} x {room[1]}. "
            "Use a smaller kernel or dilation, or more padding."
        )
    return size


def check_image(x_shape, name):
    """Refuse what is not (N, C, H, W)."""
    if len(x_shape) != 4:
        hint = " Write x[None] for one image." if len(x_shape) == 3 else ""
        raise ValueError(f"{name} needs x of shape (N, C, H, W), but x has shape {tuple(x_shape)}.{hint}")


def check_parameters(kernel, stride, padding, dilation, name):
    """Refuse parameters that are not pairs, or too small."""
    for word, pair, least in (
        ("kernel", kernel, 1),
        ("stride", stride, 1),
        ("padding", padding, 0),
        ("dilation", dilation, 1),
    ):
        if np.shape(pair) != (2,) or min(pair) < least:
            raise ValueError(f"{name}: {word} must be two integers of at least {least}, got {pair}.")


def _check_bias(bias, outputs):
    """Refuse a bias that has not one entry per output channel."""
    if bias is not None and bias.shape != (outputs,):
        raise ValueError(
            f"conv2d: the bias must have shape ({outputs},), one entry per output channel of w, "
            f"but it has shape {tuple(bias.shape)}."
        )


def _check_cotangent(shape, expected):
    """Refuse a cotangent that is not of the output's shape."""
    if tuple(shape) != tuple(expected):
        raise ValueError(
            f"conv2d: the cotangent has shape {tuple(shape)}, but the output has {tuple(expected)}."
        )
