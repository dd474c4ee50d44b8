"""Small programs as users of PyTorch write them: loaders, training loops, clipping, schedules."""

import pytest

import dualad
import dualad.nn.functional as F
from dualad import nn
from dualad.utils.data import DataLoader, Dataset, RandomSampler, TensorDataset, random_split

# ---- the order of data ------------------------------------------------------------------------------------


def order(**options):
    return [y.tolist() for (y,) in DataLoader(TensorDataset(dualad.arange(10)), 4, shuffle=True, **options)]


def test_manual_seed_governs_the_order_of_a_loader():
    dualad.manual_seed(3)
    first, second = order(), order()
    dualad.manual_seed(3)
    assert [order(), order()] == [first, second]
    assert first != second and sorted(sum(first, [])) == list(range(10))
    parts = [random_split(range(9), [4, 5])[0].indices for _ in range(2) if dualad.manual_seed(1)]
    assert list(parts[0]) == list(parts[1])


def test_a_generator_of_dualad_orders_a_loader_and_may_be_seeded_again():
    g = dualad.Generator().manual_seed(5)
    loader = DataLoader(TensorDataset(dualad.arange(10)), 4, shuffle=True, generator=g)
    first = [y.tolist() for (y,) in loader]
    assert order(generator=dualad.Generator().manual_seed(5)) == first
    assert [y.tolist() for (y,) in loader] != first
    g.manual_seed(5)
    assert [y.tolist() for (y,) in loader] == first
    assert len(list(RandomSampler(range(3), generator=g))) == 3


class Pairs(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return dualad.full((2,), float(i)), i


def test_tensors_of_samples_become_a_batch_of_tensors():
    (x, y), *_ = DataLoader(Pairs(), 4)
    assert isinstance(x, dualad.Tensor) and x.tolist() == [[0, 0], [1, 1], [2, 2], [3, 3]]
    assert F.cross_entropy(nn.Linear(2, 4)(x), y).requires_grad
    assert len(list(DataLoader(Pairs(), batch_size=None))) == 4


# ---- gradients held by others -----------------------------------------------------------------------------


@pytest.mark.parametrize("clip", [
    lambda p: nn.utils.clip_grad_norm_(p, 1.0),
    lambda p: nn.utils.clip_grad_value_(p, 0.5),
])  # fmt: skip
def test_clipping_is_in_place(clip):
    p = nn.Parameter(dualad.ones(4))
    (p * dualad.tensor([3.0, -4.0, 0.0, 0.25])).sum().backward()
    held = p.grad
    clip([p])
    assert p.grad is held and abs(held.detach().numpy()).max() < 1
