"""A traced value in words, for `print(x)` inside a function under a transform: who traces it, and what that adds."""

from __future__ import annotations

import numpy as np

from .batch import Batched
from .forward import Dual
from .linear import Recorded
from .nodes import content, is_leaf, name_of
from .reverse import Var
from .taylor import Taylor
from .trace import Box, Const, strip


def layers(x) -> list[str]:
    """What each trace has added to a value, newest first: `tangent [1., 0.] of jvp`, `made by sin in grad`."""
    found = []
    while isinstance(x, Box):
        if type(x) is not Const and x.owner is not None:
            found.append(_layer(x) + ("" if x.owner.alive else " (ended)"))
        x = x.value
    return found


def _layer(x) -> str:
    name = x.owner.name
    if isinstance(x, Dual) and type(x.aux) is Recorded:  # whose value stands for any
        return f"tangent recorded by {name}"
    if isinstance(x, Dual):
        return f"tangent {_short(x.aux)} of {name}"
    if isinstance(x, Var):
        return f"input of {name}" if is_leaf(content(x.aux)) else f"made by {name_of(x.aux)} in {name}"
    if isinstance(x, Batched):
        return f"{x.owner.size} rows of {name}"
    if isinstance(x, Taylor):
        return f"curve of order {x.owner.order} of {name}"
    return f"recorded by {name}"


def _short(x) -> str:
    a = np.asarray(strip(x))
    if a.size > 20:
        return f"of shape {a.shape}"
    return np.array2string(a, separator=", ").replace("\n", "")
