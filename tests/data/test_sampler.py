import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualad.data import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def test_sequential():
    sampler = SequentialSampler("abcd")
    assert list(sampler) == [0, 1, 2, 3]
    assert list(sampler) == [0, 1, 2, 3]
    assert len(sampler) == 4


def test_sampler_names_what_a_subclass_must_define():
    with pytest.raises(NotImplementedError, match="Sampler must define __iter__"):
        iter(Sampler())


def test_random_is_the_generators_permutation_and_moves_on():
    sampler = RandomSampler(range(20), generator=3)
    expected = np.random.default_rng(3)
    assert list(sampler) == expected.permutation(20).tolist()
    assert list(sampler) == expected.permutation(20).tolist()
    assert all(type(index) is int for index in sampler)


def test_random_more_samples_than_data_are_whole_permutations():
    order = list(RandomSampler(range(4), num_samples=10, generator=0))
    assert len(order) == 10
    assert sorted(order[:4]) == sorted(order[4:8]) == [0, 1, 2, 3]
    assert len(set(order[8:])) == 2


def test_random_with_replacement():
    order = list(RandomSampler(range(3), replacement=True, num_samples=50, generator=0))
    assert len(order) == 50
    assert set(order) == {0, 1, 2}


def test_random_on_no_data():
    assert list(RandomSampler([])) == []
    assert list(RandomSampler([], replacement=True)) == []
    with pytest.raises(ValueError, match="5 samples were asked of a dataset that has none"):
        list(RandomSampler([], num_samples=5))


@pytest.mark.parametrize("count", [0, -1, 1.5, True])
def test_random_refuses_a_count(count):
    with pytest.raises(ValueError, match="num_samples must be an integer of at least 1"):
        RandomSampler(range(3), num_samples=count)


def test_subset_random():
    sampler = SubsetRandomSampler([10, 20, 30, 40], generator=1)
    order = list(sampler)
    assert sorted(order) == [10, 20, 30, 40]
    assert len(sampler) == 4
    assert order == [[10, 20, 30, 40][i] for i in np.random.default_rng(1).permutation(4)]


def test_weighted_follows_its_weights():
    order = list(WeightedRandomSampler([3, 0, 1], 4000, generator=0))
    counts = np.bincount(order, minlength=3)
    assert counts[1] == 0
    assert abs(counts[0] - 3000) < 150
    assert sorted(WeightedRandomSampler([1, 0, 5], 2, replacement=False, generator=0)) == [0, 2]


@pytest.mark.parametrize("weights", [[], [0.0, 0.0], [1, -1], [np.nan], [[1.0]]])
def test_weighted_refuses_weights(weights):
    with pytest.raises(ValueError, match="finite numbers"):
        WeightedRandomSampler(weights, 1)


def test_weighted_refuses_too_many_without_replacement():
    with pytest.raises(ValueError, match="there are 1: ask for fewer"):
        WeightedRandomSampler([1, 0], 2, replacement=False)


@given(size=st.integers(0, 40), batch=st.integers(1, 12), drop=st.booleans())
def test_batches_cut_the_order(size, batch, drop):
    sampler = BatchSampler(SequentialSampler(range(size)), batch, drop)
    batches = list(sampler)
    whole = [list(range(start, start + batch)) for start in range(0, size - batch + 1, batch)]
    rest = list(range(size - size % batch, size))
    assert batches == (whole if drop or not rest else [*whole, rest])
    assert len(sampler) == len(batches)


@pytest.mark.parametrize("size", [0, -3, 2.0, True, None])
def test_batch_size_must_be_a_positive_integer(size):
    with pytest.raises(ValueError, match="batch_size must be an integer of at least 1"):
        BatchSampler(range(3), size, False)
