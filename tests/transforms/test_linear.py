"""`linearize` and `linear_transpose`."""

import numpy as np
import pytest

import dualad

X = np.array([0.3, 1.2, -0.7])
A = np.arange(6.0).reshape(2, 3)


def f(x):
    y = np.zeros_like(x)
    y[0] = np.sin(x[1]) * x[0]
    return np.where(x > 0, x * x, -x) + y @ (A.T @ A)


def test_push_is_jvp():
    y, push = dualad.linearize(f, X)
    np.testing.assert_allclose(y, f(X))
    for v in np.eye(3):
        np.testing.assert_allclose(push(v), dualad.jvp(f, (X,), (v,))[1])


def test_push_does_not_run_the_function_again():
    calls = []

    def g(x):
        calls.append(1)
        return np.sin(x)

    _, push = dualad.linearize(g, X)
    push(X), push(X)
    assert len(calls) == 1


def test_push_is_batched_and_differentiated():
    _, push = dualad.linearize(f, X)
    np.testing.assert_allclose(dualad.vmap(push)(np.eye(3)).T, dualad.jacfwd(f)(X))
    np.testing.assert_allclose(dualad.vjp(push, X)[1](np.ones(3))[0], dualad.vjp(f, X)[1](np.ones(3))[0])


def test_several_arguments_aux_and_errors():
    y, push, aux = dualad.linearize(lambda x, y: (x * y, "aux"), 2.0, 3.0, has_aux=True)
    assert y == 6.0 and aux == "aux" and push(1.0, 0.0) == 3.0
    with pytest.raises(dualad.StructureError, match="shape"):
        push(np.ones(2), 0.0)
    with pytest.raises(dualad.StructureError):
        push(1.0)


def test_linearize_inside_grad():
    g = dualad.grad(lambda x: np.sum(dualad.linearize(np.sin, x)[1](np.ones(3))))(X)
    np.testing.assert_allclose(g, -np.sin(X))


def test_linear_transpose():
    (t,) = dualad.linear_transpose(lambda x: A @ x, X)(np.array([1.0, 2.0]))
    np.testing.assert_allclose(t, A.T @ [1.0, 2.0])


# ---- what goes into a linear function, and what is none ------------------------------------------------


def test_tangents_must_fit():
    _, push = dualad.linearize(np.sin, X)
    with pytest.raises(
        dualad.StructureError, match=r"primals\[0\] has shape \(3,\), its tangent \(2,\).*np.ones_like"
    ):
        push(np.ones(2))
    with pytest.raises(dualad.StructureError, match="is float64, its tangent complex128"):
        push(1j * X)
    assert push(np.ones(3, np.float32)).dtype == push(np.ones(3, int)).dtype == np.float64


def test_integers_have_no_tangent():
    y, push = dualad.linearize(lambda x, n: x**n, X, np.array(2))
    np.testing.assert_allclose(push(np.ones(3), None), 2 * X)
    out, push = dualad.linearize(lambda p: {"s": np.sum(p["x"] ** 2)}, {"x": X, "n": 3})
    assert np.isclose(push({"x": X, "n": None})["s"], 2 * X @ X)


def test_push_nests():
    """Made inside and outside of the other transforms."""
    _, push = dualad.linearize(f, X)
    j = dualad.jacfwd(f)(X)
    np.testing.assert_allclose(dualad.grad(lambda v: np.sum(push(v) ** 2))(X), 2 * j.T @ j @ X)
    np.testing.assert_allclose(dualad.jvp(push, (X,), (np.ones(3),))[1], j @ np.ones(3))
    np.testing.assert_allclose(dualad.linear_transpose(push, X)(np.ones(3))[0], j.T @ np.ones(3))
    smooth = lambda x: np.sin(x) * np.sum(x * x)
    inside = lambda x: dualad.linearize(smooth, x)[1](np.ones(3))
    np.testing.assert_allclose(dualad.jacrev(inside)(X), dualad.jacfwd(inside)(X), rtol=1e-13)
    np.testing.assert_allclose(
        dualad.jacfwd(inside)(X), dualad.hessian(smooth)(X) @ np.ones(3), rtol=1e-12, atol=1e-14
    )


def test_transposes_of_trees_of_two_and_twice():
    (t,) = dualad.linear_transpose(lambda p: {"o": A @ p["x"]}, {"x": X})({"o": np.ones(2)})
    np.testing.assert_array_equal(t["x"], A.sum(axis=0))
    a, b = dualad.linear_transpose(lambda x, y: A @ x + 2 * y, X, np.ones(2))(np.ones(2))
    np.testing.assert_array_equal(a, A.sum(axis=0))
    np.testing.assert_array_equal(b, [2, 2])
    once = dualad.linear_transpose(lambda x: A @ x, X)
    (twice,) = dualad.linear_transpose(lambda g: once(g)[0], np.ones(2))(X)
    np.testing.assert_allclose(twice, A @ X)
    np.testing.assert_allclose(dualad.vmap(lambda g: once(g)[0])(np.eye(2)), A)
    (z,) = dualad.linear_transpose(lambda z: z * (2 + 1j), X + 0j)(np.ones(3) + 0j)
    np.testing.assert_array_equal(z, np.full(3, 2 + 1j))


def test_transposes_need_shapes_alone():
    class Shaped:
        shape, dtype = (3,), np.dtype(np.float32)

    (t,) = dualad.linear_transpose(lambda x: 2 * x, Shaped())(np.ones(3, np.float32))
    assert t.dtype == np.float32
    np.testing.assert_array_equal(t, [2, 2, 2])
    (affine,) = dualad.linear_transpose(lambda x: x + 1, X)(np.ones(3))  # as in JAX
    np.testing.assert_array_equal(affine, np.ones(3))


@pytest.mark.parametrize(
    "bent",
    [np.sin, np.abs, np.linalg.norm, lambda x: np.maximum(x, 0), lambda x: x * x, lambda x: x[0] * x[1:]],
)
def test_what_is_not_linear_has_no_transpose(bent):
    with pytest.raises(dualad.NotDifferentiable, match=r"not linear.*test_linear.py:\d+.*dualad.vjp\(f, x\)"):
        dualad.linear_transpose(bent, X)


def test_transposes_refuse_integers():
    with pytest.raises(dualad.NotDifferentiable, match="linear_transpose.*int64"):
        dualad.linear_transpose(lambda x: 2 * x, np.arange(3))
