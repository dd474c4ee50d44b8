"""Every example call of every NumPy function under `vmap`: NumPy row by row, without a loop; and so is its gradient."""

import functools
import warnings

import numpy as np
import pytest

import dualad
from dualad.core.batch import BatchFallback
from dualad.core.tree import tree_flatten
from dualad.testing import coverage
from dualad.testing.calls import ALL_CALLS, POOL

# Calls that ask for what rows cannot have in common, or hand out plain buffers.
REFUSED = {
    "np.histogram(A, bins='auto')",
    "np.isneginf(A, out=np.zeros((3, 4), bool))",
    *ALL_CALLS["empty"],
    *ALL_CALLS["empty_like"],
}


def numbers(f):
    """`f`, with the leaves that are arrays of numbers."""
    return lambda *xs: [o for o in tree_flatten(f(*xs))[0] if hasattr(o, "dtype") and o.dtype.kind in "iufc"]


def total(f):
    def number(*xs):
        outs = [o for o in tree_flatten(f(*xs))[0] if hasattr(o, "dtype") and o.dtype.kind in "fc"]
        parts = [np.sum(np.sin(np.where(np.isnan(o), 0.0, o).real)) for o in outs]
        return sum(parts, 0.0 * np.sum(xs[0].real))

    return number


def agree(got, want):
    for k in (0, 1):
        assert len(got) == len(want[k])
        for a, b in zip(got, want[k]):
            single = np.asarray(b).dtype in (np.float32, np.complex64)
            assert a[k].shape == np.shape(b)
            assert np.allclose(a[k], b, rtol=1e-3 if single else 1e-7, atol=1e-8, equal_nan=True)


def by_rows(call):
    """The arguments of a call, its value and its gradient row by row; None where they are not for us."""
    (*_, traced) = [(), *coverage.choices(call)]
    args = [np.stack([np.asarray(POOL[n]), np.asarray(POOL[n]) * 0.999]) for n in traced]
    for text in (call, call.replace("np.", "dnp.").replace("ddnp.", "dnp.")) if traced else ():
        f = coverage.function_of(text, traced)
        try:
            values = [dualad.vjp(numbers(f), *[a[k] for a in args])[0] for k in (0, 1)]
            slope = dualad.grad(total(f), argnums=tuple(range(len(traced))))
            return f, args, values, slope, [slope(*[a[k] for a in args]) for k in (0, 1)]
        except Exception:  # noqa: S112  (test_coverage sees to what happens without vmap)
            continue
    return None


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("name", ALL_CALLS)
def test_function(name):
    if name == "count_nonzero" and np.lib.NumpyVersion(np.__version__) < "2.4.0":
        pytest.skip("it counts in Python's own integers there")
    for call in ALL_CALLS[name]:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            rows = by_rows(call)
            if rows is None or call in REFUSED:
                continue
            f, args, values, slope, slopes = rows
            warnings.simplefilter("error", BatchFallback)
            agree([np.asarray(o) for o in dualad.vmap(numbers(f))(*args)], values)
            agree([np.asarray(o) for o in dualad.vmap(slope)(*args)], slopes)


def test_the_refused_calls_say_so():
    x = np.array([1.0, -1.0])
    with pytest.raises(dualad.BranchError, match="differs between its rows"):
        dualad.vmap(lambda s: s if s > 0 else -s)(x)
    assert any(call in REFUSED for calls in ALL_CALLS.values() for call in calls)


def test_a_truth_that_all_rows_share():
    f = lambda s: s if s > 0 else -s
    assert dualad.vmap(f)(np.array([1.0, 2.0])).tolist() == [1.0, 2.0]
    assert dualad.vmap(dualad.grad(f))(np.array([-1.0, -2.0])).tolist() == [-1.0, -1.0]
    both = lambda x: dualad.vmap(lambda y: f(x * y))(np.array([1.0, 2.0]))
    assert dualad.vmap(both)(np.array([1.0, 3.0])).tolist() == [[1.0, 2.0], [3.0, 6.0]]
    with pytest.raises(dualad.BranchError):
        dualad.vmap(both)(np.array([1.0, -3.0]))
    with pytest.raises(ValueError, match="more than one element"):
        dualad.vmap(lambda r: r if r > 0 else -r)(np.ones((2, 3)))


def test_a_recorded_batch_decides_nothing():
    f = lambda x: dualad.vmap(lambda s: s if s > 0 else -s)(x)
    with pytest.raises(dualad.DualadError):
        dualad.linear_transpose(f, np.ones(2))


def test_a_whole_number_that_all_rows_share():
    c = np.arange(4.0)
    f = lambda x: x * c[np.argmax(x)]
    assert dualad.vmap(f)(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(dualad.ConversionError, match="lose its rows"):
        dualad.vmap(f)(np.array([[1.0, 2.0], [4.0, 3.0]]))


def test_histograms_by_row():
    x = np.random.default_rng(0).normal(size=(3, 20))
    for keywords in ({"bins": 4, "range": (-2, 2)}, {"bins": 5}, {"bins": 3, "density": True}):
        count = functools.partial(np.histogram, **keywords)
        counts, edges = dualad.vmap(count)(x)
        for k in range(3):
            want = count(x[k])
            assert np.allclose(counts[k], want[0]) and np.allclose(edges[k], want[1])
    weights = x**2
    f = lambda w, r: np.histogram(r, bins=4, range=(-2, 2), weights=w)[0]
    g = dualad.vmap(dualad.grad(lambda w, r: np.sum(f(w, r) ** 2)))(weights, x)
    assert np.allclose(
        g, [dualad.grad(lambda w, r: np.sum(f(w, r) ** 2))(weights[k], x[k]) for k in range(3)]
    )


def test_counts_with_weights_by_row():
    i, w = np.array([[0, 2, 2], [1, 0, 2]]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    f = lambda i, w: np.bincount(i, weights=w)
    assert np.allclose(dualad.vmap(f)(i, w), [f(i[0], w[0]), f(i[1], w[1])])
    with pytest.raises(dualad.DualadError):
        dualad.vmap(f)(np.array([[0, 1, 1], [1, 0, 2]]), w)


def test_pieces_by_row():
    x = np.array([[1.0, -2.0], [-3.0, -4.0]])
    f = lambda r: np.piecewise(r, [r < 0, r > 1.5], [lambda t: -t * t, 7.0, lambda t: 2 * t])
    assert dualad.vmap(f)(x).tolist() == [f(r).tolist() for r in x]
    slope = dualad.grad(lambda r: np.sum(f(r)))
    assert dualad.vmap(slope)(x).tolist() == [slope(r).tolist() for r in x] == [[2.0, 4.0], [6.0, 8.0]]
    with pytest.raises(ValueError, match="functions are expected"):
        dualad.vmap(lambda r: np.piecewise(r, [r < 0], [1.0, 2.0, 3.0]))(x)


def test_sizes_and_orders_are_of_a_row():
    x = np.arange(12.0).reshape(2, 3, 2)
    assert dualad.vmap(lambda r: r * np.size(r, 0))(x).tolist() == (x * 3).tolist()
    got = dualad.vmap(lambda r: np.ravel(r.T, order="K"))(x)
    assert got.tolist() == [np.ravel(r.T, order="K").tolist() for r in x]


def test_orders_by_several_keys():
    keys = np.array([[[1.0, 0.0, 1.0], [2.0, 2.0, 1.0]], [[3.0, 2.0, 1.0], [0.0, 0.0, 0.0]]])
    assert dualad.vmap(lambda k: np.lexsort((k[0], k[1])))(keys).tolist() == [
        np.lexsort((k[0], k[1])).tolist() for k in keys
    ]
    assert dualad.grad(lambda x: x[np.lexsort((x, x))[0]])(np.array([2.0, 1.0])).tolist() == [0.0, 1.0]


def test_convolutions_have_a_rule():
    a, v = np.random.default_rng(0).normal(size=(2, 5)), np.array([1.0, 2.0, -1.0])
    for mode in ("full", "same", "valid"):
        for f in (np.convolve, np.correlate):
            got = dualad.vmap(functools.partial(f, v=v, mode=mode))(a)
            assert np.allclose(got, [f(r, v, mode) for r in a])


ROWS = np.arange(30.0).reshape(2, 3, 5)
WIDE, FIRST = np.ones((3, 4), bool), np.ones((3, 1), bool)


def with_mask(mask, value):
    def f(x):
        y = x.copy()
        y[mask(x) if callable(mask) else mask] = value
        return y

    return f


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[WIDE],
        lambda x: x[FIRST],
        lambda x: x[..., WIDE[0]],
        lambda x: x[None, :, WIDE[0]],
        lambda x: x[0, WIDE[0]],
        lambda x: x[(x > 3)[:, :1]],
        with_mask(WIDE, 1.0),
        with_mask(lambda x: (x > 3)[:, :1], 1.0),
        with_mask((slice(None), WIDE[0]), 1.0),
    ],
)
def test_a_mask_of_another_shape_is_refused_row_by_row_too(f):
    for call in (
        lambda: f(ROWS[0]),
        lambda: dualad.vmap(f)(ROWS),
        lambda: dualad.vmap(dualad.jacfwd(f))(ROWS),
    ):
        with pytest.raises(IndexError):
            call()


def test_masks_that_fit():
    mask = np.arange(15).reshape(3, 5) % 2 == 0
    for f in (
        lambda x: x[mask],
        lambda x: x[..., mask[0]],
        lambda x: x[None, :, mask[0]],
        lambda x: x[mask[:, 0]],
        lambda x: x[1, ..., mask[0]],
        with_mask(mask, 1.0),
        with_mask((Ellipsis, mask[0]), 1.0),
        with_mask(lambda x: x > 3, 1.0),
    ):
        np.testing.assert_array_equal(dualad.vmap(f)(ROWS), [f(r) for r in ROWS])
