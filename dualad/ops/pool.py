"""Two-dimensional pooling.

Averaging is linear. A maximum is linear once it is known who won: so `max_pool2d_winners` returns the
winners beside the values, and its tangent and cotangent are the pair `max_pool2d_gather` and
`max_pool2d_scatter`, each the other's adjoint. Ties go to the first of the window, as in PyTorch, and not in
equal shares to all, as in `max`: a network ported from there takes the same steps here.

The numbers are made by `pool_kernels`.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from . import pool_kernels as kernels

# -- max -----------------------------------------------------------------------------------------------------


def max_pool2d(x, *, kernel, stride=None, padding=(0, 0), dilation=(1, 1), ceil_mode=False):
    """The largest entry of each window.

    Parameters
    ----------
    x : (N, C, H, W), real
    kernel, stride, padding, dilation : pairs of integers, (rows, columns)
        `stride` is by default `kernel`. Padding never wins.
    ceil_mode : bool
        Also windows that reach beyond the padded image, if they start within it.

    Returns
    -------
    (N, C, Ho, Wo)

    Raises
    ------
    ValueError
        Where the kernel is larger than the padded image, or the padding more than half of the kernel.
    """
    settings = dict(kernel=kernel, stride=stride or kernel, padding=padding, dilation=dilation)
    return max_pool2d_winners(x, **settings, ceil_mode=ceil_mode)[0]


def max_pool2d_with_indices(x, *, kernel, stride=None, padding=(0, 0), dilation=(1, 1), ceil_mode=False):
    """`max_pool2d`, and where in its plane of H * W entries each of the values stood."""
    settings = dict(kernel=kernel, stride=stride or kernel, padding=padding, dilation=dilation)
    values, winners = max_pool2d_winners(x, **settings, ceil_mode=ceil_mode)
    return values, max_pool2d_indices(winners, shape=x.shape, **settings)


@primitive(multi=True)
def max_pool2d_winners(x, *, kernel, stride, padding=(0, 0), dilation=(1, 1), ceil_mode=False):
    """The largest entry of each window of x (N, C, H, W), and the number of the tap that saw it."""
    return kernels.max_pool2d(x, kernel, stride, padding, dilation, ceil_mode)


@primitive(linear="x", flat_args="winners")
def max_pool2d_gather(x, winners, *, kernel, stride, padding=(0, 0), dilation=(1, 1)):
    """The entry of each window of x (N, C, H, W) that tap number `winners` (N, C, Ho, Wo) sees."""
    return kernels.max_pool2d_gather(x, winners, kernel, stride, padding, dilation)


@primitive(linear="g", flat_args="winners")
def max_pool2d_scatter(g, winners, *, shape, kernel, stride, padding=(0, 0), dilation=(1, 1)):
    """The adjoint of `max_pool2d_gather`: g (N, C, Ho, Wo) on the winners, in an image of that shape."""
    return kernels.max_pool2d_scatter(g, winners, shape, kernel, stride, padding, dilation)


@primitive(flat="indices are integers")
def max_pool2d_indices(winners, *, shape, kernel, stride, padding=(0, 0), dilation=(1, 1)):
    """Winners (N, C, Ho, Wo) as flat indices into the planes of an image of that shape."""
    return kernels.max_pool2d_indices(np.asarray(winners), shape, kernel, stride, padding, dilation)


def _gather(x, winners, k, s, p, d):
    return max_pool2d_gather(x, winners, kernel=k, stride=s, padding=p, dilation=d)


def _scatter(g, winners, x_shape, k, s, p, d):
    return max_pool2d_scatter(g, winners, shape=x_shape, kernel=k, stride=s, padding=p, dilation=d)


def _scatter_values(g, out, x_space, kernel, stride, padding, dilation):
    if g[0] is not None:
        return _scatter(g[0], out[1], x_space.shape, kernel, stride, padding, dilation)


max_pool2d_winners.jvp(
    lambda dx, out, kernel, stride, padding, dilation: (
        _gather(dx, out[1], kernel, stride, padding, dilation),
        None,
    )
)
max_pool2d_winners.vjp(_scatter_values)
max_pool2d_gather.vjp(
    lambda g, winners, x_space, kernel, stride, padding, dilation: _scatter(
        g, winners, x_space.shape, kernel, stride, padding, dilation
    )
)
max_pool2d_scatter.vjp(
    lambda h, winners, kernel, stride, padding, dilation: _gather(
        h, winners, kernel, stride, padding, dilation
    )
)


# -- average -------------------------------------------------------------------------------------------------


@primitive(linear="x")
def avg_pool2d(x, *, kernel, stride=None, padding=(0, 0), ceil_mode=False, count_include_pad=True):
    """The mean of each window.

    Parameters
    ----------
    x : (N, C, H, W)
    kernel, stride, padding : pairs of integers, (rows, columns)
        `stride` is by default `kernel`.
    ceil_mode : bool
        Also windows that reach beyond the padded image, if they start within it.
    count_include_pad : bool
        Whether zeros of the padding count as entries.

    Returns
    -------
    (N, C, Ho, Wo)

    Raises
    ------
    ValueError
        Where the kernel is larger than the padded image, or the padding more than half of the kernel.
    """
    return kernels.avg_pool2d(x, kernel, stride or kernel, padding, ceil_mode, count_include_pad)


@primitive(linear="g")
def avg_pool2d_scatter(
    g, *, shape, kernel, stride=None, padding=(0, 0), ceil_mode=False, count_include_pad=True
):
    """The adjoint of `avg_pool2d`: g (N, C, Ho, Wo) spread over its windows, in an image of that shape."""
    return kernels.avg_pool2d_scatter(
        g, shape, kernel, stride or kernel, padding, ceil_mode, count_include_pad
    )


def _avg(x, k, s, p, ceil, include):
    return avg_pool2d(x, kernel=k, stride=s, padding=p, ceil_mode=ceil, count_include_pad=include)


def _spread(g, x_shape, k, s, p, ceil, include):
    return avg_pool2d_scatter(
        g, shape=x_shape, kernel=k, stride=s, padding=p, ceil_mode=ceil, count_include_pad=include
    )


avg_pool2d.vjp(
    lambda g, x_space, kernel, stride, padding, ceil_mode, count_include_pad: _spread(
        g, x_space.shape, kernel, stride, padding, ceil_mode, count_include_pad
    )
)
avg_pool2d_scatter.vjp(
    lambda h, kernel, stride, padding, ceil_mode, count_include_pad: _avg(
        h, kernel, stride, padding, ceil_mode, count_include_pad
    )
)


# -- vmap: a batch of images is more images ------------------------------------------------------------------


@max_pool2d_winners.batching
def _(x, size, kernel, stride, padding, dilation, ceil_mode):
    settings = dict(kernel=kernel, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)
    values, winners = max_pool2d_winners(_fold(x), **settings)
    return _unfold(values, size), _unfold(winners, size)


@max_pool2d_gather.batching
def _(x, winners, size, kernel, stride, padding, dilation):
    return _unfold(_gather(_fold(x), _fold(winners), kernel, stride, padding, dilation), size)


@max_pool2d_scatter.batching
def _(g, winners, size, shape, kernel, stride, padding, dilation):
    shape = (size * shape[0], *shape[1:])
    return _unfold(_scatter(_fold(g), _fold(winners), shape, kernel, stride, padding, dilation), size)


@max_pool2d_indices.batching
def _(winners, size, shape, kernel, stride, padding, dilation):
    settings = dict(shape=shape, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    return _unfold(max_pool2d_indices(_fold(winners), **settings), size)


@avg_pool2d.batching
def _(x, size, kernel, stride, padding, ceil_mode, count_include_pad):
    return _unfold(_avg(_fold(x), kernel, stride, padding, ceil_mode, count_include_pad), size)


@avg_pool2d_scatter.batching
def _(g, size, shape, kernel, stride, padding, ceil_mode, count_include_pad):
    shape = (size * shape[0], *shape[1:])
    return _unfold(_spread(_fold(g), shape, kernel, stride, padding, ceil_mode, count_include_pad), size)


def _fold(x):
    """(B, N, ...) as (B * N, ...)."""
    return x.reshape((x.shape[0] * x.shape[1], *x.shape[2:]))


def _unfold(x, size):
    """(B * N, ...) as (B, N, ...)."""
    return x.reshape((size, x.shape[0] // size, *x.shape[1:]))


# -- samples -------------------------------------------------------------------------------------------------

_MAX_CASES = [
    ((2, 3, 4, 6), {"kernel": (2, 2), "stride": (2, 2)}),
    ((1, 2, 6, 5), {"kernel": (3, 2), "stride": (1, 2), "padding": (1, 1)}),
    ((2, 1, 7, 7), {"kernel": (2, 3), "stride": (2, 1), "dilation": (2, 2)}),
    ((1, 1, 5, 5), {"kernel": (2, 2), "stride": (2, 2), "ceil_mode": True}),
    ((0, 2, 4, 4), {"kernel": (2, 2), "stride": (2, 2)}),
]
_AVG_CASES = [
    ((2, 3, 4, 6), {"kernel": (2, 2)}),
    ((1, 2, 6, 5), {"kernel": (3, 2), "stride": (1, 2), "padding": (1, 1), "count_include_pad": False}),
    ((2, 1, 5, 5), {"kernel": (3, 3), "stride": (2, 2), "padding": (1, 1), "ceil_mode": True}),
    ((0, 2, 4, 4), {"kernel": (2, 2)}),
]


def _distinct(rng, shape):
    """Entries at least 0.1 apart, so that no small step changes a winner."""
    return 0.1 * rng.permutation(int(np.prod(shape))).reshape(shape) - 1.0


@max_pool2d_winners.samples
def _(rng):
    for shape, parameters in _MAX_CASES:
        yield Sample(_distinct(rng, shape), complex=False, **parameters)


def _won(rng):
    for shape, parameters in _MAX_CASES:
        winners = max_pool2d_winners(rng.normal(size=shape), **parameters)[1]
        yield shape, winners, {name: value for name, value in parameters.items() if name != "ceil_mode"}


@max_pool2d_gather.samples
def _(rng):
    for shape, winners, parameters in _won(rng):
        yield Sample(rng.normal(size=shape), winners, **parameters)


@max_pool2d_scatter.samples
def _(rng):
    for shape, winners, parameters in _won(rng):
        yield Sample(rng.normal(size=winners.shape), winners, shape=shape, **parameters)


@max_pool2d_indices.samples
def _(rng):
    for shape, winners, parameters in _won(rng):
        yield Sample(winners, shape=shape, **parameters)


@avg_pool2d.samples
def _(rng):
    for shape, parameters in _AVG_CASES:
        yield Sample(rng.normal(size=shape), **parameters)


@avg_pool2d_scatter.samples
def _(rng):
    for shape, parameters in _AVG_CASES:
        yield Sample(
            rng.normal(size=avg_pool2d(np.zeros(shape), **parameters).shape), shape=shape, **parameters
        )
