"""In-place operations and views, under PyTorch's rules."""

import gc

import pytest

import dualad
from dualad import tensor


def test_a_leaf_refuses_while_the_tape_records():
    x = tensor([1.0, 2.0], requires_grad=True)
    for write in (
        lambda: x.add_(1),
        lambda: x.zero_(),
        lambda: x.__setitem__(0, 1.0),
        lambda: x.copy_(x * 2),
    ):
        with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
            write()
    with pytest.raises(RuntimeError, match="a leaf Variable"):
        x += 1
    with pytest.raises(RuntimeError, match="a view of a leaf Variable"):
        x[0].mul_(2)
    assert x.tolist() == [1.0, 2.0]


def test_no_grad_writes_to_a_leaf():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    with dualad.no_grad():
        x -= 0.5
        x[0] = 7.0
        x[1:].mul_(2)
    assert x.is_leaf and x.requires_grad and x.tolist() == [7.0, 3.0]
    y.backward()  # the graph has kept the values it was computed with
    assert x.grad.tolist() == [2.0, 4.0]
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0 + 14, 4.0 + 6]


def test_data_writes_to_a_leaf():
    x = tensor([1.0, 2.0], requires_grad=True)
    x.data.mul_(3)
    assert x.tolist() == [3.0, 6.0] and x.requires_grad and x.is_leaf
    x.data = tensor([5.0, 5.0, 5.0])
    assert x.shape == (3,) and x.requires_grad
    x.sum().backward()
    assert x.grad.tolist() == [1.0] * 3
    x.detach().zero_()
    assert x.tolist() == [0.0] * 3


def test_nothing_saved_is_overwritten():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    z = y * y
    y.zero_()
    z.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    c = tensor([3.0, 4.0])
    x.grad = None
    w = (x * c).sum()
    c.zero_()
    w.backward()
    assert x.grad.tolist() == [3.0, 4.0]


def test_a_write_through_a_view_reaches_base_and_siblings():
    a = dualad.zeros(2, 3)
    row, flat, column, whole = a[1], a.view(6), a.t()[2], a.detach()
    row.fill_(1)
    assert a.tolist() == [[0.0] * 3, [1.0] * 3]
    assert flat.tolist() == [0.0] * 3 + [1.0] * 3
    assert column.tolist() == [0.0, 1.0]
    assert whole.tolist() == a.tolist()
    a.mul_(2)
    assert row.tolist() == [2.0] * 3 and column.tolist() == [0.0, 2.0]
    flat[0] = 9.0
    assert a[0, 0].item() == 9.0 and whole[0, 0].item() == 9.0
    column.add_(1)
    assert a.tolist() == [[9.0, 0.0, 1.0], [2.0, 2.0, 3.0]]


def test_gradients_pass_through_written_views():
    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    a = dualad.zeros(2, 3, dtype=dualad.float64)
    row = a[0]
    row.copy_(x)
    assert a.requires_grad and not row.is_leaf
    (a * a).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0]


def test_a_plain_tensor_begins_to_require_grad():
    x = tensor([1.0, 2.0], requires_grad=True)
    a = tensor([1.0, 1.0])
    a.add_(x)
    assert a.requires_grad and not a.is_leaf
    a.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_shape_and_dtype_stay():
    a = tensor([1, 2])
    with pytest.raises(RuntimeError, match="can't be cast"):
        a.add_(0.5)
    b = dualad.ones(2)
    b.add_(tensor([1.0, 1.0]))
    assert b.dtype == dualad.float32
    with pytest.raises(RuntimeError, match="broadcast shape"):
        b.add_(dualad.ones(3, 2))
    with pytest.raises(RuntimeError, match="single memory location"):
        dualad.ones(1, 2).expand(3, 2).add_(1)


def test_views_that_are_gone_are_forgotten():
    a = dualad.zeros(4)
    for _ in range(1000):
        a[1:]
    gc.collect()
    assert len(a._more.views) < 64
    v = a[1:]
    a.add_(1)
    assert v.tolist() == [1.0] * 3


def test_aliases_see_each_other():
    a = dualad.zeros(2)
    b = a
    b += 1
    assert a.tolist() == [1.0, 1.0] and a is b
    c = a + 0
    c += 1
    assert a.tolist() == [1.0, 1.0]


def test_filling_row_by_row():
    x = tensor([1.0, 2.0], requires_grad=True)
    a = dualad.empty(5, 2, dtype=dualad.float64)
    for k in range(5):
        a[k] = x**k
    a.sum().backward()
    assert x.grad.tolist() == [0 + 1 + 2 + 3 + 4.0, 0 + 1 + 4 + 12 + 32.0]


def test_optimiser_step():
    w = tensor([1.0, 2.0], requires_grad=True)
    for _ in range(3):
        w.grad = None
        ((w - 1) ** 2).sum().backward()
        with dualad.no_grad():
            w -= 0.25 * w.grad
    assert w.tolist() == [1.0, 1.125]
    assert w.is_leaf and w.requires_grad


def test_filling_stays_linear():
    """What each of n stores costs does not grow with n: they wait, and a plain array is written in place."""
    from time import perf_counter

    def seconds(n):
        x = tensor(1.0, requires_grad=True)
        a = dualad.zeros(n, dtype=dualad.float64)
        b = dualad.zeros(n)
        start = perf_counter()
        for i in range(n):
            a[i] = x
            b[i] = 1.0
        a.sum().backward()
        assert x.grad.item() == n and b.sum().item() == n
        return perf_counter() - start

    seconds(100)
    small = min(seconds(2_000) for _ in range(3))
    assert seconds(32_000) < 16 * 4 * small


def test_plain_stores_are_seen_by_nobody_else():
    a = tensor([1.0, 2.0, 3.0])
    kept = a.numpy()
    b = a.detach()
    c = a + 0
    a[0] = 9.0
    assert kept.tolist() == [1.0, 2.0, 3.0]  # NumPy's array is the one that was given away
    assert b.tolist() == [9.0, 2.0, 3.0]
    assert c.tolist() == [1.0, 2.0, 3.0]
    x = tensor([1.0, 1.0, 1.0], requires_grad=True)
    y = (x * c).sum()
    c[0] = 7.0
    y.backward()
    assert x.grad.tolist() == [1.0, 2.0, 3.0]
