"""Two-dimensional convolution: three primitives, the adjoints of each of which are the other two.

<g, conv2d(x, w)> is linear in g, in x and in w. Solved for one of them it is `conv2d`, `conv2d_input` or
`conv2d_weight`; so the tangents are the operations themselves, the rules below are closed, and every
order of derivative exists from the start. `conv2d_input` is also the transposed convolution of a decoder.

"Convolution" is the field's word for a cross-correlation: the kernel is not flipped. The numbers are made by
`conv_kernels`, which tells why they are made in that way.
"""

from __future__ import annotations

from ..core.batch import spread
from ..core.primitive import primitive
from ..core.samples import Sample
from . import conv_kernels as kernels
from .shape import broadcast_to


@primitive(multilinear="x w")
def conv2d(x, w, *, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """Cross-correlation of images with a bank of kernels.

    Parameters
    ----------
    x : (N, C, H, W)
    w : (O, C / groups, kh, kw)
    stride, padding, dilation : pairs of integers, (rows, columns)
        Steps between windows, zeros around the image, steps between the taps of a window.
    groups : int
        Output group k sees input group k alone; divides C and O.

    Returns
    -------
    (N, O, Ho, Wo), with Ho = (H + 2 ph - dh (kh - 1) - 1) // sh + 1, and Wo likewise.

    Raises
    ------
    ValueError
        Where shapes and groups do not fit together, or the kernel is larger than the padded image.
    """
    return kernels.conv2d(x, w, stride, padding, dilation, groups)


@primitive
def conv2d_bias(x, w, b, *, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """`conv2d(x, w, ...) + b[:, None, None]`, with b of shape (O,) added while results are in the cache."""
    return kernels.conv2d(x, w, stride, padding, dilation, groups, b)


@primitive(multilinear="g w")
def conv2d_input(g, w, *, shape, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """The adjoint of `conv2d` in x, whose shape is (N, C, H, W): the transposed convolution.

    `g` is (N, O, Ho, Wo), `w` is (O, C / groups, kh, kw); parameters as of `conv2d`.
    """
    return kernels.conv2d_input(g, w, shape, stride, padding, dilation, groups)


@primitive(multilinear="g x")
def conv2d_weight(g, x, *, shape, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """The adjoint of `conv2d` in w, whose shape is (O, C / groups, kh, kw).

    `g` is (N, O, Ho, Wo), `x` is (N, C, H, W); parameters as of `conv2d`.
    """
    return kernels.conv2d_weight(g, x, shape, stride, padding, dilation, groups)


def _conv(x, w, s, p, d, k):
    return conv2d(x, w, stride=s, padding=p, dilation=d, groups=k)


def _over_image(b):
    """b (O,) as (O, 1, 1), or (B, O) as (B, 1, O, 1, 1): it broadcasts against (B, N, O, Ho, Wo)."""
    o = b.shape[-1]
    return b.reshape((o, 1, 1) if b.ndim == 1 else (b.shape[0], 1, o, 1, 1))


def _input(g, w, x_shape, s, p, d, k):
    return conv2d_input(g, w, shape=x_shape, stride=s, padding=p, dilation=d, groups=k)


def _weight(g, x, w_shape, s, p, d, k):
    return conv2d_weight(g, x, shape=w_shape, stride=s, padding=p, dilation=d, groups=k)


def _cotangent_of_x(g, w, x_space, stride, padding, dilation, groups):
    return _input(g, w, x_space.shape, stride, padding, dilation, groups)


def _cotangent_of_w(g, x, w_space, stride, padding, dilation, groups):
    return _weight(g, x, w_space.shape, stride, padding, dilation, groups)


conv2d.vjp(x=_cotangent_of_x, w=_cotangent_of_w)
conv2d_bias.jvp(
    x=lambda dx, w, stride, padding, dilation, groups: _conv(dx, w, stride, padding, dilation, groups),
    w=lambda dw, x, stride, padding, dilation, groups: _conv(x, dw, stride, padding, dilation, groups),
    b=lambda db, out_space: broadcast_to(_over_image(db), shape=out_space.shape),
)
conv2d_bias.vjp(x=_cotangent_of_x, w=_cotangent_of_w, b=lambda g: g.sum(axis=(0, 2, 3)))
# Of an adjoint's own adjoints: the cotangent that comes in, h, has the shape of x or of w.
conv2d_input.vjp(
    g=lambda h, w, stride, padding, dilation, groups: _conv(h, w, stride, padding, dilation, groups),
    w=lambda h, g, w_space, stride, padding, dilation, groups: _weight(
        g, h, w_space.shape, stride, padding, dilation, groups
    ),
)
conv2d_weight.vjp(
    g=lambda h, x, stride, padding, dilation, groups: _conv(x, h, stride, padding, dilation, groups),
    x=lambda h, g, x_space, stride, padding, dilation, groups: _input(
        g, h, x_space.shape, stride, padding, dilation, groups
    ),
)


# -- vmap: a batch of images is more images; a batch of kernels is more groups -------------------------------


@conv2d.batching
def _(x, w, mask, size, stride, padding, dilation, groups):
    if not mask[1]:
        return _unfold_images(_conv(_fold_images(x), w, stride, padding, dilation, groups), size)
    w = _fold_images(w)
    if not mask[0] and groups == 1:
        return _unfold_channels(_conv(x, w, stride, padding, dilation, groups), size)
    x = _channels(x, mask[0], size)
    return _unfold_channels(_conv(x, w, stride, padding, dilation, groups * size), size)


@conv2d_bias.batching
def _(x, w, b, mask, size, stride, padding, dilation, groups):
    if mask[0] or mask[1]:
        out = conv2d.primitive.batch(x, w, mask, size, stride, padding, dilation, groups)
    else:
        out = _conv(x, w, stride, padding, dilation, groups)
    return out + _over_image(b)


@conv2d_input.batching
def _(g, w, mask, size, shape, stride, padding, dilation, groups):
    n, c, height, width = shape
    if not mask[1]:
        shape = (n * size, c, height, width)
        return _unfold_images(_input(_fold_images(g), w, shape, stride, padding, dilation, groups), size)
    g, w, shape = _channels(g, mask[0], size), _fold_images(w), (n, c * size, height, width)
    return _unfold_channels(_input(g, w, shape, stride, padding, dilation, groups * size), size)


@conv2d_weight.batching
def _(g, x, mask, size, shape, stride, padding, dilation, groups):
    g, shape = _channels(g, mask[0], size), (shape[0] * size, *shape[1:])
    if not mask[1] and groups == 1:
        return _unfold_images(_weight(g, x, shape, stride, padding, dilation, groups), size)
    x = _channels(x, mask[1], size)
    return _unfold_images(_weight(g, x, shape, stride, padding, dilation, groups * size), size)


def _fold_images(x):
    """(B, N, ...) as (B * N, ...)."""
    return x.reshape((x.shape[0] * x.shape[1], *x.shape[2:]))


def _unfold_images(x, size):
    """(B * N, ...) as (B, N, ...)."""
    return x.reshape((size, x.shape[0] // size, *x.shape[1:]))


def _channels(x, batched, size):
    """(B, N, C, H, W), or one (N, C, H, W) for all of B, as (N, B * C, H, W)."""
    x = (x if batched else spread(x, size)).transpose((1, 0, 2, 3, 4))
    return x.reshape((x.shape[0], size * x.shape[2], *x.shape[3:]))


def _unfold_channels(x, size):
    """(N, B * C, H, W) as (B, N, C, H, W)."""
    n, c, h, w = x.shape
    return x.reshape((n, size, c // size, h, w)).transpose((1, 0, 2, 3, 4))


# -- samples -------------------------------------------------------------------------------------------------

_CASES = [
    # x, w, parameters
    ((2, 3, 5, 4), (2, 3, 3, 2), {}),
    ((2, 2, 6, 5), (3, 2, 3, 3), {"stride": (2, 1), "padding": (1, 2)}),
    ((1, 4, 7, 6), (2, 2, 2, 3), {"stride": (2, 3), "dilation": (2, 1), "groups": 2}),
    ((3, 2, 5, 5), (2, 1, 3, 3), {"padding": (1, 1), "groups": 2}),
    ((2, 3, 4, 4), (5, 3, 1, 1), {}),
    ((2, 1, 3, 3), (2, 1, 3, 3), {}),
    ((0, 2, 4, 4), (1, 2, 3, 3), {}),
]


@conv2d.samples
def _(rng):
    for x, w, parameters in _CASES:
        yield Sample(rng.normal(size=x), rng.normal(size=w), **parameters)


@conv2d_bias.samples
def _(rng):
    for x, w, parameters in _CASES:
        yield Sample(rng.normal(size=x), rng.normal(size=w), rng.normal(size=w[0]), **parameters)


@conv2d_input.samples
def _(rng):
    for x, w, parameters in _CASES:
        yield Sample(rng.normal(size=_out_shape(x, w, parameters)), rng.normal(size=w), shape=x, **parameters)


@conv2d_weight.samples
def _(rng):
    for x, w, parameters in _CASES:
        yield Sample(rng.normal(size=_out_shape(x, w, parameters)), rng.normal(size=x), shape=w, **parameters)


def _out_shape(x, w, parameters):
    settings = {**conv2d.primitive.params, **parameters}
    names = ("stride", "padding", "dilation", "groups")
    return (x[0], w[0], *kernels.conv2d_size(x, w, *(settings[name] for name in names)))
