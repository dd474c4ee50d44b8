"""Where NaN and infinity are born: in a value, or only in a derivative, forward or reverse.

A birth is a result that is not finite where everything that went in was. What comes after it is inherited, and
not reported.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...core.trace import strip


class Birth(NamedTuple):
    """`kind` is "nan" or "inf"; `place` is "value", "tangent" or "cotangent"; `entries` how many."""

    kind: str
    place: str
    entries: int

    def __str__(self):
        n = f" ({self.entries} entries)" if self.entries > 1 else ""
        what = {"nan": "NaN", "inf": "infinity"}[self.kind]
        where = {
            "value": "in the value",
            "tangent": "only in the derivative, forward",
            "cotangent": "only in the derivative, reverse",
        }[self.place]
        return f"{what} born {where}{n}"


def is_finite(x) -> bool:
    """Whether all entries of an array are finite; what is no array of numbers is."""
    a = np.asarray(strip(x))
    return a.dtype.kind not in "fc" or bool(np.isfinite(a).all())


def born(place: str, before, after) -> Birth | None:
    """The birth between what went in and what came out, if there is one."""
    bad = [a for a in (np.asarray(strip(x)) for x in after if x is not None) if not is_finite(a)]
    if not bad or not all(is_finite(x) for x in before if x is not None):
        return None
    nan = sum(int(np.isnan(a).sum()) for a in bad)
    return Birth("nan" if nan else "inf", place, nan or sum(int(np.isinf(a).sum()) for a in bad))
