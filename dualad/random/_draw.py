"""How a generator draws under a transform: NumPy's own method, on the values of the parameters."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.batch import IN_ROWS_OF, ROWS, Batched
from ..core.errors import MissingRule, NotDifferentiable, RandomLayer, at_user_line
from ..core.linear import is_recorded
from ..core.trace import Box, Const, settled
from ..numpy.functions import boxed, holds_box
from ..ops.draws import random_draw


def is_plain(*values: Any) -> bool:
    """Whether NumPy's method can be called as it is: no traced value among them, and no rows of a `vmap`."""
    return not ROWS.get() and not holds_box(values)


def carries(x: Any) -> bool:
    """Whether a derivative is attached to `x`; the rows of a `vmap` are none."""
    while isinstance(x, Box):
        settled(x)
        if not isinstance(x, (Batched, Const)):
            return True
        x = x.value
    return False


def parameter(x: Any) -> Any:
    """A parameter as an array: a box as it is, a list with boxes in it as one box."""
    if isinstance(x, Box):
        settled(x)
        if is_recorded(x):
            raise NotDifferentiable(
                f"a draw with recorded parameters{at_user_line()}: the recorded program would hold these numbers "
                "for ever. Draw outside, and pass the numbers in."
            )
        return x.value if type(x) is Const else x
    return boxed(x)


def shape_of(size: Any) -> tuple[int, ...] | None:
    """NumPy's `size` as a tuple."""
    if size is None:
        return None
    return tuple(map(operator.index, size)) if np.iterable(size) else (operator.index(size),)


class Source:
    """Draws by a method of NumPy's generator; and the noise behind the numbers, from the same state.

    Parameters
    ----------
    rng : Generator
    name : of the method
    noise : callable, optional
        `noise(generator, shape, *parameters)`: what the method draws before the parameters come in. It is given another
        generator, in the state in which `rng` was.
    row_by_row : bool
        Of methods whose parameters cannot be batches.
    keywords : further keywords of the method
    sized : whether the method takes a `size`
    """

    def __init__(
        self, rng, name, noise: Callable | None = None, *, row_by_row=False, sized=True, keywords=None
    ):
        self.rng, self.name, self.noise = rng, name, noise
        self.row_by_row, self.sized, self.keywords = row_by_row, sized, keywords or {}

    def __call__(self, parameters, shape):
        """The numbers, and the noise behind them."""
        method = getattr(self.rng.numpy, self.name)
        keywords = {"size": shape, **self.keywords} if self.sized else self.keywords
        with self.rng.drawing:
            if not self.noise:
                return (np.asarray(method(*parameters, **keywords)),)
            state = self.rng.bit_generator.state
            z = np.asarray(method(*parameters, **keywords))
            scratch = self.rng.scratch
            scratch.bit_generator.state = state
            return z, np.asarray(self.noise(scratch, z.shape, *parameters))


def draw(source: Source, parameters: tuple, size: Any) -> Any:
    """What `source` draws, without derivatives: numbers of its own for each row of a `vmap`."""
    out = random_draw(token(), *parameters, source=source, shape=shape_of(size))
    return out if source.noise else out[0]


def token() -> Any:
    """A number without meaning that has the rows of all running `vmap`s."""
    rows = ROWS.get()
    if rows and IN_ROWS_OF.get():
        raise RandomLayer(
            f"{IN_ROWS_OF.get()} draws random numbers{at_user_line()}, under vmap, and has a rule of its own, which "
            "would not see the same numbers. Draw outside of it, and pass the numbers as an argument"
        )
    t: Any = np.zeros(tuple(trace.size for trace in rows))
    for trace in rows:
        t = trace.batched(t)
    return t if rows else 0.0


def refuse_out(name: str, out: Any) -> None:
    """NumPy would write plain numbers into it."""
    if out is not None:
        raise MissingRule(f"{name}: the keyword out= is not supported under a transform{at_user_line()}")
