"""Stores into dualad arrays: the same program on plain NumPy arrays is the judge, views and aliases included.

The programs below are linear in their inputs, so their tangent is the program itself on the tangents.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dualad
import dualad.numpy as dn
from dualad.core.errors import LeakedValue, StoreError
from dualad.core.trace import Const, Writing
from dualad.ops import put as P
from dualad.testing import check_duality, check_grads


def array(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# ---- random programs ------------------------------------------------------------------------------

N, M = 4, 3
INDICES = [
    0,
    2,
    -1,
    (1, 2),
    (0, slice(None)),
    (slice(None), 1),
    slice(1, 3),
    (Ellipsis, 0),
    (slice(None, None, -2), 1),
]
INDICES += [
    [0, 0, 2],
    (np.array([1, 1]), np.array([0, 2])),
    np.eye(N, M, dtype=bool),
    (slice(None), np.array([2, 0])),
]
VIEWS = [
    lambda y: y[1],
    lambda y: y[1:3],
    lambda y: y.T,
    lambda y: y[:, 1],
    lambda y: y[0:2][1],
    lambda y: y.T[2],
]
VIEWS += [lambda y: y.reshape(M, N), lambda y: y[None], lambda y: y.reshape(-1)[4:9], lambda y: y.ravel()]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("store"), st.sampled_from(range(len(INDICES))), st.integers(0, 11)),
        st.tuples(st.just("number"), st.sampled_from(range(len(INDICES))), st.integers(0, 3)),
        st.tuples(st.just("read"), st.sampled_from(range(len(INDICES))), st.integers(0, 11)),
        st.tuples(st.just("add"), st.sampled_from(range(len(INDICES))), st.integers(0, 11)),
        st.tuples(st.just("view"), st.sampled_from(range(len(VIEWS))), st.just(0)),
        st.tuples(st.just("through"), st.integers(0, 9), st.integers(0, 11)),
        st.tuples(st.just("look"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("whole"), st.just(0), st.integers(0, 11)),
    ),
    max_size=9,
)


def run(program, x):
    """Interpret a program of reads, stores, views and stores through views on an array made from `x`."""
    y = np.zeros_like(x)
    y[...] = x
    flat = x.reshape(-1)
    views, seen = [], []
    for what, i, k in program:
        if what == "store":
            y[INDICES[i]] = flat[k] * 2.0
        elif what == "number":
            y[INDICES[i]] = 0.0
        elif what == "read":
            seen.append(y[INDICES[i]].sum() * (1.0 + k))
        elif what == "add":
            y[INDICES[i]] += flat[k]
        elif what == "view":
            views.append(VIEWS[i](y))
        elif what == "whole":
            y[:] = flat[k : k + 1]
        elif views and what == "through":
            views[i % len(views)][1:2] = flat[k]
        elif views and what == "look":
            seen.append(views[i % len(views)].sum())
    seen = [s + 0.0 for s in seen]
    return np.concatenate(
        [np.stack(seen) if seen else flat[:0], y.reshape(-1), *[v.reshape(-1) for v in views]]
    )


@given(steps)
@settings(max_examples=400, deadline=None)
def test_random_programs(program):
    x, dx = array((N, M)), array((N, M), 1)
    f = lambda x: run(program, x)
    want, dwant = f(x), f(dx)
    out, tangent = dualad.jvp(f, (x,), (dx,))
    np.testing.assert_array_equal(out, want)
    np.testing.assert_allclose(tangent, dwant, rtol=1e-14, atol=1e-14)
    out, pull = dualad.vjp(f, x)
    np.testing.assert_array_equal(out, want)
    g = array(want.shape, 2)
    (back,) = pull(g)
    np.testing.assert_allclose(np.sum(back * dx), np.sum(g * dwant), rtol=1e-10, atol=1e-11)


@given(steps)
@settings(max_examples=60, deadline=None)
def test_random_programs_in_batches_and_nested(program):
    x, dx = array((N, M)), array((N, M), 1)
    f = lambda x: run(program, x)
    np.testing.assert_allclose(dualad.vmap(f)(np.stack([x, dx])), np.stack([f(x), f(dx)]), rtol=1e-13)
    h = lambda x: (f(x) ** 3).sum()
    hv = dualad.jvp(dualad.grad(h), (x,), (dx,))[1]
    vh = dualad.grad(lambda x: np.sum(dualad.grad(h)(x) * dx))(x)
    np.testing.assert_allclose(vh, hv, rtol=1e-9, atol=1e-9)


# ---- what programs do -----------------------------------------------------------------------------


def test_filling_row_by_row():
    def f(x):
        y = dn.zeros((4, 3))
        for i in range(4):
            y[i] = np.sin(x * i)
        return y

    check_grads(f, (array(3),), order=2)


def test_time_stepping():
    def f(x, dt):
        y = dn.empty((6, 2))
        y[0] = x
        for i in range(5):
            y[i + 1] = y[i] + dt * np.stack([y[i, 1], -np.sin(y[i, 0])])
        return y

    check_grads(f, (array(2), np.float64(0.1)), order=2)


def test_chained_indices_reach_the_array():
    def f(x):
        a = np.zeros((2, 2, 2))
        a = dn.asarray(a) if not isinstance(x, np.ndarray) else a
        a[0][1][0] = x[0]
        a[1][1] += x
        for row in a[1]:
            row *= 2.0
        return a

    x = array(2)
    np.testing.assert_array_equal(dualad.vjp(f, x)[0], f(x))
    np.testing.assert_array_equal(dualad.jvp(f, (x,), (x + 1,))[1], f(x + 1))


def test_views_see_the_base():
    def f(x):
        y = x * 1.0
        row, turned = y[0], y.T
        y[0, 1] = 5.0
        before = row.sum()
        turned[:, 0] = x[1]
        return np.stack([before, row[0], turned[1, 1], y[0, 1]])

    x = array((2, 2))
    np.testing.assert_array_equal(dualad.vjp(f, x)[0], f(x))
    check_duality(f, (x,))


def test_what_was_read_before_stays():
    def f(x):
        y = x * 1.0
        first = y[0] * 1.0
        copied = y.copy()
        squared = y * y
        y[0] = 0.0
        return first.sum() + copied.sum() + squared.sum() + y.sum()

    np.testing.assert_array_equal(dualad.grad(f)(np.ones((2, 2))), [[4, 4], [4, 4]])


def test_values_are_stored_as_they_are_now():
    def f(x):
        y, buffer = dn.zeros(3), np.ones(1)
        v = x * 1.0
        y[0:1] = buffer * 1.0
        y[1:2] = v[:1]
        index = np.array([2])
        y[index] = v[1]
        index[:] = 0
        v[:] = 7.0
        buffer[:] = 9.0
        return y

    x = array(2)
    np.testing.assert_array_equal(dualad.vjp(f, x)[0], [1.0, x[0], x[1]])


def test_plain_values_wait_as_copies():
    def f(x):
        y, row = dn.zeros((2, 2)), np.ones(2)
        y[0] = row
        row[:] = 9.0
        y[1] = x
        return y

    np.testing.assert_array_equal(dualad.vjp(f, np.zeros(2))[0], [[1, 1], [0, 0]])


def test_inner_traces_store_into_outer_arrays():
    def f(x):
        y = dn.zeros(2)
        y[0] = x

        def inner(z):
            w = y.copy()
            w[1] = z * y[0]
            return (w * w).sum()

        return dualad.grad(inner)(x * 2.0)

    check_grads(f, (np.float64(1.5),), order=2)
    assert dualad.grad(f)(1.5) == pytest.approx(12 * 1.5**2)


def test_a_store_that_leaks_is_found():
    y = dn.zeros(2)

    def f(x):
        y[0] = x
        return x

    dualad.grad(f)(1.0)
    with pytest.raises(LeakedValue):
        y + 1.0


def test_arrays_without_a_trace():
    y = dn.zeros((2, 2))
    y[0] = [1.0, 2.0]
    y[1][0] = 3
    assert type(y) in (Const, Writing)
    np.testing.assert_array_equal(np.asarray(y), [[1, 2], [3, 0]])
    y[...] = 4
    np.testing.assert_array_equal(np.asarray(y), np.full((2, 2), 4.0))


def test_nested_lists_of_traced_values():
    f = lambda x: _filled(x)
    check_duality(f, (array(2),))


def _filled(x):
    y = dn.zeros((2, 2))
    y[:] = [[x[0], 1.0], [2.0, x[1]]]
    y[0] = [x[1], x[0]]
    return y


# ---- dtypes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [int, bool, np.int8])
@pytest.mark.parametrize(
    "transform", [lambda f: dualad.grad(f)(1.5), lambda f: dualad.jvp(f, (1.5,), (1.0,))]
)
def test_integer_arrays_refuse_traced_floats(dtype, transform):
    def f(x):
        y = dn.zeros(3, dtype=dtype)
        y[0] = x
        return x * y.sum()

    with pytest.raises(StoreError, match="dtype=float"):
        transform(f)


def test_real_arrays_refuse_traced_complex_values():
    def f(x):
        y = dn.zeros(3)
        y[0] = x * 1j
        return y.sum()

    with pytest.raises(StoreError, match="imaginary"):
        dualad.grad(f)(1.5)


def test_casts_as_numpy():
    def f(x):
        y = dn.zeros(3, dtype=np.float32)
        y[0] = x
        y[1:] = np.float64(0.1)
        n = dn.zeros(2, dtype=int)
        n[0] = 1.9
        return y, y * n[0]

    (y, _), pull = dualad.vjp(f, 1 / 3)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, np.array([1 / 3, 0.1, 0.1], np.float32))
    (g,) = pull((np.ones(3, np.float32), None))
    assert g.dtype == np.float64 and g == 1
    z = dualad.vjp(lambda x: _complex(x), 2.0)
    np.testing.assert_array_equal(z[0], [2, 0])


def _complex(x):
    y = dn.zeros(2, dtype=complex)
    y[0] = x
    return y


def test_errors_come_at_the_store():
    y = dn.zeros((3, 2))
    for index, value, error in [
        (3, 0.0, IndexError),
        ((0, 0, 0), 0.0, IndexError),
        (0, np.ones(3), ValueError),
        (slice(None), np.ones((2, 2)), ValueError),
        (np.array([0, 1]), np.ones((3, 2)), ValueError),
        (np.array([7]), 0.0, IndexError),
        ("a", 0.0, IndexError),
    ]:
        with pytest.raises(error):
            y[index] = value
    y[0] = np.ones((1, 2))
    y[[0, 2]] = np.ones((1, 1, 2))
    np.testing.assert_array_equal(np.asarray(y), [[1, 1], [0, 0], [1, 1]])


def test_properties_while_stores_wait():
    def f(x):
        y = dn.zeros((3, 2))
        y[0] = x
        assert type(y) is Writing and y.shape == (3, 2) and y.dtype == float and y.ndim == 2 and y.size == 6
        assert len(y) == 3
        return y.T

    assert dualad.vjp(f, array(2))[0].shape == (2, 3)


# ---- linear in time -------------------------------------------------------------------------------


@pytest.fixture
def copied(monkeypatch):
    """Elements that stores have copied."""
    total = [0]
    for op in (P.put, P.put_many):
        prim, fun = op.primitive, op.primitive.fun

        def counting(*args, fun=fun, **params):
            out = fun(*args, **params)
            total[0] += out.size
            return out

        monkeypatch.setattr(prim, "fun", counting)
    return total


ROWS = 300


def _fill(x):
    y = dn.zeros((ROWS, 2))
    for i in range(ROWS):
        y[i] = x * float(i)
    return y.sum()


def _fill_columns(x):
    y = dn.zeros((2, ROWS))
    for i in range(ROWS):
        y[:, i] = x * float(i)
    return y.sum()


def _fill_again(x):
    y = dn.zeros((ROWS, 2))
    for _ in range(3):
        for i in range(ROWS):
            y[i] = x * float(i)
    return y.sum()


def _step(x):
    y = dn.zeros((ROWS, 2))
    y[0] = x
    for i in range(1, ROWS):
        y[i] = y[i - 1] + x
        assert y[-1].shape == (2,)
    return y.sum()


def _step_in_entries(x):
    y = dn.zeros((ROWS, 2))
    for i in range(ROWS):
        for j in range(2):
            y[i, j] = x[j] + y[i - 1, j]
    return y.sum()


@pytest.mark.parametrize("f", [_fill, _fill_columns, _fill_again, _step, _step_in_entries])
def test_filling_is_linear(copied, f):
    """The whole array is copied a few times, not once per row: in value, tangent and cotangent."""
    whole = ROWS * 2
    dualad.grad(f)(np.ones(2))
    assert copied[0] <= 3 * whole
    copied[0] = 0
    dualad.jvp(f, (np.ones(2),), (np.ones(2),))
    assert copied[0] <= 3 * whole


# ---- aliases that NumPy programs rely on ----------------------------------------------------------


def _scalars_are_no_arrays(x):
    s = x[0]
    t = s
    t += 1
    u = x.sum()
    v = u
    v *= x[1]
    return np.stack([s, t, u, v])


def _in_place_reaches_other_names(x):
    y = x * 1.0
    z = y
    z += x
    z[1:] **= 2
    y /= 2
    return np.concatenate([y, z])


def _parts_of_complex_arrays(x):
    z = np.zeros_like(x) * 1j
    z.real[0] = x[1]
    z.imag[1:] = x[0]
    np.real(z)[2] = x[2]
    z.real += 1.0
    return z.real + 2 * z.imag


def _real_part_of_real(x):
    y = np.zeros_like(x)
    y.real[0] = x[1]
    return y


def _flat(x):
    y = np.stack([x, x]).T
    y.flat[1] = x[0] ** 2
    y.flat[3:5] = x[:2]
    return y


def _diagonals(x):
    y = np.zeros((3, 3)) * x
    np.fill_diagonal(y, x)
    d = np.diagonal(y)
    y[1, 1] = x[0]
    return y + d


def _broadcasts_see_their_base(x):
    y = x * 1.0
    v = np.broadcast_to(y, (2, 3))
    y[0] = x[1]
    return v * 1.0


def _flipped(x):
    y = np.stack([x, x])
    np.flip(y)[0, 0] = 5.0
    y[::-1][1] = x * x
    np.rot90(y)[0] = x[:2]
    return y


def _numpy_views(x):
    y = np.atleast_2d(x * 1.0)
    np.squeeze(y)[0] = 5.0
    np.ravel(y)[1] = x[0]
    np.moveaxis(y, 0, 1)[2] = x[1]
    a, b, c = np.hsplit(y, 3)
    b[:] = x[2]
    np.swapaxes(y, 0, 1)[0] += 1.0
    return y


def _out_arguments(x):
    y = np.zeros((3, 3)) * x[0]
    np.add(x, x, out=y[1])
    np.copyto(y[2], x)
    y[0].fill(4.0)
    np.add.at(y, (np.array([1, 1]), 0), x[:2])
    return y


ALIASES = [
    _scalars_are_no_arrays,
    _in_place_reaches_other_names,
    _parts_of_complex_arrays,
    _real_part_of_real,
    _flat,
]
ALIASES += [_diagonals, _broadcasts_see_their_base, _flipped, _numpy_views, _out_arguments]


@pytest.mark.parametrize("f", ALIASES)
def test_aliases(f):
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(dualad.vjp(f, x)[0], f(x), rtol=1e-15)
    np.testing.assert_allclose(dualad.jvp(f, (x,), (np.ones(3),))[0], f(x), rtol=1e-15)
    check_duality(f, (x,))
    xs = np.stack([x, x[::-1]])
    np.testing.assert_allclose(dualad.vmap(f)(xs), np.stack([f(x) for x in xs]), rtol=1e-15)


@pytest.mark.parametrize(
    "view",
    [np.diagonal, lambda y: np.broadcast_to(y, (2, 2, 3)), lambda y: np.broadcast_to(y, (2, 2, 3))[0]],
)
def test_read_only_views(view):
    def f(x):
        view(np.stack([x, x]))[0] = 1.0

    with pytest.raises(ValueError, match="read-only"):
        dualad.vjp(f, np.ones(3))
