"""Hooks: a node of the tape gets another pull, which calls them and then the node's own.

The node stays the same list, since its users hold it; its former content stands behind the new pull. So a
hook registered after a tensor has been used is called as well.
"""

from __future__ import annotations

KEPT = "kept"  # key of a sweep's dict: (node, cotangent) of tensors whose gradient is retained


class Hooks:
    """What is registered on one node: functions, and a handle that wants the gradient."""

    __slots__ = ("functions", "keeper")

    def __init__(self):
        self.functions: dict = {}
        self.keeper = None

    def run(self, node, g, cots):
        for function in tuple(self.functions.values()):
            g = function(g)
        if self.keeper is not None:
            cots.setdefault(KEPT, []).append((self.keeper, g))
        return g


def pull_hooked(node, g, cots, heap, flags):
    """Call the hooks, then pull as the node would have."""
    g = node[5].run(node, g, cots)
    former = node[4]
    former[1](former, g, cots, heap, flags)


def hooks_of(node) -> Hooks:
    """The hooks of a node, which gets them if it has none yet."""
    if node[1] is not pull_hooked:
        former = list(node)
        node[:] = [node[0], pull_hooked, node[2], node[3], former, Hooks()]
    return node[5]


def inner(node):
    """The node behind its hooks."""
    return node[4] if node[1] is pull_hooked else node


class RemovableHandle:
    """Returned on registration; `remove()` takes the hook away again."""

    __slots__ = ("_functions", "_key")

    def __init__(self, functions: dict, function):
        self._functions = functions
        self._key = object()
        functions[self._key] = function

    def remove(self):
        self._functions.pop(self._key, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


def _run_hooks(node, g, cots):
    """For sweeps that look into nodes: the content behind the hooks, and what they made of `g`."""
    return node[4], node[5].run(node, g, cots)


pull_hooked.hooks = _run_hooks  # type: ignore[attr-defined]
