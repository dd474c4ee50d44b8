"""Slopes by central differences on an even grid, `np.gradient`, and the adjoint, which is a primitive of its own."""

from __future__ import annotations

import numpy as np

from ..core.primitive import primitive
from ..core.samples import Sample
from .roads import fast_road
from .shape import normal_axis


@fast_road
@primitive(linear="x")
def slopes(x, *, axis, step=1.0, edge_order=1):
    """Slopes along an axis whose points are `step` apart: parabolas through three neighbours, and at the ends straight
    lines (`edge_order=1`) or parabolas (2)."""
    return np.gradient(x, step, axis=axis, edge_order=edge_order)


@fast_road
@primitive(linear="x")
def slopes_adjoint(x, *, axis, step=1.0, edge_order=1):
    """The adjoint of `slopes`."""
    x = np.asarray(x)
    out = np.zeros_like(x)
    g, d = np.moveaxis(x, axis, 0), np.moveaxis(out, axis, 0)
    inner = g[1:-1] / (2.0 * step)
    d[2:] += inner
    d[:-2] -= inner
    for k, weight in enumerate((-1.0, 1.0) if edge_order == 1 else (-1.5, 2.0, -0.5)):
        d[k] += weight / step * g[0]
        d[-1 - k] -= weight / step * g[-1]
    return out


slopes.vjp(lambda g, axis, step, edge_order: slopes_adjoint(g, axis=axis, step=step, edge_order=edge_order))
slopes_adjoint.vjp(lambda g, axis, step, edge_order: slopes(g, axis=axis, step=step, edge_order=edge_order))


def _rules(op):
    @op.batching
    def _(x, axis, step, edge_order):
        return op(x, axis=normal_axis(axis, x.ndim - 1) + 1, step=step, edge_order=edge_order)

    @op.samples
    def _(rng):
        yield Sample(rng.normal(size=5), axis=0)
        yield Sample(rng.normal(size=(2, 4)), axis=-1, step=0.3, edge_order=2)
        yield Sample(rng.normal(size=(2, 3)), axis=0, step=-2.0)
        yield Sample(rng.normal(size=(3, 2)), axis=0, edge_order=2)


_rules(slopes)
_rules(slopes_adjoint)
