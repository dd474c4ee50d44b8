"""Systems, inverses, determinants, Cholesky, pseudo-inverses: to second order, real and complex."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dualad
from dualad.core.errors import DegenerateError
from dualad.ops import determinant as D
from dualad.ops import linalg as L
from dualad.testing import check_duality, check_grads
from dualad.transforms.batch import vmap

RNG = np.random.default_rng(1)
START = RNG.bit_generator.state


@pytest.fixture(autouse=True)
def same_numbers():
    """Each test draws the same numbers, whatever ran before it in its process."""
    RNG.bit_generator.state = START


def normal(*shape):
    return RNG.normal(size=shape)


def complex_normal(*shape):
    return normal(*shape) + 1j * normal(*shape)


def regular(*shape, dtype=float):
    """Well-conditioned square matrices."""
    draw = complex_normal if dtype is complex else normal
    u, _, v = np.linalg.svd(draw(*shape))
    return (u * np.linspace(1, 2, shape[-1])) @ v


def positive(*shape, dtype=float):
    """Hermitian matrices with eigenvalues between 1 and 2."""
    draw = complex_normal if dtype is complex else normal
    u, _, _ = np.linalg.svd(draw(*shape))
    return (u * np.linspace(1, 2, shape[-1])) @ L.mH(u)


def traced(f, *xs):
    return dualad.vjp(f, *xs)[0]


# ---- solve, inv ------------------------------------------------------------------------------------

SOLVE_SHAPES = [
    ((3, 3), (3,)),
    ((3, 3), (3, 2)),
    ((2, 3, 3), (3,)),
    ((2, 3, 3), (3, 2)),
    ((3, 3), (2, 3, 2)),
    ((2, 1, 2, 2), (3, 2, 2)),
]


@pytest.mark.parametrize(("s", "t"), SOLVE_SHAPES)
@pytest.mark.parametrize("dtype", [float, complex])
def test_solve(s, t, dtype):
    a, b = regular(*s, dtype=dtype), (complex_normal if dtype is complex else normal)(*t)
    assert np.allclose(traced(L.solve, a, b), np.linalg.solve(a, b))
    check_grads(L.solve, (a, b), order=2 if dtype is float else 1)
    check_grads(lambda a: L.solve(a, b.real), (a,), order=1)


@pytest.mark.parametrize(("s", "t"), SOLVE_SHAPES)
@pytest.mark.parametrize("axes", [(0, None), (None, 0), (0, 0)])
@pytest.mark.filterwarnings("error")
def test_solve_of_batches(s, t, axes):
    a = regular(*s) if axes[0] is None else np.stack([regular(*s) for _ in range(3)])
    b = normal(*t) if axes[1] is None else normal(3, *t)
    rows = [np.linalg.solve(*(x if ax is None else x[k] for x, ax in zip((a, b), axes))) for k in range(3)]
    assert np.allclose(vmap(L.solve, in_axes=axes)(a, b), np.stack(rows))


def test_inv():
    check_grads(L.inv, (regular(3, 3),))
    check_grads(L.inv, (regular(2, 2, 2, dtype=complex),), order=1)
    a = regular(3, 3)
    identity = dualad.jvp(lambda a: L.inv(a) @ a, (a,), (normal(3, 3),))[1]
    assert np.allclose(identity, 0, atol=1e-12)


def test_singular_systems_are_numpys_error():
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        dualad.grad(lambda a: L.inv(a).sum())(np.ones((2, 2)))


# ---- determinants ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 3, 3)])
def test_det_and_slogdet_of_regular_matrices(shape, dtype):
    a = regular(*shape, dtype=dtype)
    assert np.allclose(traced(L.det, a), np.linalg.det(a))
    check_grads(L.det, (a,), order=2 if shape[-1] > 1 else 1)
    check_grads(lambda a: tuple(L.slogdet(a)), (a,), order=2 if shape[-1] > 1 else 1)


def of_rank(n, rank, dtype=float, scale=1.0):
    draw = complex_normal if dtype is complex else normal
    u, _, v = np.linalg.svd(draw(n, n))
    return (u * np.where(np.arange(n) < rank, np.linspace(1, 2, n), 0) * scale) @ v


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize(("n", "rank"), [(1, 0), (2, 1), (2, 0), (3, 2), (3, 1), (3, 0), (4, 3), (4, 2)])
def test_det_where_it_vanishes(n, rank, dtype):
    """Cofactors are polynomials: first, second and third derivatives are right at singular matrices."""
    a = of_rank(n, rank, dtype)
    check_grads(L.det, (a,), order=3 if dtype is float and n > 2 else 2, atol=1e-9)


def test_cofactors_of_integers_are_exact():
    a = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    want = [[-3, 6, -3], [6, -12, 6], [-3, 6, -3]]
    assert np.allclose(dualad.grad(L.det)(a), want)
    assert np.array_equal(dualad.grad(L.det)(np.zeros((1, 1))), [[1.0]])
    assert np.allclose(dualad.grad(L.det)(np.zeros((3, 3))), 0)


def test_det_of_a_stack_of_regular_and_singular_matrices():
    a = np.stack([regular(3, 3), of_rank(3, 2), of_rank(3, 1), np.zeros((3, 3))])
    check_grads(L.det, (a,))
    together = dualad.grad(lambda a: L.det(a).sum())(a)
    assert np.allclose(together, [dualad.grad(L.det)(x) for x in a])


@pytest.mark.parametrize("small", [1e-3, 1e-6, 1e-9, 1e-12, 1e-15])
def test_cofactors_near_a_singular_matrix(small):
    """Against the cofactors by minors, which never divide."""
    u, _, v = np.linalg.svd(normal(4, 4))
    a = (u * [2.0, 1.0, 1.5, small]) @ v
    cut = lambda i, j: np.delete(np.delete(a, i, 0), j, 1)  # noqa: E731
    minors = [[(-1) ** (i + j) * np.linalg.det(cut(i, j)) for j in range(4)] for i in range(4)]
    assert np.allclose(dualad.grad(L.det)(a), minors, rtol=1e-9, atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 4), st.integers(0, 4), st.booleans(), st.integers(0, 2**31))
def test_adjugates(n, k, is_complex, seed):
    """adj(a) a = det(a) 1, wherever the last rows are cut off."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(2, n, n)) + (1j * rng.normal(size=(2, n, n)) if is_complex else 0)
    k = min(k, n)
    if n == 0:
        return
    want = np.linalg.det(a)[:, None, None] * np.linalg.inv(a)
    if k:
        assert np.allclose(D.adjugate(a, k), want, rtol=1e-6, atol=1e-6 * np.abs(want).max())


def test_det_and_slogdet_of_batches():
    a = np.stack([regular(3, 3), of_rank(3, 2)])
    got = vmap(dualad.grad(L.det))(a)
    assert np.allclose(got, [dualad.grad(L.det)(x) for x in a])
    sign, log = vmap(L.slogdet)(np.stack([regular(2, 2), -regular(2, 2)]))
    assert sign.shape == log.shape == (2,)


def test_slogdet_of_a_singular_matrix():
    a = np.stack([regular(2, 2), np.ones((2, 2))])

    def masked(a):
        sign, log = L.slogdet(a)
        return np.where(sign == 0, 0.0, log).sum()

    g = dualad.grad(masked)(a)
    assert np.allclose(g[0], np.linalg.inv(a[0]).T) and np.array_equal(g[1], np.zeros((2, 2)))
    with pytest.raises(DegenerateError, match="singular"):
        dualad.grad(lambda a: L.slogdet(a)[1].sum())(a)
    t = dualad.jvp(lambda a: L.slogdet(a)[1], (a,), (np.ones_like(a),))[1]
    assert np.isfinite(t[0]) and np.isnan(t[1])
    t = dualad.jvp(lambda a: L.slogdet(a)[1], (a,), (np.zeros_like(a),))[1]
    assert np.array_equal(t, [0, 0])


def test_the_phase_of_a_complex_determinant_turns():
    a = regular(3, 3, dtype=complex)
    da = complex_normal(3, 3)
    _, (dsign, dlog) = dualad.jvp(lambda a: tuple(L.slogdet(a)), (a,), (da,))
    t = np.trace(np.linalg.solve(a, da))
    assert np.isclose(dlog, t.real) and np.isclose(dsign, np.linalg.slogdet(a)[0] * 1j * t.imag)


# ---- cholesky, triangles ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 2, 2)])
def test_cholesky(shape, upper, dtype):
    a = positive(*shape, dtype=dtype)
    f = lambda a: L.cholesky(L.hermitian_part(a), upper=upper)  # noqa: E731
    assert np.allclose(traced(f, a), np.linalg.cholesky(a, upper=upper))
    check_grads(f, (a,))


@pytest.mark.parametrize("dtype", [float, complex])
def test_cholesky_has_a_symmetric_cotangent(dtype):
    a = positive(3, 3, dtype=dtype)
    _, pull = dualad.vjp(L.cholesky, a)
    g = pull(np.asarray(complex_normal(3, 3) if dtype is complex else normal(3, 3)))[0]
    assert np.allclose(g, L.mH(g))
    check_duality(L.cholesky, (a,))
    check_duality(lambda a: L.cholesky(a, upper=True), (a,))


def test_cholesky_reads_one_triangle():
    a = positive(3, 3)
    assert np.array_equal(traced(L.cholesky, np.tril(a)), np.linalg.cholesky(a))
    assert np.array_equal(dualad.grad(lambda a: L.cholesky(a).sum())(np.tril(a)).shape, (3, 3))


def test_log_det_by_two_roads():
    a = positive(4, 4)
    by_cholesky = dualad.grad(lambda a: 2 * np.log(np.diagonal(L.cholesky(a))).sum())(a)
    assert np.allclose(by_cholesky, dualad.grad(lambda a: L.slogdet(a)[1])(a))


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("trans", [0, 1])
@pytest.mark.parametrize("unit_diagonal", [False, True])
@pytest.mark.parametrize(("s", "t"), [((3, 3), (3,)), ((2, 3, 3), (3, 2)), ((3, 3), (2, 3, 1))])
def test_triangles(s, t, lower, trans, unit_diagonal):
    a, b = 2 * np.eye(3) + 0.3 * normal(*s), normal(*t)

    def f(a, b):
        return L.solve_triangular(a, b, lower=lower, trans=trans, unit_diagonal=unit_diagonal)

    read = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        read = read * ~np.eye(3, dtype=bool) + np.eye(3)
    assert np.allclose(traced(f, a, b), np.linalg.solve(L.mT(read) if trans else read, b))
    check_grads(f, (a, b))
    check_duality(f, (a + 0.1j * normal(*s), b + 0j))
    for axes in ((0, None), (None, 0), (0, 0)):
        x, y = (np.stack([v, v]) if ax == 0 else v for v, ax in zip((a, b), axes))
        assert np.allclose(vmap(f, in_axes=axes)(x, y)[1], f(a, b))


# ---- pinv, lstsq, rank -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2)])
def test_pinv(shape, dtype):
    a = complex_normal(*shape) if dtype is complex else normal(*shape)
    assert np.allclose(traced(L.pinv, a), np.linalg.pinv(a))
    check_grads(L.pinv, (a,), order=2 if dtype is float else 1)


@pytest.mark.parametrize("dtype", [float, complex])
def test_pinv_at_constant_rank(dtype):
    draw = complex_normal if dtype is complex else normal
    x, y = draw(4, 2), draw(2, 3)
    check_grads(lambda x, y: L.pinv(x @ y, rcond=1e-10), (x, y), order=1)


@pytest.mark.parametrize("dtype", [float, complex])
def test_pinv_of_a_hermitian_matrix(dtype):
    a = positive(3, 3, dtype=dtype)
    f = lambda a: L.pinv(L.hermitian_part(a), hermitian=True)  # noqa: E731
    check_grads(f, (a,), order=1)


@pytest.mark.parametrize(("m", "n", "b"), [(4, 2, (4,)), (4, 2, (4, 3)), (2, 4, (2,)), (3, 3, (3, 2))])
def test_lstsq(m, n, b):
    a, b = normal(m, n), normal(*b)
    got = dualad.vjp(lambda a, b: L.lstsq(a, b)[:2], a, b)[0]
    want = np.linalg.lstsq(a, b)
    assert all(np.allclose(x, y) for x, y in zip(got, want[:2], strict=True))
    check_grads(lambda a, b: tuple(L.lstsq(a, b)[:2]), (a, b), order=1)
    check_grads(lambda a: L.lstsq(a, b)[3], (a,), order=1)
    assert dualad.vjp(lambda a: (a, L.lstsq(a, b)[2]), a)[0][1] == want[2]


def test_lstsq_without_full_rank_has_the_solution_of_least_norm():
    a = of_rank(3, 2)
    x, residuals, rank, _ = dualad.jvp(lambda a: L.lstsq(a, np.ones(3)), (a,), (a,))[0]
    want = np.linalg.lstsq(a, np.ones(3))
    assert np.allclose(x, want[0]) and residuals.shape == want[1].shape == (0,) and rank == 2


def test_rank_is_flat():
    out, pull = dualad.vjp(lambda a: L.matrix_rank(a) * a, normal(3, 2))
    assert np.array_equal(pull(np.ones((3, 2)))[0], np.full((3, 2), 2.0))


# ---- composites ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 3, 6])
def test_matrix_power(n):
    a = regular(3, 3)
    f = lambda a: L.matrix_power(a, n)  # noqa: E731
    assert np.allclose(traced(f, a), np.linalg.matrix_power(a, n))
    check_grads(f, (a,), order=1)


def test_matrix_power_errors():
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        dualad.vjp(lambda a: L.matrix_power(a, 2), normal(2, 3))
    with pytest.raises(AttributeError):
        dualad.vjp(lambda a: L.matrix_power(a, 0.5), normal(2, 2))


def test_tensor_equations():
    a, b = normal(2, 3, 6), normal(2, 3)
    assert np.allclose(traced(L.tensorsolve, a, b), np.linalg.tensorsolve(a, b))
    check_grads(L.tensorsolve, (a, b), order=1, rtol=1e-5)
    moved = np.moveaxis(a, 2, 0)
    f = lambda a: L.tensorsolve(a, b, axes=(0,))  # noqa: E731
    assert np.allclose(traced(f, moved), np.linalg.tensorsolve(moved, b, axes=(0,)))
    c = normal(6, 2, 3)
    g = lambda c: L.tensorinv(c, ind=1)  # noqa: E731
    assert np.allclose(traced(g, c), np.linalg.tensorinv(c, ind=1))
    check_grads(g, (c,), order=1, rtol=1e-5)
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        dualad.vjp(lambda c: L.tensorinv(c, ind=2), c)
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        dualad.vjp(lambda a: L.tensorsolve(a, normal(3)), a)


# ---- from plain NumPy ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda a: np.linalg.solve(a, np.ones(3)),
        np.linalg.inv,
        np.linalg.det,
        lambda a: np.linalg.slogdet(a).logabsdet,
        lambda a: np.linalg.cholesky(a @ a.T + np.eye(3)),
        lambda a: np.linalg.cholesky(a @ a.T + np.eye(3), upper=True),
        np.linalg.pinv,
        lambda a: np.linalg.lstsq(a[:, :2], np.ones(3), rcond=None)[0],
        lambda a: np.linalg.matrix_power(a, 3),
        lambda a: np.linalg.multi_dot([a, a, np.ones(3)]),
    ],
)
def test_numpys_names(f):
    check_grads(f, (regular(3, 3),), order=1)
