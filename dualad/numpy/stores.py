"""Stores into dualad arrays: `y[i] = v` rebinds the box `y` to a new value; nothing is overwritten.

The new value is not made at once. The store waits on the box, which becomes a `Writing`, and the first read
carries out all of them in one pass: filling an array of n rows copies it once, not n times. Reading back what
has just been stored (`y[i + 1] = y[i] + …`) gives the stored value itself, and leaves the others waiting.

A view and its base are two boxes. A store through the view is passed on to the base, and a store into the
base makes its views stale: they take their part anew when they are read.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import StoreError, at_user_line
from ..core.memory import empty_like, lying_as, row
from ..core.primitive import REGISTRY
from ..core.space import face
from ..core.trace import Box, Const, Writing, settled, snapshot
from ..ops import index as I
from ..ops import put as P
from ..ops.join import flip
from ..ops.roads import link
from ..ops.shape import broadcast_to, inverse, reshape, transpose


class Pending:
    """Stores that wait, in order, on an array of a shape.

    As long as all of them name single places along the same axes (`y[i]`, `y[:, j]`, `y[i, j]`), any two are
    equal or disjoint, and `latest` knows them by place.
    """

    __slots__ = ("axes", "latest", "model", "stores")

    def __init__(self, shape):
        self.model = np.broadcast_to(np.zeros((), bool), shape)
        self.stores = []  # (index, value): index an Index, or (arrays, spec)
        self.axes = None
        self.latest = {}

    def add(self, index, value):
        if not isinstance(index, I.Index):
            self.latest = None
        if self.latest is None:
            self.stores.append((index, value))
            return
        axes, place, rest = places(index, self.model.shape)
        if self.axes is None:
            self.axes = axes
        if not axes or axes != self.axes or any(e != slice(None) for e in rest):
            self.latest = None
        elif place in self.latest:
            self.stores[self.latest[place]] = (index, value)
            return
        else:
            self.latest[place] = len(self.stores)
        self.stores.append((index, value))


def places(index, shape):
    """A static index as (axes with an integer, these integers, the rest); axes are None if it has a None."""
    entries = list(index.entries())
    if None in entries:
        return None, None, ()
    if any(e is Ellipsis for e in entries):
        k = next(i for i, e in enumerate(entries) if e is Ellipsis)
        entries[k : k + 1] = [slice(None)] * (len(shape) - len(entries) + 1)
    entries += [slice(None)] * (len(shape) - len(entries))
    axes = tuple(a for a, e in enumerate(entries) if type(e) is not slice)
    return axes, tuple(entries[a] % shape[a] for a in axes), [e for e in entries if type(e) is slice]


# ---- writing --------------------------------------------------------------------------------------


def setitem(x, index, value):
    """`x[index] = value` for a dualad array."""
    if READ_ONLY & {prim.name for prim in lineage(x)}:
        raise ValueError("assignment destination is read-only")
    write(x, index, as_value(x, value))
    tell_relatives(x)


def as_value(x, value):
    """What is stored, as it is now: a number, a copy of an array, or a snapshot of a box."""
    if isinstance(value, (list, tuple)):
        value = I.from_nested(value)
    if isinstance(value, Box):
        value = snapshot(value)
        if type(value) is Const:
            value = value.value
        else:
            refuse_loss(x, value)
    if isinstance(value, np.ndarray):
        value = value.copy()
    elif not isinstance(value, Box):
        value = np.asarray(value)[()]
    if not isinstance(value, Box) and value.dtype.kind == "c" and x.dtype.kind != "c":
        value = value.astype(x.dtype)  # NumPy's own warning
    return value


def refuse_loss(x, value):
    """Raise where NumPy's cast would throw a derivative away."""
    have, want = value.dtype.kind, x.dtype.kind
    if have in "fc" and (want not in "fc" or have == "c" and want == "f"):
        remedy = "complex" if have == "c" else "float"
        raise StoreError(
            f"a traced {value.dtype} value is stored into an array of {x.dtype}, which would lose "
            f"its {'imaginary part' if want == 'f' else 'derivative'}{at_user_line()}; make the array with "
            f"dtype={remedy}, for instance dualad.numpy.zeros(shape, dtype={remedy})"
        )


def write(x, index, value):
    """Put the store on the box, or rebind it at once if it covers everything."""
    if type(x) is Writing and not isinstance(x.aux, Pending):
        settled(x)
    everything = index is Ellipsis or (type(index) in (tuple, slice) and index in ((), slice(None)))
    if everything or (type(index) is tuple and len(index) <= x.ndim and all(is_full(e) for e in index)):
        if value.ndim <= x.ndim and not (index != () and type(index) is not type(Ellipsis) and x.ndim == 0):
            return rebind(x, covering(value, x))
    pending = x.aux if type(x) is Writing else Pending(x.shape)
    if I.is_static(index):
        place = I.Index(index)
        target = pending.model[index].shape
    else:
        arrays, spec = I.read_index(index)
        arrays = [a.copy() if isinstance(a, np.ndarray) else snapshot(a) for a in arrays]
        place = arrays, spec
        plain = not any(isinstance(a, Box) for a in arrays)
        target = pending.model[spec.with_arrays(arrays)].shape if plain else None
    if target is not None and value.shape != target and value.shape:
        check_fit(value.shape, target)
        if value.ndim > len(target):
            value = reshape(value, shape=without_leading_ones(value, len(target)))
    if type(x) is not Writing:
        kept = snapshot(x)
        x.__class__, x.value, x.aux = Writing, kept, pending
    pending.add(place, value)


def without_leading_ones(value, ndim):
    """The shape of `value` without those axes of length one that are more than `ndim`."""
    more = max(value.ndim - ndim, 0)
    return value.shape if any(n != 1 for n in value.shape[:more]) else value.shape[more:]


def is_full(entry) -> bool:
    return type(entry) is slice and entry == slice(None)


def check_fit(have, want):
    lead = len(have) - len(want)
    body = have[lead:] if lead > 0 else have
    fits = all(n == 1 for n in have[: max(lead, 0)])
    fits = fits and all(n in (1, m) for n, m in zip(body[::-1], want[::-1]))
    if not fits:
        raise ValueError(
            f"could not broadcast input array from shape {have} into shape {want}{at_user_line()}"
        )


def covering(value, x):
    """`value` over the whole of an array, as it lies in memory."""
    if not isinstance(value, Box):
        out = empty_like(row(x))
        out[...] = value
        return Const(out)
    value = filling(value, x.shape, x.dtype)
    return lying_as(value, row(x)) if value.shape else value


def filling(value, shape, dtype):
    """`value` in the shape and dtype of what it is stored into."""
    if not isinstance(value, Box):
        out = np.empty(shape, dtype)
        out[...] = value
        return Const(out[()])
    if value.shape != shape:
        check_fit(value.shape, shape)
        value = broadcast_to(value, shape=shape)
    return value if value.dtype == dtype else value.astype(dtype)


def rebind(x, to):
    """Make the box `x` what the box `to` is."""
    x.__class__, x.value, x.aux, x.owner = type(to), to.value, to.aux, to.owner


# ---- reading --------------------------------------------------------------------------------------


def settle(x):
    """Carry out what waits on `x`."""
    waiting, out = x.aux, x.value
    if not isinstance(waiting, Pending):
        base, prim, params = waiting
        out = apply(prim, [settled(base)], params)
        rebind(x, out if isinstance(out, Box) else Const(out))
        link(base, x, prim, params)
        return
    places, values = [], []
    for place, value in (*waiting.stores, (None, None)):
        if isinstance(place, I.Index):
            places.append(place)
            values.append(value)
            continue
        if places:
            out = apply(P.put_many.primitive, [out, *values], {"stores": P.Stores(places)})
            places, values = [], []
        if place is not None:
            arrays, spec = place
            out = apply(P.put.primitive, [out, value, *arrays], {"spec": spec})
    out = lying_as(out, row(x))
    rebind(x, out if isinstance(out, Box) else Const(out))


def apply(prim, args, params):
    """`bind`, for traces that have ended too: what a function returns is settled after it has returned."""
    traces = [a.owner for a in args if isinstance(a, Box) and a.owner is not None]
    args = [a.value if type(a) is Const else a for a in args]
    if traces:
        return max(traces, key=lambda t: t.id).process(prim, args, params)
    return prim.fun(*args, **params)


def read(x, index):
    """`x[index]` without carrying out what waits on `x`, where the latest store there is known; else None."""
    waiting = x.aux
    if not isinstance(waiting, Pending) or waiting.latest is None:
        return None
    waiting.model[index]  # NumPy's IndexError
    axes, place, _ = places(I.Index(index), waiting.model.shape)
    if axes is None or not set(axes) >= set(waiting.axes):
        return None
    at = tuple(p for a, p in zip(axes, place) if a in waiting.axes)
    k = waiting.latest.get(at)
    if k is None:
        return I.getitem(x.value, index)
    shape = tuple(n for a, n in enumerate(waiting.model.shape) if a not in waiting.axes)
    part = filling(waiting.stores[k][1], shape, x.dtype)
    rest = inner_index(index, waiting)
    return snapshot(part) if not shape else I.getitem(snapshot(part), rest)


def inner_index(index, waiting):
    """What an index says of the axes that the stores leave open."""
    entries = list(I.Index(index).entries())
    ndim = waiting.model.ndim
    if any(e is Ellipsis for e in entries):
        k = next(i for i, e in enumerate(entries) if e is Ellipsis)
        entries[k : k + 1] = [slice(None)] * (ndim - len(entries) + 1)
    return tuple(e for a, e in enumerate(entries) if a not in waiting.axes)


Writing.settle_stores = staticmethod(settle)
Writing.read_stores = staticmethod(read)


# ---- views and their bases ------------------------------------------------------------------------


READ_ONLY = {"broadcast_to", "diagonal"}


def lineage(x):
    """The primitives that led from the array that owns the memory to the view `x`."""
    while getattr(x, "view_of", None) is not None:
        x, prim, _ = x.view_of
        yield prim


class Flat(dict):
    """The parameters of the view `x.flat`. Unlike those of other views its parts are copies, as in NumPy."""


def flat(x):
    """`x.flat`: the array in one dimension, whose stores reach `x` whatever its layout."""
    r = reshape(x, shape=(-1,))
    return r if type(x) is np.ndarray else link(x, r, reshape.primitive, Flat(shape=(-1,), order="C"))


def is_flat(x) -> bool:
    return type((getattr(x, "view_of", None) or (None,))[-1]) is Flat


def part(x, name):
    """`x.real` or `x.imag`, whose stores reach `x`."""
    if name == "real" and x.dtype.kind != "c":
        return x
    r = face(name)(x)
    return link(x, r, REGISTRY[name], {}) if x.dtype.kind == "c" and x.shape else r


# How the content of a view becomes the content of its base.
_WRITE_THROUGH = {
    "transpose": lambda base, v, params: transpose(v, axes=inverse(params["axes"])),
    "flip": lambda base, v, params: flip(v, axis=params["axis"]),
    "real": lambda base, v, params: v + 1j * face("imag")(base),
    "imag": lambda base, v, params: face("real")(base) + 1j * v,
}


def _reshaped(base, v, params):
    return reshape(v, shape=base.shape, order=params.get("order", "C"))


def tell_relatives(x, source=None):
    """After a store into `x`: its views become stale, and its base gets what the view has."""
    make_views_stale(x, source)
    base, prim, params = getattr(x, "view_of", None) or (None, None, None)
    if base is None:
        return
    if is_flat(base):
        x.view_of = None
        return
    if prim is I.take_static.primitive:
        write(base, params["index"].raw, snapshot(x))
    else:
        whole = _WRITE_THROUGH.get(prim.name, _reshaped)(base, snapshot(x), params)
        rebind(base, covering(whole, base))
    tell_relatives(base, x)


def make_views_stale(x, source=None):
    views = getattr(x, "views", None)
    if not views:
        return
    if is_flat(x):
        x.views = None
        return
    kept = [w for w in views if w() is source and source is not None]
    stale = [w() for w in views]
    x.views = kept
    for w in stale:
        if w is not None and w is not source:
            make_views_stale(w)
            old = w.value if type(w) is Writing else snapshot(w)
            w.__class__, w.value, w.aux = Writing, old, w.view_of
