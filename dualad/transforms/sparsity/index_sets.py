"""Index sets: for every element of an array, the inputs that it depends on.

They are the rows of a boolean `scipy.sparse.csr_array`: one row per element in C order, one column per input. All
that happens to them is picking rows, union, and the boolean product with the structure of a linear map.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array

from ...core.errors import SparsityError, at_user_line

MOST = 100_000_000  # entries; a pattern with more of them is not sparse


def own_numbers(start: int, size: int, inputs: int) -> csr_array:
    """The sets of `size` inputs that begin at number `start`: each element depends on itself."""
    places = np.arange(start, start + size)
    return csr_array((np.ones(size, bool), places, np.arange(size + 1)), shape=(size, inputs))


def no_numbers(size: int, inputs: int) -> csr_array:
    """Empty sets."""
    return csr_array((size, inputs), dtype=bool)


def pick(sets: csr_array, elements) -> csr_array:
    """The sets of some elements, which may be named repeatedly, in order."""
    if len(elements) == 1:
        k = elements[0]
        return one_set(sets.indices[sets.indptr[k] : sets.indptr[k + 1]], sets.shape[1])
    counts = np.diff(sets.indptr)
    check_size(counts[elements].sum(dtype=np.int64))
    return sets[elements]


def union(sets) -> csr_array:
    """Element by element, the union of several."""
    first, *rest = sets
    if first.shape[0] == 1:
        return (
            first
            if not rest
            else one_set(np.unique(np.concatenate([s.indices for s in (first, *rest)])), first.shape[1])
        )
    for other in rest:
        first = first + other
    return first


def one_set(numbers, inputs: int) -> csr_array:
    """The set of a single element; programs that go through arrays by Python loops have thousands of them."""
    return csr_array((np.ones(len(numbers), bool), numbers, np.array([0, len(numbers)])), shape=(1, inputs))


def mapped(structure, sets: csr_array) -> csr_array:
    """The sets of the results of a linear map: row i of `structure` says which elements go into result i."""
    out = structure @ sets
    check_size(out.nnz)
    return out


def structure(results, elements, shape) -> csr_array:
    """A map's structure from pairs (result, element)."""
    return coo_array((np.ones(len(results), bool), (results, elements)), shape=shape).tocsr()


def together(sets: csr_array) -> csr_array:
    """One set, the union of all."""
    return one_set(np.unique(sets.indices), sets.shape[1])


def check_size(entries) -> None:
    """Raise before memory is filled with a pattern that is none."""
    if entries > MOST:
        raise SparsityError(
            f"the pattern of an intermediate result has {entries:.2g} entries{at_user_line()}: it is not sparse. "
            "Give the pattern of the result, if it is known to be (sparsity=pattern), or use the dense dualad.jacobian"
        )


def broadcast_elements(shape, out_shape) -> np.ndarray | None:
    """Which element of an array of `shape` each element of its broadcast is; None where they are the same."""
    if tuple(shape) == tuple(out_shape):
        return None
    numbers = np.arange(int(np.prod(shape))).reshape(shape)
    return np.broadcast_to(numbers, out_shape).ravel()
