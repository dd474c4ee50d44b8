"""Fourier transforms: four linear primitives of one axis, and everything else composed of them.

The matrix of `fft` is symmetric, so its transpose is `fft` itself; likewise `ifft`. `rfft` and `irfft` keep
half of a Hermitian spectrum: the adjoint of each is the other, conjugated, with inner frequencies halved or
doubled, for they stand for two, and with the opposite norm. `n` crops or pads the input; the adjoint of
that is to pad or crop (`fit_length`).
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from ..core.trace import Box
from . import shape as _shape
from .layout import normal_axis
from .matmul import conj

OPPOSITE = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


# ---- crop and pad ----------------------------------------------------------------------------------


@primitive(linear="x")
def fit_length(x, *, n, axis=-1):
    """`x` cropped, or padded with zeros, at the end of an axis, to length `n`; its own adjoint."""
    m = x.shape[axis]
    axis %= x.ndim
    if m >= n:
        return x[(slice(None),) * axis + (slice(n),)]
    out = np.zeros((*x.shape[:axis], n, *x.shape[axis + 1 :]), x.dtype)
    out[(slice(None),) * axis + (slice(m),)] = x
    return out


fit_length.vjp(lambda g, x_space, axis: fit_length(g, n=x_space.shape[axis], axis=axis))


@fit_length.batching
def _(x, n, axis):
    return fit_length(x, n=n, axis=behind_batch(axis, x.ndim))


def behind_batch(axis, ndim):
    """An axis of a row, among those of the batch, which no axis of a row may reach."""
    return normal_axis(axis, ndim - 1) + 1


@fit_length.samples
def _(rng):
    for n in (2, 3, 5):
        yield Sample(rng.normal(size=(2, 3)), n=n)
        yield Sample(rng.normal(size=(3, 2)), n=n, axis=0)


def of_length(x, n, axis):
    return x if x.shape[axis] == n else fit_length(x, n=n, axis=axis)


# ---- one axis --------------------------------------------------------------------------------------


@primitive(linear="a")
def fft(a, *, n=None, axis=-1, norm=None):
    """The discrete Fourier transform: out[k] = Σ a[j] exp(-2πi jk / n)."""
    return np.fft.fft(a, n, axis, norm)


@primitive(linear="a")
def ifft(a, *, n=None, axis=-1, norm=None):
    """The inverse of `fft`: out[j] = 1/n Σ a[k] exp(2πi jk / n)."""
    return np.fft.ifft(a, n, axis, norm)


fft.vjp(lambda g, a_space, axis, norm: of_length(fft(g, axis=axis, norm=norm), a_space.shape[axis], axis))
ifft.vjp(lambda g, a_space, axis, norm: of_length(ifft(g, axis=axis, norm=norm), a_space.shape[axis], axis))


@primitive(linear="a")
def rfft(a, *, n=None, axis=-1, norm=None):
    """`fft` of a real array: the frequencies 0 … n // 2 alone, since the others are their conjugates."""
    return np.fft.rfft(a, n, axis, norm)


@primitive(linear="a")
def irfft(a, *, n=None, axis=-1, norm=None):
    """The inverse of `rfft`, a real array of length `n`, by default 2 * (frequencies - 1)."""
    return np.fft.irfft(a, n, axis, norm)


def multiplicity(n, ndim, axis, dtype):
    """How many of the n frequencies each of 0 … n // 2 stands for, laid along an axis."""
    k = np.full(n // 2 + 1, 2, np.zeros((), dtype).real.dtype)
    k[0] = 1
    if n % 2 == 0:
        k[-1] = 1
    axis %= ndim
    return k.reshape((1,) * axis + (-1,) + (1,) * (ndim - axis - 1))


@rfft.vjp
def _(g, a_space, n, axis, norm):
    m = a_space.shape[axis]
    n = m if n is None else n
    half = conj(g) / multiplicity(n, g.ndim, axis, g.dtype)
    return of_length(irfft(half, n=n, axis=axis, norm=OPPOSITE[norm]), m, axis)


@irfft.vjp
def _(g, a_space, axis, norm):
    both = conj(rfft(g, axis=axis, norm=OPPOSITE[norm])) * multiplicity(g.shape[axis], g.ndim, axis, g.dtype)
    return of_length(both, a_space.shape[axis], axis)


def _batched_by_axis(op):
    @op.batching
    def _(a, n, axis, norm):
        return op(a, n=n, axis=behind_batch(axis, a.ndim), norm=norm)


def _sampled(op, complex):
    @op.samples
    def _(rng):
        for m, n, axis, norm in [
            (5, None, -1, None),
            (6, None, -1, "ortho"),
            (6, 4, -1, "forward"),
            (5, 3, 0, None),
            (3, 6, 1, "backward"),
            (4, 7, 0, "ortho"),
            (2, None, 1, "forward"),
        ]:
            x = rng.normal(size=(2, m) if axis else (m, 2))
            yield Sample(x, n=n, axis=axis, norm=norm, complex=complex)
            if op is irfft:
                yield Sample(x + 1j * rng.normal(size=x.shape), n=n, axis=axis, norm=norm)


for _op in (fft, ifft, rfft, irfft):
    _batched_by_axis(_op)
    _sampled(_op, complex=_op is not rfft)


def hfft(a, *, n=None, axis=-1, norm=None):
    """The transform of a Hermitian array, given by its first half; it is real, of length `n`."""
    return irfft(conj(_array(a)), n=n, axis=axis, norm=OPPOSITE[norm])


def ihfft(a, *, n=None, axis=-1, norm=None):
    """The inverse of `hfft`."""
    return conj(rfft(a, n=n, axis=axis, norm=OPPOSITE[norm]))


# ---- several axes ----------------------------------------------------------------------------------


def _array(x):
    return x if isinstance(x, Box) else np.asarray(x)


def _plan(a, s, axes):
    """The axes, and the length of the transform along each (None: as it is)."""
    if axes is None:
        axes = tuple(range(-len(s), 0)) if s is not None else tuple(range(-a.ndim, 0))
    axes = tuple(axes)
    s = (None,) * len(axes) if s is None else tuple(None if n is None or n == -1 else int(n) for n in s)
    if len(s) != len(axes):
        raise ValueError(f"fft: the shape {s} and the axes {axes} have different lengths")
    return list(zip(axes, s, strict=True))


def _along(op, a, plan, norm):
    for axis, n in reversed(plan):
        a = op(a, n=n, axis=axis, norm=norm)
    return a


def fftn(a, *, s=None, axes=None, norm=None):
    """`fft` along several axes, by default along all."""
    a = _array(a)
    return _along(fft, a, _plan(a, s, axes), norm)


def ifftn(a, *, s=None, axes=None, norm=None):
    """The inverse of `fftn`."""
    a = _array(a)
    return _along(ifft, a, _plan(a, s, axes), norm)


def rfftn(a, *, s=None, axes=None, norm=None):
    """`rfft` along the last of the axes, `fft` along the others."""
    a = _array(a)
    *others, (axis, n) = _plan(a, s, axes)
    return _along(fft, rfft(a, n=n, axis=axis, norm=norm), others, norm)


def irfftn(a, *, s=None, axes=None, norm=None):
    """The inverse of `rfftn`."""
    a = _array(a)
    *others, (axis, n) = _plan(a, s, axes)
    for k, length in others:
        a = ifft(a, n=length, axis=k, norm=norm)
    return irfft(a, n=n, axis=axis, norm=norm)


def fft2(a, *, s=None, axes=(-2, -1), norm=None):
    """`fft` along two axes."""
    return fftn(a, s=s, axes=axes, norm=norm)


def ifft2(a, *, s=None, axes=(-2, -1), norm=None):
    """The inverse of `fft2`."""
    return ifftn(a, s=s, axes=axes, norm=norm)


def rfft2(a, *, s=None, axes=(-2, -1), norm=None):
    """`rfft` along the second of two axes, `fft` along the first."""
    return rfftn(a, s=s, axes=axes, norm=norm)


def irfft2(a, *, s=None, axes=(-2, -1), norm=None):
    """The inverse of `rfft2`."""
    return irfftn(a, s=s, axes=axes, norm=norm)


# ---- the order of frequencies ----------------------------------------------------------------------


def fftshift(x, *, axes=None):
    """The zero frequency moved from the front to the middle."""
    x = _array(x)
    axes = _shape.normal_axes(tuple(axes) if isinstance(axes, list) else axes, x.ndim)
    return _shape.roll(x, shift=tuple(x.shape[k] // 2 for k in axes), axis=axes)


def ifftshift(x, *, axes=None):
    """The inverse of `fftshift`."""
    x = _array(x)
    axes = _shape.normal_axes(tuple(axes) if isinstance(axes, list) else axes, x.ndim)
    return _shape.roll(x, shift=tuple(-(x.shape[k] // 2) for k in axes), axis=axes)
