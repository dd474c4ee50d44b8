"""From statements of witnesses to findings: which disagreement is a mistake, whose, and which is a kink."""

from __future__ import annotations

import numpy as np

from ...core.reverse import ReverseTrace
from ...core.trace import strip
from ...transforms.forward import jvp
from .births import is_finite
from .checked import Session, checked
from .duality import TOLERANCE, compare, tolerance_of
from .judge import judge
from .lost import changed_constants, with_stops_held
from .numbers import Comparison, differences, has_kink, moved
from .policies import SYMMETRIC, is_draw, symmetrised
from .record import Node, Record
from .report import Finding

BESIDE = 1e-3  # how far, of the size of the arguments, the point beside a kink lies
RESOLUTION = 1e-11  # of finite differences, of the largest part of a sum
LONG = 20_000  # calls beyond which numbers do not judge each


class Diagnosis:
    """The findings about one subject, written into its report."""

    def __init__(self, auditor, subject, report, record, rng):
        self.auditor, self.subject, self.report = auditor, subject, report
        self.record, self.rng = record, rng
        self.seeds: list = []
        self.largest: float | None = None  # of the parts that the derivative is a sum of
        self.settled = False  # whether a mistake has been found that explains disagreements

    def add(self, kind, text, *, error=False, node: Node | None = None, line=None, primitive=""):
        finding = Finding(kind, text, error=error, primitive=primitive)
        if node is not None:
            finding.line, finding.primitive, finding.written = node.line, node.primitive, node.written
        if line is not None:
            finding.line = line
        self.report.findings.append(finding)

    # ---- the engines ----

    def engines(self, outs, tangents, seeds, found, moves):
        """Forward against reverse: first each call, then the whole."""
        self.seeds = seeds
        bad = [n for n in self.report.nodes if not n.ok]
        if bad:
            self._rules(bad)
        if tangents is None:
            return
        residual = compare(seeds, tangents, found, moves)
        self.report.engines = residual.digits
        allowed = tolerance_of(
            *outs, *(x for x, m in zip(self.subject.leaves, moves, strict=True) if m is not None)
        )
        if self.record is not None:
            allowed = max(
                allowed, TOLERANCE.get(self.record.precision, 0.0), *(n.allowed for n in self.report.nodes)
            )
        if residual.error > allowed and not bad:
            roundoff = self._session().roundoff(seeds) / residual.size if residual.size else 0.0
            shift = self._conditioning(seeds, moves, residual) + roundoff
            if residual.error > allowed + 100 * shift:
                self.settled = True
                self.add(
                    "engines disagree",
                    f"forward gives {residual.forward:.12g}, reverse {residual.reverse:.12g}; every primitive by "
                    "itself is right, so this is a mistake in dualad",
                    error=True,
                )

    def _conditioning(self, seeds, moves, residual) -> float:
        """How far the forward derivative moves when the point moves by roundoff."""
        xs = moved(self.subject.leaves, moves, 4 * np.finfo(float).eps)
        xs = [np.asarray(x, np.asarray(y).dtype) if m is not None else y
              for x, y, m in zip(xs, self.subject.leaves, moves, strict=True)]  # fmt: skip
        near = jvp(self.subject.traced, tuple(xs), tuple(moves))[1]
        shift = abs(compare(seeds, [strip(t) for t in near], [], []).forward - residual.forward)
        return shift / residual.size if np.isfinite(shift) and residual.size else 0.0

    def _session(self) -> Session:
        """The function under the watch of `checked`, which knows how large the parts of a derivative are."""
        subject, tape = self.subject, ReverseTrace("audit")
        inputs = [tape.leaf(x) if a else x for x, a in zip(subject.leaves, subject.active, strict=True)]
        return Session(tape, inputs, lambda xs: subject.traced(*xs), checked(seed=self.auditor.seed))

    def _cancels(self, c: Comparison) -> bool:
        """Whether engines and numbers differ by no more than differences can tell of parts that cancel."""
        if self.record is None:
            return False
        if self.largest is None:
            self.largest = max(self._session().weights(self.seeds)[0], default=0.0)
        return bool(abs(c.got - c.expected) <= RESOLUTION * self.largest)

    def _rules(self, bad):
        """Calls whose two rules disagree, one finding per primitive and line; numbers say which is wrong."""
        self.settled = True
        verdicts = self._judged({n.primitive for n in bad})
        seen = set()
        for node in bad:
            if (node.primitive, node.line) in seen:
                continue
            seen.add((node.primitive, node.line))
            said = verdicts.get((node.primitive, node.line), "")
            which = (
                f"the {said} is wrong, say finite differences"
                if said
                else "numbers cannot tell which is wrong"
            )
            of = f" in its argument {node.argument}" if node.argument else ""
            text = f"the rules of {node.primitive} disagree{of}: {node.digits:.1f} digits in common; {which}"
            self.add("wrong rule", text, error=True, node=node)

    def _judged(self, names=None) -> dict:
        """What numbers say of the calls of some primitives, or of all, by primitive and line."""
        if self.record is None or len(self.record.nodes) > LONG:
            return {}

        rtol = self.auditor.rtol

        def asked(call, rng):
            return judge(call, rng, rtol) if names is None or call.prim.name in names else ""

        subject = self.subject
        moves = subject.moves(self.rng)
        again = Record(
            lambda xs: subject.traced(*xs), subject.leaves, moves, judge=asked, seed=self.auditor.seed
        )
        found: dict = {}
        for node in again.nodes:
            if node.wrong:
                found.setdefault((node.primitive, node.line), node.wrong)
        self.judged_nodes = [n for n in again.nodes if n.wrong]
        return found

    # ---- numbers ----

    def numbers(self, tried):
        """Findings about what numbers say along each direction; one finding for one cause."""
        for comparison, along, _ in tried:
            if comparison.status == "differ":
                self._differ(comparison, along)
            elif comparison.status == "undecided":
                self._undecided(comparison, along)
        if not self.settled and self.record is not None:
            self._both_rules(self.record.of_users)

    def _differ(self, c: Comparison, along):
        if self.settled and not c.vanishes:
            return
        if self._cancels(c):
            c.status = "agree"
            return
        if self._explained(c, along):
            return
        if not self.settled and self._both_rules():
            return
        lost = self._lost(along)
        if lost:
            self.settled = True
            for name, line in lost:
                text = (
                    f"{name} gets a constant that changes with the input: its derivative was lost on the way there "
                    "(dualad.getval, text, or a plain array that the program fills)"
                )
                self.add("lost", text, error=True, line=line, primitive=name)
            return
        self.settled = True
        if c.vanishes:
            of = "" if c.what == "all arguments" else f" with respect to {c.what}"
            self.add(
                "lost",
                f"the derivative{of} is zero, but numbers say {c.expected:.6g} at {c.place}{self._stops()}",
                error=True,
            )
            return
        self.add(
            "numbers disagree",
            f"along {c.what}, at {c.place}: the engines give {c.got:.10g}, finite differences {c.expected:.10g} ± "
            f"{c.uncertainty:.0e}{self._stops()}",
            error=True,
        )

    def _stops(self) -> str:
        lines = dict.fromkeys(str(n.line) for n in self.report.nodes if n.primitive == "stop_gradient")
        return f"; stop_gradient is called at {', '.join(lines)}" if lines else ""

    def _explained(self, c: Comparison, along) -> bool:
        """A kink, a stop on purpose, a policy: then numbers are asked in another way, and have to agree."""
        subject = self.subject
        if self._by_policy(c, along):
            return True
        if has_kink(subject.plain, subject.leaves, along):
            beside = self._beside(along)
            if beside.status == "agree":
                c.status = "kink"
                self._kink_text(c, beside)
                return True
        if any(n.primitive == "stop_gradient" for n in self.report.nodes) and not c.vanishes:
            held = with_stops_held(lambda xs: subject.traced(*xs), subject.leaves, subject.active)
            found = self._compared(lambda xs: [np.asarray(strip(o)) for o in held(xs)], subject.leaves, along)
            if found.status == "agree":
                c.status, c.confirmed, c.possible = "stopped", found.confirmed, found.possible
                if not any(f.kind == "stopped" for f in self.report.findings):
                    self.add(
                        "stopped",
                        "the derivative is that of the function with what is stopped held constant, and numbers "
                        f"confirm it to {found.confirmed:.1f} digits{self._stops()}",
                    )
                return True
        return False

    def _by_policy(self, c, along) -> bool:
        """Whether the program has a primitive for which differences in any direction are not the derivative."""
        names = {n.primitive: n for n in self.report.nodes if not n.flat}
        node = next((names[n] for n in SYMMETRIC if n in names), None)
        if node is not None:
            moves = [None if m is None else symmetrised(m) for m in along]
            found = self._compared(self.subject.plain, self.subject.leaves, moves)
            if found.status == "agree":
                c.status, c.confirmed, c.possible = "agree", found.confirmed, found.possible
                self._once(
                    "symmetric",
                    f"{node.primitive} is differentiated along symmetric directions; along these numbers agree",
                    node,
                )
                return True
        node = next((n for name, n in names.items() if is_draw(name)), None)
        if node is None or c.vanishes:
            return False
        c.status = "drawn"
        text = "what is drawn has the derivative of a coupling of distributions, of which differences say nothing"
        self._once("random", f"{node.primitive}: {text}", node)
        return True

    def _once(self, kind, text, node):
        if not any(f.kind == kind and f.text == text for f in self.report.findings):
            self.add(kind, text, node=node)

    def _kink_text(self, c, beside):
        if any(f.kind == "kink" for f in self.report.findings):
            return
        met = [n for n in self.report.nodes if n.kink is not None and n.kink.met]
        text = (
            "the slopes to both sides of the point differ, and the derivative is the policy's; beside the point finite "
            f"differences confirm {beside.confirmed:.1f} digits"
        )
        if met:
            text = f"{met[0].kink.what}: {text}"
        self.add("kink", text, node=met[0] if met else None)

    def _beside(self, along) -> Comparison:
        """Numbers and forward mode at a point a little away."""
        shift = self.subject.moves(self.rng)
        xs = moved(self.subject.leaves, shift, BESIDE)
        xs = [np.asarray(x, np.asarray(y).dtype) if m is not None else y
              for x, y, m in zip(xs, self.subject.leaves, shift, strict=True)]  # fmt: skip
        return self._compared(self.subject.plain, xs, along)

    def _compared(self, f, leaves, along) -> Comparison:
        tangents = [strip(t) for t in jvp(self.subject.traced, tuple(leaves), tuple(along))[1]]
        want, error = differences(f, leaves, along, self.auditor.of_numbers)
        return self.auditor.judged("beside", tangents, want, error, None, along)

    def _both_rules(self, names=None) -> bool:
        """Whether there are calls that numbers contradict although their rules agree: both are wrong alike.

        Functions with one rule by a user are tried whatever numbers say of the whole: it may hide there.
        """
        if names is not None and not names:
            return False
        found = self._judged(names)
        for node in self.judged_nodes if found else ():
            if self.settled and any(
                f.primitive == node.primitive and f.line == node.line for f in self.report.findings
            ):
                continue
            self.settled = True
            self._mark(node)
            text = f"the {node.wrong} of {node.primitive} is wrong, say finite differences, though the rules agree"
            self.add("wrong rule", text, error=True, node=node)
        return bool(found)

    def _mark(self, node):
        if node.index < len(self.report.nodes) and self.report.nodes[node.index].primitive == node.primitive:
            self.report.nodes[node.index].wrong = node.wrong

    def _lost(self, along) -> list:
        """Calls that get a constant which changes with the input."""
        if self.record is None:
            return []
        subject = self.subject
        xs = moved(subject.leaves, along, 1e-6)
        xs = [np.asarray(x, np.asarray(y).dtype) if m is not None else y
              for x, y, m in zip(xs, subject.leaves, along, strict=True)]  # fmt: skip
        beside = Record(lambda ys: subject.traced(*ys), xs, subject.moves(self.rng), seed=self.auditor.seed)
        changed = changed_constants(self.record.constants, beside.constants)
        stops = {n.line for n in self.report.nodes if n.primitive == "stop_gradient"}
        return [] if stops else changed[:3]

    def _undecided(self, c: Comparison, along):
        """Numbers that do not converge: a kink is met or near, or nothing has been shown."""
        if self.settled:
            return
        exact = self.report.complex_step
        if c.what == "all arguments" and exact is not None and exact.status == "agree":
            return
        subject = self.subject
        if has_kink(subject.plain, subject.leaves, along):
            beside = self._beside(along)
            if beside.status == "agree":
                c.status = "kink"
                self._kink_text(c, beside)
                return
        if self._by_policy(c, along):
            return
        if c.confirmed < 2 and self._both_rules():
            return
        if not any(f.kind == "undecided" for f in self.report.findings):
            self.add(
                "undecided",
                f"finite differences along {c.what} do not converge: they can confirm {c.possible:.1f} digits at most, "
                f"and {c.confirmed:.1f} agree. Is the function noisy, or ill-conditioned there?",
                error=c.confirmed < max(2, min(c.possible, 4) - 1),
            )

    # ---- the nodes ----

    def finite(self, outs, tangents, found):
        """Whether results and derivatives are numbers at all; if not, who bore the first that is none."""
        bad = [a for a in (*(tangents or ()), *found) if a is not None and not is_finite(a)]
        if bad or not all(map(is_finite, outs)):
            self.settled = True
            first = next((n for n in self.report.nodes if n.births), None)
            where = f": {first.births[0]}, by {first.primitive}" if first is not None else ""
            self.add(
                "not finite",
                f"{'a derivative' if bad else 'the result'} is NaN or infinite{where}",
                error=True,
                node=first,
            )

    def notes(self):
        """Kinks, births and casts, a line each."""
        for kind, of in (
            ("born", lambda n: [str(b) for b in n.births]),
            ("kink", lambda n: [str(n.kink)] if n.kink is not None else []),
            ("cast", lambda n: [n.cast] if n.cast else []),
        ):
            self._notes(kind, of)

    def _notes(self, kind, of):
        groups: dict = {}
        for node in self.report.nodes:
            for text in of(node):
                groups.setdefault((node.line, node.primitive), []).append((text, node))
        for found in groups.values():
            text, node = found[0]
            alike = (kind, "not finite") if kind == "born" else (kind,)
            known = any(
                f.kind in alike and f.line == node.line and f.primitive == node.primitive
                for f in self.report.findings
            )
            if not known:
                more = f"; {len(found)} such findings on this line" if len(found) > 1 else ""
                self.add(kind, f"{node.primitive}: {text}{more}", node=node)
