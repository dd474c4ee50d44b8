"""Single operations that decide the time of real programs: softmax cross-entropy, rows of a table, Adam."""

from __future__ import annotations

import numpy as np

import dualad

from ..case import Contestant, case
from ..peers import load
from ..training import Library


def logits(tiny):
    n, c = (6, 5) if tiny else (4096, 1000)
    rng = np.random.default_rng(6)
    return rng.normal(size=(n, c)).astype(np.float32) * 2, rng.integers(0, c, n)


def cross_entropy_step(name, x, labels):
    def maker():
        library = Library(name)
        leaf, targets = library.tensor(x, requires_grad=True), library.tensor(labels)
        cross_entropy = library.functional.cross_entropy

        def run():
            leaf.grad = None
            loss = cross_entropy(leaf, targets)
            loss.backward()
            return loss, leaf.grad

        return run

    return maker


def cross_entropy_jax(x, labels):
    jax, jnp = load("jax"), load("jax.numpy")

    def loss(z, k):
        return -jnp.mean(jax.nn.log_softmax(z)[jnp.arange(len(k)), k])

    f, v, k = jax.jit(jax.value_and_grad(loss)), jnp.asarray(x), jnp.asarray(labels)
    return lambda: jax.block_until_ready(f(v, k))


def cross_entropy_by_hand(x, labels):
    """Operation by operation, in place where nothing is lost."""
    rows = np.arange(len(x))

    def run():
        p = x - x.max(axis=1, keepdims=True)
        picked = p[rows, labels]
        np.exp(p, out=p)
        total = p.sum(axis=1)
        loss = (np.log(total) - picked).mean()
        p /= total[:, None]
        p[rows, labels] -= 1
        p /= np.float32(len(x))
        return loss, p

    return run


@case("cross-entropy.tensor", unit="ms", targets={"torch": 1.0}, rtol=2e-5)
def cross_entropy_tensor(tiny):
    """Value and gradient of `nn.functional.cross_entropy`, (4096, 1000) float32."""
    x, labels = logits(tiny)
    return {
        "dualad": cross_entropy_step("dualad", x, labels),
        "numpy": lambda: cross_entropy_by_hand(x, labels),
        "torch": cross_entropy_step("torch", x, labels),
        "jax": lambda: cross_entropy_jax(x, labels),
    }


@case("cross-entropy.functional", unit="ms", targets={"torch": 1.0}, rtol=2e-5)
def cross_entropy_functional(tiny):
    """The fused primitive under `value_and_grad`, the same sizes."""
    from dualad.ops.losses import softmax_cross_entropy

    x, labels = logits(tiny)
    f = dualad.value_and_grad(lambda z: softmax_cross_entropy(z, labels)[0].mean())
    return {
        "dualad": lambda: lambda: f(x),
        "torch": cross_entropy_step("torch", x, labels),
        "jax": lambda: cross_entropy_jax(x, labels),
    }


def table(tiny):
    """Embedding rows (V, D) float32, indices with repetitions, weights."""
    v, d, n = (7, 3, 10) if tiny else (5000, 64, 2048)
    rng = np.random.default_rng(7)
    shape = (n, d)
    return (
        rng.normal(size=(v, d)).astype(np.float32),
        rng.integers(0, v, n),
        rng.normal(size=shape).astype(np.float32),
    )


@case("rows.gather", targets={"torch": 1.0, "autograd": 0.3}, rtol=1e-5)
def gather(tiny):
    """Gradient of `(table[i] * w).sum()`: 2048 of 5000 rows of 64 float32, some of them twice."""
    t, i, w = table(tiny)
    g = dualad.grad(lambda v: (v[i] * w).sum())

    def by_hand():
        out = np.zeros_like(t)
        np.add.at(out, i, w)
        return out

    def torch():
        torch = load("torch")
        leaf, index, weights = torch.tensor(t, requires_grad=True), torch.tensor(i), torch.tensor(w)

        def run():
            leaf.grad = None
            (torch.nn.functional.embedding(index, leaf) * weights).sum().backward()
            return leaf.grad

        return run

    def autograd():
        h = load("autograd").grad(lambda v: load("autograd.numpy").sum(v[i] * w))
        return lambda: h(t)

    def jax():
        jax, jnp = load("jax"), load("jax.numpy")
        f = jax.jit(jax.grad(lambda v, i, w: (v[i] * w).sum()))
        given = [jnp.asarray(a) for a in (t, i, w)]  # as arguments: constants would be folded away
        return lambda: f(*given).block_until_ready()

    return {
        "dualad": lambda: lambda: g(t),
        "numpy-add-at": lambda: by_hand,
        "torch": torch,
        "autograd": autograd,
        "jax": jax,
    }


@case("rows.thousand-reads", unit="ms")
def thousand_reads(tiny):
    """Gradient of a sum over a Python loop that reads each of 1000 rows of an array once."""
    n = 5 if tiny else 1000
    x = np.random.default_rng(8).normal(size=(n, 20))

    def total(v):
        s = v[0] * 0.0
        for k in range(n):
            s = s + v[k] * v[k]
        return s.sum()

    g = dualad.grad(total)

    def torch():
        leaf = load("torch").tensor(x, requires_grad=True)

        def run():
            leaf.grad = None
            total(leaf).backward()
            return leaf.grad

        return run

    def autograd():
        h = load("autograd").grad(total)
        return lambda: h(x)

    return {"dualad": lambda: lambda: g(x), "torch": torch, "autograd": autograd}


def optimizer_step(name, shapes, **options):
    """`step()` alone, with gradients that stay; compared are the parameters after three steps."""
    rng = np.random.default_rng(9)
    weights = [rng.normal(size=s).astype(np.float32) for s in shapes]
    gradients = [rng.normal(size=s).astype(np.float32) for s in shapes]

    def trainer():
        library = Library(name)
        params = [library.tensor(w, requires_grad=True) for w in weights]
        for p, g in zip(params, gradients):
            p.grad = library.tensor(g)
        return params, library.optim.Adam(params, lr=1e-3, **options)

    def result():
        params, opt = trainer()
        for _ in range(3):
            opt.step()
        return params

    return lambda: Contestant(trainer()[1].step, result)


@case("adam.203k", targets={"torch": 0.75}, rtol=1e-5)
def adam(tiny):
    """`optim.Adam.step` on the 203,530 parameters of 784-256-10, gradients given."""
    shapes = [(4, 3), (4,)] if tiny else [(256, 784), (256,), (10, 256), (10,)]
    return {
        "dualad": optimizer_step("dualad", shapes),
        "torch": optimizer_step("torch", shapes),
        "torch-fused": optimizer_step("torch", shapes, fused=True),
    }
