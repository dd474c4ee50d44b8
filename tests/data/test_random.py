import numpy as np
import pytest

from dualad.data import DataLoader, RandomSampler, _random, random_split, set_default_generator


@pytest.fixture
def seeded(monkeypatch):
    """The hook of the layer above: a box whose generator can be replaced, as a re-seeding does."""
    box = [np.random.default_rng(5)]
    monkeypatch.setattr(_random, "_get", None)
    set_default_generator(lambda: box[0])
    return box


def test_the_hook_governs_every_random_order(seeded):
    expected = np.random.default_rng(5)
    assert list(RandomSampler(range(9))) == expected.permutation(9).tolist()
    assert [int(b[0]) for b in DataLoader(range(9), shuffle=True)] == expected.permutation(9).tolist()
    (whole,) = random_split(range(9), [9])
    assert list(whole.indices) == expected.permutation(9).tolist()


def test_reseeding_takes_effect_on_loaders_already_made(seeded):
    loader = DataLoader(range(9), shuffle=True)
    first = [int(b[0]) for b in loader]
    assert [int(b[0]) for b in loader] != first
    seeded[0] = np.random.default_rng(5)
    assert [int(b[0]) for b in loader] == first


def test_a_given_generator_leaves_the_default_alone(seeded):
    state = seeded[0].bit_generator.state
    list(DataLoader(range(9), shuffle=True, generator=0))
    list(DataLoader(range(9)))
    assert seeded[0].bit_generator.state == state


def test_seeds_and_generators_agree():
    assert _random.as_generator(None) is None
    ours = np.random.default_rng(1)
    assert _random.as_generator(ours) is ours
    assert _random.as_generator(np.int32(1)).random() == np.random.default_rng(1).random()


@pytest.mark.parametrize("generator", [True, 1.0, "seed", np.random.RandomState(0)])
def test_other_generators_are_refused(generator):
    with pytest.raises(TypeError, match="generator must be a numpy.random.Generator, an int seed or None"):
        DataLoader(range(3), shuffle=True, generator=generator)
