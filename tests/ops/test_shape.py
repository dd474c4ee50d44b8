"""Layouts, joins, repetition, diagonals, padding: NumPy's values, and, all of them being linear, tangents that are
the same function of the tangent and cotangents that are its transpose."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dualad
import dualad.numpy as dn
from dualad.ops import shape as S
from dualad.testing import check_duality, check_grads

rng = np.random.default_rng(0)
shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
few = settings(max_examples=60, deadline=None)


def array(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def check_linear(op, reference, *shapes_in):
    """Value, tangent and cotangent of a linear operation, against the same of plain NumPy."""
    xs = tuple(array(s, k) for k, s in enumerate(shapes_in))
    dxs = tuple(array(s, 10 + k) for k, s in enumerate(shapes_in))
    want, dwant = np.asarray(reference(*xs)), np.asarray(reference(*dxs))
    out, dout = dualad.jvp(op, xs, dxs)
    np.testing.assert_array_equal(op(*xs), want)
    np.testing.assert_array_equal(out, want)
    np.testing.assert_array_equal(dout, dwant)
    out, pull = dualad.vjp(op, *xs)
    np.testing.assert_array_equal(out, want)
    g = array(want.shape, 20)
    back = pull(g)
    assert [b.shape for b in back] == [x.shape for x in xs]
    left, right = np.sum(g * dwant), sum(np.sum(b * dx) for b, dx in zip(back, dxs))
    assert abs(left - right) <= 1e-12 * max(1.0, np.sum(np.abs(g * dwant)))


def batched_is_loop(op, shape, n=3):
    xs = array((n, *shape))
    want = np.stack([op(x) for x in xs])
    np.testing.assert_array_equal(dualad.vmap(op)(xs), want)


@given(shapes, st.data())
@few
def test_reshape(shape, data):
    size = int(np.prod(shape))
    divisors = [d for d in range(1, size + 1) if size % d == 0] or [0]
    d = data.draw(st.sampled_from(divisors))
    target = (d, size // d) if d else (0, 3)
    order = data.draw(st.sampled_from("CF"))
    op = lambda x: S.reshape(x, shape=target, order=order)
    check_linear(op, lambda x: x.reshape(target, order=order), shape)
    batched_is_loop(op, shape)


@pytest.mark.parametrize("shape", [(-1,), (3, -1), (2, -1, 2), (-1, 1)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_reshape_resolves_minus_one(shape, order):
    op = lambda x: S.reshape(x, shape=shape, order=order)
    check_linear(op, lambda x: x.reshape(shape, order=order), (3, 4))
    batched_is_loop(op, (3, 4))


def test_reshape_refuses():
    x = array((3, 4))
    with pytest.raises(ValueError, match="lies in memory"):
        S.reshape(x, shape=(12,), order="A")
    with pytest.raises(ValueError, match="cannot reshape"):
        dualad.grad(lambda x: x.reshape(5, -1).sum())(x)
    with pytest.raises(ValueError, match="cannot reshape"):
        dualad.vmap(lambda x: x.reshape(5, -1))(x)


@given(shapes, st.data())
@few
def test_transpose_and_its_composites(shape, data):
    n = len(shape)
    axes = tuple(data.draw(st.permutations(range(n))))
    axes = tuple(a - n * data.draw(st.booleans()) for a in axes)
    op = lambda x: S.transpose(x, axes=axes)
    check_linear(op, lambda x: x.transpose(axes), shape)
    check_linear(lambda x: S.transpose(x), np.transpose, shape)
    batched_is_loop(op, shape)
    if n:
        a, b = (data.draw(st.integers(-n, n - 1)) for _ in range(2))
        check_linear(lambda x: S.swapaxes(x, a, b), lambda x: np.swapaxes(x, a, b), shape)
        check_linear(lambda x: S.moveaxis(x, a, b), lambda x: np.moveaxis(x, a, b), shape)


def test_moveaxis_of_several():
    check_linear(
        lambda x: S.moveaxis(x, (0, -1), (-1, 0)), lambda x: np.moveaxis(x, (0, -1), (-1, 0)), (2, 3, 4)
    )
    with pytest.raises(ValueError, match="same number"):
        S.moveaxis(array((2, 3)), (0, 1), 0)


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3))
@few
def test_broadcast_to(pair):
    shape, target = pair.input_shapes[0], pair.result_shape
    op = lambda x: S.broadcast_to(x, shape=target)
    check_linear(op, lambda x: np.broadcast_to(x, target), shape)
    batched_is_loop(op, shape)


@given(shapes, st.data())
@few
def test_squeeze_and_expand_dims(shape, data):
    check_linear(lambda x: S.squeeze(x), np.squeeze, shape)
    ones = [a for a, n in enumerate(shape) if n == 1]
    axis = tuple(data.draw(st.sets(st.sampled_from(ones)))) if ones else ()
    op = lambda x: S.squeeze(x, axis=axis)
    check_linear(op, lambda x: np.squeeze(x, axis), shape)
    batched_is_loop(op, shape)
    n = len(shape) + 2
    axis = tuple(data.draw(st.sets(st.integers(0, n - 1), min_size=2, max_size=2)))
    axis = tuple(a - n * data.draw(st.booleans()) for a in axis)
    op = lambda x: S.expand_dims(x, axis=axis)
    check_linear(op, lambda x: np.expand_dims(x, axis), shape)
    batched_is_loop(op, shape)


@given(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3), st.data())
@few
def test_joins(shape, data):
    n = len(shape)
    axis = data.draw(st.integers(-n, n - 1))
    other = list(shape)
    other[axis] = data.draw(st.integers(0, 3))
    other = tuple(other)
    check_linear(
        lambda *xs: S.concatenate(*xs, axis=axis), lambda *xs: np.concatenate(xs, axis), shape, other, shape
    )
    check_linear(
        lambda *xs: S.concatenate(*xs, axis=None), lambda *xs: np.concatenate(xs, None), shape, other
    )
    axis = data.draw(st.integers(-n - 1, n))
    check_linear(lambda *xs: S.stack(*xs, axis=axis), lambda *xs: np.stack(xs, axis), shape, shape)


def test_joins_with_constants_and_lists():
    x, c = array(3), np.arange(3.0)
    check_duality(lambda x: np.concatenate([c, x, c * x]), (x,))
    np.testing.assert_array_equal(
        dualad.grad(lambda x: (dn.array([x[0], 2.0, [x[1]][0]]) * c).sum())(x), [0.0, 2.0, 0.0]
    )
    out, tangent = dualad.jvp(lambda x: np.stack([c, x]), (x,), (np.ones(3),))
    np.testing.assert_array_equal(tangent, [[0] * 3, [1] * 3])


def test_a_long_concatenation_is_cut_in_one_go(monkeypatch):
    """The places of the pieces are computed once, not once for every piece."""
    from dualad.ops import join

    calls = []
    original = np.cumsum
    monkeypatch.setattr(join.np, "cumsum", lambda *a, **k: calls.append(1) or original(*a, **k))
    xs = [array(k % 3, k) for k in range(200)]
    out, pull = dualad.vjp(lambda xs: np.concatenate(xs), xs)
    back = pull(np.arange(float(out.size)))[0]
    np.testing.assert_array_equal(np.concatenate(back), np.arange(float(out.size)))
    assert len(calls) == 1


@pytest.mark.parametrize("cut", [3, 2, 1, [1, 4], [0, 9, 4], [-2], (2, 2)])
@pytest.mark.parametrize("axis", [0, -1])
def test_splits(cut, axis):
    shape = (6, 6)
    pieces = np.split(array(shape), cut, axis)
    for k in range(len(pieces)):
        check_linear(lambda x, k=k: S.split(x, cut, axis)[k], lambda x, k=k: np.split(x, cut, axis)[k], shape)
    check_linear(lambda x: S.array_split(x, 4, axis)[1], lambda x: np.array_split(x, 4, axis)[1], shape)
    with pytest.raises(ValueError, match="equal division"):
        S.split(array(shape), 4, axis)


@given(shapes, st.data())
@few
def test_flip_and_roll(shape, data):
    n = len(shape)
    axes = data.draw(st.none() | st.sets(st.integers(0, n - 1)).map(tuple)) if n else None
    op = lambda x: S.flip(x, axis=axes)
    check_linear(op, lambda x: np.flip(x, axes), shape)
    batched_is_loop(op, shape)
    shift = data.draw(st.integers(-5, 5))
    axis = data.draw(st.none() | st.integers(-n, n - 1)) if n else None
    op = lambda x: S.roll(x, shift=shift, axis=axis)
    check_linear(op, lambda x: np.roll(x, shift, axis), shape)
    batched_is_loop(op, shape)


@given(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3), st.data())
@few
def test_repeat_and_tile(shape, data):
    n = len(shape)
    axis = data.draw(st.integers(-n, n - 1))
    many = tuple(data.draw(st.integers(0, 3)) for _ in range(shape[axis]))
    for repeats in (data.draw(st.integers(0, 3)), many) if many else (2,):
        op = lambda x, r=repeats: S.repeat(x, repeats=r, axis=axis)
        check_linear(op, lambda x, r=repeats: np.repeat(x, r, axis), shape)
        batched_is_loop(op, shape)
    check_linear(lambda x: S.repeat(x, repeats=2), lambda x: np.repeat(x, 2), shape)
    reps = tuple(data.draw(st.lists(st.integers(0, 3), max_size=4)))
    check_linear(lambda x: S.tile(x, reps), lambda x: np.tile(x, reps), shape)


def test_a_tile_of_a_constant_is_its_own():
    x = array(3)
    y = S.tile(x, 1)
    y[0] = 7
    assert x[0] != 7


@given(hnp.array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=4), st.integers(-4, 4), st.data())
@few
def test_diagonals_and_triangles(shape, k, data):
    n = len(shape)
    a, b = data.draw(st.permutations(range(n)))[:2]
    b -= n
    op = lambda x: S.diagonal(x, offset=k, axis1=a, axis2=b)
    check_linear(op, lambda x: np.diagonal(x, k, a, b), shape)
    batched_is_loop(op, shape)
    for mine, numpy in ((S.tril, np.tril), (S.triu, np.triu)):
        op = lambda x, mine=mine: mine(x, k=k)
        check_linear(op, lambda x, numpy=numpy: numpy(x, k), shape)
        batched_is_loop(op, shape)


@pytest.mark.parametrize("k", [-2, 0, 1])
@pytest.mark.parametrize("shape", [(3,), (3, 4), (0,)])
def test_diag(k, shape):
    check_linear(lambda x: S.diag(x, k), lambda x: np.diag(x, k), shape)
    with pytest.raises(ValueError, match="1- or 2-d"):
        S.diag(np.zeros((1, 1, 1)))


def test_triangles_do_not_read_what_they_drop():
    x = np.array([[1.0, np.nan], [np.inf, 2.0]])
    x = x.T + 1.0
    value, g = dualad.value_and_grad(lambda x: np.sqrt(S.triu(S.tril(x))).sum())(x)
    assert value == np.sqrt(2.0) + np.sqrt(3.0)
    np.testing.assert_array_equal(g, np.diag(0.5 / np.sqrt(np.diag(x))))


# ---- padding --------------------------------------------------------------------------------------

WIDTHS = [1, (2, 0), ((1, 2), (0, 3)), ((5, 4), (0, 0)), {0: (1, 0)}, 0]
LINEAR_MODES = [
    dict(mode="constant"),
    dict(mode="edge"),
    dict(mode="reflect"),
    dict(mode="symmetric"),
    dict(mode="wrap"),
    dict(mode="mean"),
    dict(mode="mean", stat_length=2),
    dict(mode="mean", stat_length=((1, 2), (3, 1))),
    dict(mode="linear_ramp"),
    dict(mode="reflect", reflect_type="odd"),
    dict(mode="symmetric", reflect_type="odd"),
]


@pytest.mark.parametrize("width", WIDTHS, ids=str)
@pytest.mark.parametrize("how", LINEAR_MODES, ids=str)
def test_pad(width, how):
    x, dx = array((3, 4)), array((3, 4), 1)
    if isinstance(width, dict) and not hasattr(np, "long"):
        pytest.skip("NumPy before 2.0")
    f = lambda x: S.pad(x, width, **how)
    full = [(0, 0), (0, 0)]
    if isinstance(width, dict):
        full[0] = width[0]
    reference = lambda x: np.pad(x, full if isinstance(width, dict) else width, **how)
    np.testing.assert_allclose(f(x), reference(x), rtol=1e-14, atol=1e-15)
    out, tangent = dualad.jvp(f, (x,), (dx,))
    np.testing.assert_allclose(out, reference(x), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(tangent, reference(dx), rtol=1e-14, atol=1e-15)
    check_duality(f, (x,))
    np.testing.assert_allclose(dualad.vmap(f)(np.stack([x, dx])), np.stack([f(x), f(dx)]), atol=1e-15)


@pytest.mark.parametrize(
    "how",
    [
        dict(mode="constant", constant_values=((1.0, 2.0), (3.0, 4.0))),
        dict(mode="constant", constant_values=(5.0, np.inf)),
        dict(mode="linear_ramp", end_values=((1.0, 2.0), (3.0, 4.0))),
        dict(mode="maximum"),
        dict(mode="minimum", stat_length=2),
        dict(mode="maximum", stat_length=((1, 2), (2, 1))),
    ],
    ids=str,
)
def test_pad_with_something_of_its_own(how):
    x = array((3, 4))
    f = lambda x: S.pad(x, ((1, 2), (2, 1)), **how)
    np.testing.assert_allclose(f(x), np.pad(x, ((1, 2), (2, 1)), **how), rtol=1e-14)
    finite = np.isfinite(f(x))
    check_grads(lambda x: np.where(finite, f(x), 0.0) ** 2, (x,), order=2)


def test_pad_with_traced_constants():
    x, c = array((2, 3)), array(())
    f = lambda x, c: S.pad(x, ((1, 2), (2, 1)), constant_values=[[c, 2.0], [c * c, c]])
    want = np.pad(x, ((1, 2), (2, 1)), constant_values=((c, 2.0), (c * c, c)))
    np.testing.assert_array_equal(dualad.vjp(f, x, c)[0], want)
    check_grads(f, (x, c), order=2)
    check_grads(lambda c: S.pad(x, 2, constant_values=c * c), (c,), order=2)


@pytest.mark.parametrize("mode", ["nonsense", lambda *a: None])
def test_pad_refuses_by_name(mode):
    with pytest.raises(ValueError, match="mode="):
        S.pad(array(3), 1, mode)


def test_pad_refuses_unknown_keywords():
    with pytest.raises(TypeError, match="constant_value"):
        S.pad(array(3), 1, constant_value=2)
    with pytest.raises(ValueError, match="negative"):
        S.pad(array(3), -1)


# ---- casts ----------------------------------------------------------------------------------------


def test_casts_between_floats_are_linear_and_come_home():
    x = array(3).astype(np.float32)
    out, pull = dualad.vjp(lambda x: x.astype(np.float64) * 2, x)
    (g,) = pull(np.ones(3))
    assert out.dtype == np.float64 and g.dtype == np.float32
    z, pull = dualad.vjp(lambda x: x.astype(complex) * 1j, array(3))
    (g,) = pull(np.ones(3) * (2 + 3j))
    assert g.dtype == np.float64
    np.testing.assert_array_equal(g, -3 * np.ones(3))


def test_casts_to_integers_are_flat():
    x = np.array([1.7, np.e])
    out, tangent = dualad.jvp(lambda x: x.astype(int) * 2.0, (x,), (np.ones(2),))
    np.testing.assert_array_equal(out, [2.0, 4.0])
    np.testing.assert_array_equal(tangent, [0.0, 0.0])
    np.testing.assert_array_equal(dualad.grad(lambda x: (x * x.astype(bool)).sum())(x), [1.0, 1.0])


def test_second_order_through_layouts():
    w = array((4, 3))

    def f(x):
        y = S.concatenate(x.T, S.flip(x, axis=0).T * x.T, axis=1)
        y = S.pad(y, 1, "reflect").reshape(-1)[: w.size].reshape(w.shape)
        return (S.roll(y, shift=1, axis=0) ** 3 * w).sum()

    check_grads(f, (array((2, 3)),), order=2)
