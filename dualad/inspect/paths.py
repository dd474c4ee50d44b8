"""Names for the leaves of arguments: `x`, `params['w']`, `net.0.weight`."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from ..core.tree import _kind, tree_flatten


def argument_names(f: Callable, args, kwargs) -> list[str]:
    """One name per positional argument of a call, then those of the keywords in order."""
    try:
        bound = inspect.signature(f).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return [*(f"args[{k}]" for k in range(len(args))), *sorted(kwargs)]
    names: list[str] = []
    for name, parameter in bound.signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{name}[{k}]" for k in range(len(args) - len(names))]
        elif len(names) < len(args):
            names.append(name)
    return [*names[: len(args)], *sorted(kwargs)]


def leaf_paths(tree, name: str) -> list[str]:
    """One name per leaf of a pytree, in the order of `tree_flatten`."""
    kind = _kind(tree)
    if kind is None:
        return [name]
    children, aux = kind.flatten(tree)
    children = list(children)
    if len(children) == 1 and hasattr(tree, "dtype") and hasattr(tree, "shape"):
        return leaf_paths(children[0], name)  # a tensor around its value
    parts = _parts(tree, aux, len(children))
    return [
        path for part, child in zip(parts, children, strict=True) for path in leaf_paths(child, name + part)
    ]


def _parts(tree, aux, n) -> list[str]:
    if isinstance(tree, dict):
        keys = aux[1] if isinstance(aux, tuple) and len(aux) == 2 and callable(aux[0]) else aux
        return [f"[{k!r}]" for k in keys]
    if hasattr(tree, "_fields"):
        return [f".{k}" for k in tree._fields]
    if hasattr(aux, "names") and len(aux.names) == n:
        return [f".{k}" for k in aux.names]
    return [f"[{k}]" for k in range(n)]


def name_leaves(f: Callable, args, kwargs) -> list[str]:
    """Names for all leaves of a call's arguments, as `tree_flatten((args, kwargs))` gives them."""
    names = argument_names(f, args, kwargs)
    values = [*args, *(kwargs[k] for k in sorted(kwargs))]
    found = [path for name, value in zip(names, values, strict=True) for path in leaf_paths(value, name)]
    assert len(found) == len(tree_flatten((args, kwargs))[0])
    return found
