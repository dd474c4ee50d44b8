"""where, clip and masked: a choice is exact, whatever the values not chosen."""

import numpy as np
import pytest

import dualad
from dualad.ops.select import clip, masked, where


def pull(f, *xs):
    out, back = dualad.vjp(f, *xs)
    return back(np.ones_like(out))


def test_where_chooses_and_un_broadcasts():
    c = np.array([[True, False, True], [False, False, True]])
    x, y = np.arange(3.0), np.array([[10.0], [20.0]])
    assert dualad.vjp(lambda x, y: where(c, x, y), x, y)[0].tolist() == np.where(c, x, y).tolist()
    gx, gy = pull(lambda x, y: where(c, x, y), x, y)
    assert gx.tolist() == [1, 0, 2]
    assert gy.tolist() == [[1], [2]]


def test_where_takes_scalars_integers_and_truthy_conditions():
    x = np.array([1.0, 2.0])
    assert pull(lambda x: where(np.array([3, 0]), x, 0), x)[0].tolist() == [1, 0]
    assert pull(lambda x: where(True, x, 0), x)[0].tolist() == [1, 1]
    small = x.astype(np.float32)
    out = dualad.jvp(lambda x: where(x > 1, x, 0), (small,), (small,))
    assert [np.asarray(o).dtype for o in out] == [np.float32, np.float32]
    assert np.asarray(out[1]).tolist() == [0, 2]


def test_where_on_a_traced_condition_is_flat_in_it():
    x = np.array([-1.0, 2.0])
    assert pull(lambda x: where(x, x * x, 3.0 * x), x)[0].tolist() == [-2, 4]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, complex])
def test_masked_selects_even_infinities_and_nan(dtype):
    x = np.array([np.inf, -np.inf, np.nan, 2, -0.0], dtype)
    none = masked(x, np.zeros(5, bool))
    assert none.dtype == dtype
    assert none.tolist() == [0] * 5
    assert not np.signbit(none.real).any()
    np.testing.assert_array_equal(masked(x, np.ones(5, bool)), x)


def test_masked_of_views_and_scalars():
    x = np.arange(12.0).reshape(3, 4)
    m = x > 5
    for view in (x.T, x[:, ::2], x[::-1]):
        np.testing.assert_array_equal(masked(view, view > 5), np.where(view > 5, view, 0))
    np.testing.assert_array_equal(masked(np.broadcast_to(x[0], (3, 4)), m), np.where(m, x[0], 0))
    assert masked(np.float64(3), np.bool_(False)) == 0


def test_infinite_cotangents_reach_only_what_was_taken():
    x = np.array([1.0, -1.0])
    back = dualad.vjp(lambda x: where(x > 0, x, 2.0 * x), x)[1]
    assert back(np.array([np.inf, 1.0]))[0].tolist() == [np.inf, 2]


@pytest.mark.parametrize(
    ("x", "slopes"),
    [(-1.0, (0, 1, 0)), (0.0, (1, 0, 0)), (0.5, (1, 0, 0)), (1.0, (1, 0, 0)), (2.0, (0, 0, 1))],
)
def test_clip_has_slope_one_at_its_bounds(x, slopes):
    args = tuple(np.float64(a) for a in (x, 0, 1))
    assert tuple(float(g) for g in pull(clip, *args)) == slopes
    for i, want in enumerate(slopes):
        unit = tuple(np.float64(k == i) for k in range(3))
        assert float(dualad.jvp(clip, args, unit)[1]) == want


def test_clip_with_one_bound_none_or_crossed():
    x = np.array([-2.0, 0.0, 2.0])
    assert pull(lambda x: clip(x, -1, None), x)[0].tolist() == [0, 1, 1]
    assert pull(lambda x: clip(x, None, 1), x)[0].tolist() == [1, 1, 0]
    assert pull(lambda x: clip(x), x)[0].tolist() == [1, 1, 1]
    low, high = np.full(3, 1.0), np.full(3, -1.0)
    np.testing.assert_array_equal(clip(x, low, high), np.clip(x, low, high))
    assert [g.tolist() for g in pull(clip, x, low, high)] == [[0, 0, 0], [0, 0, 0], [1, 1, 1]]


def test_clip_keeps_dtypes():
    x = np.array([-2, 0, 2], np.float32)
    assert pull(lambda x: clip(x, -1.0, 1.0), x)[0].dtype == np.float32
    assert clip(np.arange(4), 1, 2).tolist() == [1, 1, 2, 2]
