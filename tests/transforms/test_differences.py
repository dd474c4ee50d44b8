"""Differences against derivatives known in closed form, and the honesty of their error estimates."""

from __future__ import annotations

import numpy as np
import pytest

from dualad.testing import central, complex_step, richardson

SMOOTH = {
    "sin": (np.sin, np.cos, 0.7),
    "exp": (np.exp, np.exp, 3.0),
    "log near its pole": (np.log, lambda x: 1 / x, 1e-3),
    "log far out": (np.log, lambda x: 1 / x, 1e8),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2, 0.05),
    "a fast wave": (lambda x: np.sin(1e4 * x), lambda x: 1e4 * np.cos(1e4 * x), 0.3),
    "a cube of small numbers": (lambda x: x**3, lambda x: 3 * x**2, 1e-6),
    "tanh in its tail": (np.tanh, lambda x: 1 / np.cosh(x) ** 2, 4.0),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_richardson_is_right_and_knows_how_right(name):
    f, df, at = SMOOTH[name]
    x = at * np.array([1.0, 1.03, 0.91])
    with np.errstate(all="ignore"):
        d, error = richardson(f, (x,), (np.ones(3),))
    off = np.abs(d - df(x))
    assert np.all(off <= 10 * error + 1e-12 * np.abs(df(x))), "the estimate is too small"
    assert np.all(error <= 1e-6 * np.abs(df(x))), "the estimate is too large to prove anything"


def test_pytrees_directions_and_constants():
    def f(tree, k):
        return {"a": tree["u"] * tree["v"][0], "b": (np.sum(tree["u"]) * k,)}

    x = {"u": np.array([1.0, 2.0]), "v": [3.0], "n": np.arange(2)}
    dx = {"u": np.array([0.1, -0.2]), "v": [1.0], "n": np.zeros(2, int)}
    d, error = richardson(f, (x, 2), (dx, None))
    np.testing.assert_allclose(d["a"], [0.1 * 3 + 1.0, -0.2 * 3 + 2.0], rtol=1e-10)
    np.testing.assert_allclose(d["b"][0], -0.2, rtol=1e-9)
    assert error["a"].shape == (2,)


def test_an_integer_leaf_is_not_moved():
    seen = []
    richardson(
        lambda x, n: seen.append(n.dtype) or x * n, (np.ones(2), np.arange(2)), (np.ones(2), np.ones(2))
    )
    assert set(seen) == {np.dtype(int)}


def test_a_jump_and_noise_have_large_errors():
    rng = np.random.default_rng(0)
    x = np.array([0.0])
    assert richardson(np.sign, (x,), (np.ones(1),))[1] > 1e-3
    assert richardson(lambda x: np.sin(x) + rng.normal(size=1) * 1e-3, (x,), (np.ones(1),))[1] > 1e-4


def test_a_kink_beside_the_point_is_not_stepped_over():
    x = np.array([1e-3])
    d, _ = richardson(np.abs, (x,), (np.ones(1),))
    np.testing.assert_allclose(d, 1.0, rtol=1e-9)


def test_outside_of_the_domain_nothing_is_claimed():
    with np.errstate(all="ignore"):
        _, error = richardson(np.sqrt, (np.array([-1.0]),), (np.ones(1),))
    assert np.isinf(error).all()


def test_single_precision_arguments_are_judged_in_double():
    x = np.array([0.5], np.float32)
    d, error = richardson(np.sin, (x,), (np.ones(1, np.float32),))
    assert d.dtype == np.float64 and error < 1e-9
    np.testing.assert_allclose(d, np.cos(0.5), rtol=1e-10)


def test_complex_directions():
    z = np.array([0.3 + 0.4j])
    d, _ = richardson(lambda z: z**2, (z,), (np.array([1j]),))
    np.testing.assert_allclose(d, 2 * z * 1j, rtol=1e-10)
    d, _ = richardson(np.abs, (z,), (np.array([1j]),))
    np.testing.assert_allclose(d, 0.8, rtol=1e-10)


def test_empty_arrays():
    d, error = richardson(np.sin, (np.zeros((0, 2)),), (np.zeros((0, 2)),))
    assert d.shape == error.shape == (0, 2)


def test_a_step_given():
    d, error = richardson(np.sin, (1.0,), (1.0,), eps=1e-2)
    assert abs(d - np.cos(1)) < 1e-11 and error < 1e-9


def test_as_many_tangents_as_primals():
    with pytest.raises(TypeError, match="2 leaves"):
        richardson(np.add, (1.0, 2.0), (1.0,))


def test_complex_step_is_exact():
    x = np.array([0.3, 1.7, 20.0])
    d, error = complex_step(lambda x: np.exp(np.sin(x)) / x, (x,), (np.ones(3),))
    s = np.exp(np.sin(x))
    np.testing.assert_allclose(d, s * np.cos(x) / x - s / x**2, rtol=1e-14)
    assert np.all(error < 1e-14 * np.abs(d) * 10)


def test_complex_step_declines():
    x = (np.array([1.0]),)
    assert complex_step(np.abs, x, x) is None
    assert complex_step(np.arctan2, (1.0, 2.0), (1.0, 0.0)) is None
    assert complex_step(lambda x: x.astype(float), x, x) is None


def test_central():
    assert abs(central(np.sin, (1.0,), (1.0,)) - np.cos(1)) < 1e-9
