"""Edges of NumPy's functions: nothing to reduce, numbers and arrays without axes, axes of length one in front."""

import operator

import numpy as np
import pytest

import dualad

X = np.random.default_rng(0).normal(size=(2, 3))
SINGLE, NOTHING = X.astype(np.float32), np.zeros((0, 3))


def with_store(index, value):
    def f(x):
        y = x * 1
        y[index] = value(x)
        return y

    return f


CASES = {
    "a level in single precision": (lambda x: np.quantile(x, 0.3, axis=0), SINGLE),
    "a percentage in single precision": (lambda x: np.percentile(x, 30), SINGLE),
    "another method": (lambda x: np.quantile(x, 0.3, method="hazen"), SINGLE),
    "a list of levels": (lambda x: np.quantile(x, [0.3], axis=0), SINGLE),
    "accumulate nothing": (lambda x: np.maximum.accumulate(x, axis=0), NOTHING),
    "accumulate in another precision": (lambda x: np.maximum.accumulate(x, axis=0, dtype=np.float32), X),
    "hypot of nothing": (lambda x: np.hypot.reduce(x, axis=0), NOTHING),
    "hypot of nothing at all": (lambda x: np.hypot.reduce(x, axis=None, keepdims=True), NOTHING),
    "hypot of one each": (lambda x: np.hypot.reduce(x[:, :1], axis=1), X),
    "one entry is no view": (
        lambda x: (lambda r: (r.__setitem__(0, 5.0), x * r)[1])(np.subtract.reduce(x[:1], axis=0)),
        X,
    ),
    "slopes in single precision": (lambda x: np.gradient(x, 2, axis=1), SINGLE),
    "steps in single precision": (lambda x: np.ediff1d(x, to_begin=[1.0, 2.0], to_end=0.5), SINGLE),
    "logaddexp of nothing": (lambda x: np.logaddexp.reduce(x, axis=0), NOTHING),
    "logaddexp from a start": (lambda x: np.logaddexp.reduce(x, axis=0, initial=2.0), X),
    "max of nothing": (lambda x: np.max(x, axis=0, initial=2.0), NOTHING),
    "max of nothing, axes kept": (lambda x: np.max(x, initial=2.0, keepdims=True), NOTHING),
    "max along what there is": (lambda x: np.max(x, axis=1, initial=2.0), NOTHING),
    "min of nothing": (lambda x: np.minimum.reduce(x, axis=None, initial=2.0), NOTHING),
    "insert with more axes": (lambda x: np.insert(x, [0, 1], x[:1, :1]), X),
    "store with more axes at places": (with_store((0, [0, 1]), lambda x: x[None, :1, :2]), X),
    "store with more axes at rows": (with_store([0, 1], lambda x: x[None]), X),
    "store with more axes in a row": (with_store(0, lambda x: x[None, :1]), X),
    "put nothing": (lambda x: (lambda y: (y.put([0], x[:0]), y)[1])(x * 1), X),
    "putmask nothing": (lambda x: (lambda y: (np.putmask(y, y > 0, x[:0]), y)[1])(x * 1), X),
    "arrays of numbers": (
        lambda x: (lambda s: (np.broadcast_arrays(s, s)[0].__setitem__(..., 1.0), s * x)[1])(x[0, 0] * 2.0),
        X,
    ),
    "choose by the rows": (lambda x: np.choose((x > 0).astype(int), [x, 2 * x]), X),
    **{
        f"{f.__name__} is a number": (lambda x, f=f: operator.itruediv(f(x), x), X)
        for f in (np.median, np.nanmedian, np.nanvar, np.nanstd, np.nanmax)
    },
    "a quantile is a number": (lambda x: operator.itruediv(np.quantile(x, 0.5), x), X),
}


@pytest.mark.parametrize("name", CASES)
def test_edge(name):
    f, x = CASES[name]
    want = f(x.copy())
    v, t = np.ones_like(x), np.ones_like(want)
    value, tangent = dualad.jvp(f, (x,), (v,))
    again, pull = dualad.vjp(f, x)
    for got in (value, again, dualad.vmap(f)(np.stack([x, x]))[1]):
        assert np.shape(got) == np.shape(want) and np.asarray(got).dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-6)
    cotangent = pull(t)[0]
    np.testing.assert_allclose(np.sum(cotangent * v), np.sum(tangent * t), rtol=1e-5)
    total = dualad.grad(lambda x: np.sum(f(x)))
    np.testing.assert_allclose(dualad.vmap(total)(np.stack([x, x]))[1], cotangent, rtol=1e-5)
    if x.dtype == np.float64 and x.size and want.dtype == np.float64:
        slope, _ = dualad.testing.richardson(f, (x,), (v,))
        np.testing.assert_allclose(tangent, slope, atol=1e-7, rtol=1e-6)


def test_hypot_of_nothing_has_an_identity_and_fmod_has_not():
    with pytest.raises(ValueError, match="zero-size array to reduction operation fmod"):
        dualad.jvp(lambda x: np.fmod.reduce(x, axis=0), (NOTHING,), (NOTHING,))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_slopes_of_whole_numbers_do_not_wrap_around(dtype):
    y, x = np.array([3, 1, 2, 0], dtype), np.array([1, 2, 4, 3], dtype)
    for f, at in (
        (lambda s: np.gradient(y, s), np.float64(0.5)),
        (lambda s: np.gradient(y, s, edge_order=2), np.array([0.0, 1.0, 3.0, 4.0])),
        (lambda s: np.gradient(s, x), np.array([0.1, 0.5, 0.2, 0.9])),
    ):
        for value in (dualad.vjp(f, at)[0], dualad.jvp(f, (at,), (at,))[0]):
            np.testing.assert_allclose(value, f(at), rtol=1e-14)
