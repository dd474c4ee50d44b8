"""What numbers say: differences along directions with their own error, the complex step, one-sided slopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...transforms.differences import complex_step, richardson
from ..gradcheck import SURE, _rtol
from .duality import digits

COARSE = 2.0**-4  # the largest step, of the size of the arguments, in less than double precision


@dataclass
class Comparison:
    """A tangent beside what numbers say of it.

    Attributes
    ----------
    what : along which leaf, or "all arguments"
    confirmed, possible : digits in common, and digits that the numbers can confirm by their own estimate
    status : "agree", "differ", or "undecided" where the numbers do not converge
    got, expected, uncertainty, place : at the worst entry
    vanishes : whether the tangent is zero throughout where the numbers are not
    """

    what: str
    confirmed: float
    possible: float
    status: str
    got: Any = None
    expected: Any = None
    uncertainty: float = 0.0
    place: str = ""
    vanishes: bool = False


def judged(what, got, want, error, names, rtol=None) -> Comparison:
    """Compare lists of arrays, leaf by leaf; the verdict is that of the worst."""
    found = [
        _judged(what, np.asarray(g), np.asarray(w), np.asarray(e), name, rtol)
        for g, w, e, name in zip(got, want, error, names, strict=True)
        if np.asarray(g).dtype.kind in "fc" and np.size(g)
    ]
    order = {"differ": 0, "undecided": 1, "agree": 2}
    if not found:
        return Comparison(what, 16.0, 16.0, "agree")
    worst = min(found, key=lambda c: (order[c.status], c.confirmed))
    worst.vanishes = any(c.vanishes for c in found) and not any(np.any(np.asarray(g)) for g in got)
    return worst


def _judged(what, got, want, error, name, rtol) -> Comparison:
    with np.errstate(all="ignore"):
        finite = np.isfinite(want) & np.isfinite(got)
        size = float(np.max(np.abs(np.where(finite, want, 0.0))))
        size = max(size, float(np.max(np.abs(np.where(finite, got, 0.0))))) or 1.0
        off = np.where((got == want) | (np.isnan(got) & np.isnan(want)), 0.0, np.abs(got - want))
        allowed = 10 * error + _rtol(rtol, got) * size
        unsure = ~(error <= SURE * size + 1e-12)
        wrong = ~(off <= allowed) & ~unsure
    status = "differ" if wrong.any() else "undecided" if unsure.any() else "agree"
    worst = np.nan_to_num(off, nan=np.inf)
    worst = np.where(wrong if wrong.any() else unsure, worst, -1.0) if status != "agree" else worst
    i = np.unravel_index(int(np.argmax(worst)), worst.shape)
    possible = min(digits(_finite(np.max(error) / size)), -float(np.log10(np.finfo(got.dtype).eps)))
    place = name + (f"[{', '.join(map(str, map(int, i)))}]" if i else "")
    vanishes = not np.any(got) and bool(np.any(np.abs(want) > allowed))
    return Comparison(
        what,
        min(digits(_finite(off.max() / size)), possible)
        if status == "agree"
        else digits(_finite(off.max() / size)),
        possible,
        status,
        got[i].item(),
        want[i].item(),
        float(error[i]),
        place,
        vanishes,
    )


def _finite(x) -> float:
    return float(x) if np.isfinite(x) else 1.0


def differences(f, leaves, moves, precision: int = 8):
    """`(derivative, error)`, lists over the outputs of `f`, a function of leaves, along `moves`.

    `precision` is the bytes of the least precise real number on the way: steps for double precision would see
    nothing but roundoff in a program that goes through single, and by chance see it converge.
    """
    active = [k for k, m in enumerate(moves) if m is not None]

    def of_active(*xs):
        full = list(leaves)
        for k, x in zip(active, xs, strict=True):
            full[k] = x
        return f(full)

    eps = None if precision >= 8 else COARSE
    return richardson(of_active, tuple(leaves[k] for k in active), tuple(moves[k] for k in active), eps=eps)


def by_complex_step(f, leaves, moves):
    """The same by the complex step, or None where the function declines."""
    active = [k for k, m in enumerate(moves) if m is not None]
    if any(np.asarray(leaves[k]).dtype.kind == "c" for k in active):
        return None

    def of_active(*xs):
        full = list(leaves)
        for k, x in zip(active, xs, strict=True):
            full[k] = x
        return f(full)

    try:
        return complex_step(of_active, tuple(leaves[k] for k in active), tuple(moves[k] for k in active))
    except Exception:  # what a program does with complex numbers is its own affair: it has declined
        return None


def has_kink(f, leaves, moves) -> bool:
    """Whether the slopes to the right and to the left of the point differ, and go on differing as the step shrinks."""
    gaps = []
    with np.errstate(all="ignore"):
        here = f(list(leaves))
        for h in (1e-4, 1e-5, 1e-6):
            right, left = f(moved(leaves, moves, h)), f(moved(leaves, moves, -h))
            gap = size = 0.0
            for a, b, c in zip(right, here, left, strict=True):
                bend, slope = (_largest(d) for d in (a - 2 * b + c, a - c)) if _is_floating(a) else (0.0, 0.0)
                gap = max(gap, bend / h)
                size = max(size, slope / (2 * h), gap)
            gaps.append(gap / size if size else 0.0)
    return min(gaps) > 1e-3 and gaps[2] > 0.5 * gaps[0]


def _is_floating(a) -> bool:
    return np.asarray(a).dtype.kind in "fc"


def _largest(d) -> float:
    a = np.abs(np.asarray(d))
    return float(np.max(a, initial=0.0, where=np.isfinite(a)))


def moved(leaves, moves, h) -> list:
    """The leaves, `h` times the moves away."""
    return [
        x if m is None else np.asarray(x, np.result_type(np.asarray(x).dtype, float)) + h * np.asarray(m)
        for x, m in zip(leaves, moves, strict=True)
    ]
