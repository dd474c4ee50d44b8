import numpy as np
import pytest

from dualad.data import ConcatDataset, Dataset, IterableDataset, Subset, TensorDataset, random_split


class Squares(Dataset):
    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return index * index


def test_dataset_names_what_a_subclass_must_define():
    with pytest.raises(NotImplementedError, match="Dataset must define __getitem__"):
        Dataset()[0]
    with pytest.raises(NotImplementedError, match="define __iter__"):
        iter(IterableDataset())


def test_tensor_dataset_rows():
    x, y = np.arange(6.0).reshape(3, 2), np.array([7, 8, 9])
    data = TensorDataset(x, y)
    assert len(data) == 3
    row, label = data[1]
    assert row.tolist() == [2.0, 3.0]
    assert label == 8
    assert [part.tolist() for part in data[1:]] == [[[2, 3], [4, 5]], [8, 9]]


@pytest.mark.parametrize("indices", [[2, 0, 2], np.array([2, 0, 2], dtype=np.uint8), [-1, 0, -1]])
def test_tensor_dataset_takes_many_rows(indices):
    x, y = np.arange(6.0).reshape(3, 2), np.array([7, 8, 9])
    xs, ys = TensorDataset(x, y).take_batch(indices)
    assert xs.tolist() == [[4, 5], [0, 1], [4, 5]]
    assert ys.tolist() == [9, 7, 9]


def test_taken_rows_do_not_share_memory_with_the_data():
    x = np.zeros((4, 2))
    (rows,) = TensorDataset(x).take_batch([0, 1])
    rows[:] = 5
    assert not x.any()


def test_take_refuses_indices_that_are_no_integers():
    with pytest.raises(TypeError, match="integers, got float64"):
        TensorDataset(np.arange(3)).take_batch([0.5, 1.0])
    with pytest.raises(IndexError):
        TensorDataset(np.arange(3)).take_batch([3])


@pytest.mark.parametrize(
    ("arrays", "kind", "message"),
    [
        ((), TypeError, "at least one array"),
        (([1, 2],), TypeError, "argument 0 is a list, not an array: wrap it in numpy.asarray"),
        ((np.zeros(2), np.float64(1)), ValueError, "argument 1 has no axis 0"),
        ((np.zeros(2), np.zeros(3)), ValueError, r"differ in length along axis 0: \[2, 3\]"),
    ],
)
def test_tensor_dataset_refuses(arrays, kind, message):
    with pytest.raises(kind, match=message):
        TensorDataset(*arrays)


def test_subset():
    part = Subset(Squares(10), [3, 1, 9])
    assert [part[i] for i in range(len(part))] == [9, 1, 81]
    nested = Subset(Subset(TensorDataset(np.arange(10) * 10), [9, 8, 7]), [2, 0])
    assert nested[[0, 1]][0].tolist() == [70, 90]
    assert nested.take_batch([1, 0, 1])[0].tolist() == [90, 70, 90]


def test_concat_dataset():
    data = Squares(3) + Squares(0) + Squares(2)
    assert isinstance(data, ConcatDataset)
    assert [data[i] for i in range(len(data))] == [0, 1, 4, 0, 1]
    assert data[-1] == 1
    assert data[-5] == 0
    for index in (5, -6):
        with pytest.raises(IndexError, match=f"index {index} is out of range"):
            data[index]
    assert ConcatDataset([Squares(2), Squares(3)]).cumulative_sizes == [2, 5]
    with pytest.raises(ValueError, match="at least one"):
        ConcatDataset([])
    with pytest.raises(TypeError, match="IterableDataset"):
        ConcatDataset([IterableDataset()])


def test_random_split_is_a_partition_and_reproducible():
    first = random_split(range(10), [3, 7], generator=4)
    again = random_split(range(10), [3, 7], generator=np.random.default_rng(4))
    assert [list(part.indices) for part in first] == [list(part.indices) for part in again]
    assert [len(part) for part in first] == [3, 7]
    assert sorted(value for part in first for value in part.indices) == list(range(10))
    assert list(first[0].indices) == np.random.default_rng(4).permutation(10)[:3].tolist()


@pytest.mark.parametrize(
    ("size", "shares", "expected"),
    [
        (10, [0.5, 0.5], [5, 5]),
        (11, [0.5, 0.5], [6, 5]),  # what the shares leave over is dealt out from the first part on
        (11, [0.25, 0.25, 0.5], [3, 3, 5]),
        (5, [1], [5]),
        (1, [1], [1]),
        (1, [0, 1], [0, 1]),
        (0, [0.3, 0.7], [0, 0]),
        (10, [0.7, 0.2, 0.1], [7, 2, 1]),
    ],
)
def test_random_split_by_shares(size, shares, expected):
    assert [len(part) for part in random_split(range(size), shares, generator=0)] == expected


@pytest.mark.parametrize("lengths", [[3, 3], [0.5, 0.6], [2.5, 7.5], []])
def test_random_split_refuses_lengths_that_do_not_fit(lengths):
    with pytest.raises(ValueError, match="sum to its length, or shares that sum to 1"):
        random_split(range(10), lengths)


def test_random_split_refuses_negative_lengths():
    with pytest.raises(ValueError, match="negative"):
        random_split(range(10), [12, -2])
