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
        lambda a: np.linalg.vector_norm(a, keepdims=True),
        lambda a: np.linalg.norm(a[:, None] * b, axis=0),
        lambda a: np.linalg.norm((a[:, None] * b).T),
        lambda a: np.linalg.norm(a * (1 + 2j)),
        lambda a: np.interp([0.1, 1.5, 9.0], np.array([0.0, 2.0]), a),
        lambda a: np.interp(np.array([0.1, 1.5, 9.0]), np.array([0.0, 2.0]), a),
        lambda a: np.interp(np.array(0.5), np.array([0.0, 2.0]), a),
        lambda a: np.interp(a, np.array([-3.0, 0.0, 2.0]), b),
    ],
)
def test_both_engines_agree_to_second_order(call):
    f = lambda a: np.sum(call(a) ** 2).real
    want = dualad.hessian(f)(a)
    np.testing.assert_allclose(dualad.vjp(call, a)[0], call(a), rtol=0, atol=0)
    np.testing.assert_allclose(dualad.grad(f)(a), dualad.jacfwd(f)(a), rtol=1e-13)
    np.testing.assert_allclose(dualad.jacrev(dualad.grad(f))(a), want, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(dualad.jacfwd(dualad.jacfwd(f))(a), want, rtol=1e-13, atol=1e-13)


def test_the_norm_of_nothing_moves_nowhere():
    np.testing.assert_array_equal(dualad.grad(np.linalg.norm)(np.zeros(2)), [0.0, 0.0])
    _, tangent = dualad.jvp(
        lambda x: np.linalg.norm(x, axis=1), (np.eye(2)[:, :1] * [0, 1],), (np.ones((2, 2)),)
    )
    np.testing.assert_array_equal(tangent, [1.0, 0.0])


@pytest.mark.parametrize(
    "call", [np.linalg.norm, lambda x: np.outer(x, b), lambda x: np.interp(b, b.cumsum(), x)]
)
def test_the_dtype_is_numpys(call):
    x = np.linspace(1, 2, 3, dtype=np.float32)
    value, tangent = dualad.jvp(call, (x,), (x,))
    assert value.dtype == tangent.dtype == call(x).dtype
    np.testing.assert_allclose(tangent, value, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(
    "call, x, dx, want",
    [
        (lambda x: np.outer(x, [np.inf, 1.0]), [1.0, 2.0], [0.0, 1.0], [[0.0, 0.0], [np.inf, 1.0]]),
        (np.linalg.norm, [np.inf, 2.0], [0.0, 0.0], 0.0),
        (lambda x: np.interp([0.5, 9.0], [0.0, 1.0, 2.0], x), [1.0, 2.0, 3.0], [0.0, 0.0, 1.0], [0.0, 1.0]),
    ],
)
def test_a_zero_tangent_moves_nothing(call, x, dx, want):
    _, tangent = dualad.jvp(call, (np.array(x),), (np.array(dx),))
    np.testing.assert_array_equal(tangent, want)


def test_a_norm_beyond_the_squares_of_the_tangent():
    """(Σ x dx) / |x| would overflow, Σ (x / |x|) dx does not."""
    _, tangent = dualad.jvp(np.linalg.norm, (np.full(2, 1e150),), (np.full(2, 1e200),))
    np.testing.assert_allclose(tangent, np.sqrt(2) * 1e200, rtol=1e-15)


def test_a_division_by_zero_is_told_once():
    with pytest.warns(RuntimeWarning, match="invalid value") as said:
        dualad.jvp(lambda x: np.outer(x, [np.inf]), (np.zeros(1),), (np.ones(1),))
    assert len(said) == 1


def test_a_wrong_call_is_a_type_error():
    with pytest.raises(TypeError):
        dualad.grad(lambda a: np.sum(np.linalg.solve(a)))(a)
    with pytest.raises(TypeError):
        dualad.grad(lambda a: np.linalg.norm(a, order=2))(a)
