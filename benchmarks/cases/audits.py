"""What it costs to have every pullback compared with the forward engine: `dualad.checked()`.

The ratio is to the same program without: the tape and the sweep, against tape, sweep and tangents.
"""

from __future__ import annotations

import functools

import numpy as np

import dualad

from ..case import Contestant, case
from ..training import step_maker
from .large_chain import mixed
from .perceptron import RATE, batch, perceptron, sizes


def watched(run):
    """`run` inside a block of its own."""

    def checked_run():
        with dualad.checked():
            return run()

    return checked_run


def chain(tiny, n):
    rng = np.random.default_rng(1)
    x = rng.normal(size=100 if tiny else n)
    gradient = dualad.grad(lambda x: mixed(x, 0.9, 1.1, np))
    run = functools.partial(gradient, x)
    return {"dualad": lambda: watched(run), "dualad-unchecked": lambda: run}


@case("checked.chain-1e4", unit="ms", targets={"dualad-unchecked": 2.5})
def chain_of_ten_thousand(tiny):
    """The gradient of the mixed chain of 50 operations on 10⁴ float64, checked."""
    return chain(tiny, 10**4)


@case("checked.chain-1e5", unit="ms", targets={"dualad-unchecked": 2.5})
def chain_of_a_hundred_thousand(tiny):
    """The same on 10⁵."""
    return chain(tiny, 10**5)


@case("checked.chain-10", unit="ms")
def chain_of_ten(tiny):
    """The same on 10: the price of the calls alone, without a target."""
    return chain(tiny, 10)


@case("checked.mlp", unit="ms", targets={"dualad-unchecked": 2.5}, rtol=1e-4)
def step(tiny):
    """A training step of the perceptron with SGD, `backward` checked."""
    widths, _ = sizes(tiny)
    x, labels = batch(tiny)

    def sgd(library, parameters):
        return library.optim.SGD(parameters, lr=float(RATE))

    plain = step_maker("dualad", perceptron(widths), sgd, x, labels)

    def checked():
        made = plain()
        return Contestant(watched(made.run), watched(made.result))

    return {"dualad": checked, "dualad-unchecked": plain}
