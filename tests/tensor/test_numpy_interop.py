"""NumPy and tensors in one expression."""

import numpy as np
import pytest

import dualad
from dualad import tensor


def test_numpy_shares_memory():
    t = tensor([1.0, 2.0])
    a = t.numpy()
    assert type(a) is np.ndarray and a is t.numpy()
    assert type(tensor(2.0).sum().numpy()) is np.ndarray
    assert np.asarray(t).tolist() == [1.0, 2.0]


def test_a_tensor_that_requires_grad_is_no_array():
    x = tensor([1.0], requires_grad=True)
    for convert in (x.numpy, lambda: np.asarray(x), lambda: np.array([x, x])):
        with pytest.raises(RuntimeError, match="detach"):
            convert()
    assert x.numpy(force=True).tolist() == [1.0]
    assert x.detach().numpy().tolist() == [1.0]


def test_operators_with_arrays():
    x = tensor([1.0, 2.0], requires_grad=True)
    a = np.array([3.0, 4.0])
    for y in (x * a, a * x, np.float64(3) * x, x * np.float64(3)):
        assert isinstance(y, dualad.Tensor) and y.requires_grad
    (a * x).sum().backward()
    assert x.grad.tolist() == [3.0, 4.0]
    assert isinstance(a + tensor([1.0, 1.0]), dualad.Tensor)
    assert (a - x).tolist() == [2.0, 2.0]
    assert (a > x).tolist() == [True, True]
    assert (np.ones((2, 2)) @ x).tolist() == [3.0, 3.0]


def test_numpy_functions_give_tensors():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = np.sin(x)
    assert isinstance(y, dualad.Tensor) and y.requires_grad
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.cos([1.0, 2.0]))
    assert isinstance(np.exp(tensor([0.0])), dualad.Tensor)
    assert np.add(tensor([1.0]), 1).tolist() == [2.0]
    with pytest.raises(TypeError, match="copy_"):
        np.add(x, 1, out=x)


def test_numpys_array_functions():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = np.concatenate([x, x])
    assert isinstance(y, dualad.Tensor) and y.shape == (4,)
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    assert isinstance(np.sum(x), dualad.Tensor)
    assert np.reshape(x, (2, 1)).shape == (2, 1)


def test_foreign_types_decide():
    class Other:
        def __radd__(self, other):
            return "other"

    x = tensor([1.0])
    assert x + Other() == "other"
    with pytest.raises(TypeError):
        x + "a"
    with pytest.raises(TypeError):
        x @ None


def test_there_is_no_array_namespace():
    assert not hasattr(tensor([1.0]), "__array_namespace__")
