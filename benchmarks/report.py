"""The table, and the same numbers as JSON."""

from __future__ import annotations

import datetime
import json
import platform

from . import peers
from .timing import SUBJECT, Outcome

HEADER = f"{'case':<26} {'dualad':>16}  {'target':<40} {'met':<4} ratio of dualad to each [quartiles]"


def row(outcome: Outcome) -> str:
    """One line: the name, dualad's own number, the target and whether it is met, the ratios."""
    case = outcome.case
    ratios = []
    for name in outcome.values:
        if name != SUBJECT:
            low, mid, high = outcome.ratio(name)
            ratios.append(f"{name} {mid:.2f} [{low:.2f}–{high:.2f}]")
    value = f"{outcome.value():.3g} {case.unit}" + (f"/{case.of}" if case.per > 1 else "")
    return f"{case.name:<26} {value:>16}  {target(case):<40} {verdict(outcome):<4} {'  '.join(ratios)}"


def target(case) -> str:
    parts = [f"{name} ≤ {most:g}" for name, most in case.targets.items()]
    if case.limit is not None:
        parts.append(f"≤ {case.limit:g} {case.unit}")
    return ", ".join(parts) or "–"


def verdict(outcome: Outcome) -> str:
    case = outcome.case
    if case.limit is None and not set(case.targets) & set(outcome.values):
        return "–"
    return "no" if outcome.misses() else "yes"


def markdown(cases: dict) -> str:
    """The table of the README, from the cases of a JSON file."""
    lines = ["| case | dualad | target | met | ratio of dualad to |", "|---|---|---|---|---|"]
    for name, c in cases.items():
        unit = c["unit"] + (f"/{c['of']}" if c["per"] > 1 else "")
        ratios = ", ".join(f"{peer} {r['median']:.2f}" for peer, r in c["ratios"].items())
        lines.append(
            f"| {name} | {c['medians'][SUBJECT]:.3g} {unit} | {c['target']} | {c['met']} | {ratios} |"
        )
    return "\n".join(lines)


def machine() -> dict:
    """Date, versions and the name of the processor."""
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": _cpu_name(),
        "python": platform.python_version(),
        "versions": peers.versions(),
    }


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def write_json(path, outcomes, failures) -> None:
    cases = {o.case.name: as_dict(o) for o in outcomes}
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**machine(), "cases": cases, "failures": failures}, file, indent=1, ensure_ascii=False)
        file.write("\n")


def as_dict(outcome: Outcome) -> dict:
    case, peers_seen = outcome.case, [n for n in outcome.values if n != SUBJECT]
    return {
        "what": case.what,
        "unit": case.unit,
        "per": case.per,
        "of": case.of,
        "rounds": outcome.rounds,
        "medians": {name: outcome.value(name) for name in outcome.values},
        "ratios": {name: dict(zip(("low", "median", "high"), outcome.ratio(name))) for name in peers_seen},
        "target": target(case),
        "met": verdict(outcome),
        "misses": outcome.misses(),
    }
