"""Derivatives as linear operators, and SciPy's solvers that take them."""

import numpy as np
import pytest
from scipy.optimize import least_squares, minimize
from scipy.sparse.linalg import LinearOperator, aslinearoperator, cg, eigsh, gmres, lsmr, lsqr, svds

import dualad

RNG = np.random.default_rng(3)
X = RNG.normal(size=6)
A = RNG.normal(size=(9, 6))


def residuals(x):
    return np.sin(A @ x) + 0.1 * np.concatenate([x**3, x[:3]])


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def convex(x):
    return np.sum(np.exp(A @ x)) + 0.5 * np.sum(x * x)


J, H = dualad.jacobian(residuals)(X), dualad.hessian(convex)(X)


def counted(f):
    calls = []

    def g(*args):
        calls.append(1)
        return f(*args)

    return g, calls


def check_operator(op, matrix):
    """Every product that a LinearOperator has, beside the matrix."""
    m, n = matrix.shape
    x, u = RNG.normal(size=n), RNG.normal(size=m)
    assert isinstance(op, LinearOperator) and op.shape == (m, n) and op.dtype == matrix.dtype
    for vectors, columns in ((x, RNG.normal(size=(n, 3))), (1j * x + x[::-1], 1j * RNG.normal(size=(n, 2)))):
        np.testing.assert_allclose(op @ vectors, matrix @ vectors, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(op @ columns, matrix @ columns, rtol=1e-12, atol=1e-12)
    for vectors, columns in ((u, RNG.normal(size=(m, 3))), (1j * u + u[::-1], 1j * RNG.normal(size=(m, 2)))):
        np.testing.assert_allclose(op.T @ vectors, matrix.T @ vectors, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(op.T @ columns, matrix.T @ columns, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(op.H @ vectors, matrix.conj().T @ vectors, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(op.H @ columns, matrix.conj().T @ columns, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(op.rmatvec(vectors), matrix.conj().T @ vectors, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(op.rmatmat(columns), matrix.conj().T @ columns, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(op.H.H @ x, matrix @ x, rtol=1e-12, atol=1e-12)
    twice = 2 * op + aslinearoperator(matrix)
    np.testing.assert_allclose(twice @ x, 3 * matrix @ x, rtol=1e-12, atol=1e-12)


def test_jacobian():
    check_operator(dualad.jacobian_operator(residuals, X), J)


def test_hessian():
    check_operator(dualad.hessian_operator(convex, X), H)


def test_gauss_newton():
    check_operator(dualad.gauss_newton_operator(residuals, X), J.T @ J)


def test_gauss_newton_with_a_loss():
    def loss(r):
        return np.sum(np.log(np.cosh(r))) + r[0] * r[1]

    matrix = J.T @ dualad.hessian(loss)(residuals(X)) @ J
    check_operator(dualad.gauss_newton_operator(residuals, X, loss=loss), matrix)


def test_a_complex_jacobian():
    z = X[:3] + 1j * X[3:]
    matrix = dualad.jacobian(lambda z: z**2 * z[0], holomorphic=True)(z)
    check_operator(dualad.jacobian_operator(lambda z: z**2 * z[0], z, holomorphic=True), matrix)
    check_operator(
        dualad.gauss_newton_operator(lambda z: z**2 * z[0], z, holomorphic=True), matrix.conj().T @ matrix
    )
    matrix = dualad.hessian(lambda z: np.sum(z**3) * z[0], holomorphic=True)(z)
    check_operator(dualad.hessian_operator(lambda z: np.sum(z**3) * z[0], z, holomorphic=True), matrix)


def test_complex_outputs_of_real_arguments():
    def f(x):
        return np.exp(1j * x) * x[0]

    matrix = dualad.jacfwd(f)(X)
    assert matrix.dtype == complex
    check_operator(dualad.jacobian_operator(f, X), matrix)


def test_trees_are_ravelled():
    def f(p, y):
        return {"a": p["u"] * y, "b": np.sum(p["v"])}

    op = dualad.jacobian_operator(f, {"u": np.array([2.0, 3.0]), "v": np.ones((1, 2))}, 5.0)
    want = [[5, 0, 0, 0, 2], [0, 5, 0, 0, 3], [0, 0, 1, 1, 0]]
    np.testing.assert_array_equal(op @ np.eye(5), want)
    np.testing.assert_array_equal(op.T @ np.eye(3), np.transpose(want))


def test_single_precision():
    op = dualad.jacobian_operator(np.sin, np.ones(3, np.float32))
    assert op.dtype == np.float32 and (op @ np.ones(3, np.float32)).dtype == np.float32


def test_the_function_is_linearised_once():
    f, calls = counted(residuals)
    op = dualad.jacobian_operator(f, X)
    before = len(calls)
    op @ X, op.T @ np.ones(9), op @ np.eye(6), op.H @ np.eye(9)
    assert len(calls) == before == 2  # once for each engine


def test_more_columns_than_a_chunk():
    x = np.linspace(0, 1, 300)
    op = dualad.jacobian_operator(np.sin, x)
    np.testing.assert_allclose(op @ np.eye(300), np.diag(np.cos(x)))


def test_cg_takes_a_hessian():
    step, info = cg(dualad.hessian_operator(convex, X), A[0, :6], rtol=1e-12)
    assert info == 0
    np.testing.assert_allclose(H @ step, A[0, :6], rtol=1e-9, atol=1e-9)


def test_gmres_takes_a_jacobian():
    def f(x):
        return x + 0.1 * np.sin(A[:6] @ x)

    step, info = gmres(dualad.jacobian_operator(f, X), X, rtol=1e-12)
    assert info == 0
    np.testing.assert_allclose(dualad.jacobian(f)(X) @ step, X, rtol=1e-9)


@pytest.mark.parametrize("solver", [lsmr, lsqr])
def test_least_squares_solvers_take_a_jacobian(solver):
    b = RNG.normal(size=9)
    step = solver(dualad.jacobian_operator(residuals, X), b, atol=1e-13, btol=1e-13)[0]
    np.testing.assert_allclose(step, np.linalg.lstsq(J, b)[0], rtol=1e-8)


def test_eigsh_takes_a_hessian_and_a_gauss_newton_matrix():
    w = eigsh(dualad.hessian_operator(convex, X), k=2, return_eigenvectors=False, v0=np.ones(6))
    np.testing.assert_allclose(np.sort(w), np.linalg.eigvalsh(H)[-2:], rtol=1e-10)
    w = eigsh(dualad.gauss_newton_operator(residuals, X), k=1, return_eigenvectors=False, v0=np.ones(6))
    np.testing.assert_allclose(w, np.linalg.eigvalsh(J.T @ J)[-1:], rtol=1e-10)


def test_svds_takes_a_jacobian():
    s = svds(dualad.jacobian_operator(residuals, X), k=2, return_singular_vectors=False, v0=np.ones(6))
    np.testing.assert_allclose(np.sort(s), np.sort(np.linalg.svd(J, compute_uv=False))[-2:], rtol=1e-10)


def test_least_squares_takes_a_jacobian():
    fit = least_squares(
        residuals, X, jac=lambda x: dualad.jacobian_operator(residuals, x), xtol=1e-15, ftol=1e-15, gtol=1e-12
    )
    np.testing.assert_allclose(dualad.jacobian(residuals)(fit.x).T @ residuals(fit.x), np.zeros(6), atol=1e-4)


PRODUCTS = {"hessp": lambda x, v: dualad.hvp(rosenbrock, (x,), (v,))}
OPERATORS = {"hess": lambda x: dualad.hessian_operator(rosenbrock, x)}


@pytest.mark.parametrize(
    ("method", "how"), [("Newton-CG", PRODUCTS), ("trust-ncg", PRODUCTS), ("trust-constr", OPERATORS)]
)
def test_truncated_newton(method, how):
    """`hessp=` by products, `hess=` by operators: Rosenbrock's minimum is at ones."""
    fit = minimize(
        rosenbrock, np.full(20, -1.0), jac=dualad.grad(rosenbrock), method=method, tol=1e-10, **how
    )
    assert np.linalg.norm(dualad.grad(rosenbrock)(fit.x)) < 1e-6


def test_refusals():
    with pytest.raises(dualad.NotDifferentiable, match="dualad.linearize"):
        dualad.grad(lambda x: np.sum(dualad.jacobian_operator(np.sin, x) @ np.ones(2)))(np.ones(2))
    with pytest.raises(dualad.NotDifferentiable, match="holomorphic=True"):
        dualad.jacobian_operator(np.sin, np.ones(2) + 1j)
    with pytest.raises(dualad.NotDifferentiable, match="scalar"):
        dualad.hessian_operator(np.sin, np.ones(2))
    with pytest.raises(dualad.NotDifferentiable, match="3.0 for 3"):
        dualad.jacobian_operator(np.sin, 3)
    with pytest.raises(dualad.NotDifferentiable, match="real models"):
        dualad.gauss_newton_operator(np.sin, np.ones(2) + 1j, loss=np.sum, holomorphic=True)
