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
