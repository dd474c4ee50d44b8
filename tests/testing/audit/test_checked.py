"""`checked`: pullbacks that are watched give what they give without, in every transform, and cost what is said."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import dualad
from dualad import autograd, nn, optim
from dualad._torch.handle import recorded, wrap
from dualad._torch.modes import watcher
from dualad.core.checking import checker
from dualad.core.elementwise import elementwise
from dualad.core.primitive import REGISTRY
from dualad.core.reverse import Var
from dualad.testing.audit import UncheckedWarning, WrongDerivative

RNG = np.random.default_rng(5)
X = RNG.normal(size=6)


def f(x):
    return np.sum(np.sin(x) * np.exp(x[::-1])) + np.max(x) * np.linalg.norm(x)


@pytest.fixture
def wrong():
    op = elementwise(
        np.sinh,
        jvp=lambda dx, x: dx * np.cosh(x),
        vjp=lambda g, x: -g * np.cosh(x),
        name="a_wrong_sinh",
        doc="sinh",
    )
    yield op
    del REGISTRY["a_wrong_sinh"]


def p(x):
    return {"a": x[:2], "b": [x[2:]]}


def g(t):
    return np.sum(np.sin(t["a"])) * np.sum(t["b"][0] ** 2)


CALLS = {
    "grad": (1, lambda: dualad.grad(f)(X)),
    "value_and_grad": (1, lambda: dualad.value_and_grad(f)(X)),
    "argnums, keywords": (
        1,
        lambda: dualad.grad(lambda s, x, k: f(x * k) * s, argnums=(1, 0))(2.0, X, k=0.5),
    ),
    "a pytree": (1, lambda: dualad.grad(g)(p(X))),
    "aux": (1, lambda: dualad.grad(lambda x: (f(x), {"u": np.cos(x)}), has_aux=True)(X)),
    "vjp, twice": (
        2,
        lambda: (lambda back: (back(X), back(2 * X)))(dualad.vjp(lambda x: np.cumsum(x**2), X)[1]),
    ),
    "vjp, aux": (0, lambda: dualad.vjp(lambda x: (x * 2, x + 1), X, has_aux=True)[2]),
    "jacrev": (1, lambda: dualad.jacrev(lambda x: np.cumsum(x**2))(X)),
    "hessian": (1, lambda: dualad.hessian(f)(X)),
    "grad of grad": (2, lambda: dualad.grad(lambda x: np.sum(dualad.grad(f)(x) ** 2))(X)),
    "jvp of grad": (1, lambda: dualad.jvp(dualad.grad(f), (X,), (X,))),
    "vmap of grad": (1, lambda: dualad.vmap(dualad.grad(f))(X.reshape(2, 3))),
    "complex": (1, lambda: dualad.grad(lambda z: np.sum(np.abs(np.sin(z)) ** 2))(X + 1j)),
    "holomorphic": (1, lambda: dualad.grad(lambda z: np.sum(np.sin(z)), holomorphic=True)(X + 1j)),
    "float32": (1, lambda: dualad.grad(f)(X.astype(np.float32))),
    "stores": (1, lambda: dualad.grad(stores)(X)),
    "checkpoint": (1, lambda: dualad.grad(lambda x: f(dualad.checkpoint(np.sin)(x)))(X)),
    "several outputs": (
        1,
        lambda: dualad.grad(lambda x: np.sum(np.linalg.eigh(np.outer(x, x) + np.diag(x))[0] ** 3))(X),
    ),
    "a NaN behind a mask": (
        1,
        lambda: dualad.grad(lambda s: np.sum(np.where(X > 0, s * np.sqrt(X), 0.0)))(2.0),
    ),
    "no dependence": (1, lambda: dualad.grad(lambda x: 3.0)(X)),
}


def stores(x):
    y = np.zeros_like(x)
    y[0] = x[1]
    y[2:] = x[2:] * y[0]
    return np.sum(y**2)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_comes_out_is_the_same(name):
    count, call = CALLS[name]
    want = call()
    with dualad.checked() as check:
        got = call()
    for a, b in zip(dualad.tree_leaves(got), dualad.tree_leaves(want), strict=True):
        assert type(a) is type(b) and a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-13 if a.dtype.itemsize > 4 else 1e-5)
    assert check.count == count


def test_a_fault_is_found_by_every_verb(wrong):
    h = lambda x: np.sum(wrong(x))
    for call in (
        lambda: dualad.grad(h)(X),
        lambda: dualad.value_and_grad(h)(X),
        lambda: dualad.vjp(wrong, X)[1](X),
        lambda: dualad.jacrev(wrong)(X),
        lambda: dualad.vmap(dualad.grad(h))(X.reshape(2, 3)),
        lambda: dualad.jvp(dualad.grad(h), (X,), (X,)),
    ):
        with pytest.raises(WrongDerivative, match="a_wrong_sinh"), dualad.checked():
            call()
        call()  # outside nobody looks


def test_the_function_runs_once():
    calls = []
    with dualad.checked():
        dualad.grad(lambda x: (calls.append(1), np.sum(x))[1])(X)
    assert calls == [1]


def test_a_program_that_cannot_be_run_again(wrong):
    numbers = iter([1.0])
    with (
        pytest.raises(WrongDerivative, match="every primitive by itself is right.*cannot be run again"),
        dualad.checked(),
    ):
        dualad.grad(lambda x: np.sum(wrong(x)) * next(numbers))(X)


def test_a_pullback_made_inside_is_watched_outside(wrong):
    with dualad.checked():
        _, back = dualad.vjp(wrong, X)
    with pytest.raises(WrongDerivative):
        back(X)


def test_other_threads_are_not_watched(wrong):
    found = []
    with dualad.checked():
        thread = threading.Thread(target=lambda: found.append(dualad.grad(lambda x: np.sum(wrong(x)))(X)))
        thread.start()
        thread.join()
    assert len(found) == 1


def test_blocks_nest_and_end():
    assert checker() is None
    check = dualad.checked()
    with check:
        dualad.grad(f)(X)
        with check, dualad.checked() as inner:
            dualad.grad(f)(X)
        dualad.grad(f)(X)
        with pytest.raises(ZeroDivisionError), dualad.checked():
            dualad.grad(lambda x: 1 / 0)(X)
    assert (check.count, inner.count) == (2, 1) and checker() is None


def test_tolerance(wrong):
    with dualad.checked(tolerance=10.0):
        dualad.grad(lambda x: np.sum(wrong(x)))(X)


def test_a_reversed_gradient_can_be_trusted():
    @dualad.custom_vjp
    def reversed_gradient(x):
        return x

    reversed_gradient.defvjp(lambda x: (x, None), lambda _, g: (-g,))
    h = lambda x: np.sum(reversed_gradient(x) ** 2)
    with pytest.raises(WrongDerivative, match="reversed_gradient"), dualad.checked():
        dualad.grad(h)(X)
    with dualad.checked(trust=("reversed_gradient",)) as check:
        assert np.allclose(dualad.grad(h)(X), -2 * X)
    assert check.count == 1


def test_ill_conditioned_is_not_wrong():
    a = np.vander(np.linspace(0, 1, 12))
    with dualad.checked() as check:
        dualad.grad(lambda b: np.sum(np.linalg.solve(a, b)))(RNG.normal(size=12))
        dualad.grad(lambda a: np.sum(np.linalg.inv(a)))(a)
    assert check.count == 2


def test_a_gradient_that_vanishes_by_cancellation():
    a = RNG.normal(size=(5, 5)) @ np.diag([1, 2, 3, 4, 5.0])
    b = RNG.normal(size=5)
    best = np.linalg.solve(a, b)
    for x in (best, best + 1e-16):
        with dualad.checked() as check:
            dualad.grad(lambda x: np.sum((a @ x - b) ** 2) + np.sum(np.cos(x) ** 2 + np.sin(x) ** 2))(x)
        assert check.count == 1


def test_a_rule_that_is_not_linear_is_not_checked():
    @dualad.custom_vjp
    def clipped(x):
        return x * 1.0

    clipped.defvjp(lambda x: (x * 1.0, None), lambda _, g: (np.clip(g, -1, 1),))
    with pytest.warns(UncheckedWarning, match="clipped cannot be checked.*not linear"), dualad.checked():
        dualad.grad(lambda x: np.sum(clipped(x) * 5))(X)


def test_a_rule_that_closes_over_a_traced_value():
    def outer(y):
        @dualad.custom_vjp
        def k(x):
            return x * y

        k.defvjp(lambda x: (x * y, None), lambda _, g: (g * y,))
        return np.sum(dualad.grad(lambda x: np.sum(k(x)))(X))

    with dualad.checked():
        assert np.allclose(dualad.grad(outer)(2.0), 6.0)


def test_stores_that_wait_for_the_end():
    def f(x):
        y = np.zeros_like(x)
        y[0], y[1] = x[1], x[0] ** 2
        return y

    want = dualad.vjp(f, X)[1](X)[0]
    with dualad.checked() as check:
        got = dualad.vjp(f, X)[1](X)[0]
        assert dualad.jacrev(f)(X).shape == (6, 6)
    assert check.count == 2 and np.array_equal(got, want)


def test_empty_arrays():
    with dualad.checked():
        assert dualad.jacrev(lambda x: x * 2)(np.zeros(0)).shape == (0, 0)


def test_a_tensor_made_inside_a_transform():
    w = dualad.ones(6, requires_grad=True, dtype=dualad.float64)
    f = lambda x: ((x * 2).requires_grad_() * x * w).sum()  # 2 w x²
    with dualad.checked() as check:
        g = dualad.grad(f)(dualad.tensor(X))
        assert np.allclose(g.tolist(), 4 * X)
        g.sum().backward()
    assert np.allclose(w.grad.tolist(), 4 * X) and check.count == 2


def test_a_leak_is_still_a_leak():
    kept = []
    with dualad.checked():
        dualad.grad(lambda x: (kept.append(x), np.sum(x))[1])(X)
    with pytest.raises(dualad.LeakedValue, match="used after grad has returned"):
        np.sin(kept[0])


# ---- tensors ----------------------------------------------------------------------------------------


def a_model():
    dualad.manual_seed(0)
    return nn.Sequential(
        nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3)
    ).double()


def trained(model, steps=4):
    """Losses of a few steps, and what the parameters have become."""
    dualad.manual_seed(1)
    x, y = dualad.randn(12, 5, dtype=dualad.float64), dualad.tensor(np.arange(12) % 3)
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        with dualad.no_grad():
            assert not model(x).requires_grad
    return losses, [p.detach().numpy().copy() for p in model.parameters()]


def test_training_is_watched_and_is_the_same():
    losses, parameters = trained(a_model())
    with dualad.checked() as check:
        again, watched = trained(a_model())
    assert check.count == 4
    np.testing.assert_allclose(again, losses, rtol=1e-12)
    for a, b in zip(watched, parameters, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_a_fault_on_the_tape_is_found(wrong):
    t = dualad.tensor(X, requires_grad=True)
    h = lambda t: (op_on(wrong, t.reshape(2, 3) * 2.0) ** 2).sum()
    h(t).backward()  # outside nobody looks
    for run in (
        lambda: h(t).backward(),
        lambda: op_on(wrong, t).backward(dualad.tensor(X)),
        lambda: autograd.grad(h(t), t),
        lambda: autograd.grad(h(t), t, create_graph=True),
    ):
        with (
            pytest.raises(WrongDerivative, match="a_wrong_sinh.* called at test_checked.py") as caught,
            dualad.checked(),
        ):
            run()
        assert caught.value.primitive == "a_wrong_sinh" and "op.primitive.face" in caught.value.line.text


class HalfExp(autograd.Function):
    """exp, with half its derivative."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.exp()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 0.5 * g * x.exp()


def test_a_function_of_tensors_with_a_wrong_backward():
    t = dualad.tensor(X, requires_grad=True)
    with (
        pytest.raises(WrongDerivative, match="of HalfExp is wrong, say finite differences") as caught,
        dualad.checked(),
    ):
        (HalfExp.apply(t) ** 2).sum().backward()
    assert "HalfExp.apply(t)" in caught.value.line.text and f"backward: {__file__}" in str(caught.value)


def op_on(op, t):
    """An operation of one's own on a tensor."""
    return wrap(op.primitive.face(recorded(t._value)))


def test_what_tensors_do_in_a_block():
    t = dualad.tensor(X, requires_grad=True)
    with dualad.checked() as check:
        u = t[1:] * 2
        v = u.reshape(5, 1).exp()
        assert v.requires_grad and not v.is_leaf and v.grad_fn is not None and t.is_leaf
        assert u.detach().numpy().shape == (5,) and isinstance(v.sum().item(), float)
        assert float(v.sum()) > 0 and (v > 0).all() and v.tolist() and "grad_fn" in repr(v)
        w, base = v.detach(), t * 1
        base.detach().zero_()
        assert base.sum().item() == 0 and base.requires_grad and not w.requires_grad
        u.retain_grad()
        seen = []
        v.register_hook(lambda g: seen.append(g.shape))
        v.mul_(2.0)
        v[0] = 3.0
        (v.sum() + t.mean()).backward()
        assert u.grad is not None and len(seen) == 1 and t.grad.shape == (6,)
        assert dualad.is_grad_enabled()
        with dualad.no_grad():
            assert not dualad.is_grad_enabled() and not (t * 2).requires_grad
            with dualad.enable_grad():
                assert (t * 2).requires_grad
                (t * t).sum().backward()
    assert check.count == 2
    assert dualad.is_grad_enabled() and type((t * 2)._value) is Var


def test_a_graph_kept_for_two_passes():
    t = dualad.tensor(X, requires_grad=True)
    with dualad.checked() as check:
        loss = (t.sin() * t).sum()
        loss.backward(retain_graph=True)
        loss.backward()
        with pytest.raises(dualad.FreedGraph):
            loss.backward()
    assert check.count == 2
    np.testing.assert_allclose(t.grad.numpy(), 2 * (np.cos(X) * X + np.sin(X)))


def test_what_was_computed_before_the_block_is_said_to_be_unchecked():
    t = dualad.tensor(X, requires_grad=True)
    loss, part = (t * t).sum(), t.exp()
    with pytest.warns(UncheckedWarning, match="computed before the block"), dualad.checked() as check:
        (part * t).sum().backward()
    assert check.count == 0
    with dualad.checked() as check:
        loss.backward()
    assert check.count == 0


def test_calls_are_forgotten_with_their_graph():
    t = dualad.tensor(X, requires_grad=True)
    with dualad.checked():
        for _ in range(5):
            y = (t.exp() * t).sum()
        made = watcher().trace.made
        assert len(made) == 3
        y.backward(retain_graph=True)
        assert len(made) == 3
        y.backward()
        assert not made
        z = (t.exp() * t).sum()
        del z
        assert not made
    assert watcher() is None


def test_a_functional_gradient_of_a_module():
    model = a_model().eval()
    x = dualad.randn(4, 5, dtype=dualad.float64)
    with dualad.checked() as check:
        g = dualad.grad(lambda m: (m(x) ** 2).sum())(model)
    assert check.count == 1 and len(list(g.parameters())) == 6


def test_other_threads_tensors_are_not_watched(wrong):
    t = dualad.tensor(X, requires_grad=True)
    found = []
    with dualad.checked():
        thread = threading.Thread(target=lambda: (op_on(wrong, t).sum().backward(), found.append(t.grad)))
        thread.start()
        thread.join()
    assert len(found) == 1


def test_rules_of_ones_own_among_rows():
    """The call of all rows is another one than that of a row, and was not compared."""

    @dualad.custom_vjp
    def sine(x):
        return np.sin(x)

    sine.defvjp(lambda x: (np.sin(x), x), lambda x, g: (1.01 * np.cos(x) * g,))
    x = np.array([[0.3, -0.7], [1.0, 2.0]])
    with pytest.raises(WrongDerivative, match="derivative of x of sine is wrong"), dualad.checked():
        dualad.grad(lambda x: np.sum(dualad.vmap(sine)(x) ** 2))(x)
