"""Floating-point operations of products of matrices, from the shapes of a program's equations."""

from __future__ import annotations

from math import prod

from ..core.linear import Slot
from ..core.space import Space, space_of
from .units import bare


def flops_of(equation, program) -> int | None:
    """Multiplications and additions of a product; None for what is no product, or not known here.

    A product of result size m with a contraction over k entries takes 2 m k; four times that for complex numbers.
    """
    contracted = _CONTRACTED.get(equation.name)
    if contracted is None:
        return None
    known = program.spaces()
    spaces = [known[a.number] if type(a) is Slot else space_of(bare(a)) for a in equation.step.args]
    out = equation.spaces[0]
    n = round(2 * out.size * contracted([*spaces[:2], out], equation.step.params))
    return 4 * n if out.dtype.kind == "c" else n


def _last(spaces: list[Space], params) -> float:
    return spaces[0].shape[-1] if spaces[0].shape else 1


def _one(spaces: list[Space], params) -> float:
    return 1


def _paired(spaces: list[Space], params) -> float:
    """Of a product without common axes: a has F₁K entries, b KF₂, the result F₁F₂."""
    a, b, out = (s.size for s in spaces)
    return (a * b / out) ** 0.5 if out else 0


def _kernel(spaces: list[Space], params) -> float:
    return prod(spaces[1].shape[1:])


# By primitive, how many entries are summed for each one of the result.
_CONTRACTED = {
    "matmul": _last,
    "affine": _last,
    "inner": _last,
    "dot": _paired,
    "vdot": _paired,
    "tensordot": _paired,
    "outer": _one,
    "conv2d": _kernel,
    "conv2d_bias": _kernel,
}
