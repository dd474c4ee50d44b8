"""`ravel_pytree`: there and back, dtypes, derivatives both ways, modules and tensors."""

import numpy as np
import pytest

import dualad

TREE = {"w": np.arange(6.0).reshape(2, 3), "b": [np.float64(7.0), np.array([8.0])], "none": None}


def test_there_and_back():
    flat, unravel = dualad.ravel_pytree(TREE)
    np.testing.assert_array_equal(flat, [7, 8, 0, 1, 2, 3, 4, 5])
    tree = unravel(flat + 1)
    assert dualad.tree_structure(tree) == dualad.tree_structure(TREE)
    np.testing.assert_array_equal(tree["w"], TREE["w"] + 1)
    assert tree["b"][0] == 8 and tree["b"][0].shape == () and tree["b"][1].shape == (1,)
    assert not np.shares_memory(flat, TREE["w"])


def test_one_dtype_follows_the_vector():
    flat, unravel = dualad.ravel_pytree((np.ones(2, np.float32), np.ones(1, np.float32)))
    assert flat.dtype == np.float32
    assert unravel(np.ones(3))[0].dtype == np.float64
    assert unravel(np.ones(3, complex))[1].dtype == complex


def test_mixed_dtypes_are_promoted_and_restored():
    tree = (np.ones(2, np.float32), np.array([1, 2]), 1 + 2j, 0.5)
    flat, unravel = dualad.ravel_pytree(tree)
    assert flat.dtype == np.complex128
    back = unravel(flat)
    assert [x.dtype for x in back] == [np.float32, np.int64, np.complex128, np.float64]
    for a, b in zip(back, tree, strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(dualad.StructureError, match="dtype complex128; this one is float64.*astype"):
        unravel(flat.real)


def test_nothing_to_ravel():
    flat, unravel = dualad.ravel_pytree({"a": None, "b": ()})
    assert flat.shape == (0,) and unravel(flat) == {"a": None, "b": ()}


def test_errors():
    _, unravel = dualad.ravel_pytree(TREE)
    with pytest.raises(
        dualad.StructureError, match=r"vector of 8 entries; this one has shape \(7,\).*test_ravel.py"
    ):
        unravel(np.ones(7))
    with pytest.raises(dualad.NotDifferentiable, match="a leaf is str"):
        dualad.ravel_pytree({"name": "w", "x": 1.0})


def test_differentiable_both_ways():
    def f(tree):
        return np.sum(tree["w"] ** 2) * tree["b"][0] + tree["b"][1][0]

    flat, unravel = dualad.ravel_pytree(TREE)
    by_vector = dualad.grad(lambda v: f(unravel(v)))(flat)
    by_tree, _ = dualad.ravel_pytree(dualad.grad(f)(TREE))
    np.testing.assert_array_equal(by_vector, by_tree)
    np.testing.assert_array_equal(by_vector[2:], 14 * flat[2:])
    there = lambda tree: dualad.ravel_pytree(tree)[0] * np.arange(8.0)
    jacobian = dualad.jacfwd(there)(TREE)
    np.testing.assert_array_equal(jacobian["b"][1][:, 0], np.eye(8)[1])
    np.testing.assert_array_equal(dualad.jacrev(there)(TREE)["w"].reshape(8, 6), jacobian["w"].reshape(8, 6))
    h = dualad.hessian(lambda v: f(unravel(v)))(flat)
    np.testing.assert_array_equal(h, h.T)
    assert h[0, 3] == 2 * flat[3]
    rows = dualad.vmap(lambda v: f(unravel(v)))(np.stack([flat, 2 * flat]))
    np.testing.assert_allclose(rows, [f(TREE), f(unravel(2 * flat))])


def test_derivatives_of_mixed_dtypes():
    tree = {"x": np.ones(2, np.float32), "y": 2.0, "n": 3}
    flat, unravel = dualad.ravel_pytree(tree)
    g = dualad.grad(lambda v: (lambda t: np.sum(t["x"]) * t["y"] ** 2 * t["n"])(unravel(v)))(flat)
    np.testing.assert_array_equal(g, [0, 12, 12, 24])  # n, x, y: an integer has no derivative
    g = dualad.grad(lambda t: np.sum(dualad.ravel_pytree({**t, "n": 3})[0] ** 2))({"x": tree["x"], "y": 2.0})
    assert g["x"].dtype == np.float32 and g["y"] == 4.0


def test_modules_and_tensors():
    layer = dualad.nn.Linear(3, 2).double()
    with dualad.no_grad():
        flat, unravel = dualad.ravel_pytree(layer)
        assert type(flat) is np.ndarray and flat.shape == (8,)
        twin = unravel(0 * flat + 1)
    assert type(twin) is type(layer)
    assert twin(dualad.ones(3, dtype=dualad.float64)).tolist() == [4.0, 4.0]
    flat, unravel = dualad.ravel_pytree((dualad.tensor([1.0, 2.0]), np.float32(3.0)))
    again = unravel(dualad.tensor([4.0, 5.0, 6.0]))
    assert type(again[0]) is dualad.Tensor and again[0].tolist() == [4.0, 5.0] and again[1] == 6.0


def test_scipy_trains_a_module_by_its_vector():
    scipy_optimize = pytest.importorskip("scipy.optimize")
    layer = dualad.nn.Linear(2, 1).double()
    x = np.random.default_rng(0).normal(size=(20, 2))
    y = x @ np.array([2.0, -3.0]) + 0.5
    with dualad.no_grad():
        flat, unravel = dualad.ravel_pytree(layer)

        def loss(v):
            out = unravel(v)(dualad.tensor(x))[:, 0]
            return ((out - dualad.tensor(y)) ** 2).sum()

        step = dualad.value_and_grad(lambda v: dualad.tree_leaves(loss(v))[0])
        found = scipy_optimize.minimize(step, flat, jac=True).x
    np.testing.assert_allclose(np.sort(found), [-3, 0.5, 2], atol=1e-6)
