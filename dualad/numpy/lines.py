"""Functions along a line of points: interpolation, slopes, differences, phases, convolution."""

from __future__ import annotations

import numpy as np

from ..core.memory import lying_as, row
from ..core.space import face
from ..core.trace import Box
from ..ops.layout import cast
from .functions import boxed, implements, run_body
from .order_statistics import in_a_batch

_FLOAT64 = np.dtype(np.float64)


@implements(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    """Linear in `fp`; at a point of `xp` the slope is that of the interval to its right."""
    x, xp, fp = _double(boxed(x)), _double(boxed(xp)), _double(boxed(fp))
    if xp.ndim != 1 or xp.shape != fp.shape:
        raise ValueError(f"xp and fp are vectors of one length, not of shapes {xp.shape} and {fp.shape}")
    if not xp.size:
        raise ValueError("array of sample points is empty")
    if period is not None:
        period = np.abs(period)
        x, xp = x % period, xp % period
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
    y = face("interp")(x, xp, fp) if xp.shape[0] > 1 else fp[0] + 0 * x
    if period is None and left is not None:
        y = face("where")(x < xp[0], left, y)
    if period is None and right is not None:
        y = face("where")(x > xp[-1], right, y)
    return y


def _double(a):
    if a.dtype is _FLOAT64:
        return a
    return cast(a, np.complex128 if a.dtype.kind == "c" else np.float64)


@implements(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    f = _wide(boxed(f))
    axes = range(f.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    spacings = [_wide(boxed(s)) for s in varargs] or [np.float64(1.0)]
    if len(spacings) == 1 and not spacings[0].ndim:
        spacings = spacings * len(axes)
    if len(spacings) != len(axes):
        raise TypeError("invalid number of arguments")
    if edge_order not in (1, 2):
        raise ValueError("'edge_order' greater than 2 not supported")
    slopes = []
    for a, spacing in zip(axes, spacings):
        if f.shape[a] < edge_order + 1:
            raise ValueError("Shape of array too small to calculate a numerical gradient")
        if spacing.ndim and spacing.shape != (f.shape[a],):
            raise ValueError("when 1d, distances must match the length of the corresponding dimension")
        if not spacing.ndim and not isinstance(spacing, Box) and spacing.dtype.kind == "f":
            slopes.append(face("slopes")(f, axis=a, step=float(spacing), edge_order=edge_order))
        else:
            found = np.moveaxis(_slopes(np.moveaxis(f, a, 0), spacing, edge_order), 0, a)
            slopes.append(
                lying_as(cast(found, f.dtype) if f.dtype.kind in "fc" else found, np.empty_like(row(f)))
            )
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _wide(x):
    """Whole numbers as floating-point ones: without a sign they would wrap around."""
    return cast(x, _FLOAT64) if x.dtype.kind in "iu" else x


def _slopes(f, spacing, edge_order):
    """Along the first axis: parabolas through three neighbours, straight lines or parabolas at the ends."""
    if not spacing.ndim:
        inner = (f[2:] - f[:-2]) / (2.0 * spacing)
        first, last = (f[1] - f[0]) / spacing, (f[-1] - f[-2]) / spacing
        if edge_order == 2:
            first = (-1.5 * f[0] + 2.0 * f[1] - 0.5 * f[2]) / spacing
            last = (0.5 * f[-3] - 2.0 * f[-2] + 1.5 * f[-1]) / spacing
        return np.concatenate([first[None], inner, last[None]])
    steps = spacing[1:] - spacing[:-1]
    chords = (f[1:] - f[:-1]) / steps.reshape((-1,) + (1,) * (f.ndim - 1))
    before, after = (s.reshape((-1,) + (1,) * (f.ndim - 1)) for s in (steps[:-1], steps[1:]))
    bends = (chords[1:] - chords[:-1]) / (before + after)
    inner = chords[:-1] + before * bends
    first, last = chords[0], chords[-1]
    if edge_order == 2:
        first, last = first - steps[0] * bends[0], last + steps[-1] * bends[-1]
    return np.concatenate([first[None], inner, last[None]])


@implements(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    a = boxed(ary).reshape(-1)
    parts = [a[1:] - a[:-1]]
    before, after = (None if e is None else boxed(e).reshape(-1) for e in (to_begin, to_end))
    for ends in (before, after):
        if ends is not None and not np.can_cast(ends.dtype, a.dtype, "same_kind"):
            raise TypeError(
                "dtype of `to_end` or `to_begin` must be compatible with input `ary` under the `same_kind` rule."
            )
    parts = parts if before is None else [cast(before, a.dtype), *parts]
    parts = parts if after is None else [*parts, cast(after, a.dtype)]
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


@implements(np.unwrap)
def unwrap(p, discont=None, axis=-1, *, period=2 * np.pi):
    """Whole periods are added; how many is piecewise constant, so `period` alone gains a slope."""
    p, half = boxed(p), period / 2
    steps = np.diff(p, axis=axis)
    turned = np.mod(steps + half, period) - half
    where = face("where")
    turned = where((turned == -half) & (steps > 0), half, turned)
    jumps = where(np.abs(steps) < (half if discont is None else discont), 0, turned - steps)
    head = np.take(p, [0], axis=axis)
    return p + np.concatenate([0 * head, np.cumsum(jumps, axis=axis)], axis=axis)


@implements(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    """Weights may be traced as well."""
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    parts = [boxed(p) for p in ((m,) if y is None else (m, y))]
    kind = dtype or np.result_type(np.float64, *(p.dtype for p in parts))
    parts = [cast(np.atleast_2d(p), kind) for p in parts]
    turned = not rowvar and np.ndim(m) != 1
    parts[0] = parts[0].T if turned else parts[0]
    if not parts[0].shape[0]:
        return np.zeros((0, 0))
    if y is not None and not rowvar and parts[1].shape[0] != 1:
        parts[1] = parts[1].T
    x = np.concatenate(parts) if len(parts) > 1 else parts[0]
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = [boxed(w) for w in (fweights, aweights) if w is not None]
    if any(w.shape != x.shape[1:] for w in weights):
        raise ValueError(f"fweights and aweights need one number for each of the {x.shape[1]} observations")
    w = weights[0] * weights[-1] if len(weights) == 2 else weights[0] if weights else np.ones(x.shape[1])
    total = np.sum(w)
    lost = ddof * np.sum(w * weights[-1]) / total if aweights is not None else ddof
    x = x - (np.sum(x * w, axis=1) / total)[:, None]
    return np.squeeze((x * w) @ face("conjugate")(x.T) / np.maximum(total - lost, 0))


@implements(np.convolve)
def convolve(a, v, mode="full"):
    a, v = (x.reshape(1) if x.ndim == 0 else x for x in (boxed(a), boxed(v)))
    _two_lines("convolve", a, v)
    return _part(face("convolve")(a, v), a.size, v.size, mode, (min(a.size, v.size) - 1) // 2)


def _two_lines(name, a, v):
    if a.ndim != 1 or v.ndim != 1:
        raise ValueError(f"{name} takes two vectors, not arrays of shapes {a.shape} and {v.shape}")
    if not a.size or not v.size:
        raise ValueError(f"{'a' if not a.size else 'v'} cannot be empty")


@implements(np.correlate)
def correlate(a, v, mode="valid"):
    a, v = boxed(a), boxed(v)
    _two_lines("correlate", a, v)
    full = face("convolve")(a, np.flip(np.conjugate(v)))
    return _part(full, a.size, v.size, mode, (v.size - 1) // 2 if a.size >= v.size else a.size // 2)


def _part(full, n, m, mode, start):
    longer, shorter = max(n, m), min(n, m)
    if mode == "full":
        return full
    if mode == "same":
        return full[start : start + longer]
    if mode == "valid":
        return full[shorter - 1 : longer]
    raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")


@implements(np.polymul)
def polymul(a1, a2):
    return convolve(*(np.trim_zeros(np.atleast_1d(boxed(a)), "f") for a in (a1, a2)))


@implements(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    """NumPy's body; where the rows of a `vmap` choose, each function of the whole array, and a choice of them."""
    x = boxed(x)
    conditions = (
        condlist if isinstance(condlist, (list, tuple)) and x.ndim == np.ndim(condlist[0]) else [condlist]
    )
    if not in_a_batch(*conditions):
        return run_body(np.piecewise, (x, condlist, funclist, *args), kw)
    if len(funclist) not in (len(conditions), len(conditions) + 1):
        raise ValueError(
            f"with {len(conditions)} condition(s), either {len(conditions)} or one more functions are expected"
        )
    pieces = [f(x, *args, **kw) if callable(f) else f for f in funclist]
    y = boxed(pieces.pop() if len(pieces) > len(conditions) else 0.0)
    for condition, piece in zip(conditions, pieces):
        y = face("where")(condition, piece, y)
    return cast(y, x.dtype)
