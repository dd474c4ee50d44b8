"""The convolution primitives: the two engines against each other, all orders, and batches."""

import numpy as np
import pytest

from dualad import jvp, vjp
from dualad.core.batch import BatchTrace
from dualad.ops import conv_kernels
from dualad.ops.conv import conv2d, conv2d_bias, conv2d_input, conv2d_weight

SAMPLES = [
    pytest.param(op, sample, id=f"{op.__name__}-{k}")
    for op in (conv2d, conv2d_bias, conv2d_input, conv2d_weight)
    for k, sample in enumerate(op.primitive.samples(np.random.default_rng(0)))
]
TRILINEAR = [p for p in SAMPLES if p.values[0] is not conv2d_bias]


def inner(a, b):
    return float((np.asarray(a) * np.asarray(b)).sum())


def like(rng, values):
    return rng.normal(size=values.shape)


@pytest.mark.parametrize("op, sample", SAMPLES)
def test_the_engines_agree(op, sample):
    rng = np.random.default_rng(1)
    f = lambda *args: op(*args, **sample.params)  # noqa: E731
    tangents = tuple(like(rng, a) for a in sample.args)
    out, tangent = jvp(f, sample.args, tangents)
    same, pull = vjp(f, *sample.args)
    np.testing.assert_array_equal(out, same)
    g = like(rng, out)
    cotangents = pull(g)
    back = sum(inner(c, t) for c, t in zip(cotangents, tangents, strict=True))
    assert abs(inner(g, tangent) - back) < 1e-11 * (1 + np.abs(g * tangent).sum())


@pytest.mark.parametrize("op, sample", TRILINEAR)
def test_second_order_forward_over_reverse(op, sample):
    """The pullback to `a` is linear in `b`: its tangent is itself, at db."""
    rng = np.random.default_rng(2)
    a, b = sample.args
    g, db = like(rng, op(a, b, **sample.params)), like(rng, b)
    pull_a = lambda b: vjp(lambda a: op(a, b, **sample.params), a)[1](g)[0]  # noqa: E731
    _, tangent = jvp(pull_a, (b,), (db,))
    np.testing.assert_allclose(tangent, pull_a(db), rtol=1e-12, atol=1e-12)


def test_reverse_over_reverse():
    """Σ h · ∂<g, conv2d(x, w)>/∂x is linear in w; its gradient is the weight adjoint of g and h."""
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(2, 2, 5, 5)), rng.normal(size=(3, 2, 3, 3))
    settings = dict(stride=(2, 1), padding=(1, 0))
    g, h = like(rng, conv2d(x, w, **settings)), like(rng, x)
    _, pull = vjp(lambda w: vjp(lambda x: conv2d(x, w, **settings), x)[1](g)[0], w)
    expected = conv2d_weight(g, h, shape=w.shape, **settings)
    np.testing.assert_allclose(pull(h)[0], expected, rtol=1e-12)


def test_the_tape_serves_one_operand_alone():
    x, w = np.ones((1, 1, 3, 3)), np.full((1, 1, 3, 3), 2.0)
    np.testing.assert_array_equal(vjp(lambda w: conv2d(x, w), w)[1](np.ones((1, 1, 1, 1)))[0], x)
    np.testing.assert_array_equal(vjp(lambda x: conv2d(x, w), x)[1](np.ones((1, 1, 1, 1)))[0], w)


def test_float32_stays_float32():
    rng = np.random.default_rng(4)
    x, w = rng.normal(size=(2, 2, 5, 5)).astype("f"), rng.normal(size=(3, 2, 3, 3)).astype("f")
    out, pull = vjp(conv2d, x, w)
    assert out.dtype == np.float32
    assert [c.dtype for c in pull(np.ones_like(out))] == [np.float32, np.float32]


def test_a_real_operand_of_a_complex_product_has_a_real_cotangent():
    rng = np.random.default_rng(5)
    x, w = rng.normal(size=(1, 1, 3, 3)), rng.normal(size=(1, 1, 2, 2)) * 1j
    out, pull = vjp(conv2d, x, w)
    dx, dw = pull(np.full(out.shape, 1j))
    assert dx.dtype == np.float64 and dw.dtype == np.complex128
    np.testing.assert_allclose(dx, -conv2d_input(np.ones(out.shape), w.imag, shape=x.shape))


@pytest.mark.parametrize("mask", [(1, 1, 1), (1, 0, 0), (0, 1, 0), (1, 1, 0), (0, 1, 1)])
@pytest.mark.parametrize("op, sample", SAMPLES)
def test_batches_are_loops(op, sample, mask):
    rng, trace = np.random.default_rng(6), BatchTrace(3)
    values = [rng.normal(size=(3, *a.shape)) if m else a for a, m in zip(sample.args, mask, strict=False)]
    out = op(*(trace.batched(v) if m else v for v, m in zip(values, mask, strict=False)), **sample.params)
    for k in range(3):
        row = op(*(v[k] if m else v for v, m in zip(values, mask, strict=False)), **sample.params)
        np.testing.assert_allclose(out.value[k], row, rtol=1e-12, atol=1e-12)


def test_the_bias_is_added_to_each_channel():
    rng = np.random.default_rng(7)
    x, w, b = rng.normal(size=(2, 4, 5, 5)), rng.normal(size=(6, 2, 3, 3)), rng.normal(size=6)
    expected = conv2d(x, w, padding=(1, 1), groups=2) + b[:, None, None]
    np.testing.assert_allclose(conv2d_bias(x, w, b, padding=(1, 1), groups=2), expected, rtol=1e-14)
    trace = BatchTrace(2)
    out = conv2d_bias(x, w, trace.batched(np.stack([b, 2 * b])), padding=(1, 1), groups=2)
    np.testing.assert_allclose(out.value[1], expected + b[:, None, None], rtol=1e-13)
    with pytest.raises(ValueError, match=r"bias must have shape \(6,\).*\(4,\)"):
        conv2d_bias(x, w, b[:4], groups=2)


def test_the_shape_is_known_to_teach():
    with pytest.raises(ValueError, match="x has 3 channels.*takes 5"):
        vjp(conv2d, np.zeros((2, 3, 8, 8)), np.zeros((4, 5, 3, 3)))


def test_kernels_and_primitives_agree_on_sizes():
    x, w = np.zeros((1, 4, 7, 6)), np.zeros((2, 2, 2, 3))
    size = conv_kernels.conv2d_size(x.shape, w.shape, (2, 3), (0, 0), (2, 1), 2)
    assert conv2d(x, w, stride=(2, 3), dilation=(2, 1), groups=2).shape == (1, 2, *size)
