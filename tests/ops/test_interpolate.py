"""Linear interpolation: the policy at points and beyond the ends, its fast roads, batches, second order."""

import numpy as np
import pytest

import dualad
from dualad.ops.interpolate import interp

XP = np.array([0.0, 1.0, 3.0])
FP = np.array([2.0, 5.0, 1.0])


@pytest.mark.parametrize(
    "x, slope", [(-1.0, 0.0), (0.0, 3.0), (0.5, 3.0), (1.0, -2.0), (3.0, -2.0), (3.5, 0.0)]
)
def test_the_slope_is_that_of_the_interval_to_the_right(x, slope):
    assert dualad.grad(lambda x: np.interp(x, XP, FP))(x) == slope
    assert dualad.jvp(lambda x: np.interp(x, XP, FP), (x,), (1.0,))[1] == slope


def test_values_share_their_cotangent_with_distance():
    x = np.array([-1.0, 0.25, 2.0, 9.0])
    _, pull = dualad.vjp(lambda fp: np.interp(x, XP, fp), FP)
    np.testing.assert_allclose(pull(np.array([1.0, 10.0, 100.0, 1000.0]))[0], [1 + 7.5, 2.5 + 50, 50 + 1000])


def test_moving_points_and_their_second_derivative():
    # y = 2 + 3 (x − p) / (1 − p) for the first point at p: dy/dp = 3 (x − 1) / (1 − p)², again 6 (x − 1) / (1 − p)³.
    f = lambda p: np.interp(0.25, np.stack([p, XP[1], XP[2]]), FP)
    assert dualad.grad(f)(0.0) == pytest.approx(3 * -0.75)
    for second in (dualad.grad(dualad.grad(f)), lambda p: dualad.jvp(dualad.grad(f), (p,), (1.0,))[1]):
        assert second(0.0) == pytest.approx(6 * -0.75)


@pytest.mark.parametrize("k", [0, 1, 2])
def test_rows_of_a_batch(k):
    args = [np.array([0.2, 1.7]), XP, FP]
    rows = np.stack([args[k], args[k] + 0.1])
    axes = tuple(0 if i == k else None for i in range(3))
    given = [rows if i == k else a for i, a in enumerate(args)]
    got = dualad.vmap(np.interp, in_axes=axes)(*given)
    want = [np.interp(*[r if i == k else a for i, a in enumerate(args)]) for r in rows]
    np.testing.assert_allclose(got, want, rtol=1e-14)


def test_constants_may_be_overwritten_before_the_sweep():
    """The fast road saves copies of the user's arrays, as the general one does."""
    x, xp = np.array([0.5, 2.0]), XP.copy()

    def f(fp):
        y = np.interp(x, xp, fp)
        x[:], xp[:] = 0.0, [7.0, 8.0, 9.0]
        return np.sum(y)

    np.testing.assert_array_equal(dualad.grad(f)(FP), [0.5, 0.5 + 0.5, 0.5])


def test_numbers_and_lists():
    assert interp(0.5, [0.0, 1.0], [2.0, 4.0]) == 3.0
    np.testing.assert_array_equal(dualad.grad(lambda f: np.interp(0.5, [0.0, 1.0], f))(FP[:2]), [0.5, 0.5])


def test_one_point_is_a_constant():
    assert dualad.grad(lambda f: np.interp(4.0, [1.0], f))(np.array([2.0])) == [1.0]
    assert dualad.grad(lambda x: np.interp(x, [1.0], [2.0]))(4.0) == 0.0
