"""Samples: the inputs a primitive declares, beside its rules, for the cross-check suite to try.

An elementwise row says its `domain` and the suite makes shapes, layouts and dtypes of it. Other primitives
yield `Sample(*data, **params)`, every keyword at two values or more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Sample:
    """One call to try: data arguments, parameters, and what may be tried on it.

    Parameters
    ----------
    *args : arrays or numbers, float64 where they are to be differentiated
    complex : bool
        Whether the suite may also try complex values in the differentiable arguments.
    smooth : bool
        Whether finite differences make sense here (no kink within reach).
    along : callable, optional
        Makes of a random array a direction in which an argument may move, where not all are allowed: the
        symmetric part, for an evaluation that reads one triangle.
    through : callable, optional
        A function of the outputs, of primitives, on which the derivatives are judged in their stead, where the
        outputs are not unique: the products that do not depend on the phases of eigenvectors. Returns a tuple.
    **params : the primitive's keyword parameters
    """

    __slots__ = ("along", "args", "complex", "params", "smooth", "through")

    def __init__(
        self,
        *args: Any,
        complex: bool = True,
        smooth: bool = True,
        along: Callable | None = None,
        through: Callable | None = None,
        **params: Any,
    ):
        self.args = args
        self.params = params
        self.complex = complex
        self.smooth = smooth
        self.along, self.through = along, through

    def __repr__(self):
        args = [f"{a.dtype}{list(a.shape)}" if hasattr(a, "shape") else repr(a) for a in self.args]
        return f"Sample({', '.join(args + [f'{k}={v!r}' for k, v in self.params.items()])})"


class Edge(NamedTuple):
    """A policy at a kink or pole: at these scalar arguments, these derivatives, in both engines."""

    args: tuple[float, ...]
    derivatives: tuple[float | None, ...]


SampleMaker = Callable[[Any], Any]
