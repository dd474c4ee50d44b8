import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualad.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    SequentialSampler,
    Subset,
    TensorDataset,
    default_collate,
)
from dualad.data.loader import takes_batches


def numbers(loader):
    return [batch.tolist() for batch in loader]


class Rows(Dataset):
    """The same samples as a TensorDataset, one at a time."""

    def __init__(self, *arrays):
        self.arrays = arrays

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        return tuple(array[index] for array in self.arrays)


class Stream(IterableDataset):
    def __init__(self, size):
        self.size = size

    def __iter__(self):
        return iter(range(self.size))


class SizedStream(Stream):
    def __len__(self):
        return self.size


def test_defaults_are_single_samples_in_order():
    assert numbers(DataLoader(range(3))) == [[0], [1], [2]]


def test_batches_in_order():
    loader = DataLoader(range(7), batch_size=3)
    assert numbers(loader) == [[0, 1, 2], [3, 4, 5], [6]]
    assert numbers(loader) == [[0, 1, 2], [3, 4, 5], [6]]
    assert len(loader) == 3
    dropping = DataLoader(range(7), batch_size=3, drop_last=True)
    assert numbers(dropping) == [[0, 1, 2], [3, 4, 5]]
    assert len(dropping) == 2


def test_shuffle_is_the_generators_permutation():
    order = np.random.default_rng(11).permutation(7).tolist()
    for generator in (11, np.random.default_rng(11)):
        loader = DataLoader(range(7), 3, True, generator=generator)
        assert numbers(loader) == [order[:3], order[3:6], order[6:]]


def test_passes_differ_and_the_sequence_of_passes_is_reproducible():
    first, again = (DataLoader(range(50), 50, shuffle=True, generator=2) for _ in range(2))
    passes = [numbers(first) for _ in range(3)]
    assert passes[0] != passes[1] != passes[2]
    assert passes == [numbers(again) for _ in range(3)]


@given(
    size=st.integers(0, 30),
    batch=st.integers(1, 9),
    drop=st.booleans(),
    shuffle=st.booleans(),
    subset=st.booleans(),
)
def test_whole_batches_equal_stacked_samples(size, batch, drop, shuffle, subset):
    x = np.arange(size * 2, dtype=np.float32).reshape(size, 2)
    y = np.arange(size, dtype=np.int16)
    fast, slow = TensorDataset(x, y), Rows(x, y)
    if subset:
        fast, slow = (Subset(data, range(size)[::-2]) for data in (fast, slow))
    loaders = [DataLoader(data, batch, shuffle, drop_last=drop, generator=0) for data in (fast, slow)]
    assert [takes_batches(data) for data in (fast, slow)] == [True, False]
    batches = [list(loader) for loader in loaders]
    assert len(batches[0]) == len(batches[1]) == len(loaders[0]) == len(loaders[1])
    for one, other in zip(*batches, strict=True):
        assert type(one) is type(other) is list
        for left, right in zip(one, other, strict=True):
            assert left.dtype == right.dtype
            np.testing.assert_array_equal(left, right)


@given(size=st.integers(0, 30), batch=st.integers(1, 9), drop=st.booleans())
def test_every_sample_comes_once_but_for_the_dropped(size, batch, drop):
    batches = numbers(DataLoader(range(size), batch, shuffle=True, drop_last=drop, generator=1))
    seen = [value for b in batches for value in b]
    assert len(set(seen)) == len(seen) == (size - size % batch if drop else size)
    assert all(len(b) == batch for b in batches[:-1])


def test_a_subclass_that_changes_its_rows_is_not_passed_over():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(2 * part for part in super().__getitem__(index))

    for data in (Doubled(np.arange(4)), Subset(Doubled(np.arange(4)), range(4))):
        assert [batch[0].tolist() for batch in DataLoader(data, 2)] == [[0, 2], [4, 6]]


def test_a_dataset_with_getitems_is_asked_for_lists():
    class Listed(Dataset):
        asked = []

        def __len__(self):
            return 3

        def __getitem__(self, index):
            raise AssertionError("__getitems__ goes first")

        def __getitems__(self, indices):
            self.asked.append(indices)
            return [10 * i for i in indices]

    class Changed(Listed):
        def __getitem__(self, index):
            return -index

    assert numbers(DataLoader(Listed(), 2)) == [[0, 10], [20]]
    assert Listed.asked == [[0, 1], [2]]
    assert numbers(DataLoader(Changed(), 2)) == [[0, -1], [-2]]


def test_sampler_and_batch_sampler():
    loader = DataLoader(range(9), 2, sampler=[4, 4, 8])
    assert numbers(loader) == [[4, 4], [8]]
    loader = DataLoader(range(9), batch_sampler=[[3], [1, 2], [8, 0, 5]])
    assert numbers(loader) == [[3], [1, 2], [8, 0, 5]]
    assert len(loader) == 3
    assert loader.batch_size is None
    data = TensorDataset(np.arange(9) * 10)
    loader = DataLoader(data, batch_sampler=BatchSampler(SequentialSampler(data), 4, True))
    assert [batch[0].tolist() for batch in loader] == [[0, 10, 20, 30], [40, 50, 60, 70]]


def test_collate_fn_receives_the_samples():
    assert list(DataLoader(range(5), 2, collate_fn=tuple)) == [(0, 1), (2, 3), (4,)]
    data = TensorDataset(np.arange(3), np.arange(3))
    assert list(DataLoader(data, 2, collate_fn=len)) == [2, 1]


def test_without_batches_samples_come_as_they_are():
    loader = DataLoader("abc", batch_size=None)
    assert list(loader) == ["a", "b", "c"]
    assert len(loader) == 3
    assert sorted(DataLoader("abc", batch_size=None, shuffle=True)) == ["a", "b", "c"]
    assert list(DataLoader("abc", batch_size=None, collate_fn=str.upper)) == ["A", "B", "C"]


def test_streams():
    assert numbers(DataLoader(Stream(5), 2)) == [[0, 1], [2, 3], [4]]
    assert numbers(DataLoader(Stream(5), 2, drop_last=True)) == [[0, 1], [2, 3]]
    assert list(DataLoader(Stream(3), batch_size=None)) == [0, 1, 2]
    assert len(DataLoader(SizedStream(5), 2)) == 3
    assert len(DataLoader(SizedStream(5), 2, drop_last=True)) == 2
    assert len(DataLoader(SizedStream(5), batch_size=None)) == 5
    with pytest.raises(TypeError, match="has no len"):
        len(DataLoader(Stream(5), 2))


def test_no_data():
    for shuffle in (False, True):
        loader = DataLoader(TensorDataset(np.zeros((0, 3))), 4, shuffle)
        assert list(loader) == []
        assert len(loader) == 0


def test_two_passes_at_once_are_independent():
    loader = DataLoader(range(4), 2)
    one, other = iter(loader), iter(loader)
    assert next(one).tolist() == next(other).tolist() == [0, 1]
    assert next(one).tolist() == next(other).tolist() == [2, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_workers": 2}, "num_workers=2 is not supported; dualad loads in the calling thread"),
        ({"pin_memory": True}, "pin_memory=True is not supported"),
        ({"timeout": 3}, "timeout=3 is not supported"),
        ({"worker_init_fn": print}, "worker_init_fn=.* is not supported"),
        ({"multiprocessing_context": "fork"}, "multiprocessing_context='fork' is not supported"),
        ({"prefetch_factor": 2}, "prefetch_factor=2 is not supported"),
        ({"persistent_workers": True}, "persistent_workers=True is not supported"),
        ({"pin_memory_device": "cuda"}, "pin_memory_device='cuda' is not supported"),
        ({"sampler": [0], "shuffle": True}, "sampler and shuffle exclude each other"),
        ({"batch_sampler": [[0]], "batch_size": 2}, "batch_sampler makes the batches"),
        ({"batch_sampler": [[0]], "shuffle": True}, "batch_sampler makes the batches"),
        ({"batch_sampler": [[0]], "sampler": [0]}, "batch_sampler makes the batches"),
        ({"batch_sampler": [[0]], "drop_last": True}, "batch_sampler makes the batches"),
        ({"batch_size": None, "drop_last": True}, "drop_last has nothing to drop"),
        ({"batch_size": 0}, "batch_size must be an integer of at least 1, got 0"),
        ({"batch_size": 2.5}, "batch_size must be an integer of at least 1"),
    ],
)
def test_refused_options(options, message):
    with pytest.raises(ValueError, match=message):
        DataLoader(range(3), **options)


@pytest.mark.parametrize("options", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}])
def test_a_stream_has_its_own_order(options):
    with pytest.raises(ValueError, match="an IterableDataset has its own order"):
        DataLoader(Stream(3), **options)


@pytest.mark.parametrize("size", [0, -1, 1.5])
def test_a_stream_refuses_a_batch_size_too(size):
    with pytest.raises(ValueError, match="batch_size must be an integer of at least 1"):
        DataLoader(Stream(3), batch_size=size)


def test_pytorchs_explicit_defaults_are_accepted():
    parameters = inspect.signature(DataLoader).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    assert numbers(DataLoader(range(2), **defaults)) == [[0], [1]]
    assert numbers(DataLoader(range(2), in_order=False)) == [[0], [1]]


@pytest.mark.parametrize("name", ["batch_size", "batch_sampler", "sampler", "drop_last", "dataset"])
def test_what_would_have_no_effect_cannot_be_set(name):
    loader = DataLoader(range(3))
    with pytest.raises(ValueError, match=f"DataLoader.{name} cannot be changed afterwards"):
        setattr(loader, name, 1)


def test_collate_fn_can_be_replaced_afterwards():
    loader = DataLoader(TensorDataset(np.arange(3)), 2)
    assert loader.collate_fn is default_collate
    loader.collate_fn = len
    assert list(loader) == [2, 1]
