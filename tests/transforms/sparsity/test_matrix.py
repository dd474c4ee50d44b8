"""Sparse Jacobians and Hessians as scipy.sparse arrays: few pushes, right entries, and SciPy's solvers on them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares, minimize
from scipy.sparse import csc_matrix, csr_array
from scipy.sparse.linalg import spsolve

import dualad
from dualad.core.batch import Batched
from dualad.core.forward import Dual

RNG = np.random.default_rng(11)


def broyden(x):
    """Broyden's tridiagonal function (Moré, Garbow and Hillstrom 1981, problem 30)."""
    y = (3 - 2 * x) * x + 1
    y[1:] -= x[:-1]
    y[:-1] -= 2 * x[1:]
    return y


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def arrow(x):
    y = x**2 * x[0]
    y[0] = np.sum(np.sin(x))
    return y


def counted(f):
    """`f`, and the list of the numbers of directions that have been pushed through it."""
    pushed = []

    def g(x):
        if type(x) is Dual:
            pushed.append(x.aux.value.shape[0] if isinstance(x.aux, Batched) else 1)
        return f(x)

    return g, pushed


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse", "both"])
@pytest.mark.parametrize("f", [broyden, arrow, np.sin, lambda x: np.outer(x, x[:2])])
def test_the_same_as_the_dense_jacobian(f, mode):
    x = RNG.normal(size=12)
    jac = dualad.sparse_jacobian(f, mode=mode)
    dense = dualad.jacobian(f)(x).reshape(-1, 12)
    found = jac(x)
    assert type(found) is csr_array
    np.testing.assert_allclose(found.toarray(), dense, rtol=1e-13, atol=1e-13)
    x = RNG.normal(size=12)
    np.testing.assert_allclose(
        jac(x).toarray(), dualad.jacobian(f)(x).reshape(-1, 12), rtol=1e-13, atol=1e-13
    )


@pytest.mark.parametrize("mode", ["auto", "symmetric", "forward"])
def test_the_same_as_the_dense_hessian(mode):
    def f(x):
        return rosenbrock(x) + np.exp(x[0] * x[-1]) + np.sum(x)

    x = RNG.normal(size=9)
    found = dualad.sparse_hessian(f, x, mode=mode)(x).toarray()
    np.testing.assert_allclose(found, dualad.hessian(f)(x), rtol=1e-12, atol=1e-10)
    if mode == "symmetric":
        np.testing.assert_array_equal(found, found.T)


def test_broyden_of_ten_thousand_variables_takes_at_most_five_pushes():
    n = 10_000
    f, pushed = counted(broyden)
    jac = dualad.jacobian(f, sparsity="detect")
    x = RNG.normal(size=n)
    found = jac(x)
    assert sum(pushed) <= 5 and len(pushed) == 1
    assert (jac.pushes, jac.pulls) == (3, 0)
    i = np.arange(n)
    assert found.nnz == 3 * n - 2
    np.testing.assert_allclose(found.diagonal(), 3 - 4 * x)
    np.testing.assert_array_equal(found[i[1:], i[:-1]], -1.0)
    np.testing.assert_array_equal(found[i[:-1], i[1:]], -2.0)
    jac(x)
    assert pushed == [4, 4]


def test_rosenbrocks_hessian_of_ten_thousand_variables():
    x = RNG.normal(size=10_000)
    h = dualad.hessian(rosenbrock, sparsity="detect")
    found = h(x)
    assert h.pushes == 3
    np.testing.assert_allclose(found.diagonal(1), -400 * x[:-1])
    middle = 1200 * x[1:-1] ** 2 - 400 * x[2:] + 202
    np.testing.assert_allclose(found.diagonal()[1:-1], middle)


def test_newton_by_sparse_matrices_solves_broyden():
    x = -np.ones(1000)
    jac = dualad.sparse_jacobian(broyden, x)
    for _ in range(8):
        x = x - spsolve(jac(x).tocsc(), broyden(x))
    assert np.abs(broyden(x)).max() < 1e-14 * 1000


def test_a_full_row_and_a_full_column_go_both_ways():
    jac = dualad.sparse_jacobian(arrow, np.ones(200))
    assert jac.pushes + jac.pulls <= 4 and jac.pulls


def test_auto_takes_rows_where_they_are_fewer():
    jac = dualad.sparse_jacobian(lambda x: np.stack([np.sum(x[:50] ** 2), np.sum(x[50:] ** 2)]), np.ones(100))
    assert (jac.pushes, jac.pulls) == (0, 1)
    np.testing.assert_array_equal(jac(np.ones(100)).toarray(), np.kron(np.eye(2), np.full(50, 2.0)))


def test_it_says_what_it_is():
    jac = dualad.sparse_jacobian(broyden)
    assert (
        repr(jac) == "SparseJacobian(not prepared)" and jac.pattern is None and jac.pushes == jac.pulls == 0
    )
    assert repr(jac.prepare(np.ones(5))) == "SparseJacobian(5 × 5, 13 entries, 3 pushes)"
    assert repr(dualad.sparse_hessian(np.sum, np.ones(3))) == "SparseHessian(3 × 3, 0 entries, 1 push)"


def test_other_shapes_are_prepared_anew():
    jac = dualad.sparse_jacobian(broyden)
    assert jac(np.ones(4)).shape == (4, 4) and jac(np.ones(6)).shape == (6, 6)


def test_threads_share_one_function():
    jac = dualad.sparse_jacobian(broyden)
    inputs = [RNG.normal(size=5 + k % 3) for k in range(60)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(jac, inputs))
    for x, matrix in zip(inputs, found, strict=True):
        np.testing.assert_allclose(matrix.toarray(), dualad.jacobian(broyden)(x), rtol=1e-13)


def test_trees_argnums_keywords_and_aux():
    def f(p, y, scale=1.0):
        return {"a": p["u"] * y[0] * scale, "b": y**2}, "aux"

    p, y = {"u": np.arange(2.0)}, np.array([2.0, 3.0])
    jac = dualad.sparse_jacobian(f, argnums=(0, 1), has_aux=True)
    found, aux = jac(p, y, scale=10.0)
    assert aux == "aux"
    np.testing.assert_array_equal(
        found.toarray(), [[20, 0, 0, 0], [0, 20, 10, 0], [0, 0, 4, 0], [0, 0, 0, 6]]
    )
    back, aux = dualad.sparse_jacobian(f, argnums=1, has_aux=True, mode="reverse")(p, y)
    assert aux == "aux"
    np.testing.assert_array_equal(back.toarray(), [[0, 0], [1, 0], [4, 0], [0, 6]])
    h, aux = dualad.sparse_hessian(lambda x: (np.sum(x**3), "aux"), has_aux=True)(y)
    assert aux == "aux"
    np.testing.assert_array_equal(h.toarray(), np.diag(6 * y))


def test_single_precision_and_complex():
    found = dualad.sparse_jacobian(broyden)(np.ones(5, np.float32))
    assert found.dtype == np.float32
    z = np.arange(3) + 1j
    found = dualad.sparse_jacobian(lambda z: z**2, holomorphic=True)(z)
    np.testing.assert_array_equal(found.toarray(), np.diag(2 * z))
    with pytest.raises(dualad.NotDifferentiable, match="holomorphic=True"):
        dualad.sparse_jacobian(lambda z: z**2)(z)


def test_more_colours_than_a_chunk():
    x = RNG.normal(size=300)
    f = lambda x: np.sum(x) * x  # noqa: E731
    np.testing.assert_allclose(dualad.sparse_jacobian(f, mode="forward")(x).toarray(), dualad.jacobian(f)(x))
    np.testing.assert_allclose(dualad.sparse_jacobian(f, mode="reverse")(x).toarray(), dualad.jacobian(f)(x))


# ---- patterns of the user's, and the probe --------------------------------------------------------


@pytest.mark.parametrize("kind", [csr_array, csc_matrix, np.asarray, lambda p: (p * 0.5).tolist()])
def test_a_pattern_may_be_any_matrix(kind):
    pattern = kind(np.eye(4) + np.eye(4, k=1) + np.eye(4, k=-1))
    x = RNG.normal(size=4)
    jac = dualad.jacobian(broyden, sparsity=pattern)
    np.testing.assert_allclose(jac(x).toarray(), dualad.jacobian(broyden)(x))
    assert jac.pushes == 3


@pytest.mark.parametrize("missing", [(2, 1), (3, 3), (0, 1)])
@pytest.mark.parametrize("mode", ["forward", "both", "auto"])
def test_a_pattern_that_is_too_small_is_found_out_with_its_rows(missing, mode):
    pattern = np.eye(6) + np.eye(6, k=1) + np.eye(6, k=-1)
    pattern[missing] = 0
    jac = dualad.sparse_jacobian(broyden, sparsity=pattern, mode=mode)
    with pytest.raises(dualad.SparsityError, match=rf"in 1 of its rows: {missing[0]} .*sparsity='detect'"):
        jac(RNG.normal(size=6))


def test_of_pulls_the_probe_tells_columns():
    pattern = np.eye(6) + np.eye(6, k=1) + np.eye(6, k=-1)
    pattern[2, 1] = 0
    with pytest.raises(dualad.SparsityError, match=r"in 1 of its columns: 1 .*jacobian_sparsity\(f, x\)"):
        dualad.sparse_jacobian(broyden, sparsity=pattern, mode="reverse")(np.ones(6))
    with pytest.raises(dualad.SparsityError, match=r"Hessian has further entries in .*hessian_sparsity"):
        dualad.sparse_hessian(rosenbrock, sparsity=np.eye(6))(np.ones(6))


def test_without_the_probe_nothing_is_said():
    jac = dualad.sparse_jacobian(broyden, sparsity=np.eye(6), verify=False)
    assert np.isfinite(jac(np.ones(6)).toarray()).all()


def test_small_entries_among_large_ones_are_found_out():
    scale = np.array([1e8, 1.0, 1e-3])

    def f(x):
        return scale * x + 1e-3 * scale * x[::-1]

    with pytest.raises(dualad.SparsityError, match="rows: 0, 2 "):
        dualad.sparse_jacobian(f, sparsity=np.eye(3))(np.ones(3))


def test_another_branch_is_detected_again():
    def f(x):
        return x**2 if x[0] > 0 else x * np.roll(x, 1)

    jac = dualad.sparse_jacobian(f)
    x = np.arange(1.0, 6.0)
    np.testing.assert_array_equal(jac(x).toarray(), np.diag(2 * x))
    assert jac.local.startswith("a Python branch") and jac.pushes == 1
    np.testing.assert_array_equal(jac(-x).toarray(), dualad.jacobian(f)(-x))
    np.testing.assert_array_equal(jac(x).toarray(), np.diag(2 * x))
    assert jac.pattern.nnz == 10


def test_a_branch_on_what_is_not_traced_is_detected_again_too():
    def f(t, x):
        return x if t < 1 else x * x[::-1]

    jac = dualad.sparse_jacobian(f, argnums=1)
    assert jac(0.0, np.ones(4)).nnz == 4 and not jac.local
    np.testing.assert_array_equal(jac(2.0, np.ones(4)).toarray(), dualad.jacobian(f, 1)(2.0, np.ones(4)))


def test_nan_and_infinity_are_no_contradiction():
    with np.errstate(divide="ignore"):
        found = dualad.sparse_jacobian(np.sqrt)(np.array([0.0, 4.0]))
    np.testing.assert_array_equal(found.toarray(), [[np.inf, 0], [0, 0.25]])
    assert np.isnan(dualad.sparse_jacobian(np.sin)(np.array([np.nan, 0.0])).toarray()[0, 0])


def test_what_does_not_fit_is_refused_by_name():
    with pytest.raises(dualad.SparsityError, match="pattern has 5 columns, and the arguments 4 entries"):
        dualad.sparse_jacobian(broyden, sparsity=np.eye(5))(np.ones(4))
    with pytest.raises(
        dualad.SparsityError, match="pattern has 5 rows, and the function's results 4 entries"
    ):
        dualad.sparse_jacobian(broyden, sparsity=np.ones((5, 4)))(np.ones(4))
    with pytest.raises(dualad.SparsityError, match="square"):
        dualad.sparse_hessian(rosenbrock, sparsity=np.ones((5, 4)))(np.ones(4))
    with pytest.raises(ValueError, match="sparsity='guess'"):
        dualad.sparse_jacobian(broyden, sparsity="guess")
    with pytest.raises(ValueError, match="mode='up'.*'both'"):
        dualad.sparse_jacobian(broyden, mode="up")
    with pytest.raises(TypeError, match="chunk_size"):
        dualad.jacobian(broyden, sparsity="detect", chunk_size=3)
    with pytest.raises(TypeError, match="forward over reverse"):
        dualad.hessian(rosenbrock, sparsity="detect", mode="rev-over-rev")


def test_traced_arguments_are_refused():
    with pytest.raises(dualad.NotDifferentiable, match="scipy.sparse matrix cannot hold traced values"):
        dualad.grad(lambda x: dualad.sparse_jacobian(np.sin)(x).sum())(np.ones(2))
    with pytest.raises(dualad.NotDifferentiable, match="scipy.sparse matrix cannot hold traced values"):
        dualad.grad(lambda c: dualad.sparse_jacobian(lambda x: c * x)(np.ones(2)).sum())(1.0)


# ---- SciPy's solvers ------------------------------------------------------------------------------


def test_least_squares_takes_it():
    fit = least_squares(
        broyden, -np.ones(500), jac=dualad.sparse_jacobian(broyden), tr_solver="lsmr", xtol=1e-15
    )
    assert np.abs(broyden(fit.x)).max() < 1e-8


def test_solve_ivp_takes_it():
    """The Brusselator in one dimension (Hairer and Wanner II, IV.1), stiff, with its banded Jacobian."""
    n = 40

    def rhs(t, y):
        u, v = y[:n], y[n:]
        u_left, u_right = np.concatenate([[1.0], u[:-1]]), np.concatenate([u[1:], [1.0]])
        v_left, v_right = np.concatenate([[3.0], v[:-1]]), np.concatenate([v[1:], [3.0]])
        c = 0.02 * (n + 1) ** 2
        du = 1 + u * u * v - 4 * u + c * (u_left - 2 * u + u_right)
        return np.concatenate([du, 3 * u - u * u * v + c * (v_left - 2 * v + v_right)])

    x = np.arange(1, n + 1) / (n + 1)
    y0 = np.concatenate([1 + np.sin(2 * np.pi * x), np.full(n, 3.0)])
    jac = dualad.sparse_jacobian(rhs, 0.0, y0, argnums=1)
    assert jac.pushes <= 6
    exact = solve_ivp(rhs, (0, 10), y0, method="BDF", jac=jac, rtol=1e-8, atol=1e-8)
    other = solve_ivp(rhs, (0, 10), y0, method="Radau", rtol=1e-9, atol=1e-9)
    assert exact.success
    np.testing.assert_allclose(exact.y[:, -1], other.y[:, -1], rtol=1e-5)


def test_minimize_takes_the_hessian():
    fit = minimize(
        rosenbrock,
        np.full(30, -1.0),
        jac=dualad.grad(rosenbrock),
        hess=dualad.sparse_hessian(rosenbrock),
        method="trust-constr",
        options={"gtol": 1e-9, "maxiter": 500},
    )
    assert np.linalg.norm(dualad.grad(rosenbrock)(fit.x)) < 1e-6
