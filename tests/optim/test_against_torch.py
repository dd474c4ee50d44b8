"""Optimisers and schedules follow PyTorch step by step; the numbers are frozen by fixtures/make_nn.py."""

import json
from pathlib import Path

import numpy as np
import pytest

import dualad
from dualad import optim

FROZEN = json.loads((Path(__file__).parent.parent / "fixtures" / "optim.json").read_text())


def parameters(dtype=np.float64):
    return [dualad.tensor(np.array(s, dtype), requires_grad=True) for s in FROZEN["start"]]


def set_gradients(p):
    """Those of fixtures/make_nn.py."""
    w, b = (t.detach() for t in p)
    for t, g in zip(p, [1.5 * w - 0.4, 0.3 * b + 0.2 * w[0]], strict=True):
        t.grad = g


def flat(p):
    return [x for t in p for x in t.detach().reshape(-1).tolist()]


def run(expression, steps, dtype=np.float64):
    p = parameters(dtype)
    opt = eval(expression, {**vars(optim), "p": p})
    rows = []
    for _ in range(steps):
        set_gradients(p)
        opt.step()
        rows.append(flat(p))
    return p, opt, rows


@pytest.mark.parametrize("case", FROZEN["trajectories"], ids=lambda c: c["expression"])
def test_trajectory(case):
    p, opt, rows = run(case["expression"], 20)
    np.testing.assert_allclose(rows, case["steps"], rtol=1e-9, atol=1e-11)
    state = opt.state_dict()["state"].get(1, {})
    for key, expected in case["state"].items():
        got = state[key].tolist() if isinstance(state[key], dualad.Tensor) else state[key]
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-13, err_msg=key)


@pytest.mark.parametrize("case", FROZEN["trajectories"], ids=lambda c: c["expression"])
def test_single_precision_stays_single(case):
    p, _, rows = run(case["expression"], 20, np.float32)
    assert all(t.dtype == np.float32 for t in p)
    np.testing.assert_allclose(rows, case["steps"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", FROZEN["trajectories"], ids=lambda c: c["expression"])
def test_state_dict_goes_on_where_it_was(case):
    p, opt, _ = run(case["expression"], 10)
    other = eval(case["expression"], {**vars(optim), "p": p})
    other.load_state_dict(opt.state_dict())
    for k in range(10, 20):
        set_gradients(p)
        other.step()
        np.testing.assert_allclose(flat(p), case["steps"][k], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("case", FROZEN["trajectories"], ids=lambda c: c["expression"])
def test_blocks_change_nothing(case, monkeypatch):
    monkeypatch.setattr("dualad.optim._memory._BLOCK_BYTES", 24)  # three entries
    monkeypatch.setattr("dualad.optim.sgd._SMALL", 0)
    np.testing.assert_allclose(run(case["expression"], 20)[2], case["steps"], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("case", FROZEN["schedules"], ids=lambda c: c["schedule"])
def test_schedule(case):
    opt, scheduler = scheduled(case)
    metrics = case.get("metrics")
    rows = [] if metrics else [look(opt)]
    for k in range(len(case["rows"]) - len(rows)):
        opt.step()
        scheduler.step(*([metrics[k]] if metrics else []))
        rows.append(look(opt))
        assert scheduler.get_last_lr() == [rows[-1][0]]
    np.testing.assert_allclose(rows, case["rows"], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("case", FROZEN["schedules"], ids=lambda c: c["schedule"])
def test_schedule_resumes(case):
    opt, scheduler = scheduled(case)
    metrics = case.get("metrics")
    for k in range(11):
        opt.step()
        scheduler.step(*([metrics[k]] if metrics else []))
        if k == 4:
            kept, state = scheduler.state_dict(), opt.state_dict()
            opt, scheduler = scheduled(case)
            opt.load_state_dict(state)
            scheduler.load_state_dict(kept)
    np.testing.assert_allclose(look(opt), case["rows"][10 if metrics else 11], rtol=1e-12, atol=1e-15)


def scheduled(case):
    p = [dualad.zeros(2, requires_grad=True)]
    opt = eval(case["optimiser"], {**vars(optim), "p": p})
    return opt, eval(case["schedule"], {**vars(optim.lr_scheduler), "opt": opt})


def look(opt):
    group = opt.param_groups[0]
    return [group["lr"], group["betas"][0] if "betas" in group else group["momentum"]]
