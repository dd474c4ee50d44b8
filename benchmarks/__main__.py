"""`python -m benchmarks [NAME …]`: measure the cases whose names contain one of the words, or all."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from . import report
from .case import CASES
from .timing import QUICK, Effort, measure


def main(argv=None) -> int:
    options = _parse(argv)
    from . import cases  # noqa: F401  (fills CASES)

    wanted = options.names or [""]
    chosen = [c for name, c in CASES.items() if any(word in name for word in wanted)]
    if options.list:
        for c in chosen:
            print(f"{c.name:<26} {report.target(c):<40} {c.what}")
        return 0
    if not chosen:
        print(f"no case is named like {options.names}; --list shows them", file=sys.stderr)
        return 2
    outcomes, failures = _run(chosen, options)
    if options.markdown:
        print(report.markdown({o.case.name: report.as_dict(o) for o in outcomes}))
    if options.json:
        report.write_json(options.json, outcomes, failures)
    return 1 if failures else 0


def _run(chosen, options):
    effort = replace(QUICK if options.quick else Effort(), clock=options.clock)
    if options.seconds:
        effort = replace(effort, seconds=options.seconds)
    only = set(options.only.split(",")) if options.only else None
    machine = report.machine()
    print(", ".join(f"{k} {v}" for k, v in machine["versions"].items()), "–", machine["cpu"])
    print(report.HEADER)
    outcomes, failures = [], {}
    for c in chosen:
        try:
            outcome = measure(c, effort, only)
        except Exception as error:  # one broken case must not hide the others; the exit status tells
            failures[c.name] = f"{type(error).__name__}: {error}"
            print(f"{c.name:<26} FAILED {failures[c.name]}", flush=True)
            if options.verbose:
                raise
            continue
        outcomes.append(outcome)
        print(report.row(outcome), flush=True)
    return outcomes, failures


def _parse(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="parts of names of cases; all by default")
    parser.add_argument("--list", action="store_true", help="list the cases and what they measure")
    parser.add_argument("--quick", action="store_true", help="a few short rounds: a smoke test, not a result")
    parser.add_argument("--seconds", type=float, help="time spent on each case")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu: for a busy machine")
    parser.add_argument("--only", metavar="PEER,…", help="contestants beside dualad; all by default")
    parser.add_argument("--json", metavar="FILE", help="write all numbers here too")
    parser.add_argument("--markdown", action="store_true", help="print the table of the README at the end")
    parser.add_argument("--verbose", action="store_true", help="stop at a failure, with its traceback")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
