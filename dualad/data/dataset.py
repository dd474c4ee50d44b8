"""Datasets: anything with ``dataset[i]``, and for most purposes ``len(dataset)``.

Names and meaning are PyTorch's. One method is ours: ``take_batch(indices)`` returns a whole batch at once,
its columns indexed by an index array. `TensorDataset` has it, and so does a `Subset` of one; the
`DataLoader` uses it, which spares building and stacking the samples one by one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from math import isclose
from typing import Any

import numpy as np

from dualad.data._random import as_generator, default_generator
from dualad.data.collate import take_rows


class Dataset:
    """A map from indices to samples: subclasses write ``__getitem__``, and ``__len__`` where they can."""

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(self, index)")

    def __add__(self, other: Dataset) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """A stream of samples, in its own order: subclasses write ``__iter__``."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__(self)")


class TensorDataset(Dataset):
    """Rows of arrays that share their first axis: sample `i` is the tuple of every array's row `i`.

    Parameters
    ----------
    *tensors
        Arrays, or any objects with ``shape`` and indexing, all of one length along axis 0.

    Raises
    ------
    TypeError
        No array at all, or something that is no array, such as a list.
    ValueError
        An array without axes, or lengths that differ.
    """

    def __init__(self, *tensors: Any) -> None:
        if not tensors:
            raise TypeError("TensorDataset needs at least one array: write TensorDataset(x, y)")
        for position, tensor in enumerate(tensors):
            _check_column(position, tensor)
        lengths = [tensor.shape[0] for tensor in tensors]
        if len(set(lengths)) > 1:
            raise ValueError(f"TensorDataset: the arrays differ in length along axis 0: {lengths}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])

    def take_batch(self, indices: Sequence[int] | np.ndarray) -> list[Any]:
        """The batch of these rows: for each array, ``array[indices]``.

        Equal to collating the samples one by one, also where `register_collate` says how a type is stacked.
        """
        rows = _index_array(indices)
        return [take_rows(tensor, rows) for tensor in self.tensors]


def _index_array(indices: Any) -> np.ndarray:
    """Indices as an integer array. Floats raise: as samples, one by one, they would too."""
    rows = np.asarray(indices)
    if rows.size and rows.dtype.kind not in "iu":
        raise TypeError(f"indices into a dataset must be integers, got {rows.dtype}")
    return rows.astype(np.intp, copy=False)


def _check_column(position: int, tensor: Any) -> None:
    shape = getattr(tensor, "shape", None)
    if shape is None:
        raise TypeError(
            f"TensorDataset: argument {position} is a {type(tensor).__name__}, not an array: "
            "wrap it in numpy.asarray"
        )
    if len(shape) == 0:
        raise ValueError(f"TensorDataset: argument {position} has no axis 0 (its shape is ())")


class Subset(Dataset):
    """The samples of `dataset` at `indices`, in that order."""

    def __init__(self, dataset: Any, indices: Sequence[int] | np.ndarray) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)

    def take_batch(self, indices: Sequence[int] | np.ndarray) -> Any:
        """The batch of these rows, where the dataset below has `take_batch`; else AttributeError."""
        return self.dataset.take_batch(_index_array(self.indices)[_index_array(indices)])


class ConcatDataset(Dataset):
    """Several datasets, one after the other.

    Attributes
    ----------
    cumulative_sizes : list of int
        How many samples there are up to and including each dataset.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset needs at least one dataset")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise TypeError("ConcatDataset cannot index an IterableDataset: chain the iterators instead")
        self.cumulative_sizes = list(accumulate(len(dataset) for dataset in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"index {index} is out of range for a ConcatDataset of {len(self)} samples")
        which = bisect_right(self.cumulative_sizes, position)
        start = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][position - start]


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: np.random.Generator | int | None = None
) -> list[Subset]:
    """Cut a dataset into disjoint random subsets.

    Parameters
    ----------
    dataset
        Anything with a length and indexing.
    lengths
        How many samples each part gets; or, if they sum to 1, the share of each part: shares are rounded
        down, and what remains is dealt out one by one from the first part on.
    generator
        A generator or a seed; without it, dualad's default generator.

    Raises
    ------
    ValueError
        The lengths do not sum to the dataset's, or one is negative.
    """
    sizes = _split_sizes(len(dataset), lengths)
    random = as_generator(generator) or default_generator()
    order = random.permutation(len(dataset))
    ends = list(accumulate(sizes))
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


def _split_sizes(total: int, lengths: Sequence[int | float]) -> list[int]:
    if any(length < 0 for length in lengths):
        raise ValueError(f"random_split: lengths must not be negative, got {list(lengths)}")
    if isclose(sum(lengths), 1.0):  # shares: PyTorch's rule, also for [1] and [0, 1]
        sizes = [int(total * share) for share in lengths]
        for i in range(total - sum(sizes)):
            sizes[i % len(sizes)] += 1
        return sizes
    if sum(lengths) != total or any(length != int(length) for length in lengths):
        raise ValueError(
            f"random_split: lengths {list(lengths)} sum to {sum(lengths)}, but the dataset has {total} "
            "samples: give counts that sum to its length, or shares that sum to 1"
        )
    return [int(length) for length in lengths]
