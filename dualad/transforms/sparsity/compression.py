"""Compression: the few tangents and cotangents to send, and where in their results every entry of the matrix stands."""

from __future__ import annotations

import numpy as np
from scipy.sparse import block_array, csr_array

from .colouring import count, one_way, star


class Compression:
    """A plan to evaluate a matrix of a known pattern.

    Attributes
    ----------
    pattern : csr_array of bool, shape (m, n)
    columns, rows : arrays of int
        The colour of every column that is pushed, and of every row that is pulled; -1 for those that are not.
    pushes, pulls : int
        How many colours there are of each.
    """

    def __init__(self, pattern, columns, rows, place):
        self.pattern = pattern
        self.columns, self.rows = columns, rows
        self.pushes, self.pulls = count(columns), count(rows)
        self._place = place  # of every entry, among the results of pushes and pulls laid end to end

    def tangents(self) -> np.ndarray:
        """The sums of the unit vectors of each colour of columns, shape (pushes, n)."""
        return seeds(self.columns, self.pushes)

    def cotangents(self) -> np.ndarray:
        """The same for rows, shape (pulls, m)."""
        return seeds(self.rows, self.pulls)

    def matrix(self, pushed, pulled) -> csr_array:
        """The matrix, from what the tangents (pushes, m) and cotangents (pulls, n) have become."""
        results = np.concatenate([pushed.ravel(), pulled.ravel()]) if self.pulls else pushed.ravel()
        data = results[self._place]
        p = self.pattern
        return csr_array((data, p.indices.copy(), p.indptr.copy()), shape=p.shape)


def seeds(colours, number) -> np.ndarray:
    out = np.zeros((number, len(colours)))
    chosen = np.flatnonzero(colours >= 0)
    out[colours[chosen], chosen] = 1
    return out


def _none(n):
    return np.full(n, -1, np.int64)


def _entries(pattern):
    """Row and column of every entry, in the order of its data."""
    return np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr)), pattern.indices.astype(np.int64)


def by_columns(pattern, order="auto") -> Compression:
    """Pushes alone."""
    columns = one_way(pattern, order)
    i, j = _entries(pattern)
    return Compression(pattern, columns, _none(pattern.shape[0]), columns[j] * pattern.shape[0] + i)


def by_rows(pattern, order="auto") -> Compression:
    """Pulls alone."""
    rows = one_way(csr_array(pattern.T), order)
    i, j = _entries(pattern)
    return Compression(pattern, _none(pattern.shape[1]), rows, rows[i] * pattern.shape[1] + j)


def by_symmetry(pattern, order="auto") -> Compression:
    """Pushes of a symmetric matrix, each entry read from its own column or from its mirror image's."""
    n = pattern.shape[0]
    colours = star(pattern, order)
    i, j = _entries(pattern)
    alone = _alone(i, colours[j], n)
    place = np.where(alone, colours[j] * n + i, colours[i] * n + j)
    return Compression(pattern, colours, _none(n), place)


def both_ways(pattern, order="auto") -> Compression:
    """Pushes of some columns and pulls of some rows: few of both where a matrix has full rows and full columns.

    A star colouring of the symmetric matrix with the pattern and its transpose off the diagonal; colours that no
    entry needs are dropped (Gebremedhin, Manne and Pothen 2005, section 6).
    """
    m, n = pattern.shape
    doubled = csr_array(block_array([[None, pattern.T], [pattern, None]], format="csr"))
    colours = star(doubled, order)
    columns, rows = colours[:n].copy(), colours[n:].copy()
    i, j = _entries(pattern)
    in_column, in_row = _alone(i, columns[j], m), _alone(j, rows[i], n)
    pushed = _drop(columns, rows, i, j, in_column, in_row)
    place = np.where(pushed, columns[j] * m + i, (count(columns) * m) + rows[i] * n + j)
    return Compression(pattern, columns, rows, place)


def _alone(line, colour, lines):
    """Whether an entry is the only one of its colour in its line."""
    key = line + colour * lines
    _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    return counts[inverse] == 1


def _drop(columns, rows, i, j, in_column, in_row):
    """Give up colours, those that serve the fewest entries first; returns which entries are read from a push.

    The colours that are left are numbered anew, in place.
    """
    of_column, of_row = columns[j], rows[i]
    kept_columns, kept_rows = np.ones(count(columns), bool), np.ones(count(rows), bool)
    sizes = [(np.count_nonzero(of_row == c), True, c) for c in np.unique(of_row)]
    sizes += [(np.count_nonzero(of_column == c), False, c) for c in np.unique(of_column)]
    for _, is_row, c in sorted(sizes):
        kept, mine = (kept_rows, of_row == c) if is_row else (kept_columns, of_column == c)
        other = in_column & kept_columns[of_column] if is_row else in_row & kept_rows[of_row]
        kept[c] = not other[mine].all()
    used_columns = np.isin(np.arange(len(kept_columns)), of_column) & kept_columns
    used_rows = np.isin(np.arange(len(kept_rows)), of_row) & kept_rows
    pushed = in_column & used_columns[of_column]
    for colours, used in ((columns, used_columns), (rows, used_rows)):
        number = np.where(used, np.cumsum(used) - 1, -1)
        colours[:] = number[colours] if len(number) else colours
    return pushed
