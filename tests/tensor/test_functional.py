"""One engine, two faces: tensors in functional transforms, transforms of code that uses tensors."""

import threading

import numpy as np
import pytest

import dualad
from dualad import tensor


def energy(t):
    return (t * t * t).sum()


def test_transforms_take_and_give_tensors():
    t = tensor([1.0, 2.0])
    g = dualad.grad(energy)(t)
    assert isinstance(g, dualad.Tensor) and g.tolist() == [3.0, 12.0]
    value, g = dualad.value_and_grad(energy)(t)
    assert isinstance(value, dualad.Tensor) and value.item() == 9.0
    out, dout = dualad.jvp(energy, (t,), (tensor([1.0, 0.0]),))
    assert out.item() == 9.0 and dout.item() == 3.0
    out, pull = dualad.vjp(lambda t: t * t, t)
    assert pull(tensor([1.0, 10.0]))[0].tolist() == [2.0, 40.0]
    assert dualad.hessian(energy)(t).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    assert dualad.vmap(energy)(tensor([[1.0, 2.0], [0.0, 1.0]])).tolist() == [9.0, 1.0]


def test_arrays_and_tensors_in_one_tree():
    f = lambda tree: (tree["a"] * tree["b"][0]).sum()  # noqa: E731
    g = dualad.grad(f)({"a": tensor([1.0, 2.0]), "b": [np.array([3.0, 4.0])]})
    assert g["a"].tolist() == [3.0, 4.0]
    assert isinstance(g["b"][0], np.ndarray) and g["b"][0].tolist() == [1.0, 2.0]


def test_a_tensor_that_requires_grad_is_recorded_on_the_tape_as_well():
    x = tensor([1.0, 2.0], requires_grad=True)
    g = dualad.grad(energy)(x)
    assert g.requires_grad
    g.sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]
    with dualad.no_grad():
        assert not dualad.grad(energy)(x).requires_grad


def test_a_closed_over_leaf_gets_its_gradient():
    w = tensor([2.0, 3.0], requires_grad=True)
    g = dualad.grad(lambda t: (t * t * w).sum())(tensor([1.0, 2.0]))
    assert g.tolist() == [4.0, 12.0]
    g.sum().backward()
    assert w.grad.tolist() == [2.0, 4.0]


def test_no_grad_leaves_transforms_alone():
    w = tensor([2.0, 3.0], requires_grad=True)

    def f(t):
        with dualad.no_grad():
            return (t * t * w).sum()

    assert dualad.grad(f)(tensor([1.0, 2.0])).tolist() == [4.0, 12.0]
    assert not dualad.grad(f)(tensor([1.0, 2.0])).requires_grad


def test_backward_inside_a_transform():
    """The derivative of a gradient that backward computed."""

    def slope(t):
        leaf = (t * 1).requires_grad_()
        (leaf**3).sum().backward(create_graph=False)
        return (leaf.grad * leaf.grad).sum() + t.sum()

    t = tensor([1.0, 2.0])
    # Σ (3 t²)² + t, derivative 36 t³ + 1
    assert dualad.grad(slope)(t).tolist() == [37.0, 289.0]
    assert dualad.jvp(slope, (t,), (tensor([1.0, 0.0]),))[1].item() == 37.0
    rows = dualad.vmap(slope)(tensor([[1.0, 2.0], [0.0, 1.0]]))
    assert rows.tolist() == [9 + 144 + 3.0, 9 + 1.0]


def test_two_leaves_inside_a_transform():
    def f(t):
        a, b = (t * 1).requires_grad_(), (t * 2).requires_grad_()
        (a * a * b).sum().backward()
        return (a.grad + b.grad).sum()  # 2ab + a² = 5 t²

    assert dualad.grad(f)(tensor([3.0])).tolist() == [30.0]


def test_backward_through_a_transform_to_an_outer_leaf_is_refused():
    w = tensor([2.0], requires_grad=True)

    def f(t):
        (t * w).sum().backward()
        return t.sum()

    with pytest.raises(RuntimeError, match=r"backward inside grad.*dualad.grad"):
        dualad.grad(f)(tensor([1.0]))


def test_detach_stops_every_derivative():
    assert dualad.grad(lambda t: (t.detach() * t).sum())(tensor([3.0])).tolist() == [3.0]
    assert dualad.jvp(lambda t: (t.detach() * t).sum(), (tensor([3.0]),), (tensor([1.0]),))[1].item() == 3.0


def test_conversions_inside_a_transform_raise():
    with pytest.raises(dualad.ConversionError):
        dualad.grad(lambda t: t.item() * t.sum())(tensor([1.0]))
    with pytest.raises(dualad.ConversionError):
        dualad.grad(lambda t: t.sum() * t.numpy().sum())(tensor([1.0]))


def test_a_leaked_tensor_is_noticed():
    kept = []

    def f(t):
        kept.append(t)
        return t.sum()

    dualad.grad(f)(tensor([1.0]))
    with pytest.raises(dualad.LeakedValue):
        kept[0].sum().exp().softmax(0)


def test_threads_share_leaves():
    w = tensor(np.ones(50), requires_grad=True)
    results = [None] * 8

    def work(k):
        for _ in range(20):
            with dualad.no_grad() if k % 2 else dualad.enable_grad():
                y = (w * k).sin().sum()
            results[k] = dualad.autograd.grad(y, w)[0].numpy() if k % 2 == 0 else y.requires_grad

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    for k in range(8):
        if k % 2:
            assert results[k] is False
        else:
            np.testing.assert_allclose(results[k], k * np.cos(k) * np.ones(50))


def test_threads_pull_one_graph():
    w = tensor(np.arange(1.0, 6.0), requires_grad=True)
    y = (w.exp() * w.sin()).sum()
    want = (np.exp(w.tolist()) * (np.sin(w.tolist()) + np.cos(w.tolist()))).tolist()
    out = []

    def work():
        for _ in range(50):
            out.append(dualad.autograd.grad(y, w, retain_graph=True)[0].tolist())

    threads = [threading.Thread(target=work) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(out) == 200
    np.testing.assert_allclose(out, [want] * 200, rtol=1e-14)
