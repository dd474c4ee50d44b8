"""`vmap`: axes, nesting, errors; and that it equals a loop."""

import collections

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


# ---- axes, one by one, as JAX has them -----------------------------------------------------------------


A = np.arange(6.0).reshape(2, 3)


def test_axes_of_parts_of_arguments():
    two = dualad.vmap(lambda p: p[0] + p[1], in_axes=((0, 1),))
    np.testing.assert_array_equal(two((A, A.T)), 2 * A)
    deep = dualad.vmap(lambda p, q: p["a"]["c"] * q, in_axes=[{"a": 1}, None])
    np.testing.assert_array_equal(deep({"a": {"c": A}}, 2.0), 2 * A.T)
    Pair = collections.namedtuple("Pair", "x y")
    named = dualad.vmap(lambda p: p.x * p.y, in_axes=(Pair(0, None),))
    np.testing.assert_array_equal(named(Pair(A, A[0])), A * A[0])


def test_out_axes():
    out = dualad.vmap(lambda a: {"u": a, "v": (a, 2.0)}, out_axes={"u": -1, "v": (1, None)})(A)
    np.testing.assert_array_equal(out["u"], A.T)
    np.testing.assert_array_equal(out["v"][0], A.T)
    assert out["v"][1] == 2.0
    for axis in (2, -3):
        with pytest.raises(dualad.StructureError, match=rf"out_axes={axis}, but the output has 2 axes"):
            dualad.vmap(lambda a: a, out_axes=axis)(A)
    with pytest.raises(dualad.StructureError, match=r"out_axes=\(0, 0, 0\) does not fit the tree"):
        dualad.vmap(lambda a: (a, a), out_axes=(0, 0, 0))(A)


def test_keyword_arguments_have_rows():
    np.testing.assert_array_equal(dualad.vmap(lambda a, *, b: a * b)(A, b=A), A * A)
    np.testing.assert_array_equal(dualad.vmap(lambda a, b: a * b, in_axes=(None,))(A[1], b=A), A[1] * A)
    with pytest.raises(
        dualad.StructureError, match="argument 0 has 2 on axis 0, argument 'b' has 3 on axis 0"
    ):
        dualad.vmap(lambda a, b: a)(A, b=A.T)


def test_axis_size():
    assert dualad.vmap(lambda: np.ones(2), axis_size=3)().shape == (3, 2)
    assert dualad.vmap(lambda a: a * 2, in_axes=None, axis_size=2)(A[0]).shape == (2, 3)
    assert dualad.vmap(lambda a: a, axis_size=2)(A).shape == (2, 3)
    with pytest.raises(dualad.StructureError, match="argument 0 has 2 on axis 0, axis_size says 5"):
        dualad.vmap(lambda a: a, axis_size=5)(A)


def test_no_rows_at_all():
    assert dualad.vmap(np.sin)(np.zeros((0, 3))).shape == (0, 3)
    assert dualad.vmap(np.sum)(np.zeros((0, 3))).shape == (0,)


def test_nested_out_axes():
    f = dualad.vmap(dualad.vmap(lambda a, b: a - b, (None, 0)), (0, None), 1)
    np.testing.assert_array_equal(f(A[0], A[0]), A[0] - A[0][:, None])


@pytest.mark.parametrize(
    "in_axes, text",
    [
        ((0,), "speaks of 1 positional arguments, 2 are given"),
        (1.0, "in_axes=1.0 does not fit"),
        (True, "in_axes=True does not fit"),
        (("rows", 0), "in_axes='rows' does not fit"),
        (({"a": 0}, 0), r"in_axes={'a': 0} does not fit the tree \*"),
        (
            (5, 0),
            r"argument 0 has shape \(2, 3\) and no axis 5.*test_batch.py:\d+.*None for what all rows share",
        ),
        ((0, 1), "argument 0 has 2 on axis 0, argument 1 has 3 on axis 1"),
    ],
)
def test_axes_that_do_not_fit(in_axes, text):
    with pytest.raises(dualad.StructureError, match=text):
        dualad.vmap(lambda a, b: a, in_axes=in_axes)(A, A)


def test_a_leaf_is_named():
    with pytest.raises(dualad.StructureError, match=r"argument 1\[1\] has 3 on axis 0"):
        dualad.vmap(lambda a, p: a)(A, (A, A.T))


def test_the_fallback_says_so():
    @dualad.core.primitive.primitive(name="rowwise_for_this_test")
    def rowwise(x):
        """The same, without a batch rule."""
        return x * 2

    try:
        with pytest.warns(
            dualad.BatchFallback, match="no batch rule for rowwise_for_this_test.*2 rows one by one"
        ):
            out = dualad.vmap(rowwise)(A)
    finally:
        del dualad.core.primitive.REGISTRY["rowwise_for_this_test"]
    np.testing.assert_array_equal(out, 2 * A)
