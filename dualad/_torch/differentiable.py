"""What a tensor has of the backward pass: `backward`, hooks, `retain_grad`, `grad_fn`."""

from __future__ import annotations

from weakref import ref

import numpy as np

from ..core import nodes
from ..core.reverse import Var
from .backward import backward, conj, from_scalar, pull_freed
from .handle import Handle, is_leaf_node, wrap
from .hooks import RemovableHandle, hooks_of, inner
from .tape import TAPE, tape_levels


class Differentiable(Handle):
    __slots__ = ()

    def backward(self, gradient=None, retain_graph=None, create_graph: bool = False, inputs=None):
        """Accumulate the gradients of this tensor into the `.grad` of the leaves it depends on.

        Parameters
        ----------
        gradient : Tensor, optional
            Cotangent of this tensor's shape; may be left out for a scalar.
        retain_graph : bool, optional
            Keep what the graph has saved for another pass; by default as `create_graph`.
        create_graph : bool
            Record the pass itself, so that gradients can be differentiated.
        inputs : Tensor or sequence of Tensor, optional
            Accumulate into these only.
        """
        v = self._value
        if (
            gradient is None
            and not create_graph
            and inputs is None
            and type(v) is Var
            and v.owner is TAPE
            and not v.shape
        ):
            return from_scalar(v, retain_graph)
        backward(self, None if gradient is None else (gradient,), retain_graph, create_graph, inputs)

    def register_hook(self, hook):
        """Call `hook(grad)` when the gradient of this tensor is computed; what it returns, if anything,
        replaces it."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")

        def run(g):
            new = hook(wrap(conj(g)))
            return g if new is None else conj(new._value if isinstance(new, Handle) else np.asarray(new))

        return RemovableHandle(hooks_of(self._node()).functions, run)

    def register_post_accumulate_grad_hook(self, hook):
        """Call `hook(tensor)` after a gradient has been accumulated into this leaf."""
        if not self.requires_grad or not self.is_leaf:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        if self.more.post is None:
            self._more.post = {}
        return RemovableHandle(self._more.post, hook)

    def retain_grad(self):
        """Have `.grad` filled in, although this tensor is no leaf."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if not self.is_leaf:
            hooks_of(self._node()).keeper = ref(self)
            self.more.kept = True

    @property
    def retains_grad(self) -> bool:
        return self._more is not None and self._more.kept

    def _node(self):
        return next(v for v, _ in tape_levels(self._value)).aux

    @property
    def grad_fn(self):
        """The operation that made this tensor, if it is recorded; None for leaves."""
        if not self.requires_grad or self.is_leaf:
            return None
        return GradFn(self._node())


class GradFn:
    """The operation behind a tensor, for looking at."""

    __slots__ = ("_node",)

    def __init__(self, node):
        self._node = node

    def name(self) -> str:
        return name_of(self._node)

    @property
    def next_functions(self):
        node = inner(self._node)
        if is_leaf_node(node):
            return ()
        parents = [p for p in _parents(node) if isinstance(p, list)]
        return tuple((GradFn(p), 0) for p in parents)

    def __eq__(self, other):
        return isinstance(other, GradFn) and self._node is other._node

    def __hash__(self):
        return id(self._node)

    def __repr__(self):
        return f"<{self.name()}>"


def _parents(node):
    if len(node) == 8:
        return node[4:6]
    if len(node) > 4:
        return node[4] if type(node[4]) is tuple else node[4:5]
    return ()


SHORT = {
    "multiply": "Mul",
    "divide": "Div",
    "subtract": "Sub",
    "negative": "Neg",
    "power": "Pow",
    "matmul": "Mm",
}


def name_of(node) -> str:
    node = inner(node)
    if is_leaf_node(node):
        return "AccumulateGrad"
    name = "freed" if node[1] is pull_freed else nodes.name_of(node).replace(" ", "_")
    return (
        SHORT.get(name, "".join(part.capitalize() for part in name.split("_")) if name.islower() else name)
        + "Backward"
    )
