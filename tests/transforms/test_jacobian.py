"""Jacobians and Hessians: both engines, pytrees, chunks, complex."""

import numpy as np
import pytest

import dualad


def f(x):
    return np.array([1.0, 2.0, 3.0]) * np.sin(x[0]) * x[1] + np.concatenate([x[1:], x])[:3]


X = np.array([0.3, 1.2])
J = np.array([[np.cos(0.3) * 1.2, np.sin(0.3)]]) * np.array([[1.0], [2.0], [3.0]]) + np.array(
    [[0, 1], [1, 0], [0, 1]]
)


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev, dualad.jacobian])
def test_jacobian(verb):
    np.testing.assert_allclose(verb(f)(X), J)


def test_mode_is_named():
    np.testing.assert_allclose(dualad.jacobian(f, mode="reverse")(X), dualad.jacobian(f, mode="forward")(X))
    with pytest.raises(ValueError, match="forward"):
        dualad.jacobian(f, mode="backward")


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev])
def test_trees_and_shapes(verb):
    def g(p):
        return {"a": np.outer(p["u"], p["v"]), "b": np.sum(p["u"])}

    j = verb(g)({"u": np.ones(2), "v": np.arange(3.0)})
    assert j["a"]["u"].shape == (2, 3, 2) and j["a"]["v"].shape == (2, 3, 3)
    assert j["b"]["u"].shape == (2,) and np.array_equal(j["b"]["v"], np.zeros(3))
    np.testing.assert_array_equal(j["a"]["u"][:, :, 1], [[0, 0, 0], [0, 1, 2]])


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev])
def test_more_columns_than_a_chunk(verb):
    x = np.linspace(0, 1, 700)
    np.testing.assert_allclose(verb(lambda x: np.sin(x))(x), np.diag(np.cos(x)))


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev])
def test_argnums_and_aux(verb):
    j, aux = verb(lambda x, y: (x * y, "aux"), argnums=(0, 1), has_aux=True)(np.ones(2), np.full(2, 3.0))
    assert aux == "aux"
    np.testing.assert_array_equal(j[0], 3 * np.eye(2))
    np.testing.assert_array_equal(j[1], np.eye(2))


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev])
def test_holomorphic(verb):
    z = np.array([1.0 + 1j, 2.0 - 1j])
    np.testing.assert_allclose(verb(lambda z: z**2, holomorphic=True)(z), np.diag(2 * z))
    with pytest.raises(dualad.NotDifferentiable, match="holomorphic"):
        verb(lambda z: z**2)(z)


def test_hessian_of_rosenbrock():
    def rosenbrock(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    from scipy.optimize import rosen_der, rosen_hess, rosen_hess_prod

    x, v = np.array([0.3, -0.8, 1.1, 0.4]), np.array([1.0, 2.0, -1.0, 0.5])
    np.testing.assert_allclose(dualad.grad(rosenbrock)(x), rosen_der(x))
    np.testing.assert_allclose(dualad.hessian(rosenbrock)(x), rosen_hess(x))
    np.testing.assert_allclose(dualad.hvp(rosenbrock, (x,), (v,)), rosen_hess_prod(x, v))


def test_hessian_in_all_four_mixes():
    g = lambda x: np.sum(np.tanh(x) * np.prod(x))
    x = np.array([0.3, 1.2, -0.7])
    verbs = (dualad.jacfwd, dualad.jacrev)
    h = [outer(inner(g))(x) for outer in verbs for inner in verbs]
    for other in h[1:]:
        np.testing.assert_allclose(other, h[0], rtol=1e-12, atol=1e-14)
