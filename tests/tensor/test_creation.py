"""Creation functions, dtypes, the default dtype, seeds."""

import numpy as np
import pytest

import dualad
from dualad import float32, float64, int64, tensor


def test_tensor_copies_and_types_as_numpy():
    a = np.ones(2)
    t = tensor(a)
    a[0] = 5
    assert t.tolist() == [1.0, 1.0]
    assert tensor([1.0]).dtype == float64
    assert tensor([1]).dtype == int64
    assert tensor([True]).dtype == dualad.bool
    assert tensor([1.0], dtype=float32).dtype == float32
    assert tensor(np.ones(2, np.float32)).dtype == float32
    assert tensor(3.0).shape == () and tensor(3.0).item() == 3.0
    assert tensor([tensor(1.0), tensor(2.0)]).tolist() == [1.0, 2.0]
    x = tensor([1.0], requires_grad=True)
    assert not tensor(x).requires_grad


def test_from_numpy_shares_memory_one_way():
    a = np.ones(2)
    t = dualad.from_numpy(a)
    a[0] = 5
    assert t.tolist() == [5.0, 1.0]
    t.add_(1)
    assert a.tolist() == [5.0, 1.0]  # in-place operations make a new array
    assert dualad.as_tensor(t) is t
    assert dualad.as_tensor(a).numpy() is a


def test_filled_tensors_have_the_default_dtype():
    for t in (dualad.zeros(2, 3), dualad.ones((2, 3)), dualad.empty(2, 3), dualad.full((2, 3), 1.5)):
        assert t.dtype == float32 and t.shape == (2, 3)
    assert dualad.full((2,), 3).dtype == int64
    assert dualad.eye(2).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert dualad.zeros(2, dtype=int64).dtype == int64
    assert dualad.zeros().shape == ()
    assert dualad.ones(2, requires_grad=True).requires_grad
    dualad.set_default_dtype(float64)
    try:
        assert dualad.zeros(1).dtype == dualad.randn(1).dtype == dualad.get_default_dtype() == float64
    finally:
        dualad.set_default_dtype(float32)
    with pytest.raises(TypeError, match="floating-point"):
        dualad.set_default_dtype(int64)


def test_ranges():
    assert dualad.arange(3).dtype == int64
    assert dualad.arange(1, 2, 0.5).tolist() == [1.0, 1.5]
    assert dualad.arange(1, 2, 0.5).dtype == float32
    assert dualad.linspace(0, 1, 3).tolist() == [0.0, 0.5, 1.0]


def test_like():
    x = tensor([[1.0, 2.0]], requires_grad=True)
    for f in (dualad.zeros_like, dualad.ones_like, dualad.empty_like, dualad.rand_like, dualad.randn_like):
        t = f(x)
        assert t.shape == (1, 2) and t.dtype == float64 and not t.requires_grad
    assert dualad.full_like(x, 7).tolist() == [[7.0, 7.0]]


def test_seeds():
    dualad.manual_seed(3)
    a = [dualad.rand(3), dualad.randn(2, 2), dualad.randint(10, (4,)), dualad.randperm(5)]
    dualad.manual_seed(3)
    b = [dualad.rand(3), dualad.randn(2, 2), dualad.randint(10, (4,)), dualad.randperm(5)]
    assert all(x.equal(y) for x, y in zip(a, b, strict=True))
    assert a[0].dtype == float32 and 0 <= a[0].min().item() <= a[0].max().item() < 1
    assert sorted(a[3].tolist()) == [0, 1, 2, 3, 4]
    assert dualad.randint(5, 7, (100,)).unique().tolist() == [5, 6]
    g = dualad.Generator(1)
    assert dualad.rand(2, generator=g).equal(dualad.rand(2, generator=dualad.Generator().manual_seed(1)))


def test_random_fills():
    dualad.manual_seed(0)
    t = dualad.zeros(1000)
    assert abs(t.normal_(3.0, 0.5).mean().item() - 3) < 0.1
    assert abs(t.uniform_(-1, 1).mean().item()) < 0.1
    assert set(t.bernoulli_(0.5).tolist()) == {0.0, 1.0}


def test_casts():
    x = tensor([1.7, -1.7], requires_grad=True)
    assert x.float().dtype == float32 and x.double() is x
    assert x.long().tolist() == [1, -1] and x.int().dtype == dualad.int32
    assert x.bool().tolist() == [True, True]
    assert x.to("cpu") is x and x.to(float32).requires_grad
    assert x.type_as(tensor([1], dtype=float32)).dtype == float32
    with pytest.raises(RuntimeError, match="only device is the CPU"):
        x.to("cuda")
    x.float().sum().backward()
    assert x.grad.tolist() == [1.0, 1.0] and x.grad.dtype == float64


def test_repr():
    assert repr(tensor([1.0, 2.0], requires_grad=True)) == "tensor([1., 2.], requires_grad=True)"
    assert repr(tensor([1.5, -2.0])) == "tensor([ 1.5000, -2.0000])"
    assert repr(tensor([1, 2])) == "tensor([1, 2])"
    assert repr(dualad.zeros(2)) == "tensor([0., 0.], dtype=float32)"
    assert repr(tensor([1.0], requires_grad=True) * 2) == "tensor([2.], grad_fn=<MulBackward>)"
    assert repr(tensor([[1.0, float("nan")], [float("inf"), 0.25]])) == (
        "tensor([[1.0000,    nan],\n        [   inf, 0.2500]])"
    )
    assert repr(tensor([])) == "tensor([])"
    assert repr(tensor([1e-8, 1.0])) == "tensor([1.0000e-08, 1.0000e+00])"
    assert f"{tensor(2.5):.2f}" == "2.50"
    assert "grad" in repr(dualad.Tensor([1.0]).requires_grad_())


def test_size():
    s = dualad.zeros(2, 3).shape
    assert s == (2, 3) and s.numel() == 6 and repr(s) == "Size([2, 3])" and isinstance(s[1:], dualad.Size)


def test_python_numbers():
    t = tensor(2.5, requires_grad=True)
    assert float(t) == 2.5 and int(t) == 2 and bool(t) and t.item() == 2.5
    assert [10, 20, 30][tensor(1)] == 20
    with pytest.raises(RuntimeError, match="ambiguous"):
        bool(tensor([1.0, 2.0]))
    with pytest.raises(RuntimeError, match="converted to Scalar"):
        tensor([1.0, 2.0]).item()
    with pytest.raises(TypeError, match="0-d"):
        len(t)
    with pytest.raises(TypeError, match="0-d"):
        list(t)
    assert (t == None) is False  # noqa: E711
    assert len({t, t}) == 1
