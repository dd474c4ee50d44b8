"""Indexing with everything NumPy understands: values, both engines, batches; repeated indices accumulate; many
reads of one array stay linear."""

import threading

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dualad
import dualad.numpy as dn
from dualad.core.batch import BranchError
from dualad.ops import index as I
from dualad.ops import put as P
from dualad.ops.scatter import add_at
from dualad.testing import check_duality, check_grads

many = settings(max_examples=150, deadline=None)
shapes = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)


def array(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@st.composite
def any_index(draw, shape):
    """Integers, slices, None, Ellipsis, integer arrays of broadcastable shapes and masks, mixed at will."""
    entries, axis, dots = [], 0, False
    base = draw(hnp.array_shapes(min_dims=0, max_dims=2, max_side=3))
    while axis < len(shape):
        kind = draw(st.sampled_from(["int", "slice", "none", "dots", "array", "mask", "end"]))
        n = shape[axis]
        if kind == "end":
            break
        if kind == "int":
            entries.append(draw(st.integers(-n, n - 1)))
        elif kind == "slice":
            entries.append(draw(st.slices(n)))
        elif kind == "none":
            entries.append(None)
            assume(len(entries) < 7)
            continue
        elif kind == "dots":
            if dots:
                continue
            dots = True
            entries.append(Ellipsis)
            axis += draw(st.integers(0, len(shape) - axis))
            continue
        elif kind == "array":
            s = tuple(draw(st.sampled_from([1, k])) for k in base)
            s = s[draw(st.integers(0, len(s))) :]
            entries.append(draw(hnp.arrays(np.intp, s, elements=st.integers(-n, n - 1))))
        else:
            entries.append(draw(hnp.arrays(bool, (n,))))
        axis += 1
    if dots:  # what stands behind the dots counts from the end
        at = next(k for k, e in enumerate(entries) if e is Ellipsis)
        behind = [e for e in entries[at + 1 :] if e is not None]
        assume(all(_suits(e, n) for e, n in zip(behind[::-1], shape[::-1])))
    return tuple(entries)


def _suits(e, n):
    if isinstance(e, np.ndarray):
        return e.shape == (n,) if e.dtype == bool else bool(np.all((e >= -n) & (e < n)))
    return type(e) is slice or -n <= e < n


@st.composite
def array_and_index(draw):
    shape = draw(shapes)
    index = draw(any_index(shape))
    x = array(shape, draw(st.integers(0, 5)))
    try:
        x[index]
    except IndexError:
        assume(False)
    return x, index


def check_read(x, index):
    dx = array(x.shape, 9)
    want, dwant = x[index], dx[index]
    out, tangent = dualad.jvp(lambda x: x[index], (x,), (dx,))
    np.testing.assert_array_equal(out, want)
    np.testing.assert_array_equal(tangent, dwant)
    out, pull = dualad.vjp(lambda x: x[index], x)
    np.testing.assert_array_equal(out, want)
    g = array(want.shape, 8)
    expected = np.zeros(x.shape)
    np.add.at(expected, index, g)
    np.testing.assert_allclose(pull(g)[0], expected, rtol=0, atol=1e-14)


@given(array_and_index())
@many
def test_reads(case):
    check_read(*case)


@given(array_and_index())
@many
def test_reads_of_batches(case):
    x, index = case
    xs = np.stack([x, 2 * x, -x])
    f = lambda x: x[index]
    want = np.stack([f(x) for x in xs])
    np.testing.assert_array_equal(dualad.vmap(f)(xs), want)
    h = lambda x: (x[index] ** 2).sum()
    got = dualad.vmap(dualad.grad(h))(xs)
    np.testing.assert_allclose(got, np.stack([dualad.grad(h)(x) for x in xs]), atol=1e-14)


@given(array_and_index())
@many
def test_stores_at_any_index(case):
    x, index = case
    v, dx, dv = array(x[index].shape, 1), array(x.shape, 2), array(x[index].shape, 3)
    f = lambda x, v: P.stored(x, index, v)

    def reference(x, v):
        x = x.copy()
        x[index] = v
        return x

    out, tangent = dualad.jvp(f, (x, v), (dx, dv))
    np.testing.assert_array_equal(out, reference(x, v))
    np.testing.assert_array_equal(tangent, reference(dx, dv))
    check_duality(f, (x, v))
    check_duality(f, (x, np.float64(2.0)))
    got = dualad.vmap(f)(np.stack([x, dx]), np.stack([v, dv]))
    np.testing.assert_array_equal(got, np.stack([reference(x, v), reference(dx, dv)]))


INDICES = {
    "list": [0, 2, 2],
    "nested list": [[0, 1], [2, 2]],
    "empty list": [],
    "numpy integer": np.int64(1),
    "unsigned array": np.array([0, 2, 2], np.uint8),
    "0-d array": np.array(2),
    "bool scalar": True,
    "false": False,
    "full mask": np.array([[True, False, True]] * 4) ^ np.eye(4, 3, dtype=bool),
    "separated": (np.array([0, 1]), slice(None), np.array([1, 1])),
    "integer and array": (0, np.array([1, 1, 0])),
    "array and None": (np.array([1, 1]), None, Ellipsis),
    "mask and array": (np.array([True, False, False, True]), np.array([0, 2])),
    "empty tuple": (),
    "ellipsis": Ellipsis,
    "none": None,
    "reversed": slice(None, None, -1),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, complex])
def test_kinds_of_index(index, dtype):
    x = array((4, 3, 2)).astype(dtype)
    out, pull = dualad.vjp(lambda x: x[index], x)
    np.testing.assert_array_equal(out, x[index])
    g = array(out.shape, 1).astype(dtype)
    expected = np.zeros_like(x)
    np.add.at(expected, index, g)
    (got,) = pull(g)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize("n", [5, 100, 5000])
@pytest.mark.parametrize("size", [3, 300])
@pytest.mark.parametrize("index", ["rows", "vector", "pairs", "columns", "mask and repeats"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, complex])
def test_every_road_of_scatter(n, size, index, dtype):
    rng = np.random.default_rng(0)
    i, j = rng.integers(-n, n, size), rng.integers(0, 3, size)
    x = np.zeros((n, 3) if index != "vector" else n, dtype)
    mask = np.zeros(n, bool)
    mask[n // 2] = True
    place = {
        "rows": i,
        "vector": i,
        "pairs": (i, j),
        "columns": (slice(None), j),
        "mask and repeats": (mask, np.zeros(7, int)),
    }[index]
    g = rng.normal(size=x[place].shape).astype(dtype)
    out, want = rng.normal(size=x.shape).astype(dtype), None
    want = out.astype(complex if dtype is complex else float)
    np.add.at(want, place, g)
    add_at(out, place, g)
    np.testing.assert_allclose(out, want, rtol=1e-5 if dtype is np.float32 else 1e-12, atol=1e-4)


def test_errors_are_numpys():
    f = lambda index: dualad.grad(lambda x: x[index].sum())(array((3, 2)))
    for index in (3, (0, 0, 0), np.array([5]), "a", np.array([0.5]), np.ones(2, bool)):
        with pytest.raises(IndexError):
            f(index)
    with pytest.raises(IndexError):
        dualad.grad(lambda x: x[x].sum())(array(3))


def test_second_order_with_repeats():
    i = np.array([0, 2, 2, 1, 2])
    w = array(5)
    check_grads(lambda x: (x[i] ** 3 * w).sum() * x[1, 0] + (x[::2, 1] ** 2).sum(), (array((3, 5)),), order=2)
    f = lambda x: (x[i] ** 3).sum()
    np.testing.assert_allclose(dualad.hessian(f)(np.ones(3)), np.diag([6.0, 6.0, 18.0]))


def test_index_arrays_are_copied():
    i = np.array([0, 1])
    _, pull = dualad.vjp(lambda x: x[i] * 2.0, array(3))
    i[:] = 2
    np.testing.assert_array_equal(pull(np.ones(2))[0], [2, 2, 0])


def test_results_of_comparison_and_argsort_index():
    x = array(5)
    np.testing.assert_array_equal(dualad.grad(lambda x: x[x > 0].sum())(x), (x > 0) * 1.0)
    w = np.arange(5.0)
    np.testing.assert_array_equal(
        dualad.grad(lambda x: (x[np.argsort(x)] * w).sum())(x), np.argsort(np.argsort(x))
    )


def test_batched_indices():
    x = array((4, 3))
    i = np.array([0, 3, 3])
    np.testing.assert_array_equal(dualad.vmap(lambda i: dn.asarray(x)[i])(i), x[i])
    np.testing.assert_array_equal(
        dualad.vmap(lambda i: dualad.grad(lambda x: x[i].sum())(x))(i)[2], one_row(3)
    )
    got = dualad.vmap(lambda x, i: x[:, i])(np.stack([x, 2 * x]), np.array([[0, 1], [2, 2]]))
    np.testing.assert_array_equal(got, np.stack([x[:, [0, 1]], 2 * x[:, [2, 2]]]))
    np.testing.assert_array_equal(dualad.vmap(lambda x: x[np.argmax(x)])(x), x.max(axis=1))


def one_row(k):
    out = np.zeros((4, 3))
    out[k] = 1
    return out


def test_batched_masks():
    x = np.array([[1.0, -1.0], [-2.0, 2.0]])
    np.testing.assert_array_equal(dualad.vmap(lambda x: x[x > 0])(x), [[1.0], [2.0]])
    with pytest.raises(BranchError, match="np.where"):
        dualad.vmap(lambda x: x[x > 0])(np.abs(x) * [[1], [-1]])
    got = dualad.vmap(lambda x: P.stored(x, x > 0, 0.0))(np.abs(x) * [[1], [-1]])
    np.testing.assert_array_equal(got, [[0, 0], [-2, -2]])


def test_hashable_static_indices():
    a, b = I.Index((slice(0, 2), None, 1)), I.Index((slice(0, 2), None, 1))
    assert a == b and hash(a) == hash(b) and a != I.Index((slice(0, 3), None, 1))
    assert "slice(0, 2, None)" in repr(a)
    s, t = P.Stores([a]), P.Stores([b])
    assert s == t and hash(s) == hash(t)


# ---- linear in time -------------------------------------------------------------------------------


@pytest.fixture
def counted(monkeypatch):
    """Numbers of elements that evaluations have made, by primitive."""
    made = {}

    def watch(prim):
        fun = prim.fun

        def counting(*args, **params):
            out = fun(*args, **params)
            made[prim.name] = made.get(prim.name, 0) + np.size(out)
            return out

        monkeypatch.setattr(prim, "fun", counting)

    for op in (I.put_static, I.scatter_add, P.put, P.put_many):
        watch(op.primitive)
    return made


@pytest.mark.parametrize("n", [100, 1000])
def test_many_reads_of_one_array_are_linear(counted, n):
    x = array(n)

    def f(x):
        total = 0.0
        for i in range(n):
            total = total + x[i] * float(i) + (x[[i]] * x[i : i + 1]).sum()
        return total

    np.testing.assert_allclose(dualad.grad(f)(x), np.arange(n) + 2 * x)
    assert not counted, "no array of zeros per read"


def test_the_buffer_belongs_to_the_sweep():
    """A cotangent that arrived by reference is not written into by a later read of the same array."""
    x = array(4)
    out, pull = dualad.vjp(lambda x: (x + 0.0, x[1], x[[1, 1]].sum()), x)
    g = np.ones(4)
    found = []
    threads = [threading.Thread(target=lambda: found.append(pull((g, 1.0, 1.0))[0])) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    np.testing.assert_array_equal(g, np.ones(4))
    for d in found:
        np.testing.assert_array_equal(d, [1, 4, 1, 1])
    assert len({id(d) for d in found}) == 4


def test_reads_beside_traced_cotangents():
    """The buffer is plain: where the cotangent is traced, the ordinary adjoint does it."""
    f = lambda x: x[0] * x[1] ** 2 + (x * x[[2, 2, 0]]).sum() + x[1:].sum() ** 2
    check_grads(f, (array(3),), order=3)
