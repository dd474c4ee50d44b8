"""Every primitive of the registry is listed, run again, named on the tape and observed."""

import numpy as np
import pytest

import dualad
import dualad.ops  # noqa: F401  (fills the registry)
from dualad.core.nodes import kept_arrays, name_of
from dualad.core.primitive import REGISTRY
from dualad.core.reverse import ReverseTrace, Var
from dualad.inspect.observer import Listener, observer
from dualad.testing.samples import calls, few

REGISTRY.find("")
NAMES = sorted(REGISTRY)
DIFFERENTIABLE = [n for n in NAMES if REGISTRY[n].flat is None]


def samples(name):
    return few(calls(REGISTRY[name]), 3)


@pytest.mark.parametrize("name", NAMES)
def test_a_program_of_it(name):
    for call in samples(name):
        face = lambda *xs, call=call: call.prim.face(*call.with_active(xs), **call.params)  # noqa: E731, B023
        with np.errstate(all="ignore"):
            program = dualad.trace(face)(*call.xs)
            want, got = face(*call.xs), program(*call.xs)
        for a, b in zip(dualad.tree_leaves(want), dualad.tree_leaves(got), strict=True):
            np.testing.assert_array_equal(np.asarray(b), np.asarray(a))
        if call.xs and program.equations:
            assert name in repr(program)
            assert program.mermaid()
            assert program.dot()
            assert program.cost()


class Seen(Listener):
    def __init__(self):
        self.names, self.pulls = [], []

    def applied(self, operation):
        self.names.append(operation.name)

    def pulled(self, pull):
        self.pulls.append(pull.name)


def variables(outs):
    return [o for o in (outs if isinstance(outs, tuple) else (outs,)) if isinstance(o, Var)]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_its_node_and_its_pull(name):
    for call in samples(name):
        if not call.xs:
            continue
        trace, seen = ReverseTrace("vjp"), Seen()
        leaves = [trace.leaf(np.asarray(x)) for x in call.xs]
        with np.errstate(all="ignore"):
            observer().add(seen)
            try:
                outs = variables(call.prim.face(*call.with_active(leaves), **call.params))
            finally:
                observer().remove(seen)
        assert seen.names == [name]
        stacks = name == "matmul" and max(x.ndim for x in call.xs) > 2  # are made matrices
        assert {name_of(o.aux) for o in outs} <= ({"matmul", "reshape"} if stacks else {name})
        for o in outs:
            for array, owner in kept_arrays(o.aux):
                assert owner.nbytes >= array.nbytes or array.base is not None
