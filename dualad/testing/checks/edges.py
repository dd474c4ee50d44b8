"""C10: policies at kinks and poles, the same in both engines, and the strong zero."""

from __future__ import annotations

import numpy as np

from ..probe import pull, push
from ..results import NotApplicable, Wrong
from ..samples import Call
from .common import at, differentiable


def policies(prim, worst):
    differentiable(prim)
    if not prim.edges:
        raise NotApplicable("no edges declared")
    for edge in prim.edges:
        point = [np.array([a, a]) for a in edge.args]
        call = Call(prim, point, note=f"edge {edge.args}", complex=False)
        scalar = Call(prim, [np.float64(a) for a in edge.args], note=f"edge {edge.args}, 0-d", complex=False)
        for i, want in zip(call.active, edge.derivatives, strict=True):
            if want is not None:
                with at(call):
                    _policy(call.replace(call.note, active=(i,)), want)
                    _policy_of_scalar(scalar.replace(scalar.note, active=(i,)), want)


def _policy(call, want):
    """One entry moves and has the policy's derivative; the other does not move and has a zero."""
    move = np.array([1.0, 0.0])
    name = call.prim.arg_name(call.active[0])
    for engine, found in (("jvp", push(call, call.xs, [move])), ("vjp", pull(call, call.xs, [move]))):
        got, still = np.asarray(found[0])
        if not _is(got, want):
            raise Wrong(f"the {engine} in {name} is {got}, the policy {want}")
        if still != 0:
            raise Wrong(f"the {engine} in {name} of a zero is {still}: the zero is not strong")


def _policy_of_scalar(call, want):
    one = np.float64(1.0)
    for engine, found in (("jvp", push(call, call.xs, [one])), ("vjp", pull(call, call.xs, [one]))):
        if not _is(found[0], want):
            raise Wrong(f"the {engine} of the scalar is {found[0]}, the policy {want}")


def _is(got, want):
    return got == want or (np.isnan(got) and np.isnan(want))
