"""What an audit found: a verdict, findings, and one row per call."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

from ...inspect.lines import NOWHERE, Line
from ..gradcheck import DerivativeMismatch
from .numbers import Comparison
from .record import Node


class AuditFailed(DerivativeMismatch):
    """An audit found a mistake; `report` is what it found."""

    def __init__(self, text, report=None):
        super().__init__(text)
        self.report = report


@dataclass
class Finding:
    """One thing to know.

    Attributes
    ----------
    kind : "wrong rule", "engines disagree", "numbers disagree", "lost", "not a function", "not finite", "undecided" are
        errors; "kink", "stopped", "born", "cast", "one engine", "random", "symmetric",
        "state" are notes
    text : what, in a sentence
    line : the user's line, where one is known
    primitive : the primitive's name, where it is one's
    error : whether the derivative is not to be trusted
    """

    kind: str
    text: str
    line: Line = NOWHERE
    primitive: str = ""
    error: bool = False
    written: dict[str, Line] = field(default_factory=dict)

    def __str__(self):
        at = f" ({self.line})" if self.line else ""
        return f"{self.kind}{at}: {self.text}"


@dataclass
class Report:
    """The result of `audit`.

    Attributes
    ----------
    function : its name
    engines : digits that forward and reverse have in common; NaN where one is missing
    numbers : what finite differences say, along all arguments first, then leaf by leaf
    complex_step : what the complex step says, or None where the program declines
    findings : errors first
    nodes : one `Node` per call of a primitive
    ok : whether there is no error
    digits : digits that may be trusted: those of the engines, or what numbers confirm where they differ
    """

    function: str
    engines: float
    numbers: list[Comparison] = field(default_factory=list)
    complex_step: Comparison | None = None
    findings: list[Finding] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def errors(self) -> list[Finding]:
        return [f for f in self.findings if f.error]

    @property
    def ok(self) -> bool:
        return not self.errors

    @property
    def digits(self) -> float:
        engines = self.numbers[0].confirmed if math.isnan(self.engines) and self.numbers else self.engines
        if self.ok:
            return engines
        wrong = [c.confirmed for c in self.numbers if c.status == "differ"]
        broken = [n.digits for n in self.nodes if not n.ok and not math.isnan(n.error)]
        return min([engines, *wrong, *broken])

    @property
    def verdict(self) -> str:
        """One sentence, or two."""
        from .text import verdict

        return verdict(self)

    def raise_if_bad(self) -> Report:
        """Raise `AuditFailed` with the text of the report if there is an error; else return the report."""
        if not self.ok:
            raise AuditFailed(str(self), self)
        return self

    def to_dict(self) -> dict[str, Any]:
        """Everything as dicts, lists, numbers and strings."""
        return {
            "function": self.function,
            "ok": self.ok,
            "digits": _number(self.digits),
            "verdict": self.verdict,
            "engines": _number(self.engines),
            "numbers": [_comparison(c) for c in self.numbers],
            "complex_step": None if self.complex_step is None else _comparison(self.complex_step),
            "findings": [_finding(f) for f in self.findings],
            "nodes": [_node(n) for n in self.nodes],
            "seconds": dict(self.seconds),
        }

    def to_json(self, **options: Any) -> str:
        """`to_dict` as JSON; `options` are those of `json.dumps`."""
        return json.dumps(self.to_dict(), **options)

    def to_html(self) -> str:
        """A page of its own."""
        from .html import page

        return page(self)

    def _repr_html_(self) -> str:
        from .html import fragment

        return fragment(self)

    def __str__(self):
        from .text import text

        return text(self)

    def __repr__(self):
        return f"<audit of {self.function}: {self.verdict}>"


def _number(x) -> float | None:
    return float(x) if math.isfinite(x) else None


def _place(line: Line):
    return {"file": line.file, "line": line.number, "text": line.text} if line else None


def _comparison(c: Comparison) -> dict:
    return {
        "what": c.what,
        "status": c.status,
        "confirmed": _number(c.confirmed),
        "possible": _number(c.possible),
        "place": c.place,
        "got": None if c.got is None else str(c.got),
        "expected": None if c.expected is None else str(c.expected),
    }


def _finding(f: Finding) -> dict:
    return {
        "kind": f.kind,
        "error": f.error,
        "text": f.text,
        "primitive": f.primitive or None,
        "line": _place(f.line),
        "written": {name: _place(line) for name, line in f.written.items()},
    }


def _node(n: Node) -> dict:
    return {
        "index": n.index,
        "primitive": n.primitive,
        "call": n.shapes,
        "line": _place(n.line),
        "ok": n.ok,
        "residual": _number(n.error),
        "argument": n.argument or None,
        "flat": n.flat or None,
        "kink": None if n.kink is None else {**n.kink._asdict(), "met": bool(n.kink.met)},
        "births": [b._asdict() for b in n.births],
        "cast": n.cast or None,
        "seconds": {"forward": n.forward, "backward": n.backward},
        "bytes": {"result": n.bytes, "kept": n.kept},
    }
