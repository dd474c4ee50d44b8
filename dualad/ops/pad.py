"""Padding. With zeros it is a primitive whose adjoint crops; every other mode is made of primitives.

`edge`, `reflect`, `symmetric` and `wrap` read the array at positions that `np.pad` itself gives for an
`arange`; `mean` and `linear_ramp` and odd reflections are matrices, which `np.pad` gives for the identity;
`maximum`, `minimum` and `median` join a number taken from the border.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import at_user_line
from ..core.primitive import primitive
from ..core.samples import Sample
from ..core.space import face
from ..core.trace import Box
from .index import Index, from_nested, take_static
from .join import concatenate
from .layout import as_array, broadcast_to, moveaxis


@primitive(linear="x")
def pad_zeros(x, *, pad_width):
    """The array with zeros around it: a pair (before, after) for each axis."""
    x = as_array(x)
    out = np.zeros(tuple(n + a + b for n, (a, b) in zip(x.shape, pad_width)), x.dtype)
    out[inner(pad_width, x.shape).raw] = x
    return out


def inner(pad_width, shape) -> Index:
    """Where the array stands in the padded one."""
    return Index(tuple(slice(a, a + n) for n, (a, _) in zip(shape, pad_width)))


pad_zeros.vjp(lambda g, x_space, pad_width: take_static(g, index=inner(pad_width, x_space.shape)))


@pad_zeros.batching
def _(x, pad_width):
    return pad_zeros(x, pad_width=((0, 0), *pad_width))


@pad_zeros.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)), pad_width=((1, 0), (2, 1)))
    yield Sample(rng.normal(size=(3,)), pad_width=((0, 0),))
    yield Sample(rng.normal(size=(0, 2)), pad_width=((1, 2), (0, 1)))
    yield Sample(rng.normal(size=()), pad_width=())


def pad(
    array,
    pad_width,
    mode="constant",
    *,
    constant_values=0,
    end_values=0,
    stat_length=None,
    reflect_type="even",
):
    """The array with a border of `pad_width`, as `np.pad` makes it.

    `constant_values` and `end_values` may be traced. The border of `mode="empty"`, which NumPy leaves undefined, is
    zero. A mode that is a function is `dualad.numpy.pad`'s.
    """
    x = as_array(array)
    width = as_pairs(pad_width, x)
    if mode == "constant":
        return _with_constants(x, width, constant_values)
    if mode == "empty":
        return pad_zeros(x, pad_width=width)
    mirrored = mode in ("reflect", "symmetric")
    if mode in ("edge", "wrap") or (mirrored and reflect_type == "even"):
        return _by_position(x, width, mode)
    if mode in ("mean", "linear_ramp") or (mirrored and reflect_type == "odd"):
        return _by_matrix(x, width, mode, end_values, stat_length, reflect_type)
    if mode in STATISTICS:
        return _by_statistic(x, width, STATISTICS[mode], stat_length)
    raise ValueError(f"pad: mode={mode!r} is not a mode of np.pad{at_user_line()}")


def as_pairs(pad_width, x):
    """A pair of integers for each axis, from what `np.pad` accepts."""
    if isinstance(pad_width, dict):
        full = [(0, 0)] * x.ndim
        for axis, w in pad_width.items():
            full[axis] = tuple(w) if np.iterable(w) else (w, w)
        pad_width = full
    pairs = tuple(tuple(map(int, p)) for p in np.broadcast_to(pad_width, (x.ndim, 2)))
    if any(n < 0 for p in pairs for n in p):
        raise ValueError("index can't contain negative values")
    return pairs


def _with_constants(x, width, values):
    if isinstance(values, (list, tuple)):
        values = from_nested(values)
    if not isinstance(values, Box):
        out = pad_zeros(x, pad_width=width)
        if not np.any(values):
            return out
        return out + np.pad(np.zeros(x.shape, x.dtype), width, constant_values=values)
    values = broadcast_to(values if values.dtype == x.dtype else values.astype(x.dtype), shape=(x.ndim, 2))
    for axis, sides in enumerate(width):
        blocks = [
            broadcast_to(values[axis, k], shape=(*x.shape[:axis], n, *x.shape[axis + 1 :]))
            for k, n in enumerate(sides)
        ]
        x = concatenate(blocks[0], x, blocks[1], axis=axis)
    return x


def _by_position(x, width, mode):
    for axis, sides in enumerate(width):
        if sides != (0, 0):
            x = x[(slice(None),) * axis + (np.pad(np.arange(x.shape[axis]), sides, mode),)]
    return x


def _by_matrix(x, width, mode, end_values, stat_length, reflect_type):
    ends = from_nested(end_values) if isinstance(end_values, (list, tuple)) else end_values
    ends = (
        broadcast_to(ends, shape=(x.ndim, 2)) if isinstance(ends, Box) else np.broadcast_to(ends, (x.ndim, 2))
    )
    lengths = [None] * x.ndim if stat_length is None else np.broadcast_to(stat_length, (x.ndim, 2)).tolist()
    for axis, sides in enumerate(width):
        if sides == (0, 0):
            continue
        n = x.shape[axis]
        how = {"mean": {"stat_length": lengths[axis] and [lengths[axis], (1, 1)]}, "linear_ramp": {}}.get(
            mode, {"reflect_type": reflect_type}
        )
        matrix = np.pad(np.eye(n, dtype=x.dtype), (sides, (0, 0)), mode, **how)
        last = -min(x.ndim, 2)
        x = moveaxis(face("matmul")(matrix, moveaxis(x, axis, last)), last, axis)
        if mode == "linear_ramp" and (isinstance(ends, Box) or np.any(ends[axis])):
            ramps = [np.pad(np.zeros(n, x.dtype), sides, mode, end_values=one) for one in ((1, 0), (0, 1))]
            ramp = ends[axis, 0] * ramps[0] + ends[axis, 1] * ramps[1]
            ramp = ramp if ramp.dtype == x.dtype else ramp.astype(x.dtype)
            x = x + ramp.reshape(-1, *(1,) * (x.ndim - axis - 1))
    return x


def _median(x, axis):
    """The middle of the sorted numbers, or the mean of the middle two; NaN where there is one."""
    n = x.shape[axis]
    ordered = moveaxis(face("sort")(x, axis=axis), axis, 0)
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    middle = face("where")(face("isnan")(ordered[-1]), x.dtype.type(np.nan), middle)
    return moveaxis(middle[None], 0, axis)


STATISTICS = {
    "maximum": lambda x, axis: face("max")(x, axis=axis, keepdims=True),
    "minimum": lambda x, axis: face("min")(x, axis=axis, keepdims=True),
    "median": _median,
}


def _by_statistic(x, width, statistic, stat_length):
    lengths = np.broadcast_to(x.size if stat_length is None else stat_length, (x.ndim, 2))
    for axis, (before, after) in enumerate(width):
        n = x.shape[axis]
        sides = []
        for count, part in (
            (before, slice(0, min(n, lengths[axis, 0]))),
            (after, slice(max(0, n - lengths[axis, 1]), n)),
        ):
            edge = statistic(x[(slice(None),) * axis + (part,)], axis)
            sides.append(broadcast_to(edge, shape=(*x.shape[:axis], count, *x.shape[axis + 1 :])))
        x = concatenate(sides[0], x, sides[1], axis=axis)
    return x
