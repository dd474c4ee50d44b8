"""`__array_ufunc__`: NumPy's and SciPy's ufuncs on dualad arrays, with their methods and keywords."""

from __future__ import annotations

import functools
import math
import sys

import numpy as np

from ..core.errors import MissingRule, StoreError, at_user_line
from ..core.memory import lying_as, ordered, row
from ..core.primitive import REGISTRY
from ..core.space import face
from ..core.trace import Box
from ..ops.index import added_at
from ..ops.layout import as_dtype, cast, normal_axis
from .doors import LOSES_SHAPE, frame_at, refuse_lost_shape, way_in
from .functions import FUNCTIONS, boxed, holds_box
from .suggest import nearest

_OPS: dict = {}  # ufunc -> primitive's function


def _find(ufunc):
    """The primitive of a ufunc: by name, if NumPy or scipy.special own the ufunc of that name."""
    op = _OPS.get(ufunc)
    if op is None:
        name = ufunc.__name__
        prim = REGISTRY.find(name)
        special = sys.modules.get("scipy.special")
        owned = getattr(np, name, None) is ufunc or getattr(special, name, None) is ufunc
        if prim is None or not owned:
            instead = (
                " Write dualad.numpy.vectorize(f)." if "(vectorized)" in name else nearest(name, REGISTRY)
            )
            raise MissingRule(
                f"the ufunc {name} has no derivative rule here{at_user_line()}.{instead} Give it one with "
                "dualad.custom_jvp, let dualad.black_box take finite differences, or say dualad.stop_gradient(x)."
            )
        op = _OPS[ufunc] = prim.face
    return op


def _array_ufunc(self, ufunc, method, *inputs, **kwargs):
    if method == "__call__" and not kwargs:
        if type(inputs[0]) is np.ndarray and frame_at(1).f_code.co_name in LOSES_SHAPE:
            refuse_lost_shape(frame_at(1))
        op = _OPS.get(ufunc)
        return op(*inputs) if op is not None else _first_call(ufunc, inputs)
    if any(_is_foreign(x) for x in inputs):
        return NotImplemented
    out = kwargs.pop("out", None)
    if type(out) is tuple and out[0] is Ellipsis:  # "an array, please, not a scalar"
        out = None
    call = _METHODS.get(method)
    if call is None:
        raise MissingRule(f"np.{ufunc.__name__}.{method} of a traced value is not supported{at_user_line()}")
    where = kwargs.pop("where", True) if method == "__call__" and out is not None else True
    result = call(ufunc, *inputs, **kwargs)
    if where is not True:
        result = face("where")(where, result, out[0])
    return result if out is None else _deliver(result, out, method == "__call__" and ufunc.signature is None)


def _first_call(ufunc, inputs):
    if any(_is_foreign(x) for x in inputs):
        return NotImplemented
    return _find(ufunc)(*inputs)


def _is_foreign(x) -> bool:
    own = getattr(type(x), "__array_ufunc__", np.ndarray.__array_ufunc__)
    return own is not np.ndarray.__array_ufunc__ and own is not _array_ufunc


def _deliver(result, out, repeated):
    """Put a result where `out=` says: into a dualad array, by rebinding it."""
    if not isinstance(result, tuple):
        return store(out[0] if isinstance(out, tuple) else out, result, repeated=repeated)
    return tuple(r if o is None else store(o, r, repeated=repeated) for r, o in zip(result, out, strict=True))


def store(target, result, *, repeated=False):
    """`target[...] = result`, of the same shape, or `repeated` over the target's; a plain array cannot take a traced
    result."""
    if isinstance(result, Box) and not isinstance(target, Box):
        raise StoreError(
            f"a traced value cannot be stored into a plain NumPy array{at_user_line()}: {way_in()}out= and in-place "
            "operators (buffer += x) need a dualad array. Write buffer = buffer + x, or make the buffer with "
            "dualad.numpy.zeros(...) or np.zeros_like(x)."
        )
    shape, wanted = np.shape(result), np.shape(target)
    if shape != wanted and not (repeated and fits(shape, wanted)):
        raise ValueError(f"out= has shape {wanted}, and the result shape {shape}")
    target[...] = result
    return target


def fits(shape, wanted) -> bool:
    """Whether broadcasting repeats an array of the one shape over the other, without further axes."""
    return len(shape) <= len(wanted) and all(
        n in (1, m) for n, m in zip(reversed(shape), reversed(wanted), strict=False)
    )


def _call(
    ufunc,
    *inputs,
    where=True,
    dtype=None,
    casting="same_kind",
    order="K",
    subok=True,
    signature=None,
    axes=None,
    **named,
):
    if where is not True:
        raise MissingRule(
            f"np.{ufunc.__name__}(…, where=…) leaves entries without a value{at_user_line()}; "
            "give out=, or write np.where(mask, f(x), other)"
        )
    if dtype is not None or signature is not None or casting != "same_kind":
        inputs = _as_resolved(ufunc, inputs, dtype, signature, casting)
    if axes is not None:
        return _along(ufunc, [as_box_or_array(x) for x in inputs], axes, named)
    result = _find(ufunc)(*inputs, **named)
    return result if order == "K" or type(result) is tuple else ordered(result, order)


def _as_resolved(ufunc, inputs, dtype, signature, casting):
    """The inputs in the precisions in which NumPy would compute; or its TypeError, that it may not cast them."""
    if dtype is not None:
        signature = (*(None,) * ufunc.nin, *(as_dtype(dtype),) * ufunc.nout)
    kinds = [type(x) if type(x) in (int, float, complex) else as_box_or_array(x).dtype for x in inputs]
    how = {"casting": casting} if signature is None else {"casting": casting, "signature": signature}
    loop = ufunc.resolve_dtypes((*kinds, *(None,) * ufunc.nout), **how)
    return [cast(as_box_or_array(x), t) for x, t in zip(inputs, loop)]


def _along(ufunc, inputs, axes, named):
    """A product of matrices or vectors along the axes that are named for each operand, and for the result."""
    axes = [a if isinstance(a, tuple) else (a,) for a in axes]
    last = [tuple(range(-len(a), 0)) for a in axes]
    inputs = [np.moveaxis(x, a, e) for x, a, e in zip(inputs, axes, last)]
    result = _find(ufunc)(*inputs, **named)
    return np.moveaxis(result, last[-1], axes[-1]) if len(axes) > len(inputs) and axes[-1] else result


def as_box_or_array(x):
    return x if isinstance(x, Box) else np.asarray(x)


_REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
}
_ACCUMULATIONS = {"add": "cumsum", "multiply": "cumprod"}


def _reduce(ufunc, x, axis=0, dtype=None, keepdims=False, initial=np._NoValue, where=True):
    name = _REDUCTIONS.get(ufunc.__name__)
    axis = None if not np.ndim(x) and axis in (0, -1) else axis  # NumPy takes a number for a line of one
    if name is not None:
        extra = {} if initial is np._NoValue else {"initial": initial}
        if where is not True:
            extra["where"] = where
        if dtype is not None:
            extra["dtype"] = dtype
        return FUNCTIONS[getattr(np, name)](x, axis=axis, keepdims=keepdims, **extra)
    if where is not True or dtype is not None:
        raise MissingRule(
            f"np.{ufunc.__name__}.reduce with where= or dtype= is not supported{at_user_line()}"
        )
    return _fold(ufunc, x, axis, keepdims, initial)


def _identity(ufunc):
    """What a reduction of nothing gives, or NumPy's error."""
    if ufunc.identity is None:
        raise ValueError(f"zero-size array to reduction operation {ufunc.__name__} which has no identity")
    return ufunc.identity


def _fold(ufunc, x, axis, keepdims, initial):
    op = _find(ufunc)
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = sorted(normal_axis(a, x.ndim) for a in axes)
    total = None if initial is np._NoValue or initial is None else initial
    rest = tuple(n for k, n in enumerate(x.shape) if k not in axes)
    count = math.prod(x.shape[k] for k in axes)
    for part in np.moveaxis(x, axes, range(len(axes))).reshape((count, *rest)):
        total = part if total is None else op(total, part)
    if count == 1 and ufunc is np.hypot and initial is np._NoValue:
        total = op(0.0, total)  # NumPy starts from the identity, which shows in |x| alone
    elif count == 1:
        total = +total  # no view of its one entry
    if not count:
        total = np.full(rest, _identity(ufunc) if total is None else total, x.dtype)[()]
    return total.reshape(tuple(1 if k in axes else n for k, n in enumerate(x.shape))) if keepdims else total


def _accumulate(ufunc, x, axis=0, dtype=None):
    name = _ACCUMULATIONS.get(ufunc.__name__)
    if name is not None:
        return getattr(np, name)(x, axis=axis, **({} if dtype is None else {"dtype": dtype}))
    x = x if dtype is None else cast(x, dtype)
    if not x.shape[axis]:
        return x.copy("K")
    op, rows = _find(ufunc), []
    for entry in np.moveaxis(x, axis, 0):
        rows.append(entry if not rows else op(rows[-1], entry))
    return lying_as(np.stack(rows, axis=axis), np.empty_like(row(x)))


def _outer(ufunc, x, y):
    x, y = as_box_or_array(x), as_box_or_array(y)
    return _find(ufunc)(x.reshape(x.shape + (1,) * y.ndim), y)


def _reduceat(ufunc, x, indices, axis=0, dtype=None):
    x = np.moveaxis(as_box_or_array(x), axis, 0)
    if any(not 0 <= i < x.shape[0] for i in indices):
        raise IndexError(f"reduceat: indices {list(indices)} of an axis of {x.shape[0]} entries")
    stops = [*indices[1:], x.shape[0]]
    pieces = [
        _reduce(ufunc, x[i:j] if i < j else x[i : i + 1], axis=0, dtype=dtype)
        for i, j in zip(indices, stops, strict=True)
    ]
    return np.stack(pieces, axis=axis)


def _at(ufunc, target, indices, value=None):
    """In place, unbuffered: `np.add.at(y, i, v)` and its like on a dualad array `y`."""
    if not isinstance(target, Box):
        store(target, value)
    op = _find(ufunc)
    if value is None:
        target[indices] = op(target[indices])
    elif ufunc in (np.add, np.subtract):
        v = value if ufunc is np.add else -value
        target[...] = added_at(target, indices, v)
    else:
        _at_by_rounds(op, target, indices, value)


def _at_by_rounds(op, target, indices, value):
    """Where a place is named more than once, its values have their turn one after the other."""
    places = np.arange(target.size).reshape(target.shape)[indices]
    value = np.broadcast_to(as_box_or_array(value), places.shape).reshape(-1)
    places = places.reshape(-1)
    order = np.argsort(places, kind="stable")
    _, starts = np.unique(places[order], return_index=True)
    turn = np.arange(len(places)) - np.repeat(starts, np.diff([*starts, len(places)]))
    for k in range(turn.max(initial=-1) + 1):
        now = order[turn == k]
        where = np.unravel_index(places[now], target.shape)
        target[where] = op(target[where], value[now])


_METHODS = {
    "__call__": _call,
    "reduce": _reduce,
    "accumulate": _accumulate,
    "outer": _outer,
    "reduceat": _reduceat,
    "at": _at,
}


def with_methods(face, ufunc):
    """`face`, the function of `dualad.numpy`, with NumPy's `reduce`, `at` … that look at all their arguments."""
    for name in _METHODS:
        if name != "__call__":
            setattr(face, name, functools.partial(_method, ufunc, name))
    return face


def _method(ufunc, name, *args, **kwargs):
    if holds_box(args) or holds_box(kwargs.values()):
        args = [boxed(a) if isinstance(a, (list, tuple)) and holds_box(a) else a for a in args]
        return _array_ufunc(None, ufunc, name, *args, **kwargs)
    return getattr(ufunc, name)(*args, **kwargs)


Box.__array_ufunc__ = _array_ufunc
