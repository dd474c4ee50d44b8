from collections import namedtuple
from decimal import Decimal

import numpy as np
import pytest

from dualad.data import DataLoader, Subset, TensorDataset, collate, default_collate, register_collate

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("samples", "dtype"),
    [
        ([1, 2, 3], np.int64),
        ([1.0, 2.0], np.float64),
        ([1, 2.5], np.float64),  # never cut to the kind of the first
        ([True, False], np.bool_),
        ([1j, 2.0], np.complex128),
        ([np.float32(1), np.float32(2)], np.float32),
        ([np.zeros((2, 3), np.float32)] * 4, np.float32),
        ([np.zeros(2, np.uint8)], np.uint8),
    ],
)
def test_arrays_and_numbers_are_stacked(samples, dtype):
    batch = default_collate(samples)
    assert batch.dtype == dtype
    assert batch.shape == (len(samples), *np.shape(samples[0]))
    assert batch.tolist() == [np.asarray(sample).tolist() for sample in samples]


def test_structures_are_kept():
    batch = default_collate([(np.ones(2), {"a": 1, "b": "x"}), (np.zeros(2), {"a": 2, "b": "y"})])
    assert isinstance(batch, list)
    assert batch[0].tolist() == [[1, 1], [0, 0]]
    assert batch[1]["a"].tolist() == [1, 2]
    assert batch[1]["b"] == ["x", "y"]
    point = default_collate([Point(1, 2.0), Point(3, 4.0)])
    assert isinstance(point, Point)
    assert point.x.tolist() == [1, 3]
    assert [column.tolist() for column in default_collate([[1, 2], [3, 4]])] == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    ("samples", "kind", "message"),
    [
        ([], ValueError, "the batch is empty"),
        ([np.zeros(2), np.zeros(3)], ValueError, r"differ in shape: \[\(2,\), \(3,\)\]: pad or crop"),
        ([(1, 2), (1,)], ValueError, r"number of fields: \[1, 2\]"),
        ([{"a": 1}, {"a": 1, "b": 2}], ValueError, "differ in their keys"),
        ([None], TypeError, "no rule for samples of type NoneType"),
        ([1, None], TypeError, "int do not stack|NoneType, int do not stack|NoneType"),
        ([1, "a"], TypeError, "do not stack into one array of numbers"),
        ([Decimal(1)], TypeError, "Decimal do not stack"),
    ],
)
def test_what_does_not_stack_says_so(samples, kind, message):
    with pytest.raises(kind, match=message):
        default_collate(samples)


class Metres:
    """A foreign array type, as dualad's Tensor is to this module: shape, rows, its own stacking."""

    def __init__(self, values):
        self.values = np.asarray(values)

    @property
    def shape(self):
        return self.values.shape

    def __getitem__(self, index):
        return Metres(self.values[index])


@pytest.fixture
def hooks(monkeypatch):
    monkeypatch.setattr(collate, "_hooks", {})


def stack_metres(samples):
    return Metres(np.stack([sample.values for sample in samples]))


def test_a_type_without_a_rule_is_still_taken_whole(hooks):
    (batch,) = next(iter(DataLoader(TensorDataset(Metres([1.0, 2.0, 3.0])), batch_size=2)))
    assert isinstance(batch, Metres)
    assert batch.values.tolist() == [1, 2]
    with pytest.raises(TypeError, match="add a rule with register_collate"):
        default_collate([Metres(1)])


@pytest.mark.parametrize("take", [None, lambda column, indices: column[indices]])
def test_a_registered_type_and_its_subclasses(hooks, take):
    class Feet(Metres):
        pass

    register_collate(Metres, stack_metres, take)
    assert default_collate([Feet(1), Feet(2)]).values.tolist() == [1, 2]
    data = TensorDataset(Metres([[1.0], [2.0], [3.0]]), np.arange(3))
    lengths, numbers = list(DataLoader(Subset(data, [2, 1]), batch_size=2))[0]
    assert lengths.values.tolist() == [[3], [2]]
    assert numbers.tolist() == [2, 1]


def test_arrays_themselves_may_be_registered(hooks):
    """So that arrays become tensors; the whole-batch road must not slip past the hook."""
    register_collate(np.ndarray, lambda rows: Metres(np.stack(rows)))
    data = TensorDataset(np.ones((4, 2)))
    assert isinstance(next(iter(DataLoader(data, batch_size=2)))[0], Metres)
    register_collate(np.ndarray, lambda rows: Metres(np.stack(rows)), lambda rows, i: Metres(rows[i]))
    assert isinstance(next(iter(DataLoader(data, batch_size=2)))[0], Metres)
