"""The checks C0 to C10 and C12 of a primitive, each a function `(prim, worst)`.

A check raises `Wrong` or `NotApplicable`, or returns; `run_check` makes a `Result` of either. Hypothesis drives C11,
from the tests (`dualad.testing.strategies`).
"""

from __future__ import annotations

import traceback
import warnings

import numpy as np

from ...core.batch import BatchFallback
from ..results import FAILED, NOT_APPLICABLE, PASSED, NotApplicable, Result, Worst, Wrong
from . import first_order, second_order, values

CHECKS = {
    "C0": ("evaluation", values.evaluation),
    "C1": ("tangent = numbers", first_order.tangent_against_numbers),
    "C2": ("duality", first_order.duality),
    "C4": ("second order", second_order.second_order),
}


def run_check(name: str, prim) -> Result:
    """The `Result` of one check ("C0" …) of one primitive (a `Primitive`)."""
    worst = Worst()
    try:
        # Samples may stand at poles and kinks, and a batch may be looped: neither is news here.
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", BatchFallback)
            CHECKS[name][1](prim, worst)
    except NotApplicable as reason:
        return Result(name, NOT_APPLICABLE, reason=str(reason))
    except Wrong as wrong:
        return Result(name, FAILED, wrong.error, wrong.where, wrong.reason)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({place.filename.rsplit('/', 1)[-1]}:{place.lineno})"
        return Result(name, FAILED, float("inf"), getattr(error, "call", ""), text)
    return Result(name, PASSED, worst.error, worst.where)


def run_checks(prim, names=None) -> list[Result]:
    """The results of all checks, or of those named, of one primitive."""
    return [run_check(name, prim) for name in names or CHECKS]
