"""np.gradient on an even grid is one primitive; what it does not cover is composed."""

import numpy as np
import pytest

import dualad
from dualad.core.primitive import REGISTRY

x = np.array([1.0, 4.0, 9.0, 16.0])


def jacobian_of(f):
    return dualad.jacrev(f)(x), dualad.jacfwd(f)(x)


@pytest.mark.parametrize(
    "edge_order, first, last", [(1, [-1, 1, 0, 0], [0, 0, -1, 1]), (2, [-1.5, 2, -0.5, 0], [0, 0.5, -2, 1.5])]
)
def test_the_matrix(edge_order, first, last):
    inner = [[-0.5, 0, 0.5, 0], [0, -0.5, 0, 0.5]]
    for J in jacobian_of(lambda x: np.gradient(x, 0.5, edge_order=edge_order)):
        np.testing.assert_allclose(J, np.array([first, *inner, last]) / 0.5, rtol=1e-15)


def test_a_traced_step_and_an_uneven_grid_are_composed():
    assert dualad.grad(lambda h: np.sum(np.gradient(x, h)))(2.0) == pytest.approx(-np.sum(np.gradient(x)) / 4)
    grid = np.array([0.0, 1.0, 3.0, 4.0])
    for J in jacobian_of(lambda x: np.gradient(x, grid)):
        np.testing.assert_allclose(J @ x, np.gradient(x, grid), rtol=1e-14)


def test_precision_is_kept():
    y, pull = dualad.vjp(lambda x: np.gradient(x, np.float64(0.5)), x.astype(np.float32))
    assert y.dtype == pull(y)[0].dtype == np.float32


def test_each_is_the_other_ones_adjoint():
    a, b = REGISTRY["slopes"].face, REGISTRY["slopes_adjoint"].face
    g = np.array([1.0, -2.0, 3.0, 0.5])
    assert g @ a(x, axis=0) == pytest.approx(b(g, axis=0) @ x)


def test_too_few_points():
    with pytest.raises(ValueError, match="too small"):
        dualad.grad(lambda x: np.sum(np.gradient(x)))(x[:1])
