"""The checks C0 to C10 and C12 of a primitive, each a function `(prim, worst)`.

A check raises `Wrong` or `NotApplicable`, or returns; `run_check` makes a `Result` of either. Hypothesis
drives C11, from the tests (`dualad.testing.strategies`).
"""

from __future__ import annotations

import traceback
import warnings

import numpy as np

from ...core.batch import BatchFallback
from ..results import FAILED, NOT_APPLICABLE, PASSED, NotApplicable, Result, Worst, Wrong
from . import batching, declared, edges, first_order, layouts, messages, second_order, spaces, tracing, values

# What each check asks, in the words of the page, and the function that asks it.
CHECKS = {
    "C0": ("the public function is the evaluation", values.evaluation),
    "C1": ("tangent = numbers", first_order.tangent_against_numbers),
    "C2": ("duality of the engines", first_order.duality),
    "C3": ("declared linearity, exact zeros", declared.linearity),
    "C4": ("second order four ways, third", second_order.second_order),
    "C5": ("spaces, float32", spaces.precision),
    "C6": ("complex", spaces.in_the_complex_plane),
    "C7": ("subsets traced, unasked data poisoned", tracing.subsets_and_poison),
    "C8": ("shapes and layouts", layouts.shapes_and_layouts),
    "C9": ("a batch is a loop", batching.batch_is_loop),
    "C10": ("edges, strong zero", edges.policies),
    "C12": ("refusals", messages.refusals),
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
