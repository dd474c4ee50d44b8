"""Every entry of a matrix can be read from what its colours' sums have become."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from dualad.transforms.sparsity.compression import both_ways, by_columns, by_rows, by_symmetry


def recovered(plan, matrix):
    """The matrix, from products with the plan's tangents and cotangents alone."""
    m, n = matrix.shape
    pushed = (matrix @ plan.tangents().T).T if plan.pushes else np.zeros((0, m))
    pulled = plan.cotangents() @ matrix if plan.pulls else np.zeros((0, n))
    return plan.matrix(pushed, pulled)


@pytest.mark.parametrize("way", [by_columns, by_rows, both_ways])
@pytest.mark.parametrize("seed", range(15))
def test_random_matrices(way, seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(k) for k in rng.integers(0, 25, 2))
    matrix = csr_array(random_array(shape, density=rng.uniform(0, 0.3), random_state=rng))
    plan = way(csr_array(matrix != 0))
    np.testing.assert_allclose(recovered(plan, matrix.toarray()).toarray(), matrix.toarray(), rtol=1e-14)


@pytest.mark.parametrize("seed", range(15))
def test_random_symmetric_matrices(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 25))
    half = random_array((n, n), density=rng.uniform(0, 0.2), random_state=rng).toarray()
    matrix = half + half.T
    found = recovered(by_symmetry(csr_array(matrix != 0)), matrix).toarray()
    np.testing.assert_allclose(found, matrix, rtol=1e-14)
    np.testing.assert_array_equal(found, found.T)


def arrow(n):
    matrix = np.diag(np.arange(1.0, n + 1))
    matrix[0], matrix[:, 0] = np.arange(n) + 2.0, np.arange(n) + 3.0
    return matrix


def test_full_rows_and_full_columns_need_both_ways():
    plan = both_ways(csr_array(arrow(40) != 0))
    assert plan.pushes + plan.pulls == 3
    np.testing.assert_allclose(recovered(plan, arrow(40)).toarray(), arrow(40))
    assert by_columns(csr_array(arrow(40) != 0)).pushes == 40
    assert by_rows(csr_array(arrow(40) != 0)).pulls == 40


def test_both_ways_drops_what_no_entry_needs():
    one_full_row = np.zeros((5, 5))
    one_full_row[2] = 1.0
    plan = both_ways(csr_array(one_full_row != 0))
    assert (plan.pushes, plan.pulls) == (0, 1)
    plan = both_ways(csr_array(one_full_row.T != 0))
    assert plan.pushes + plan.pulls == 1


def test_the_matrix_has_arrays_of_its_own():
    plan = by_columns(csr_array(np.eye(3) > 0))
    first = recovered(plan, np.eye(3))
    first.indices[:] = 0
    first.data[:] = 7
    np.testing.assert_array_equal(recovered(plan, 2 * np.eye(3)).toarray(), 2 * np.eye(3))
