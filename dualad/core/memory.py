"""How arrays lie in memory.

Whether `x.reshape(-1)` is a view of `x`, which a store reaches, or a copy, hangs on the layout of `x`. So values lie as
they would in NumPy: copies, what a store makes, and the inputs that a transform copies.
"""

from __future__ import annotations

import numpy as np

from .trace import Box, Writing, new, settled, strip


def row(x):
    """A plain array that lies as `x` does: the value under all boxes, or one row of it in a `vmap`."""
    v = strip(x.value) if type(x) is Writing else strip(x)
    extra = np.ndim(v) - len(x.shape)
    if extra <= 0:
        return np.asarray(v)
    return v[(0,) * extra] if v.size else np.empty(x.shape, v.dtype)


def empty_like(model, lead=(), dtype=None):
    """An array with the shape of a plain one, and as that lies: its axes in the same order, gaps where it has gaps.
    The axes `lead` stand before these."""
    dtype = model.dtype if dtype is None else dtype
    if model.flags.c_contiguous or not model.size:
        return np.empty((*lead, *model.shape), dtype)
    order = [int(a) for a in np.argsort([-abs(s) for s in model.strides], kind="stable")]
    long = [a for a in order if model.shape[a] > 1]
    widths = {a: model.shape[a] for a in order}
    for outer, a in zip(long, long[1:]):
        if model.strides[outer] != model.shape[a] * model.strides[a]:
            widths[a] += 1
    last = 1 if abs(model.strides[long[-1]]) == model.itemsize else 2
    whole = np.empty((*lead, *[widths[a] for a in order], last), dtype)
    parts = [slice(model.shape[a]) for a in order]
    found = whole[(..., *parts, 0)]
    back = [order.index(a) for a in range(model.ndim)]
    found = found.transpose(*range(len(lead)), *(len(lead) + k for k in back))
    return found[(..., *(slice(None, None, -1 if s < 0 else 1) for s in model.strides))]


def copy_of(x):
    """A copy of a plain array that lies as the array itself."""
    if x.flags.c_contiguous:
        return x.copy()
    out = empty_like(x)
    out[...] = x
    return out


def lying_as(x, model):
    """`x`, lying in memory as the plain array `model` of the same shape."""
    if not model.ndim or not model.size:
        return x
    have, want = row(x), model.flags
    if have.strides == model.strides:
        return x
    if have.flags.c_contiguous and want.c_contiguous or have.flags.f_contiguous and want.f_contiguous:
        return x
    v = strip(x)
    out = empty_like(model, v.shape[: v.ndim - model.ndim], v.dtype)
    out[...] = v
    return over(x, out)


def in_order(x, order):
    """`x`, lying in the order "C", "F", "A" or "K", as NumPy makes copies."""
    have = row(x)
    return x if have.ndim == 0 else lying_as(x, np.empty_like(have, order=order or "K"))


def ordered(x, order):
    """`x` itself, but where the order "C" or "F" is wanted and it lies in another."""
    return in_order(x, order) if order in ("C", "F") else x


def order_of(x):
    """The order in which NumPy makes another array for the content of this one."""
    return "F" if row(x).flags.fnc else "C"


def number(x):
    """A new box without axes as a number, which NumPy's functions return, where `np.where` and `reshape` make an array
    without axes."""
    inner = x
    while isinstance(inner.value, Box):
        inner = inner.value
    if np.ndim(inner.value) == 0:
        inner.value = inner.value[()]
    return x


def rows_apart(x, packed=False):
    """`x`, each of whose rows lies by itself, without gaps if `packed`: then what is made of them lies as if it were
    made of one."""
    v = strip(x)
    if v.flags.c_contiguous:
        return x
    lead = v.ndim - x.ndim + 1
    steps = [abs(s) for s in v.strides]
    if v.ndim == lead or not v.size or min(steps[:lead]) >= max(steps[lead:]):
        return x
    model = v[(0,) * lead]
    out = empty_like(np.empty_like(model) if packed else model, v.shape[:lead])
    out[...] = v
    return over(x, out)


def over(x, value):
    """`x` with another array under its boxes, of equal content."""
    if not isinstance(x, Box):
        return value
    settled(x)
    s = new(type(x))
    s.value, s.aux, s.owner = over(x.value, value), x.aux, x.owner
    return s
