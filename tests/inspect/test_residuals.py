"""What the tape keeps: every array once, with its bytes, its origin and who asked."""

import numpy as np
import pytest

import dualad
import dualad.nn as nn
from dualad.core.reverse import ReverseTrace

N = 1000
X = np.linspace(0.1, 1, N)


def sources(kept):
    return {r.source: r.nbytes for r in kept}


def model(x, w):
    h = np.tanh(x @ w["W"] + w["b"])
    z = np.exp(h) * h
    return np.sum(z)


def test_listing():
    kept = dualad.saved_residuals(model, np.ones((50, 3)), {"W": np.ones((3, 4)), "b": np.zeros(4)})
    first = model.__code__.co_firstlineno
    assert [(r.shape, r.nbytes, r.source, r.line.number) for r in kept] == [
        ((50, 4), 1600, "result of tanh", first + 1),
        ((50, 4), 1600, "result of exp", first + 2),
        ((50, 3), 1200, "argument x", 0),
        ((3, 4), 96, "argument w['W']", 0),
    ]
    assert [name for name, _ in kept[0].wanted_by] == ["tanh", "multiply"]
    assert kept.nbytes == 4496
    assert kept.by_line() == {f"test_residuals.py:{first + 1}": 2896, f"test_residuals.py:{first + 2}": 1600}
    lines = repr(kept).splitlines()
    assert lines[0].split() == ["bytes", "array", "what", "it", "is", "asked", "for", "by", "line"]
    assert "result of tanh at test_residuals.py" in lines[2]
    assert "tanh and 1 more" in lines[2]
    assert "h = np.tanh(x @" in lines[2]
    assert lines[-1] == "4 arrays, 4.5 kB"
    assert "<table>" in kept._repr_html_()


@pytest.mark.parametrize(
    ("f", "want"),
    [
        (np.sum, {}),
        (lambda x: np.sum(2 * x + 1), {}),
        (lambda x: np.sum(x.reshape(10, 100).T), {}),
        (lambda x: np.sum(np.exp(x)), {"result of exp": 8 * N}),
        (lambda x: np.sum(np.sin(x)), {"argument x": 8 * N}),
        (lambda x: np.sum(np.exp(x) * np.tanh(x)), {"result of exp": 8 * N, "result of tanh": 8 * N}),
        (lambda x: np.sum(x * np.arange(N)), {"constant": 8 * N}),
        (lambda x: np.sum(np.sin(x[:10])), {"result of take_static": 80}),
    ],
)  # fmt: skip
def test_rules_keep_what_they_ask_for(f, want):
    found = sources(dualad.saved_residuals(f, X))
    if "result of take_static" in want:
        assert list(found.values()) in ([80], [8 * N])
    else:
        assert found == want


def test_a_view_keeps_its_base():
    (r,) = dualad.saved_residuals(lambda x: np.sum(np.sin(x.reshape(10, 100)[:2])), X)
    assert r.nbytes in (8 * 200, 8 * N)
    assert (r.nbytes == 8 * N) == ("part of 8.0 kB" in r.source)


def test_integers_are_not_differentiated():
    kept = dualad.saved_residuals(lambda x, i: np.sum(np.exp(x)[i]), X, np.arange(5))
    assert {r.source for r in kept} == {"result of exp", "constant"}


def test_keywords_have_names():
    kept = dualad.saved_residuals(lambda x, *, scale: np.sum(np.sin(x) * scale), X, scale=np.ones(N))
    assert {r.source for r in kept} == {"argument x", "argument scale", "result of sin"}


def test_it_is_what_the_tape_weighs():
    """The same arrays, found by walking the graph with nothing of this tool but NumPy and `is`."""
    trace = ReverseTrace("vjp")
    x = trace.leaf(X.copy())
    out = np.sum(np.tanh(np.sin(x) * x) / x)
    seen, arrays, waiting = set(), {}, [out.aux]
    while waiting:
        for part in waiting.pop():
            parts = part if isinstance(part, (list, tuple)) else [part]
            if isinstance(part, list) and id(part) not in seen:
                seen.add(id(part))
                waiting.append(part)
            arrays.update({id(a): a.nbytes for a in parts if isinstance(a, np.ndarray) and a.ndim})
    kept = dualad.saved_residuals(lambda x: np.sum(np.tanh(np.sin(x) * x) / x), X)
    assert sum(arrays.values()) == kept.nbytes
    assert len(arrays) == len(kept)


def test_checkpoint_keeps_its_inputs():
    block = dualad.checkpoint(lambda x: np.tanh(np.tanh(np.tanh(np.tanh(x)))))
    kept = dualad.saved_residuals(lambda x: np.sum(block(x)), X)
    plain = dualad.saved_residuals(lambda x: np.sum(np.tanh(np.tanh(np.tanh(np.tanh(x))))), X)
    assert plain.nbytes == 4 * 8 * N
    assert kept.nbytes < plain.nbytes
    assert any(r.source == "argument x" for r in kept)
    assert kept[0].wanted_by[0][0].startswith("checkpoint of")


def test_custom_rules_are_looked_into():
    @dualad.custom_vjp
    def doubled(x):
        return 2 * x

    doubled.defvjp(lambda x: (2 * x, np.ones(77)), lambda r, g: (2 * g,))
    kept = dualad.saved_residuals(lambda x: np.sum(doubled(x)), X)
    assert {"doubled"} == {name for r in kept for name, _ in r.wanted_by}
    assert any(r.shape == (N,) for r in kept)


def test_tensors():
    dualad.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    x, t = dualad.randn(5, 3), dualad.tensor([0, 1, 0, 1, 1])

    def loss():
        return nn.functional.cross_entropy(net(x), t)

    out = loss()
    kept = dualad.saved_residuals(out)
    assert {name for r in kept for name, _ in r.wanted_by} == {"affine", "relu", "softmax_cross_entropy"}
    assert not any(line for r in kept for _, line in r.wanted_by)
    with_lines = dualad.saved_residuals(loss)
    assert with_lines.nbytes == kept.nbytes
    number = loss.__code__.co_firstlineno + 1
    assert {line.number for r in with_lines for _, line in r.wanted_by} == {number}
    with dualad.profile():
        again = dualad.saved_residuals(loss())
    assert {line.number for r in again for _, line in r.wanted_by} == {number}
    out.backward()
    with pytest.raises(dualad.FreedGraph, match="Look at it before backward"):
        dualad.saved_residuals(out)
    with pytest.raises(TypeError, match="no further arguments"):
        dualad.saved_residuals(loss(), x)


def test_retained_graphs_and_hooks():
    x = dualad.tensor(X, requires_grad=True)
    y = x.exp()
    y.register_hook(lambda g: g * 2)
    loss = y.sum()
    loss.backward(retain_graph=True)
    assert dualad.saved_residuals(loss).nbytes == 8 * N


def test_nothing_traced():
    kept = dualad.saved_residuals(lambda x: 3.0, X)
    assert kept == []
    assert repr(kept).splitlines()[-1] == "0 arrays, 0 B"
