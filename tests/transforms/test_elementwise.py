"""`elementwise_grad`: nested orders, autograd's meaning, and the check that the function is elementwise."""

import numpy as np
import pytest

import dualad

X = np.array([[0.3, 1.2], [-0.7, 2.0]])
d = dualad.elementwise_grad


def test_every_order_nested():
    f = lambda x: np.exp(2 * x) * np.cos(x)
    g = f
    for order in range(1, 5):
        g = d(g)
        right = np.real((2 + 1j) ** order * np.exp((2 + 1j) * X))
        np.testing.assert_allclose(g(X), right, rtol=1e-13)
    assert np.isclose(d(d(np.tanh))(0.5), -2 * np.tanh(0.5) / np.cosh(0.5) ** 2)


def test_it_is_the_diagonal_of_the_jacobian():
    f = lambda x, y: np.sin(x) * y**2
    x, y = X[0], X[1]
    for k in (0, 1):
        np.testing.assert_allclose(d(f, k)(x, y), np.diag(dualad.jacfwd(f, k)(x, y)), rtol=1e-14)
    a, b = d(f, (0, 1))(x, y)
    np.testing.assert_allclose([a, b], [np.cos(x) * y**2, 2 * np.sin(x) * y], rtol=1e-14)


def test_a_broadcast_argument_gets_sums():
    assert np.isclose(d(lambda a: a**2 * X)(3.0), 6 * X.sum())


def test_aux_dtype_and_complex():
    slopes, aux = d(lambda x: (x**2, {"y": x}), has_aux=True)(X.astype(np.float32))
    assert slopes.dtype == np.float32 and type(aux["y"]) is np.ndarray
    z = X + 1j
    np.testing.assert_allclose(d(np.exp, holomorphic=True)(z), np.exp(z))
    with pytest.raises(dualad.NotDifferentiable, match="holomorphic=True"):
        d(np.exp)(z)


def test_under_other_transforms():
    np.testing.assert_allclose(dualad.vmap(d(np.sin))(X), np.cos(X))
    np.testing.assert_allclose(dualad.vmap(d(np.sin, check=True))(X), np.cos(X))
    np.testing.assert_allclose(dualad.jvp(d(np.sin), (X,), (X,))[1], -np.sin(X) * X)
    np.testing.assert_allclose(dualad.grad(lambda x: np.sum(d(np.sin, check=True)(x)))(X), -np.sin(X))


def test_tensors():
    t = d(lambda t: t.sin())(dualad.tensor([0.0, 1.0]))
    assert type(t) is dualad.Tensor
    np.testing.assert_allclose(t.numpy(), np.cos([0.0, 1.0]), rtol=1e-6)


def test_check():
    np.testing.assert_array_equal(d(lambda x: np.where(x > 0, x**2, 0 * x), check=True)(X), 2 * X * (X > 0))
    softmax = lambda x: np.exp(x) / np.sum(np.exp(x))
    d(softmax)(X)  # the gradient of the sum, as autograd's
    with pytest.raises(
        dualad.NotDifferentiable, match=r"depends on other entries.*test_elementwise.py:\d+.*jacobian"
    ):
        d(softmax, check=True)(X)
    with pytest.raises(dualad.NotDifferentiable, match="other entries"):
        d(lambda x: x[::-1] ** 2, check=True)(X)
    with pytest.raises(TypeError, match="checks one argument"):
        d(np.multiply, (0, 1), check=True)(X, X)


def test_what_cannot_be_elementwise():
    with pytest.raises(dualad.StructureError, match=r"shape \(2, 2\), the output \(\).*dualad.grad"):
        d(np.sum)(X)
    with pytest.raises(dualad.StructureError, match=r"the output \(2,\)"):
        d(lambda x: x.sum(axis=0))(X)
    with pytest.raises(dualad.NotDifferentiable, match="returned 2"):
        d(lambda x: (x, x))(X)
    with pytest.raises(dualad.NotDifferentiable, match="int64"):
        d(np.sin)(np.arange(3))
