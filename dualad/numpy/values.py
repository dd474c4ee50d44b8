"""Functions of the values alone (`np.nonzero`, `np.isclose`, `np.digitize` …): no derivative passes through them.

Derivatives are taken off the arguments, openly; the rows of a `vmap` are not: the function is applied to each
row, and where the rows' results differ in shape there is an error, never a result of the whole batch.
"""

from __future__ import annotations

import numpy as np

from ..core.batch import Batched, BranchError
from ..core.errors import at_user_line
from ..core.linear import Recorded
from ..core.trace import Box, Const, settled
from ..ops.flow import stop_value


def without_derivative(x):
    """The plain value of `x`, or a batch of plain values."""
    if not isinstance(x, Box):
        return x
    settled(x)
    x = x.value if type(x) is Const else stop_value(x)
    return without_derivative(x.look()) if isinstance(x, Recorded) else x


def on_values(function, *args, **kwargs):
    """`function` of the values; of each row, where the rows of a `vmap` are among the arguments."""
    args = [without_derivative(a) for a in args]
    kwargs = {k: without_derivative(v) for k, v in kwargs.items()}
    batches = [a for a in (*args, *kwargs.values()) if isinstance(a, Batched)]
    if not batches:
        return function(*args, **kwargs)
    trace = max((b.owner for b in batches), key=lambda t: t.id)

    def row(a, k):
        return a.value[k] if isinstance(a, Batched) and a.owner is trace else a

    results = [
        on_values(function, *[row(a, k) for a in args], **{n: row(v, k) for n, v in kwargs.items()})
        for k in range(trace.size)
    ]
    if results and isinstance(results[0], tuple):
        return tuple(_together(column, trace, function) for column in zip(*results, strict=True))
    return _together(results, trace, function)


def _together(results, trace, function):
    """The rows' results as one batch."""
    if any(isinstance(r, Box) for r in results):  # an outer vmap
        return trace.batched(np.stack(results))
    results = [np.asarray(r) for r in results]
    if len({r.shape for r in results}) != 1:
        raise BranchError(
            f"np.{function.__name__} gives another number of elements in each row of a vmap{at_user_line()}; "
            "write np.where(mask, a, b), which keeps the shape"
        )
    return trace.batched(np.stack(results))
