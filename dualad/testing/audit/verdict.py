"""`audit`: every witness heard, and their statements put together."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from ...core.errors import MissingRule, NotDifferentiable, StructureError
from ...core.trace import strip
from ...core.tree import tree_flatten, tree_leaves
from ...transforms.forward import jvp
from ...transforms.reverse import vjp
from ..gradcheck import RTOL, paths
from .diagnosis import Diagnosis
from .duality import compare, random_like, random_tangent
from .lost import precision_of_numbers
from .numbers import by_complex_step, differences, judged
from .record import Record
from .report import Finding, Report
from .state import Randomness, State

LEAVES = 16  # leaves that numbers try one by one


class Subject:
    """A function of leaves, from a function of pytrees at a point."""

    def __init__(self, f: Callable, args: tuple, kwargs: dict):
        self.f, self.kwargs = f, kwargs
        self.name = getattr(f, "__name__", type(f).__name__)
        leaves, self.treedef = tree_flatten(args)
        self.leaves = [_plain(x) for x in leaves]
        self.names = paths(args, "args")
        self.active = [np.asarray(x).dtype.kind in "fc" for x in self.leaves]
        self.randomness: Randomness | None = None
        if not any(self.active):
            raise NotDifferentiable(
                f"audit: no argument of {self.name} is a floating-point or complex array; write 3.0 for 3, "
                "x.astype(float) for an integer array"
            )

    def call(self, leaves):
        """The output of the function, traced or not."""
        if self.randomness is not None:
            self.randomness.put_back()
        return self.f(*self.treedef.unflatten(leaves), **self.kwargs)

    def traced(self, *leaves):
        return [o for o in tree_leaves(self.call(list(leaves))) if not isinstance(o, str)]

    def plain(self, leaves) -> list:
        """The output's leaves as plain arrays; the function gets copies, and may write into them."""
        given = [x.copy() if isinstance(x, np.ndarray) else x for x in leaves]
        return [np.asarray(strip(o)) for o in self.traced(*given)]

    def moves(self, rng, only=None) -> list:
        """Random tangents of all differentiable leaves, or of one."""
        chosen = [a and only in (None, k) for k, a in enumerate(self.active)]
        return [random_tangent(rng, x) if c else None for x, c in zip(self.leaves, chosen, strict=True)]


def _plain(x):
    x = strip(x)
    a = np.asarray(x)
    return np.array(a) if a.dtype.kind in "fc" else x


class Auditor:
    """`audit` with options: `Auditor(seed=1)(f, x)`.

    Parameters
    ----------
    seed : int
        Of the random directions.
    rtol : float, optional
        What numbers may differ by, beside ten times their own error; 1e-7 in double precision if not given.
    nodes : bool
        Whether each call is tried; without, only the whole.
    """

    def __init__(self, *, seed: int = 0, rtol: float | None = None, nodes: bool = True):
        self.seed, self.rtol, self.nodes = seed, rtol, nodes

    def __call__(self, f: Callable, /, *args: Any, **kwargs: Any) -> Report:
        start = perf_counter()
        with np.errstate(all="ignore"):
            report = self._audit(Subject(f, args, kwargs))
        report.seconds["audit"] = perf_counter() - start
        report.findings.sort(key=lambda f: not f.error)
        return report

    def _audit(self, subject: Subject) -> Report:
        rng = np.random.default_rng(self.seed)
        report = Report(subject.name, float("nan"))
        outs = self._evaluate(subject, report)
        moves = subject.moves(rng)
        seeds = [random_like(rng, o) if o.dtype.kind in "fc" else None for o in outs]
        tangents, found = self._engines(subject, report, outs, moves, seeds)
        record = None
        if self.nodes:
            record = Record(lambda xs: subject.traced(*xs), subject.leaves, moves, seed=self.seed)
            record.sweep(seeds)
            report.nodes = record.nodes
        self.precision = 8 if record is None else record.precision
        self.of_numbers = precision_of_numbers(lambda xs: subject.traced(*xs), subject.leaves, subject.active)
        diagnosis = Diagnosis(self, subject, report, record, rng)
        diagnosis.finite(outs, tangents, found)
        diagnosis.engines(outs, tangents, seeds, found, moves)
        diagnosis.numbers(self._numbers(subject, report, rng, moves, tangents, (seeds, found)))
        diagnosis.notes()
        return report

    def _evaluate(self, subject, report) -> list:
        """Two runs on plain arrays: they must give the same, and leave the world as it was."""
        randomness, before = Randomness(subject.f), State(subject.f)
        given = [x.copy() if isinstance(x, np.ndarray) else x for x in subject.leaves]
        start = perf_counter()
        outs = [np.array(strip(o)) for o in subject.traced(*given)]
        report.seconds["evaluation"] = perf_counter() - start
        after = State(subject.f)
        again = subject.plain(subject.leaves)
        changed = after.changed_since(before)
        subject.randomness = randomness
        if not _all_same(outs, again):
            repeated = _all_same(outs, subject.plain(subject.leaves))
            report.findings.append(not_a_function(subject, outs, again, changed, repeated))
        elif changed:
            report.findings.append(
                Finding("state", f"a call changes {', '.join(changed)}; the results are the same")
            )
        for name, x, y in zip(subject.names, subject.leaves, given, strict=True):
            if isinstance(x, np.ndarray) and not _same(x, y):
                text = f"{subject.name} writes into its argument {name}: the caller's array has other values afterwards"
                report.findings.append(Finding("not a function", text, error=True))
        return subject.plain(subject.leaves)

    def _engines(self, subject, report, outs, moves, seeds):
        """Tangents by the forward engine, None where a JVP is missing, and cotangents by the reverse one."""
        start = perf_counter()
        try:
            tangents = [strip(t) for t in jvp(subject.traced, tuple(subject.leaves), tuple(moves))[1]]
        except (MissingRule, StructureError) as reason:
            tangents = None
            report.findings.append(
                Finding("one engine", f"forward mode is missing, so numbers alone judge: {reason}")
            )
        middle = perf_counter()
        _, pullback = vjp(subject.traced, *subject.leaves)
        found = [None if g is None else strip(g) for g in pullback(seeds)]
        report.seconds.update(forward=middle - start, reverse=perf_counter() - middle)
        return tangents, found

    def _numbers(self, subject, report, rng, moves, tangents, reverse):
        """Finite differences along all leaves, and along each; then the complex step."""
        directions = [("all arguments", moves, tangents)]
        places = [k for k, a in enumerate(subject.active) if a]
        if 1 < len(places) <= LEAVES:
            for k in places:
                alone = subject.moves(rng, only=k)
                t = None
                if tangents is not None:
                    t = [strip(t) for t in jvp(subject.traced, tuple(subject.leaves), tuple(alone))[1]]
                directions.append((subject.names[k], alone, t))
        tried = []
        for what, along, t in directions:
            want, error = differences(subject.plain, subject.leaves, along, self.of_numbers)
            comparison = self.judged(what, t, want, error, reverse, along)
            report.numbers.append(comparison)
            tried.append((comparison, along, t))
        exact = by_complex_step(subject.plain, subject.leaves, moves) if tangents is not None else None
        if exact is not None:
            report.complex_step = self.judged("complex step", tangents, *exact, reverse, moves)
        return tried

    def judged(self, what, tangents, want, error, reverse, along):
        """A comparison of tangents with numbers; without forward mode, of the pulled cotangents."""
        rtol = self.rtol
        if rtol is None and self.precision < 8:
            rtol = RTOL.get(self.precision, 5e-2)
        if tangents is not None:
            names = [f"output[{k}]" if len(want) > 1 else "output" for k in range(len(want))]
            return judged(what, tangents, want, error, names, rtol)
        seeds, found = reverse
        sides = [
            (found, along),
            (seeds, want),
            ([None if s is None else np.abs(s) for s in seeds], error),
        ]
        got, aimed, unsure = ([np.float64(compare(gs, ds, [], []).forward)] for gs, ds in sides)
        return judged(what, got, aimed, unsure, ["⟨g, output⟩"], rtol)


def not_a_function(subject, outs, again, changed, repeated) -> Finding:
    """Two runs differ: by random numbers that can be drawn again, or by something else."""
    apart = max((_apart(a, b) for a, b in zip(outs, again, strict=False)), default=float("inf"))
    text = f"two runs of {subject.name} on the same input differ, by {apart:.1e} of the output"
    if changed:
        text += f"; a call changes {', '.join(changed)}"
    if repeated:
        return Finding("random", f"{text}. Every run of this audit starts from the same random state")
    return Finding(
        "not a function", f"{text}. What is said below holds for one of its runs, if for any", error=True
    )


def _all_same(a, b) -> bool:
    return len(a) == len(b) and all(map(_same, a, b))


def _same(a, b) -> bool:
    return a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")


def _apart(a, b) -> float:
    if a.shape != b.shape or a.dtype.kind not in "fc" or not a.size:
        return float("inf")
    return float(np.max(np.abs(a - b)) / (np.max(np.abs(a)) or 1.0))


def audit(f: Callable, /, *args: Any, **kwargs: Any) -> Report:
    """Prove the derivatives of `f` at a point, or find the mistake.

    Both engines differentiate the program; they are compared with each other, with extrapolated finite differences,
    and with the complex step where the program takes complex numbers. Every call of a primitive is tried by itself
    with the duality identity ⟨g, J dx⟩ = ⟨Jᵀ g, dx⟩; kinks, births of NaN and infinity, and casts are noted on the way.

    Parameters
    ----------
    f : callable
        Takes and returns pytrees of arrays, tensors, modules.
    *args
        The point. Floating-point and complex leaves are differentiated.
    **kwargs
        Handed to `f`, as constants. Options of the audit itself are those of `dualad.testing.Auditor`.

    Returns
    -------
    Report
        `str(report)` is a page of text, a notebook shows it as a table, `report.to_json()`; `report.ok`,
        `report.digits`, `report.findings`, `report.nodes`, `report.raise_if_bad()`.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> report = dualad.audit(lambda x: np.sum(np.sin(x) * x), np.array([0.3, 1.2]))
    >>> report.ok, report.digits > 14
    (True, True)
    """
    return Auditor()(f, *args, **kwargs)
