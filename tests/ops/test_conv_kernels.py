"""The convolution kernels against nested loops, and against each other by the adjoint identity."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualad.ops import conv_kernels
from dualad.ops.conv_kernels import conv2d, conv2d_input, conv2d_weight


def reference(x, w, stride, padding, dilation, groups):
    """The definition, one multiplication at a time."""
    (n, _, height, width), (outputs, per_group, kh, kw) = x.shape, w.shape
    ho = (height + 2 * padding[0] - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    wo = (width + 2 * padding[1] - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    out = np.zeros((n, outputs, ho, wo), np.result_type(x, w))
    for b, o, r, s in itertools.product(*map(range, out.shape)):
        for c, i, j in itertools.product(range(per_group), range(kh), range(kw)):
            row = r * stride[0] - padding[0] + i * dilation[0]
            column = s * stride[1] - padding[1] + j * dilation[1]
            if 0 <= row < height and 0 <= column < width:
                channel = o // (outputs // groups) * per_group + c
                out[b, o, r, s] += x[b, channel, row, column] * w[o, c, i, j]
    return out


def normal(seed, shape, dtype):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.standard_normal(shape)
    return values.astype(dtype)


def batch_fastest(x):
    """The same values, the batch axis fastest in memory: what the kernels themselves return."""
    return np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)


@st.composite
def problems(draw, largest=3):
    """Shapes of x and w, and parameters, that fit together."""
    groups, per_group, outputs = (draw(st.integers(1, largest)) for _ in range(3))
    pair = lambda low, high: (draw(st.integers(low, high)), draw(st.integers(low, high)))  # noqa: E731
    kernel, stride, padding, dilation = pair(1, 4), pair(1, 4), pair(0, 3), pair(1, 3)
    least = [max(1, d * (k - 1) + 1 - 2 * p) for k, p, d in zip(kernel, padding, dilation, strict=True)]
    sides = [low + draw(st.integers(0, 5)) for low in least]
    x_shape = (draw(st.integers(0, 3)), groups * per_group, *sides)
    return x_shape, (groups * outputs, per_group, *kernel), (stride, padding, dilation, groups)


@given(problems(largest=2), st.sampled_from([np.float64, np.complex128, np.int64]), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_conv2d_is_the_definition(problem, dtype, seed):
    x_shape, w_shape, parameters = problem
    x, w = normal(seed, x_shape, np.complex128) * 4, normal(seed + 1, w_shape, np.complex128) * 4
    x, w = (a.astype(dtype) if np.dtype(dtype).kind == "c" else a.real.astype(dtype) for a in (x, w))
    out = conv2d(x, w, *parameters)
    assert out.dtype == dtype
    np.testing.assert_allclose(out, reference(x, w, *parameters), rtol=1e-12, atol=1e-12)


@given(problems(), st.booleans(), st.sampled_from([1 << 19, 3000, 100]), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_the_three_are_adjoint(problem, fastest, block, seed):
    x_shape, w_shape, parameters = problem
    x, w = normal(seed, x_shape, np.complex128), normal(seed + 1, w_shape, np.complex128)
    before = conv_kernels._BLOCK_BYTES
    conv_kernels._BLOCK_BYTES = block
    try:
        out = conv2d(x, w, *parameters)
        g = normal(seed + 2, out.shape, np.complex128)
        x, g = (batch_fastest(x), batch_fastest(g)) if fastest else (x, g)
        dx, dw = conv2d_input(g, w, x_shape, *parameters), conv2d_weight(g, x, w_shape, *parameters)
    finally:
        conv_kernels._BLOCK_BYTES = before
    assert dx.shape == x_shape and dw.shape == w_shape
    scale = 1 + np.abs(g * out).sum()
    assert abs((g * out).sum() - (dx * x).sum()) < 1e-12 * scale
    assert abs((g * out).sum() - (dw * w).sum()) < 1e-12 * scale


@given(problems())
@settings(max_examples=60, deadline=None)
def test_both_roads_of_the_input_adjoint_agree(problem):
    x_shape, w_shape, (stride, padding, dilation, groups) = problem
    w = normal(0, w_shape, float)
    g = normal(1, conv2d(np.zeros(x_shape), w, stride, padding, dilation, groups).shape, float)
    scattered = conv_kernels._scattered(g, w, x_shape, stride, padding, dilation, groups)
    np.testing.assert_allclose(
        conv2d_input(g, w, x_shape, stride, padding, dilation, groups), scattered, rtol=1e-12, atol=1e-12
    )


EDGES = [
    # x, w, (stride, padding, dilation, groups)
    ((2, 3, 8, 9), (4, 3, 3, 2), ((3, 2), (0, 0), (1, 1), 1)),  # the stride leaves a remainder
    ((2, 2, 7, 7), (2, 2, 2, 2), ((3, 4), (0, 0), (1, 1), 1)),  # the stride skips entries
    ((2, 3, 4, 5), (2, 3, 4, 5), ((1, 1), (0, 0), (1, 1), 1)),  # one output position
    ((2, 3, 1, 1), (2, 3, 3, 3), ((2, 2), (1, 1), (1, 1), 1)),  # one input position
    ((0, 3, 5, 5), (2, 3, 3, 3), ((1, 1), (1, 1), (1, 1), 1)),  # no image
    ((2, 4, 6, 6), (4, 1, 3, 3), ((1, 1), (1, 1), (1, 1), 4)),  # depthwise
    ((2, 4, 6, 6), (6, 2, 1, 1), ((1, 1), (0, 0), (1, 1), 2)),  # pointwise, grouped
    ((2, 4, 6, 6), (6, 4, 1, 1), ((2, 2), (1, 1), (1, 1), 1)),  # pointwise, strided and padded
    ((2, 1, 6, 7), (3, 1, 2, 3), ((1, 2), (4, 5), (2, 1), 1)),  # more padding than kernel
    ((70, 2, 9, 9), (3, 2, 3, 3), ((2, 1), (1, 0), (1, 2), 1)),  # many images
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("x_shape, w_shape, parameters", EDGES)
def test_edges(x_shape, w_shape, parameters, dtype):
    x, w = normal(0, x_shape, dtype), normal(1, w_shape, dtype)
    out = conv2d(x, w, *parameters)
    tolerance = 1e-10 if dtype is np.float64 else 1e-4
    assert out.dtype == dtype
    np.testing.assert_allclose(out, reference(x, w, *parameters), rtol=tolerance, atol=tolerance)
    g = normal(2, out.shape, dtype)
    dx, dw = conv2d_input(g, w, x_shape, *parameters), conv2d_weight(g, x, w_shape, *parameters)
    assert dx.dtype == dw.dtype == dtype
    scale = 1 + np.abs(g * out).sum()
    assert abs((g * out).sum() - (dx * x).sum()) < tolerance * scale
    assert abs((g * out).sum() - (dw * w).sum()) < tolerance * scale


def test_dtypes_promote_as_numpy_does():
    x, w = normal(0, (1, 1, 3, 3), np.float32), normal(0, (1, 1, 2, 2), np.float64)
    assert conv2d(x, w).dtype == np.float64
    assert conv2d(x, w.astype(np.complex64)).dtype == np.complex64


def test_inputs_stay_as_they_were_and_may_be_read_only():
    x, w = normal(0, (2, 3, 5, 5), float), normal(1, (4, 3, 1, 1), float)
    copies = x.copy(), w.copy()
    x.flags.writeable = w.flags.writeable = False
    out = conv2d(batch_fastest(x), w)
    out[...] = 0
    conv2d_input(out, w, x.shape)[...] = 1
    conv2d_weight(out, x, w.shape)[...] = 1
    np.testing.assert_array_equal(x, copies[0])
    np.testing.assert_array_equal(w, copies[1])


@pytest.mark.parametrize(
    "x_shape, w_shape, parameters, message",
    [
        ((2, 3, 8), (4, 3, 3, 3), {}, r"needs x of shape \(N, C, H, W\).*Write x\[None\]"),
        ((2, 3, 8, 8), (4, 3, 3), {}, r"needs w of shape \(O, C/groups, kh, kw\)"),
        ((2, 3, 8, 8), (4, 5, 3, 3), {}, "x has 3 channels.*takes 5"),
        ((2, 4, 8, 8), (4, 4, 3, 3), {"groups": 2}, r"x has 4 channels.*takes 8.*\(O, 2, kh, kw\)"),
        ((2, 3, 8, 8), (4, 3, 3, 3), {"groups": 2}, "groups=2 must divide the 3 input channels"),
        ((2, 4, 8, 8), (3, 2, 3, 3), {"groups": 2}, "and the 3 output channels"),
        ((2, 3, 2, 9), (4, 3, 3, 3), {}, "covers 3 x 3.*padded input of 2 x 9"),
        ((2, 3, 9, 4), (4, 3, 3, 3), {"dilation": (2, 2)}, "covers 5 x 5.*9 x 4"),
        ((2, 3, 8, 8), (4, 3, 3, 3), {"stride": (0, 1)}, "stride must be two integers of at least 1"),
        ((2, 3, 8, 8), (4, 3, 3, 3), {"padding": (1,)}, "padding must be two integers of at least 0"),
        ((2, 3, 8, 8), (4, 3, 3, 3), {"dilation": 2}, "dilation must be two integers of at least 1, got 2"),
    ],
)
def test_errors_teach(x_shape, w_shape, parameters, message):
    with pytest.raises(ValueError, match=message):
        conv2d(np.zeros(x_shape), np.zeros(w_shape), **parameters)


def test_a_cotangent_of_another_shape_is_refused():
    x, w, g = np.zeros((2, 3, 8, 8)), np.zeros((4, 3, 3, 3)), np.zeros((2, 4, 8, 8))
    with pytest.raises(ValueError, match=r"cotangent has shape \(2, 4, 8, 8\).*\(2, 4, 6, 6\)"):
        conv2d_weight(g, x, w.shape)
    with pytest.raises(ValueError, match=r"cotangent has shape \(2, 4, 8, 8\).*\(2, 4, 6, 6\)"):
        conv2d_input(g, w, x.shape)
