"""Numbers beside outside references: a table, and the status of the program that prints it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Row:
    """A number that was got, its reference from outside, and the largest difference allowed."""

    name: str
    reference: float
    got: float
    tolerance: float

    @property
    def passes(self) -> bool:
        """Whether the difference is within the tolerance (a NaN never is)."""
        return bool(abs(self.got - self.reference) <= self.tolerance)


def rows(name: str, references: Iterable[float], got: Iterable[float], tolerance: float) -> list[Row]:
    """A row for each of several numbers of one name; both sides must have as many."""
    pairs = zip(np.ravel(list(references)), np.ravel(np.asarray(got)), strict=True)
    return [Row(f"{name}[{i}]", float(r), float(g), tolerance) for i, (r, g) in enumerate(pairs)]


def report(title: str, table: list[Row]) -> int:
    """Print reference, got and difference; 0 if every number is within its tolerance, else 1."""
    width = max(len(row.name) for row in table)
    print(title)
    print(f"{'':{width}}  {'reference':>18}  {'got':>18}  {'difference':>10}  tolerance")
    for row in table:
        print(
            f"{row.name:{width}}  {row.reference:18.12g}  {row.got:18.12g}  {row.got - row.reference:10.1e}"
            f"  {row.tolerance:9.0e}{'' if row.passes else '  OUTSIDE'}"
        )
    outside = sum(not row.passes for row in table)
    print(f"{outside} of {len(table)} outside" if outside else f"all {len(table)} within tolerance")
    return 1 if outside else 0
