"""Hooks on gradients, and `retain_grad`."""

import pytest

from dualad import tensor


def test_a_hook_sees_and_changes_the_gradient():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    (y * y).sum().backward()
    assert seen == [[4.0, 8.0]]
    assert x.grad.tolist() == [80.0, 160.0]


def test_a_hook_on_a_leaf():
    x = tensor([1.0, 2.0], requires_grad=True)
    handle = x.register_hook(lambda g: -g)
    (x * x).sum().backward()
    assert x.grad.tolist() == [-2.0, -4.0]
    handle.remove()
    (x * x).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_a_hook_registered_after_use_is_called():
    x = tensor([1.0], requires_grad=True)
    y = x * 3
    z = y * y
    calls = []
    y.register_hook(calls.append)
    z.sum().backward()
    assert [c.tolist() for c in calls] == [[6.0]]


def test_retain_grad():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    z = (y * y).sum()
    y.retain_grad()
    assert y.retains_grad and not x.retains_grad
    z.backward()
    assert y.grad.tolist() == [6.0, 12.0]
    assert x.grad.tolist() == [18.0, 36.0]


def test_hooks_need_a_gradient():
    with pytest.raises(RuntimeError, match="doesn't require grad"):
        tensor([1.0]).register_hook(print)
    with pytest.raises(RuntimeError, match="retain_grad"):
        tensor([1.0]).retain_grad()


def test_hook_after_accumulation():
    x = tensor([1.0], requires_grad=True)
    seen = []
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.item()))
    (x * 2).sum().backward()
    (x * 2).sum().backward()
    assert seen == [2.0, 4.0]


def test_hooks_and_double_backward():
    from dualad.autograd import grad

    x = tensor([2.0], requires_grad=True)
    y = x * x
    y.register_hook(lambda g: g * g)
    (g,) = grad((y * y).sum(), x, create_graph=True)
    assert g.tolist() == [(2 * 4.0) ** 2 * 4.0]  # g = (2y)² · 2x
    # The second pass comes by y as well, and its hook squares again: (2 · 2y · 2 · 2x)² · 2x + (2y)² · 2.
    (h,) = grad(g.sum(), x)
    assert h.tolist() == [128.0**2 * 4 + 128]  # PyTorch's number
