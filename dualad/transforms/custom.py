"""`custom_jvp` and `custom_vjp`: functions that bring a derivative rule of their own.

One rule is enough: the other mode is derived from it by transposition, for a JVP is linear in the tangents and a
VJP in the cotangents. A call of such a function is one primitive (`core.joint`), so that it can be differentiated
again, batched, recorded, drawn and audited like any other. A rule is differentiated by its own body.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from ..core.errors import MissingRule, StructureError, at_user_line
from ..core.joint import Joint
from ..core.tree import tree_flatten
from ._custom import (
    Arguments,
    Rows,
    cotangents_of,
    filled,
    outputs_of,
    pushed_by_pulling,
    shown,
    tangents_of,
    values_again,
)
from ._linearity import check_linear, check_transposed, probes
from .reverse import vjp


def _callables(who, *functions) -> None:
    for f in functions:
        if not callable(f):
            raise TypeError(f"{who} takes functions; this is a {type(f).__name__}{at_user_line()}")


class _Custom:
    """What the two decorators share: the function, its name, and which arguments are not differentiated."""

    def __init__(self, fun: Callable, nondiff_argnums: Sequence[int] = (), nondiff_argnames=()):
        _callables(type(self).__name__, fun)
        functools.update_wrapper(self, fun)
        self.fun = fun
        self.arguments = Arguments(fun, nondiff_argnums, nondiff_argnames)
        self.linear_known = False

    def __call__(self, *args, **kwargs):
        given, xs = self.arguments.take(args, kwargs)
        call = self.joint(self, given)
        outs = call.face(*xs)
        return call.outdef.unflatten(outs)

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self):
        return f"<{type(self).__name__} {self.arguments.name}>"


class _Call(Joint):
    """One call of a function with a rule."""

    def __init__(self, custom, given):
        super().__init__(getattr(custom.fun, "__name__", "function"), custom.fun.__doc__ or "")
        self.custom, self.given, self.outdef = custom, given, None

    def evaluate(self, *xs):
        return self._note(self.custom.fun(*self.given.all(xs)))

    def _note(self, out):
        outs, self.outdef = outputs_of(out)
        return outs

    def rows(self, mask, size):
        return Rows(self, mask, size)

    def _values(self, primals, outs):
        return values_again(self, primals, outs)


class _CallJVP(_Call):
    def push(self, primals, tangents):
        custom = self.custom
        if custom.rule is None:
            raise MissingRule(
                f"{self.name} has no rule: give it one with @{self.name}.defjvp{at_user_line()}"
            )
        moves = shown(filled(tangents, primals))
        given = self.given
        pair = custom.rule(*given.statics, tuple(given.data(shown(primals))), tuple(given.data(moves)))
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise StructureError(
                f"the rule of {self.name} must return (primal_out, tangent_out){at_user_line()}"
            )
        outs = self._note(pair[0])
        moves = tangents_of(pair[1], self.outdef, outs, self.name)
        return self._values(primals, outs), moves

    def pullback(self, primals, active):
        """The rule transposed: the reverse engine runs over it, from tangents to tangents."""

        def moved(*moves):
            tangents = [None] * len(primals)
            for i, d in zip(active, moves, strict=True):
                tangents[i] = d
            outs, out_moves = self.push(primals, tangents)
            return out_moves, outs

        zeros = filled([None] * len(active), [primals[i] for i in active])
        given = probes(zeros)
        with np.errstate(over="ignore"):
            moves, transposed, outs = vjp(moved, *given, has_aux=True)
        said = "the JVP rule", "the tangents"
        check_linear(self.custom, lambda *ds: moved(*ds)[0], zeros, *said)

        def back(gs):
            arriving = tuple(None if m is None else g for g, m in zip(gs, moves, strict=True))
            leaving = transposed(arriving)
            check_transposed(self.custom, (given, leaving), (moves, arriving), *said)
            return leaving

        return outs, back


class custom_jvp(_Custom):
    """Decorator: a function with a JVP rule of its own; the reverse mode follows by transposition.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of arrays.
    nondiff_argnums, nondiff_argnames : sequence of int, of str
        Arguments that are handed to the rule as they are, first, and carry no derivative.

    Notes
    -----
    `fun.defjvp(rule)` sets `rule(primals, tangents) -> (primal_out, tangent_out)`, linear in the tangents, which are
    all there (zeros where none arrives). `fun.defjvps(*rules)` sets one `rule(tangent, ans, *primals)` per argument, or
    None. Both may be decorators. The signatures are those of `jax.custom_jvp`.

    The rule must be written in NumPy that dualad can differentiate: of its body come the higher orders. What the
    function closes over is differentiated through its body; a traced value that would lose a derivative raises.

    Raises
    ------
    MissingRule
        A derivative is asked for, and no rule has been set.
    StructureError
        The rule's results do not fit, or are not linear in the tangents where the reverse mode needs that.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> @dualad.custom_jvp
    ... def log1pexp(x):
    ...     return np.logaddexp(x, 0)
    >>> @log1pexp.defjvp
    ... def _(primals, tangents):
    ...     (x,), (dx,) = primals, tangents
    ...     return log1pexp(x), dx / (1 + np.exp(-x))
    >>> dualad.grad(log1pexp)(0.0)
    0.5
    """

    joint = _CallJVP

    def __init__(self, fun: Callable, nondiff_argnums: Sequence[int] = (), nondiff_argnames=()):
        super().__init__(fun, nondiff_argnums, nondiff_argnames)
        self.rule: Callable | None = None

    def defjvp(self, jvp: Callable, symbolic_zeros: bool = False) -> Callable:
        """Set the rule for all arguments together."""
        if symbolic_zeros:
            raise NotImplementedError("symbolic_zeros: tangents are arrays here; test with np.any(dx)")
        _callables("defjvp", jvp)
        self.rule, self.linear_known = jvp, False
        return jvp

    def defjvps(self, *jvps: Callable | None) -> None:
        """Set one rule per differentiated argument: `rule(tangent, ans, *primals)`; None for a derivative of zero."""

        def rule(*given):
            *statics, primals, tangents = given
            if len(jvps) != len(primals):
                raise StructureError(
                    f"{self.arguments.name}.defjvps was given {len(jvps)} rules for {len(primals)} arguments"
                )
            ans = self(*self.arguments.merge(statics, primals))
            terms = [
                f(*statics, dx, ans, *primals) for f, dx in zip(jvps, tangents, strict=True) if f is not None
            ]
            return ans, sum(terms[1:], terms[0]) if terms else np.zeros_like(ans)

        self.rule, self.linear_known = rule, False


class _CallVJP(_Call):
    def pullback(self, primals, active):
        custom, given = self.custom, self.given
        if custom.fwd is None:
            raise MissingRule(
                f"{self.name} has no rule: give it one with {self.name}.defvjp(fwd, bwd){at_user_line()}"
            )
        pair = custom.fwd(*given.all(shown(primals)))
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise StructureError(f"fwd of {self.name} must return a tuple (out, residuals){at_user_line()}")
        outs, residuals = self._note(pair[0]), _kept(pair[1])

        def back(gs):
            g = self.outdef.unflatten(shown(filled(gs, outs)))
            found = custom.bwd(*given.statics, residuals, g)
            return cotangents_of(found, given, primals, active, self.name)

        return self._values(primals, outs), back

    def push(self, primals, tangents):
        return pushed_by_pulling(self, primals, tangents, self.custom)


def _kept(residuals):
    """Residuals with arrays of their own: between the passes the user may overwrite what he closed over."""
    leaves, treedef = tree_flatten(residuals)
    return treedef.unflatten(x.copy() if type(x) is np.ndarray else x for x in leaves)


class custom_vjp(_Custom):
    """Decorator: a function with a VJP rule of its own; the forward mode follows by transposition.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of arrays.
    nondiff_argnums, nondiff_argnames : sequence of int, of str
        Arguments that are handed to `bwd` as they are, first, and carry no derivative.

    Notes
    -----
    `fun.defvjp(fwd, bwd)` sets `fwd(*args) -> (out, residuals)` and `bwd(residuals, g) -> cotangents`, a tuple with one
    pytree per differentiated argument, None for zeros. The signatures are those of `jax.custom_vjp`. Unlike there, the
    function can be pushed forward too: `bwd` is transposed if it is linear in `g`, and refused if it is not (gradient
    clipping, reversal with a threshold …).

    Raises
    ------
    MissingRule
        A derivative is asked for, and no rule has been set.
    StructureError
        The rule's results do not fit, or `bwd` is not linear where the forward mode needs that.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> @dualad.custom_vjp
    ... def reversed_gradient(x):
    ...     return x
    >>> reversed_gradient.defvjp(lambda x: (x, None), lambda _, g: (-g,))
    >>> dualad.grad(lambda x: np.sum(reversed_gradient(x) ** 2))(np.ones(2))
    array([-2., -2.])
    """

    joint = _CallVJP

    def __init__(self, fun: Callable, nondiff_argnums: Sequence[int] = (), nondiff_argnames=()):
        super().__init__(fun, nondiff_argnums, nondiff_argnames)
        self.fwd: Callable | None = None
        self.bwd: Callable | None = None

    def defvjp(self, fwd: Callable, bwd: Callable, symbolic_zeros: bool = False) -> None:
        """Set the rule: `fwd(*args) -> (out, residuals)`, `bwd(residuals, g) -> cotangents`."""
        if symbolic_zeros:
            raise NotImplementedError("symbolic_zeros: cotangents are arrays here; test with np.any(g)")
        _callables("defvjp", fwd, bwd)
        self.fwd, self.bwd, self.linear_known = fwd, bwd, False
