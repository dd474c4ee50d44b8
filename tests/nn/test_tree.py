"""Modules under the functional transforms: pytrees, functional_call, buffers, randomness."""

import numpy as np
import pytest

import dualad
from dualad import nn, optim
from dualad.nn import functional as F


def make(*layers):
    dualad.manual_seed(3)
    return nn.Sequential(*layers).double()


def mlp():
    return make(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


X = np.random.default_rng(0).normal(size=(5, 3))
Y = np.array([0, 1, 1, 0, 1])


def loss(m):
    return F.cross_entropy(m(X), Y)


def direction(m):
    rng = np.random.default_rng(1)
    return dualad.tree_map(lambda w: rng.normal(size=w.shape), m)


def dot(a, b):
    pairs = zip(dualad.tree_leaves(a), dualad.tree_leaves(b), strict=True)
    return sum(float((np.asarray(plain(x)) * plain(y)).sum()) for x, y in pairs)


def plain(x):
    while isinstance(x, dualad.core.trace.Box):
        x = x.value
    return x


def test_gradient_is_a_model_and_agrees_with_backward():
    m = mlp()
    g = dualad.grad(loss)(m)
    assert type(g) is nn.Sequential and isinstance(g[0].weight, nn.Parameter)
    loss(m).backward()
    for (name, p), q in zip(m.named_parameters(), g.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.detach().numpy(), rtol=1e-13, err_msg=name)
    assert g is not m and m[0].weight.grad is not None


def test_engines_and_numbers_agree():
    m = mlp()
    v = direction(m)
    with dualad.no_grad():
        value, tangent = dualad.jvp(loss, (m,), (v,))
        g = dualad.grad(loss)(m)
        along = lambda e: loss(dualad.tree_map(lambda w, d: w + e * d, m, v)).item()
        numeric = (along(1e-6) - along(-1e-6)) / 2e-6
    assert tangent.item() == pytest.approx(dot(g, v), rel=1e-12)
    assert tangent.item() == pytest.approx(numeric, rel=1e-7)
    assert value.item() == pytest.approx(loss(m).item(), rel=1e-15)


def test_second_order():
    m = mlp()
    v = direction(m)
    with dualad.no_grad():
        forward_over_reverse = dualad.jvp(dualad.grad(loss), (m,), (v,))[1]
        reverse_over_forward = dualad.grad(lambda m: dualad.jvp(loss, (m,), (v,))[1])(m)
        hvp = dualad.hvp(loss, (m,), (v,))
    hvp = hvp[1] if isinstance(hvp, tuple) else hvp
    for a, b, c in zip(
        *map(dualad.tree_leaves, (forward_over_reverse, reverse_over_forward, hvp)), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(a, c, rtol=1e-10, atol=1e-14)


def test_vmap_over_examples():
    m = mlp()
    with dualad.no_grad():
        per_example = dualad.vmap(
            lambda x, y: dualad.grad(lambda m: F.cross_entropy(m(x[None]), y[None]))(m)
        )(X, Y)
        whole = dualad.grad(loss)(m)
    for a, b in zip(dualad.tree_leaves(per_example), dualad.tree_leaves(whole), strict=True):
        assert a.shape == (5, *b.shape)
        np.testing.assert_allclose(a.mean(axis=0), b, rtol=1e-12)


def test_gradient_with_respect_to_inputs():
    m = mlp()
    g = dualad.grad(lambda x: m(x).sum())(X)
    x = dualad.tensor(X, requires_grad=True)
    m(x).sum().backward()
    np.testing.assert_allclose(plain(g), x.grad.numpy(), rtol=1e-13)


def test_structures_compare_by_make():
    assert dualad.tree_structure(mlp()) == dualad.tree_structure(mlp())
    assert dualad.tree_structure(mlp()) != dualad.tree_structure(
        make(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    )


def test_shared_parameters_are_one_leaf():
    m = make(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3))
    m[2].weight = m[0].weight
    assert len(dualad.tree_leaves(m)) == 3
    g = dualad.grad(loss)(m)
    assert g[2].weight is g[0].weight
    loss(m).backward()
    np.testing.assert_allclose(g[0].weight.detach().numpy(), m[0].weight.grad.numpy(), rtol=1e-13)


def test_subclasses_are_trees():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(dualad.tensor([1.0, 2.0]))
            self.steps = 3

    g = dualad.grad(lambda m: (m.w * m.w).sum() * m.steps)(Own())
    assert type(g) is Own and g.steps == 3
    assert np.array_equal(g.w.detach().numpy(), [6.0, 12.0])


# ---- buffers ----------------------------------------------------------------------------------------------


def with_norm():
    return make(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def test_batchnorm_on_the_tape_updates_its_statistics():
    m = with_norm()
    loss(m).backward()
    assert m[1].num_batches_tracked.item() == 1
    assert not m[1].running_mean.requires_grad
    hidden = m[0](X).detach().numpy()
    np.testing.assert_allclose(m[1].running_mean.numpy(), 0.1 * hidden.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(m[1].running_var.numpy(), 0.9 + 0.1 * hidden.var(axis=0, ddof=1), rtol=1e-12)


@pytest.mark.parametrize("transform", [dualad.grad, lambda f: lambda m: dualad.jvp(f, (m,), (direction(m),))])
def test_writing_buffers_under_a_transform_is_refused(transform):
    m = with_norm()
    with pytest.raises(nn.BufferWrite, match="Call model.eval.. first, or functional_call"):
        transform(loss)(m)
    assert m[1].num_batches_tracked.item() == 0 and not m[1].running_mean.numpy().any()
    transform(loss)(m.eval())


def test_functional_call_returns_the_buffers():
    m = with_norm()
    params = {name: p.detach() for name, p in m.named_parameters()}

    def f(params):
        out, buffers = nn.functional_call(m, params, (X,), return_buffers=True)
        return F.cross_entropy(out, Y), buffers

    (value, buffers), g = dualad.value_and_grad(f, has_aux=True)(params)
    assert m[1].num_batches_tracked.item() == 0
    expected = loss(m)
    expected.backward()
    assert value.item() == pytest.approx(expected.item(), rel=1e-14)
    for name, p in m.named_parameters():
        np.testing.assert_allclose(g[name].numpy(), p.grad.numpy(), rtol=1e-9, atol=1e-15)
    for name, b in m.named_buffers():
        np.testing.assert_allclose(buffers[name].detach().numpy(), b.numpy(), rtol=1e-13)


def test_functional_call_names():
    m = mlp()
    zeros = {name: np.zeros(p.shape) for name, p in m.named_parameters()}
    assert not nn.functional_call(m, zeros, X).detach().numpy().any()
    assert nn.functional_call(m, {"2.bias": np.ones(2)}, (X,)).shape == (5, 2)
    with pytest.raises(KeyError, match="has no"):
        nn.functional_call(m, {"3.bias": np.ones(2)}, (X,))
    with pytest.raises(KeyError, match="missing"):
        nn.functional_call(m, {"2.bias": np.ones(2)}, (X,), strict=True)
    assert m[2].bias.detach().numpy().any()


# ---- randomness -------------------------------------------------------------------------------------------


def test_dropout():
    x = dualad.ones(1000, 3, requires_grad=True)
    dualad.manual_seed(0)
    a = nn.Dropout(0.25)(x)
    dualad.manual_seed(0)
    b = F.dropout(x, 0.25)
    assert np.array_equal(a.detach().numpy(), b.detach().numpy())
    kept = a.detach().numpy() != 0
    assert abs(kept.mean() - 0.75) < 0.03
    np.testing.assert_allclose(a.detach().numpy()[kept], 4 / 3, rtol=1e-6)
    a.sum().backward()
    assert np.array_equal(x.grad.numpy(), a.detach().numpy())
    assert nn.Dropout(0.25).eval()(x) is x and F.dropout(x, 0.0) is x
    assert not F.dropout(x, 1.0).detach().numpy().any()
    with pytest.raises(ValueError, match="between 0 and 1"):
        nn.Dropout(1.5)


def test_dropout_drops_channels():
    x = dualad.ones(40, 50, 3, 2)
    dropped = nn.Dropout2d(0.5)(x).numpy()
    assert ((dropped == 0).all(axis=(2, 3)) | (dropped == 2).all(axis=(2, 3))).all()
    assert 0.4 < (dropped == 0).mean() < 0.6
    line = nn.Dropout1d(0.5)(dualad.ones(40, 50, 3)).numpy()
    assert ((line == 0).all(axis=2) | (line == 2).all(axis=2)).all()
    with pytest.raises(RuntimeError, match="Expected 2D or 3D"):
        nn.Dropout1d()(x)


def test_dropout_takes_a_generator():
    x = dualad.ones(20, 5)
    draw = lambda g: nn.Dropout(0.5, generator=g)(x).numpy()
    assert np.array_equal(draw(np.random.default_rng(5)), draw(np.random.default_rng(5)))
    assert np.array_equal(draw(dualad.Generator(5)), draw(dualad.Generator(5)))


def test_dropout_under_transforms():
    m = make(nn.Linear(3, 2), nn.Dropout(0.5))
    dualad.manual_seed(1)
    g = dualad.grad(lambda m: m(X).sum())(m)
    dualad.manual_seed(1)
    m(X).sum().backward()
    np.testing.assert_allclose(g[0].weight.detach().numpy(), m[0].weight.grad.numpy(), rtol=1e-13)
    with dualad.no_grad(), pytest.raises(dualad.DualadError, match="same mask"):
        dualad.vmap(lambda x: m(x[None]))(X)
    with dualad.no_grad():
        assert dualad.vmap(lambda x: m.eval()(x))(X).shape == (5, 2)


def test_same_seed_same_network_bit_for_bit():
    def trained():
        dualad.manual_seed(11)
        m = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2))
        opt = optim.Adam(m.parameters(), lr=0.01)
        x, y = dualad.randn(16, 3), dualad.randint(2, (16,))
        for _ in range(10):
            opt.zero_grad()
            F.cross_entropy(m(x), y).backward()
            opt.step()
        return [p.detach().numpy().tobytes() for p in m.parameters()]

    assert trained() == trained()
