"""What recurrent layers refuse, draw and remember; their numbers are in test_more_against_torch."""

import numpy as np
import pytest

import dualad
from dualad import nn


def test_a_layer_is_its_cell_step_by_step():
    layer, cell = nn.GRU(3, 4).double(), nn.GRUCell(3, 4).double()
    cell.load_state_dict({n.removesuffix("_l0"): p for n, p in layer.state_dict().items()})
    x, h = dualad.randn(5, 2, 3, dtype=dualad.float64), dualad.zeros(2, 4, dtype=dualad.float64)
    out, last = layer(x)
    for t in range(5):
        h = cell(x[t], h)
        np.testing.assert_allclose(out[t].detach().numpy(), h.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(last[0].detach().numpy(), h.detach().numpy(), rtol=1e-12)


def test_parameters_begin_within_their_bound():
    layer = nn.LSTM(3, 16, num_layers=2, bidirectional=True)
    for p in layer.parameters():
        assert p.dtype == np.float32 and 0.05 < float(abs(p).max()) <= 0.25
    assert len(list(layer.parameters())) == 16


def test_dropout_between_layers():
    layer = nn.RNN(3, 4, num_layers=2, dropout=0.5)
    x = dualad.randn(6, 2, 3)
    dualad.manual_seed(0)
    a, b = layer(x)[0], layer(x)[0]
    assert not np.array_equal(a.detach().numpy(), b.detach().numpy())
    layer.eval()
    assert np.array_equal(layer(x)[0].detach().numpy(), layer(x)[0].detach().numpy())
    with pytest.warns(UserWarning, match="there is one"):
        nn.RNN(3, 4, dropout=0.5)


def test_rows_of_a_vmap():
    layer = nn.LSTM(3, 4).double()
    x = np.random.default_rng(0).normal(size=(3, 5, 2, 3))
    got = dualad.vmap(lambda x: layer(x)[0])(x)
    for k in range(3):
        want = layer(dualad.tensor(x[k]))[0].detach().numpy()
        np.testing.assert_allclose(np.asarray(got.detach().numpy())[k], want, rtol=1e-12)


def test_refusals():
    with pytest.raises(NotImplementedError, match="proj_size"):
        nn.LSTM(3, 4, proj_size=2)
    with pytest.raises(ValueError, match="nonlinearity"):
        nn.RNN(3, 4, nonlinearity="gelu")
    with pytest.raises(dualad.ShapeError, match="3 features"):
        nn.GRU(3, 4)(dualad.zeros(5, 2, 2))
    with pytest.raises(dualad.ShapeError, match="1D or 2D"):
        nn.GRUCell(3, 4)(dualad.zeros(5, 2, 3))
    with pytest.raises(dualad.ShapeError, match=r"Expected hidden size \(1, 2, 4\)"):
        nn.GRU(3, 4)(dualad.zeros(5, 2, 3), dualad.zeros(1, 3, 4))
    with pytest.raises(ValueError, match="greater than zero"):
        nn.GRU(3, 0)
    with pytest.raises(ValueError, match="range"):
        nn.GRU(3, 4, dropout=2)
    with pytest.raises(NotImplementedError, match="output_size"):
        nn.ConvTranspose2d(1, 1, 2)(dualad.zeros(1, 1, 2, 2), output_size=(4, 4))
    with pytest.raises(NotImplementedError, match="track_running_stats"):
        nn.InstanceNorm2d(2, track_running_stats=True)
    with pytest.raises(NotImplementedError, match="padding_mode"):
        nn.Conv1d(1, 1, 2, padding_mode="circular")
    with pytest.raises(ValueError, match="output padding"):
        nn.functional.conv_transpose2d(dualad.zeros(1, 1, 2, 2), dualad.zeros(1, 1, 2, 2), output_padding=1)
    with pytest.raises(ValueError, match="divisible"):
        nn.GroupNorm(2, 3)
    with pytest.raises(dualad.ShapeError, match="num_groups"):
        nn.functional.group_norm(dualad.zeros(2, 3, 2), 2)
    with pytest.raises(dualad.ShapeError, match="2D .unbatched. or 3D"):
        nn.functional.conv1d(dualad.zeros(2), dualad.zeros(1, 1, 1))
