"""Names of PyTorch's that few programs use."""

from __future__ import annotations

import numpy as np
import pytest

import dualad


def test_layout():
    for grad in (False, True):
        t = dualad.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=grad)
        assert t.is_contiguous()
        assert t.contiguous() is t
        assert not t.T.is_contiguous()
        u = t.T.contiguous()
        assert u.is_contiguous()
        assert u.tolist() == t.T.tolist()
        assert u.requires_grad == grad
    (u * u).sum().backward()
    assert t.grad.tolist() == (2 * t).tolist()


def test_shapes_as_others():
    t, other = dualad.arange(6.0), dualad.zeros(2, 3)
    assert t.view_as(other).tolist() == t.reshape_as(other).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert t.new_empty(2, 3).shape == (2, 3)


def test_aminmax():
    t = dualad.tensor([[1.0, 5.0], [3.0, 2.0]])
    low, high = t.aminmax(dim=1)
    assert (low.tolist(), high.tolist()) == ([1, 2], [5, 3])
    low, high = t.aminmax(dim=0, keepdim=True)
    assert (low.tolist(), high.tolist()) == ([[1, 2]], [[3, 5]])


def test_detach_in_place():
    t = dualad.tensor([1.0], requires_grad=True) * 2
    assert t.detach_() is t
    assert not t.requires_grad


def test_draws():
    dualad.manual_seed(3)
    assert dualad.default_generator.initial_seed() == 3
    p = dualad.tensor([0.0, 1.0, 0.3])
    drawn = np.stack([dualad.bernoulli(p).numpy() for _ in range(2000)])
    np.testing.assert_allclose(drawn.mean(axis=0), p.numpy(), atol=0.05)
    many = dualad.multinomial(dualad.tensor([[0.0, 3.0, 1.0]]), 4000, replacement=True)
    assert many.shape == (1, 4000)
    np.testing.assert_allclose(np.bincount(many.numpy()[0]) / 4000, [0, 0.75, 0.25], atol=0.05)
    assert sorted(dualad.multinomial(dualad.ones(4), 4).tolist()) == [0, 1, 2, 3]
    draws = dualad.normal(dualad.tensor([0.0, 5.0]), dualad.tensor([1.0, 0.0]))
    assert draws[1].item() == 5
    assert dualad.normal(2.0, 0.0, (3,)).tolist() == [2, 2, 2]
    like = dualad.randint_like(dualad.zeros(50), 2, 4)
    assert set(like.tolist()) == {2, 3}


@pytest.mark.parametrize(
    "draw", [dualad.bernoulli, lambda p: dualad.multinomial(p, 1), lambda p: dualad.normal(p, p)]
)
def test_rows_of_a_vmap_would_share_them(draw):
    p = dualad.full((3,), 0.5)
    with pytest.raises(dualad.DualadError, match="random numbers drawn under vmap"):
        dualad.vmap(lambda x: x * draw(p)[0])(dualad.ones(2))
