"""Traces, the boxes that belong to them, and the dispatch of a primitive to the newest trace.

A transform opens a `Trace`, wraps its inputs in boxes of that trace and calls the user's function.
Ids come from one counter and only grow: a transform started inside another has the higher id, and so has
every box of it, whose `value` can only hold plain arrays or boxes of *older* traces. A primitive therefore
looks for the highest id among its arguments, takes off the boxes of that trace alone, and calls itself
again one level down; a box of an older trace is a constant to the newer one. That is the whole proof
against perturbation confusion, and it holds in every thread, since there is no stack to get out of step.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from .errors import LeakedValue, NotDifferentiable, at_user_line

_new_id = itertools.count(1).__next__
new = object.__new__


class Trace:
    """One running transform. `process` applies a primitive to arguments of which some are its boxes.

    `standard` is set when a package asks a box for its `__array_namespace__`: what has no derivative is then a dualad
    array as well, since such packages take a plain one beside it for another library's.
    """

    __slots__ = ("alive", "flags", "id", "name", "standard")

    def __init__(self, name: str):
        self.id = _new_id()
        self.name = name
        self.alive = True
        self.flags: list = []
        self.standard = False

    def process(self, prim, args, params):
        raise NotImplementedError

    def constant(self, out):
        """A result without a derivative, as it is returned to the program."""
        if not self.standard:
            return out
        return tuple(map(as_const, out)) if isinstance(out, tuple) else as_const(out)

    def __repr__(self):
        return f"<{self.name} trace {self.id}{'' if self.alive else ', ended'}>"


class Box:
    """A dualad array: a `value`, what its engine adds to it (`aux`), and the trace it belongs to (`owner`, since
    `trace` is a method of arrays).

    The arithmetic, the methods and the NumPy protocols are attached by the floors above, which know
    the primitives.

    A result that is a view in NumPy knows what it is a `view_of`, which has weak references to its `views`, so that
    a store through the one reaches the other (`numpy.stores`). Both slots are empty in most boxes.
    """

    __slots__ = ("__weakref__", "aux", "owner", "value", "view_of", "views")

    # Of a box that only looks on: whoever asks for the plain value may see through it.
    transparent = False

    def __init__(self, value, aux=None, owner=None):
        self.value = value
        self.aux = aux
        self.owner = owner

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> np.dtype:
        return self.value.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        n = 1
        for k in self.shape:
            n *= k
        return n


class Const(Box):
    """A dualad array without a trace: what creation functions return, so that traced values can be
    stored into it."""

    __slots__ = ()


class Writing(Box):
    """A box with pending stores. `value` is a snapshot of the box before them, `aux` the stores.

    A box becomes one by having its class changed, so the fast roads, which test for exact classes, never
    see it; the first read on the general road turns it back through `settle`.
    """

    __slots__ = ()

    # Set by dualad.numpy.stores, which knows the primitives that write.
    settle_stores: Callable | None = None
    read_stores: Callable | None = None

    @property
    def shape(self):
        return self.value.shape

    @property
    def dtype(self):
        return self.value.dtype


def settled(x):
    """`x`, with its pending stores carried out."""
    if type(x) is Writing:
        Writing.settle_stores(x)
    return x


def snapshot(x):
    """A box of its own with the same content: later stores into `x` do not reach it."""
    if not isinstance(x, Box):
        return x
    settled(x)
    s = new(type(x))
    s.value, s.aux, s.owner = x.value, x.aux, x.owner
    return s


as_array_hook = [None]  # lists of boxes become arrays; set by ops.index, which can stack


def bind(prim, args, params):
    """Apply `prim` to arguments among which there may be boxes of any traces, or none."""
    top = None
    const = False
    for i, a in enumerate(args):
        if isinstance(a, Box):
            if type(a) is Writing:
                Writing.settle_stores(a)
            trace = a.owner
            if trace is None:
                const = True
            elif top is None or trace.id > top.id:
                top = trace
        elif type(a) is list or type(a) is tuple:
            args = (*args[:i], as_array_hook[0](a), *args[i + 1 :])
            return bind(prim, args, params)
        elif type(a) is not np.ndarray:
            if isinstance(a, np.ndarray):
                return bind(prim, (*args[:i], plain_array(a), *args[i + 1 :]), params)
            if type(a).__name__ == "Fraction":  # as Python has it: a fraction and a float make a float
                return bind(prim, (*args[:i], float(a), *args[i + 1 :]), params)
    if const:
        args = [a.value if type(a) is Const else a for a in args]
    if top is not None:
        if not top.alive:
            raise leaked(top)
        return top.process(prim, args, params)
    out = prim.fun(*args, **params)
    if const:
        return tuple(map(as_const, out)) if prim.multi else as_const(out)
    return out


def plain_array(a):
    """An ndarray of a subclass of ndarray that changes nothing (np.memmap). Others are refused: `*` is a matrix
    product for np.matrix, and np.ma leaves out what is masked; here they would silently be neither."""
    if isinstance(a, np.memmap):
        return a.view(np.ndarray)
    raise another_array(type(a))


def another_array(kind) -> NotDifferentiable:
    return NotDifferentiable(
        f"{kind.__module__}.{kind.__name__} is not supported among traced values{at_user_line()}: its operators "
        "differ from those of ndarray. Write np.asarray(x); for masked data, np.where(mask, x, 0) or where=mask"
    )


def as_const(x):
    """A plain result as a dualad array without a trace."""
    return Const(x) if isinstance(x, (np.ndarray, np.generic)) else x


def leaked(trace) -> LeakedValue:
    return LeakedValue(
        f"a value traced by {trace.name} is used after {trace.name} has returned{at_user_line()}. "
        "Return it from the function (has_aux=True carries extra results out), or keep "
        "dualad.stop_gradient(value) instead of the value itself."
    )


def strip(x):
    """The plain value under all boxes of `x`, derivative and all forgotten. For messages and shapes."""
    while isinstance(x, Box):
        x = settled(x).value
    return x
