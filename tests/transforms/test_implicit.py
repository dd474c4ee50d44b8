"""Roots, fixed points and minima, differentiated implicitly: against the iteration differentiated, and closed forms."""

from __future__ import annotations

import threading
import warnings

import numpy as np
import pytest
import scipy.optimize

import dualad
from dualad import implicit
from dualad.testing import check_grads

X0 = np.array([1.0, 1.0])


def equations(x, a, b):
    return np.stack([x[0] ** 3 + a * x[1] - b, x[1] ** 2 * np.exp(x[0]) - a])


def by_newton(init, a, b):
    """The same root by an iteration that dualad can look into."""
    x = init * 1.0
    for _ in range(30):
        x = x - np.linalg.solve(dualad.jacfwd(equations)(x, a, b), equations(x, a, b))
    return x


def by_scipy(init, a, b):
    jacobian = dualad.jacfwd(equations)
    found = scipy.optimize.root(
        equations, init, (a, b), jac=lambda x, a, b: jacobian(x, a, b), method="lm", tol=1e-14
    )
    return found.x


SOLVERS = {
    how: dualad.custom_root(equations, solve=how)(by_scipy) for how in ("dense", "gmres", "bicgstab", "auto")
}
SOLVERS["a function"] = dualad.custom_root(
    equations, solve=lambda matvec, b: np.linalg.solve(np.stack([matvec(e) for e in np.eye(2)], axis=1), b)
)(by_scipy)


def scalar(solver):
    return lambda a, b: np.sum(solver(X0, a, b) ** 3)


MANY = np.array([2.0, 2.1])
MODES = {
    "grad": lambda f: dualad.grad(f, (0, 1))(2.0, 3.0),
    "jvp": lambda f: dualad.jvp(f, (2.0, 3.0), (1.0, 0.5)),
    "hessian": lambda f: dualad.hessian(f, (0, 1))(2.0, 3.0),
    "forward over forward": lambda f: dualad.jacfwd(dualad.jacfwd(f), 1)(2.0, 3.0),
    "reverse over reverse": lambda f: dualad.grad(dualad.grad(f), 1)(2.0, 3.0),
    "reverse over forward": lambda f: dualad.grad(dualad.jacfwd(f), 1)(2.0, 3.0),
    "third": lambda f: dualad.grad(dualad.grad(dualad.grad(f)))(2.0, 3.0),
    "rows of gradients": lambda f: dualad.vmap(dualad.grad(f), (0, None))(MANY, 3.0),
    "gradient of rows": lambda f: dualad.grad(lambda b: np.sum(dualad.vmap(f, (0, None))(MANY, b)))(3.0),
    "linearize": lambda f: dualad.linearize(f, 2.0, 3.0)[1](1.0, 2.0),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("how", SOLVERS)
def test_as_the_iteration(how, mode):
    got, reference = (dualad.tree_leaves(MODES[mode](scalar(s))) for s in (SOLVERS[how], by_newton))
    for a, b in zip(got, reference, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-9)


def test_the_solver_is_given_plain_arrays_and_runs_once():
    seen = []

    @dualad.custom_root(lambda x, a: x**2 - a)
    def root(init, a):
        seen.append(type(a))
        return np.sqrt(a)

    assert dualad.grad(root, 1)(1.0, np.float64(4.0)) == 0.25
    assert len(seen) == 1
    assert not issubclass(seen[0], dualad.core.trace.Box)


def test_trees():
    def residual(x, p):
        return {"u": x["u"] * p["a"] - 1, "v": [x["v"][0] - x["u"] ** 2]}

    @dualad.custom_root(residual)
    def solve(init, p):
        return {"u": 1 / p["a"], "v": [1 / p["a"] ** 2]}

    p = {"a": np.array([2.0, 4.0])}
    g = dualad.grad(lambda p: np.sum(solve({"u": X0, "v": [X0]}, p)["v"][0]))(p)
    np.testing.assert_allclose(g["a"], -2 / p["a"] ** 3)


def test_fixed_point():
    @dualad.custom_fixed_point(lambda x, a: np.cos(a * x))
    def solve(init, a):
        x = init
        for _ in range(300):
            x = np.cos(a * x)
        return x

    a = 0.8
    x = solve(1.0, a)
    expected = -x * np.sin(a * x) / (1 + a * np.sin(a * x))
    assert dualad.grad(solve, 1)(1.0, a) == pytest.approx(expected, rel=1e-13)
    assert dualad.grad(implicit.fixed_point, 2)(lambda x, a: np.cos(a * x), 1.0, a) == pytest.approx(
        expected, rel=1e-12
    )
    check_grads(lambda a: implicit.fixed_point(lambda x, a: np.cos(a * x), 1.0, a), (a,), order=2)
    with pytest.raises(RuntimeError, match="no convergence in 5 iterations; the last step"):
        implicit.fixed_point(lambda x: np.cos(x), 1.0, maxiter=5)


def ridge(w, X, y, penalty):
    return np.sum((X @ w - y) ** 2) + penalty * np.sum(w**2)


def closed_form(X, y, penalty):
    return np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ y)


@pytest.mark.parametrize("solve", ["dense", "cg", "minres", "auto"])
@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "Newton-CG", "trust-exact", "trust-ncg", "CG"])
def test_ridge_regression(method, solve):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 3)), rng.normal(size=20)

    def loss(fit):
        return lambda X, y, penalty: np.sum(fit(X, y, penalty) ** 2)

    got = loss(lambda *p: implicit.argmin(ridge, np.zeros(3), *p, method=method, solve=solve))
    for a, b in zip(
        dualad.grad(got, (0, 1, 2))(X, y, 2.0),
        dualad.grad(loss(closed_form), (0, 1, 2))(X, y, 2.0),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9)
    second = dualad.hessian(lambda p: got(X, y, p))(2.0)
    assert second == pytest.approx(dualad.hessian(lambda p: loss(closed_form)(X, y, p))(2.0), rel=1e-7)


def test_many_unknowns_without_a_matrix():
    n = 2000
    weight = np.linspace(1, 3, n)

    def objective(x, a):
        return np.sum(weight * (x - a) ** 2) + 0.5 * np.sum((x[1:] - x[:-1]) ** 2)

    a = np.sin(np.linspace(0, 6, n))
    g = dualad.grad(
        lambda a: np.sum(
            implicit.argmin(objective, np.zeros(n), a, method="Newton-CG", options={"xtol": 1e-12}) ** 2
        )
    )(a)
    laplace = np.diag(np.r_[1, np.full(n - 2, 2.0), 1]) - np.eye(n, k=1) - np.eye(n, k=-1)
    matrix = np.diag(2 * weight) + laplace
    x = np.linalg.solve(matrix, 2 * weight * a)
    np.testing.assert_allclose(g, 2 * weight * np.linalg.solve(matrix, 2 * x), rtol=1e-5, atol=1e-7)


def test_root_by_name():
    f = lambda a, b: np.sum(implicit.root(equations, X0, a, b, method="lm") ** 3)  # noqa: E731
    np.testing.assert_allclose(f(2.0, 3.0), scalar(by_newton)(2.0, 3.0))
    for a, b in zip(MODES["hessian"](f), MODES["hessian"](scalar(by_newton)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)
    with pytest.raises(RuntimeError, match="hybr did not converge"):
        implicit.root(lambda x: x**2 + 1, np.array([0.3]))
    with pytest.raises(RuntimeError, match="BFGS did not converge"):
        implicit.argmin(lambda x: np.sum(np.exp(-x)) - x[0], np.zeros(1), options={"maxiter": 3})


# ---- what is reported ----------------------------------------------------------------------------------


def test_residuals():
    solver = SOLVERS["gmres"]
    dualad.grad(scalar(solver))(2.0, 3.0)
    found = solver.residuals()
    assert found.optimality < 1e-12
    assert 0 < found.linear < 1e-12
    other: list = []

    def elsewhere():
        try:
            solver.residuals()
        except ValueError as error:
            other.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "has not been called in this thread" in str(other[0])


def test_a_bad_solution_and_a_bad_system_are_said_aloud():
    @dualad.custom_root(lambda x, a: x**2 - a)
    def sloppy(init, a):
        return np.sqrt(a) + 0.01

    with pytest.warns(
        implicit.SolveWarning, match=r"sloppy: the optimality function is 4.0e-02 .*test_implicit"
    ):
        dualad.grad(sloppy, 1)(1.0, 4.0)

    @dualad.custom_root(equations, solve=lambda matvec, b: 0.9 * b)
    def s(init, a, b):
        return by_scipy(init, a, b)

    with pytest.warns(implicit.SolveWarning, match="relative residual of .* asked for was 1.0e-06"):
        dualad.grad(scalar(s))(2.0, 3.0)


def test_singular():
    @dualad.custom_root(lambda x, a: x**2 - a)
    def root(init, a):
        return np.sqrt(a)

    with pytest.raises(dualad.DegenerateError, match="singular at the solution"):
        dualad.grad(root, 1)(np.float64(0.0), 0.0)


def test_what_is_refused():
    with pytest.raises(ValueError, match="solve='lu'; there are 'auto', 'dense', 'cg'"):
        dualad.custom_root(equations, solve="lu")

    @dualad.custom_root(lambda x, a: np.stack([x - a, x - a]))
    def f(init, a, *, scale=1.0):
        return a

    with pytest.raises(dualad.StructureError, match="returns 2 numbers for 1 unknowns"):
        dualad.grad(f, 1)(1.0, 2.0)
    with pytest.raises(dualad.NotDifferentiable, match="a keyword option is traced"):
        dualad.grad(lambda s: f(1.0, 2.0, scale=s))(1.0)

    @dualad.custom_root(lambda x, a: x - a, has_aux=True)
    def g(init, a):
        return a

    with pytest.raises(dualad.StructureError, match="must return .solution, aux."):
        g(1.0, 2.0)


def test_aux_and_initial_guess_have_no_derivative():
    @dualad.custom_root(lambda x, a: x**2 - a, has_aux=True)
    def root(init, a):
        return np.sqrt(a), {"message": "found"}

    def f(init, a):
        x, aux = root(init, a)
        assert aux == {"message": "found"}
        return x

    assert dualad.grad(f, (0, 1))(1.0, 4.0) == (0.0, 0.25)


def test_nothing_is_said_where_all_is_well():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dualad.hessian(scalar(SOLVERS["dense"]), (0, 1))(2.0, 3.0)


def test_a_solver_may_write_into_its_arguments():
    @dualad.custom_root(lambda x, a: x * x - a)
    def root(init, a):
        init[:] = np.sqrt(a)
        a[:] = 0
        return init

    guess, a = np.ones(2), np.array([4.0, 9.0])
    np.testing.assert_allclose(dualad.grad(lambda a: np.sum(a * root(guess, a)))(a), 1.5 * np.sqrt(a))
    np.testing.assert_array_equal([guess, a], [[1.0, 1.0], [4.0, 9.0]])


@pytest.mark.parametrize("solve", [dualad.implicit.root, dualad.implicit.fixed_point, dualad.implicit.argmin])
def test_solvers_of_functions_that_close_over_traced_values(solve):
    """SciPy's own error was that of a result which is no proper array of floats."""

    def optimality(x):
        return np.sum((x - a) ** 2) if solve is dualad.implicit.argmin else a - x / 2

    def f(value):
        nonlocal a
        a = value
        return np.sum(solve(optimality, np.ones(2)))

    a = None
    with pytest.raises(dualad.LeakedValue, match=r"optimality closes over a traced value .*after x0"):
        dualad.grad(f)(np.ones(2))


def test_results_that_are_none():
    f = dualad.custom_root(lambda x, a: x - a)(lambda guess, a: None)
    with pytest.raises(dualad.StructureError, match=r"returned no arrays, but None .*test_implicit"):
        f(1.0, 1.0)
    f = dualad.custom_root(lambda x, a: None)(lambda guess, a: a)
    with pytest.raises(dualad.StructureError, match="the optimality function returned no arrays"):
        f(1.0, 1.0)


@pytest.mark.parametrize("solve", [dualad.implicit.root, dualad.implicit.fixed_point])
def test_as_many_equations_as_unknowns(solve):
    with pytest.raises(dualad.StructureError, match=r"returns 2 numbers for 3 unknowns .*test_implicit"):
        solve(lambda x, a: x[:2] - a, np.ones(3), 1.0)


@pytest.mark.parametrize("solve", ["dense", "gmres"])
def test_complex_solutions(solve):
    """Holomorphic or not: the linear system is that of real and imaginary parts."""
    a, v = np.array([0.5 + 0.3j, 1 - 1j]), np.array([1 - 0.5j, 0.2 + 2j])
    square = dualad.custom_root(lambda x, a: x * x - a, solve=solve)(lambda guess, a: np.sqrt(a))
    cube = dualad.custom_root(lambda x, a: x * np.conj(x) * x - a, solve=solve)(
        lambda guess, a: a / np.abs(a) ** (2 / 3)
    )
    for root, bare in ((square, np.sqrt), (cube, lambda a: a / np.abs(a) ** (2 / 3))):
        implicit = lambda a, root=root: root(a, a)  # noqa: E731
        for got, want in (
            (dualad.jvp(implicit, (a,), (v,))[1], dualad.jvp(bare, (a,), (v,))[1]),
            (dualad.vjp(implicit, a)[1](v)[0], dualad.vjp(bare, a)[1](v)[0]),
            (
                dualad.grad(lambda a, f=implicit: np.sum(np.abs(f(a)) ** 4))(a),
                dualad.grad(lambda a, f=bare: np.sum(np.abs(f(a)) ** 4))(a),
            ),
            (
                dualad.jvp(dualad.grad(lambda a, f=implicit: np.sum(np.real(f(a)))), (a,), (v,))[1],
                dualad.jvp(dualad.grad(lambda a, f=bare: np.sum(np.real(f(a)))), (a,), (v,))[1],
            ),
        ):
            np.testing.assert_allclose(got, want, rtol=1e-9)
