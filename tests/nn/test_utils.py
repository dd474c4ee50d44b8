"""Clipping gradients; parameters as one vector."""

import numpy as np
import pytest

import dualad
from dualad import nn
from dualad.nn.utils import clip_grad_norm_, clip_grad_value_, parameters_to_vector, vector_to_parameters


def parameters(*gradients):
    out = [nn.Parameter(dualad.zeros(len(g))) for g in gradients]
    for p, g in zip(out, gradients, strict=True):
        p.grad = dualad.tensor(g, dtype=dualad.float32)
    return [*out, nn.Parameter(dualad.zeros(1))]


def gradients(ps):
    return [x for p in ps if p.grad is not None for x in p.grad.tolist()]


def test_clip_norm():
    ps = parameters([3.0, 0.0], [4.0])
    norm = clip_grad_norm_(ps, 1.0)
    assert norm.item() == 5.0
    np.testing.assert_allclose(gradients(ps), [0.6, 0.0, 0.8], rtol=1e-5)
    assert clip_grad_norm_(ps, 2.0).item() == pytest.approx(1.0, rel=1e-5)
    np.testing.assert_allclose(gradients(ps), [0.6, 0.0, 0.8], rtol=1e-5)
    assert clip_grad_norm_(parameters([3.0, -5.0]), 1.0, norm_type=float("inf")).item() == 5.0
    assert clip_grad_norm_(parameters([3.0, -5.0]), 1.0, norm_type=1.0).item() == 8.0
    assert clip_grad_norm_([nn.Parameter(dualad.zeros(1))], 1.0).item() == 0.0


def test_clip_norm_that_is_not_finite():
    ps = parameters([np.inf, 1.0])
    with pytest.raises(RuntimeError, match="non-finite"):
        clip_grad_norm_(ps, 1.0, error_if_nonfinite=True)


def test_clip_value():
    ps = parameters([3.0, -0.1], [-4.0])
    clip_grad_value_(ps, 0.5)
    np.testing.assert_allclose(gradients(ps), [0.5, -0.1, -0.5], rtol=1e-6)


def test_vector():
    net = nn.Linear(2, 3)
    v = parameters_to_vector(net.parameters())
    assert v.shape == (9,) and v.requires_grad
    vector_to_parameters(dualad.arange(9.0), net.parameters())
    assert net.weight.tolist() == [[0, 1], [2, 3], [4, 5]] and net.bias.tolist() == [6, 7, 8]
    assert net.weight.is_leaf and net.weight.requires_grad
    with pytest.raises(ValueError, match="10 entries, the parameters 9"):
        vector_to_parameters(dualad.arange(10.0), net.parameters())
    with pytest.raises(TypeError, match="expected a Tensor"):
        vector_to_parameters(np.zeros(9), net.parameters())
