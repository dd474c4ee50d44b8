"""Fast roads give what the general road gives: the same node, copies of the user's constants, every order."""

import numpy as np
import pytest

import dualad
import dualad.numpy as dnp

a, b = np.array([1.0, -2.0]), np.array([3.0, 0.5, 4.0])


def test_a_constant_may_be_overwritten_before_the_sweep():
    c = b.copy()

    def f(a):
        y = np.outer(a, c)
        c[:] = 0.0
        return np.sum(y)

    np.testing.assert_array_equal(dualad.grad(f)(a), [7.5, 7.5])


@pytest.mark.parametrize(
    "call",
    [
        lambda a: np.outer(a, b),
        lambda a: np.outer(b, a),
        lambda a: np.outer(a, a),
        lambda a: np.outer(a=a, b=b),
        lambda a: np.outer(a, b, out=dnp.zeros((2, 3))),
        lambda a: np.linalg.norm(a),
        lambda a: np.linalg.norm(a[None], axis=1),
        lambda a: np.linalg.norm(a[None], None, (0, 1), True),
        lambda a: np.linalg.norm(x=a, ord=2, axis=0, keepdims=True),
        lambda a: np.linalg.vector_norm(a, axis=-1),
    ],
)
def test_both_engines_agree_to_second_order(call):
    f = lambda a: np.sum(call(a) ** 2)
    want = dualad.hessian(f)(a)
    np.testing.assert_allclose(dualad.vjp(call, a)[0], call(a), rtol=0, atol=0)
    np.testing.assert_allclose(dualad.grad(f)(a), dualad.jacfwd(f)(a), rtol=1e-13)
    np.testing.assert_allclose(dualad.jacrev(dualad.grad(f))(a), want, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(dualad.jacfwd(dualad.jacfwd(f))(a), want, rtol=1e-13, atol=1e-13)


def test_the_norm_of_nothing_moves_nowhere():
    np.testing.assert_array_equal(dualad.grad(np.linalg.norm)(np.zeros(2)), [0.0, 0.0])


def test_a_wrong_call_is_a_type_error():
    with pytest.raises(TypeError):
        dualad.grad(lambda a: np.sum(np.linalg.solve(a)))(a)
    with pytest.raises(TypeError):
        dualad.grad(lambda a: np.linalg.norm(a, order=2))(a)
