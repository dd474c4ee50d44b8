"""The four cases that catch what simple chains do not, and the promises of the engines."""

import threading

import numpy as np
import pytest

import dualad
from dualad.ops.arithmetic import add, multiply
from dualad.ops.elementary import exp, log, sin
from dualad.ops.select import where


def diamond(x):
    a = sin(x)
    b = a * x
    c = a + exp(b)
    return c * b + a


def first(f, mode):
    if mode == "forward":
        return lambda x: dualad.jvp(f, (x,), (1.0,))[1]
    return dualad.grad(f)


@pytest.mark.parametrize("outer", ["forward", "reverse"])
@pytest.mark.parametrize("inner", ["forward", "reverse"])
def test_diamond_second_order_in_all_mixes(outer, inner):
    x, h = 0.7, 1e-4
    got = first(first(diamond, inner), outer)(x)
    want = (diamond(x + h) - 2 * diamond(x) + diamond(x - h)) / h**2
    assert abs(got - want) < 1e-6
    exact = first(first(diamond, "reverse"), "reverse")(x)
    assert abs(got - exact) < 1e-12


def test_four_threads_on_one_pullback():
    x = np.linspace(0.1, 1.0, 50)

    def f(x):
        for _ in range(20):
            x = sin(x) * x + x
        return x

    _, pullback = dualad.vjp(f, x)
    seeds = [np.random.default_rng(k).normal(size=50) for k in range(4)]
    want = [pullback(s)[0] for s in seeds]
    wrong = []

    def work(k):
        for _ in range(100):
            if not np.array_equal(pullback(seeds[k])[0], want[k]):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_constant_overwritten_in_a_loop():
    def f(x):
        c = np.empty(3)
        total = 0.0
        for k in range(1, 4):
            c[:] = k
            total = total + multiply(x, c)
        return total.sum()

    assert np.array_equal(dualad.grad(f)(np.ones(3)), np.full(3, 6.0))


def test_masked_nan_and_infinite_derivatives():
    data = np.array([1.0, np.nan, 3.0])
    mask = ~np.isnan(data)

    def f(x):
        return where(mask, multiply(x, data), 0.0).sum()

    assert np.array_equal(dualad.grad(f)(np.ones(3)), [1.0, 0.0, 3.0])

    def g(x):
        return where(x > 0, log(x), 0.0).sum()

    with np.errstate(divide="ignore"):
        assert np.array_equal(dualad.grad(g)(np.array([0.0, 2.0])), [0.0, 0.5])


def test_masked_nan_in_large_arrays_whose_tape_is_freed():
    n = 40_000
    data = np.where(np.arange(n) % 3 == 0, np.nan, 2.0)
    mask = ~np.isnan(data)

    def f(x):
        return where(mask, sin(multiply(x, data)), 0.0).sum()

    got = dualad.grad(f)(np.zeros(n))
    assert np.array_equal(got, np.where(mask, 2.0, 0.0))


def test_a_hundred_thousand_operations():
    def f(x):
        for _ in range(100_000):
            x = x * 1.00001
        return x

    assert np.isclose(dualad.grad(f)(1.0), 1.00001**100_000)
    y, pullback = dualad.vjp(f, 1.0)
    del y, pullback


def test_perturbation_confusion():
    def f(x):
        return x * dualad.jvp(lambda y: add(x, y), (1.0,), (1.0,))[1]

    assert dualad.jvp(f, (1.0,), (1.0,))[1] == 1.0
    assert dualad.grad(lambda x: x * dualad.grad(lambda y: x * y)(1.0))(3.0) == 6.0


def test_leaked_value():
    kept = []

    def f(x):
        kept.append(x)
        return x * x

    dualad.grad(f)(2.0)
    with pytest.raises(dualad.LeakedValue, match="has returned"):
        dualad.grad(lambda y: y * kept[0])(1.0)
