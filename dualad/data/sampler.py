"""Samplers: in which order the indices of a dataset are visited. PyTorch's names and meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any

import numpy as np

from dualad.data._random import as_generator, default_generator

Seed = np.random.Generator | int | None


class Sampler:
    """The base of all samplers: subclasses write ``__iter__``, and ``__len__`` where they can."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__(self)")


class SequentialSampler(Sampler):
    """0, 1, 2, … in order."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """A new random order at every pass.

    Parameters
    ----------
    data_source
        Anything with a length.
    replacement
        Draw each index independently, so that one may come twice.
    num_samples
        How many indices a pass yields; by default the length of the data. Without replacement, more than that
        means whole permutations one after the other.
    generator
        A generator, whose state moves on with every pass, or a seed for one. Without it, dualad's default
        generator.

    Raises
    ------
    ValueError
        `num_samples` is not a positive integer, or samples are asked of no data.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Seed = None,
    ) -> None:
        if num_samples is not None:
            _check_count("num_samples", num_samples, least=1)
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = as_generator(generator)

    @property
    def num_samples(self) -> int:
        """How many indices a pass yields."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __len__(self) -> int:
        return self.num_samples

    def __iter__(self) -> Iterator[int]:
        size, wanted = len(self.data_source), self.num_samples
        if wanted and not size:
            raise ValueError(f"RandomSampler: {wanted} samples were asked of a dataset that has none")
        random = self.generator or default_generator()
        if self.replacement:
            yield from random.integers(0, size, wanted).tolist() if wanted else ()
            return
        while wanted > 0:
            order = random.permutation(size)[:wanted].tolist()
            yield from order
            wanted -= len(order)


class SubsetRandomSampler(Sampler):
    """The given indices, in a new random order at every pass."""

    def __init__(self, indices: Sequence[int], generator: Seed = None) -> None:
        self.indices = indices
        self.generator = as_generator(generator)

    def __iter__(self) -> Iterator[Any]:
        random = self.generator or default_generator()
        for position in random.permutation(len(self.indices)).tolist():
            yield self.indices[position]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """`num_samples` indices, each as probable as its weight says (weights need not sum to 1).

    Raises
    ------
    ValueError
        Weights that are negative, not finite, not in one row, or all zero; without replacement, fewer
        non-zero weights than samples.
    """

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Seed = None
    ) -> None:
        _check_count("num_samples", num_samples, least=1)
        self.weights = np.asarray(weights, dtype=np.float64)
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = as_generator(generator)
        self._check()

    def _check(self) -> None:
        weights = self.weights
        if weights.ndim != 1 or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
            raise ValueError(
                "WeightedRandomSampler: weights must be a row of finite numbers, none negative, not all zero"
            )
        possible = int(np.count_nonzero(weights))
        if not self.replacement and possible < self.num_samples:
            raise ValueError(
                f"WeightedRandomSampler: {self.num_samples} samples without replacement need as many "
                f"non-zero weights, and there are {possible}: ask for fewer, or pass replacement=True"
            )

    def __iter__(self) -> Iterator[int]:
        random = self.generator or default_generator()
        share = self.weights / self.weights.sum()
        yield from random.choice(len(share), self.num_samples, self.replacement, share).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The indices of another sampler in lists of `batch_size`; a shorter last one is kept, or dropped."""

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        _check_count("batch_size", batch_size, least=1)
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[Any]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        size = len(self.sampler)  # type: ignore[arg-type]
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)


def _check_count(name: str, value: Any, least: int) -> None:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}")
