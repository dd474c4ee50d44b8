"""The two engines applied to a call, random directions, and how far results are apart."""

from __future__ import annotations

import numpy as np

from ..core.space import space_of
from ..transforms.forward import jvp
from ..transforms.reverse import vjp

EPS = np.finfo(float).eps


def push(call, xs, dxs) -> tuple:
    """Tangents of the outputs, by the forward engine."""
    return jvp(call.f, tuple(xs), tuple(dxs))[1]


def pull(call, xs, gs) -> tuple:
    """Cotangents of the active arguments, by the reverse engine."""
    return vjp(call.f, *xs)[1](tuple(gs))


def value(call, xs) -> tuple:
    """The outputs, through the public function without a trace."""
    return tuple(np.asarray(o) for o in call.f(*xs))


def random_like(rng, x):
    """A random direction in the space of `x`."""
    space = space_of(x)
    d = rng.normal(size=space.shape)
    if space.dtype.kind == "c":
        d = d + 1j * rng.normal(size=space.shape)
    return np.asarray(d, space.dtype)


def randoms(rng, xs) -> tuple:
    return tuple(random_like(rng, x) for x in xs)


def inner(gs, ds) -> tuple[float, float]:
    """Re Σ g·d over a list of arrays, and the sum of the magnitudes of its terms."""
    total = size = 0.0
    for g, d in zip(gs, ds, strict=True):
        term = _wide(g) * _wide(d)
        total += float(np.sum(term.real))
        size += float(np.sum(np.abs(term)))
    return total, size


def _wide(x):
    x = np.asarray(x)
    return x.astype(np.result_type(x.dtype, np.float64))


def apart(got, want) -> float:
    """Largest difference of two lists of arrays over the largest entry of `want`; inf for other shapes."""
    worst = 0.0
    for a, b in zip(got, want, strict=True):
        worst = max(worst, _apart(np.asarray(a), np.asarray(b)))
    return worst


def _apart(a, b):
    if a.shape != b.shape:
        return np.inf
    if a.size == 0:
        return 0.0
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    if same.all():
        return 0.0
    finite = np.isfinite(b) & np.isfinite(a)
    if not (finite | same).all():
        return np.inf
    size = np.max(np.abs(b[finite]), initial=0.0)
    return float(np.max(np.abs(a[finite] - b[finite]), initial=0.0) / (size or 1.0))


def same(got, want) -> bool:
    """Bit for bit: shape, dtype and every entry, NaN included."""
    a, b = np.asarray(got), np.asarray(want)
    return (
        a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fcmM")
    )
