"""A case: what is measured, who takes part, what they must agree on, and what ratio is wanted.

A case is a function of `tiny` (sizes for the tests) that returns its contestants, `{name: maker}`. A maker
prepares everything and returns what is timed: a function without arguments whose result is compared with
that of the others before any clock runs. Makers are called only where their library is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

CASES: dict[str, Case] = {}


class Contestant(NamedTuple):
    """What is timed, and, where it changes state, a separate function for what is compared."""

    run: Callable[[], Any]
    result: Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes
    ----------
    make : `tiny -> {name: maker}`. A name is a library's ("torch"), or has one in front ("torch-fused").
    unit : "µs", "ms", or that of a gauge.
    per : by how many things the time of one call is divided, `of` says which ("op", "tangent").
    targets : name of a contestant -> the largest ratio of dualad to it that is wanted.
    limit : the largest value of dualad itself that is wanted, in `unit`.
    rtol : results agree if they differ by less than `rtol` times the largest entry.
    gauge : contestants return the measured number themselves; there is nothing to compare.
    """

    name: str
    what: str
    make: Callable[[bool], Mapping[str, Callable]]
    unit: str = "µs"
    per: int = 1
    of: str = "op"
    targets: Mapping[str, float] = field(default_factory=dict)
    limit: float | None = None
    rtol: float = 1e-10
    gauge: bool = False


def case(name: str, **options):
    """Decorator: enter a case into the table; its docstring says what is measured."""

    def enter(make):
        if name in CASES:
            raise ValueError(f"two cases are named {name}")
        what = " ".join((make.__doc__ or "").split())
        CASES[name] = Case(name=name, what=what, make=make, **options)
        return make

    return enter


def as_contestant(made) -> Contestant:
    return made if isinstance(made, Contestant) else Contestant(made, made)
