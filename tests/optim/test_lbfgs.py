"""LBFGS follows PyTorch step by step; the numbers are frozen by fixtures/make_more_nn.py."""

import json
from pathlib import Path

import numpy as np
import pytest

import dualad
from dualad import optim

FROZEN = json.loads((Path(__file__).parent.parent / "fixtures" / "lbfgs.json").read_text())


def loss(x, y):
    """That of fixtures/make_more_nn.py."""
    valley = (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
    return valley + ((y - 0.5) ** 4).sum() + 0.1 * x[0] * y.sum()


def problem(expression):
    p = [
        dualad.tensor([-1.2, 1.0, 0.3], requires_grad=True),
        dualad.tensor([[1.0], [2.0]], requires_grad=True),
    ]
    opt = eval(expression, {**vars(optim), "p": p})

    def closure():
        opt.zero_grad()
        value = loss(*p)
        value.backward()
        return value

    return p, opt, closure


def look(p):
    return [x for t in p for x in t.detach().reshape(-1).tolist()]


@pytest.mark.parametrize("case", FROZEN, ids=lambda c: c["expression"])
def test_trajectory(case):
    p, opt, closure = problem(case["expression"])
    rows = [[opt.step(closure).item(), *look(p)] for _ in case["steps"]]
    np.testing.assert_allclose(rows, case["steps"], rtol=1e-6, atol=1e-8)
    assert {k: opt.state[p[0]][k] for k in ("func_evals", "n_iter")} == case["counts"]


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_state_dict_goes_on_where_it_was(search, tmp_path):
    line = f"LBFGS(p, lr=0.5, max_iter=3, line_search_fn={search!r})"
    p, opt, closure = problem(line)
    for _ in range(2):
        opt.step(closure)
    q, again, closure_again = problem(line)
    for a, b in zip(q, p, strict=True):
        a.data = b.detach().clone()
    again.load_state_dict(opt.state_dict())
    for _ in range(2):
        opt.step(closure)
        again.step(closure_again)
    assert look(p) == look(q)


def test_refusals():
    p = [dualad.zeros(2, requires_grad=True)]
    with pytest.raises(TypeError, match="needs a closure"):
        optim.LBFGS(p).step()
    with pytest.raises(ValueError, match="parameter groups"):
        optim.LBFGS([{"params": p}, {"params": [dualad.zeros(1, requires_grad=True)]}])
    with pytest.raises(RuntimeError, match="strong_wolfe"):
        optim.LBFGS(p, line_search_fn="armijo")
    with pytest.raises(TypeError, match="complex128"):
        optim.LBFGS([dualad.zeros(2, dtype=dualad.complex128, requires_grad=True)])
    with pytest.raises(ValueError, match="2 entries together"):
        other = optim.LBFGS(p)
        other.load_state_dict(
            {"state": {0: {"d": dualad.zeros(3)}}, "param_groups": other.state_dict()["param_groups"]}
        )


def test_a_minimum_is_left_alone():
    p = [dualad.tensor([3.0], requires_grad=True)]
    opt = optim.LBFGS(p)

    def closure():
        opt.zero_grad()
        value = ((p[0] - 3.0) ** 2).sum()
        value.backward()
        return value

    opt.step(closure)
    assert p[0].item() == 3.0 and opt.state[p[0]]["func_evals"] == 1
