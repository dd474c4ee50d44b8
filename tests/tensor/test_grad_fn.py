"""`grad_fn` names the operation on every road."""

import numpy as np
import pytest

import dualad
from dualad import nn, tensor


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda t: t * 2, "MulBackward"),
        (lambda t: t.exp(), "ExpBackward"),
        (lambda t: t.sum(), "SumBackward"),
        (lambda t: t.reshape(2, 1), "ReshapeBackward"),
        (lambda t: t[0], "TakeStaticBackward"),
        (lambda t: nn.functional.linear(t[None], dualad.ones(3, 2, dtype=t.dtype)).sum(), "SumBackward"),
    ],
)
def test_names(f, name):
    t = tensor(np.array([1.0, 2.0]), requires_grad=True)
    assert repr(f(t).grad_fn) == f"<{name}>"


def test_leaves_and_freed_graphs():
    t = tensor([1.0, 2.0], requires_grad=True)
    y = t.exp()
    loss = y.sum()
    assert [repr(fn) for fn, _ in loss.grad_fn.next_functions] == ["<ExpBackward>"]
    assert [repr(fn) for fn, _ in y.grad_fn.next_functions] == ["<AccumulateGrad>"]
    loss.backward()
    assert repr(y.grad_fn) == "<FreedBackward>"
