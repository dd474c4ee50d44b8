"""Several hundred expressions beside PyTorch's frozen answers: values, shapes, dtypes, gradients."""

import importlib.util
import json
import pathlib

import numpy as np
import pytest

import dualad

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
spec = importlib.util.spec_from_file_location("tensor_cases", FIXTURES / "tensor_cases.py")
tensor_cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tensor_cases)

FROZEN = json.loads((FIXTURES / "tensor.json").read_text())["cases"]


# Steps have no derivative: their results do not require grad, where PyTorch's carry a zero.
STEPS = ("floor", "ceil", "trunc", "round", "sign", "rounding_mode", "fill_(2.0); a", "zero_(); a")


@pytest.mark.parametrize(
    ("name", "statements", "expression"), list(tensor_cases.cases()), ids=[c[0] for c in tensor_cases.cases()]
)
def test_as_pytorch(name, statements, expression):
    want = FROZEN[name]
    outputs, grads = tensor_cases.evaluate(dualad, statements, expression)
    assert len(outputs) == len(want["outputs"])
    for got, frozen in zip(outputs, want["outputs"], strict=True):
        close(got["value"], frozen["value"])
        assert got.get("shape") == frozen.get("shape")
        assert got.get("dtype") == frozen.get("dtype")
        if not any(step in name for step in STEPS):
            assert got.get("grad") == frozen.get("grad")
    assert set(grads) <= set(want["grads"])
    for leaf, g in want["grads"].items():
        close(grads.get(leaf, np.zeros_like(g)), g)


def close(got, want):
    got, want = np.asarray(got), np.asarray(want)
    assert got.dtype.kind == want.dtype.kind
    np.testing.assert_allclose(got, want, rtol=2e-6 if got.dtype.kind == "f" else 0, atol=1e-12)
