"""A chain of 1,000 operations whose intermediate values are not kept: √n segments, or a budget of bytes.

Each operation is a square root, of which the tape keeps one array. With 32 segments, 31 borders are kept and the 32
values of one segment at a time: 2√n.
"""

from __future__ import annotations

import functools

import numpy as np

import dualad

from ..case import case
from ..peers import load
from .large_chain import peak_arrays

LENGTH, SEGMENTS = 1000, 32


def roots(x, n, sqrt=np.sqrt):
    for _ in range(n):
        x = sqrt(x)
    return x


def in_segments(x, checkpoint, sqrt=np.sqrt):
    """The chain in 31 segments of 32 operations, and the last 8."""
    each = LENGTH // SEGMENTS + 1
    for _ in range(SEGMENTS - 1):
        x = checkpoint(lambda x: roots(x, each, sqrt), x)
    return roots(x, LENGTH - each * (SEGMENTS - 1), sqrt)


def ours(f, x):
    return dualad.checkpoint(f)(x)


def gradient(f, x):
    g = dualad.grad(lambda x: np.sum(f(x)))
    return lambda: g(x)


def inputs(tiny, n):
    return np.random.default_rng(0).uniform(0.5, 2, size=10_000 if tiny else n)


@case("checkpoint.memory", unit="arrays", limit=67, gauge=True)
def memory(tiny):
    """Arrays of a million doubles alive at the peak of the gradient, in 32 segments; the count is made once."""
    x = inputs(tiny, 10**6)
    return {
        "dualad": lambda: functools.cache(peak_arrays(gradient(lambda x: in_segments(x, ours), x), x.nbytes))
    }


@case("checkpoint.budget", unit="arrays", limit=70, gauge=True)
def budget(tiny):
    """The same, with no segments in the program, but a budget of 67 arrays; cotangents come on top."""
    x = inputs(tiny, 10**6)
    chain = dualad.checkpoint(lambda x: roots(x, LENGTH), budget=67 * x.nbytes)
    return {"dualad": lambda: functools.cache(peak_arrays(gradient(chain, x), x.nbytes))}


@case("checkpoint.time", unit="ms", targets={"torch": 1.0})
def time(tiny):
    """The gradient of the chain on 10⁵ doubles in 32 segments, against torch.utils.checkpoint."""
    x = inputs(tiny, 10**5)

    def by_torch():
        torch, tools = load("torch"), load("torch.utils.checkpoint")
        leaf = torch.tensor(x, requires_grad=True)

        def run():
            leaf.grad = None
            keep = lambda f, x: tools.checkpoint(f, x, use_reentrant=False)  # noqa: E731
            in_segments(leaf, keep, torch.sqrt).sum().backward()
            return leaf.grad

        return run

    return {"dualad": lambda: gradient(lambda x: in_segments(x, ours), x), "torch": by_torch}
