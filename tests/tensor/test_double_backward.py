"""`create_graph`: gradients that are recorded themselves."""

import numpy as np
import pytest

import dualad
from dualad import tensor
from dualad.autograd import grad


def test_second_and_third_derivative():
    x = tensor([1.0, 2.0], requires_grad=True)
    (g,) = grad((x**4).sum(), x, create_graph=True)
    assert g.tolist() == [4.0, 32.0] and g.requires_grad
    (h,) = grad(g.sum(), x, create_graph=True)
    assert h.tolist() == [12.0, 48.0]
    (k,) = grad(h.sum(), x)
    assert k.tolist() == [24.0, 48.0]
    assert not k.requires_grad


def test_backward_with_create_graph():
    x = tensor([1.0, 2.0], requires_grad=True)
    (x**3).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    g, x.grad = x.grad, None
    g.sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_gradient_penalty_reaches_the_weights():
    rng = np.random.default_rng(0)
    w = tensor(rng.normal(size=(3, 2)), requires_grad=True)
    x = tensor(rng.normal(size=(4, 3)), requires_grad=True)

    def penalty(w):
        (g,) = grad((x @ w).tanh().sum(), x, create_graph=True)
        return (g * g).sum()

    penalty(w).backward()
    h = 1e-6
    want = np.empty((3, 2))
    for k in np.ndindex(3, 2):
        step = np.zeros((3, 2))
        step[k] = h
        up, down = (penalty(tensor(w.detach().numpy() + s, requires_grad=True)).item() for s in (step, -step))
        want[k] = (up - down) / (2 * h)
    np.testing.assert_allclose(w.grad.numpy(), want, rtol=1e-6, atol=1e-8)


CHAINS = {
    "elementwise": lambda x: (x.sin() * x.exp() + x.tanh() / (1 + x * x)).sum(),
    "power": lambda x: ((x * x + 1) ** 1.5).sum(),
    "product": lambda x: ((x @ x.T) @ x).sum(),
    "matmul by itself": lambda x: (x @ x).sum(),
    "reduction": lambda x: (x.sum(0) * x.mean(1)).sum() ** 2,
    "shapes": lambda x: (x.reshape(9).unsqueeze(1) * x.flatten()).sum() * x.T.sum(),
    "where": lambda x: dualad.where(x > 0, x**3, x.exp()).sum(),
    "softmax": lambda x: (x.softmax(1) * x.log_softmax(0)).sum(),
    "indexing": lambda x: (x[0] * x[:, 1] * x[[2, 0, 0], [1, 1, 1]]).sum(),
    "stack": lambda x: (dualad.stack([x, x * x]) * dualad.cat([x, x]).reshape(2, 3, 3)).sum(),
    "a diamond": lambda x: ((x * x) * (x * x).sin()).sum(),
}


@pytest.mark.parametrize("name", CHAINS)
def test_hessians_agree_with_the_other_engines(name):
    f = CHAINS[name]
    a = np.random.default_rng(1).normal(size=(3, 3))
    x = tensor(a, requires_grad=True)
    v = np.random.default_rng(2).normal(size=(3, 3))
    (g,) = grad(f(x), x, create_graph=True)
    (hv,) = grad((g * tensor(v)).sum(), x)
    _, want = dualad.jvp(dualad.grad(f), (tensor(a),), (tensor(v),))
    np.testing.assert_allclose(hv.numpy(), want.numpy(), rtol=1e-10, atol=1e-12)


def test_create_graph_respects_the_strong_zero():
    x = tensor([4.0, 0.0], requires_grad=True)
    y = dualad.where(x > 0, x.sqrt(), 0.0).sum()
    (g,) = grad(y, x, create_graph=True)
    assert g.tolist() == [0.25, 0.0]
    (h,) = grad(g.sum(), x)
    np.testing.assert_allclose(h.numpy(), [-1 / 32, 0.0])
