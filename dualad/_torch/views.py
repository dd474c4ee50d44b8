"""Views: tensors that show part of another's data, or all of it in another shape.

A view is an ordinary tensor, read at full speed. It knows its base and how it was taken from it; the base
has weak references to its views. A write through a view puts the new values into the base, and the base
refreshes every view of its own that is still alive.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import ref

import numpy as np

from ..core.errors import at_user_line
from .engine import op
from .handle import Handle, seen, wrap
from .modes import is_recording
from .tape import detached, is_taped, untaped


class Kind(NamedTuple):
    """`get(base, arg)` is the view of an engine value, `put(base, view, arg)` the base with the view written
    into it."""

    name: str
    get: object
    put: object


def _put_index(base, v, index):
    from .indexing import stored

    return stored(base, index, v)


def _put_expanded(base, v, arg):
    if v.shape == base.shape:
        return v
    raise RuntimeError(
        "unsupported operation: more than one element of the written-to tensor refers to a single memory "
        "location. "
        "Please clone() the tensor before performing the operation."
    )


def _put_diagonal(base, v, at):
    offset, axis1, axis2 = at
    where = dict(shape=base.shape, offset=offset, axis1=axis1, axis2=axis2)
    there = op.put_diagonal(np.ones(v.shape, bool), **where)
    return op.where(there, op.put_diagonal(v, **where), base)


def _inverse(axes):
    inverse = [0] * len(axes)
    for i, a in enumerate(axes):
        inverse[a] = i
    return tuple(inverse)


RESHAPE = Kind(
    "reshape",
    lambda b, shape: op.reshape(b, shape=shape),
    lambda b, v, shape: op.reshape(v, shape=b.shape),
)
PERMUTE = Kind(
    "permute",
    lambda b, axes: op.transpose(b, axes=axes),
    lambda b, v, axes: op.transpose(v, axes=_inverse(axes)),
)
INDEX = Kind("index", lambda b, index: b[index], _put_index)
EXPAND = Kind("expand", lambda b, shape: op.broadcast_to(b, shape=shape), _put_expanded)
DIAGONAL = Kind(
    "diagonal", lambda b, at: op.diagonal(b, offset=at[0], axis1=at[1], axis2=at[2]), _put_diagonal
)
DETACHED = Kind("detach", lambda b, _: detached(b), lambda b, v, _: v)


def view(base, v, kind, arg=None, data_only=False):
    """A tensor around `v`, which is `kind.get(base, arg)`, known to be a view of `base`.

    With `data_only` it shares the values, and not the derivative: what `detach` makes, and `no_grad`.
    """
    t = wrap(v)
    more = t.more
    more.base, more.kind, more.data_only = base, (kind, arg), data_only
    views = base.more.views
    if views is None:
        base._more.views = [ref(t)]
    else:
        views.append(ref(t))
        n = len(views)
        if n >= 16 and n & (n - 1) == 0:  # now and then, those that are gone leave the list
            views[:] = [r for r in views if r() is not None]
    return t


def taken(base, kind, arg):
    """The view of this kind."""
    v = base._value
    if is_recording():
        return view(base, kind.get(v, arg), kind, arg)
    if is_recording() is not False:
        return view(base, kind.get(seen(v), arg), kind, arg)
    bare = untaped(v)
    return view(base, kind.get(bare, arg), kind, arg, bare is not v)


def refuse_leaf(t):
    """Raise if writing to `t` would change a leaf that requires grad while the tape records."""
    if is_recording() is False:
        return
    through_view = False
    while True:
        if is_taped(t._value) and t.is_leaf:
            what = "a view of a leaf" if through_view else "a leaf"
            raise RuntimeError(
                f"{what} Variable that requires grad is being used in an in-place operation{at_user_line()}. "
                "Write under dualad.no_grad(), or make a new tensor."
            )
        more = t._more
        if more is None or more.base is None or more.data_only:
            return
        t, through_view = more.base, True


def rebind(t: Handle, v):
    """Give a tensor new values, and let its bases and their views know."""
    if is_recording() is not False:
        t._value = v
    else:
        t.set_data(untaped(v))
    if t._more is not None:
        while t._more is not None and t._more.base is not None:
            t = _write_base(t)
        refresh(t)


def _write_base(t):
    """Put the values of a view into its base, which is returned."""
    more = t._more
    base, (kind, arg) = more.base, more.kind
    if is_recording() is not False and not more.data_only:
        base._value = kind.put(base._value, t._value, arg)
    else:
        base.set_data(kind.put(untaped(base._value), untaped(t._value), arg))
    return base


def refresh(base):
    """Take every live view of `base` again."""
    more = base._more
    if more is None or not more.views:
        return
    v = base._value
    for r in tuple(more.views):
        t = r()
        if t is None:
            continue
        kind, arg = t._more.kind
        if t._more.data_only:
            # It may be a leaf of its own: d = x.detach().requires_grad_().
            t.set_data(kind.get(untaped(v), arg))
        else:
            t._value = kind.get(v, arg)
        refresh(t)
