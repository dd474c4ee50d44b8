"""`create_graph` over every primitive: rules replayed on the tape, against forward over reverse."""

import numpy as np
import pytest

import dualad
from dualad.core.primitive import REGISTRY
from dualad.testing.samples import rng_of, smooth_calls

NAMES = sorted(name for name, prim in REGISTRY.items() if prim.flat is None)


def weighted(out):
    """A scalar that depends on every real output, not linearly."""
    total = 0.0
    for n, o in enumerate(out if isinstance(out, tuple) else (out,)):
        if o.dtype.kind == "f":
            w = np.cos(np.arange(o.size) + n).reshape(o.shape)
            total = total + ((o + o * o) * w).sum()
    return total


def function_of(call, places):
    """The call as a function of a tuple of its active arguments."""

    def f(leaves):
        args = list(call.args)
        for k, v in zip(places, leaves, strict=True):
            args[k] = v
        return weighted(call.prim.face(*args, **call.params))

    return f


def second_derivative(f, leaves, moves):
    """Along `moves`, by two sweeps of the tape."""
    tensors = [dualad.tensor(a, requires_grad=True) for a in leaves]
    loss = dualad.tree_map(lambda _: f(tuple(dualad.tree_leaves(tensors))), dualad.tensor(0.0))
    if not loss.requires_grad:
        return [np.zeros_like(a) for a in leaves]
    grads = dualad.autograd.grad(loss, tensors, create_graph=True, materialize_grads=True)
    slope = sum((g * dualad.tensor(v)).sum() for g, v in zip(grads, moves, strict=True))
    if not slope.requires_grad:
        return [np.zeros_like(a) for a in leaves]
    return [g.numpy() for g in dualad.autograd.grad(slope, tensors, materialize_grads=True)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore")
def test_replay(name):
    prim, rng = REGISTRY[name], rng_of(name, "replay")
    for call in smooth_calls(prim)[:8]:
        places = [k for k in call.active if np.asarray(call.args[k]).dtype == np.float64]
        if not places or call.along or call.through or any(map(np.iscomplexobj, call.args)):
            continue
        leaves = tuple(np.asarray(call.args[k]) for k in places)
        moves = tuple(rng.normal(size=a.shape) for a in leaves)
        f = function_of(call, places)
        if not isinstance(f(leaves), np.floating | np.ndarray):
            continue
        _, want = dualad.jvp(dualad.grad(f), (leaves,), (moves,))
        got = second_derivative(f, leaves, moves)
        for g, w in zip(got, want, strict=True):
            np.testing.assert_allclose(g, w, rtol=1e-7, atol=1e-9 * max(1.0, np.abs(w).max(initial=0)))
