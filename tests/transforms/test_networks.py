"""Every verb on functions of a Module and of Tensors, against the same function of plain arrays."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import dualad
from dualad import nn

RNG = np.random.default_rng(11)
X, Y = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2))
T = dualad.tensor(X)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.second = nn.Linear(4, 2)
        self.register_buffer("steps", dualad.tensor([1, 2]))  # integers: no derivative, and none asked for

    def forward(self, x):
        return self.second(self.first(x).tanh())


@pytest.fixture
def net():
    dualad.manual_seed(0)
    return Net().double()


def leaves(tree):
    return [np.asarray(a) for a in dualad.tree_leaves(tree)]


def plain(w1, b1, w2, b2, x=X):
    """The network's outputs, from its parameters in order."""
    return np.tanh(x @ w1.T + b1) @ w2.T + b2


def loss_of(*parameters):
    return np.sum((plain(*parameters) - Y) ** 2)


def loss(model):
    return ((model(T) - dualad.tensor(Y)) ** 2).sum()


def same(found, right):
    for a, b in zip(leaves(found), leaves(right), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def directions(net):
    return dualad.tree_map(lambda p: RNG.normal(size=p.shape), net)


def test_first_order(net):
    with dualad.no_grad():
        p, v = leaves(net), directions(net)
        same(dualad.grad(loss)(net), dualad.grad(loss_of, (0, 1, 2, 3))(*p))
        same(dualad.jvp(loss, (net,), (v,)), dualad.jvp(loss_of, p, leaves(v)))
        value, pull = dualad.vjp(lambda m: m(T), net)
        assert type(value) is dualad.Tensor
        (pulled,) = pull(dualad.tensor(Y))
        assert type(pulled) is Net
        same(pulled, dualad.vjp(plain, *p)[1](Y))
        _, push = dualad.linearize(lambda m: m(T), net)
        same(push(v), dualad.jvp(plain, p, leaves(v))[1])


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev, dualad.jacobian])
def test_jacobians(net, verb):
    """With respect to a Module a Module, of which each parameter has the output's axes in front."""
    with dualad.no_grad():
        j = verb(lambda m: m(T[0]))(net)
        assert type(j) is Net and j.first.weight.shape == (2, 4, 3)
        both = verb(lambda m: {"out": m(T[0]), "two": (m.second.bias * 2, 1.0)})(net)
        assert type(both["out"]) is type(both["two"][0]) is type(both["two"][1]) is Net
        np.testing.assert_array_equal(both["two"][0].second.bias.numpy(), 2 * np.eye(2))
        j = dualad.tree_leaves(j)
        right = verb(lambda *p: plain(*p, x=X[0]), (0, 1, 2, 3))(*leaves(net))
        assert [a.shape for a in j] == [(2, 4, 3), (2, 4), (2, 2, 4), (2, 2)]
        same(j, right)
        inputs = verb(lambda x: net(x))(T[0])
        assert type(inputs) is dualad.Tensor
        same(inputs, verb(lambda x: plain(*leaves(net), x=x))(X[0]))
        mixed = verb(lambda p: T[0] * p["a"] + p["b"], 0)({"a": X[0], "b": T[0]})
        assert type(mixed["a"]) is type(mixed["b"]) is dualad.Tensor
        np.testing.assert_allclose(mixed["a"].numpy(), np.diag(X[0]))


def test_second_order(net):
    with dualad.no_grad():
        p, v = leaves(net), directions(net)
        h = dualad.hessian(loss)(net)
        assert type(h) is type(h.first.weight) is Net
        assert h.first.weight.second.bias.shape == (4, 3, 2)
        same(h, dualad.hessian(loss_of, (0, 1, 2, 3))(*p))
        right = dualad.hvp(loss_of, p, leaves(v), argnums=(0, 1, 2, 3))
        for verb in (dualad.hvp, dualad.vhp):
            same(verb(loss, (net,), (v,)), right)
        same(
            dualad.ggnvp(lambda m: m(T), lambda out: ((out - dualad.tensor(Y)) ** 2).sum(), (net,), (v,)),
            dualad.ggnvp(plain, lambda out: np.sum((out - Y) ** 2), p, leaves(v), argnums=(0, 1, 2, 3)),
        )


def test_vmap_and_gradients_of_each_example(net):
    with dualad.no_grad():
        p = leaves(net)
        same(dualad.vmap(net)(T), plain(*p))
        same(dualad.vmap(lambda m, x: m(x), in_axes=(None, 0))(net, T), plain(*p))
        each = dualad.vmap(dualad.grad(lambda m, x: (m(x) ** 2).sum()), in_axes=(None, 0))(net, T)
        rows = [dualad.grad(lambda m, k=k: (m(T[k]) ** 2).sum())(net) for k in range(6)]
        same(each, [np.stack(column) for column in zip(*map(leaves, rows), strict=True)])


def test_an_ensemble_by_vmap(net):
    """A batch of modules: parameters with one more axis."""
    with dualad.no_grad():
        stacked = dualad.tree_map(lambda p: np.stack([p, 2 * p]), net)
        out = dualad.vmap(lambda m: m(T[0]))(stacked)
        p = leaves(net)
        same(out, np.stack([plain(*p, x=X[0]), plain(*[2 * a for a in p], x=X[0])]))


def test_threads(net):
    with dualad.no_grad():
        right = dualad.grad(loss)(net)

    def work(k):
        with dualad.no_grad():
            return dualad.grad(loss)(net) if k % 2 else dualad.hvp(loss, (net,), (right,))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(64)))
    for k, tree in enumerate(found):
        same(tree, found[k % 2])
    same(found[1], right)
