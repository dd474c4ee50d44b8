"""Products with Hessians, and the gradient of an integration in time."""

from __future__ import annotations

import numpy as np

import dualad

from ..case import Contestant, case
from ..peers import load
from .small_chain import methods_chain, numpy_names


def rosenbrock(v):
    return (100 * (v[1:] - v[:-1] ** 2) ** 2 + (1 - v[:-1]) ** 2).sum()


@case("hvp.rosenbrock", targets={"torch": 0.3})
def hessian_vector_product(tiny):
    """Hessian-vector product of the Rosenbrock function of 1,000 variables; PyTorch by double backward."""
    rng = np.random.default_rng(3)
    x, v = rng.normal(size=(2, 4 if tiny else 1000))

    def torch():
        torch = load("torch")
        leaf, direction = torch.tensor(x, requires_grad=True), torch.tensor(v)

        def run():
            (g,) = torch.autograd.grad(rosenbrock(leaf), leaf, create_graph=True)
            return torch.autograd.grad(g, leaf, direction)[0]

        return run

    def torch_func():
        torch = load("torch")
        leaf, direction = torch.tensor(x), torch.tensor(v)
        g = torch.func.grad(rosenbrock)
        return lambda: torch.func.jvp(g, (leaf,), (direction,))[1]

    def autograd():
        product = load("autograd").hessian_vector_product(rosenbrock)
        return lambda: product(x, v)

    def jax():
        jax, jnp = load("jax"), load("jax.numpy")
        product = jax.jit(lambda x, v: jax.jvp(jax.grad(rosenbrock), (x,), (v,))[1])
        a, b = jnp.asarray(x), jnp.asarray(v)
        return lambda: product(a, b).block_until_ready()

    return {
        "dualad": lambda: lambda: dualad.hvp(rosenbrock, (x,), (v,)),
        "torch": torch,
        "torch-func": torch_func,
        "autograd": autograd,
        "jax": jax,
    }


@case("hvp.large", unit="ms", targets={"dualad-gradient": 2.5})
def large_arrays(tiny):
    """Hessian-vector product of the chain of 30 operations on 100,000 numbers, beside its gradient."""
    rng = np.random.default_rng(0)
    n = 4 if tiny else 100_000
    x, v, a = rng.normal(size=n), rng.normal(size=n), rng.uniform(0.5, 1.5, size=n)

    def f(x):
        return np.sum(numpy_names(x, a))

    def product():
        return dualad.hvp(f, (x,), (v,))

    def torch():
        torch = load("torch")
        leaf, direction, constant = torch.tensor(x, requires_grad=True), torch.tensor(v), torch.tensor(a)

        def run():
            (g,) = torch.autograd.grad(methods_chain(leaf, constant).sum(), leaf, create_graph=True)
            return torch.autograd.grad(g, leaf, direction)[0]

        return run

    gradient = dualad.grad(f)
    return {
        "dualad": lambda: product,
        "dualad-gradient": lambda: Contestant(lambda: gradient(x), product),
        "torch": torch,
    }


FORCING, STEP = 8.0, 0.01


def lorenz(x, roll):
    """Lorenz's model of 1996 of an atmosphere on a circle."""
    return (roll(x, -1) - roll(x, 2)) * roll(x, 1) - x + FORCING


def integrated(x, steps, roll):
    """Half of the square of the state after some steps of the classical Runge-Kutta method."""
    h = STEP
    for _ in range(steps):
        k1 = lorenz(x, roll)
        k2 = lorenz(x + h / 2 * k1, roll)
        k3 = lorenz(x + h / 2 * k2, roll)
        k4 = lorenz(x + h * k3, roll)
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return 0.5 * (x * x).sum()


@case("ode.lorenz96", unit="ms", targets={"torch": 0.5})
def integration(tiny):
    """Gradient through 200 Runge-Kutta steps of Lorenz's model of 1996 with 40 variables."""
    steps = 3 if tiny else 200
    x = np.random.default_rng(4).normal(size=40) + FORCING
    gradient = dualad.grad(lambda x: integrated(x, steps, np.roll))

    def torch():
        torch = load("torch")
        leaf = torch.tensor(x, requires_grad=True)

        def run():
            leaf.grad = None
            integrated(leaf, steps, torch.roll).backward()
            return leaf.grad

        return run

    def autograd():
        g = load("autograd").grad(lambda x: integrated(x, steps, load("autograd.numpy").roll))
        return lambda: g(x)

    def jax():
        jax, jnp = load("jax"), load("jax.numpy")

        def scanned(x):
            def step(x, _):
                k1 = lorenz(x, jnp.roll)
                k2 = lorenz(x + STEP / 2 * k1, jnp.roll)
                k3 = lorenz(x + STEP / 2 * k2, jnp.roll)
                k4 = lorenz(x + STEP * k3, jnp.roll)
                return x + STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

            x, _ = jax.lax.scan(step, x, length=steps)
            return 0.5 * (x * x).sum()

        g, v = jax.jit(jax.grad(scanned)), jnp.asarray(x)
        return lambda: g(v).block_until_ready()

    return {"dualad": lambda: lambda: gradient(x), "torch": torch, "autograd": autograd, "jax": jax}
