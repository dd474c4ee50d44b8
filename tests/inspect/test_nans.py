"""Births of NaN and infinity: which primitive, which line, in the value or only in the derivative."""

import sys

import numpy as np
import pytest

import dualad
import dualad.nn as nn
from dualad.inspect.nans import NanError

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

ZEROS = np.array([0.0, 1.0])
MIXED = np.array([2.0, 1.0, -1.0])


def logs(x):
    y = x * 2
    return np.sum(np.log(y))


def roots(x):
    y = x**0.5
    z = y * 1.0
    return np.sum(y - z)


def apart(x):
    a = np.sqrt(x)
    b = np.sqrt(x * 2.0)
    return np.sum(a - b)


def line_of(f, n):
    return f.__code__.co_firstlineno + n


def caught(run, **options) -> NanError:
    with pytest.raises(NanError) as error, dualad.debug_nans(**options):
        run()
    assert sys.getprofile() is None
    return error.value


FORWARD = {
    "grad": lambda f, x: dualad.grad(f)(x),
    "vjp": lambda f, x: dualad.vjp(f, x),
    "jvp": lambda f, x: dualad.jvp(f, (x,), (x,)),
    "vmap": lambda f, x: dualad.vmap(f)(np.stack([x, x])),
    "hessian": lambda f, x: dualad.hessian(f)(x),
    "jacfwd": lambda f, x: dualad.jacfwd(f)(x),
    "grad of grad": lambda f, x: dualad.grad(lambda y: dualad.grad(f)(y)[0])(x),
    "linearize": lambda f, x: dualad.linearize(f, x),
    "checkpoint": lambda f, x: dualad.grad(dualad.checkpoint(f))(x),
    "trace": lambda f, x: dualad.trace(f)(x),
}


@pytest.mark.parametrize("verb", FORWARD)
def test_born_in_the_value(verb):
    error = caught(lambda: FORWARD[verb](logs, MIXED))
    assert (error.primitive, error.where, error.born) == ("log", "value", True)
    assert error.line.number == line_of(logs, 2)
    assert error.line.text == "return np.sum(np.log(y))"
    assert "NaN born in the value, in log at test_nans.py:" in str(error)
    assert ("f64[2, 3], from -2 to 4" if verb == "vmap" else "[ 4.,  2., -2.]") in str(error)
    assert "np.where(ok, x, 1.0) before the call" in str(error)


@pytest.mark.parametrize("verb", ["jvp", "jacfwd", "hessian"])
def test_born_only_in_the_tangent(verb):
    run = FORWARD[verb] if verb != "jvp" else lambda f, x: dualad.jvp(f, (x,), (np.ones(2),))
    error = caught(lambda: run(roots, ZEROS))
    assert (error.primitive, error.where, error.born) == ("subtract", "tangent", True)
    assert error.line.number == line_of(roots, 3)
    assert "born only in the tangent: the value has none" in str(error)
    assert "tangent of x" in str(error)
    assert f"an infinite slope was born before, in power at test_nans.py:{line_of(roots, 1)}" in str(error)


@pytest.mark.parametrize(
    "run",
    [
        lambda: dualad.grad(apart)(ZEROS),
        lambda: dualad.vjp(apart, ZEROS)[1](1.0),
        lambda: dualad.jacrev(lambda x: apart(x)[None])(ZEROS),
        lambda: dualad.grad(lambda x: apart(x) * 2)(ZEROS),
        lambda: dualad.vmap(dualad.grad(apart))(np.stack([ZEROS, ZEROS])),
    ],
)
def test_born_only_in_the_cotangent(run):
    error = caught(run)
    assert (error.primitive, error.where, error.born) == ("sqrt", "cotangent", True)
    assert error.line.number == line_of(apart, 1)
    assert "born only in the derivative, in the cotangent of an argument" in str(error)
    assert f"an infinite slope was born before, in sqrt at test_nans.py:{line_of(apart, 2)}" in str(error)
    assert "no finite slope at this point" in str(error)


def test_a_tangent_of_second_order():
    def f(x):
        return dualad.grad(lambda y: np.sum(y**1.5))(x)[0]

    error = caught(lambda: dualad.jvp(lambda x: f(x) - f(x), (ZEROS,), (np.ones(2),)))
    assert error.primitive == "subtract"
    assert error.where == "tangent"


# ---- what is no error -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "want"),
    [
        (lambda x: np.sum(np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0)), MIXED, [0.5, 1, 0]),
        (lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)), ZEROS, [0, 0.5]),  # the strong zero
        (lambda x: np.sum(np.sqrt(x)), ZEROS, [np.inf, 0.5]),
        (logs, np.array([1.0, 2.0]), [1, 0.5]),
    ],
)
def test_right_programs_pass(f, x, want):
    with dualad.debug_nans():
        np.testing.assert_allclose(dualad.grad(f)(x), want, rtol=1e-15)


def test_the_remedy_works():
    def remedied(x):
        ok = x > 0
        return apart(np.where(ok, x, 1.0) * np.where(ok, 1.0, 0.25))

    want = 0.5 - 0.5 * np.sqrt(2)
    with dualad.debug_nans(infs=True):
        np.testing.assert_allclose(dualad.grad(remedied)(ZEROS), [0, want], rtol=1e-14)
        np.testing.assert_allclose(dualad.grad(remedied)(np.ones(2)), [want, want], rtol=1e-14)


def test_missing_data():
    data = np.array([np.nan, 1.0])
    f = lambda x: np.sum(np.where(np.isnan(data), 0.0, x * data))  # noqa: E731
    error = caught(lambda: dualad.grad(f)(ZEROS))
    assert (error.primitive, error.where, error.born) == ("multiply", "value", False)
    assert "it has come in with an argument or a constant" in str(error)
    assert "debug_nans(inherited=False)" in str(error)
    with dualad.debug_nans(inherited=False):
        np.testing.assert_array_equal(dualad.grad(f)(ZEROS), [0, 1])
    error = caught(lambda: dualad.grad(lambda x: f(x) + logs(x))(-ZEROS), inherited=False)
    assert error.born


def test_a_birth_beside_an_inherited_one():
    x = np.array([np.nan, -1.0])
    error = caught(lambda: dualad.grad(lambda x: np.sum(np.log(x)))(x), inherited=False)
    assert (error.primitive, error.born) == ("log", True)


def test_a_nan_that_a_rule_has_kept():
    data = np.array([np.nan, 1.0])
    error = caught(lambda: dualad.grad(lambda x: np.sum(x * data))(ZEROS), inherited=False)
    assert (error.primitive, error.where, error.born) == ("multiply", "cotangent", False)
    assert "a value that the rule uses has it" in str(error)


def test_tangents_that_come_in():
    run = lambda: dualad.jvp(np.sin, (ZEROS,), (np.array([np.nan, 1]),))  # noqa: E731
    error = caught(run)
    assert (error.where, error.born) == ("tangent", False)
    with dualad.debug_nans(inherited=False):
        run()


# ---- infinities ---------------------------------------------------------------------------------------


def test_infinities():
    error = caught(lambda: dualad.grad(lambda x: np.sum(np.exp(x)))(np.array([1e3])), infs=True)
    assert (error.primitive, error.where) == ("exp", "value")
    with pytest.raises(NanError, match="infinity born only in the derivative") as found, dualad.debug_infs():
        dualad.grad(apart)(ZEROS)
    assert found.value.primitive == "sqrt"
    assert found.value.line.number == line_of(apart, 2)


def test_debug_infs_lets_infinite_constants_be():
    with dualad.debug_infs():
        g = dualad.grad(lambda x: np.sum(np.maximum(x, -np.inf)))(ZEROS)
    np.testing.assert_array_equal(g, [1, 1])


# ---- tensors ------------------------------------------------------------------------------------------


def test_tensors():
    def forward():
        x = dualad.tensor([1.0, -1.0], requires_grad=True)
        (x * 2).log().sum().backward()

    error = caught(forward)
    assert (error.primitive, error.where, error.line.number) == ("log", "value", line_of(forward, 2))

    def backward():
        x = dualad.tensor([0.0, 1.0], requires_grad=True)
        y = x.sqrt()
        (y - (x * 2).sqrt()).sum().backward()

    error = caught(backward)
    assert (error.primitive, error.where) == ("sqrt", "cotangent")
    assert error.line.number == line_of(backward, 2)


def test_backward_alone():
    x = dualad.tensor([0.0, 0.0], requires_grad=True)
    loss = (x.sqrt() - (x * 2).sqrt()).sum()
    error = caught(loss.backward)
    assert (error.primitive, error.where) == ("sqrt", "cotangent")
    assert not error.line


def test_training_passes_and_is_the_same():
    def steps():
        dualad.manual_seed(0)
        net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
        optimizer = dualad.optim.SGD(net.parameters(), lr=0.1)
        x = dualad.randn(8, 3)
        for _ in range(3):
            optimizer.zero_grad()
            (net(x) ** 2).mean().backward()
            optimizer.step()
        return [p.detach().numpy() for p in net.parameters()]

    want = steps()
    with dualad.debug_nans(infs=True):
        got = steps()
    for a, b in zip(want, got, strict=True):
        np.testing.assert_array_equal(a, b)


def test_hooks_are_called_once():
    calls = []
    x = dualad.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: calls.append(g.tolist()))
    with dualad.debug_nans():
        y.sum().backward()
    assert calls == [[1.0, 1.0]]
    assert x.grad.tolist() == [2.0, 2.0]


# ---- the block ----------------------------------------------------------------------------------------


def test_nothing_is_seen_outside():
    with dualad.debug_nans():
        pass
    assert np.isnan(dualad.grad(logs)(-MIXED) * 0 + np.log(-1.0)).all()
    assert sys.getprofile() is None


def test_it_is_a_floating_point_error():
    with pytest.raises(FloatingPointError), dualad.debug_nans():
        dualad.grad(logs)(MIXED)


def test_a_second_block_after_an_error():
    for _ in range(2):
        caught(lambda: dualad.grad(logs)(MIXED))


def test_stores_that_wait_are_left_waiting():
    def f(x):
        y = np.zeros_like(x)
        for i in range(3):
            y[i] = x[i] ** 2
        return np.sum(np.log(y - 1))

    error = caught(lambda: dualad.grad(f)(np.array([2.0, 0.5, 3.0])))
    assert (error.primitive, error.line.number) == ("log", line_of(f, 4))
