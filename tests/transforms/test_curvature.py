"""Hessians and products with them: every mixture of the engines gives the same numbers."""

import numpy as np
import pytest

import dualad

MODES = ["fwd-over-rev", "rev-over-fwd", "rev-over-rev", "fwd-over-fwd"]
PRODUCTS = MODES[:3]
RNG = np.random.default_rng(7)
A = RNG.normal(size=(3, 3))
X, V = RNG.normal(size=3), RNG.normal(size=3)


def cubic(x):
    return np.sum((A @ x) ** 3) / 6


H = A.T @ np.diag(A @ X) @ A  # of the cubic at X


@pytest.mark.parametrize("mode", MODES)
def test_hessian(mode):
    np.testing.assert_allclose(dualad.hessian(cubic, mode=mode)(X), H, rtol=1e-13)
    np.testing.assert_allclose(dualad.hessian(cubic, mode=mode, chunk_size=2)(X), H, rtol=1e-13)
    h, aux = dualad.hessian(lambda x: (cubic(x), "aux"), has_aux=True, mode=mode)(X)
    np.testing.assert_allclose(h, H, rtol=1e-13)
    assert aux == "aux"


@pytest.mark.parametrize("mode", MODES)
def test_hessian_of_trees(mode):
    def f(p, y):
        return np.sum(p["a"] ** 2 * y) + p["b"] * np.sum(p["a"]) + p["b"] ** 3

    p, y = {"a": np.array([1.0, 2.0]), "b": np.float64(3.0)}, np.array([4.0, 5.0])
    h = dualad.hessian(f, mode=mode)(p, y)
    np.testing.assert_allclose(h["a"]["a"], np.diag(2 * y))
    np.testing.assert_allclose(h["a"]["b"], [1, 1])
    np.testing.assert_allclose(h["b"]["a"], [1, 1])
    assert h["b"]["b"] == 18
    h = dualad.hessian(f, argnums=(0, 1), mode=mode)(p, y)
    np.testing.assert_allclose(h[0]["a"][1], np.diag(2 * p["a"]))
    np.testing.assert_allclose(h[1][0]["a"], np.diag(2 * p["a"]))
    np.testing.assert_array_equal(h[1][1], np.zeros((2, 2)))


@pytest.mark.parametrize("mode", MODES)
def test_hessian_of_several_outputs(mode):
    """As JAX: each entry of the output has its Hessian, behind the output's shape."""
    h = dualad.hessian(lambda x: {"y": x**3, "z": np.prod(x)}, mode=mode)(X)
    right = np.zeros((3, 3, 3))
    right[range(3), range(3), range(3)] = 6 * X
    np.testing.assert_allclose(h["y"], right, atol=1e-14)
    np.testing.assert_allclose(h["z"][0, 1], X[2])
    assert h["z"].shape == (3, 3)


@pytest.mark.parametrize("mode", MODES)
def test_holomorphic_and_float32(mode):
    z = X + 1j * V
    h = dualad.hessian(lambda z: np.sum(z**3), holomorphic=True, mode=mode)(z)
    np.testing.assert_allclose(h, np.diag(6 * z), rtol=1e-13)
    assert dualad.hessian(lambda x: np.sum(x**3), mode=mode)(X.astype(np.float32)).dtype == np.float32


def test_modes_have_names():
    with pytest.raises(
        ValueError, match="mode='reverse'.*fwd-over-rev, rev-over-fwd, rev-over-rev, fwd-over-fwd"
    ):
        dualad.hessian(cubic, mode="reverse")
    with pytest.raises(ValueError, match="hvp: mode='fwd-over-fwd'.*test_curvature.py"):
        dualad.hvp(cubic, (X,), (V,), mode="fwd-over-fwd")


# ---- products -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", PRODUCTS)
def test_hvp(mode):
    np.testing.assert_allclose(dualad.hvp(cubic, (X,), (V,), mode=mode), H @ V, rtol=1e-13)
    product, aux = dualad.hvp(lambda x: (cubic(x), x), (X,), (V,), has_aux=True, mode=mode)
    np.testing.assert_allclose(product, H @ V, rtol=1e-13)
    assert type(aux) is np.ndarray and np.array_equal(aux, X)


def test_vhp():
    np.testing.assert_allclose(dualad.vhp(cubic, (X,), (V,)), V @ H, rtol=1e-13)
    product, aux = dualad.vhp(lambda x: (cubic(x), x), (X,), (V,), has_aux=True)
    assert np.allclose(product, V @ H) and np.array_equal(aux, X)


@pytest.mark.parametrize("mode", PRODUCTS)
def test_products_of_several_arguments(mode):
    """The tangents move all arguments; the gradient that is differentiated is that of `argnums`."""

    def f(p, y):
        return np.sum(p["a"] ** 2 * y) + p["b"] * np.sum(y**2)

    p, y = {"a": np.array([1.0, 2.0]), "b": np.float64(3.0)}, np.array([4.0, 5.0])
    dp, dy = {"a": np.array([0.5, -1.0]), "b": np.float64(2.0)}, np.array([-1.0, 1.0])
    of_a = 2 * y * dp["a"] + 2 * p["a"] * dy
    of_y = 2 * p["a"] * dp["a"] + 2 * y * dp["b"] + 2 * p["b"] * dy
    found = dualad.hvp(f, (p, y), (dp, dy), mode=mode)
    np.testing.assert_allclose(found["a"], of_a)
    np.testing.assert_allclose(found["b"], np.sum(2 * y * dy))
    np.testing.assert_allclose(dualad.hvp(f, (p, y), (dp, dy), argnums=1, mode=mode), of_y)
    pair = dualad.hvp(f, (p, y), (dp, dy), argnums=(1, 0), mode=mode)
    np.testing.assert_allclose(pair[0], of_y)
    np.testing.assert_allclose(pair[1]["a"], of_a)
    np.testing.assert_allclose(dualad.hvp(f, (p, y), (dp, None), mode=mode)["a"], 2 * y * dp["a"])


@pytest.mark.parametrize("mode", PRODUCTS)
def test_integers_stand_still(mode):
    found = dualad.hvp(lambda x, n: np.sum(x**n), (X, np.array(3)), (V, None), mode=mode)
    np.testing.assert_allclose(found, 6 * X * V, rtol=1e-13)


@pytest.mark.parametrize("mode", PRODUCTS)
def test_scalar_outputs_only(mode):
    with pytest.raises(dualad.NotDifferentiable, match="scalar"):
        dualad.hvp(lambda x: x**2, (X,), (V,), mode=mode)


def test_ggnvp_is_the_matrix_product():
    w, b = RNG.normal(size=(2, 3)), RNG.normal(size=2)
    x, label = RNG.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1])
    dw, db = RNG.normal(size=(2, 3)), RNG.normal(size=2)

    def model(w, b):
        return np.tanh(x @ w.T) + b

    def loss(out):
        return np.sum(np.log(np.sum(np.exp(out), axis=1)) - np.take_along_axis(out, label[:, None], 1)[:, 0])

    jw, jb = dualad.jacfwd(model, (0, 1))(w, b)
    j = np.concatenate([jw.reshape(10, 6), jb.reshape(10, 2)], axis=1)
    h = dualad.hessian(loss)(model(w, b)).reshape(10, 10)
    right = j.T @ h @ j @ np.concatenate([dw.ravel(), db])
    found = dualad.ggnvp(model, loss, (w, b), (dw, db), argnums=(0, 1))
    np.testing.assert_allclose(np.concatenate([found[0].ravel(), found[1]]), right, rtol=1e-12)
    alone, aux = dualad.ggnvp(
        lambda w, b: (model(w, b), "aux"), loss, (w, b), (dw, db), argnums=1, has_aux=True
    )
    np.testing.assert_allclose(alone, right[6:], rtol=1e-12)
    assert aux == "aux"


def test_ggnvp_equals_hvp_where_the_model_is_linear_and_differs_elsewhere():
    loss = lambda out: np.sum(out**3)
    linear = lambda x: A @ x
    np.testing.assert_allclose(
        dualad.ggnvp(linear, loss, (X,), (V,)),
        dualad.hvp(lambda x: loss(linear(x)), (X,), (V,)),
        rtol=1e-13,
    )
    bent = lambda x: np.sin(A @ x)
    found = dualad.ggnvp(bent, loss, (X,), (V,))
    assert not np.allclose(found, dualad.hvp(lambda x: loss(bent(x)), (X,), (V,)), rtol=1e-3)


def test_products_nest():
    """The derivative of vᵀ H(x) v along x is the third derivative, by any verb."""
    third = np.einsum("ki,kj,kl,j,l->i", A, A, A, V, V)
    for verb in (dualad.hvp, dualad.vhp):
        quadratic = lambda x, verb=verb: V @ verb(cubic, (x,), (V,))
        np.testing.assert_allclose(dualad.grad(quadratic)(X), third, rtol=1e-12)
        np.testing.assert_allclose(dualad.jacfwd(quadratic)(X), third, rtol=1e-12)
    rows = dualad.vmap(lambda v: dualad.hvp(cubic, (X,), (v,)))(np.eye(3))
    np.testing.assert_allclose(rows, H, rtol=1e-13)
    np.testing.assert_allclose(
        dualad.vmap(lambda v: dualad.ggnvp(lambda x: A @ x, np.sum, (X,), (v,)))(np.eye(3)), 0 * H
    )


def test_products_of_modules_and_tensors():
    layer = dualad.nn.Linear(3, 2).double()
    x = dualad.tensor(RNG.normal(size=(4, 3)))
    move = dualad.tree_map(lambda p: np.asarray(RNG.normal(size=p.shape)), layer)

    def loss(m):
        return (m(x).tanh() ** 2).sum()

    with dualad.no_grad():
        products = [dualad.hvp(loss, (layer,), (move,), mode=mode) for mode in PRODUCTS]
        products.append(dualad.vhp(loss, (layer,), (move,)))
        for other in products[1:]:
            assert type(other) is type(layer)
            for a, b in zip(dualad.tree_leaves(other), dualad.tree_leaves(products[0]), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
        gauss = dualad.ggnvp(lambda m: m(x).tanh(), lambda out: (out**2).sum(), (layer,), (move,))
        moved = dualad.jvp(lambda m: m(x).tanh(), (layer,), (move,))[1]
        along = sum(np.sum(g * v) for g, v in zip(*map(dualad.tree_leaves, (gauss, move)), strict=True))
    assert np.isclose(along, 2 * (moved**2).sum().item(), rtol=1e-12)
