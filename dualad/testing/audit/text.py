"""A report as text."""

from __future__ import annotations

import math
import sys

from .report import Finding, Report

ROWS = 40  # rows of the table; the text leaves the middle of longer programs out


def verdict(r: Report) -> str:
    """What the report comes to, in a sentence or two."""
    parts = []
    if not math.isnan(r.engines):
        parts.append(f"forward and reverse agree to {r.engines:.1f} digits")
    if r.numbers:
        c = r.numbers[0]
        said = {
            "agree": f"finite differences confirm {c.confirmed:.1f} of {c.possible:.1f} possible",
            "differ": f"finite differences confirm only {c.confirmed:.1f} of {c.possible:.1f} possible",
            "undecided": f"finite differences can confirm no more than {c.possible:.1f}",
            "drawn": "of what is drawn finite differences say nothing",
            "kink": "at a kink finite differences say nothing",
            "stopped": f"finite differences, with what is stopped held, confirm {c.confirmed:.1f} of {c.possible:.1f}",
        }
        parts.append(said[c.status])
    if r.complex_step is not None and r.complex_step.status == "agree":
        parts.append(f"the complex step {r.complex_step.confirmed:.1f}")
    return "; ".join(parts)


def text(r: Report, colour: bool = False) -> str:
    """The whole report on a page."""
    lines = [f"audit of {r.function}: {_mark(r, colour)}", f"  {verdict(r)}"]
    for c in r.numbers[1:]:
        if c.status not in ("agree", "kink"):
            lines.append(f"  along {c.what}: {c.status}, {c.confirmed:.1f} digits")
    errors, notes = r.errors, [f for f in r.findings if not f.error]
    for title, found in (("errors", errors), ("notes", notes)):
        if found:
            lines += ["", title, *(line for f in found for line in _finding(f))]
    if r.nodes:
        lines += ["", *_table(r)]
    return "\n".join(lines)


def _mark(r, colour):
    word = "ok" if r.ok else f"{len(r.errors)} error{'s' * (len(r.errors) > 1)}"
    if not colour:
        return word
    return f"\x1b[{32 if r.ok else 31}m{word}\x1b[0m"


def show(r: Report, out=None) -> None:
    """Print a report, in colour on a terminal."""
    out = sys.stdout if out is None else out
    print(text(r, colour=out.isatty()), file=out)


def _finding(f: Finding):
    at = f"{f.line}  " if f.line else ""
    yield f"  {at}{f.kind}: {f.text}"
    if f.line and f.line.text:
        yield f"      {f.line.text}"
    if f.error:
        for what, line in f.written.items():
            yield f"      {what}: {line.file}:{line.number}"


HEAD = ("call", "line", "digits", "forward", "backward", "bytes", "kept", "notes")


def rows(r: Report) -> list[tuple[str, ...]]:
    """The cells of the table, a tuple per call."""
    return [
        (
            n.shapes,
            str(n.line),
            "flat" if n.flat else "–" if math.isnan(n.error) else f"{n.digits:.1f}",
            _time(n.forward),
            _time(n.backward),
            _bytes(n.bytes),
            _bytes(n.kept),
            notes_of(n),
        )
        for n in r.nodes
    ]


def notes_of(n) -> str:
    """What is special about a call, in short."""
    said = [] if n.ok else [f"WRONG in {n.argument or n.wrong or 'its rules'}"]
    said += [str(n.kink)] if n.kink is not None else []
    said += [str(b) for b in n.births]
    said += [n.cast] if n.cast else []
    said += ["no JVP"] if n.unpushed else []
    return "; ".join(said)


def _table(r):
    found = rows(r)
    total = (
        f"{len(found)} calls",
        "",
        "",
        _time(sum(n.forward for n in r.nodes)),
        _time(sum(n.backward for n in r.nodes)),
        "",
        _bytes(sum(n.kept for n in r.nodes)),
        "",
    )
    shown = found
    if len(found) > ROWS:
        special = [k for k, row in enumerate(found) if row[-1]][: ROWS // 2]
        chosen = sorted({*range(ROWS // 2), *special, *range(len(found) - ROWS // 4, len(found))})
        shown = [found[k] for k in chosen]
    cells = [HEAD, *shown, total]
    widths = [max(len(row[k]) for row in cells) for k in range(len(HEAD))]
    left = (0, 1, 7)
    for k, row in enumerate(cells):
        if k == len(cells) - 1 and len(shown) < len(found):
            yield f"… {len(found) - len(shown)} more calls without notes"
        yield "  ".join(
            c.ljust(w) if j in left else c.rjust(w) for j, (c, w) in enumerate(zip(row, widths))
        ).rstrip()


def _time(seconds) -> str:
    if not seconds:
        return ""
    return f"{seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"


def _bytes(n) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n >= size:
            return f"{n / size:.1f} {unit}"
    return f"{n} B" if n else ""
