"""A line search for the strong Wolfe conditions, as PyTorch's LBFGS has it (it follows M. Schmidt's minFunc).

J. Nocedal and S. Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6, with cubic interpolation (3.59).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

ARMIJO, CURVATURE = 1e-4, 0.9


class Point(NamedTuple):
    """A step, and there the value, the gradient and the slope along the line."""

    t: float
    f: float
    g: Any
    slope: float


def strong_wolfe(
    at: Callable, start: Point, t: float, reach: float, tolerance: float, limit: int
) -> tuple[Point, int]:
    """A step with enough decrease and small slope, and how many evaluations it took.

    Parameters
    ----------
    at : callable
        From a step to its `Point`.
    start : Point of step 0
    t : the first step to try
    reach : the largest entry of the direction
    tolerance : bracket, times `reach`, below which the search ends
    limit : evaluations, besides the first
    """
    new, before, tries = at(t), start, 0
    while tries < limit:
        if _too_high(new, start) or (tries > 1 and new.f >= before.f) or _flat(new, start) or new.slope >= 0:
            break
        step = _cubic(before, new, new.t + 0.01 * (new.t - before.t), new.t * 10)
        before, new, tries = new, at(step), tries + 1
    if tries == limit:
        before = start
    elif not _too_high(new, start) and not (tries > 1 and new.f >= before.f) and _flat(new, start):
        return new, tries + 1
    return _zoom(at, start, [before, new], tries, reach, tolerance, limit)


def _too_high(p, start):
    return p.f > start.f + ARMIJO * p.t * start.slope


def _flat(p, start):
    return abs(p.slope) <= -CURVATURE * start.slope


def _zoom(at, start, bracket, tries, reach, tolerance, limit):
    """Narrow the bracket until a point of it will do."""
    low, high = _ordered(bracket)
    stuck = False
    evaluations = tries + 1
    while tries < limit:
        a, b = bracket
        if abs(b.t - a.t) * reach < tolerance:
            break
        least, most = min(a.t, b.t), max(a.t, b.t)
        t, stuck = _inside(_cubic(a, b, least, most), least, most, stuck)
        new, tries, evaluations = at(t), tries + 1, evaluations + 1
        if _too_high(new, start) or new.f >= bracket[low].f:
            bracket[high] = new
            low, high = _ordered(bracket)
            continue
        done = _flat(new, start)
        if not done and new.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = new
        if done:
            break
    return bracket[low], evaluations


def _ordered(bracket):
    return (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)


def _inside(t, least, most, stuck):
    """`t`, kept off the ends of the bracket where it has been near one twice."""
    margin = 0.1 * (most - least)
    if min(most - t, t - least) >= margin:
        return t, False
    if stuck or t >= most or t <= least:
        return (most - margin if abs(t - most) < abs(t - least) else least + margin), False
    return t, True


def _cubic(p, q, least, most):
    """Where the cubic through two points, with their slopes, is least; within bounds."""
    d = p.slope + q.slope - 3 * (p.f - q.f) / (p.t - q.t)
    square = d * d - p.slope * q.slope
    if not square >= 0:
        return (least + most) / 2
    root = math.sqrt(square)
    a, b = (p, q) if p.t <= q.t else (q, p)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = b.t - (b.t - a.t) * ((b.slope + root - d) / (b.slope - a.slope + 2 * root))
    return min(max(t, least), most)
