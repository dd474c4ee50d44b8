"""Layers and losses give PyTorch's numbers, frozen by fixtures/make_nn.py: values, gradients, buffers, repr."""

import json
from pathlib import Path

import numpy as np
import pytest

import dualad
from dualad import nn

FROZEN = np.load(Path(__file__).parent.parent / "fixtures" / "nn.npz")
CASES = json.loads(str(FROZEN["cases"]))


def under(place):
    """The arrays of one place in the fixture, by name."""
    start = place + "/"
    return {
        k[len(start) :]: FROZEN[k] for k in FROZEN.files if k.startswith(start) and "/" not in k[len(start) :]
    }


def close(got, expected):
    got = got.detach().numpy() if isinstance(got, dualad.Tensor) else got
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("k", range(len(CASES["layers"])), ids=lambda k: CASES["layers"][k]["expression"])
def test_layer(k):
    case, data = CASES["layers"][k], under(f"layer{k}")
    layer = eval(case["expression"], vars(nn).copy()).double().train(case["training"])
    layer.load_state_dict(under(f"layer{k}/start"))
    x = dualad.tensor(data["x"], requires_grad=True)
    out = layer(x)
    out.backward(dualad.tensor(data["g"]))
    close(out, data["out"])
    close(x.grad, data["dx"])
    for name, p in layer.named_parameters():
        close(p.grad, under(f"layer{k}/grad")[name])
    for name, b in layer.named_buffers():
        close(b, under(f"layer{k}/end")[name])
    assert repr(layer) == case["repr"]


@pytest.mark.parametrize("k", range(len(CASES["losses"])), ids=lambda k: CASES["losses"][k]["expression"])
@pytest.mark.filterwarnings("ignore:reduction")
def test_loss(k):
    case, data = CASES["losses"][k], under(f"loss{k}")
    loss = eval(case["expression"], {**vars(nn), "w3": dualad.tensor(FROZEN["w3"])})
    x = dualad.tensor(data["x"], requires_grad=True)
    out = loss(x, dualad.tensor(data["y"]))
    out.backward(dualad.tensor(data["g"]))
    close(out, data["out"])
    close(x.grad, data["dx"])


@pytest.mark.parametrize("name, param, gain", CASES["gains"])
def test_gain(name, param, gain):
    assert nn.init.calculate_gain(name, param) == pytest.approx(gain, rel=1e-15)
