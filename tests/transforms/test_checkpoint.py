"""checkpoint: the same values and derivatives, in less memory; closures, policies, budgets, random numbers."""

from __future__ import annotations

import threading
import tracemalloc
import warnings

import numpy as np
import pytest

import dualad
from dualad import checkpoint
from dualad import checkpoint_policies as policies
from dualad.utils.checkpoint import checkpoint as torch_checkpoint
from dualad.utils.checkpoint import checkpoint_sequential

A = np.random.default_rng(0).normal(size=(3, 3)) / 2
X, Y = np.random.default_rng(1).normal(size=(3, 3)), np.random.default_rng(2).normal(size=3)


def f(x, y):
    h = dualad.checkpoint_name(np.sin(x) @ A, name="h")
    z = np.where(h > 0, h * y, np.exp(h))
    _, s, _ = np.linalg.svd(z + 3 * np.eye(3))
    return np.tanh(z) * s, {"a": np.sum(h * y)}


def scalar(g):
    def total(x, y):
        a, rest = g(x, y)
        return np.sum(a**2) + rest["a"] ** 2

    return total


def third(g):
    inner = dualad.grad(scalar(g))
    second = dualad.grad(lambda x: np.sum(inner(x, Y) ** 2))
    return dualad.grad(lambda x: np.sum(second(x)))(X)


VARIANTS = {
    "nothing kept": checkpoint(f),
    "nested": checkpoint(checkpoint(f)),
    "products": checkpoint(f, policy=policies.dots_saveable),
    "products of matrices": checkpoint(f, policy=policies.dots_with_no_batch_dims_saveable),
    "everything": checkpoint(f, policy=policies.everything_saveable),
    "nothing by policy": checkpoint(f, policy=policies.nothing_saveable),
    "names": checkpoint(f, policy=policies.save_only_these_names("h")),
    "all but names": checkpoint(f, policy=policies.save_anything_except_these_names("h")),
    "large budget": checkpoint(f, budget=10**6),
    "small budget": checkpoint(f, budget=600),
    "budget in a checkpoint": checkpoint(checkpoint(f, budget=600)),
}

MODES = {
    "values": lambda g: g(X, Y),
    "grad": lambda g: dualad.grad(scalar(g), (0, 1))(X, Y),
    "jvp": lambda g: dualad.jvp(scalar(g), (X, Y), (X, Y)),
    "hessian": lambda g: dualad.hessian(scalar(g), (0, 1))(X, Y),
    "reverse over reverse": lambda g: dualad.jacrev(dualad.jacrev(scalar(g)), 1)(X, Y),
    "reverse over forward": lambda g: dualad.jacrev(dualad.jacfwd(scalar(g), 1))(X, Y),
    "third order": third,
    "rows of gradients": lambda g: dualad.vmap(dualad.grad(scalar(g), 1), (None, 0))(X, np.stack([Y, 2 * Y])),
    "gradient of rows": lambda g: dualad.grad(
        lambda y: np.sum(dualad.vmap(scalar(g), (None, 0))(X, np.stack([y, 2 * y])))
    )(Y),
    "linearize": lambda g: dualad.linearize(scalar(g), X, Y)[1](X, Y),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_as_without(variant, mode):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "checkpoint: a budget")
        got = dualad.tree_leaves(MODES[mode](VARIANTS[variant]))
    for a, b in zip(got, dualad.tree_leaves(MODES[mode](f)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


# ---- it does compute again, and forgets --------------------------------------------------------------------


def counting(policy=None, **options):
    calls = []

    @checkpoint(policy=policy, **options)
    def g(x):
        calls.append(1)
        return np.sum(np.sin(x) * x)

    return g, calls


def test_the_function_runs_again_in_each_pull():
    g, calls = counting()
    _, pull = dualad.vjp(g, X)
    assert len(calls) == 1
    a, b = pull(1.0)[0], pull(1.0)[0]
    assert len(calls) == 3
    np.testing.assert_array_equal(a, b)


def chain(x, n):
    for _ in range(n):
        x = np.sin(x)
    return x


def peak(g, size):
    """Arrays at once during a gradient."""
    x = np.linspace(0.5, 1, size)
    tracemalloc.start()
    dualad.grad(lambda x: np.sum(g(x)))(x)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / x.nbytes


def test_memory_grows_as_the_square_root():
    n, size = 100, 20_000  # arrays above what the sweep keeps for a second pass

    def segments(x):
        for _ in range(10):
            x = checkpoint(chain)(x, 10)
        return x

    assert peak(lambda x: chain(x, n), size) > 100
    assert peak(segments, size) < 2 * 10 + 8
    assert peak(checkpoint(lambda x: chain(x, n), budget=24 * 8 * size), size) < 24 + 4


def test_a_budget_that_cannot_be_met_says_so():
    x = np.linspace(0, 1, 1000)
    with pytest.warns(UserWarning, match=r"budget of 30,000 bytes is too small .*test_checkpoint.*about"):
        g = dualad.grad(lambda x: np.sum(checkpoint(lambda x: chain(x, 100), budget=30_000)(x)))(x)
    np.testing.assert_allclose(g, dualad.grad(lambda x: np.sum(chain(x, 100)))(x))
    with pytest.raises(TypeError, match="a policy or a budget"):
        checkpoint(f, policy=policies.dots_saveable, budget=3)


NAMES = policies.save_only_these_names("kept")
OTHERS = policies.save_only_these_names("something else")


@pytest.mark.parametrize(
    ("policy", "evaluations"),
    [
        (None, 2),
        (policies.nothing_saveable, 2),
        (policies.everything_saveable, 1),
        (lambda prim, *_, **__: prim.name == "counted", 1),
        (
            policies.save_from_both_policies(
                policies.dots_saveable, lambda prim, *_, **__: prim.name == "counted"
            ),
            1,
        ),
        (policies.save_from_both_policies(policies.dots_saveable, NAMES), 2),
    ],
)
def test_what_a_policy_keeps_is_not_computed_again(policy, evaluations):
    """Counted by a primitive of the test's own."""
    calls = []

    @dualad.primitive
    def counted(x):
        """The exponential, and a count of its evaluations."""
        calls.append(1)
        return np.exp(x)

    try:
        counted.jvp(lambda dx, out: dx * out)
        counted.vjp(lambda g, out: g * out)
        _, pull = dualad.vjp(checkpoint(lambda x: np.sum(np.sin(counted(x) @ x)), policy=policy), X)
        (found,) = pull(1.0)
    finally:
        del dualad.core.primitive.REGISTRY["counted"]
    assert len(calls) == evaluations
    np.testing.assert_allclose(found, dualad.grad(lambda x: np.sum(np.sin(np.exp(x) @ x)))(X), rtol=1e-13)


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        (NAMES, {"checkpoint_name"}),
        (OTHERS, set()),
        (policies.save_any_names_but_these("kept"), set()),
        (policies.save_any_names_but_these("something else"), {"checkpoint_name"}),
        (policies.save_anything_except_these_names("kept"), {"sin", "exp", "matmul"}),
        (policies.dots_saveable, {"matmul"}),
        (policies.dots_with_no_batch_dims_saveable, {"matmul"}),
        (policies.save_from_both_policies(NAMES, policies.dots_saveable), {"checkpoint_name", "matmul"}),
    ],
)
def test_what_a_policy_says(policy, kept):
    said = {}

    def heard(prim, *args, **params):
        said[prim.name] = policy(prim, *args, **params)
        return said[prim.name]

    def f(x):
        return np.exp(dualad.checkpoint_name(np.sin(x), name="kept") @ x)

    dualad.vjp(checkpoint(f, policy=heard), X)
    assert set(said) == {"sin", "checkpoint_name", "matmul", "exp"}
    assert {name for name, keep in said.items() if keep} == kept
    rows = {}
    dualad.vjp(
        checkpoint(lambda x: x @ x, policy=lambda p, *a, **k: rows.setdefault(p.name, policy(p, *a, **k))),
        X[None],
    )
    assert rows["matmul"] == ("matmul" in kept and policy is not policies.dots_with_no_batch_dims_saveable)


# ---- closures, tensors ------------------------------------------------------------------------------------


def block(w):
    return lambda t: (t @ w).tanh()


@pytest.mark.parametrize(
    "wrap",
    [
        checkpoint,
        lambda g: checkpoint(g, policy=policies.dots_saveable),
        lambda g: checkpoint(g, budget=10**5),
    ],
    ids=["plain", "policy", "budget"],
)
def test_parameters_that_are_closed_over(wrap):
    def run(make):
        w, t = dualad.tensor(A, requires_grad=True), dualad.tensor(X, requires_grad=True)
        b = make(block(w))
        loss = (b(b(b(t))) ** 2).sum()
        loss.backward()
        (g,) = dualad.autograd.grad((b(b(t)) ** 2).sum(), w, create_graph=True)
        (h,) = dualad.autograd.grad((g**2).sum(), t)
        with pytest.raises(dualad.FreedGraph):
            loss.backward()
        return w.grad.numpy(), t.grad.numpy(), h.numpy()

    for a, b in zip(run(wrap), run(lambda g: g), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-14)


def test_input_without_gradient_and_a_module():
    layer = dualad.nn.Sequential(dualad.nn.Linear(3, 4), dualad.nn.Dropout(0.5), dualad.nn.Linear(4, 1))
    x = dualad.tensor(X.astype(np.float32))
    dualad.manual_seed(0)
    layer(x).sum().backward()
    expected = [p.grad.numpy().copy() for p in layer.parameters()]
    layer.zero_grad()
    dualad.manual_seed(0)
    out = torch_checkpoint(layer, x, use_reentrant=False)
    after = dualad.rand(1).item()
    dualad.manual_seed(0)
    layer(x)
    assert after == dualad.rand(1).item()
    out.sum().backward()  # draws the same dropout mask again, and leaves the generator alone
    for p, e in zip(layer.parameters(), expected, strict=True):
        np.testing.assert_array_equal(p.grad.numpy(), e)


def test_sequential():
    layers = dualad.nn.Sequential(*[dualad.nn.Linear(3, 3) for _ in range(5)])
    x = dualad.tensor(X.astype(np.float32), requires_grad=True)
    layers(x).sum().backward()
    expected = x.grad.numpy().copy()
    x.grad = None
    checkpoint_sequential(layers, 2, x, use_reentrant=False).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="5 functions cannot make 6"):
        checkpoint_sequential(layers, 6, x)
    with pytest.raises(NotImplementedError, match="reentrant"):
        torch_checkpoint(layers, x, use_reentrant=True)
    with pytest.raises(NotImplementedError, match="preserve_rng_state"):
        torch_checkpoint(layers, x, preserve_rng_state=False)
    with pytest.raises(ValueError, match="determinism_check"):
        torch_checkpoint(layers, x, determinism_check="other")


def test_functions_that_change_are_noticed():
    generator = np.random.default_rng(0)
    g = checkpoint(lambda x: x * generator.normal())
    with pytest.raises(dualad.RecomputationError, match=r"gave other values .*generator of its own"):
        dualad.grad(g)(1.0)
    np.random.seed(0)
    h = checkpoint(lambda x: x * np.random.normal())  # noqa: NPY002
    value, g = dualad.value_and_grad(h)(1.0)
    assert value == g


def test_constants_are_as_they_were():
    c = np.array([2.0, 3.0, 4.0])
    _, pull = dualad.vjp(lambda y: np.sum(checkpoint(lambda y, c: np.sin(y * c))(y, c)), Y)
    expected = c * np.cos(Y * c)
    c[:] = 0
    np.testing.assert_allclose(pull(1.0)[0], expected)


def test_threads_pull_at_once():
    _, pull = dualad.vjp(lambda x: scalar(checkpoint(checkpoint(f)))(x, Y), X)
    expected = dualad.grad(scalar(f))(X, Y)
    found: list = [None] * 8

    def work(k):
        for _ in range(10):
            found[k] = pull(1.0)[0]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for g in found:
        np.testing.assert_allclose(g, expected, rtol=1e-12)


def test_masked_not_a_number():
    g = checkpoint(lambda x: np.where(x > 0, np.log(x), 0.0))
    with np.errstate(all="ignore"):
        assert dualad.grad(lambda x: np.sum(g(x)))(np.array([0.0, 2.0])).tolist() == [0, 0.5]


def test_outputs_that_are_inputs_or_constants():
    g = checkpoint(lambda x: (x, 3.0, np.arange(2), x * 2))
    out = dualad.grad(lambda x: g(x)[0] * g(x)[3] + g(x)[1])(2.0)
    assert out == 8


@pytest.mark.parametrize("budget", [1, 200, 10_000])
def test_a_budget_where_the_function_stores_into_arrays(budget):
    """What is stored waits in the array it is stored into, when the box that computed it has gone."""

    def storing(x):
        y = np.zeros_like(x)
        y[0] = x[1] * x[2]
        z = y * 2
        y[1:] = np.cos(x[:2]) * y[0]
        z[1] += np.sin(y[1])
        return y * z

    def scalar_of(g):
        return lambda x: np.dot(g(x), np.array([1.0, 2.0, -0.5]))

    within = scalar_of(checkpoint(storing, budget=budget))
    x = np.array([0.3, 0.4, 0.5])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "checkpoint: a budget")
        for take in (
            dualad.grad,
            lambda f: dualad.jacrev(dualad.grad(f)),
            lambda f: dualad.jacfwd(dualad.grad(f)),
        ):
            np.testing.assert_allclose(take(within)(x), take(scalar_of(storing))(x), rtol=1e-13)


def storing_all(x):
    y = np.zeros_like(x)
    y[0] = x[1] * x[2]
    y[1:] = np.cos(x[:2])
    return y


def f_of_y(y):
    return np.sin(y) * np.sum(y)


INNER = {
    "stores": storing_all,
    "policy": checkpoint(f_of_y, policy=policies.everything_saveable),
    "plain": checkpoint(f_of_y),
    "budget": checkpoint(f_of_y, budget=10),
}
OUTER = {
    "plain": checkpoint,
    "policy": lambda g: checkpoint(g, policy=policies.everything_saveable),
    "budget": lambda g: checkpoint(g, budget=10),
}


@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("outer", OUTER)
def test_checkpoints_in_checkpoints_and_stores_at_their_end(outer, inner):
    """An inner piece runs again when the outer one has ended: it must not take what was kept for that, and stores that
    wait on a result are carried out before."""
    bare = {"stores": storing_all}.get(inner, f_of_y)
    w = np.array([1.0, 2.0, -0.5])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "checkpoint: a budget")
        for take in (dualad.grad, dualad.hessian, lambda h: dualad.jacrev(dualad.grad(h))):
            got = take(lambda y: OUTER[outer](INNER[inner])(2 * y) @ w)(Y)
            np.testing.assert_allclose(got, take(lambda y: bare(2 * y) @ w)(Y), rtol=1e-12)


def test_a_budget_over_a_closure_that_is_newer_than_the_arguments():
    """It gave zeros for what is closed over; without a budget it is right."""

    def outer(x, wrap):
        return dualad.grad(lambda a: np.sum(wrap(lambda z: np.sin(a * z))(x)))(0.5)

    bare = dualad.grad(lambda x: outer(x, lambda f: f))(Y)
    np.testing.assert_allclose(dualad.grad(lambda x: outer(x, checkpoint))(Y), bare)
    with pytest.raises(
        dualad.LeakedValue, match=r"closes over a value that grad traces .*test_checkpoint.*argument"
    ):
        dualad.grad(lambda x: outer(x, lambda f: checkpoint(f, budget=10**6)))(Y)


def test_a_second_run_without_the_derivative_of_the_first():
    """The same values, and no variable behind them: it was an IndexError."""
    runs = []

    def forgetful(x):
        runs.append(0)
        return np.sin(x if len(runs) == 1 else dualad.getval(x))

    with pytest.raises(dualad.RecomputationError, match="forgetful gave other values"):
        dualad.grad(lambda x: np.sum(checkpoint(forgetful)(x)))(Y)


@pytest.mark.parametrize("options", [{"policy": 3}, {"budget": "1 MB"}, {"budget": 0}])
def test_options_that_are_none(options):
    with pytest.raises(TypeError, match=f"checkpoint: {next(iter(options))}="):
        checkpoint(f, **options)
