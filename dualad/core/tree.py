"""Pytrees: nested tuples, lists, dicts, named tuples and registered classes, with arrays at the leaves.

Every transform takes and returns them. `None` is a tree without leaves. A class joins with
`register_pytree_node(cls, flatten, unflatten)`, JAX's signature.
"""

from __future__ import annotations

import functools
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .errors import StructureError, at_user_line


class _Kind(NamedTuple):
    flatten: Callable  # tree -> (children, aux)
    unflatten: Callable  # (aux, children) -> tree


_KINDS: dict[type, _Kind] = {}
LEAVES = {float, int, complex, bool, str, np.ndarray, np.float64}  # what most leaves are: no need to ask
_NOTHING = object()


class TreeDef:
    """The shape of a pytree: what is left when the leaves are taken out. Compares and hashes by value."""

    __slots__ = ("aux", "children", "kind", "num_leaves")

    def __init__(self, kind, aux, children):
        self.kind, self.aux, self.children = kind, aux, children
        n = 1 if kind is LEAF else 0
        for c in children:
            n += c.num_leaves
        self.num_leaves = n

    def unflatten(self, leaves):
        """The tree of this shape with these leaves."""
        leaves = list(leaves)
        if len(leaves) != self.num_leaves:
            raise StructureError(f"{self.num_leaves} leaves expected, {len(leaves)} given")
        return _build(self, iter(leaves))

    def __eq__(self, other):
        return (
            isinstance(other, TreeDef)
            and self.kind is other.kind
            and self.aux == other.aux
            and self.children == other.children
        )

    def __hash__(self):
        return hash((self.kind, self.num_leaves, self.children))

    def __repr__(self):
        """As the tree would print, with a star for each leaf."""
        if self.kind is LEAF:
            return "*"
        if self.kind is type(None):
            return "None"
        if self.kind is dict:
            return (
                "{" + ", ".join(f"{k!r}: {c!r}" for k, c in zip(self.aux, self.children, strict=True)) + "}"
            )
        inside = ", ".join(map(repr, self.children))
        if self.kind is tuple:
            return f"({inside},)" if len(self.children) == 1 else f"({inside})"
        return f"[{inside}]" if self.kind is list else f"{self.kind.__name__}({inside})"


class LEAF:
    """Marks a leaf in a TreeDef."""


_LEAF_DEF = TreeDef(LEAF, None, ())


class Place(NamedTuple):
    """Where a leaf stands in a tree, for messages; `str` finds it: `primals[0]['weights'][2]`."""

    root: str
    treedef: TreeDef
    leaf: int

    def __str__(self):
        return self.root + "".join(leaf_path(self.treedef, self.leaf))


class ArgumentPlace(NamedTuple):
    """The same for a leaf of the chosen ones among a function's arguments: `argument 2['weights']`."""

    chosen: list
    treedef: TreeDef
    leaf: int

    def __str__(self):
        first, *rest = leaf_path(self.treedef, self.leaf)
        return f"argument {self.chosen[int(first[1:-1])]}" + "".join(rest)


def leaf_path(treedef: TreeDef, leaf: int) -> list[str]:
    """The steps from the root of a tree to one of its leaves, as Python would write them."""
    steps = []
    while treedef.kind is not LEAF:
        i = 0
        while leaf >= treedef.children[i].num_leaves:
            leaf -= treedef.children[i].num_leaves
            i += 1
        steps.append(_step(treedef, i))
        treedef = treedef.children[i]
    return steps


def _step(treedef, i) -> str:
    kind, aux = treedef.kind, treedef.aux
    if kind is dict or kind is OrderedDict:
        return f"[{aux[i]!r}]"
    if kind is defaultdict:
        return f"[{aux[1][i]!r}]"
    if hasattr(kind, "_fields"):
        return f".{kind._fields[i]}"
    if hasattr(aux, "names"):  # a Module
        return f".{aux.names[i]}"
    return "" if hasattr(kind, "dtype") else f"[{i}]"  # a Tensor stands for its array


def register_pytree_node(cls: type, flatten: Callable, unflatten: Callable) -> None:
    """Make `cls` a pytree node: `flatten(tree) -> (children, aux)`, `unflatten(aux, children) -> tree`."""
    _KINDS[cls] = _Kind(flatten, unflatten)
    LEAVES.discard(cls)


register_pytree_node(tuple, lambda t: (t, None), lambda _, c: tuple(c))
register_pytree_node(list, lambda t: (t, None), lambda _, c: list(c))
register_pytree_node(dict, lambda d: _items(d, sorted), lambda keys, c: dict(zip(keys, c, strict=True)))
register_pytree_node(
    OrderedDict, lambda d: _items(d, list), lambda keys, c: OrderedDict(zip(keys, c, strict=True))
)
register_pytree_node(
    defaultdict,
    lambda d: (_items(d, sorted)[0], (d.default_factory, _items(d, sorted)[1])),
    lambda aux, c: defaultdict(aux[0], zip(aux[1], c, strict=True)),
)
register_pytree_node(type(None), lambda _: ((), None), lambda _, __: None)


def _items(d, order):
    try:
        keys = tuple(order(d))
    except TypeError:
        raise StructureError(
            "a dict in a pytree needs keys that can be sorted, so that leaves keep one order; "
            "use one type of keys, or a collections.OrderedDict"
        ) from None
    return [d[k] for k in keys], keys


def _kind(tree):
    cls = type(tree)
    kind = _KINDS.get(cls)
    if kind is None and isinstance(tree, tuple) and hasattr(tree, "_fields"):
        kind = _KINDS[cls] = _Kind(lambda t: (t, None), lambda _, c: cls(*c))
    return kind


def tree_flatten(tree, is_leaf: Callable[[Any], bool] | None = None):
    """`(leaves, treedef)` of a pytree."""
    if is_leaf is None and type(tree) in LEAVES:
        return [tree], _LEAF_DEF
    leaves: list = []
    return leaves, _take_apart(tree, leaves, is_leaf)


def _take_apart(tree, leaves, is_leaf):
    if type(tree) in LEAVES:
        leaves.append(tree)
        return _LEAF_DEF
    kind = None if is_leaf is not None and is_leaf(tree) else _kind(tree)
    if kind is None:
        leaves.append(tree)
        return _LEAF_DEF
    children, aux = kind.flatten(tree)
    return TreeDef(type(tree), aux, tuple(_take_apart(c, leaves, is_leaf) for c in children))


def _build(treedef, leaves):
    if treedef.kind is LEAF:
        return next(leaves)
    return _KINDS[treedef.kind].unflatten(treedef.aux, [_build(c, leaves) for c in treedef.children])


def flatten_like(treedef: TreeDef, tree, what: str) -> list:
    """The parts of `tree` that stand where `treedef` has leaves; None may stand for any part of it.

    Parameters
    ----------
    what : str
        What `tree` is and should be like, for the message.
    """
    parts: list = []
    _take_like(treedef, tree, what, parts)
    return parts


def _take_like(treedef, tree, what, parts):
    if treedef.kind is LEAF:
        parts.append(tree)
        return
    if tree is None and treedef.kind is not type(None):
        parts.extend([None] * treedef.num_leaves)
        return
    kind = _kind(tree)
    if kind is None or type(tree) is not treedef.kind:
        raise _unlike(what, treedef, tree)
    children, aux = kind.flatten(tree)
    children = list(children)
    if len(children) != len(treedef.children) or aux != treedef.aux:
        raise _unlike(what, treedef, tree)
    for child_def, child in zip(treedef.children, children):
        _take_like(child_def, child, what, parts)


def _unlike(what, treedef, tree) -> StructureError:
    return StructureError(f"{what}{at_user_line()}: {treedef} expected, {tree_structure(tree)} given")


def tree_unflatten(treedef: TreeDef, leaves):
    """The tree of shape `treedef` with these leaves, in the order of `tree_flatten`."""
    return treedef.unflatten(leaves)


def tree_leaves(tree, is_leaf=None) -> list:
    """The leaves of a pytree, in order."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree, is_leaf=None) -> TreeDef:
    """The shape of a pytree."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(f: Callable, tree, *rest, is_leaf=None):
    """`f` applied to the corresponding leaves of one or more trees of one structure."""
    leaves, treedef = tree_flatten(tree, is_leaf)
    columns = [leaves]
    for other in rest:
        more, other_def = tree_flatten(other, is_leaf)
        if other_def != treedef:
            raise StructureError(f"trees of different structure: {treedef} and {other_def}")
        columns.append(more)
    return treedef.unflatten(map(f, *columns))


def tree_reduce(f: Callable, tree, initializer=_NOTHING, is_leaf=None):
    """`f(f(first, second), third) …` over the leaves, from `initializer` on if there is one."""
    leaves = tree_leaves(tree, is_leaf)
    return (
        functools.reduce(f, leaves) if initializer is _NOTHING else functools.reduce(f, leaves, initializer)
    )


def tree_all(tree, is_leaf=None) -> bool:
    """Whether all leaves are true."""
    return all(tree_leaves(tree, is_leaf))


def tree_transpose(outer: TreeDef, inner: TreeDef | None, tree):
    """A tree of the structure `outer` of trees of the structure `inner`, turned inside out.

    `inner` may be None: it is then that of the first subtree.
    """
    parts = flatten_like(outer, tree, "tree_transpose: the tree must begin like outer")
    if inner is None:
        inner = tree_structure(parts[0])
    rows = [flatten_like(inner, p, "tree_transpose: each subtree must be like inner") for p in parts]
    return inner.unflatten(outer.unflatten(column) for column in zip(*rows, strict=True))
