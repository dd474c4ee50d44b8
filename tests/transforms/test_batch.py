"""`vmap`: axes, nesting, errors; and that it equals a loop."""

import numpy as np
import pytest

import dualad

R = np.random.default_rng(1)
X = R.normal(size=(5, 3))
W = R.normal(size=(3, 2))


def test_axes():
    f = lambda x, w: np.tanh(x @ w)
    want = np.stack([f(x, W) for x in X])
    np.testing.assert_allclose(dualad.vmap(f, in_axes=(0, None))(X, W), want)
    np.testing.assert_allclose(dualad.vmap(f, in_axes=(1, None), out_axes=1)(X.T.copy(), W), want.T)
    np.testing.assert_allclose(dualad.vmap(f, in_axes=(-1, None))(X.T, W), want)


def test_trees_of_axes():
    f = lambda d, y: {"s": d["a"] + y, "c": d["b"]}
    out = dualad.vmap(f, in_axes=({"a": 0, "b": None}, 0))({"a": X, "b": W}, X)
    np.testing.assert_allclose(out["s"], 2 * X)
    assert out["c"].shape == (5, 3, 2)


def test_nested():
    f = lambda x, y: x * np.sum(y)
    got = dualad.vmap(dualad.vmap(f, in_axes=(None, 0)), in_axes=(0, None))(X[:, 0], X)
    np.testing.assert_allclose(got, np.outer(X[:, 0], X.sum(1)))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(x) * x,
        lambda x: np.max(x) + np.cumsum(x),
        lambda x: np.sort(x)[::-1],
        lambda x: np.where(x > 0, x, 0)[np.array([0, 0, 2])],
        lambda x: np.concatenate([x, x[:1]]).reshape(2, 2).T,
        lambda x: np.linalg.solve(np.outer(x, x) + np.eye(3), x),
        lambda x: np.einsum("i,j->ij", x, x),
        lambda x: np.pad(np.flip(x), 1),
        lambda x: x[np.argmax(x)] * 1.0,
    ],
)
def test_equals_a_loop(f):
    want = np.stack([f(x) for x in X])
    np.testing.assert_allclose(dualad.vmap(f)(X), want, rtol=1e-12)
    s = lambda x: np.sum(f(x) ** 2)
    np.testing.assert_allclose(
        dualad.vmap(dualad.grad(s))(X), np.stack([dualad.grad(s)(x) for x in X]), rtol=1e-10, atol=1e-12
    )


def test_grad_of_vmap():
    f = lambda x: np.sum(dualad.vmap(lambda r: np.sin(r).sum())(x))
    np.testing.assert_allclose(dualad.grad(f)(X), np.cos(X))


def test_errors():
    with pytest.raises(dualad.StructureError, match="one number of rows"):
        dualad.vmap(lambda x, y: x + y)(X, X[:2])
    with pytest.raises(dualad.StructureError, match="axis_size"):
        dualad.vmap(lambda x: x, in_axes=None)(X)
    with pytest.raises(dualad.StructureError, match="no axis 4"):
        dualad.vmap(lambda x: x, in_axes=4)(X)
    with pytest.raises(dualad.BranchError, match="np.where"):
        dualad.vmap(lambda x: x if x[0] > 0 else -x)(X)
    with pytest.raises(dualad.StructureError, match="out_axes=None"):
        dualad.vmap(lambda x: x, out_axes=None)(X)


def test_axis_size_of_constants():
    assert dualad.vmap(lambda x: x, in_axes=None, axis_size=4)(1.0).shape == (4,)
