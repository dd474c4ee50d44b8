"""Programs as scientists write them, in plain NumPy: loops with stores and views, closures over traced values,
buffers that are used again, Python's own sums and maxima. Right in both engines and both orders, or an error."""

import functools
import operator

import numpy as np
import pytest

import dualad
from dualad.testing import check_grads

rng = np.random.default_rng(1)
X = np.abs(rng.normal(size=4)) + 0.5
A = rng.normal(size=(3, 4))
S = rng.normal(size=(4, 4)) + 4 * np.eye(4)
SHARED = np.zeros(4)


def runge_kutta(x):
    f = lambda y: np.stack([y[1], -np.sin(y[0])])  # noqa: E731
    y, h = x[:2], 0.1 * x[2]
    for _ in range(5):
        a = f(y)
        b = f(y + h / 2 * a)
        c = f(y + h / 2 * b)
        y = y + h / 6 * (a + 2 * b + 2 * c + f(y + h * c))
    return y


def leapfrog(x):
    q, v = x[:2].copy(), x[2:].copy()
    for _ in range(4):
        v -= 0.05 * q
        q += 0.1 * v
        v -= 0.05 * q
    return np.concatenate([q, v])


def heat(x):
    u = np.pad(x, 1)
    for _ in range(4):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return u


def thomas(x):
    a, b, c, d = np.ones(4), 4 + x, np.ones(4), x.copy()
    for i in range(1, 4):
        w = a[i] / b[i - 1]
        b[i] -= w * c[i - 1]
        d[i] -= w * d[i - 1]
    r = np.empty_like(d)
    r[-1] = d[-1] / b[-1]
    for i in range(2, -1, -1):
        r[i] = (d[i] - c[i] * r[i + 1]) / b[i]
    return r


def elimination(x):
    m, b = S + np.diag(x), x.copy()
    for i in range(4):
        for j in range(i + 1, 4):
            w = m[j, i] / m[i, i]
            m[j] -= w * m[i]
            b[j] -= w * b[i]
    for i in range(3, -1, -1):
        b[i] = (b[i] - m[i, i + 1 :] @ b[i + 1 :]) / m[i, i]
    return b


def kalman(x):
    m, v, total = x[0], x[1] ** 2 + 1, 0.0
    for z in [1.0, 2.0, 0.5]:
        v = v + x[2] ** 2
        total -= 0.5 * (np.log(v + 1) + (z - m) ** 2 / (v + 1))
        k = v / (v + 1)
        m, v = m + k * (z - m), (1 - k) * v
    return total


def recursion(x):
    return x[0] if len(x) == 1 else np.sin(recursion(x[: len(x) // 2])) * recursion(x[len(x) // 2 :])


def shared_buffer(x):
    """A constant of the user's is overwritten between its uses."""
    SHARED[:] = 1.0
    y = x * SHARED
    SHARED[:] = 2.0
    y = y * SHARED
    SHARED[:] = 7.0
    return y


def constants_change(x):
    c, i, m = S.copy(), np.array([0, 1, 1]), np.array([True, False, True, False])
    y = np.sum(np.linalg.solve(c, x)) + np.sum(c @ x) + x[i] @ x[i] + np.where(m, x, 0) @ x
    c[:], i[:], m[:] = 0, 3, False
    return y


def fft_filter(x):
    f = np.fft.rfft(x)
    f[2:] = 0
    return np.fft.irfft(f, 4)


def out_and_where(x):
    buffer = np.ones_like(x)
    np.log(x, out=buffer, where=x > 1)
    np.multiply(buffer, x, out=buffer)
    return buffer


def inner_transforms(x):
    g = dualad.grad(lambda y: dualad.jvp(lambda z: np.sum(np.sin(z * y) * x), (x,), (y,))[1])(x)
    h = dualad.hessian(lambda y: np.sum(y**3 * x))(x) @ x
    rows = dualad.vmap(lambda r: np.sum(r * x))(A)
    value, push = dualad.linearize(lambda z: np.sin(z) * x, x)
    return g + h + np.sum(rows) + push(x) * value


PROGRAMS = {
    "rosenbrock": lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
    "likelihood": lambda x: np.sum(0.5 * ((A[:, 0] - x[0]) / np.exp(x[1])) ** 2 + x[1]),
    "logistic": lambda x: np.sum(np.logaddexp(0, -(A @ x))),
    "kernel": lambda x: x @ np.linalg.solve(np.exp(-((x[:, None] - x) ** 2)) + np.eye(4), x),
    "Python's sum": lambda x: sum(x) + sum(v * v for v in x) + functools.reduce(operator.mul, x),
    "Python's max": lambda x: max(x) * min(x) + sorted(x)[1] ** 2,
    "a dict": lambda x: {k: v**2 for k, v in zip("abcd", x, strict=True)}["b"] * x[0],
    "unpacking": lambda x: (lambda a, b, *c: a * b + c[0] - c[1])(*x),
    "a swap": lambda x: (lambda y: (operator.setitem(y, [0, 1], y[[1, 0]]), y * np.arange(4))[1])(x.copy()),
    **{
        f.__name__: f
        for f in (
            runge_kutta,
            leapfrog,
            heat,
            thomas,
            elimination,
            kalman,
            recursion,
            shared_buffer,
            constants_change,
            fft_filter,
            out_and_where,
            inner_transforms,
        )
    },
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    f = PROGRAMS[name]
    assert np.allclose(dualad.jvp(f, (X,), (X,))[0], f(X), rtol=1e-13)
    assert np.allclose(dualad.vjp(f, X)[0], f(X), rtol=1e-13)
    check_grads(f, (X,), order=2)
    total = lambda x: np.sum(f(x))  # noqa: E731
    if name != "Python's max":
        rows = np.stack([X, X + 0.1])
        assert np.allclose(dualad.vmap(f)(rows), [f(r) for r in rows])
        gradients = [dualad.grad(total)(r) for r in rows]
        assert np.allclose(dualad.vmap(dualad.grad(total))(rows), gradients)
        assert np.allclose(dualad.grad(lambda x: np.sum(dualad.vmap(f)(x)))(rows), gradients)


LOSING = {
    "np.array": lambda x: np.array([x[0], x[1]]),
    "np.array of objects": lambda x: np.array([x[0], x[1]], dtype=object).sum(),
    "np.float64": lambda x: np.float64(x[0]),
    "a store": lambda x: operator.setitem(np.zeros(4), 0, x[0]),
    "a store of a list": lambda x: operator.setitem(np.zeros(4), slice(2), [x[0], x[1]]),
    "a masked store": lambda x: operator.setitem(np.zeros(4), np.ones(4, bool), x),
    "in place": lambda x: operator.iadd(np.zeros(4), x),
    "out": lambda x: np.sin(x, out=np.zeros(4)),
    "np.add.at": lambda x: np.add.at(np.zeros(4), [0, 0], x[:2]),
    "np.copyto": lambda x: np.copyto(np.zeros(4), x),
    "fill": lambda x: np.zeros(4).fill(x[0]),
    "np.full": lambda x: np.full(3, x[0]),
    "np.arange": lambda x: np.arange(x[0]),
    "initial": lambda x: np.sum(A, initial=x[0]),
    "random": lambda x: np.random.default_rng(0).normal(x, 1.0),
    "np.vectorize": lambda x: np.vectorize(lambda v: v * v)(x),
    "np.ndenumerate": lambda x: sum(v for _, v in np.ndenumerate(x)),
    "np.fromiter": lambda x: np.fromiter(x, float),
    "%": lambda x: operator.mod("%.3f", x[0]),
}
DAYS, OBJECTS = np.array([3, 4, 5, 6], "m8[D]"), np.array([1, 2, 3, 4], object)
WITHOUT_DERIVATIVE = {
    "a span of time": lambda x: x * DAYS,
    "a span of time, first": lambda x: DAYS / x,
    "a single span": lambda x: x * DAYS[0],
    "objects": lambda x: x * OBJECTS,
    "objects, first": lambda x: OBJECTS - x,
    "an object": lambda x: x + np.array(1, object),
    "a matrix of objects": lambda x: np.diag(OBJECTS) @ x,
    "a product with objects": lambda x: x @ np.diag(OBJECTS),
    "outer": lambda x: np.outer(x, OBJECTS),
}


@pytest.mark.parametrize("name", WITHOUT_DERIVATIVE)
def test_no_array_of_objects_or_times_takes_a_derivative(name):
    f = WITHOUT_DERIVATIVE[name]
    for transform in (
        lambda f: dualad.grad(lambda x: np.sum(f(x)))(X),
        lambda f: dualad.jvp(f, (X,), (X,)),
        lambda f: dualad.hessian(lambda x: np.sum(f(x)))(X),
    ):
        with pytest.raises(
            dualad.NotDifferentiable, match=r"dtype (object|timedelta64\[D\]).*hostile\.py.*astype\(float\)"
        ):
            transform(f)
    expected = f(X)
    found = dualad.vmap(f)(np.stack([X, X]))[0]
    assert found.dtype == expected.dtype and np.all(found == expected)  # vmap alone loses nothing


@pytest.mark.parametrize("name", LOSING)
def test_a_derivative_is_not_lost(name):
    """Right, or an error that says where and what to write."""
    f = LOSING[name]
    for transform in (
        lambda f: dualad.grad(lambda x: np.sum(f(x)))(X),
        lambda f: dualad.jvp(f, (X,), (X,)),
        lambda f: dualad.vmap(f)(np.stack([X, X])),
    ):
        with pytest.raises(dualad.DualadError, match=r"at test_hostile\.py:\d+.*(Write|Use|write|make)"):
            transform(f)
