"""`vmap`: a function of one row, applied to many at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.batch import ROWS, BatchTrace, rank_of, spread
from ..core.errors import StructureError, at_user_line
from ..core.space import face
from ..core.trace import Box
from ..core.tree import tree_flatten
from ._run import as_output, is_traced_by, leave, run


def vmap(f: Callable, in_axes: Any = 0, out_axes: Any = 0, axis_size: int | None = None) -> Callable:
    """Function that applies `f` to each row of its arguments, all rows at once.

    Parameters
    ----------
    f : callable
        Of one row; its primitives are applied to whole batches. Python branches on batched values raise.
    in_axes : int, None, or a pytree prefix of them, one per positional argument
        The axis of each leaf that counts rows; None for what all rows share.
    out_axes : int, None, or a pytree prefix
        Where the rows' axis goes in the output; None for an output that is the same for all rows.
    axis_size : int, optional
        The number of rows, where no argument tells it.

    Raises
    ------
    StructureError
        The arguments disagree on the number of rows, or none tells it.

    Notes
    -----
    Each row draws random numbers of its own from a `dualad.random` generator. A plain NumPy generator knows nothing of
    rows: it draws once for all.
    """

    @functools.wraps(f)
    def mapped(*args, **kwargs):
        leaves, treedef = tree_flatten(args)
        axes = spread_prefix(in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args), args)
        size = _row_count(leaves, axes, axis_size)
        trace = BatchTrace(size)
        rows = [
            x if ax is None else trace.batched(to_front(x, ax)) for x, ax in zip(leaves, axes, strict=True)
        ]
        more, keywords = tree_flatten(kwargs)
        if more:
            _row_count(more, [0] * len(more), size)
        keywords = keywords.unflatten(trace.batched(x) for x in more)
        out = _run_rows(trace, f, treedef.unflatten(rows), keywords)
        outs, outdef = tree_flatten(out)
        places = spread_prefix(out_axes, out)
        return outdef.unflatten(_out(o, ax, trace) for o, ax in zip(outs, places, strict=True))

    return mapped


def _run_rows(trace, f, args, kwargs):
    """Run `f` on the rows; what draws random numbers in it knows of them.

    Transforms use `vmap` too, over tangents and cotangents, with functions of their own: a number drawn there is one
    number, along which there are many directions.
    """
    if (getattr(f, "__module__", None) or "").startswith("dualad.transforms."):
        return run(trace, f, args, kwargs)
    before = ROWS.set((*ROWS.get(), trace))
    try:
        return run(trace, f, args, kwargs)
    finally:
        ROWS.reset(before)


def spread_prefix(prefix, tree) -> list:
    """One axis per leaf of `tree`, from a prefix of it: an int or None stands for a whole subtree."""
    if prefix is None or isinstance(prefix, (int, np.integer)):
        return [prefix] * len(tree_flatten(tree)[0])
    if isinstance(prefix, (tuple, list)) and isinstance(tree, (tuple, list)):
        if len(prefix) != len(tree):
            raise StructureError(f"{len(prefix)} axes for {len(tree)} arguments{at_user_line()}")
        return [ax for p, t in zip(prefix, tree, strict=True) for ax in spread_prefix(p, t)]
    if isinstance(prefix, dict) and isinstance(tree, dict) and prefix.keys() == tree.keys():
        return [ax for k in sorted(tree) for ax in spread_prefix(prefix[k], tree[k])]
    raise StructureError(
        f"the axes {prefix!r} are no prefix of the tree {tree_flatten(tree)[1]}{at_user_line()}"
    )


def _row_count(leaves, axes, axis_size):
    sizes = {}
    for k, (x, ax) in enumerate(zip(leaves, axes, strict=True)):
        if ax is not None:
            shape = np.shape(x) if not isinstance(x, Box) else x.shape
            if not -len(shape) <= ax < len(shape):
                raise StructureError(f"vmap: leaf {k} has shape {shape} and no axis {ax}{at_user_line()}")
            sizes[k] = shape[ax]
    found = set(sizes.values()) | ({axis_size} if axis_size is not None else set())
    if len(found) != 1:
        said = f"they have {sorted(found)}" if found else "nothing tells it: give axis_size"
        raise StructureError(f"vmap needs one number of rows for all arguments; {said}{at_user_line()}")
    return found.pop()


def to_front(x, axis):
    """`x` with the axis moved to the front."""
    return move(x, axis, 0)


def move(x, source, target):
    """`np.moveaxis` of one axis, on arrays and boxes."""
    n = rank_of(x)
    source, target = source % n, target % n
    if source == target:
        return x
    order = [k for k in range(n) if k != source]
    order.insert(target, source)
    return face("transpose")(x, axes=tuple(order)) if isinstance(x, Box) else np.transpose(x, order)


def _out(o, axis, trace):
    o = as_output(o)
    if not is_traced_by(o, trace):
        o = leave(o)
        return o if axis is None else move(spread(o, trace.size), 0, axis)
    if axis is None:
        raise StructureError(
            f"vmap: out_axes=None for an output that differs from row to row{at_user_line()}; say where its axis goes"
        )
    return move(leave(o.value), 0, axis)
