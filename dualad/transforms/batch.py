"""`vmap`: a function of one row, applied to many at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.batch import ROWS, BatchTrace, rank_of, spread
from ..core.errors import StructureError, at_user_line
from ..core.memory import rows_apart
from ..core.space import face
from ..core.trace import Box
from ..core.tree import LEAF, leaf_path, tree_flatten
from ._run import as_output, is_traced_by, leave, run


def vmap(f: Callable, in_axes: Any = 0, out_axes: Any = 0, axis_size: int | None = None) -> Callable:
    """Function that applies `f` to each row of its arguments, all rows at once.

    Parameters
    ----------
    f : callable
        Of one row; its primitives are applied to whole batches. Python branches on batched values raise.
    in_axes : int, None, or a tuple or list of them, one per positional argument
        The axis of each leaf that counts rows, negative ones from the end; None for what all rows share. For an
        argument that is a pytree, an int or None speaks for all of it, a pytree of them for its parts. Keyword
        arguments have their rows on axis 0.
    out_axes : int, None, or a pytree of them
        Where the rows' axis goes in the output; None for an output that is the same for all rows.
    axis_size : int, optional
        The number of rows, where no argument tells it.

    Returns
    -------
    callable
        Takes arguments with one more axis than `f` does, where `in_axes` says; its output has one more.

    Raises
    ------
    StructureError
        The arguments disagree on the number of rows, or none tells it; axes do not fit the arguments or the output.
    BranchError
        `f` asks for the truth of a value that differs from row to row.

    Warns
    -----
    BatchFallback
        A primitive without a batch rule is applied row by row.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> dualad.vmap(np.dot, in_axes=(0, None))(np.eye(2), np.array([3.0, 4.0]))
    array([3., 4.])

    Notes
    -----
    Each row draws random numbers of its own from a `dualad.random` generator. A plain NumPy generator knows nothing of
    rows: it draws once for all.
    """

    @functools.wraps(f)
    def mapped(*args, **kwargs):
        leaves, treedef = tree_flatten((args, kwargs))
        axes = _axes_of(in_axes, args) + [0] * len(tree_flatten(kwargs)[0])
        size = _row_count(leaves, axes, axis_size, treedef)
        trace = BatchTrace(size)
        rows = [
            x if ax is None else trace.batched(rows_apart(to_front(x, ax)))
            for x, ax in zip(leaves, axes, strict=True)
        ]
        args, kwargs = treedef.unflatten(rows)
        out = _run_rows(trace, f, args, kwargs)
        outs, outdef = tree_flatten(out)
        places = spread_prefix(out_axes, out, "out_axes")
        return outdef.unflatten(_out(o, ax, trace) for o, ax in zip(outs, places, strict=True))

    return mapped


def over_rows(f: Callable, *batches):
    """`vmap(f)(*batches)` without its doors, for the transforms' own functions: arrays in, with rows in front."""
    trace = BatchTrace(len(batches[0]))
    out = run(trace, f, [trace.batched(b) for b in batches], {})
    outs, outdef = tree_flatten(out)
    return outdef.unflatten([_out(o, 0, trace) for o in outs])


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


def _axes_of(in_axes, args) -> list:
    if not isinstance(in_axes, (tuple, list)):
        return spread_prefix(in_axes, args, "in_axes")
    if len(in_axes) != len(args):
        raise StructureError(
            f"vmap: in_axes={in_axes!r} speaks of {len(in_axes)} positional arguments, {len(args)} are given"
            f"{at_user_line()}; keyword arguments have their rows on axis 0, and need no entry"
        )
    return [ax for p, x in zip(in_axes, args, strict=True) for ax in spread_prefix(p, x, "in_axes")]


def spread_prefix(prefix, tree, what) -> list:
    """One axis per leaf of `tree`, from a prefix of it: an int or None stands for a whole subtree."""
    if prefix is None or (isinstance(prefix, (int, np.integer)) and not isinstance(prefix, bool)):
        return [prefix] * len(tree_flatten(tree)[0])
    parts, outline = tree_flatten(tree, is_leaf=lambda t: t is not tree)
    axes, given = tree_flatten(prefix, is_leaf=lambda t: t is not prefix)
    same = given == outline or ({given.kind, outline.kind} == {tuple, list} and len(axes) == len(parts))
    if given.kind is LEAF or not same:
        raise StructureError(
            f"vmap: {what}={prefix!r} does not fit the tree {tree_flatten(tree)[1]}{at_user_line()}; it takes an int "
            "or None for all of it, or a tree like it of these"
        )
    return [ax for p, t in zip(axes, parts, strict=True) for ax in spread_prefix(p, t, what)]


def _row_count(leaves, axes, axis_size, treedef):
    """The number of rows, on which all that is mapped must agree."""
    sizes = {}
    for k, (x, ax) in enumerate(zip(leaves, axes, strict=True)):
        if ax is None:
            continue
        shape = x.shape if hasattr(x, "shape") else np.shape(x)
        if not -len(shape) <= ax < len(shape):
            raise StructureError(
                f"vmap: {_place(treedef, k)} has shape {shape} and no axis {ax}{at_user_line()}; say in_axes=None for "
                "what all rows share"
            )
        sizes[k] = shape[ax]
    found = {*sizes.values()} | ({axis_size} if axis_size is not None else set())
    if len(found) == 1:
        return found.pop()
    if not found:
        raise StructureError(
            f"vmap needs one number of rows for all arguments; nothing tells it: give axis_size{at_user_line()}"
        )
    said = [f"{_place(treedef, k)} has {n} on axis {axes[k]}" for k, n in sizes.items()]
    said += [f"axis_size says {axis_size}"] if axis_size is not None else []
    raise StructureError(
        f"vmap needs one number of rows for all arguments: {', '.join(said)}{at_user_line()}; in_axes names other "
        "axes, None for what all rows share"
    )


def _place(treedef, k) -> str:
    """Where leaf `k` stands in `(args, kwargs)`: `argument 0['a']`, `argument 'y'`."""
    path = leaf_path(treedef, k)
    return f"argument {path[1][1:-1]}" + "".join(path[2:])


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
    mapped = is_traced_by(o, trace)
    o = leave(o.value) if mapped else leave(o)
    if axis is None:
        if not mapped:
            return o
        raise StructureError(
            f"vmap: out_axes=None for an output that differs from row to row{at_user_line()}; say where its axis goes"
        )
    o = o if mapped else spread(o, trace.size)
    if not -rank_of(o) <= axis < rank_of(o):
        raise StructureError(
            f"vmap: out_axes={axis}, but the output has {rank_of(o)} axes, that of the rows included{at_user_line()}"
        )
    return move(o, 0, axis)
