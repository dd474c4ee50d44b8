"""`stop_gradient`, and the questions whether a value is traced and what it is."""

from __future__ import annotations

from typing import Any

from ..core.trace import Box, Const, settled, strip
from ..core.tree import tree_map
from ..ops.flow import stop_value


def stop_gradient(x: Any) -> Any:
    """The same value, as a constant to every derivative that is being taken.

    Parameters
    ----------
    x : pytree of arrays

    Returns
    -------
    pytree
        Plain arrays where only derivatives were traced; rows of a `vmap` stay rows.
    """
    return tree_map(_stop, x)


def _stop(x):
    if not isinstance(x, Box):
        return x
    settled(x)
    return x.value if type(x) is Const else stop_value(x)


def is_traced(x: Any) -> bool:
    """Whether `x` is an array that a running transform follows."""
    return isinstance(x, Box) and type(settled(x)) is not Const


def getval(x: Any) -> Any:
    """The plain NumPy value under all that is traced, for printing, logging and decisions on values."""
    return tree_map(strip, x)
