"""pickle, copy and deepcopy."""

import copy
import pickle

import pytest

from dualad import float32, tensor


def test_pickle_round_trip():
    x = tensor([1.0, 2.0], dtype=float32, requires_grad=True)
    y = pickle.loads(pickle.dumps(x))
    assert y.tolist() == [1.0, 2.0] and y.dtype == float32 and y.requires_grad and y.is_leaf
    assert not pickle.loads(pickle.dumps(tensor([1]))).requires_grad


def test_deepcopy_is_independent():
    x = tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    y = copy.deepcopy(x)
    assert y.requires_grad and y.grad.tolist() == [2.0, 4.0]
    (3 * y).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    assert y.grad.tolist() == [5.0, 7.0]
    shared = copy.deepcopy([x, x])
    assert shared[0] is shared[1]


def test_results_cannot_be_deep_copied():
    x = tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="graph leaves"):
        copy.deepcopy(x * 2)
    with pytest.raises(RuntimeError, match="graph leaves"):
        pickle.dumps(x * 2)
    assert copy.deepcopy((x * 2).detach()).tolist() == [2.0]
