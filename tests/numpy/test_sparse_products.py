"""Constant matrices of scipy.sparse times traced arrays, from both sides, in every engine."""

import numpy as np
import pytest
from scipy.sparse import (
    coo_array,
    csc_array,
    csc_matrix,
    csr_array,
    csr_matrix,
    dia_array,
    diags_array,
    random_array,
)

import dualad

RNG = np.random.default_rng(8)
A = random_array((5, 4), density=0.5, random_state=RNG)
DENSE = A.toarray()


@pytest.mark.parametrize("kind", [csr_array, csc_array, coo_array, dia_array, csr_matrix, csc_matrix])
@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 1)])
def test_products_beside_those_of_the_dense_matrix(kind, shape):
    a, x = kind(A), RNG.normal(size=shape)
    for sparse, dense in (
        (lambda x: a @ np.sin(x), lambda x: DENSE @ np.sin(x)),
        (lambda x: np.sin(x).T @ a.T, lambda x: np.sin(x).T @ DENSE.T),
    ):
        np.testing.assert_allclose(dualad.jacfwd(sparse)(x), dualad.jacfwd(dense)(x), rtol=1e-13)
        np.testing.assert_allclose(dualad.jacrev(sparse)(x), dualad.jacfwd(dense)(x), rtol=1e-13)
        u = RNG.normal(size=dense(x).shape)
        for verb in (dualad.hessian, lambda f: dualad.jacrev(dualad.jacrev(f))):
            have, want = (verb(lambda x, f=f, u=u: np.sum(u * f(x) ** 3))(x) for f in (sparse, dense))
            np.testing.assert_allclose(have, want, rtol=1e-11, atol=1e-12)


def test_dot_is_the_same_product():
    x = RNG.normal(size=4)
    np.testing.assert_allclose(dualad.jacobian(lambda x: csr_array(A).dot(x))(x), DENSE)
    try:
        found = dualad.jacobian(lambda x: coo_array(A).dot(x))(x)
    except dualad.ConversionError as error:  # newer versions of SciPy ask in a way of their own
        assert "derivative" in str(error)
    else:
        np.testing.assert_allclose(found, DENSE)


def test_rows_of_a_vmap():
    a, xs = csr_array(A), RNG.normal(size=(3, 4))
    np.testing.assert_allclose(dualad.vmap(lambda x: a @ x)(xs), xs @ DENSE.T)
    xs = RNG.normal(size=(3, 4, 2))
    np.testing.assert_allclose(dualad.vmap(lambda x: a @ x)(xs), DENSE @ xs)


def test_complex_and_single():
    a = csr_array(A * (1 + 2j))
    x = RNG.normal(size=4)
    np.testing.assert_allclose(dualad.jacfwd(lambda x: a @ x)(x), a.toarray())
    g = dualad.grad(lambda x: np.sum(np.abs(a @ x) ** 2))(x)
    np.testing.assert_allclose(g, 2 * np.real(a.toarray().conj().T @ (a.toarray() @ x)))
    single = csr_array(A.astype(np.float32))
    assert dualad.grad(lambda x: np.sum(single @ x))(x.astype(np.float32)).dtype == np.float32


def test_a_matrix_may_be_overwritten_before_the_sweep():
    a, x = csr_array(A), RNG.normal(size=4)
    _, pullback = dualad.vjp(lambda x: a @ x, x)
    a.data[:] = 0
    np.testing.assert_allclose(pullback(np.ones(5))[0], DENSE.sum(axis=0))


def test_pattern_of_a_large_stencil():
    n = 3000
    second = diags_array([np.ones(n - 1), np.full(n, -2.0), np.ones(n - 1)], offsets=[-1, 0, 1])

    def f(u):
        return second @ u + np.exp(u)

    jac = dualad.sparse_jacobian(f, np.zeros(n))
    assert jac.pushes == 3 and jac.pattern.nnz == 3 * n - 2 and not jac.local
    u = RNG.normal(size=n)
    want = csr_array(second) + diags_array(np.exp(u))
    assert abs(jac(u) - want).max() < 1e-12
    pattern = dualad.jacobian_sparsity(lambda u: (second @ u.reshape(n, 2)).ravel(), np.zeros(2 * n))
    assert pattern.nnz == 2 * (3 * n - 2)


def test_constants_stay_what_they_were():
    a = csr_array(A)
    assert type(a @ np.ones(4)) is np.ndarray
    np.testing.assert_array_equal(a @ dualad.numpy.ones(4), a @ np.ones(4))


def test_misfits_and_what_has_no_rule():
    a = csr_array(A)
    with pytest.raises(ValueError, match=r"dimension mismatch of \(5, 4\) and \(3,\)"):
        dualad.grad(lambda x: np.sum(a @ x))(np.ones(3))
    with pytest.raises(dualad.MissingRule, match="one or two axes"):
        dualad.grad(lambda x: np.sum(a @ x))(np.ones((2, 4, 1)))
    with pytest.raises((dualad.ConversionError, dualad.MissingRule), match="derivative"):
        dualad.grad(lambda x: (a * x).sum())(np.ones(4))
    with pytest.raises(dualad.ConversionError, match="derivative"):
        dualad.grad(lambda x: csr_array(x[None]).sum())(np.ones(4))
    with pytest.raises(TypeError, match="unsupported operand"):
        dualad.grad(lambda x: np.sum(x @ object()))(np.ones(4))
