"""There is one device: it may be named wherever PyTorch names it, and another is refused."""

import numpy as np
import pytest

import dualad
from dualad import nn


@pytest.mark.parametrize("where", ["cpu", "cpu:0", dualad.device("cpu"), dualad.device("cpu", 0), None])
def test_the_cpu_is_taken_everywhere(where):
    made = [
        dualad.tensor([1.0], device=where),
        dualad.as_tensor([1.0], device=where),
        dualad.zeros(2, device=where),
        dualad.ones(2, device=where),
        dualad.empty(2, device=where),
        dualad.full((2,), 1.0, device=where),
        dualad.eye(2, device=where),
        dualad.arange(3, device=where),
        dualad.linspace(0, 1, 3, device=where),
        dualad.zeros_like(dualad.ones(2), device=where),
        dualad.full_like(dualad.ones(2), 3.0, device=where),
        dualad.rand(2, device=where),
        dualad.randn(2, device=where, requires_grad=True),
        dualad.randint(3, (2,), device=where),
        dualad.randperm(3, device=where),
        dualad.randn_like(dualad.ones(2), device=where),
        dualad.ones(2).new_zeros(2, device=where),
        dualad.ones(2).new_tensor([1.0], device=where),
        dualad.ones(2).new_full((2,), 1.0, device=where),
        nn.Linear(2, 2, device=where).weight,
        nn.Conv2d(1, 1, 2, device=where).weight,
        nn.LayerNorm(2, device=where).weight,
        nn.BatchNorm1d(2, device=where).weight,
        nn.Embedding(2, 2, device=where).weight,
        nn.PReLU(device=where).weight,
    ]
    assert all(t.device == "cpu" and t.is_cpu and not t.is_cuda for t in made)


@pytest.mark.parametrize("where", ["cuda", "cuda:1", "mps", "meta", "cpu:1"])
def test_another_is_refused_by_name(where):
    calls = [
        lambda: dualad.tensor([1.0], device=where),
        lambda: dualad.zeros(2, device=where),
        lambda: dualad.randn(2, device=where),
        lambda: dualad.randperm(2, device=where),
        lambda: dualad.ones(2).to(where),
        lambda: dualad.ones(2).to(device=where),
        lambda: dualad.ones(2).new_ones(2, device=where),
        lambda: nn.Linear(2, 2, device=where),
        lambda: nn.Linear(2, 2).to(where),
        lambda: dualad.device(where),
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match=f"the only device is the CPU, not '{where}'"):
            call()


def test_moves_to_where_it_is():
    t, m = dualad.ones(2), nn.Linear(2, 2)
    assert t.cpu() is t and t.to("cpu") is t and t.to(dualad.device("cpu")) is t and t.to(t.device) is t
    assert m.cpu() is m and m.to("cpu") is m and m.to(t.device) is m
    assert (
        t.to("cpu", dualad.float64).dtype == np.float64
        and t.to(dtype=dualad.float64, device="cpu").dtype == np.float64
    )
    for x in (t, m):
        with pytest.raises(RuntimeError, match="not 'cuda'"):
            x.cuda()
        with pytest.raises(RuntimeError, match="not 'cuda:1'"):
            x.cuda(1)


def test_what_a_device_is():
    d = dualad.device("cpu:0")
    assert d.type == "cpu" and d.index == 0 and dualad.device("cpu").index is None
    assert d == "cpu" and d == dualad.device("cpu") and d != "cuda" and len({d, dualad.device("cpu")}) == 1
    assert repr(dualad.device("cpu")) == "device(type='cpu')" and repr(d) == "device(type='cpu', index=0)"
    assert f"{dualad.device('cpu')}" == "cpu"
