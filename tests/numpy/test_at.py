"""`x.at[i].set(v)` and its like: NumPy's values, derivatives in both engines, repeated places, ties, batches."""

import numpy as np
import pytest

import dualad
from dualad import numpy as dnp
from dualad.testing import check_duality, check_grads

RNG = np.random.default_rng(3)
A = 0.5 + 0.125 * RNG.permutation(12).reshape(3, 4)
MASK = np.array([[True, False, True, False], [False, False, True, True], [True, True, False, False]])
INDICES = {
    "integer": 1,
    "negative": (-1, 2),
    "slice": (slice(None, None, -2), slice(1, 3)),
    "ellipsis": (Ellipsis, 1),
    "newaxis": (slice(None), None, 2),
    "everything": Ellipsis,
    "empty slice": slice(0, 0),
    "mask": MASK,
    "mask of rows": MASK[:, 0],
    "rows": np.array([2, 0]),
    "repeated rows": np.array([0, 2, 0, -1]),
    "list": [1, 1],
    "pairs": (np.array([0, 1, 0, 0]), np.array([1, 1, 1, -3])),
    "block": (np.array([[0], [2]]), np.array([1, 1])),
    "split": (np.array([0, 0]), None, slice(1, 3)),
    "no places": np.zeros(0, int),
}
UFUNCS = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "min": np.minimum,
    "max": np.maximum,
}


def values(index):
    """Different from each other and from the entries of A, by far."""
    shape = A[index].shape
    v = 0.56 + 0.0625 * np.random.default_rng(5).permutation(24)
    return np.resize(v, shape)


def by_numpy(name, index, v):
    y = A.copy()
    if name == "set":
        y[index] = v
    elif name in UFUNCS:
        UFUNCS[name].at(y, index, v)
    else:
        factors = np.ones_like(A)
        np.multiply.at(factors, index, v)
        return A / factors if name == "divide" else A**factors
    return y


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
@pytest.mark.parametrize("name", ["set", *UFUNCS, "divide", "power"])
def test_every_index(name, index):
    v = values(index)
    f = lambda x, v: getattr(dnp.asarray(x).at[index], name)(v)
    assert np.allclose(dualad.vjp(f, A, v)[0], by_numpy(name, index, v), rtol=1e-14, atol=0)
    check_grads(f, (A, v), order=2, eps=2.0**-6, atol=1e-9)  # no step crosses a kink
    check_duality(lambda x: f(x, v), (A,))
    check_duality(lambda v: f(A, v), (v,))


@pytest.mark.parametrize("index", [MASK, [0, 0], np.s_[:, 1]], ids=["mask", "list", "column"])
@pytest.mark.parametrize("name", ["set", *UFUNCS, "divide", "power"])
def test_one_value_for_many_places(name, index):
    f = lambda x, s: getattr(dnp.asarray(x).at[index], name)(s)
    s = np.float64(1.3)
    assert np.allclose(dualad.vjp(f, A, s)[0], by_numpy(name, index, s))
    check_grads(f, (A, s), order=2, eps=2.0**-7, atol=1e-9)


def test_get_is_the_index():
    assert np.array_equal(dualad.vjp(lambda x: x.at[MASK].get(), A)[0], A[MASK])
    check_grads(lambda x: dnp.asarray(x).at[[0, 0, 2]].get(), (A,), order=2)


def test_apply():
    f = lambda x: dnp.asarray(x).at[1:].apply(np.exp)
    assert np.array_equal(dualad.vjp(f, A)[0], np.concatenate([A[:1], np.exp(A[1:])]))
    check_grads(f, (A,), order=2)


def test_apply_is_repeated_at_a_place_that_is_named_again():
    x = np.array([2.0, 3.0, 4.0])  # jax.numpy: x.at[[0, 0, 2]].apply(lambda a: a * 10) == [200, 3, 40]
    f = lambda x: x.at[[0, 0, 2]].apply(lambda a: a * 10)
    assert dualad.vjp(f, x)[0].tolist() == [200.0, 3.0, 40.0]
    assert (
        dualad.jacrev(f)(x).tolist() == dualad.jacfwd(f)(x).tolist() == np.diag([100.0, 1.0, 10.0]).tolist()
    )


def test_the_numbers_of_jax():
    assert type(dnp.zeros(1).at[0]).mul is type(dnp.zeros(1).at[0]).multiply
    x, i, v = np.array([2.0, 3.0, 4.0]), [0, 0, 2], np.array([3.0, 2.0, 5.0])
    at = dnp.asarray(x).at[i]
    assert np.allclose(at.divide(v).value, [1 / 3, 3.0, 0.8])
    assert np.allclose(at.power(v).value, [64.0, 3.0, 1024.0])
    assert np.allclose(at.multiply(v).value, [12.0, 3.0, 20.0])
    assert np.allclose(at.subtract(v).value, [-3.0, 3.0, -1.0])
    g = dualad.grad(lambda v: np.sum(dnp.asarray(x).at[i].multiply(v)))(v)
    assert np.allclose(g, [4.0, 6.0, 4.0])


def test_products_of_zeros_have_their_derivative():
    v = np.array([0.0, 2.0, 0.0, 3.0])
    f = lambda v: np.sum(dnp.asarray(np.ones(2)).at[[0, 0, 1, 0]].multiply(v))
    want = [6.0, 0.0, 1.0, 0.0]
    assert dualad.grad(f)(v).tolist() == want
    assert dualad.jacfwd(f)(v).tolist() == want


def test_of_values_set_at_one_place_the_last_stays():
    f = lambda v: dnp.zeros(3).at[[1, 1, 0]].set(v)
    v = np.array([1.0, 2.0, 3.0])
    want = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    assert dualad.jacrev(f)(v).tolist() == dualad.jacfwd(f)(v).tolist() == want


@pytest.mark.parametrize("name", ["min", "max"])
def test_ties_share(name):
    x, v = np.array([1.0, 5.0]), np.array([1.0, 1.0, 5.0])
    f = lambda x, v: np.sum(getattr(dnp.asarray(x).at[[0, 0, 1]], name)(v))
    for derivative in (dualad.jacrev, dualad.jacfwd):
        gx, gv = derivative(f, argnums=(0, 1))(x, v)
        assert np.allclose(gx, [1 / 3, 1 / 2]) and np.allclose(gv, [1 / 3, 1 / 3, 1 / 2])
    gx, gv = dualad.grad(lambda x, v: getattr(dnp.asarray(x).at[1], name)(v)[1], argnums=(0, 1))(
        x, np.float64(5.0)
    )
    assert gx.tolist() == [0.0, 0.5] and gv == 0.5


def test_a_nan_wins_and_takes_the_derivative():
    x, v = np.array([1.0, 5.0]), np.array([np.nan, 2.0])
    f = lambda v: dnp.asarray(x).at[[0, 0]].max(v)[0]
    assert dualad.grad(f)(v).tolist() == dualad.jacfwd(f)(v).tolist() == [1.0, 0.0]


def test_powers_of_negative_entries_beside_the_index():
    x = np.array([-2.0, 3.0, -1.0])
    f = lambda x, p: np.sum(dnp.asarray(x).at[[1, 1]].power(p))
    p = np.array([2.0, 1.5])
    for derivative in (dualad.jacrev, dualad.jacfwd):
        gx, gp = derivative(f, argnums=(0, 1))(x, p)
        assert np.allclose(gx, [1.0, 27.0, 1.0])
        assert np.allclose(gp, 27.0 * np.log(3.0) * p[::-1])


def test_nothing_is_overwritten():
    def f(x):
        y = x.at[0].set(0.0)
        return np.sum(x**2) + np.sum(y**2)

    assert dualad.grad(f)(np.array([1.0, 2.0])).tolist() == [2.0, 8.0]
    c = np.array([1.0, 2.0])
    assert type(dnp.asarray(c).at[0].add(1.0)) is type(dnp.zeros(1)) and c.tolist() == [1.0, 2.0]


def test_a_value_is_taken_as_it_is_now():
    def f(x):
        buffer = dnp.zeros(2)
        y = x.at[:].set(buffer)
        buffer[0] = x[1]
        return np.sum(y)

    assert dualad.grad(f)(np.ones(2)).tolist() == [0.0, 0.0]


ROWS = np.array([[0, 2, 0], [1, 1, 1]])


@pytest.mark.parametrize("name", ["set", *UFUNCS, "divide", "power"])
@pytest.mark.parametrize("rows", ["x", "v", "i", "xv", "xvi"])
def test_vmap(name, rows):
    rng = np.random.default_rng(2)
    data = {"x": rng.uniform(0.5, 2, (2, 3)), "v": rng.uniform(0.5, 2, (2, 3)), "i": ROWS}
    f = lambda x, v, i: getattr(dnp.asarray(x).at[i], name)(v)
    total = lambda x, v, i: np.sum(f(x, v, i) ** 2)
    axes = tuple(0 if n in rows else None for n in "xvi")
    args = [data[n] if n in rows else data[n][0] for n in "xvi"]
    row = lambda k: [a[k] if axis == 0 else a for a, axis in zip(args, axes)]
    got = dualad.vmap(f, in_axes=axes)(*args)
    alone = lambda x, v, i: np.asarray(dualad.vjp(lambda x: f(x, v, i), x)[0])
    assert np.allclose(got, np.stack([alone(*row(k)) for k in (0, 1)]))
    slopes = dualad.vmap(dualad.grad(total, argnums=(0, 1)), in_axes=axes)(*args)
    for k in (0, 1):
        want = dualad.grad(total, argnums=(0, 1))(*row(k))
        assert all(np.allclose(s[k], w) for s, w in zip(slopes, want))


@pytest.mark.parametrize("name", ["set", *UFUNCS, "divide", "power"])
def test_vmap_over_masks_that_differ_by_row(name):
    x = np.random.default_rng(2).uniform(0.5, 2, (2, 3))
    f = lambda x: np.sum(getattr(x.at[x > 1], name)(0.75) ** 2)
    slopes = dualad.vmap(dualad.grad(f))(x)
    assert all(np.allclose(slopes[k], dualad.grad(f)(x[k])) for k in (0, 1))


def test_dtypes():
    x = np.ones(3, np.float32)
    out, pull = dualad.vjp(lambda x: x.at[[0, 0]].add(np.array([1.5, 2.0])), x)
    assert out.dtype == np.float32 and pull(np.ones(3, np.float32))[0].dtype == np.float32
    assert dualad.vjp(lambda v: dnp.asarray(x).at[0].multiply(v), 2.0)[0].dtype == np.float32
    z = np.array([1 + 2j, 3.0])
    check_grads(lambda z, w: dnp.asarray(z).at[[0, 0]].multiply(w), (z, np.array([2 - 1j, 1j])), order=1)


def test_errors():
    with pytest.raises(IndexError, match="out of bounds"):
        dualad.grad(lambda x: np.sum(x.at[3].set(0.0)))(np.ones(3))
    with pytest.raises(IndexError, match="out of bounds"):
        dualad.grad(lambda x: np.sum(x.at[[0, 3]].add(1.0)))(np.ones(3))
    with pytest.raises(ValueError, match="could not broadcast"):
        dualad.grad(lambda x: np.sum(x.at[:2].add(np.ones(3))))(np.ones(3))
    with pytest.raises(TypeError, match=r"x\.astype\('float64'\)\.at"):
        dnp.arange(3).at[0].add(0.5)
    with pytest.raises(dualad.StoreError, match="dtype=float"):
        dualad.grad(lambda s: np.sum(dnp.arange(3).at[0].set(s)))(1.0)
    with pytest.raises(TypeError, match="mode"):
        dnp.zeros(3).at[0].set(1.0, mode="drop")
