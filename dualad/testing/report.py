"""The matrix, primitive by check: as text for a terminal, and as a page."""

from __future__ import annotations

from .checks import CHECKS, run_check
from .results import NOT_APPLICABLE, PASSED


def rows(primitives, out=print) -> bool:
    """Print one row per primitive as it comes, failures below their row; True when all is green."""
    width = max([len(p.name) for p in primitives] + [9])
    out(f"{'primitive':{width}}  " + "  ".join(f"{name:>7}" for name in CHECKS))
    good = True
    for prim in primitives:
        results = [run_check(name, prim) for name in CHECKS]
        out(f"{prim.name:{width}}  " + "  ".join(f"{cell(r):>7}" for r in results))
        for r in results:
            if not r.ok:
                good = False
                out(f"    {r}")
        if prim.flat is not None:
            out(f"    flat: {prim.flat}")
    return good


def cell(result) -> str:
    """A result in seven letters."""
    if result.status == NOT_APPLICABLE:
        return "-"
    if result.status != PASSED:
        return "FAIL"
    return f"{result.error:.0e}" if result.error else "ok"
