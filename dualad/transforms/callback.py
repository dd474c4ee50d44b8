"""Functions that dualad cannot look into: compiled code, simulators, other people's solvers.

`black_box` gives such a function derivatives: by rules on plain arrays, or by finite differences, which are said aloud.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.errors import MissingRule, StoreError, StructureError, at_user_line
from ..core.joint import Joint
from ..core.space import space_of
from ..core.tree import tree_flatten
from ._custom import POSITIONAL, Rows, cotangents_of, filled, of_some, outputs_of, tangents_of
from .differences import richardson

METHODS = ("sequential", "broadcast_all")


class FiniteDifferences(UserWarning):
    """A derivative was taken by finite differences; the message says how good it is."""


def black_box(
    fun: Callable | None = None,
    *,
    jvp: Callable | None = None,
    vjp: Callable | None = None,
    differences: bool = False,
    vmap_method: str = "sequential",
) -> Callable:
    """A function of plain arrays as one that traced arrays can go through.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of plain NumPy arrays, whatever it does with them. Without it, a decorator is
        returned.
    jvp : callable, optional
        `jvp(primals, tangents) -> out_tangents` on plain arrays.
    vjp : callable, optional
        `vjp(primals, out, cotangents) -> cotangents of the arguments`, a tuple, on plain arrays. With one of the
        two rules the other mode is assembled from it: by one call per entry of the output, or of the arguments.
    differences : bool
        Take what no rule gives by finite differences (Richardson's extrapolation of central ones), and say so in a
        `FiniteDifferences` warning, with their error estimate.
    vmap_method : {"sequential", "broadcast_all"}
        How rows of a batch are evaluated: one by one, or by one call on arrays with the rows' axis in front.

    Returns
    -------
    callable
        Of the same arguments, all positional. Integers and Python objects are handed through.

    Raises
    ------
    MissingRule
        A derivative is asked for that neither a rule nor `differences` gives; a second derivative always is, for rules
        on plain arrays cannot be differentiated: write them in NumPy, and use `custom_jvp` or `custom_vjp`.

    Examples
    --------
    >>> import dualad, math
    >>> sine = dualad.black_box(math.sin, jvp=lambda xs, dxs: math.cos(*xs) * dxs[0])
    >>> float(dualad.grad(sine)(0.0))
    1.0
    """
    if vmap_method not in METHODS:
        raise ValueError(f"vmap_method={vmap_method!r}; there are {METHODS}")
    if fun is None:
        return functools.partial(
            black_box, jvp=jvp, vjp=vjp, differences=differences, vmap_method=vmap_method
        )
    box = _Box(fun, jvp, vjp, differences, vmap_method)

    @functools.wraps(fun)
    def called(*args):
        given, xs = POSITIONAL.take(args, {})
        call = _Call(box, given)
        outs = call.face(*xs)
        return call.outdef.unflatten(outs)

    return called


def pure_callback(
    callback: Callable, result_shape_dtypes: Any, *args: Any, vmap_method: str = "sequential"
) -> Any:
    """Call a function of plain arrays on traced ones; it has no derivative.

    Parameters
    ----------
    callback : callable
        Takes and returns pytrees of plain arrays.
    result_shape_dtypes : pytree of objects with `shape` and `dtype`
        What the results must be like; arrays do. None asks for nothing.
    *args : pytrees of arrays
    vmap_method : {"sequential", "broadcast_all"}
        See `black_box`.

    Raises
    ------
    MissingRule
        A derivative of it is taken: use `black_box`, or call it inside `custom_jvp` or `custom_vjp`.
    StructureError
        The results are not what was announced.
    """
    wanted = None if result_shape_dtypes is None else tree_flatten(result_shape_dtypes)
    if wanted is not None and not all(hasattr(e, "shape") and hasattr(e, "dtype") for e in wanted[0]):
        raise TypeError(
            f"pure_callback: result_shape_dtypes is {result_shape_dtypes!r}{at_user_line()}; give arrays like the "
            "results, np.empty(shape, dtype) for instance, or None"
        )

    @functools.wraps(callback)
    def checked(*values):
        out = callback(*values)
        if wanted is not None and vmap_method == "sequential":
            _compare(out, wanted, callback)
        return out

    return black_box(checked, vmap_method=vmap_method)(*args)


def _compare(out, wanted, callback):
    leaves, treedef = tree_flatten(out)
    expected, expected_def = wanted
    found = [space_of(x) for x in leaves]
    right = treedef == expected_def and all(
        tuple(e.shape) == s.shape and np.dtype(e.dtype) == s.dtype
        for e, s in zip(expected, found, strict=True)
    )
    if not right:
        name = getattr(callback, "__name__", "the callback")
        raise StructureError(f"{name} returned {found}, which is not what result_shape_dtypes announces")


class _Box:
    """A black box with what is known of its derivative."""

    def __init__(self, fun, jvp, vjp, differences, vmap_method):
        self.fun, self.jvp, self.vjp = fun, jvp, vjp
        self.differences, self.vmap_method = differences, vmap_method
        self.name = getattr(fun, "__name__", type(fun).__name__)
        self.said = 0.0

    def say(self, error: float) -> None:
        """Warn of finite differences: the first time, and when they get much worse."""
        if self.said and error <= 100 * self.said:
            return
        self.said = max(error, np.finfo(float).tiny)
        warnings.warn(
            f"{self.name} is differentiated by finite differences{at_user_line()}; their relative error is about "
            f"{error:.0e}. A rule, jvp= or vjp=, would be exact",
            FiniteDifferences,
            stacklevel=2,
        )

    def missing(self) -> MissingRule:
        return MissingRule(
            f"{self.name} is a black box without a derivative{at_user_line()}: give it jvp= or vjp=, or allow "
            "differences=True"
        )

    def second(self) -> MissingRule:
        return MissingRule(
            f"a second derivative of the black box {self.name}{at_user_line()}: its derivative is computed on plain "
            "arrays, and has no derivative itself. Write a rule in NumPy that dualad can differentiate, with "
            "custom_jvp or custom_vjp, and call the black box inside"
        )


class _Call(Joint):
    """One call of a black box."""

    def __init__(self, box, given):
        super().__init__(box.name, box.fun.__doc__ or "")
        self.box, self.given = box, given
        self.outdef: Any = None
        self.solid = box.vmap_method == "sequential"

    def evaluate(self, *xs):
        mine = _copies(xs)
        outs, self.outdef = outputs_of(self.box.fun(*self.given.all(mine)))
        if not all(map(_unchanged, mine, xs)):
            raise StoreError(
                f"the black box {self.name} has written into its arguments{at_user_line()}; others have these "
                "arrays too. Let it write into a copy, and return that"
            )
        return outs

    def push(self, primals, tangents):
        outs = self.face(*primals)
        moves = _Pushed(self).face(*primals, *filled(tangents, primals))
        return outs, tuple(m if o.dtype.kind in "fc" else None for o, m in zip(outs, moves, strict=True))

    def pullback(self, primals, active):
        outs = self.face(*primals)
        return outs, self.back(primals, outs, active)

    def back(self, primals, outs, active):
        def back(gs):
            found = _Pulled(self).face(*primals, *filled(gs, outs))
            return [found[i] for i in active]

        return back

    def rows(self, mask, size):
        if self.solid:
            return Rows(self, mask, size)
        return _Together(self, mask, size)

    # ---- the derivatives on plain arrays ----

    def moved(self, primals, tangents):
        """Tangents of the outputs, from plain arrays."""
        box, given = self.box, self.given
        if box.jvp is not None:
            out = box.jvp(tuple(given.data(_copies(primals))), tuple(given.data(_copies(tangents))))
            outs = self.evaluate(*primals)
            return filled(tangents_of(out, self.outdef, outs, self.name), outs)
        if box.vjp is not None:
            return _transposed(lambda gs: self.pulled(primals, gs), self.evaluate(*primals), tangents)
        if box.differences:
            return self._differences(primals, tangents)
        raise box.missing()

    def pulled(self, primals, gs):
        """Cotangents of the arguments, from plain arrays."""
        box, given = self.box, self.given
        if box.vjp is not None:
            outs = self.evaluate(*primals)
            out, g = self.outdef.unflatten(outs), self.outdef.unflatten(_copies(gs))
            found = box.vjp(tuple(given.data(_copies(primals))), out, g)
            places = range(len(primals))
            return filled(cotangents_of(found, given, primals, places, self.name), primals)
        if box.jvp is not None or box.differences:
            return _transposed(lambda ds: self.moved(primals, ds), primals, gs)
        raise box.missing()

    def _differences(self, primals, tangents):
        moving = [i for i, x in enumerate(primals) if space_of(x).dtype.kind in "fc"]

        f = of_some(lambda *xs: [np.asarray(o) for o in self.evaluate(*xs)], primals, moving)
        found, error = richardson(f, tuple(primals[i] for i in moving), tuple(tangents[i] for i in moving))
        size = max((float(np.max(np.abs(d), initial=0.0)) for d in found), default=0.0)
        worst = max((float(np.max(e, initial=0.0)) for e in error), default=0.0)
        self.box.say(worst / size if size else worst)
        return tuple(found)


def _copies(xs):
    """Arrays for code that may write into what it is given."""
    return tuple(x.copy() if type(x) is np.ndarray else x for x in xs)


def _unchanged(mine, x) -> bool:
    return mine is x or np.array_equal(mine, x, equal_nan=x.dtype.kind in "fc")


def _transposed(apply, spaces, vs):
    """⟨apply(eᵢ), v⟩ for each entry i of each of `spaces`: a linear map turned round, one call per entry."""
    basis = [np.zeros(space_of(s).shape, np.result_type(space_of(s).dtype, np.float32)) for s in spaces]
    result = [b.copy() for b in basis]
    for k, b in enumerate(basis):
        if space_of(spaces[k]).dtype.kind not in "fc":
            continue
        for i in np.ndindex(b.shape):
            b[i] = 1
            total = sum(np.sum(a * v) for a, v in zip(apply(basis), vs, strict=True))
            result[k][i] = total if b.dtype.kind == "c" else np.real(total)
            b[i] = 0
    return tuple(result)


class _Linear(Joint):
    """The derivative of a black box: linear in its last arguments, and opaque in the first."""

    def __init__(self, call):
        super().__init__(f"derivative of {call.name}")
        self.call, self.solid = call, True

    def evaluate(self, *xs):
        n = len(self.call.given.places)
        found = self.derivative(xs[:n], xs[n:])
        return tuple(np.asarray(o)[()] for o in found)  # 0-d arrays as scalars

    def derivative(self, primals, moves):
        raise NotImplementedError

    def transpose(self) -> _Linear:
        raise NotImplementedError

    def push(self, primals, tangents):
        n = len(self.call.given.places)
        if any(d is not None for d in tangents[:n]):
            raise self.call.box.second()
        return self.face(*primals), self.face(*primals[:n], *filled(tangents[n:], primals[n:]))

    def pullback(self, primals, active):
        n = len(self.call.given.places)
        if any(i < n for i in active):
            raise self.call.box.second()
        outs = self.face(*primals)

        def back(gs):
            found = self.transpose().face(*primals[:n], *filled(gs, outs))
            return [found[i - n] for i in active]

        return outs, back

    def rows(self, mask, size):
        return Rows(self, mask, size)


class _Pushed(_Linear):
    def derivative(self, primals, moves):
        return self.call.moved(primals, moves)

    def transpose(self):
        return _Pulled(self.call)


class _Pulled(_Linear):
    def derivative(self, primals, moves):
        return self.call.pulled(primals, moves)

    def transpose(self):
        return _Pushed(self.call)


class _Together(Rows):
    """The rows of a black box that takes them all at once."""

    def evaluate(self, *xs):
        whole = [
            x if m else np.broadcast_to(x, (self.size, *np.shape(x)))
            for x, m in zip(xs, self.mask, strict=True)
        ]
        return self.call.evaluate(*whole)
