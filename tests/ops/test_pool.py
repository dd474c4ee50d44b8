"""The pooling primitives: the two engines against each other, ties, and batches."""

import numpy as np
import pytest

from dualad import jvp, vjp
from dualad.core.batch import BatchTrace
from dualad.ops.pool import (
    avg_pool2d,
    avg_pool2d_scatter,
    max_pool2d,
    max_pool2d_gather,
    max_pool2d_indices,
    max_pool2d_scatter,
    max_pool2d_winners,
    max_pool2d_with_indices,
)


def samples(*ops):
    return [
        pytest.param(op, sample, id=f"{op.__name__}-{k}")
        for op in ops
        for k, sample in enumerate(op.primitive.samples(np.random.default_rng(0)))
    ]


def max_values(x, **params):
    return max_pool2d_winners(x, **params)[0]


max_values.primitive = max_pool2d_winners.primitive
SMOOTH = samples(max_values, max_pool2d_gather, max_pool2d_scatter, avg_pool2d, avg_pool2d_scatter)


@pytest.mark.parametrize("op, sample", SMOOTH)
def test_the_engines_agree_with_each_other_and_with_differences(op, sample):
    rng = np.random.default_rng(1)
    x, *rest = sample.args
    f = lambda x: op(x, *rest, **sample.params)  # noqa: E731
    dx = rng.normal(size=x.shape)
    out, tangent = jvp(f, (x,), (dx,))
    same, pull = vjp(f, x)
    np.testing.assert_array_equal(out, same)
    difference = (f(x + 1e-4 * dx) - f(x - 1e-4 * dx)) / 2e-4
    np.testing.assert_allclose(tangent, difference, rtol=1e-8, atol=1e-8)
    g = rng.normal(size=out.shape)
    (back,) = pull(g)
    assert abs((g * tangent).sum() - (back * dx).sum()) < 1e-12 * (1 + np.abs(g * tangent).sum())


def test_the_first_of_a_tie_wins_in_both_engines():
    x = np.zeros((1, 1, 2, 2))
    _, pull = vjp(lambda x: max_pool2d(x, kernel=(2, 2)), x)
    (back,) = pull(np.ones((1, 1, 1, 1)))
    np.testing.assert_array_equal(back, [[[[1, 0], [0, 0]]]])
    dx = np.array([[[[5.0, 6.0], [7.0, 8.0]]]])
    assert jvp(lambda x: max_pool2d(x, kernel=(2, 2)), (x,), (dx,))[1].item() == 5


def test_forward_over_reverse_keeps_the_winners():
    rng = np.random.default_rng(2)
    x, g, dg = rng.normal(size=(2, 3, 6, 6)), rng.normal(size=(2, 3, 3, 3)), rng.normal(size=(2, 3, 3, 3))
    pull = lambda g: vjp(lambda x: max_pool2d(x, kernel=(2, 2)), x)[1](g)[0]  # noqa: E731
    np.testing.assert_array_equal(jvp(pull, (g,), (dg,))[1], pull(dg))


def test_indices_point_at_the_values():
    x = np.random.default_rng(3).normal(size=(2, 3, 7, 6))
    values, indices = max_pool2d_with_indices(x, kernel=(3, 2), stride=(2, 1), padding=(1, 1))
    planes = x.reshape(2, 3, -1)
    found = np.take_along_axis(planes, indices.reshape(2, 3, -1), axis=2).reshape(values.shape)
    np.testing.assert_array_equal(found, values)
    assert indices.dtype == np.int64


@pytest.mark.parametrize(
    "op, sample",
    samples(
        max_pool2d_winners,
        max_pool2d_gather,
        max_pool2d_scatter,
        max_pool2d_indices,
        avg_pool2d,
        avg_pool2d_scatter,
    ),
)
def test_batches_are_loops(op, sample):
    rng, trace = np.random.default_rng(4), BatchTrace(3)
    batches = [np.stack([rng.permutation(a.ravel()).reshape(a.shape) for _ in range(3)]) for a in sample.args]
    out = op(*map(trace.batched, batches), **sample.params)
    for k in range(3):
        row = op(*(b[k] for b in batches), **sample.params)
        for one, many in zip(row, out, strict=True) if isinstance(row, tuple) else [(row, out)]:
            np.testing.assert_allclose(many.value[k], one, rtol=1e-12, atol=1e-12)


def test_float32_and_strides_by_default():
    x = np.ones((1, 1, 4, 4), np.float32)
    for pool in (max_pool2d, avg_pool2d):
        out, pull = vjp(lambda x, pool=pool: pool(x, kernel=(2, 2)), x)
        (back,) = pull(np.ones_like(out))
        assert out.shape == (1, 1, 2, 2) and out.dtype == back.dtype == np.float32
