"""A training step of the perceptron 784-256-128-10, batch 128, float32.

The functional contestants and the hand-written one move weights by plain gradient descent.
"""

from __future__ import annotations

import numpy as np

import dualad

from ..case import Contestant, case
from ..peers import load
from ..training import initial_weights, step_maker

RATE = np.float32(0.05)


def sizes(tiny):
    return ((20, 8, 6, 4), 5) if tiny else ((784, 256, 128, 10), 128)


def batch(tiny):
    (first, *_, last), n = sizes(tiny)
    rng = np.random.default_rng(4)
    return rng.normal(size=(n, first)).astype(np.float32), rng.integers(0, last, n)


def perceptron(widths):
    def build(library):
        nn = library.nn
        a, b, c, d = widths
        return nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c), nn.ReLU(), nn.Linear(c, d))

    return build


def by_hand(widths, x, labels):
    """The floor: NumPy with the gradient written out."""
    shapes = [s for m, n in zip(widths, widths[1:]) for s in ((n, m), (n,))]

    def trainer():
        weights = initial_weights(shapes)
        rows, ones = np.arange(len(x)), np.ones(len(x), np.float32)

        def step():
            w1, b1, w2, b2, w3, b3 = weights
            h1 = x @ w1.T + b1
            np.maximum(h1, 0, out=h1)
            h2 = h1 @ w2.T + b2
            np.maximum(h2, 0, out=h2)
            z = h2 @ w3.T + b3
            z -= z.max(axis=1, keepdims=True)
            picked = z[rows, labels]
            np.exp(z, out=z)
            total = z.sum(axis=1)
            loss = (np.log(total) - picked).mean()
            z /= total[:, None]
            z[rows, labels] -= 1
            z /= np.float32(len(x))
            g2 = (z @ w3) * (h2 > 0)
            g1 = (g2 @ w2) * (h1 > 0)
            for w, b, g, h in ((w3, b3, z, h2), (w2, b2, g2, h1), (w1, b1, g1, x)):
                w -= RATE * (g.T @ h)
                b -= RATE * (ones @ g)
            return loss

        return step

    def result():
        step = trainer()
        return [step() for _ in range(3)]

    return lambda: Contestant(trainer(), result)


@case("mlp.sgd", unit="ms", targets={"torch": 0.95}, rtol=1e-4)
def step_sgd(tiny):
    """`nn.Sequential`, `cross_entropy`, `backward`, `optim.SGD`: one step."""
    widths, _ = sizes(tiny)
    x, labels = batch(tiny)

    def sgd(library, parameters):
        return library.optim.SGD(parameters, lr=float(RATE))

    return {
        "dualad": step_maker("dualad", perceptron(widths), sgd, x, labels),
        "numpy": by_hand(widths, x, labels),
        "torch": step_maker("torch", perceptron(widths), sgd, x, labels),
    }


@case("mlp.adam", unit="ms", targets={"torch": 0.95}, rtol=1e-4)
def step_adam(tiny):
    """The same with `optim.Adam`."""
    widths, _ = sizes(tiny)
    x, labels = batch(tiny)

    def adam(library, parameters):
        return library.optim.Adam(parameters, lr=1e-3)

    return {
        "dualad": step_maker("dualad", perceptron(widths), adam, x, labels),
        "torch": step_maker("torch", perceptron(widths), adam, x, labels),
    }


def loss_of(np_like):
    """Cross-entropy of the perceptron, in NumPy's names or those of a library that has them."""

    def loss(params, x, labels):
        h = x
        for w, b in params[:-1]:
            h = np_like.maximum(h @ w + b, 0)
        w, b = params[-1]
        z = h @ w + b
        z = z - np_like.max(z, axis=1, keepdims=True)
        return np_like.mean(
            np_like.log(np_like.sum(np_like.exp(z), axis=1)) - z[np.arange(len(labels)), labels]
        )

    return loss


def functional_trainer(value_and_grad, update, params, x, labels):
    def trainer():
        state = [params]

        def step():
            loss, gradient = value_and_grad(state[0], x, labels)
            state[0] = update(state[0], gradient)
            return loss

        return step

    def result():
        step = trainer()
        return [step() for _ in range(3)]

    return Contestant(trainer(), result)


def descend(params, gradient):
    return [(w - RATE * gw, b - RATE * gb) for (w, b), (gw, gb) in zip(params, gradient)]


@case("mlp.functional", unit="ms", targets={"torch": 0.95}, rtol=1e-4)
def step_functional(tiny):
    """`value_and_grad` of a NumPy function of a list of weights, and descent; JAX jits the whole step."""
    widths, _ = sizes(tiny)
    x, labels = batch(tiny)
    shapes = [s for m, n in zip(widths, widths[1:]) for s in ((n, m), (n,))]
    flat = initial_weights(shapes)
    params = [(np.ascontiguousarray(w.T), b) for w, b in zip(flat[::2], flat[1::2])]

    def autograd():
        vg = load("autograd").value_and_grad(loss_of(load("autograd.numpy")))
        return functional_trainer(vg, descend, params, x, labels)

    def jax():
        jax, jnp = load("jax"), load("jax.numpy")
        vg = jax.value_and_grad(loss_of(jnp))

        @jax.jit
        def both(p, x, labels):
            loss, gradient = vg(p, x, labels)
            return loss, descend(p, gradient)

        def trainer():
            state, data = [jax.tree.map(jnp.asarray, params)], (jnp.asarray(x), jnp.asarray(labels))

            def step():
                loss, state[0] = jax.block_until_ready(both(state[0], *data))
                return loss

            return step

        def result():
            step = trainer()
            return [step() for _ in range(3)]

        return Contestant(trainer(), result)

    def sgd(library, parameters):
        return library.optim.SGD(parameters, lr=float(RATE))

    dual = dualad.value_and_grad(loss_of(np))
    return {
        "dualad": lambda: functional_trainer(dual, descend, params, x, labels),
        "torch": step_maker("torch", perceptron(widths), sgd, x, labels),
        "autograd": autograd,
        "jax": jax,
    }
