"""The DataLoader: a dataset, an order and a way to collate become batches.

It follows PyTorch's, keyword for keyword. What makes no sense without worker processes or pinned memory is
rejected by name, never ignored: loading happens in the calling thread. Where the dataset has
`take_batch` (a `TensorDataset` has), no sample is built on its own; the batches are the same either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from dualad.data._random import as_generator
from dualad.data.collate import default_collate
from dualad.data.dataset import IterableDataset, Subset
from dualad.data.sampler import BatchSampler, RandomSampler, SequentialSampler

# Keyword: its only accepted value, and why.
_REJECTED = {
    "num_workers": (0, "dualad loads in the calling thread: pass num_workers=0"),
    "pin_memory": (False, "there is no device memory to copy to: leave it out"),
    "timeout": (0, "there are no workers to wait for: leave it out"),
    "worker_init_fn": (None, "there are no workers to initialise: leave it out"),
    "multiprocessing_context": (None, "there are no worker processes: leave it out"),
    "prefetch_factor": (None, "there are no workers to prefetch: leave it out"),
    "persistent_workers": (False, "there are no workers to keep: leave it out"),
    "pin_memory_device": ("", "there is no device memory to copy to: leave it out"),
}

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset")


class DataLoader:
    """Iterate over a dataset in batches.

    Parameters
    ----------
    dataset
        Anything with ``dataset[i]`` and a length; or an `IterableDataset`, read in its own order.
    batch_size
        Samples in a batch; None for single samples, uncollated.
    shuffle
        A new random order at every pass.
    sampler
        The order of the indices, instead of `shuffle`: anything iterable, with a length if the loader's
        length is asked for.
    batch_sampler
        Lists of indices, one for each batch: instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    num_workers
        0. Other values are rejected.
    collate_fn
        Makes a batch of a list of samples; by default `default_collate`. With ``batch_size=None`` it is
        applied to each sample.
    drop_last
        Leave out a last batch that is not full.
    generator
        A `numpy.random.Generator`, whose state moves on with every pass, or an integer seed for one. Without
        it, dualad's default generator, which ``dualad.manual_seed`` seeds.
    pin_memory, timeout, worker_init_fn, multiprocessing_context, prefetch_factor, persistent_workers,
    pin_memory_device
        PyTorch's, for its workers and devices; only their defaults are accepted.
    in_order
        True or False: batches come in order either way.

    Raises
    ------
    ValueError
        Options that exclude each other, a rejected keyword, a batch size that is not a positive integer.
    TypeError
        A generator of another kind.

    Examples
    --------
    >>> import numpy as np
    >>> from dualad.data import DataLoader, TensorDataset
    >>> loader = DataLoader(TensorDataset(np.arange(5.0), np.arange(5)), batch_size=2)
    >>> [y.tolist() for x, y in loader]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: np.random.Generator | int | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _reject(
            num_workers=num_workers,
            pin_memory=pin_memory,
            timeout=timeout,
            worker_init_fn=worker_init_fn,
            multiprocessing_context=multiprocessing_context,
            prefetch_factor=prefetch_factor,
            persistent_workers=persistent_workers,
            pin_memory_device=pin_memory_device,
        )
        _check_exclusive(dataset, batch_size, shuffle, sampler, batch_sampler, drop_last)
        self.dataset = dataset
        self.num_workers = 0
        self.generator = as_generator(generator)
        self._streams = isinstance(dataset, IterableDataset)
        if sampler is None and batch_sampler is None and not self._streams:
            sampler = (
                RandomSampler(dataset, generator=self.generator) if shuffle else SequentialSampler(dataset)
            )
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:  # a stream is cut into batches as an order of indices is
            batch_sampler = BatchSampler(dataset if sampler is None else sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.collate_fn = collate_fn or (default_collate if batch_sampler is not None else _as_it_is)
        self._takes_batches = takes_batches(dataset)
        self._ready = True

    def __setattr__(self, name: str, value: Any) -> None:
        # A new batch size here would have no effect on the sampler that is already made.
        if name in _FIXED and getattr(self, "_ready", False):
            raise ValueError(f"DataLoader.{name} cannot be changed afterwards: make a new DataLoader")
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[Any]:
        batches = self.batch_sampler
        if self._streams:
            return map(self.collate_fn, self.dataset if batches is None else batches)
        if batches is not None:
            return map(self._fetch, batches)
        assert self.sampler is not None
        return (self.collate_fn(self.dataset[i]) for i in self.sampler)

    def __len__(self) -> int:
        """How many batches a pass yields.

        Raises
        ------
        TypeError
            The stream or the sampler has no length.
        """
        if self.batch_sampler is not None:
            return len(self.batch_sampler)  # type: ignore[arg-type]
        return len(self.dataset if self._streams else self.sampler)  # type: ignore[arg-type]

    def _fetch(self, indices: Any) -> Any:
        if self._takes_batches and self.collate_fn is default_collate:
            return self.dataset.take_batch(indices)
        if _not_older(type(self.dataset), "__getitems__", "__getitem__"):
            return self.collate_fn(self.dataset.__getitems__(indices))
        return self.collate_fn([self.dataset[i] for i in indices])


def takes_batches(dataset: Any) -> bool:
    """Whether `take_batch` may stand for ``[]``: it is there, and no subclass has changed ``[]`` since."""
    if not _not_older(type(dataset), "take_batch", "__getitem__"):
        return False
    return takes_batches(dataset.dataset) if isinstance(dataset, Subset) else True


def _not_older(kind: type, method: str, than: str) -> bool:
    """Whether a class defines `method` at the class that defines `than`, or in one derived from it."""
    for base in kind.__mro__:
        if method in vars(base):
            return True
        if than in vars(base):
            return False
    return False


def _as_it_is(sample: Any) -> Any:
    return sample


def _reject(**given: Any) -> None:
    for name, value in given.items():
        accepted, reason = _REJECTED[name]
        if value != accepted:
            raise ValueError(f"DataLoader: {name}={value!r} is not supported; {reason}")


def _check_exclusive(
    dataset: Any, batch_size: Any, shuffle: Any, sampler: Any, batch_sampler: Any, drop_last: bool
) -> None:
    """The combinations PyTorch refuses, too."""
    if isinstance(dataset, IterableDataset) and (shuffle or sampler is not None or batch_sampler is not None):
        raise ValueError(
            "DataLoader: an IterableDataset has its own order: leave out shuffle, sampler and batch_sampler"
        )
    if sampler is not None and shuffle:
        raise ValueError("DataLoader: sampler and shuffle exclude each other: the sampler gives the order")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError(
            "DataLoader: batch_sampler makes the batches: leave out batch_size, shuffle, sampler, drop_last"
        )
    if batch_size is None and drop_last:
        raise ValueError("DataLoader: batch_size=None makes no batches, so drop_last has nothing to drop")
