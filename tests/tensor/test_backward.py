"""`backward`: what arrives in `.grad`, when it raises, what it keeps and what it lets go."""

import gc
import weakref

import numpy as np
import pytest

import dualad
from dualad import tensor


def leaf(*values):
    return tensor(list(values), requires_grad=True)


def test_gradient_of_a_square():
    x = leaf(1.0, 2.0, 3.0)
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0]
    assert x.grad.dtype == np.float64
    assert not x.grad.requires_grad


def test_gradients_accumulate_in_the_same_tensor():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    g = x.grad
    (3 * x).sum().backward()
    assert x.grad is g
    assert g.tolist() == [5.0, 7.0]
    x.grad = None
    x.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert g.tolist() == [5.0, 7.0]


def test_a_tensor_used_twice_gets_both():
    x = leaf(2.0)
    y = x * x
    (y * y + y).sum().backward()
    assert x.grad.tolist() == [4 * 8.0 + 4.0]


def test_a_gradient_can_be_given():
    x = leaf(1.0, 2.0)
    seed = tensor([10.0, 100.0])
    (x * x).backward(seed)
    assert x.grad.tolist() == [20.0, 400.0]
    y = leaf(1.0, 2.0)
    (y + 0).backward(seed)
    seed_values = seed.tolist()
    y.grad.numpy()[:] = 0  # the user's seed is not the gradient's buffer
    assert seed.tolist() == seed_values


def test_leaf_gradients_are_arrays_of_their_own():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (x + y).backward(tensor([1.0, 1.0]))
    x.grad.numpy()[0] = 9
    assert y.grad.tolist() == [1.0, 1.0]
    z = leaf(1.0, 2.0)
    z.sum().backward()
    z.grad.numpy()[0] = 9
    assert z.grad.tolist() == [9.0, 1.0]


def test_a_vector_needs_a_gradient():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="only for scalar outputs.*shape"):
        (x * x).backward()
    with pytest.raises(RuntimeError, match="Mismatch in shape"):
        (x * x).backward(tensor([1.0]))


def test_something_has_to_require_grad():
    with pytest.raises(RuntimeError, match="does not require grad"):
        tensor([1.0]).sum().backward()
    with pytest.raises(RuntimeError, match="floating point"):
        tensor([1, 2], requires_grad=True)


def test_a_second_pass_through_a_freed_graph_raises():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(dualad.FreedGraph, match="second time.*retain_graph=True"):
        y.backward()
    assert x.grad.tolist() == [2.0, 4.0]
    z = (x * x).sum()
    z.backward(retain_graph=True)
    z.backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_a_graph_that_has_saved_nothing_can_be_swept_again():
    x = leaf(1.0, 2.0)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_backward_lets_saved_values_go():
    x = leaf(*np.arange(10.0))
    y = x.exp()
    out = (y * y).sin()
    loss = out.sum()
    node = out._value.aux
    assert len(node) > 4
    loss.backward()
    assert len(node) == 4  # id, pull, shape, dtype


def test_the_graph_dies_with_its_last_tensor():
    x = leaf(1.0, 2.0)
    y = x * x
    marked = weakref.ref(y)
    z = y.sum()
    del y
    gc.collect()
    assert marked() is None  # the graph holds values and nodes, no handles
    z.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_a_long_chain():
    x = leaf(1.0)
    y = x
    for _ in range(20_000):
        y = y + 0.5
    y.sum().backward()
    assert x.grad.tolist() == [1.0]


def test_no_grad_records_nothing():
    x = leaf(1.0, 2.0)
    with dualad.no_grad():
        y = x * x
        assert not y.requires_grad and y.is_leaf
        with dualad.enable_grad():
            z = x * x
    assert z.requires_grad
    assert x.requires_grad

    @dualad.no_grad()
    def f(t):
        return t * t

    @dualad.no_grad
    def g(t):
        yield t * t
        yield t * t

    assert not f(x).requires_grad
    assert not any(t.requires_grad for t in g(x))
    assert dualad.is_grad_enabled()
    dualad.set_grad_enabled(False)
    assert not (x * x).requires_grad
    dualad.set_grad_enabled(True)
    with dualad.set_grad_enabled(False):
        assert not dualad.is_grad_enabled()
    assert dualad.is_grad_enabled()


def test_detach_and_requires_grad():
    x = leaf(1.0, 2.0)
    y = x * 3
    assert not y.is_leaf and y.grad_fn is not None and "Mul" in y.grad_fn.name()
    assert x.is_leaf and x.grad_fn is None
    d = y.detach()
    assert d.is_leaf and not d.requires_grad
    (d * x).sum().backward()
    assert x.grad.tolist() == [3.0, 6.0]
    with pytest.raises(RuntimeError, match="leaf variables"):
        y.requires_grad_(False)
    x.requires_grad_(False)
    assert not x.requires_grad


def test_backward_into_chosen_inputs():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (x * y).sum().backward(inputs=[x])
    assert x.grad.tolist() == [3.0, 4.0]
    assert y.grad is None


def test_autograd_grad():
    x, y, z = leaf(1.0, 2.0), leaf(3.0, 4.0), leaf(0.0)
    out = (x * x * y).sum()
    gx, gy = dualad.autograd.grad(out, (x, y), retain_graph=True)
    assert gx.tolist() == [6.0, 16.0] and gy.tolist() == [1.0, 4.0]
    assert x.grad is None
    with pytest.raises(RuntimeError, match="allow_unused"):
        dualad.autograd.grad(out, (x, z), retain_graph=True)
    assert dualad.autograd.grad(out, (x, z), retain_graph=True, allow_unused=True)[1] is None
    assert dualad.autograd.grad(out, (x, z), retain_graph=True, materialize_grads=True)[1].tolist() == [0.0]
    middle = x * y
    (g,) = dualad.autograd.grad((middle * middle).sum(), middle)
    assert g.tolist() == [6.0, 16.0]
    (g,) = dualad.autograd.grad(x * x, x, grad_outputs=tensor([1.0, 10.0]))
    assert g.tolist() == [2.0, 40.0]


def test_several_outputs_at_once():
    x = leaf(1.0, 2.0)
    dualad.autograd.backward([(x * x).sum(), (3 * x).sum()])
    assert x.grad.tolist() == [5.0, 7.0]


def test_a_masked_nan_has_no_say():
    x = leaf(1.0, -1.0)
    with np.errstate(invalid="ignore"):
        y = x.log()
    dualad.where(x > 0, y, 0.0).sum().backward()
    assert x.grad.tolist() == [1.0, 0.0]


def test_complex_gradients_follow_pytorch():
    z = tensor([1 + 2j, -1 + 0.5j], requires_grad=True)
    (z * z.conj()).real.sum().backward()
    assert z.grad.tolist() == [2 + 4j, -2 + 1j]
    w = tensor([1 + 2j], requires_grad=True)
    (w * (3 - 1j)).real.sum().backward()
    assert w.grad.tolist() == [3 + 1j]


def test_dtypes_come_home():
    x = tensor([1.0, 2.0], dtype=dualad.float32, requires_grad=True)
    y = tensor([3.0, 4.0], dtype=dualad.float64)
    (x * y).sum().backward()
    assert x.grad.dtype == dualad.float32


def test_an_assigned_gradient_has_to_fit():
    x = leaf(1.0, 2.0)
    x.grad = tensor([5.0, 5.0])
    with pytest.raises(RuntimeError, match="different size"):
        x.grad = tensor([1.0])
    with pytest.raises(TypeError, match="Tensor or None"):
        x.grad = np.ones(2)
