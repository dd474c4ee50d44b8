"""Small programs as users of PyTorch write them: loaders, training loops, clipping, schedules."""

import gc
import importlib.util
import json
import pathlib
import tracemalloc

import numpy as np
import pytest

import dualad
import dualad.nn.functional as F
from dualad import nn, optim
from dualad.utils.data import DataLoader, Dataset, RandomSampler, TensorDataset, random_split

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
spec = importlib.util.spec_from_file_location("program_cases", FIXTURES / "program_cases.py")
program_cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program_cases)
FROZEN = json.loads((FIXTURES / "programs.json").read_text())


@pytest.mark.parametrize("name", FROZEN)
def test_a_program_gives_pytorchs_numbers(name):
    got = program_cases.run(name, "dualad")
    assert len(got) == len(FROZEN[name])
    for a, b in zip(got, FROZEN[name], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", FROZEN)
def test_a_program_repeats_bit_for_bit(name):
    assert program_cases.run(name, "dualad") == program_cases.run(name, "dualad")


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


# ---- memory -----------------------------------------------------------------------------------------------


def traced(f):
    """Bytes that `f` leaves behind, without the help of the cycle collector."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        kept = f()
        return tracemalloc.get_traced_memory()[0], kept
    finally:
        tracemalloc.stop()
        gc.enable()


def test_a_loss_that_is_kept_does_not_keep_its_graph():
    w = dualad.randn(1000, 100, requires_grad=True)

    def losses():
        kept = []
        for _ in range(10):
            loss = (w.exp() * w).tanh().sum()
            loss.backward()
            kept.append(loss)
            w.grad = None
        return kept

    losses()
    assert traced(losses)[0] < 100_000  # one array of the graph has 400,000 bytes


def test_a_training_loop_does_not_grow():
    m = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(), nn.Flatten(), nn.Linear(144, 3)
    )
    opt = optim.Adam(m.parameters(), lr=0.01)
    x, y = dualad.randn(8, 1, 8, 8), dualad.randint(0, 3, (8,))

    def steps(n):
        for _ in range(n):
            opt.zero_grad()
            F.cross_entropy(m(x), y).backward()
            opt.step()

    steps(3)
    few, many = traced(lambda: steps(2))[0], traced(lambda: steps(42))[0]
    assert many - few < 40 * 3000  # small change of Python's, far below one activation of 36,864 bytes
