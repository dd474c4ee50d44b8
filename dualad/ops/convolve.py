"""Convolution of two sequences, `np.convolve` in full; its other modes and `np.correlate` are parts of it."""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from .join import flip
from .shape import as_array


@primitive(multilinear="a v")
def convolve(a, v):
    """Σ_j a[k - j] v[j] for every k at which the two overlap: `len(a) + len(v) - 1` sums."""
    return np.convolve(as_array(a), as_array(v))


# The adjoint is the correlation with the other sequence, at the places where it lies within `g`.
convolve.vjp(
    a=lambda g, v, a_space, v_space: a_space.fit(within(convolve(g, flip(v)), v_space, a_space)),
    v=lambda g, a, v_space, a_space: v_space.fit(within(convolve(flip(a), g), a_space, v_space)),
)


def within(full, other, mine):
    """The part of a full convolution in which the sequence of the `other` space lies within the first."""
    start = other.shape[0] - 1
    return full[start : start + mine.shape[0]]


@convolve.samples
def _(rng):
    yield Sample(rng.normal(size=5), rng.normal(size=3))
    yield Sample(rng.normal(size=2), rng.normal(size=4))
    yield Sample(rng.normal(size=1), rng.normal(size=1))
