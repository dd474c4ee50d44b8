"""Products: NumPy's values, both engines to second order, drawn shapes and subscripts, the strong zero."""

import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dualad
from dualad.ops import contract as C
from dualad.ops.matmul import strict_product
from dualad.testing import check_duality, check_grads
from dualad.transforms.batch import vmap

RNG = np.random.default_rng(0)
INF, NAN = np.inf, np.nan


def normal(*shape):
    return RNG.normal(size=shape)


def complex_normal(*shape):
    return normal(*shape) + 1j * normal(*shape)


def traced(f, *xs):
    """The value that `f` has when its arguments are traced."""
    return dualad.vjp(f, *xs)[0]


# ---- matmul ----------------------------------------------------------------------------------------

SIDE = st.integers(0, 3)


@st.composite
def matmul_operands(draw):
    """Shapes of two operands that matmul takes: vectors, matrices, stacks that broadcast."""
    n, k, m = draw(SIDE), draw(SIDE), draw(SIDE)
    stack = draw(st.lists(st.integers(0, 3), max_size=2))

    def thinned():
        return [1 if draw(st.booleans()) else s for s in stack[draw(st.integers(0, len(stack))) :]]

    a = (k,) if draw(st.booleans()) else (*thinned(), n, k)
    b = (k,) if draw(st.booleans()) else (*thinned(), k, m)
    return a, b


@settings(deadline=None, max_examples=150)
@given(matmul_operands(), st.booleans(), st.booleans())
def test_matmul_of_any_shapes(shapes, complex_a, complex_b):
    a, b = ((complex_normal if c else normal)(*s) for s, c in zip(shapes, (complex_a, complex_b)))
    assert np.allclose(traced(C.matmul, a, b), np.matmul(a, b))
    check_duality(C.matmul, (a, b))
    check_duality(lambda a: C.matmul(a, b), (a,))
    check_duality(lambda b: C.matmul(a, b), (b,))


@pytest.mark.parametrize(
    ("s", "t"),
    [
        ((2, 3), (3, 2)),
        ((3,), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3,)),
        ((2, 2, 3), (3, 2)),
        ((2, 3), (2, 3, 2)),
    ],
)
def test_matmul_to_second_order(s, t):
    check_grads(lambda a, b: C.matmul(a, b) ** 2, (normal(*s), normal(*t)))
    check_grads(C.matmul, (complex_normal(*s), complex_normal(*t)), order=1)


def test_the_gradient_of_weights_is_x_transposed_times_g():
    x, w, g = normal(5, 3), normal(3, 2), normal(5, 2)
    _, pull = dualad.vjp(C.matmul, x, w)
    dx, dw = pull(g)
    assert np.array_equal(dx, g @ w.T) and np.array_equal(dw, x.T @ g)


def test_a_stack_times_one_matrix_is_one_product():
    x, w, g = normal(2, 4, 3), normal(3, 2), normal(2, 4, 2)
    out, pull = dualad.vjp(lambda w: x @ w, w)
    assert np.allclose(out, x @ w)
    assert np.allclose(pull(g)[0], np.einsum("bni,bno->io", x, g))


@settings(deadline=None, max_examples=80)
@given(matmul_operands(), st.sampled_from([(0, None), (None, 0), (0, 0)]))
def test_matmul_of_batches_is_a_loop(shapes, axes):
    a, b = (normal(*(s if ax is None else (3, *s))) for s, ax in zip(shapes, axes))
    got = vmap(C.matmul, in_axes=axes)(a, b)
    rows = [np.matmul(a if axes[0] is None else a[k], b if axes[1] is None else b[k]) for k in range(3)]
    assert np.allclose(got, np.stack(rows))


def test_dtypes_come_home():
    a, b = normal(2, 3).astype(np.float32), normal(3, 2)
    out, pull = dualad.vjp(C.matmul, a, b)
    assert out.dtype == np.float64
    assert [g.dtype for g in pull(np.ones((2, 2)))] == [np.float32, np.float64]
    out, pull = dualad.vjp(C.matmul, a, complex_normal(3, 2))
    assert [g.dtype for g in pull(np.ones((2, 2), complex))] == [np.float32, np.complex128]


def test_an_overwritten_constant_does_not_matter():
    w = normal(3, 2)
    x = normal(4, 3)
    kept = x.copy()

    def f(w):
        y = x @ w
        x[:] = 0
        return y

    _, pull = dualad.vjp(f, w)
    assert np.allclose(pull(np.ones((4, 2)))[0], kept.T @ np.ones((4, 2)))


@pytest.mark.parametrize(
    ("s", "t"),
    [
        ((2, 3), (3, 2)),
        ((3,), (3, 2)),
        ((2, 3), (3,)),
        ((3,), (3,)),
        ((2, 2, 3), (3, 2)),
        ((3, 2), (4, 2, 3)),
    ],
)
@pytest.mark.parametrize("bad", [INF, -INF, NAN])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_zeros_of_a_cotangent_or_tangent_win(s, t, bad):
    """As if every product of a zero were left out of the sum."""
    a, b = normal(*s), normal(*t)
    b[(0,) * b.ndim] = bad
    g = normal(*np.matmul(a, b).shape) if a.ndim + b.ndim > 2 else np.array(0.0)
    g[...] = g * (np.arange(g.size).reshape(g.shape) % 2)
    _, pull = dualad.vjp(lambda a: C.matmul(a, b), a)
    want = _masked_cotangent(g, a, b)
    assert np.allclose(pull(g)[0], want, equal_nan=True)
    if np.isnan(bad):  # a NaN at rest raises no flag, and the forward engine runs once
        return
    da = normal(*s) * (np.arange(a.size).reshape(a.shape) % 2)
    _, t = dualad.jvp(lambda a: C.matmul(a, b), (a,), (da,))
    assert np.allclose(t, _masked_product(da, b), equal_nan=True)


def _masked_product(d, b):
    """d @ b without the products of zeros of d."""
    rows = d if d.ndim > 1 else d[None, :]
    columns = b if b.ndim > 1 else b[:, None]
    with np.errstate(invalid="ignore"):
        terms = np.where(rows[..., :, :, None] == 0, 0.0, rows[..., :, :, None] * columns[..., None, :, :])
        out = terms.sum(-2)
    out = out[..., 0, :] if d.ndim == 1 else out
    return out[..., 0] if b.ndim == 1 else out


def _masked_cotangent(g, a, b):
    rows = g[..., None] if b.ndim == 1 else g
    rows = rows[..., None, :] if a.ndim == 1 else rows
    columns = b if b.ndim > 1 else b[:, None]
    d = _masked_product(rows, np.swapaxes(columns, -1, -2))
    if a.ndim == 1:
        d = d[..., 0, :]
    while d.ndim > a.ndim:
        d = d.sum(0)
    return d


def test_a_strict_product_of_finite_operands_is_the_product():
    g, c = normal(2, 3), normal(3, 2)
    assert np.array_equal(strict_product(g, c), g @ c)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_the_strong_zero_of_the_right_operand():
    a, w = np.array([[1.0, INF], [2.0, 3.0]]), np.ones((2, 2))
    _, pull = dualad.vjp(lambda w: C.matmul(a, w), w)
    assert np.array_equal(pull(np.array([[0.0, 0.0], [1.0, 1.0]]))[0], [[2, 2], [3, 3]])


def test_shapes_that_do_not_fit_are_numpys_error():
    with pytest.raises(ValueError, match="matmul"):
        dualad.vjp(C.matmul, normal(2, 3), normal(2, 3))


# ---- dot, inner, outer, vdot, tensordot -------------------------------------------------------------

RANKS = [(), (3,), (2, 3), (2, 2, 3)]


@pytest.mark.parametrize("s", RANKS)
@pytest.mark.parametrize("t", RANKS)
def test_dot_and_inner(s, t):
    a, b = normal(*s), normal(*t)
    for ours, theirs, x in (
        (C.inner, np.inner, b),
        (C.dot, np.dot, np.swapaxes(b, -1, -2) if b.ndim > 1 else b),
    ):
        assert np.allclose(traced(ours, a, x), theirs(a, x))
        check_grads(lambda a, b, f=ours: f(a, b) ** 2, (a, x), order=2 if a.ndim + b.ndim < 5 else 1)


@st.composite
def tensordot_case(draw):
    """Shapes of two operands, and which axes of the one meet which of the other."""
    summed = draw(st.lists(st.integers(1, 3), max_size=3))
    a = [(n, True, k) for k, n in enumerate(summed)] + [
        (n, False, None) for n in draw(st.lists(st.integers(0, 3), max_size=2))
    ]
    b = [(n, True, k) for k, n in enumerate(summed)] + [
        (n, False, None) for n in draw(st.lists(st.integers(0, 3), max_size=2))
    ]
    a, b = draw(st.permutations(a)), draw(st.permutations(b))
    order = draw(st.permutations(range(len(summed))))

    def place(operand, k):
        at = next(i for i, (_, is_summed, j) in enumerate(operand) if is_summed and j == k)
        return at - len(operand) if draw(st.booleans()) else at

    axes = [place(a, k) for k in order], [place(b, k) for k in order]
    return tuple(n for n, *_ in a), tuple(n for n, *_ in b), axes


@settings(deadline=None, max_examples=120)
@given(tensordot_case())
def test_tensordot_over_any_axes(case):
    s, t, axes = case
    a, b = normal(*s), complex_normal(*t)

    def f(a, b):
        return C.tensordot(a, b, axes)

    assert np.allclose(traced(f, a, b), np.tensordot(a, b, axes))
    check_duality(f, (a, b))
    for in_axes in ((0, None), (None, 0), (0, 0)):
        x, y = (np.stack([v, 2 * v]) if ax == 0 else v for v, ax in zip((a, b), in_axes))
        scale = 4 if in_axes == (0, 0) else 2
        assert np.allclose(vmap(f, in_axes=in_axes)(x, y)[1], scale * np.tensordot(a, b, axes))


def test_tensordot_refuses_what_numpy_refuses():
    with pytest.raises(ValueError, match="axes=3"):
        C.tensordot(normal(2, 2), normal(2, 2), 3)
    with pytest.raises(ValueError, match="paired"):
        C.tensordot(normal(2, 2), normal(2, 2), ((0, 1), (0,)))
    with pytest.raises(np.exceptions.AxisError):
        C.tensordot(normal(2, 2), normal(2, 2), ((2,), (0,)))


def test_vdot_conjugates_its_first():
    a, b = complex_normal(2, 2), complex_normal(4)
    assert np.allclose(traced(C.vdot, a, b), np.vdot(a, b))
    _, pull = dualad.vjp(C.vdot, a, b)
    da, db = pull(np.asarray(1 + 2j))
    assert np.allclose(da, np.conj((1 + 2j) * b).reshape(2, 2)) and np.allclose(
        db, (1 + 2j) * a.conj().ravel()
    )
    check_grads(C.vdot, (a, b))
    check_grads(C.vdot, (normal(3), complex_normal(3)))


def test_outer_takes_anything_as_vectors():
    check_grads(lambda a, b: C.outer(a, b) ** 2, (normal(2, 2), normal(3)))
    assert np.allclose(traced(C.outer, normal(0), normal(2)), np.ones((0, 2)))


# ---- einsum ----------------------------------------------------------------------------------------


@st.composite
def einsum_case(draw):
    """Subscripts with repeated letters, sums, implicit outputs, ellipses; and shapes for them."""
    letters = string.ascii_lowercase[: draw(st.integers(1, 4))]
    size = {c: draw(st.integers(1, 3)) for c in letters}
    terms = [draw(st.text(letters, max_size=3)) for _ in range(draw(st.integers(1, 3)))]
    used = sorted(set("".join(terms)))
    output = (
        "".join(draw(st.permutations(draw(st.lists(st.sampled_from(used), unique=True))))) if used else ""
    )
    dots = [draw(st.booleans()) for _ in terms]
    stack = draw(st.lists(st.integers(1, 2), max_size=2))
    shapes = []
    for term, dotted in zip(terms, dots):
        extra = stack[draw(st.integers(0, len(stack))) :] if dotted else []
        shapes.append((*extra, *(size[c] for c in term)))
    subscripts = ",".join("..." * d + t for t, d in zip(terms, dots))
    if draw(st.booleans()):
        subscripts += " -> " + "..." * any(dots) + output
    return subscripts, shapes, draw(st.sampled_from([False, True, "optimal"]))


@settings(deadline=None, max_examples=200)
@given(einsum_case())
def test_einsum_of_any_subscripts(case):
    subscripts, shapes, optimize = case
    xs = [normal(*s) for s in shapes]

    def f(*xs):
        return C.einsum(subscripts, *xs, optimize=optimize)

    assert np.allclose(traced(f, *xs), np.einsum(subscripts, *xs))
    check_duality(f, tuple(xs))


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 2)]),
        ("ii->i", [(3, 3)]),
        ("iij,jk->k", [(2, 2, 3), (3, 2)]),
        ("i,j,k", [(2,), (2,), (2,)]),
        ("...i,...i", [(2, 3), (3,)]),
        ("ijk->", [(2, 1, 2)]),
    ],
)
def test_einsum_to_second_order(subscripts, shapes):
    xs = tuple(normal(*s) for s in shapes)
    check_grads(lambda *xs: C.einsum(subscripts, *xs) ** 2, xs)
    check_grads(lambda *xs: C.einsum(subscripts, *xs), tuple(x + 0.5j for x in xs), order=1)


def test_einsum_with_lists_of_integers_and_a_path():
    a, b = normal(2, 3), normal(3, 2)
    assert np.allclose(traced(lambda a, b: C.einsum(a, [0, 1], b, [1, 2], [2, 0]), a, b), (a @ b).T)
    assert np.allclose(traced(lambda a, b: C.einsum(a, [0, 1], b, [1, 2]), a, b), a @ b)
    assert np.allclose(traced(lambda a, b: C.einsum(a, [..., 1], b, [1, 2], [..., 2]), a, b), a @ b)
    path = ["einsum_path", (0, 1)]
    check_grads(lambda a, b: C.einsum("ij,jk", a, b, optimize=path), (a, b))


def test_einsum_broadcasts_axes_of_length_one():
    check_grads(lambda a, b: C.einsum("ij,ij->ij", a, b) ** 2, (normal(1, 3), normal(2, 3)))
    check_grads(lambda a, b: C.einsum("ij,ij->i", a, b) ** 2, (normal(2, 1), normal(2, 3)))


def test_einsum_errors():
    x = normal(2, 3)
    for subscripts in ("ij,jk->ik", "ijk->i", "...ijk->..."):
        with pytest.raises(ValueError):
            dualad.vjp(lambda x, s=subscripts: C.einsum(s, x), x)
    with pytest.raises(TypeError, match="subscripts"):
        C.einsum()


@pytest.mark.filterwarnings("error")
def test_einsum_of_batches():
    a, b = normal(4, 2, 3), normal(3, 2)
    assert np.allclose(vmap(lambda a, b: C.einsum("ij,jk", a, b), in_axes=(0, None))(a, b), a @ b)
    assert np.allclose(vmap(lambda a: C.einsum("ij->j", a))(a), a.sum(1))


# ---- trace and composites ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "offset", "axes"), [((3, 3), 0, (0, 1)), ((2, 4), 2, (1, 0)), ((2, 3, 4), -1, (2, 0))]
)
def test_trace(shape, offset, axes):
    x = normal(*shape)

    def f(x):
        return C.trace(x, offset=offset, axis1=axes[0], axis2=axes[1])

    assert np.allclose(traced(f, x), np.trace(x, offset, *axes))
    check_grads(lambda x: f(x) ** 2, (x,))


@pytest.mark.parametrize(("s", "t"), [((2, 3), (3, 2)), ((2,), (2, 2)), ((2, 1, 2), (3,)), ((), (2,))])
def test_kron(s, t):
    a, b = normal(*s), normal(*t)
    assert np.array_equal(traced(C.kron, a, b), np.kron(a, b))
    check_grads(C.kron, (a, b))


@pytest.mark.parametrize(("s", "t"), [((4, 3), (4, 3)), ((3,), (2, 3)), ((4, 2), (4, 3)), ((3,), (2,))])
@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors:DeprecationWarning")
def test_cross(s, t):
    a, b = normal(*s), normal(*t)
    assert np.allclose(traced(C.cross, a, b), np.cross(a, b))
    check_grads(C.cross, (a, b))

    def f(a, b):
        return C.cross(a.T, b.T, axisa=0, axisb=0, axisc=0)

    if len(s) == len(t):
        assert np.allclose(traced(f, a, b), np.cross(a.T, b.T, 0, 0, 0))


def test_cross_refuses_other_lengths():
    with pytest.raises(ValueError, match="2 or 3 components"):
        dualad.vjp(C.cross, normal(4), normal(4))


@pytest.mark.parametrize(
    "shapes",
    [
        [(2, 3), (3, 4)],
        [(3,), (3, 4), (4, 2), (2,)],
        [(2, 5), (5, 1), (1, 4), (4, 2)],
        [(3,), (3, 2)],
        [(2, 3), (3,)],
    ],
)
def test_multi_dot(shapes):
    xs = tuple(normal(*s) for s in shapes)

    def f(*xs):
        return C.multi_dot(xs)

    assert np.allclose(traced(f, *xs), np.linalg.multi_dot(xs))
    check_grads(f, xs)


def test_multi_dot_errors():
    with pytest.raises(ValueError, match="at least two"):
        C.multi_dot([normal(2, 2)])
    with pytest.raises(np.linalg.LinAlgError, match="matrix"):
        dualad.vjp(lambda a: C.multi_dot([a, normal(2, 2, 2)]), normal(2, 2))


def test_vecdot_matvec_vecmat():
    a, b, m = complex_normal(4, 3), complex_normal(3), complex_normal(4, 3, 2)
    for x, y in ((a, b), (a.real, b)):
        assert np.allclose(traced(C.vecdot, x, y), np.vecdot(x, y))
        check_grads(C.vecdot, (x, y), order=1)
    assert np.allclose(traced(lambda x: C.vecdot(x, x, axis=0), a), np.vecdot(a, a, axis=0))
    assert np.allclose(traced(C.vecmat, a, m), (a.conj()[:, None, :] @ m)[:, 0])
    assert np.allclose(traced(C.matvec, m, b[:2]), m @ b[:2])
    if hasattr(np, "matvec"):
        assert np.allclose(traced(C.vecmat, a, m), np.vecmat(a, m))
