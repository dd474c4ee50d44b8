"""`checked`: the duality test on every pullback in a block, and the guilty primitive where it fails.

    with dualad.checked():
        gradient = dualad.grad(f)(x)

The function runs once. Beside what the tape records, a random tangent travels with every value, by the JVP rules; when
the sweep is done, both sides of the identity are compared, once. Only where they differ are the single calls
tried.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any

import numpy as np

from ...core.checking import CHECKER
from ...core.errors import StructureError
from ...core.reverse import ReverseTrace, Var
from ...core.space import space_of
from ...core.trace import Box, settled, strip
from ...core.tree import tree_leaves, tree_map
from ...inspect.lines import NOWHERE
from ..gradcheck import DerivativeMismatch
from .duality import Residual, blame, compare, cotangents_of, digits, random_tangent, tolerance_of, try_call
from .judge import judge
from .lines import definitions
from .screen import ScreenTrace
from .watch import CallTrace, WatchTrace, below


class WrongDerivative(DerivativeMismatch):
    """The rules of a primitive disagree.

    Attributes
    ----------
    primitive : its name; empty where no single call is guilty
    line : the user's line where it was called
    argument : the argument, or arguments, whose rules disagree
    """

    def __init__(self, text, primitive="", line=NOWHERE, argument=""):
        super().__init__(text)
        self.primitive, self.line, self.argument = primitive, line, argument


class Session:
    """One pullback that is watched: `inputs` for the program, then `outputs`, then `check`, any number of times.

    `again(inputs)` runs the program once more, from variables of a tape that is given them; it is called where the
    comparison has failed, to find out where.
    """

    def __init__(self, tape, inputs, again, options):
        self.options, self.again = options, again
        self.rng = np.random.default_rng(options.seed)
        self.trace = ScreenTrace(tape.name, options.trust)
        self.values = [below(x) if isinstance(x, Var) and x.owner is tape else None for x in inputs]
        self.tangents = [None if v is None else random_tangent(self.rng, v) for v in self.values]
        self.inputs = self._watched(inputs, self.trace)
        self.out_tangents: list[Any] = []

    def _watched(self, inputs, trace):
        pairs = zip(inputs, self.tangents, strict=True)
        return [x if t is None else trace.watched(x, t) for x, t in pairs]

    def watching(self, f):
        """`f`, with whose end the watch ends. Stores that wait are carried out before: they are part of the run."""

        def watched(*args, **kwargs):
            try:
                out = f(*args, **kwargs)
                for leaf in _leaves(out):
                    settled(leaf)
                return out
            finally:
                self.trace.alive = False

        return watched

    def outputs(self, outs):
        """The outputs as the tape knows them."""
        self.out_tangents = [self.trace.tangent_of(o) for o in outs]
        return [self.trace.unwrapped(o) for o in outs]

    def aux(self, tree):
        """Extra results as the tape knows them."""
        return tree_map(self.trace.unwrapped, tree)

    def check(self, seeds, cotangents):
        """Compare; raise `WrongDerivative` where a call is to blame."""
        if self.trace.unpushed:
            self._warn()
            return
        self.options.count += 1
        residual = compare(seeds, self.out_tangents, cotangents, self.tangents)
        agree = not residual.error > self.options.allowed(*seeds, *self.tangents)
        if agree and not self.trace.suspects:
            return
        try:
            self._find(self.trace.suspects)
            explained = agree or residual.error <= 1e-3 + 100 * self._conditioning(seeds, residual)
        except WrongDerivative:
            raise
        except Exception as error:  # the program cannot be run again
            raise unexplained(residual) from error
        if not explained:
            raise unexplained(residual)

    def _find(self, suspects):
        """Run the program again, and try each call by itself; those with a rule of their own against numbers."""
        calls: list = []
        self._run(self.values, lambda name: CallTrace(name, calls.append))
        token = CHECKER.set(None)
        try:
            for call in reversed(calls):
                try_and_judge(call, self.rng, suspects)
        finally:
            CHECKER.reset(token)

    def _warn(self):
        for name, reason in self.trace.unpushed.items():
            warnings.warn(f"checked: {name} cannot be checked: {reason}", UncheckedWarning, stacklevel=4)

    def _conditioning(self, seeds, residual: Residual) -> float:
        """How far the forward side moves, relative to its size, when the arguments move by roundoff."""
        beside = [None if v is None or isinstance(v, Box) else self._moved(v) for v in self.values]
        outs, trace = self._run(beside, WatchTrace)
        near = [trace.tangent_of(o) for o in outs[: len(self.out_tangents)]]
        shift = abs(compare(seeds, near, [], []).forward - residual.forward)
        shift = shift if np.isfinite(shift) else 0.0
        return (shift + self.roundoff(seeds)) / residual.size

    def roundoff(self, seeds) -> float:
        """What roundoff may add up to: a unit of each call's results, weighted with their cotangents."""
        found, eps = self.weights(seeds)
        return float(eps * sum(found))

    def weights(self, seeds) -> tuple[list[float], float]:
        """What each call's result contributes, without signs, to the derivative; and the unit of roundoff."""
        calls: list = []
        outs, trace = self._run(self.values, lambda name: CallTrace(name, calls.append))
        made = {
            o.aux[0]: t
            for c in calls
            for o, t in zip(c.outs, c.out_tangents, strict=True)
            if isinstance(o, Var)
        }
        roots = [(trace.unwrapped(o), s) for o, s in zip(outs, seeds, strict=False) if s is not None]
        roots = [(o, s) for o, s in roots if isinstance(o, Var)]
        eps = max((np.finfo(space_of(t).dtype).eps for t in made.values() if t is not None), default=0.0)
        return [_weight(g, made.get(i)) for i, g in cotangents_of(roots)], float(eps)

    def _moved(self, v):
        a = np.asarray(v)
        return (a * (1 + 4 * np.finfo(a.dtype).eps * self.rng.uniform(-1, 1, a.shape))).astype(a.dtype)

    def _run(self, values, watch):
        """Run the program once more, watched by the trace that `watch` makes; the leaves of what it returns."""
        tape = ReverseTrace(self.trace.name)
        trace = watch(tape.name)  # after the tape: its boxes hold the tape's
        inputs = zip(self.inputs, self.values, values, strict=True)
        variables = [x if v is None else tape.leaf(v if w is None else w) for x, v, w in inputs]
        token = CHECKER.set(None)
        try:
            return tree_leaves(self.again(self._watched(variables, trace))), trace
        finally:
            CHECKER.reset(token)


def _leaves(tree) -> list:
    try:
        return tree_leaves(tree)
    except StructureError:  # extra results may be anything
        return []


def _weight(g, t) -> float:
    """No less than Σ |g t|, whatever rows a batch may have added to either."""
    if t is None or isinstance(g, list):
        return 0.0
    g, t = np.abs(np.asarray(strip(g))), np.abs(np.asarray(strip(t)))
    return float(np.max(g, initial=0.0) * np.sum(t))


class UncheckedWarning(UserWarning):
    """A primitive has no JVP, so the engines cannot be compared."""


def try_and_judge(call, rng, suspects) -> None:
    """Raise if the rules of a call disagree, or if numbers contradict the rule of one that is suspected."""
    if not call.active or not any(isinstance(o, Var) for o in call.outs):
        return
    found = try_call(call, rng)
    if not found.ok:
        raise guilty(call, found.residual, blame(call, rng))
    if call.prim.name in suspects:
        said = judge(call, rng)
        if said:
            raise contradicted(call, said)


def guilty(call, residual: Residual, argument: str) -> WrongDerivative:
    """The error that names a primitive whose rules disagree, and the lines to look at."""
    name = call.prim.name
    of = f" in its argument {argument}" if argument else ""
    at = f", called at {call.line}: {call.line.text!r}" if call.line else ""
    written = definitions(call.prim, call.params)
    where = "".join(f"\n    {what}: {line.file}:{line.number}" for what, line in written.items())
    return WrongDerivative(
        f"the rules of {name} disagree{of}{at}. For random directions forward gives {residual.forward:.12g}, "
        f"reverse {residual.reverse:.12g}: {digits(residual.error):.1f} digits in common. dualad.audit(f, *args) says "
        f"which of the two is wrong.{where}",
        name,
        call.line,
        argument,
    )


def unexplained(residual: Residual) -> WrongDerivative:
    """The error for engines that disagree although every call is right for itself, and nothing is ill-conditioned."""
    return WrongDerivative(
        f"the engines disagree: forward gives {residual.forward:.12g}, reverse {residual.reverse:.12g}; yet, as far as "
        "could be tried, every primitive by itself is right. This is a mistake in dualad, or the function cannot be "
        "run again, or gives something else then; dualad.audit(f, *args) tells."
    )


def contradicted(call, said: str) -> WrongDerivative:
    """The error that names a function whose own rule numbers contradict."""
    name = call.prim.name
    at = f", called at {call.line}: {call.line.text!r}" if call.line else ""
    where = "".join(
        f"\n    {what}: {line.file}:{line.number}"
        for what, line in definitions(call.prim, call.params).items()
    )
    return WrongDerivative(
        f"the {said} of {name} is wrong, say finite differences{at}. If it is meant to differ from the derivative, "
        f"say so: checked(trust=({name!r},)).{where}",
        name,
        call.line,
        said,
    )


class checked:
    """Compare the engines at every pullback inside the block: `vjp`, `grad`, `value_and_grad`, `backward`.

    A function with a rule of its own (`custom_vjp`, `custom_jvp`) has one rule, of which the other mode is the
    transpose, so the engines agree on it whatever it says; its calls are compared with finite differences.

    A mistake in a rule raises and names the primitive and the line. The watch is of this context: other threads
    are not touched, and outside of such a block nothing is paid.

    Parameters
    ----------
    tolerance : float, optional
        Relative difference that is allowed; by default what roundoff explains, 1e-10 in float64.
    seed : int
        Of the random directions.
    trust : names
        Functions with a rule of their own that is meant not to be the derivative, such as a reversed gradient.

    Attributes
    ----------
    count : int, how many pullbacks have been compared

    Raises
    ------
    WrongDerivative
        By the pullback, where forward and reverse disagree.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> with dualad.checked() as check:
    ...     g = dualad.grad(lambda x: np.sum(np.sin(x)))(np.zeros(2))
    >>> check.count
    1
    """

    def __init__(self, *, tolerance: float | None = None, seed: int = 0, trust: Collection[str] = ()):
        self.tolerance, self.seed, self.trust, self.count = tolerance, seed, frozenset(trust), 0
        self._before: list = []

    def allowed(self, *arrays) -> float:
        """The relative difference that is allowed where these arrays take part."""
        return self.tolerance if self.tolerance is not None else tolerance_of(*arrays)

    def watch(self, tape, inputs, again):
        return Session(tape, inputs, again, self)

    def __enter__(self):
        from ..._torch import modes
        from .tensors import TensorWatch

        self._before.append((CHECKER.set(self.watch), modes.watcher()))
        modes.watch(TensorWatch(self, try_and_judge))
        return self

    def __exit__(self, *_):
        from ..._torch import modes

        token, watcher = self._before.pop()
        CHECKER.reset(token)
        modes.watch(watcher)
