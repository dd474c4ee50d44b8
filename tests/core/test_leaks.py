"""Traced values that outlive their transform are found wherever they are used; errors leave nothing behind."""

import copy
import gc
import pickle

import numpy as np
import pytest

import dualad

A = np.array([1.0, 2.0, 3.0])


def leaked(transform):
    kept = []

    def f(x):
        kept.append(x)
        return np.sum(x * x)

    transform(f)
    return kept[0]


TRANSFORMS = {
    "grad": lambda f: dualad.grad(f)(A),
    "vjp": lambda f: dualad.vjp(f, A),
    "jvp": lambda f: dualad.jvp(f, (A,), (A,)),
    "linearize": lambda f: dualad.linearize(f, A),
    "vmap": lambda f: dualad.vmap(f)(np.ones((2, 3))),
}
USES = {
    "float": lambda x: float(x[0]),
    "asarray": lambda x: np.asarray(x),
    "asarray of a result": lambda x: np.asarray(np.sin(x) * 2),
    "in grad": lambda x: dualad.grad(lambda y: np.sum(y * x))(A),
    "beside the argument": lambda x: dualad.grad(lambda y: np.sum(y) + np.sum(x))(A),
    "in jvp": lambda x: dualad.jvp(lambda y: np.sum(y * x), (A,), (A,)),
    "in vmap": lambda x: dualad.vmap(lambda y: np.sum(y * x))(np.ones((2, 3))),
    "in linearize": lambda x: dualad.linearize(lambda y: y * x, A)[0],
    "as argument": lambda x: dualad.grad(np.sum)(x),
    "as tangent": lambda x: dualad.jvp(np.sin, (A,), (x,)),
    "as cotangent": lambda x: dualad.vjp(np.sin, A)[1](x),
    "as aux": lambda x: dualad.grad(lambda y: (np.sum(y), x), has_aux=True)(A),
    "pickled": lambda x: pickle.dumps(x),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("use", USES)
def test_values_of_an_ended_transform(transform, use):
    with pytest.raises(
        dualad.LeakedValue, match=f"traced by {transform} is used after {transform} has returned"
    ):
        USES[use](leaked(TRANSFORMS[transform]))


def test_a_generator_that_is_drawn_too_late():
    kept = []

    def squares(x):
        for v in x:
            yield v * v

    def f(x):
        kept.append(squares(x))
        return sum(squares(x))

    assert np.allclose(dualad.grad(f)(A), 2 * A)
    with pytest.raises(dualad.LeakedValue):
        float(next(kept[0]))


def test_a_global_buffer():
    """The buffer keeps the values of the first call; the second one says so."""
    buffer = dualad.numpy.zeros(3)

    def f(x):
        buffer[0] = x[0] ** 2
        return np.sum(buffer)

    assert np.allclose(dualad.grad(f)(A), [2.0, 0.0, 0.0])
    with pytest.raises(dualad.LeakedValue):
        dualad.grad(f)(A)


def test_inner_values_do_not_serve_the_outer_function():
    def f(x):
        kept = []
        dualad.grad(lambda y: (kept.append(y * x), np.sum(y * x))[1])(x)
        return np.sum(kept[0])

    with pytest.raises(dualad.LeakedValue):
        dualad.grad(f)(A)


def test_a_pickle_would_lose_the_derivative():
    for transform in TRANSFORMS.values():
        with pytest.raises(dualad.ConversionError, match="pickling"):
            transform(lambda x: np.sum(pickle.loads(pickle.dumps(x)) ** 2))
    restored = pickle.loads(pickle.dumps(dualad.numpy.ones(2)))
    assert isinstance(restored, type(dualad.numpy.ones(2)))
    assert np.array_equal(np.asarray(restored), [1.0, 1.0])
    assert np.allclose(dualad.grad(lambda x: np.sum(copy.deepcopy({"a": [x]})["a"][0] ** 2))(A), 2 * A)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, GeneratorExit])
def test_errors_leave_nothing_behind(error):
    state = np.geterr(), np.geterrcall()
    kept = []

    def f(x):
        kept.append(x)
        raise error

    for transform in TRANSFORMS.values():
        with pytest.raises(error):
            transform(f)
    assert (np.geterr(), np.geterrcall()) == state
    for x in kept:
        with pytest.raises(dualad.LeakedValue):
            np.asarray(x)
    assert np.allclose(dualad.grad(lambda x: np.sum(np.sin(x)))(A), np.cos(A))
    with pytest.raises(error):
        dualad.grad(lambda x: dualad.jvp(f, (x,), (x,))[1])(A)
    assert np.allclose(dualad.hessian(lambda x: np.sum(x**3))(A), np.diag(6 * A))


# ---- what is done with goes at once, and does not wait for the collector of cycles ------------------------------


class Twice(dualad.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 2 * x

    @staticmethod
    def backward(ctx, g):
        return 2 * g


def custom(x):
    f = dualad.custom_vjp(lambda x: 2 * x)
    f.defvjp(lambda x: (2 * x, x), lambda x, g: (2 * g,))
    return dualad.vjp(f, x)


ONE_SHOT = {
    "custom_vjp": custom,
    "custom_vjp forward": lambda x: dualad.jvp(lambda x: custom(x)[0], (x,), (x,)),
    "Function": lambda x: Twice.apply(dualad.tensor(x, requires_grad=True) * 1),
    "black box": lambda x: dualad.vjp(dualad.black_box(np.sin, vjp=lambda xs, out, g: (g,)), x),
    "root": lambda x: dualad.vjp(dualad.custom_root(lambda y, a: y - a)(lambda y, a: a), x, x),
    "checkpoint": lambda x: dualad.vjp(dualad.checkpoint(np.sin), x),
    "budget": lambda x: dualad.vjp(dualad.checkpoint(lambda x: np.sin(np.exp(x)), budget=10**6), x),
    "operator": lambda x: dualad.jacobian_operator(np.sin, x) @ x,
}


@pytest.mark.parametrize("call", ONE_SHOT)
def test_no_cycles(call):
    """A tape may be gigabytes, and arrays are not what the collector counts."""
    ONE_SHOT[call](A)
    gc.collect()
    gc.disable()
    try:
        ONE_SHOT[call](A)
        assert gc.collect() == 0
    finally:
        gc.enable()
