"""Timing: contestants take turns, in a new order every round; medians over rounds.

On a shared machine the speed drifts by tens of percent within seconds. Neighbours in one round see the same
machine, so the ratio is taken per round, and its median and quartiles over rounds are what is reported.
"""

from __future__ import annotations

import gc
import random
import time
from dataclasses import dataclass
from statistics import median

import numpy as np

from . import agree
from .case import Case, as_contestant
from .peers import is_installed

SCALE = {"µs": 1e6, "ms": 1e3, "s": 1.0}
SUBJECT = "dualad"


@dataclass(frozen=True)
class Effort:
    """How long one case is measured: rounds end after `seconds`, but not before `least` or after `most`."""

    seconds: float = 3.0
    block: float = 4e-3
    least: int = 9
    most: int = 200
    clock: str = "wall"

    def now(self):
        return time.perf_counter if self.clock == "wall" else time.process_time


QUICK = Effort(seconds=0.4, block=1e-3, least=5, most=40)


@dataclass
class Outcome:
    """The numbers of one case. `values[name]` has one entry per round, in the case's unit."""

    case: Case
    values: dict[str, list[float]]

    @property
    def rounds(self) -> int:
        return len(self.values[SUBJECT])

    def value(self, name=SUBJECT) -> float:
        return median(self.values[name])

    def ratio(self, name) -> tuple[float, float, float]:
        """Lower quartile, median, upper quartile of dualad / `name`, round by round."""
        ratios = np.divide(self.values[SUBJECT], self.values[name])
        return tuple(float(q) for q in np.quantile(ratios, (0.25, 0.5, 0.75)))

    def misses(self) -> list[str]:
        """The targets that are not met. Those that name an absent contestant are not judged."""
        out = []
        for name, most in self.case.targets.items():
            if name in self.values and self.ratio(name)[1] > most:
                out.append(f"{name} ≤ {most:g}")
        if self.case.limit is not None and self.value() > self.case.limit:
            out.append(f"≤ {self.case.limit:g} {self.case.unit}")
        return out


def contestants(case: Case, tiny=False, only=None):
    """Those that are installed, made ready, by name."""
    made = {}
    for name, maker in case.make(tiny).items():
        if is_installed(name) and (only is None or name == SUBJECT or name in only):
            made[name] = as_contestant(maker())
    return made


def compare(case: Case, made) -> None:
    """Run each contestant once, and see that the results agree."""
    if not case.gauge:
        agree.check({name: c.result() for name, c in made.items()}, case.rtol)


def measure(case: Case, effort: Effort, only=None) -> Outcome:
    """Compare first, then time."""
    made = contestants(case, only=only)
    compare(case, made)
    if case.gauge:
        return _gauge(case, made, effort)
    now, runs = effort.now(), {name: c.run for name, c in made.items()}
    counts = {name: _calls_per_block(run, effort, now) for name, run in runs.items()}
    factor = SCALE[case.unit] / case.per

    def once(name):
        run, n = runs[name], counts[name]
        start = now()
        for _ in range(n):
            run()
        return (now() - start) / n * factor

    return _rounds(case, runs, once, effort)


def _gauge(case, made, effort):
    return _rounds(case, made, lambda name: made[name].run(), effort)


def _rounds(case, names, once, effort):
    names = list(names)
    values = {name: [] for name in names}
    # What is alive now stays out of collections; those that a contestant causes itself are its own cost.
    gc.collect()
    gc.freeze()
    end = time.perf_counter() + effort.seconds
    shuffle = random.Random(0).shuffle
    try:
        while len(values[SUBJECT]) < effort.most:
            shuffle(names)
            for name in names:
                values[name].append(once(name))
            if time.perf_counter() > end and len(values[SUBJECT]) >= effort.least:
                break
    finally:
        gc.unfreeze()
    return Outcome(case, values)


def _calls_per_block(run, effort, now):
    """How many calls fill a block; the calls before that are the warm-up."""
    n = 1
    while True:
        start = now()
        for _ in range(n):
            run()
        spent = now() - start
        if spent >= effort.block / 2 or n > 1 << 16:
            return max(1, round(n * effort.block / max(spent, 1e-9)))
        n *= 2
