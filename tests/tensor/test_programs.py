"""Small programs as users of PyTorch write them: what fails, and how."""

import numpy as np
import pytest

import dualad
from dualad import nn


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (
            lambda: dualad.ones(2) + dualad.ones(3),
            r"size of tensor a \(2\) must match .* b \(3\) .* dimension 0",
        ),
        (lambda: dualad.ones(4, 2, 3) * np.ones((5, 1)), r"a \(2\) must match .* b \(5\) .* dimension 1"),
        (lambda: dualad.ones(2) == dualad.ones(3), "non-singleton dimension 0"),
        (lambda: dualad.ones(2).maximum(dualad.ones(3)), "non-singleton dimension 0"),
        (
            lambda: dualad.ones(2, 3) @ dualad.ones(2, 3),
            r"cannot be multiplied \(2x3 and 2x3\) \(at test_pro",
        ),
        (lambda: dualad.ones(2).dot(dualad.ones(3)), r"cannot be multiplied \(2 and 3\)"),
        (lambda: dualad.cat([dualad.ones(2, 3), dualad.ones(2, 2)]), r"cat: shapes \(2, 3\), \(2, 2\)"),
        (lambda: dualad.stack([dualad.ones(2), dualad.ones(3)]), r"stack: shapes \(2,\), \(3,\)"),
        (lambda: dualad.zeros(3).__setitem__(slice(0, 2), dualad.ones(3)), "could not broadcast"),
        (lambda: dualad.zeros(3).__setitem__(0, dualad.ones(2)), "sequence"),
        (lambda: nn.BatchNorm2d(3)(dualad.ones(1, 4, 2, 2)), "expected input with 3 channels"),
    ],
)
def test_shapes_that_do_not_fit(program, message):
    """PyTorch's users catch RuntimeError, NumPy's ValueError."""
    with pytest.raises(RuntimeError, match=message):
        program()
    with pytest.raises(ValueError, match=message):
        program()


@pytest.mark.parametrize(
    ("program", "error", "message"),
    [
        (lambda: dualad.ones(2).chunk(0), RuntimeError, "greater than 0"),
        (lambda: dualad.ones(2, 3).repeat(2), RuntimeError, "repeat dims"),
        (lambda: dualad.ones(2).flip(), TypeError, "dims"),
        (lambda: dualad.arange(0, 5, -1), RuntimeError, "inconsistent with step sign"),
        (lambda: dualad.arange(0, 5, 0), RuntimeError, "nonzero"),
        (lambda: dualad.from_numpy(np.array(["a"])), TypeError, "a tensor holds numbers"),
        (lambda: dualad.as_tensor([None]), TypeError, "a tensor holds numbers"),
        (lambda: nn.Linear(2, 2).load_state_dict([1]), TypeError, "dict-like"),
        (lambda: dualad.ones(2) + "a", TypeError, "unsupported operand"),
        (lambda: dualad.ones(3)[dualad.tensor([7])], IndexError, "out of bounds"),
    ],
)
def test_what_pytorch_refuses(program, error, message):
    with pytest.raises(error, match=message):
        program()


def test_inference_mode():
    x = dualad.ones(2, requires_grad=True)
    with dualad.inference_mode():
        assert not (x * 2).requires_grad
    with dualad.inference_mode(False):
        assert (x * 2).requires_grad
    assert not dualad.inference_mode()(lambda: x * 2)().requires_grad
    assert not dualad.inference_mode(lambda: x * 2)().requires_grad


def test_dtypes_under_all_of_their_names():
    assert dualad.zeros(1, dtype=dualad.long).dtype == dualad.int64
    assert dualad.ones(1).to(dualad.double).dtype == dualad.float64
    assert [dualad.float, dualad.int, dualad.half] == [dualad.float32, dualad.int32, dualad.float16]


def test_an_optimiser_step_spares_what_the_tape_has_saved():
    """Where PyTorch raises, for it has overwritten the weights."""
    w = dualad.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    x = dualad.ones(1, 2, dtype=dualad.float64, requires_grad=True)
    loss = (x @ w).sum()
    w.grad = dualad.ones_like(w)
    dualad.optim.Adam([w], lr=1.0).step()
    loss.backward()
    assert x.grad.tolist() == [[3.0, 7.0]]


def test_a_view_that_is_made_of_a_copy_keeps_its_own_counsel():
    t = dualad.zeros(2, 3)
    t.T.reshape(6).add_(1)
    t.reshape(6)[1] = 5
    assert t.tolist() == [[0, 5, 0], [0, 0, 0]]


def leaf_of(x):
    return (x * 2).requires_grad_()


def filled_leaf(x):
    p = dualad.zeros(2, requires_grad=True)
    p.data.copy_(2 * x)
    return p


@pytest.mark.parametrize("leaf", [leaf_of, filled_leaf])
def test_a_leaf_made_inside_a_transform_does_not_hide_it(leaf):
    """The leaf's tape is younger than the transform, which has to find its own value under it."""
    x, w = dualad.ones(2), dualad.ones(2, requires_grad=True)
    f = lambda x: (leaf(x) * x * w).sum()  # 2 x²
    assert dualad.grad(f)(x).tolist() == [4, 4]
    assert dualad.jvp(f, (x,), (x,))[1].item() == 8
    assert dualad.vmap(lambda s: f(s * x))(dualad.ones(3)).tolist() == [4, 4, 4]
    assert dualad.grad(lambda y: dualad.grad(f)(y).sum())(x).tolist() == [4, 4]
    assert dualad.grad(lambda y: dualad.grad(lambda x: (leaf(y) * x).sum())(y).sum())(x).tolist() == [2, 2]
    dualad.grad(f)(x).sum().backward()
    assert w.grad.tolist() == [4, 4]


def test_a_parameter_filled_inside_a_transform():
    m = nn.Linear(2, 1)

    def f(x):
        m.bias.data.copy_(x[:1])
        return m(x).sum()

    expected = m.weight.detach()[0] + dualad.tensor([1.0, 0.0], dtype=dualad.float32)
    assert dualad.grad(f)(dualad.ones(2)).tolist() == expected.tolist()
    with pytest.raises(dualad.LeakedValue):
        m(dualad.ones(2)).item()
