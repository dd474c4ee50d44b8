"""Gradients through random numbers, by the velocity of each number at its place in the distribution.

PyTorch approximates these, dualad computes eleven digits or more. The libraries draw other numbers, so what is compared
are the velocities of the same ones.
"""

from __future__ import annotations

import numpy as np

import dualad

from ..case import Contestant, case
from ..peers import load


def contestants(name, parameters, n, velocities):
    """The gradient of the sum of n numbers, each with parameters of its own; `velocities` are functions of these."""
    given = [np.random.default_rng(k).uniform(0.5, 6.0, n) for k in range(parameters)]
    numbers = getattr(np.random.default_rng(9), name)(*given)
    ours, theirs = velocities

    def drawn():
        rng = dualad.random.default_rng(5)
        f = dualad.grad(lambda *p: getattr(rng, name)(*p).sum(), argnums=tuple(range(parameters)))
        return Contestant(lambda: f(*given), lambda: ours(*given, numbers))

    def approximate():
        torch = load("torch")
        leaves = [torch.tensor(p, requires_grad=True) for p in given]

        def run():
            for leaf in leaves:
                leaf.grad = None
            if name == "beta":
                z = torch.distributions.Beta(*leaves).rsample()
            else:
                z = torch.distributions.Gamma(*leaves, torch.ones(n, dtype=torch.float64)).rsample()
            z.sum().backward()
            return leaves[0].grad

        return Contestant(run, lambda: theirs(torch, *map(torch.tensor, (*given, numbers))))

    return {"dualad": drawn, "torch-approximate": approximate}


@case("draws.gamma", unit="ms", rtol=2e-3)
def gamma(tiny):
    """10,000 gamma numbers, shapes between 0.5 and 6: drawn, and differentiated by the shapes."""
    from dualad.ops.transport import gamma_velocity

    def ours(a, z):
        return z * gamma_velocity(a, np.log(z))

    def theirs(torch, a, z):
        return torch._standard_gamma_grad(a, z)

    return contestants("standard_gamma", 1, 10 if tiny else 10_000, (ours, theirs))


@case("draws.beta", unit="ms", rtol=2e-3)
def beta(tiny):
    """10,000 beta numbers: drawn, and differentiated by both parameters."""
    from dualad.ops.transport import beta_velocity

    def ours(a, b, z):
        return z * (1 - z) * beta_velocity(a, b, np.log(z) - np.log1p(-z))

    def theirs(torch, a, b, z):
        return torch._dirichlet_grad(z, a, a + b) * (1 - z)

    return contestants("beta", 2, 10 if tiny else 10_000, (ours, theirs))
