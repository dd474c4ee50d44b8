"""What stands in a node of the tape: whose it is, which nodes it came from, and the arrays it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .errors import FreedGraph, at_user_line
from .primitive import Primitive
from .reverse import Var, pull_freed, pull_leaf, pull_pick
from .space import Space
from .trace import Box
from .tree import tree_leaves


def is_node(x) -> bool:
    return type(x) is list and len(x) >= 4 and type(x[0]) is int and callable(x[1])


def content(node):
    """The node itself, or what stands behind the hooks of a tensor."""
    return node[4] if getattr(node[1], "hooks", None) is not None else node


def is_leaf(node) -> bool:
    """Whether a node is an input of the tape, a transform's or a tensor that requires grad."""
    return node[1] is pull_leaf or node[1].__name__ == "pull_tensor_leaf"


def parents(node) -> list:
    """The nodes that a node was made from."""
    found: list = []
    for part in content(node)[4:]:
        if is_node(part):
            found.append(part)
        elif type(part) is tuple and part and all(map(is_node, part)):
            found.extend(part)
    return found


def primitive_of(node) -> Any:
    """The primitive (or the segment of a checkpoint) that made a node; None for leaves."""
    node = content(node)
    if node[1] is pull_pick:
        return primitive_of(node[4])
    known = getattr(node[1], "replay", None)
    if type(known) is tuple:
        return known[0]
    if len(node) in (6, 7) and type(node[5]) is tuple and hasattr(node[5][0], "name"):
        return node[5][0]
    return None


def name_of(node) -> str:
    """The name of a node's primitive."""
    found = primitive_of(node)
    if found is not None:
        return found.name if isinstance(found, Primitive) else f"checkpoint of {found.name}"
    return "leaf" if is_leaf(content(node)) else content(node)[1].__name__.removeprefix("pull_")


def walk(roots) -> Iterator[list]:
    """All nodes that the roots depend on, each once, youngest first."""
    seen: dict[int, list] = {}
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node[0] in seen:
            continue
        if _is_freed(node):
            raise FreedGraph(
                f"the graph has been freed by a backward pass{at_user_line()}: it keeps nothing any more. Look at it "
                "before backward(), or call backward(retain_graph=True)"
            )
        seen[node[0]] = node
        waiting.extend(parents(node))
    return iter([seen[k] for k in sorted(seen)])


def _is_freed(node) -> bool:
    return node[1] is pull_freed or node[1].__name__ == "pull_freed"


# ---- what is kept ---------------------------------------------------------------------------------


class Kept(NamedTuple):
    """An array that a node keeps; `owner` is the array whose memory it is."""

    array: Any
    owner: Any


def kept_arrays(node) -> list[Kept]:
    """The arrays among what a node keeps, without numbers that belong to the operation."""
    found: list[Kept] = []
    for part in content(node)[4:]:
        if not is_node(part) and not (type(part) is tuple and part and all(map(is_node, part))):
            _collect(part, found, 0)
    return found


def owner_of(a):
    """The array whose memory `a` shows."""
    while isinstance(a.base, np.ndarray):
        a = a.base
    return a


_DEEP = 6


def _collect(x, found, depth):
    if type(x) is np.ndarray:
        if x.ndim or x.flags.writeable:
            found.append(Kept(x, owner_of(x)))
    elif isinstance(x, Box):
        _collect_box(x, found, depth)
    elif (
        isinstance(x, (str, bytes, int, float, complex, type, np.generic, Space, Primitive)) or depth > _DEEP
    ):
        return
    elif isinstance(x, (tuple, list)):
        for part in x:
            _collect(part, found, depth + 1)
    elif isinstance(x, dict):
        for part in x.values():
            _collect(part, found, depth + 1)
    else:
        _collect_object(x, found, depth)


def _collect_box(x, found, depth):
    """Of a box, the values; a tangent is kept too, but the tape of another trace is not this node's."""
    _collect(x.value, found, depth + 1)
    if not isinstance(x, Var) and isinstance(x.aux, (Box, np.ndarray)):
        _collect(x.aux, found, depth + 1)


def _collect_object(x, found, depth):
    """What a closure of a rule of the user's holds, or the segment of a checkpoint."""
    for cell in getattr(x, "__closure__", None) or ():
        try:
            part = cell.cell_contents
        except ValueError:  # not filled yet
            continue
        if not is_node(part):
            _collect_tree(part, found, depth + 1)
    for name in ("leaves", "values"):
        if hasattr(x, "run") and hasattr(x, name):
            _collect(getattr(x, name), found, depth + 1)


def _collect_tree(x, found, depth):
    if isinstance(x, (tuple, list, dict)) and not is_node(x):
        for leaf in tree_leaves(x):
            _collect(leaf, found, depth + 1)
    else:
        _collect(x, found, depth)
