"""The pooling kernels against nested loops, and against each other by the adjoint identity."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualad.ops.pool_kernels import (
    avg_pool2d,
    avg_pool2d_scatter,
    max_pool2d,
    max_pool2d_gather,
    max_pool2d_indices,
    max_pool2d_scatter,
)


def pooled_size(length, kernel, stride, padding, dilation, ceil_mode):
    room = length + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    size = -(-room // stride) + 1
    return size - ((size - 1) * stride >= length + padding)


def reference_max(x, kernel, stride, padding, dilation, ceil_mode):
    """PyTorch's rule, entry by entry: the first of the largest, and the last NaN."""
    size = [
        pooled_size(*axis, ceil_mode)
        for axis in zip(x.shape[2:], kernel, stride, padding, dilation, strict=True)
    ]
    values = np.full((*x.shape[:2], *size), -np.inf)
    indices = np.full(values.shape, -1)
    for b, c, r, s, i, j in itertools.product(*map(range, values.shape), *map(range, kernel)):
        row, column = (
            r * stride[0] - padding[0] + i * dilation[0],
            s * stride[1] - padding[1] + j * dilation[1],
        )
        if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
            entry = x[b, c, row, column]
            if indices[b, c, r, s] < 0 or entry > values[b, c, r, s] or np.isnan(entry):
                values[b, c, r, s], indices[b, c, r, s] = entry, row * x.shape[3] + column
    return values, indices


def reference_avg(x, kernel, stride, padding, ceil_mode, count_include_pad):
    size = [
        pooled_size(*axis, 1, ceil_mode) for axis in zip(x.shape[2:], kernel, stride, padding, strict=True)
    ]
    out = np.zeros((*x.shape[:2], *size))
    for b, c, r, s in itertools.product(*map(range, out.shape)):
        starts = [r * stride[0] - padding[0], s * stride[1] - padding[1]]
        stops = [min(a + k, n + p) for a, k, n, p in zip(starts, kernel, x.shape[2:], padding, strict=True)]
        within = x[b, c, max(starts[0], 0) : stops[0], max(starts[1], 0) : stops[1]]
        count = (stops[0] - starts[0]) * (stops[1] - starts[1])
        out[b, c, r, s] = within.sum() / (count if count_include_pad else within.size)
    return out


@st.composite
def problems(draw, dilated=True):
    """A shape, and parameters for which every window sees an entry."""
    pair = lambda low, high: (draw(st.integers(low, high)), draw(st.integers(low, high)))  # noqa: E731
    kernel, stride = pair(1, 4), pair(1, 4)
    dilation = pair(1, 3) if dilated else (1, 1)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    least = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    sides = [low + draw(st.integers(0, 5)) for low in least]
    return (draw(st.integers(0, 2)), draw(st.integers(1, 2)), *sides), (kernel, stride, padding, dilation)


@given(problems(), st.booleans(), st.sampled_from(["smooth", "tied", "nan", "inf"]), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_max_pool2d_is_the_definition(problem, ceil_mode, kind, seed):
    shape, parameters = problem
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    if kind != "smooth":
        x = np.round(x)
    if kind == "nan":
        x[rng.random(shape) < 0.2] = np.nan
    if kind == "inf":
        x[rng.random(shape) < 0.6] = -np.inf
    values, winners = max_pool2d(x, *parameters, ceil_mode)
    expected, indices = reference_max(x, *parameters, ceil_mode)
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(max_pool2d_indices(winners, shape, *parameters), indices)


@given(problems(), st.booleans(), st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_gather_and_scatter_are_adjoint(problem, ceil_mode, seed):
    shape, parameters = problem
    rng = np.random.default_rng(seed)
    x, dx = rng.standard_normal(shape), rng.standard_normal(shape)
    values, winners = max_pool2d(x, *parameters, ceil_mode)
    g = rng.standard_normal(values.shape)
    np.testing.assert_array_equal(max_pool2d_gather(x, winners, *parameters), values)
    tangent = max_pool2d_gather(dx, winners, *parameters)
    cotangent = max_pool2d_scatter(g, winners, shape, *parameters)
    assert cotangent.shape == shape
    assert abs((g * tangent).sum() - (cotangent * dx).sum()) < 1e-12 * (1 + np.abs(g * tangent).sum())


@given(problems(dilated=False), st.booleans(), st.booleans(), st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_avg_pool2d_is_the_definition_and_has_its_adjoint(problem, ceil_mode, include, seed):
    shape, (kernel, stride, padding, _) = problem
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    out = avg_pool2d(x, kernel, stride, padding, ceil_mode, include)
    expected = reference_avg(x, kernel, stride, padding, ceil_mode, include)
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
    g = rng.standard_normal(out.shape)
    dx = avg_pool2d_scatter(g, shape, kernel, stride, padding, ceil_mode, include)
    assert dx.shape == shape
    assert abs((g * out).sum() - (dx * x).sum()) < 1e-12 * (1 + np.abs(g * out).sum())


def test_infinities_stay_where_they_are():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])[None, None]
    _, winners = max_pool2d(x, (2, 2), (2, 2))
    g = np.full((1, 1, 1, 1), np.inf)
    expected = np.array([[0, 0], [0, np.inf]])[None, None]
    np.testing.assert_array_equal(max_pool2d_scatter(g, winners, x.shape, (2, 2), (2, 2)), expected)
    tangent = np.array([[np.inf, np.nan], [-np.inf, 5.0]])[None, None]
    np.testing.assert_array_equal(max_pool2d_gather(tangent, winners, (2, 2), (2, 2)), [[[[5.0]]]])


def test_a_large_window_needs_more_than_a_byte():
    x = np.arange(400.0).reshape(1, 1, 20, 20)
    values, winners = max_pool2d(x, (20, 20), (1, 1))
    assert values.item() == 399 and winners.dtype == np.uint16
    assert max_pool2d_indices(winners, x.shape, (20, 20), (1, 1)).item() == 399
    assert max_pool2d_scatter(values, winners, x.shape, (20, 20), (1, 1))[0, 0, 19, 19] == 399


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_dtypes_are_kept(dtype):
    x = np.arange(-32, 0).reshape(2, 1, 4, 4).astype(dtype)
    values, winners = max_pool2d(x, (2, 2), (2, 2), (1, 1))
    assert values.dtype == max_pool2d_gather(x, winners, (2, 2), (2, 2), (1, 1)).dtype == dtype
    assert winners.dtype == np.uint8
    assert max_pool2d_scatter(values, winners, x.shape, (2, 2), (2, 2), (1, 1)).dtype == dtype
    if dtype is not np.int32:
        assert avg_pool2d(x, (2, 2), (2, 2)).dtype == dtype
        assert avg_pool2d_scatter(values, x.shape, (2, 2), (2, 2), (1, 1)).dtype == dtype


def test_memory_order_does_not_matter():
    x = np.random.default_rng(0).standard_normal((5, 3, 6, 7))
    other = np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    for pool in (max_pool2d, avg_pool2d):
        a, b = pool(x, (3, 2), (2, 1)), pool(other, (3, 2), (2, 1))
        np.testing.assert_array_equal(
            a[0] if isinstance(a, tuple) else a, b[0] if isinstance(b, tuple) else b
        )


@pytest.mark.parametrize(
    "shape, parameters, message",
    [
        ((3, 8, 8), {}, r"needs x of shape \(N, C, H, W\).*Write x\[None\]"),
        ((1, 3, 1, 8), {}, "covers 2 x 2.*padded input of 1 x 8"),
        ((1, 3, 8, 8), {"padding": (2, 0)}, r"padding \(2, 0\) is more than half of the kernel"),
        ((1, 3, 8, 8), {"stride": (0, 1)}, "stride must be two integers of at least 1"),
    ],
)
@pytest.mark.parametrize("pool", [max_pool2d, avg_pool2d])
def test_errors_teach(pool, shape, parameters, message):
    parameters = {"kernel": (2, 2), "stride": (2, 2)} | parameters
    with pytest.raises(ValueError, match=message):
        pool(np.zeros(shape), **parameters)


def test_complex_numbers_have_no_maximum():
    with pytest.raises(TypeError, match="needs real numbers.*complex128"):
        max_pool2d(np.zeros((1, 1, 2, 2), complex), (2, 2), (2, 2))
