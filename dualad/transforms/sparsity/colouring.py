"""Colouring: which columns (rows) may share one push (pull), so that every entry can still be read.

- `one_way`: columns of one colour have no row in common (a distance-2 colouring of the bipartite graph of rows and
  columns; Coleman and Moré, SIAM J. Numer. Anal. 20, 1983).
- `star`: neighbours differ in colour, and every path of four vertices has three colours at least: then an entry of a
  symmetric matrix, or its mirror image, stands alone (Coleman and Moré, Math. Program. 28, 1984). On the graph of rows
  *and* columns it serves both ways at once, columns pushed and rows pulled.

Both are greedy, vertex by vertex in an order, as in Gebremedhin, Manne and Pothen, SIAM Review 47 (2005), and
Gebremedhin, Tarafdar, Manne and Pothen, SIAM J. Sci. Comput. 29 (2007), algorithm 4.1. Sets of colours are Python
integers, a bit a colour: their union is one operation, and the time is proportional to the number of entries.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

ORDERS = ("natural", "largest_first", "smallest_last")


def one_way(pattern: csr_array, order: str = "auto") -> np.ndarray:
    """Colours 0, 1 … of the columns of a pattern; no two columns of one colour meet in a row.

    Parameters
    ----------
    pattern : csr_array of bool, shape (m, n)
    order : {"auto", "natural", "largest_first", "smallest_last"}
        In which columns are coloured. "auto" tries the first two, and keeps the better result.
    """
    fewest = int(np.diff(pattern.indptr).max(initial=0))
    columns = pattern.tocsc()
    rows_of = np.split(columns.indices, columns.indptr[1:-1])
    return _best(
        order, fewest, lambda how: _greedy(rows_of, pattern.shape[0], columns_in_order(pattern, how))
    )


def star(pattern: csr_array, order: str = "auto") -> np.ndarray:
    """Colours of the vertices of a symmetric pattern, its diagonal left out of account; parameters as in `one_way`."""
    neighbours = _neighbours(pattern)
    lists = [v.tolist() for v in neighbours]
    degrees = np.array([len(v) for v in lists], dtype=np.int64)
    fewest = 1 + bool(degrees.any())
    return _best(order, fewest, lambda how: _star(lists, vertices_in_order(neighbours, degrees, how)))


def count(colours) -> int:
    """The number of colours; -1 is none."""
    return int(colours.max(initial=-1)) + 1


def _best(order, fewest, colour):
    if order != "auto" and order not in ORDERS:
        raise ValueError(f"order={order!r}: choose 'auto', {', '.join(map(repr, ORDERS))}")
    if order != "auto":
        return colour(order)
    first = colour("natural")
    if count(first) <= fewest:
        return first
    second = colour("largest_first")
    return second if count(second) < count(first) else first


def _lowest_free(taken: int) -> int:
    """The lowest bit that is not set."""
    return ~taken & (taken + 1)


def _greedy(rows_of, m, order):
    used = [0] * m
    colours = np.zeros(len(rows_of), np.int64)
    for j in order:
        rows = rows_of[j].tolist()
        taken = 0
        for i in rows:
            taken |= used[i]
        bit = _lowest_free(taken)
        for i in rows:
            used[i] |= bit
        colours[j] = bit.bit_length() - 1
    return colours


def _star(neighbours, order):
    """Star colouring; every step looks at a vertex's edges alone, thanks to what is kept of each vertex:

    `near` the colours of its neighbours, `blocked` those neighbours' colours that a further neighbour of *them* would
    close a two-coloured path with, and `hub`, the first neighbour of each colour.
    """
    n = len(neighbours)
    bit = [0] * n
    near, blocked = [0] * n, [0] * n
    hub: list = [{} for _ in range(n)]
    for v in order:
        taken = 0
        for w in neighbours[v]:
            taken |= bit[w] | (blocked[w] if bit[w] else near[w])
        mine = bit[v] = _lowest_free(taken)
        for x in neighbours[v]:
            if near[x] & mine:  # x, which has a colour by now, has several neighbours of mine
                blocked[v] |= bit[x]
                blocked[hub[x][mine]] |= bit[x]
            else:
                near[x] |= mine
                hub[x][mine] = v
    return np.array([b.bit_length() - 1 for b in bit], dtype=np.int64)


# ---- orders ---------------------------------------------------------------------------------------


def columns_in_order(pattern, how):
    """The columns, by how many others share a row with them (with multiplicity)."""
    n = pattern.shape[1]
    if how == "natural":
        return range(n)
    width = np.diff(pattern.indptr)
    columns = pattern.tocsc()
    degrees = np.zeros(n, np.int64)
    np.add.at(degrees, np.repeat(np.arange(n), np.diff(columns.indptr)), width[columns.indices] - 1)
    if how == "largest_first":
        return np.argsort(-degrees, kind="stable").tolist()
    columns_of = np.split(pattern.indices, pattern.indptr[1:-1])
    rows_of = np.split(columns.indices, columns.indptr[1:-1])

    def leave(j):
        for i in rows_of[j]:
            degrees[columns_of[i]] -= 1

    return _smallest_last(degrees, leave)


def vertices_in_order(neighbours, degrees, how):
    """The vertices of a graph, by degree."""
    if how == "natural":
        return range(len(neighbours))
    if how == "largest_first":
        return np.argsort(-degrees, kind="stable").tolist()
    left = degrees.copy()

    def leave(v):
        left[neighbours[v]] -= 1

    return _smallest_last(left, leave)


def _smallest_last(degrees, leave):
    """Take away a vertex of least degree again and again; the last one taken comes first."""
    gone = np.iinfo(np.int64).max // 2
    order = []
    for _ in range(len(degrees)):
        v = int(degrees.argmin())
        order.append(v)
        leave(v)
        degrees[v] = gone
    return order[::-1]


def _neighbours(pattern):
    """For each vertex those it shares an entry with, itself left out."""
    coo = pattern.tocoo()
    off = coo.row != coo.col
    graph = csr_array((np.ones(int(off.sum()), bool), (coo.row[off], coo.col[off])), shape=pattern.shape)
    graph.sum_duplicates()
    return np.split(graph.indices, graph.indptr[1:-1])
