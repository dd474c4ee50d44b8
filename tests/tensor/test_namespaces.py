"""`dualad.linalg`, `dualad.fft` and `dualad.special` beside PyTorch's frozen answers, and both engines."""

import importlib
import json
import pathlib
import sys

import numpy as np
import pytest

import dualad
from dualad import fft, linalg, special

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
sys.path.insert(0, str(FIXTURES))
namespace_cases, tensor_cases = map(importlib.import_module, ("namespace_cases", "tensor_cases"))
sys.path.remove(str(FIXTURES))

FROZEN = json.loads((FIXTURES / "namespaces.json").read_text())["cases"]


@pytest.mark.parametrize("expression", list(namespace_cases.cases()))
def test_as_pytorch(expression):
    want = FROZEN[expression]
    outputs, grads = tensor_cases.evaluate(dualad, "", expression)
    assert len(outputs) == len(want["outputs"])
    for got, frozen in zip(outputs, want["outputs"], strict=True):
        np.testing.assert_allclose(got["value"], frozen["value"], rtol=1e-9, atol=1e-11)
        assert got["shape"] == frozen["shape"] and got["dtype"] == frozen["dtype"]
    for leaf, g in want["grads"].items():
        np.testing.assert_allclose(grads.get(leaf, np.zeros_like(g)), g, rtol=1e-8, atol=1e-10)


def test_every_name_is_tried():
    text = " ".join(namespace_cases.cases())
    for space in (linalg, fft, special):
        for name in space.__all__:
            assert f".{name}(" in text, name


@pytest.mark.parametrize(
    "f",
    [
        lambda a: linalg.solve(a, a @ a),
        lambda a: linalg.slogdet(a)[1],
        lambda a: linalg.svdvals(a),
        lambda a: linalg.vector_norm(a, 3, dim=0),
        lambda a: abs(fft.rfft(a)) ** 2,
        lambda a: special.logsumexp(special.erf(a), 1),
        lambda a: special.polygamma(1, a * a),
    ],
)
def test_engines_agree_to_second_order(f):
    a = dualad.tensor([[2.0, 0.3], [0.4, 1.5]])
    move = dualad.tensor([[0.3, -0.7], [0.2, 0.9]])
    g = lambda a: (f(a) ** 2).sum()
    along = lambda a: dualad.jvp(g, (a,), (move,))[1]
    np.testing.assert_allclose(float(along(a)), float((dualad.grad(g)(a) * move).sum()), rtol=1e-11)
    twice = dualad.jvp(along, (a,), (move,))[1]
    np.testing.assert_allclose(float(twice), float((dualad.grad(along)(a) * move).sum()), rtol=1e-9)


def test_refusals():
    a, t = dualad.eye(2), dualad.ones(2, 3)
    with pytest.raises(NotImplementedError, match="mode='r'"):
        linalg.qr(a, mode="r")
    with pytest.raises(NotImplementedError, match="driver='gels'"):
        linalg.lstsq(t, t, driver="gels")
    with pytest.raises(NotImplementedError, match="two matrices"):
        linalg.lstsq(t[None], t[None])
    with pytest.raises(ValueError, match="left=False"):
        linalg.solve(a, dualad.ones(2), left=False)
    with pytest.raises(RuntimeError, match="length 3"):
        linalg.cross(a, a)
    with pytest.raises(RuntimeError, match="negative n"):
        special.polygamma(-1, a)
    with pytest.raises(RuntimeError, match="the only device is the CPU"):
        fft.fftfreq(3, device="cuda")
