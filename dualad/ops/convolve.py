"""Convolution of two sequences, `np.convolve` in full; its other modes and `np.correlate` are parts of it."""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from .join import flip
from .shape import as_array


@primitive(multilinear="a v")
def convolve(a, v):
    """Σ_j a[k - j] v[j] for every k at which the two overlap: `len(a) + len(v) - 1` sums, along the last axis."""
    a, v = as_array(a), as_array(v)
    if a.ndim == 1:
        return np.convolve(a, v)
    lead = a.shape[:-1]
    out = np.empty((*lead, a.shape[-1] + v.shape[-1] - 1), np.result_type(a, v))
    for row in np.ndindex(lead):
        out[row] = np.convolve(a[row], v[row])
    return out


# The adjoint is the correlation with the other sequence, at the places where it lies within `g`.
convolve.vjp(
    a=lambda g, v, a_space, v_space: a_space.fit(within(convolve(g, flip(v, axis=-1)), v_space, a_space)),
    v=lambda g, a, v_space, a_space: v_space.fit(within(convolve(flip(a, axis=-1), g), a_space, v_space)),
)


def within(full, other, mine):
    """The part of a full convolution in which the sequence of the `other` space lies within the first."""
    start = other.shape[-1] - 1
    return full[..., start : start + mine.shape[-1]]


@convolve.batching
def _(a, v):
    return convolve(a, v)


@convolve.samples
def _(rng):
    yield Sample(rng.normal(size=5), rng.normal(size=3))
    yield Sample(rng.normal(size=2), rng.normal(size=4))
    yield Sample(rng.normal(size=1), rng.normal(size=1))
    yield Sample(rng.normal(size=(2, 1, 3)), rng.normal(size=(2, 1, 2)))
