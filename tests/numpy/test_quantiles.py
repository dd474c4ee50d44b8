"""Direct rules of median, quantile and percentile give NumPy's values to the bit, and the derivative by position."""

import warnings

import numpy as np
import pytest

import dualad

rng = np.random.default_rng(5)
CALLS = {
    "median": lambda x: np.median(x),
    "median axis": lambda x: np.median(x, axis=-1, keepdims=True),
    "median axes": lambda x: np.median(x, axis=(2, 0)),
    "quantile": lambda x: np.quantile(x, 0.3),
    "quantiles": lambda x: np.quantile(x, [0.0, 0.4, 0.77, 1.0], axis=1),
    "kept": lambda x: np.quantile(x, [0.1, 0.2], axis=(0, 2), keepdims=True),
    "percentile": lambda x: np.percentile(x, np.array([5, 95]), axis=0),
    "ends": lambda x: np.percentile(x, [0, 100]),
}


@pytest.mark.parametrize("shape", [(3, 4, 2), (1, 5, 3)])
@pytest.mark.parametrize("name", CALLS)
def test_values_and_derivatives(name, shape):
    f, x = CALLS[name], rng.normal(size=shape)
    value, pull = dualad.vjp(f, x)
    np.testing.assert_array_equal(value, f(x))
    dx = rng.normal(size=shape)
    moved = dualad.jvp(f, (x,), (dx,))[1]
    np.testing.assert_allclose(moved, (f(x + 1e-7 * dx) - f(x - 1e-7 * dx)) / 2e-7, atol=1e-6)
    g = rng.normal(size=np.shape(value))
    assert np.sum(g * moved) == pytest.approx(np.sum(pull(g)[0] * dx))


@pytest.mark.parametrize("name", CALLS)
def test_rows_of_a_batch(name):
    x = rng.normal(size=(2, 3, 4, 2))
    np.testing.assert_array_equal(dualad.vmap(CALLS[name])(x), [CALLS[name](row) for row in x])


def test_a_lane_with_nan_is_nan_and_the_others_keep_their_derivative():
    x = np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 9.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value, pull = dualad.vjp(lambda x: np.median(x, axis=1), x)
    np.testing.assert_array_equal(value, [np.nan, 5.0])
    np.testing.assert_array_equal(pull(np.array([0.0, 1.0]))[0], [[0, 0, 0], [0, 1, 0]])


def test_infinite_entries():
    x = np.array([np.inf, 1.0, np.inf, 2.0])
    assert dualad.vjp(np.median, np.array([1.0, np.inf, np.inf, np.inf]))[0] == np.inf
    np.testing.assert_allclose(dualad.grad(lambda x: np.quantile(x, 0.3))(x), [0, 0.1, 0, 0.9])


def test_the_rest_goes_to_numpy():
    x = rng.normal(size=7)
    for f in (
        lambda x: np.quantile(x, 0.3, method="weibull"),
        lambda x: np.median(x.astype(np.float32)),
        lambda x: np.percentile(x, [[20, 30], [40, 50]]),
    ):
        np.testing.assert_array_equal(dualad.vjp(f, x)[0], f(x))
    assert dualad.grad(lambda q: np.quantile(dualad.stop_gradient(q) * 0 + x, q))(0.3) > 0
    with pytest.raises(ValueError, match="range"):
        dualad.grad(lambda x: np.quantile(x, 1.5))(x)


@pytest.mark.parametrize("level", [0.3, np.float64(0.3), np.float32(0.3), np.array([0.2, 0.7]), [0.2, 0.7]])
@pytest.mark.parametrize("method", ["linear", "inverted_cdf", "nearest", "hazen"])
@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_the_dtype_is_numpys(name, method, level):
    """A NumPy number as the level widens a result in single precision, a Python number does not."""
    a = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    f = lambda a: getattr(np, name)(a, level, axis=1, method=method)
    value, tangent = dualad.jvp(f, (a,), (a,))
    assert value.dtype == tangent.dtype == f(a).dtype
    np.testing.assert_allclose(value, f(a), rtol=1e-6)


def test_complex_numbers_have_no_order():
    with pytest.raises(TypeError, match="real numbers"):
        dualad.vjp(lambda a: np.nanquantile(a, 0.5), np.ones(3) + 1j)
