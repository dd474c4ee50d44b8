"""Fourier transforms of tensors, with the names and arguments of `torch.fft`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._tensor import Tensor, get_default_dtype
from ._torch.creation import made as _made
from ._torch.elementwise import value as _value
from ._torch.handle import wrap as _wrap

__all__ = """
fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftfreq rfftn
""".split()

Axes = int | Sequence[int] | None


def _one(name: str, doc: str):
    function = getattr(np.fft, name)

    def transform(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
        return _wrap(function(_value(input), n=n, axis=dim, norm=norm))

    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = doc
    return transform


def _many(name: str, doc: str, axes: tuple[int, int] | None):
    function = getattr(np.fft, name.replace("2", "n"))

    def transform(
        input: Any, s: Sequence[int] | None = None, dim: Axes = axes, norm: str | None = None
    ) -> Tensor:
        x = _value(input)
        over = (dim,) if isinstance(dim, int) else dim if dim is None else tuple(dim)
        if s is not None and over is None:
            over = tuple(range(-len(s), 0))
        if s is not None and over is not None:
            s = [x.shape[k] if m == -1 else m for m, k in zip(s, over, strict=True)]
        return _wrap(function(x, s=s, axes=over, norm=norm))

    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = doc
    return transform


fft = _one("fft", "The discrete Fourier transform along one axis.")
ifft = _one("ifft", "The inverse of `fft`.")
rfft = _one("rfft", "The half of `fft` that tells all of a real input.")
irfft = _one("irfft", "The inverse of `rfft`: n real numbers, by default 2 (length - 1).")
hfft = _one("hfft", "The transform, real, of an input of Hermitian symmetry.")
ihfft = _one("ihfft", "The inverse of `hfft`.")
fft2 = _many("fft2", "The transform over two axes.", (-2, -1))
ifft2 = _many("ifft2", "The inverse of `fft2`.", (-2, -1))
rfft2 = _many("rfft2", "The half of `fft2` that tells all of a real input.", (-2, -1))
irfft2 = _many("irfft2", "The inverse of `rfft2`.", (-2, -1))
fftn = _many("fftn", "The transform over several axes, by default all.", None)
ifftn = _many("ifftn", "The inverse of `fftn`.", None)
rfftn = _many("rfftn", "The half of `fftn` that tells all of a real input.", None)
irfftn = _many("irfftn", "The inverse of `rfftn`.", None)


def fftfreq(
    n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The frequencies of `fft` of n samples at distances d."""
    return _made(np.fft.fftfreq(n, d).astype(dtype or get_default_dtype()), requires_grad, device)


def rfftfreq(
    n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The frequencies of `rfft` of n samples at distances d."""
    return _made(np.fft.rfftfreq(n, d).astype(dtype or get_default_dtype()), requires_grad, device)


def fftshift(input: Any, dim: Axes = None) -> Tensor:
    """The frequency 0 in the middle."""
    return _wrap(np.fft.fftshift(_value(input), axes=dim))


def ifftshift(input: Any, dim: Axes = None) -> Tensor:
    """The inverse of `fftshift`."""
    return _wrap(np.fft.ifftshift(_value(input), axes=dim))
