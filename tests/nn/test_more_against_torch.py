"""More layers give PyTorch's numbers, frozen by fixtures/make_more_nn.py; both engines agree, to second order."""

import json
from pathlib import Path

import numpy as np
import pytest

import dualad
from dualad import nn

FROZEN = np.load(Path(__file__).parent.parent / "fixtures" / "more_nn.npz")
CASES = json.loads(str(FROZEN["cases"]))


def close(got, want):
    got = got.detach().numpy() if isinstance(got, dualad.Tensor) else got
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-13)


def inputs(k, shapes, numbers):
    """The tensors of a case, nested as its shapes are."""
    return tuple(
        inputs(k, s, numbers)
        if s and isinstance(s[0], list)
        else dualad.tensor(FROZEN[f"{k}/x{next(numbers)}"], requires_grad=True)
        for s in shapes
    )


def flat(x):
    return [t for y in x for t in flat(y)] if isinstance(x, (tuple, list)) else [x]


def made(k):
    layer = eval(CASES[k]["expression"], vars(nn).copy()).double()
    start = f"{k}/parameter/"
    layer.load_state_dict({n[len(start) :]: FROZEN[n] for n in FROZEN.files if n.startswith(start)})
    return layer, inputs(k, CASES[k]["shapes"], iter(range(9)))


@pytest.mark.parametrize("k", range(len(CASES)), ids=lambda k: CASES[k]["expression"])
def test_layer(k):
    layer, xs = made(k)
    outs = flat(layer(*xs))
    for i, out in enumerate(outs):
        close(out, FROZEN[f"{k}/out{i}"])
    dualad.autograd.backward(outs, [dualad.tensor(FROZEN[f"{k}/g{i}"]) for i in range(len(outs))])
    for i, x in enumerate(flat(xs)):
        close(x.grad, FROZEN[f"{k}/dx{i}"])
    for name, p in layer.named_parameters():
        close(p.grad, FROZEN[f"{k}/gradient/{name}"])
    assert repr(layer) == CASES[k]["repr"]


@pytest.mark.parametrize("k", range(len(CASES)), ids=lambda k: CASES[k]["expression"])
def test_engines_agree(k):
    """Forward along a direction of the parameters and inputs, against the reverse engine; and once more above it."""
    layer, xs = made(k)
    layer.requires_grad_(False)  # so that nothing of it is on the tape of backward
    xs = tuple(t.detach() for t in flat(xs))
    shapes = CASES[k]["shapes"]

    def f(layer, *xs):
        numbers = iter(xs)
        nest = lambda s: tuple(nest(t) if t and isinstance(t[0], list) else next(numbers) for t in s)
        return sum((o * o).sum() for o in flat(layer(*nest(shapes))))

    rng = np.random.default_rng(0)
    args = (layer, *xs)
    move = dualad.tree_map(lambda x: rng.normal(size=np.shape(x)), args)
    _, along = dualad.jvp(f, args, move)
    gradient = dualad.grad(f, argnums=tuple(range(len(args))))(*args)
    dot = lambda a, b: sum(
        float(np.sum(np.asarray(x) * np.asarray(y)))
        for x, y in zip(dualad.tree_leaves(a), dualad.tree_leaves(b), strict=True)
    )
    np.testing.assert_allclose(float(along), dot(gradient, move), rtol=1e-10)
    g = lambda *args: dualad.jvp(f, args, move)[1]
    twice = dualad.jvp(lambda *args: g(*args), args, move)[1]
    np.testing.assert_allclose(
        dot(dualad.grad(g, argnums=tuple(range(len(args))))(*args), move), float(twice), rtol=1e-9
    )
