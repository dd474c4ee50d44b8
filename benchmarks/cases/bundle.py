"""Bundle adjustment, as in ADBench (Šrajer, Kukelova and Fitzgibbon 2018): where a camera sees a point of space.

A camera has 11 parameters: rotation (a vector, Rodrigues), centre, focal length, principal point, radial distortion.
An observation has two residuals, each of which depends on its camera, its point and its weight: a block of 2 × 15.
"""

from __future__ import annotations

import numpy as np

import dualad

from ..case import case
from ..peers import load


def residuals(camera, point, weight, seen, xp):
    """The weighted reprojection error, component by component: arrays of shape (11, …), (3, …), (…), (2, …)."""
    x = point - camera[3:6]
    square = (camera[:3] * camera[:3]).sum(0)
    angle = xp.sqrt(square)
    axis = camera[:3] / angle
    cosine, sine = xp.cos(angle), xp.sin(angle)
    across = xp.stack(
        [
            axis[1] * x[2] - axis[2] * x[1],
            axis[2] * x[0] - axis[0] * x[2],
            axis[0] * x[1] - axis[1] * x[0],
        ]
    )
    turned = x * cosine + across * sine + axis * ((axis * x).sum(0) * (1 - cosine))
    flat = turned[:2] / turned[2]
    r2 = (flat * flat).sum(0)
    distortion = 1 + camera[9] * r2 + camera[10] * (r2 * r2)
    return weight * (flat * distortion * camera[6] + camera[7:9] - seen)


def observations(count):
    rng = np.random.default_rng(5)
    cameras = rng.normal(size=(11, count)) * 0.1
    cameras[:3] += 0.3
    cameras[5] -= 5.0
    cameras[6] += 1.0
    return cameras, rng.normal(size=(3, count)), rng.uniform(0.5, 1.5, count), rng.normal(size=(2, count))


@case("jacobian.bundle", unit="ms", targets={"torch": 1.0})
def vectorised(tiny):
    """Jacobian of bundle adjustment, 30,000 blocks of 2 × 15: both rows pulled back for all observations at once."""
    inputs = observations(3 if tiny else 30_000)
    arguments, seen = inputs[:3], inputs[3]
    unit = [np.stack([np.full(seen.shape[1], float(k == i)) for k in range(2)]) for i in range(2)]

    def run():
        _, pullback = dualad.vjp(lambda *a: residuals(*a, seen, np), *arguments)
        return [np.concatenate([c, p, w[None]]) for c, p, w in map(pullback, unit)]

    def torch():
        torch = load("torch")
        leaves = [torch.tensor(a, requires_grad=True) for a in arguments]
        target, units = torch.tensor(seen), [torch.tensor(u) for u in unit]

        def run():
            out = residuals(*leaves, target, torch)
            rows = [torch.autograd.grad(out, leaves, u, retain_graph=True) for u in units]
            return [torch.cat([c, p, w[None]]) for c, p, w in rows]

        return run

    def jax():
        jax, jnp = load("jax"), load("jax.numpy")
        units = [jnp.asarray(u) for u in unit]

        @jax.jit
        def blocks(*a):
            _, pullback = jax.vjp(lambda *a: residuals(*a, seen, jnp), *a)
            return [jnp.concatenate([c, p, w[None]]) for c, p, w in map(pullback, units)]

        given = [jnp.asarray(a) for a in arguments]
        return lambda: jax.block_until_ready(blocks(*given))

    return {"dualad": lambda: run, "torch": torch, "jax": jax}


@case("jacobian.bundle-vmap", unit="ms", targets={"torch": 1.0})
def per_observation(tiny):
    """The same from a function of one observation: `vmap` of `jacrev`, in each library."""
    inputs = observations(3 if tiny else 30_000)

    def of_one(verb, xp):
        return verb(lambda c, p, w, s: residuals(c, p, w, s, xp), argnums=(0, 1, 2))

    blocks = dualad.vmap(of_one(dualad.jacrev, np), in_axes=-1)

    def torch():
        torch = load("torch")
        f = torch.func.vmap(of_one(torch.func.jacrev, torch), in_dims=(-1, -1, -1, -1))
        given = [torch.tensor(a) for a in inputs]
        return lambda: f(*given)

    def jax():
        jax, jnp = load("jax"), load("jax.numpy")
        f = jax.jit(jax.vmap(of_one(jax.jacrev, jnp), in_axes=-1))
        given = [jnp.asarray(a) for a in inputs]
        return lambda: jax.block_until_ready(f(*given))

    return {"dualad": lambda: lambda: blocks(*inputs), "torch": torch, "jax": jax}
