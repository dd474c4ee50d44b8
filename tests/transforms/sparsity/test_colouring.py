"""Colourings are valid, by their definitions, and as small as they should be."""

import numpy as np
import pytest
from scipy.sparse import csr_array, diags_array, eye_array, kron, random_array

from dualad.transforms.sparsity.colouring import ORDERS, count, one_way, star


def random_pattern(seed, square=False):
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 16, 2)
    shape = (n, n) if square else (m, n)
    found = csr_array(random_array(shape, density=rng.uniform(0, 0.4), random_state=rng) != 0)
    return csr_array(found + found.T) if square else found


def band(n, width):
    return csr_array(sum(eye_array(n, k=k) for k in range(-width, width + 1)) != 0)


def grid(n):
    line = band(n, 1) * 1.0
    return csr_array((kron(eye_array(n), line) + kron(line, eye_array(n))) != 0)


@pytest.mark.parametrize("order", ["auto", *ORDERS])
@pytest.mark.parametrize("seed", range(20))
def test_columns_of_one_colour_never_meet_in_a_row(seed, order):
    pattern = random_pattern(seed)
    colours = one_way(pattern, order)
    assert sorted(set(colours)) == list(range(count(colours)))
    for row in pattern.toarray():
        met = colours[row]
        assert len(set(met)) == len(met)


@pytest.mark.parametrize("order", ["auto", *ORDERS])
@pytest.mark.parametrize("seed", range(20))
def test_star_colourings_have_no_path_of_two_colours(seed, order):
    pattern = random_pattern(seed, square=True).toarray()
    colours = star(csr_array(pattern), order)
    neighbours = [[w for w in np.flatnonzero(row) if w != v] for v, row in enumerate(pattern)]
    for v, near in enumerate(neighbours):
        assert all(colours[v] != colours[w] for w in near)
        for w in near:
            further = [(x, y) for x in neighbours[w] if x != v for y in neighbours[x] if y not in (v, w)]
            assert all(len({colours[k] for k in (v, w, *pair)}) > 2 for pair in further)


@pytest.mark.parametrize("order", ORDERS)
def test_orders_on_known_graphs(order):
    assert count(one_way(band(50, 1), order)) <= 5
    assert count(star(band(50, 1), order)) <= 5
    assert count(one_way(csr_array(np.ones((3, 4), bool)), order)) == 4
    assert count(one_way(csr_array((5, 4), dtype=bool), order)) == 1
    assert count(star(csr_array(np.eye(4) > 0), order)) == 1


def test_bands_and_grids_need_no_more_than_their_widest_row():
    assert count(one_way(band(100, 1))) == 3
    assert count(one_way(band(100, 4))) == 9
    assert count(star(band(100, 1))) == 3
    assert count(one_way(grid(20))) <= 8
    assert count(star(grid(20))) <= 7


def test_an_arrow_has_two_colours_by_symmetry():
    arrow = np.eye(30) > 0
    arrow[0] = arrow[:, 0] = True
    assert count(star(csr_array(arrow), "natural")) == 2
    assert count(one_way(csr_array(arrow))) == 30


def test_an_order_is_named():
    with pytest.raises(ValueError, match="order='random'.*smallest_last"):
        one_way(band(3, 1), "random")


def test_a_hundred_thousand_entries():
    """Too slow by the pair of columns, this is quick by the entry; the test's timeout is the judge."""
    pattern = csr_array(
        random_array((10_000, 10_000), density=1e-3, random_state=np.random.default_rng(0)) != 0
    )
    assert pattern.nnz == 100_000
    widest = int(np.diff(pattern.indptr).max())
    assert widest <= count(one_way(pattern)) <= 2 * widest
    assert count(star(csr_array(pattern + pattern.T))) < 80
    full = diags_array(np.ones(20_000), format="lil", dtype=bool)
    full[0] = True
    assert count(one_way(csr_array(full), "natural")) == 20_000
