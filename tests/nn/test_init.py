"""Initialisation: PyTorch's bounds and deviations, repeatable, in place."""

import numpy as np
import pytest

import dualad
from dualad import nn
from dualad.nn import init

SHAPE = (200, 50, 3, 3)  # fan_in 450, fan_out 1800


def filled(f, shape=SHAPE, **kwargs):
    dualad.manual_seed(1)
    p = nn.Parameter(dualad.empty(*shape))
    assert f(p, **kwargs) is p and p.requires_grad and p.is_leaf and p.dtype == np.float32
    return p.detach().numpy()


@pytest.mark.parametrize(
    "f, options, bound",
    [
        (init.uniform_, dict(a=-0.5, b=0.5), 0.5),
        (init.xavier_uniform_, {}, np.sqrt(6 / 2250)),
        (init.xavier_uniform_, dict(gain=2.0), 2 * np.sqrt(6 / 2250)),
        (init.kaiming_uniform_, {}, np.sqrt(6 / 450)),
        (init.kaiming_uniform_, dict(a=np.sqrt(5)), np.sqrt(1 / 450)),
        (init.kaiming_uniform_, dict(mode="fan_out", nonlinearity="relu"), np.sqrt(6 / 1800)),
        (init.kaiming_uniform_, dict(nonlinearity="tanh"), 5 / 3 * np.sqrt(3 / 450)),
    ],
)
def test_uniform(f, options, bound):
    w = filled(f, **options)
    assert np.abs(w).max() <= bound * (1 + 1e-6)
    assert w.std() == pytest.approx(bound / np.sqrt(3), rel=0.01) and abs(w.mean()) < 0.02 * bound


@pytest.mark.parametrize(
    "f, options, std",
    [
        (init.normal_, dict(std=0.3), 0.3),
        (init.xavier_normal_, {}, np.sqrt(2 / 2250)),
        (init.kaiming_normal_, {}, np.sqrt(2 / 450)),
        (init.kaiming_normal_, dict(a=1.0, mode="fan_out"), np.sqrt(1 / 1800)),
        (init.trunc_normal_, dict(std=0.1), 0.1),
    ],
)
def test_normal(f, options, std):
    w = filled(f, **options)
    assert w.std() == pytest.approx(std, rel=0.01) and abs(w.mean()) < 0.02 * std


def test_truncated():
    w = filled(init.trunc_normal_, std=2.0, a=-1.0, b=0.5)
    assert w.min() >= -1 and w.max() <= 0.5


def test_constants():
    assert np.array_equal(filled(init.constant_, val=3.0), np.full(SHAPE, 3, np.float32))
    assert filled(init.ones_).all() and not filled(init.zeros_).any()
    assert np.array_equal(filled(init.eye_, (2, 3)), np.eye(2, 3, dtype=np.float32))


def test_orthogonal():
    w = filled(init.orthogonal_, (5, 2, 4), gain=2.0).reshape(5, 8)
    np.testing.assert_allclose(w @ w.T, 4 * np.eye(5), atol=1e-5)


def test_layers_begin_as_in_pytorch():
    dualad.manual_seed(0)
    for layer, fan_in in ((nn.Linear(300, 100), 300), (nn.Conv2d(20, 100, 3, groups=2), 90)):
        for p in layer.parameters():
            v = p.detach().numpy()
            assert np.abs(v).max() <= 1 / np.sqrt(fan_in)
            assert v.std() == pytest.approx(1 / np.sqrt(3 * fan_in), rel=0.2)


def test_generators():
    a, b = (init.normal_(dualad.zeros(3), generator=dualad.Generator(4)) for _ in range(2))
    assert a.tolist() == b.tolist()


def test_errors():
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        init.xavier_uniform_(dualad.zeros(3))
    with pytest.raises(ValueError, match="Mode fan_avg not supported"):
        init.kaiming_normal_(dualad.zeros(3, 3), mode="fan_avg")
    with pytest.raises(ValueError, match="Unsupported nonlinearity"):
        init.calculate_gain("cubic")
