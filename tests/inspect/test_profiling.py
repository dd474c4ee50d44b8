"""The profile counts what happens, by primitive and line; times are numbers, not promises."""

import json
import sys

import numpy as np
import pytest

import dualad

X = np.linspace(0.1, 1, 1000)


def f(x):
    y = np.sin(x)
    for _ in range(3):
        y = y * x
    return np.sum(np.exp(y))


def rows_of(p):
    first = f.__code__.co_firstlineno
    return {(r.primitive, r.line.number - first): (r.calls, r.pulls, r.saved) for r in p.rows if r.line}


WANT = {
    ("sin", 1): (1, 1, 8000),
    ("multiply", 3): (3, 3, 24000),
    ("exp", 4): (1, 1, 8000),
    ("sum", 4): (1, 1, 0),
}


def test_grad():
    with dualad.profile() as p:
        dualad.grad(f)(X)
    found = rows_of(p)
    assert {k: v[:2] for k, v in found.items()} == {k: v[:2] for k, v in WANT.items()}
    # x, sin, the two products that are multiplied again, and exp: each once
    assert sum(v[2] for v in found.values()) == 5 * 8000
    assert p.seconds > sum(r.seconds for r in p.rows) > 0
    assert all(r.forward > 0 and r.backward > 0 for r in p.rows if r.line)


def test_calls_add_up():
    with dualad.profile() as p:
        for _ in range(4):
            dualad.grad(f)(X)
    assert {k: v[:2] for k, v in rows_of(p).items()} == {k: (4 * v[0], 4 * v[1]) for k, v in WANT.items()}


def test_a_block_entered_again_goes_on():
    p = dualad.profile()
    for _ in range(2):
        with p:
            dualad.grad(f)(X)
    assert rows_of(p)["sin", 1][:2] == (2, 2)


def test_forward_mode_has_no_pulls():
    with dualad.profile() as p:
        dualad.jvp(f, (X,), (X,))
    assert rows_of(p) == {k: (v[0], 0, 0) for k, v in WANT.items()}


def test_what_rules_call_belongs_to_them():
    """`cos` of the rule of `sin` is no row: only what the program itself applies is."""
    with dualad.profile() as p:
        dualad.hessian(f)(X[:3])
        dualad.vmap(f)(np.stack([X, X]))
    assert {r.primitive for r in p.rows if r.line.text} == {"sin", "multiply", "exp", "sum"}


def test_tensors():
    x = dualad.tensor(X, requires_grad=True)

    def step():
        y = x.sin() * x
        loss = y.sum()
        loss.backward()

    with dualad.profile() as p:
        step()
    first = step.__code__.co_firstlineno
    found = {(r.primitive, r.line.number - first): (r.calls, r.pulls) for r in p.rows if r.line}
    assert found == {("sin", 1): (1, 1), ("multiply", 1): (1, 1), ("sum", 2): (1, 1)}


def test_a_graph_made_outside_has_no_lines():
    x = dualad.tensor(X, requires_grad=True)
    loss = x.sin().sum()
    with dualad.profile() as p:
        loss.backward()
    assert {(r.primitive, r.calls, r.pulls) for r in p.rows} == {("sin", 0, 1), ("sum", 0, 1), ("leaf", 0, 1)}
    assert not any(r.line for r in p.rows)


def test_checkpoints_are_pulled_by_running_again():
    with dualad.profile() as p:
        dualad.grad(dualad.checkpoint(f))(X)
    assert {k: v[:2] for k, v in rows_of(p).items()} == {k: (2 * v[0], v[1]) for k, v in WANT.items()}


def test_operations_made_of_several_are_one():
    """A product of stacks is a product of matrices, reshaped: one row."""
    a, b = np.ones((5, 2, 3)), np.ones((3, 4))
    with dualad.profile() as p:
        dualad.grad(lambda a: np.sum(a @ b))(a)
    assert {r.primitive for r in p.rows} == {"matmul", "sum", "leaf"}


def test_tables():
    with dualad.profile() as p:
        dualad.grad(f)(X)
    lines = repr(p).splitlines()
    assert lines[0].split() == [
        "primitive",
        "line",
        "calls",
        "forward",
        "pulls",
        "backward",
        "share",
        "saved",
    ]
    assert any(line.startswith("exp ") and "return np.sum(np.exp(y))" in line for line in lines)
    assert lines[-1].startswith("forward ")
    assert lines[-1].endswith("with Python between and the watching")
    assert "line" not in p.by_primitive().header
    assert len(p.by_primitive().rows) == 5
    assert {row[0].split("  ")[-1] for row in p.by_line().rows} == {
        "",
        "y = np.sin(x)",
        "y = y * x",
        "return np.sum(np.exp(y))",
    }
    shares = [float(row[-2].removesuffix(" %")) for row in p.by_line().rows]
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert "<table>" in p._repr_html_()


def test_json_and_chrome():
    with dualad.profile() as p:
        dualad.grad(f)(X)
    told = json.loads(p.json())
    assert {row["primitive"] for row in told["rows"]} == {"sin", "multiply", "exp", "sum", "leaf"}
    assert told["seconds"] == p.seconds
    events = json.loads(p.chrome_trace())["traceEvents"]
    assert len(events) == len(p.events) == 6 + 7
    assert [e["cat"] for e in events].count("backward") == 7
    starts = [e["ts"] for e in events]
    assert starts == sorted(starts)
    assert starts[0] == 0


def test_an_empty_block():
    with dualad.profile() as p:
        pass
    assert p.rows == []
    assert "forward 0.0 µs" in repr(p)
    assert json.loads(p.chrome_trace())["traceEvents"] == []


def test_off_is_off():
    with dualad.profile() as p:
        pass
    dualad.grad(f)(X)
    assert sys.getprofile() is None
    assert p.events == []
