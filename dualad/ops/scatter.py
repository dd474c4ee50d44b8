"""Adding into places of an array, repeated places included: the evaluation behind `scatter_add`.

`np.add.at` is right for every index, and slow for all but the simplest. Masks and slices name no place
twice, so plain `+=` serves them. Rows are added by a sparse matrix product, whatever else is turned into
flat positions, for which `np.add.at` has a fast loop.
"""

from __future__ import annotations

import numpy as np


def add_at(out, index, g):
    """`out[index] += g`, in which a place named twice gets both."""
    arrays = [e for e in (index if type(index) is tuple else (index,)) if isinstance(e, np.ndarray)]
    if not any(a.dtype != bool and a.size > 1 for a in arrays) and _masks_name_once(arrays):
        out[index] += g
    elif type(index) is np.ndarray and out.ndim == 1:
        np.add.at(out, index, g)
    elif type(index) is np.ndarray and g.size >= 256 and out.dtype.kind == "f":
        _add_rows(out, index, g)
    elif out.flags.c_contiguous and g.size * 8 >= out.size:
        places = np.arange(out.size).reshape(out.shape)[index]
        np.add.at(out.reshape(-1), places.reshape(-1), np.broadcast_to(g, places.shape).reshape(-1))
    else:
        np.add.at(out, index, g)


def _masks_name_once(arrays) -> bool:
    """A mask names each place once, unless other arrays of its index are paired with it over and over."""
    return len(arrays) == 1 or all(a.size <= 1 or a.dtype == bool for a in arrays)


def _add_rows(out, index, g):
    """`out[i] += g` for rows, as the product of a sparse matrix with one 1 per column."""
    from scipy.sparse import csr_array

    n, rows = out.shape[0], index.reshape(-1)
    rows = np.where(rows < 0, rows + n, rows)
    count = rows.size
    g = np.broadcast_to(g, index.shape + out.shape[1:]).reshape(count, -1)
    used, rows = (None, rows) if count * 8 >= n else np.unique(rows, return_inverse=True)
    ones = np.ones(count, out.dtype)
    # One 1 per row of g: column pointers are 0 … count, and the transpose of that is a CSR matrix.
    adding = csr_array((ones, rows, np.arange(count + 1)), shape=(count, n if used is None else used.size)).T
    total = (adding @ g).reshape(-1, *out.shape[1:])
    if used is None:
        out += total
    else:
        out[used] += total
