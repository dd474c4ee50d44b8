"""Keywords and arguments that few programs use: right, or an error that says what to write."""

import numpy as np
import pytest

import dualad
from dualad import numpy as dnp
from dualad.testing import check_grads

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 4))
M = RNG.normal(size=(4, 2))


def agrees(f, g, *args, order=1):
    """`f` has the value of `g`, which is NumPy's, and its derivatives."""
    got, want = dualad.vjp(f, *args)[0], g(*args)
    got, want = (got, want) if isinstance(got, tuple) else ((got,), (want,))
    for a, b in zip(got, want, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype and np.allclose(a, b, rtol=1e-13, atol=1e-14)
    check_grads(f, args, order=order)


@pytest.mark.parametrize("shape", [(4, 2), (5, 3), (2, 4, 2), (3, 1), (3, 3), (2, 4)])
def test_complete_qr(shape):
    f = lambda a: tuple(np.linalg.qr(a, mode="complete"))
    agrees(f, f, RNG.normal(size=shape), order=2)


def test_complete_qr_of_complex_matrices():
    f = lambda a: tuple(np.linalg.qr(a, mode="complete"))
    agrees(f, f, RNG.normal(size=(4, 2)) + 1j * RNG.normal(size=(4, 2)))


def test_where_the_reflections_of_qr_jump_there_is_no_derivative():
    with pytest.raises(dualad.DegenerateError, match="mode='reduced'"):
        dualad.grad(lambda a: np.linalg.qr(a, mode="complete")[0].sum())(np.eye(4)[:, :2])
    with pytest.raises(dualad.NotDifferentiable, match="mode='complete'"):
        dualad.grad(lambda a: np.linalg.qr(a, mode="raw")[0].sum())(A)


def test_einsum_with_a_dtype():
    f = lambda a, m: np.einsum("ij,jk->ik", a, m, dtype=np.float64, casting="safe", order="C")
    agrees(f, f, A, M)
    single = lambda a: np.einsum("ij->i", a, dtype=np.float32, casting="same_kind")
    assert dualad.vjp(single, A)[0].dtype == np.float32
    with pytest.raises(TypeError, match="casting='safe'"):
        dualad.grad(lambda a: np.einsum("ij->", a, dtype=np.float32))(A)


@pytest.mark.parametrize(
    "f",
    [
        lambda a: np.matmul(a, M, axes=[(-2, -1), (-2, -1), (-2, -1)]),
        lambda a: np.matmul(a, A, axes=[(1, 0), (0, 1), (1, 0)]),
        lambda a: np.matmul(a, M[:, 0], axes=[(0, 1), (0,), (0,)]),
        lambda a: np.vecdot(a, A, axis=0),
        lambda a: np.vecdot(a, A, axes=[0, 0, ()]),
        lambda a: np.add(a, 2.0, signature="dd->d"),
        lambda a: np.add(a, 2.0, sig=("d", "d", "d")),
        lambda a: np.multiply(a, A, casting="no"),
        lambda a: np.multiply(a, A, casting="equiv", order="F"),
    ],
)
def test_keywords_of_ufuncs(f):
    agrees(f, f, A)


def test_a_cast_that_is_not_allowed():
    with pytest.raises(TypeError, match="casting rule 'no'"):
        dualad.grad(lambda a: np.sum(np.add(a, np.ones(4, np.float32), casting="no")))(A)
    assert dualad.vjp(lambda a: np.add(a, a, signature="ff->f"), A)[0].dtype == np.float32


def fill(lane, width, axis, options):
    lane[: width[0]] = options.get("factor", 1.0) * lane[width[0]]
    lane[lane.shape[0] - width[1] :] = lane[width[0]] ** 2


@pytest.mark.parametrize(
    "mode, keywords",
    [
        ("median", {}),
        ("median", {"stat_length": 2}),
        ("median", {"stat_length": ((1, 2), (2, 3))}),
        (fill, {}),
        (fill, {"factor": 3.0}),
    ],
)
def test_pad(mode, keywords):
    f = lambda a: np.pad(a, ((1, 2), (0, 1)), mode, **keywords)
    agrees(f, f, A, order=2)


def test_an_empty_border():
    f = lambda a: np.pad(a, 1, "empty")
    assert np.array_equal(dualad.vjp(f, A)[0][1:-1, 1:-1], A)
    assert dualad.grad(lambda a: np.sum(f(a)))(A).tolist() == np.ones((3, 4)).tolist()


def test_a_median_border_with_a_nan():
    a = np.array([1.0, np.nan, 2.0, 5.0])
    assert np.array_equal(
        dualad.vjp(lambda a: np.pad(a, 1, "median"), a)[0], np.pad(a, 1, "median"), equal_nan=True
    )


@pytest.mark.parametrize("ends", [lambda s: s, lambda s: (s, 2.0), lambda s: ((s, 1.0), (2.0, s))])
def test_a_ramp_to_traced_ends(ends):
    f = lambda a, s: dnp.pad(a, 2, mode="linear_ramp", end_values=ends(s))
    agrees(f, lambda a, s: np.pad(a, 2, mode="linear_ramp", end_values=ends(s)), A, np.float64(0.7), order=2)


@pytest.mark.parametrize("keywords", [{}, {"axis": 1}, {"axis": 0, "keepdims": True}])
def test_the_order_of_a_norm(keywords):
    p, x = np.float64(2.7), A if keywords else A[0]
    agrees(
        lambda x, p: dnp.linalg.norm(x, ord=p, **keywords),
        lambda x, p: np.linalg.norm(x, p, **keywords),
        x,
        p,
        order=2,
    )
    check_grads(lambda p: dnp.linalg.norm(x, ord=p, **keywords), (p,), order=2)


def test_the_order_of_a_norm_of_zero():
    f = lambda v, p: dnp.linalg.norm(v, ord=p)
    zero = np.zeros(3)
    assert dualad.grad(f)(zero, 2.5).tolist() == dualad.jacfwd(f)(zero, 2.5).tolist() == [0.0, 0.0, 0.0]
    assert (
        dualad.grad(lambda p: f(zero, p))(2.5) == dualad.jvp(lambda p: f(zero, p), (2.5,), (1.0,))[1] == 0.0
    )


def test_the_order_of_a_matrix_norm():
    with pytest.raises(dualad.MissingRule, match="one of a few norms"):
        dualad.grad(lambda p: dnp.linalg.norm(A, ord=p))(2.0)


def test_methods_of_ufuncs_in_dualad_numpy():
    P = np.abs(A) + 0.5
    agrees(
        lambda p, s: dnp.add.reduce(p, axis=1, initial=s),
        lambda p, s: np.add.reduce(p, axis=1, initial=s),
        P,
        np.float64(2),
    )
    agrees(lambda v: dnp.multiply.accumulate([v[0], v[1]]), lambda v: np.multiply.accumulate(v[:2]), P[0])
    agrees(lambda v: dnp.add.outer(P[0], [v[0], v[1]]), lambda v: np.add.outer(P[0], v[:2]), P[0])
    assert dnp.add.reduce([1.0, 2.0]) == 3.0


def test_windows_and_conversions():
    agrees(lambda t: dnp.kaiser(5, t), lambda t: np.kaiser(5, t), np.float64(2.0), order=2)
    agrees(lambda t: dnp.kaiser(1, beta=t) * t, lambda t: np.kaiser(1, beta=t) * t, np.float64(2.0))
    agrees(lambda v: dnp.fromiter(iter(v), float), lambda v: v, A[0])
    agrees(lambda v: dnp.require(v, requirements="C") * 2, lambda v: v * 2, A[0])
    agrees(lambda v: dnp.asarray_chkfinite(v) * 2, lambda v: v * 2, A[0])
    agrees(
        lambda v: np.polydiv(np.arange(1.0, 6.0), v)[0], lambda v: np.polydiv(np.arange(1.0, 6.0), v)[0], A[0]
    )
    with pytest.raises(ValueError, match="infs or NaNs"):
        dualad.grad(lambda v: np.sum(dnp.asarray_chkfinite(v)))(np.array([np.nan]))


def test_methods_put_and_view():
    def f(a):
        y = dnp.array(a)
        y.view().put([0, 5], a[0, 0] * 2)
        return y

    def g(a):
        y = np.array(a)
        y.put([0, 5], a[0, 0] * 2)
        return y

    agrees(f, g, A)
    with pytest.raises(dualad.MissingRule, match="astype"):
        dualad.grad(lambda a: np.sum(a.view(np.float32)))(A)


@pytest.mark.parametrize(
    "f, way",
    [
        (lambda v: np.percentile(np.abs(A), [v[0], 2.0]), r"Write dualad\.numpy\.percentile"),
        (lambda v: np.kaiser(5, v[0]), r"Write dualad\.numpy\.kaiser"),
        (lambda v: np.pad(A, 1, constant_values=v[0]), r"Write dualad\.numpy\.pad"),
        (lambda v: np.linalg.norm(A[0], ord=v[0]), r"Write dualad\.numpy\.linalg\.norm"),
        (lambda v: np.lib.stride_tricks.as_strided(v, (3, 2), (8, 8)), "sliding_window_view"),
        (lambda v: np.frompyfunc(lambda x: x * x, 1, 1)(v), r"dualad\.numpy\.vectorize"),
        (lambda v: np.add.reduce(A, initial=v[0]), r"works in dualad\.numpy\.f"),
    ],
)
def test_what_numpy_does_not_show_us_names_the_way(f, way):
    with pytest.raises(dualad.DualadError, match=way):
        dualad.vjp(f, np.abs(A[0]))
