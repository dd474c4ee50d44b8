"""Eigenvalues, singular values, QR: derivatives through what no phase changes, and the policies at ties."""

import numpy as np
import pytest

import dualad
from dualad.core.errors import DegenerateError, NotDifferentiable
from dualad.ops import factor as F
from dualad.ops.linalg import hermitian_part
from dualad.ops.matmul import mH
from dualad.testing import check_duality, check_grads
from dualad.transforms.batch import vmap

RNG = np.random.default_rng(2)
DTYPES = [float, complex]


def random(*shape, dtype=float):
    x = RNG.normal(size=shape)
    return x + 1j * RNG.normal(size=shape) if dtype is complex else x


def unitary(n, dtype=float):
    return np.linalg.svd(random(n, n, dtype=dtype))[0]


def hermitian(w, dtype=float):
    q = unitary(len(w), dtype)
    return hermitian_part((q * np.asarray(w, float)) @ mH(q))


def weighted(v):
    """The vectors, each scaled by a number of its own: products of them tell the vectors apart."""
    return v * np.cos(np.arange(v.shape[-1]))


# ---- eigh ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("UPLO", ["L", "U"])
def test_eigh(dtype, UPLO):
    a = np.stack([hermitian([1, 2, 4], dtype), hermitian([-1, 0, 3], dtype)])

    def f(a):
        w, v = F.eigh(hermitian_part(a), UPLO=UPLO)
        return w, weighted(v) @ mH(v)

    check_grads(f, (a,), atol=1e-9)
    check_grads(lambda a: F.eigvalsh(hermitian_part(a), UPLO=UPLO), (a,), atol=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
def test_real_vectors_keep_their_sign_and_cotangents_are_symmetric(dtype):
    a = hermitian([1, 2, 4], dtype)
    if dtype is float:
        check_grads(lambda a: F.eigh(hermitian_part(a)).eigenvectors, (a,))
    check_duality(lambda a: tuple(F.eigh(a)), (a,))
    w, pull = dualad.vjp(F.eigvalsh, a)
    g = pull(np.array([1.0, 2.0, -1.0]))[0]
    assert np.allclose(g, mH(g))
    assert np.allclose(g, dualad.vjp(lambda a: F.eigh(a)[0], a)[1](np.array([1.0, 2.0, -1.0]))[0])


def test_results_have_numpys_names():
    a = hermitian([1, 2, 4])
    out, _ = dualad.vjp(F.eigh, a)
    assert type(out) is type(np.linalg.eigh(a)) and np.array_equal(out.eigenvalues, np.linalg.eigh(a)[0])
    assert dualad.vjp(F.svd, a)[0].S.shape == (3,) and dualad.vjp(F.qr, a)[0].R.shape == (3, 3)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("w", [[1, 1, 3], [2, 2, 2], [0, 0, 0]])
def test_functions_of_tied_eigenvalues_alone_are_right(w, dtype):
    a = hermitian(w, dtype)
    want = np.conj(3 * a @ a)
    for values in (lambda a: F.eigvalsh(a), lambda a: F.eigh(a)[0]):
        f = lambda a, values=values: (values(a) ** 3).sum()  # noqa: E731
        assert np.allclose(dualad.grad(f)(a), want)
        da = hermitian_part(random(3, 3, dtype=dtype))
        assert np.isclose(dualad.jvp(f, (a,), (da,))[1], np.sum(want * da).real)


def test_tied_eigenvectors_are_refused():
    a = np.diag([1.0, 1.0, 3.0])
    with pytest.raises(DegenerateError, match="eigenvalues are tied"):
        dualad.grad(lambda a: F.eigh(a)[1][0, 1])(a)
    with pytest.raises(DegenerateError):
        dualad.grad(lambda a: (F.eigh(a)[1] ** 3).sum())(np.eye(3))
    g = dualad.grad(lambda a: (F.eigh(a)[1][:, 2] ** 2 * np.arange(3.0)).sum())(a + 0.0)
    assert np.all(np.isfinite(g))
    _, (dw, dv) = dualad.jvp(lambda a: tuple(F.eigh(a)), (a,), (hermitian_part(random(3, 3)),))
    assert np.all(np.isfinite(dw)) and np.isnan(dv).any()
    _, (dw, dv) = dualad.jvp(lambda a: tuple(F.eigh(a)), (a,), (np.diag([1.0, 2.0, 3.0]),))
    assert np.allclose(dw, [1, 2, 3]) and np.allclose(dv, 0)


def test_a_second_derivative_across_a_tie_is_no_number_or_an_error():
    """It would need the vectors; zero in its place would be a wrong answer in silence."""
    a = np.eye(2)
    f = lambda a: (F.eigvalsh(a) ** 3).sum()  # noqa: E731
    da = np.array([[0.0, 1.0], [1.0, 0.0]])
    with np.errstate(all="ignore"):
        assert np.isnan(dualad.jvp(dualad.grad(f), (a,), (da,))[1]).any()
    with pytest.raises(DegenerateError):
        dualad.vjp(dualad.grad(f), a)[1](da)


def test_nearly_tied_is_not_tied():
    a = hermitian([1, 1 + 1e-6, 3])
    g = dualad.grad(lambda a: F.eigh(hermitian_part(a))[1][0, 0])(a)
    assert np.all(np.isfinite(g)) and np.abs(g).max() > 1e3


def test_eigh_of_batches():
    a = np.stack([hermitian([1, 2, 4]), hermitian([0, 1, 5])])
    w, v = vmap(F.eigh)(a)
    assert np.array_equal(w, np.linalg.eigh(a)[0]) and np.array_equal(v, np.linalg.eigh(a)[1])
    f = lambda a: (F.eigh(a)[1] ** 3).sum()  # noqa: E731
    assert np.allclose(vmap(dualad.grad(f))(a), [dualad.grad(f)(x) for x in a])
    with pytest.raises(DegenerateError):
        vmap(dualad.grad(f))(np.stack([a[0], np.eye(3)]))


# ---- eig -------------------------------------------------------------------------------------------

REAL = np.array([[1.0, 2.0, 0.3], [0.1, -2.0, 1.0], [0.2, 0.0, 4.0]])
TURNING = np.array([[1.0, 2.0, 0.3], [-2.0, 1.5, 1.0], [0.2, 0.0, 4.0]])


@pytest.mark.parametrize("a", [REAL, TURNING, REAL + 0.3j * TURNING, np.stack([REAL, TURNING])])
def test_eig(a):
    def f(a):
        w, v = F.eig(a)
        return w, weighted(v) @ np.linalg.inv(v)

    check_grads(f, (a,))
    check_grads(F.eigvals, (a,))
    check_duality(lambda a: tuple(F.eig(a)), (a,))


def test_real_eigenvectors_stay_normalised():
    check_grads(lambda a: F.eig(a)[1], (REAL,))
    _, (_, dv) = dualad.jvp(lambda a: tuple(F.eig(a)), (TURNING,), (random(3, 3),))
    v = np.linalg.eig(TURNING)[1]
    assert np.allclose(np.sum(v.conj() * dv, axis=0), 0)


def test_eig_policies():
    with pytest.raises(DegenerateError, match="defective"):
        dualad.grad(lambda a: F.eigvals(a).real.sum())(np.array([[1.0, 1.0], [0.0, 1.0]]))
    with pytest.raises(DegenerateError, match="tied"):
        dualad.grad(lambda a: F.eig(a)[1][0, 1])(np.eye(2))
    assert np.allclose(dualad.grad(lambda a: (F.eigvals(a) ** 2).sum())(2 * np.eye(2)), 4 * np.eye(2))
    assert np.isnan(dualad.jvp(lambda a: F.eig(a)[1], (np.eye(2),), (random(2, 2),))[1]).any()


# ---- svd -------------------------------------------------------------------------------------------

SHAPES = [(3, 3), (4, 3), (3, 4), (5, 2), (2, 5), (2, 3, 2)]


def products(u, s, vh):
    k = s.shape[-1]
    u, vh = u[..., :k], vh[..., :k, :]
    return s, weighted(u) @ vh, weighted(u) @ mH(u), mH(vh) @ mH(weighted(mH(vh)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("full", [False, True])
def test_svd(shape, full, dtype):
    a = random(*shape, dtype=dtype)
    assert all(np.allclose(x, y) for x, y in zip(dualad.vjp(F.svd, a)[0], np.linalg.svd(a)))
    check_grads(lambda a: products(*F.svd(a, full_matrices=full)), (a,), order=2 if dtype is float else 1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_svdvals(shape, dtype):
    a = random(*shape, dtype=dtype)
    check_grads(F.svdvals, (a,), order=2 if dtype is float else 1)
    check_duality(lambda a: F.svd(a, compute_uv=False), (a,))


@pytest.mark.parametrize("shape", [(3, 3), (3, 2), (2, 3)])
def test_vectors_themselves(shape):
    a = random(*shape)
    check_grads(lambda a: tuple(F.svd(a)), (a,))
    check_duality(lambda a: tuple(F.svd(a)), (random(*shape, dtype=complex),))


@pytest.mark.parametrize("shape", [(5, 2), (2, 5)])
def test_the_space_beyond_the_singular_values(shape):
    """Its vectors have no derivative; the tangents of forward mode are right for projections on the space."""
    a = random(*shape)

    def projection(a):
        u, s, vh = F.svd(a)
        beyond = u[:, 2:] if shape[0] > 2 else mH(vh[2:])
        return beyond @ mH(beyond)

    check_grads(projection, (a,), order=1, modes=("fwd",))
    with pytest.raises(DegenerateError, match="beyond"):
        dualad.grad(lambda a: sum((x**3).sum() for x in F.svd(a)))(a)


def test_svd_of_a_hermitian_matrix():
    a = hermitian([1, -2, 4])
    check_grads(lambda a: tuple(F.svd(hermitian_part(a), hermitian=True)), (a,))
    check_grads(lambda a: F.svd(hermitian_part(a), hermitian=True, compute_uv=False), (a,))


def test_svd_at_ties():
    a = np.diag([2.0, 2.0, 1.0])
    assert np.allclose(dualad.grad(lambda a: F.svd(a)[1].sum())(a), np.eye(3))
    for k in (0, 2):
        with pytest.raises(DegenerateError, match="singular values are tied"):
            dualad.grad(lambda a, k=k: F.svd(a)[k][0, 1])(a)
    _, (du, ds, dvh) = dualad.jvp(lambda a: tuple(F.svd(a)), (a,), (random(3, 3),))
    assert np.isnan(du).any() and np.isfinite(ds).all() and np.isnan(dvh).any()


def test_svd_where_a_singular_value_vanishes():
    x, y = random(4, 2), random(2, 3)
    a = x @ y
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    g = dualad.grad(lambda a: F.svdvals(a).sum())(a)
    assert np.allclose(g, u[:, :2] @ vh[:2])
    assert np.array_equal(dualad.grad(lambda a: F.svdvals(a).sum())(np.zeros((2, 3))), np.zeros((2, 3)))
    with pytest.raises(DegenerateError, match="zero"):
        dualad.grad(lambda a: F.svd(a, full_matrices=False)[0][0, 2])(a)


# ---- qr --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1), (3, 1), (1, 3)])
def test_qr(shape, dtype):
    a = random(*shape, dtype=dtype)
    out = dualad.vjp(F.qr, a)[0]
    assert all(np.allclose(x, y) for x, y in zip(out, np.linalg.qr(a), strict=True))
    check_grads(lambda a: tuple(F.qr(a)), (a,), order=2 if dtype is float and shape[-1] > 1 else 1, atol=1e-9)
    check_grads(lambda a: F.qr(a, mode="r"), (a,), order=1, atol=1e-9)


def test_qr_of_batches_and_other_modes():
    a = random(4, 3, 3)
    assert all(np.allclose(x, y) for x, y in zip(vmap(F.qr)(a), np.linalg.qr(a)))
    check_grads(lambda a: tuple(F.qr(a, mode="complete")), (random(2, 3),), order=1)


def test_qr_refuses_by_name():
    with pytest.raises(NotDifferentiable, match="raw"):
        dualad.vjp(lambda a: F.qr(a, mode="raw"), random(3, 2))
    with pytest.raises(DegenerateError, match="rank"):
        dualad.grad(lambda a: F.qr(a)[0].sum())(np.zeros((2, 2)))


# ---- from plain NumPy ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda a: np.linalg.eigh(a + a.T).eigenvalues,
        lambda a: np.linalg.eigh(a + a.T, UPLO="U")[1] ** 2,
        lambda a: np.linalg.eigvalsh(a + a.T),
        np.linalg.eigvals,
        lambda a: np.linalg.svd(a, compute_uv=False),
        lambda a: np.linalg.svd(a, full_matrices=False).S,
        np.linalg.svdvals,
        lambda a: np.linalg.qr(a).R,
        lambda a: np.linalg.qr(a, mode="r"),
    ],
)
def test_numpys_names(f):
    check_grads(f, (random(3, 3),), order=1)
