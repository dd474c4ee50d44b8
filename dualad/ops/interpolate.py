"""Linear interpolation between points.

With `i` the interval in which x lies, h = xp[i+1] − xp[i] and t = (x − xp[i]) / h, which is kept in [0, 1] beyond the
ends, y = (1 − t) fp[i] + t fp[i+1]. It is linear in fp; with the slope s = (fp[i+1] − fp[i]) / h, zero beyond the ends,

    dy = s dx + interp(x, xp, dfp) − s interp(x, xp, dxp),

for moving the points under a straight line by dxp is moving x by as much the other way. At a point of xp the slope is
that of the interval to its right, at the last one that of the last interval.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import Primitive, attach_rule_setters, primitive
from ..core.reverse import Var
from ..core.samples import Sample
from ..core.trace import bind
from .index import added_at, getitem
from .join import stack
from .roads import is_plain_dual, pushed_alone, record
from .select import where


@primitive(flat="positions are integers")
def interval_of(x, xp):
    """The number `i` of the interval xp[i] ≤ x < xp[i+1], the first or the last one beyond the ends."""
    return np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)


@interval_of.batching
def _(x, xp, mask, size):
    return _row_by_row(interval_of, (x, xp), mask, size)


@interval_of.samples
def _(rng):
    yield Sample(rng.uniform(-1, 4, size=(2, 3)), np.array([0.1, 0.9, 2.2, 3.1]))
    yield Sample(np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0]))


def _evaluate(x, xp, fp):
    """The piecewise linear function through the points (xp, fp), `xp` increasing, constant beyond the ends."""
    return np.interp(x, xp, fp)


prim = Primitive("interp", _evaluate)
prim.read_signature(_evaluate)
prim.multilinear = ("fp",)


def interp(x, xp, fp, /):
    if type(xp) is np.ndarray:
        if type(fp) is Var and type(fp.value) is np.ndarray is type(x):
            out = np.asarray(np.interp(x, xp, fp.value))
            return record(prim, (x, xp, fp), 2, out, {}, {"x": x.copy("K"), "xp": xp.copy("K")})
        if type(x) is Var and type(x.value) is np.ndarray is type(fp):
            out = np.asarray(np.interp(x.value, xp, fp))
            saved = {"x": x.value, "xp": xp.copy("K"), "fp": fp.copy("K")}
            return record(prim, (x, xp, fp), 0, out, {}, saved)
        if is_plain_dual(fp) and type(x) is np.ndarray:
            r = pushed_alone(fp, lambda fp: np.asarray(np.interp(x, xp, fp)))
            if r is not None:
                return r
    return bind(prim, (x, xp, fp), {})


interp.__doc__ = _evaluate.__doc__
attach_rule_setters(prim, interp)


def _place(x, xp):
    """The interval of x, and where in it x lies, from 0 to 1."""
    i = interval_of(x, xp)
    x0 = getitem(xp, i)
    t = (x - x0) / (getitem(xp, i + 1) - x0)
    return i, where(x < xp[0], 0.0, where(x > xp[-1], 1.0, t))


def _slope(x, xp, fp):
    i = interval_of(x, xp)
    s = (getitem(fp, i + 1) - getitem(fp, i)) / (getitem(xp, i + 1) - getitem(xp, i))
    return where((x < xp[0]) | (x > xp[-1]), 0.0, s)


def _collect(g, x, xp):
    """The adjoint in `fp`: each cotangent is shared out between the two ends of its interval."""
    i, t = _place(x, xp)
    return added_at(added_at(np.zeros(xp.shape), i, g * (1 - t)), i + 1, g * t)


interp.jvp(
    x=lambda dx, x, xp, fp: dx * _slope(x, xp, fp),
    xp=lambda dxp, x, xp, fp: -_slope(x, xp, fp) * interp(x, xp, dxp),
)
interp.vjp(
    x=lambda g, x, xp, fp: g * _slope(x, xp, fp),
    xp=lambda g, x, xp, fp: _collect(-g * _slope(x, xp, fp), x, xp),
    fp=lambda g, x, xp: _collect(g, x, xp),
)


@interp.strict
def _(g, d, asked):
    """A point whose cotangent is zero may lie anywhere."""
    *given, rule = asked.values()
    x = where(g == 0, asked["xp"][0], asked["x"])
    return rule.call(g, x, *given[1:])


@interp.batching
def _(x, xp, fp, mask, size):
    if mask[0] or mask[1]:
        return _row_by_row(interp, (x, xp, fp), mask, size)
    i, t = _place(x, xp)
    return getitem(fp, (slice(None), i)) * (1 - t) + getitem(fp, (slice(None), i + 1)) * t


def _row_by_row(op, args, mask, size):
    return stack(*[op(*[a[k] if m else a for a, m in zip(args, mask, strict=True)]) for k in range(size)])


@interp.samples
def _(rng):
    xp = np.array([0.1, 0.9, 1.4, 2.2, 3.1])
    for x in (rng.uniform(0.15, 3.0, size=(2, 3)), np.array([-0.4, 1.13, 3.7]), np.array(1.7)):
        yield Sample(x, xp, rng.normal(size=5), complex=False)
    yield Sample(np.array([0.9, 0.1, 3.1]), xp, rng.normal(size=5), complex=False, smooth=False)
    yield Sample(np.zeros(0), xp, rng.normal(size=5), complex=False)
    yield Sample(np.array([0.37, 1.9]), xp, rng.normal(size=5) + 1j * rng.normal(size=5))
