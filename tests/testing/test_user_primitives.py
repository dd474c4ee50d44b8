"""Primitives of a user's own: over matrices, callables and compiled code, in five lines, under the same checks."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys

import numpy as np
import pytest
import scipy.integrate

import dualad
from dualad.core.primitive import REGISTRY
from dualad.testing import run_checks
from dualad.testing.__main__ import main

SPARSE = '''
import dualad, scipy.sparse, scipy.sparse.linalg
@dualad.primitive(linear="b")
def user_solve(b, *, matrix):
    """x of matrix @ x = b, for a sparse matrix."""
    return scipy.sparse.linalg.spsolve(matrix, b)
user_solve.vjp(lambda g, matrix: user_solve(g, matrix={transpose}))
A = scipy.sparse.diags_array([-1.0, 2.5, -0.5], offsets=[-1, 0, 1], shape=(5, 5)).tocsc()
@user_solve.samples
def _(rng):
    yield dualad.Sample(rng.normal(size=5), matrix=A)
    yield dualad.Sample(rng.normal(size=5), matrix=2 * A)
'''


@pytest.fixture(autouse=True)
def own_registry():
    before = set(REGISTRY)
    yield
    for name in set(REGISTRY) - before:
        del REGISTRY[name]


def failures(face):
    return [str(r) for r in run_checks(face.primitive) if not r.ok]


def test_a_sparse_solver():
    names: dict = {}
    exec(SPARSE.format(transpose="matrix.T.tocsc()"), names)
    solve, a = names["user_solve"], names["A"]
    assert failures(solve) == []
    b = np.arange(5.0)
    with pytest.warns(dualad.BatchFallback, match="user_solve"):
        got = dualad.hessian(lambda b: np.sum(solve(b**2, matrix=a) ** 2))(b)
    dense = a.toarray()
    np.testing.assert_allclose(
        got, dualad.hessian(lambda b: np.sum(np.linalg.solve(dense, b**2) ** 2))(b), rtol=1e-12
    )


def test_a_wrong_rule_is_found():
    names: dict = {}
    exec(SPARSE.format(transpose="matrix"), names)
    assert any("C2" in f for f in failures(names["user_solve"]))


def test_compiled_code():
    library = ctypes.CDLL(ctypes.util.find_library("m"))
    library.cbrt.restype, library.cbrt.argtypes = ctypes.c_double, [ctypes.c_double]
    compiled = np.vectorize(library.cbrt, otypes=[float])

    @dualad.primitive
    def compiled_cbrt(x):
        """The cube root of the C library."""
        return compiled(x).astype(x.dtype)

    compiled_cbrt.jvp(lambda dx, x: dx / (3 * compiled_cbrt(x) ** 2))
    compiled_cbrt.vjp(lambda g, out: g / (3 * out**2))

    @compiled_cbrt.batching
    def _(x):
        return compiled_cbrt(x)

    @compiled_cbrt.samples
    def _(rng):
        yield dualad.Sample(rng.uniform(0.5, 4, size=(2, 3)), complex=False)

    assert failures(compiled_cbrt) == []
    x = np.array([0.5, 8.0])
    np.testing.assert_allclose(
        dualad.hessian(lambda x: np.sum(compiled_cbrt(x)))(x), np.diag(-2 / 9 * x ** (-5 / 3)), rtol=1e-13
    )


def test_an_integral_over_a_function():
    @dualad.primitive
    def integral(a, b, *, f):
        """∫ f from a to b, by scipy.integrate.quad; f is a plain function."""
        return np.asarray(scipy.integrate.quad(f, a, b, epsabs=1e-13)[0], np.result_type(a, b))

    integral.jvp(a=lambda da, a, f: -f(a) * da, b=lambda db, b, f: f(b) * db)
    integral.vjp(a=lambda g, a, f: -f(a) * g, b=lambda g, b, f: f(b) * g)

    @integral.samples
    def _(rng):
        for f in (np.sin, np.exp):
            yield dualad.Sample(rng.uniform(size=()), rng.uniform(1, 2, size=()), f=f, complex=False)

    assert failures(integral) == []
    assert dualad.grad(dualad.grad(lambda b: integral(0.0, b, f=np.sin)))(1.0) == pytest.approx(np.cos(1.0))


def test_from_the_shell(tmp_path, monkeypatch, capsys):
    (tmp_path / "my_primitives.py").write_text(SPARSE.format(transpose="matrix.T.tocsc()"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert main(["--import", "my_primitives", "user_solve"]) == 0
    assert "1 primitives, 0 with failures" in capsys.readouterr().out
