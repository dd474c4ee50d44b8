"""Modules as pytrees: taken apart into their parameters, and put together again.

What is left when the parameters are taken out is a `Skeleton`: the module itself, and which parameter goes
where. Putting together copies the tree of modules, shallowly: the copy has parameters of its own, whatever
the transform put in, and shares everything else.
"""

from __future__ import annotations

from ..core.tree import register_pytree_node


class Skeleton:
    """A module without its parameters. Two are equal if their modules are of one make."""

    __slots__ = ("module", "names", "types")

    def __init__(self, module, names):
        self.module = module
        self.names = names
        self.types = tuple((place, type(m)) for place, m in module.named_modules())

    def __eq__(self, other):
        return isinstance(other, Skeleton) and self.names == other.names and self.types == other.types

    def __hash__(self):
        return hash((self.names, self.types))


def register(cls) -> None:
    """Make a class of modules a pytree node."""
    register_pytree_node(cls, flatten, unflatten)


def flatten(module):
    """`(parameters, skeleton)`; only floating-point parameters are taken out, and trees in their places (Jacobians)."""
    named = [
        (name, p) for name, p in module.named_parameters() if not hasattr(p, "dtype") or p.dtype.kind in "fc"
    ]
    return [p for _, p in named], Skeleton(module, tuple(name for name, _ in named))


def unflatten(skeleton, parameters):
    """A module of the same make with other parameters."""
    old = [skeleton.module.get_parameter(name) for name in skeleton.names]
    return twin(skeleton.module, {id(p): q for p, q in zip(old, parameters, strict=True)}, {})


def twin(module, replaced, memo):
    """A copy of a tree of modules in which tensors, by `id`, are replaced; what is shared stays shared."""
    if id(module) in memo:
        return memo[id(module)]
    copy = memo[id(module)] = object.__new__(type(module))
    own = dict(module.__dict__)
    for table in ("_parameters", "_buffers"):
        own[table] = {name: replaced.get(id(t), t) for name, t in own[table].items()}
    own["_modules"] = {
        name: child if child is None else twin(child, replaced, memo)
        for name, child in own["_modules"].items()
    }
    copy.__dict__.update(own)
    return copy
