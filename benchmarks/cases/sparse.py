"""Sparse Jacobians and Hessians of 10,000 variables, from three or so pushes, beside one evaluation of the function."""

from __future__ import annotations

import numpy as np

import dualad

from ..case import Contestant, case
from ..peers import load
from .curvature import rosenbrock


def broyden(x):
    """Broyden's tridiagonal function (Moré, Garbow and Hillstrom 1981)."""
    return (3 - 2 * x[1:-1]) * x[1:-1] - x[:-2] - 2 * x[2:] + 1


def padded(x, xp):
    """Broyden's function with a zero at each end."""
    zero = xp.zeros(1)
    return broyden(xp.concatenate([zero, x, zero]))


def diagonals(x):
    """The entries of its Jacobian, row by row."""
    n = len(x)
    entries = np.column_stack([np.full(n, -1.0), 3 - 4 * x, np.full(n, -2.0)])
    return entries.ravel()[1:-1]


def of_numpy(x):
    return padded(x, np)


@case("sparse.broyden", targets={"numpy-evaluation": 100})
def jacobian(tiny):
    """Sparse Jacobian of Broyden's tridiagonal function of 10,000 variables, prepared, without the probe."""
    x = np.random.default_rng(6).normal(size=5 if tiny else 10_000)
    prepared = dualad.sparse_jacobian(of_numpy, x, verify=False)
    probed = dualad.sparse_jacobian(of_numpy, x)

    def jax_pushes():
        jax, jnp = load("jax"), load("jax.numpy")
        seeds = jnp.asarray(np.eye(3)[np.arange(len(x)) % 3].T)

        def push(v):
            return jax.jvp(lambda u: padded(u, jnp), (jnp.asarray(x),), (v,))[1]

        f = jax.jit(jax.vmap(push))
        return Contestant(lambda: f(seeds).block_until_ready(), lambda: diagonals(x))

    return {
        "dualad": lambda: lambda: prepared(x).data,
        "dualad-probed": lambda: lambda: probed(x).data,
        "numpy-evaluation": lambda: Contestant(lambda: of_numpy(x), lambda: diagonals(x)),
        "jax-pushes": jax_pushes,
    }


@case("sparse.broyden-dense", unit="ms", targets={"jax": 0.1, "torch": 0.1})
def beside_dense(tiny):
    """The same of 1,000 variables, beside the dense Jacobians of other libraries."""
    x = np.random.default_rng(6).normal(size=5 if tiny else 1000)
    prepared = dualad.sparse_jacobian(of_numpy, x)

    def torch():
        torch = load("torch")

        def f(v):
            zero = torch.zeros(1, dtype=v.dtype)
            return broyden(torch.cat([zero, v, zero]))

        dense, v = torch.func.jacfwd(f), torch.tensor(x)
        return Contestant(lambda: dense(v), lambda: dense(v)[torch.tensor(prepared.pattern.toarray())])

    def jax():
        jax, jnp = load("jax"), load("jax.numpy")
        dense, v = jax.jit(jax.jacfwd(lambda u: padded(u, jnp))), jnp.asarray(x)
        return Contestant(lambda: dense(v).block_until_ready(), lambda: dense(v)[prepared.pattern.toarray()])

    return {"dualad": lambda: lambda: prepared(x).data, "torch": torch, "jax": jax}


@case("sparse.detect", unit="ms", limit=50)
def detection(tiny):
    """Detection and colouring of Broyden's function of 10,000 variables."""
    x = np.random.default_rng(6).normal(size=5 if tiny else 10_000)
    return {"dualad": lambda: lambda: dualad.sparse_jacobian(of_numpy, x).pattern.data}


@case("sparse.hessian-rosenbrock", unit="ms", targets={"dualad-gradient": 30})
def chain_hessian(tiny):
    """Sparse Hessian of the Rosenbrock function of 10,000 variables, prepared, beside its gradient."""
    x = np.random.default_rng(6).normal(size=5 if tiny else 10_000)
    return hessian_beside_gradient(rosenbrock, x)


def reaction_energy(u):
    """Diffusion and reaction on a square grid: the gradient of this energy is a Laplacian and a cubic."""
    across, down = u[1:] - u[:-1], u[:, 1:] - u[:, :-1]
    return 0.5 * ((across * across).sum() + (down * down).sum()) + (0.25 * u**4 - u**3).sum()


@case("sparse.hessian-grid", unit="ms", targets={"dualad-gradient": 30})
def grid_hessian(tiny):
    """Sparse Hessian of diffusion and reaction on a grid of 100 × 100, five points a row, beside its gradient."""
    u = np.random.default_rng(6).normal(size=(3, 4) if tiny else (100, 100))
    return hessian_beside_gradient(reaction_energy, u)


def hessian_beside_gradient(f, x):
    prepared = dualad.sparse_hessian(f, x, verify=False)
    gradient = dualad.grad(f)
    entries = lambda: prepared(x).data  # noqa: E731
    return {"dualad": lambda: entries, "dualad-gradient": lambda: Contestant(lambda: gradient(x), entries)}
