"""What functions with rules of their own share: arguments, what rules return, rows of a batch."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable

import numpy as np

from ..core.batch import IN_ROWS_OF, Batched
from ..core.errors import NotDifferentiable, RecomputationError, StructureError, at_user_line
from ..core.joint import Joint
from ..core.space import space_of
from ..core.trace import Box, Const, settled, strip
from ..core.tree import flatten_like, tree_flatten, tree_leaves
from ._linearity import check_linear, check_transposed, probes
from ._run import as_output
from .batch import vmap
from .reverse import vjp

ARRAYS = (Box, np.ndarray, np.generic, int, float, complex)


class Arguments:
    """Which arguments of a function are differentiated; takes a call apart."""

    def __init__(self, fun: Callable, nondiff_argnums, nondiff_argnames=()):
        try:
            self.signature: inspect.Signature | None = inspect.signature(fun)
        except (TypeError, ValueError):  # compiled functions may have none
            self.signature = None
        if isinstance(nondiff_argnums, (int, np.integer)):
            nondiff_argnums = (nondiff_argnums,)
        if isinstance(nondiff_argnames, str):
            nondiff_argnames = (nondiff_argnames,)
        names = list(self.signature.parameters) if self.signature else []
        self.count = fun.__code__.co_argcount if hasattr(fun, "__code__") else 0
        unknown = [n for n in nondiff_argnames if n not in names]
        if unknown:
            raise TypeError(f"nondiff_argnames={unknown}: the function's arguments are {names}")
        self.name = getattr(fun, "__name__", "function")
        self.fixed = [operator.index(k) for k in nondiff_argnums] + [names.index(n) for n in nondiff_argnames]
        some = self.signature and all(
            p.kind is not inspect.Parameter.VAR_POSITIONAL for p in self.signature.parameters.values()
        )
        if some and not all(-len(names) <= k < len(names) for k in self.fixed):
            raise TypeError(f"nondiff_argnums={nondiff_argnums}: {self.name} has {len(names)} arguments")

    def take(self, args, kwargs) -> tuple[Given, tuple]:
        """A call's arguments, and the arrays among those that are differentiated."""
        if kwargs or len(args) < self.count:
            args = self._positional(args, kwargs)
        fixed = sorted({k % len(args) for k in self.fixed if -len(args) <= k < len(args)})
        statics = [args[k] for k in fixed]
        if any(isinstance(x, Box) and type(settled(x)) is not Const for x in tree_leaves(statics)):
            raise NotDifferentiable(
                f"{self.name}: an argument of nondiff_argnums is traced{at_user_line()}; take it out of "
                "nondiff_argnums, or pass dualad.stop_gradient of it"
            )
        data = [x for k, x in enumerate(args) if k not in fixed]
        leaves, treedef = tree_flatten(tuple(data))
        places = [k for k, x in enumerate(leaves) if isinstance(x, ARRAYS)]
        return Given(self, fixed, statics, leaves, treedef, places), tuple(leaves[k] for k in places)

    def _positional(self, args, kwargs):
        if self.signature is None:
            raise TypeError(f"{self.name} takes positional arguments only here: its signature is not known")
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}{at_user_line()}") from None
        bound.apply_defaults()
        if bound.kwargs:
            raise TypeError(
                f"{self.name} has keyword-only arguments {sorted(bound.kwargs)}; a function with a rule of its own "
                "passes all arguments to the rule by position. Make them positional, or close over them"
            )
        return bound.args

    def merge(self, statics, data) -> list:
        """All arguments in the function's order."""
        data, statics = list(data), list(statics)
        fixed = sorted(k % (len(data) + len(statics)) for k in self.fixed) if statics else []
        for k, x in zip(fixed, statics, strict=True):
            data.insert(k, x)
        return data


class Given:
    """The arguments of one call, with places for its arrays."""

    def __init__(self, arguments, fixed, statics, leaves, treedef, places):
        self.arguments, self.fixed, self.statics = arguments, fixed, statics
        self.treedef, self.places = treedef, places
        held = set(places)
        self.others = {k: x for k, x in enumerate(leaves) if k not in held}

    def data(self, xs):
        """The differentiated arguments, with the arrays `xs` in their places."""
        leaves = dict(self.others)
        leaves.update(zip(self.places, xs, strict=True))
        return self.treedef.unflatten(leaves[k] for k in range(self.treedef.num_leaves))

    def all(self, xs):
        """All arguments of the function."""
        data = list(self.data(xs))
        for k, x in zip(self.fixed, self.statics, strict=True):
            data.insert(k, x)
        return data


POSITIONAL = Arguments(lambda *args: None, ())  # of functions that may be called in any number of ways


def of_some(f, args, places):
    """`f` as a function of the arguments at `places`, with the others of `args` held."""

    def held(*some):
        full = list(args)
        for i, x in zip(places, some, strict=True):
            full[i] = x
        return f(*full)

    return held


def outputs_of(out):
    """The arrays that a function has returned, and the structure around them."""
    leaves, treedef = tree_flatten(out)
    return tuple(map(_output, leaves)), treedef


def _output(o):
    o = as_output(o)
    if isinstance(o, Box):
        return o.value if type(o) is Const else o
    if not o.flags.writeable:
        o = o.copy()  # an argument, as the rule was shown it
    return o[()]  # 0-d arrays are scalars, as results of NumPy's functions


def shown(xs):
    """Arrays as a rule sees them: not to be written to, for the tape, the caller or another rule has them too."""
    return tuple(map(_read_only, xs))


def _read_only(x):
    if type(x) is not np.ndarray or not x.flags.writeable:
        return x
    x = x.view()
    x.flags.writeable = False
    return x


def filled(moves, primals):
    """Tangents or cotangents, with zeros for those that are absent; float zeros for integers."""
    return tuple(_zeros(x) if d is None else d for d, x in zip(moves, primals, strict=True))


def _zeros(x):
    space = space_of(x)
    return np.zeros(space.shape, space.dtype if space.dtype.kind in "fc" else float)


def tangents_of(moves, outdef, outs, name):
    """The tangents that a rule has returned, each in the space of its output; None for those without."""
    parts = flatten_like(outdef, moves, f"the tangent_out of {name} must be like its output")
    return tuple(_fitting(d, o, name, "tangent") for d, o in zip(parts, outs, strict=True))


def cotangents_of(found, given, primals, active, name):
    """The cotangents of the active arrays among what `bwd` has returned, one pytree per argument."""
    if isinstance(found, list):
        found = tuple(found)
    if not isinstance(found, tuple):
        raise StructureError(
            f"bwd of {name} must return a tuple with one cotangent per differentiated argument; this one returned "
            f"a {type(found).__name__}{at_user_line()}. For one argument, mind the comma: (g * x,)"
        )
    parts = flatten_like(given.treedef, found, f"bwd of {name}: the cotangents must be like the arguments")
    parts = [parts[k] for k in given.places]
    return [_fitting(parts[i], primals[i], name, "cotangent") for i in active]


def _fitting(d, x, name, kind):
    space = space_of(x)
    if d is None or space.dtype.kind not in "fc":
        return None
    d = as_output(d)
    d = d.value if type(d) is Const else d
    if d.shape != space.shape:
        raise StructureError(
            f"the rule of {name} returned a {kind} of shape {d.shape} for a value of shape {space.shape}"
            f"{at_user_line()}; a {kind} has the shape of its value"
        )
    if d.dtype == space.dtype:
        return d
    if d.dtype.kind == "c" and space.dtype.kind == "f":
        raise StructureError(
            f"the rule of {name} returned a complex {kind} for a real value{at_user_line()}; take np.real of it"
        )
    return d.astype(space.dtype)


def is_differentiated(x) -> bool:
    """Whether a derivative or a recording is being taken of `x`; rows of a batch alone do not count."""
    while isinstance(x, Box):
        settled(x)
        if not isinstance(x, (Batched, Const)):
            return True
        x = x.value
    return False


def pushed_by_pulling(call, primals, tangents, owner):
    """`push` of a call that has a `pullback` only: the reverse engine runs over that, from cotangents to cotangents."""
    active = [i for i, d in enumerate(tangents) if d is not None]
    outs, back = call.pullback(primals, active)
    differentiable = [k for k, o in enumerate(outs) if o.dtype.kind in "fc"]

    def pulled(*gs):
        given = [None] * len(outs)
        for k, g in zip(differentiable, gs, strict=True):
            given[k] = g
        return filled(back(given), [primals[i] for i in active])

    zeros = filled([None] * len(differentiable), [outs[k] for k in differentiable])
    check_linear(owner, pulled, zeros, "bwd", "the cotangent")
    given = probes(zeros)
    with np.errstate(over="ignore"):
        found, transposed = vjp(pulled, *given)
    arriving = tuple(tangents[i] for i in active)
    leaving = transposed(arriving)
    check_transposed(owner, (given, leaving), (found, arriving), "bwd", "the cotangent")
    moves = [None] * len(outs)
    for k, d in zip(differentiable, leaving, strict=True):
        moves[k] = d
    return outs, tuple(moves)


def values_again(call, primals, outs) -> tuple:
    """The values of a call: by its rule, or where they are differentiated themselves, by the call once more."""
    if not any(map(is_differentiated, primals)):
        return tuple(outs)
    again = call.face(*primals)
    if len(again) != len(outs):
        raise StructureError(
            f"{call.name} returns {len(again)} arrays, and by its rule {len(outs)}{at_user_line()}; they must be alike"
        )
    for a, b in zip(outs, again, strict=True):
        a, b = np.asarray(strip(a)), np.asarray(strip(b))
        if a.shape == b.shape and not (np.array_equal(a, b) or np.allclose(a, b, 1e-2, 1e-6, equal_nan=True)):
            raise RecomputationError(
                f"{call.name} and its rule give different values{at_user_line()}: it draws random numbers, or depends "
                "on something that changes. Pass what changes as an argument"
            )
    return again


class Rows(Joint):
    """A call made for many rows at once; the rule of the one row is mapped over them."""

    def __init__(self, call: Joint, mask, size: int):
        super().__init__(call.name, call.doc or "")
        self.call, self.mask, self.size = call, tuple(mask), size
        self.axes = tuple(0 if m else None for m in mask)
        self.solid = call.solid

    def _map(self, f, *axes):
        return self._within(vmap(f, in_axes=axes, out_axes=0, axis_size=self.size))

    def _within(self, f):
        """`f`, run where what draws random numbers can tell that it is in a function with a rule of its own."""

        def run(*args):
            before = IN_ROWS_OF.set(self.name)
            try:
                return f(*args)
            finally:
                IN_ROWS_OF.reset(before)

        return run

    def evaluate(self, *xs):
        if not self.call.solid:
            return tuple(self._map(self.call.evaluate, *self.axes)(*xs))
        evaluate = self._within(self.call.evaluate)
        rows = [
            evaluate(*[x[k] if m else x for x, m in zip(xs, self.mask, strict=True)])
            for k in range(self.size)
        ]
        return self._stacked(rows)

    def _stacked(self, rows):
        shapes = {tuple(np.shape(o) for o in row) for row in rows}
        if len(shapes) != 1:
            what = "results of one shape for all rows" if shapes else "at least one row, to know its results"
            raise StructureError(f"{self.name}, under vmap, needs {what}{at_user_line()}")
        return tuple(np.stack(column) for column in zip(*rows, strict=True))

    def push(self, primals, tangents):
        outs, moves = self._map(self.call.push, self.axes, self.axes)(tuple(primals), tuple(tangents))
        return self._values(primals, outs), moves

    def _values(self, primals, outs):
        return values_again(self, primals, outs)

    def pullback(self, primals, active):
        outs = self.face(*primals)
        return outs, self.back(primals, outs, active)

    def back(self, primals, outs, active):
        """The rule of one row, mapped; what its residuals are is computed once more."""

        def pulled(xs, outs, gs):
            return filled(self.call.back(xs, outs, active)(list(gs)), [xs[i] for i in active])

        def back(gs):
            found = self._map(pulled, self.axes, 0, 0)(tuple(primals), tuple(outs), tuple(gs))
            return [d if self.mask[i] else d.sum(axis=0) for d, i in zip(found, active, strict=True)]

        return back

    def rows(self, mask, size):
        return Rows(self, mask, size)
