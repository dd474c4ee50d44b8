"""`backward`, `autograd.grad` and hooks: the tape swept, and what arrives at leaves put into `.grad`.

It is the sweep of the reverse engine. Two things are the tensor's own. What nodes have saved is released
after the sweep, not during it: a NaN at a leaf may ask for a second, strict sweep (see core.reverse), and at
its peak, which is the beginning of the backward pass, memory is the same. And gradients of complex tensors
are conjugated, for PyTorch's convention is the conjugate of the engine's.
"""

from __future__ import annotations

import numpy as np

from ..core.errors import FreedGraph, at_user_line
from ..core.graph import release, sweep_tape
from ..core.reverse import has_nan
from ..core.trace import Box
from .handle import Handle, wrap
from .hooks import KEPT
from .modes import enable_grad, watcher
from .tape import LEAVES, is_taped, tape_levels, untaped


def pull_freed(node, g, cots, heap, flags):
    raise FreedGraph(
        f"Trying to backward through the graph a second time{at_user_line()}, after the values it had saved "
        "have "
        "been freed. Saved values are freed by .backward() and autograd.grad(). Specify retain_graph=True "
        "the first "
        "time, or compute the forward pass again."
    )


def conj(g):
    """Between PyTorch's convention for complex gradients and the engine's."""
    return g.conj() if g.dtype.kind == "c" else g


# ---- seeds ----------------------------------------------------------------------------------------


def seed_of(t, gradient, create_graph):
    """The cotangent of an output: ones, or what was given, in its shape and dtype."""
    v = t._value
    if gradient is None:
        if v.size != 1:
            raise RuntimeError(
                f"grad can be implicitly created only for scalar outputs; this one has shape {tuple(v.shape)}"
                f"{at_user_line()}. Sum it, or give backward a gradient of that shape."
            )
        if v.dtype.kind == "c":
            raise RuntimeError(
                "grad can be implicitly created only for real scalar outputs but got a complex one"
            )
        return np.ones(v.shape, v.dtype)
    g = gradient._value if isinstance(gradient, Handle) else np.asarray(gradient)
    if g.shape != v.shape:
        raise RuntimeError(
            f"Mismatch in shape: the gradient has a shape of {list(g.shape)} and the output a shape of "
            f"{list(v.shape)}"
        )
    if g.dtype != v.dtype:
        g = g.astype(v.dtype)
    return conj(g if create_graph else untaped(g))


def levels_of(outputs, seeds):
    """`{tape: (roots, seeds, buried)}`, newest tape first, for all levels at which an output is recorded."""
    levels: dict = {}
    for t, seed in zip(outputs, seeds, strict=True):
        if not is_taped(t._value):
            raise RuntimeError(
                "element 0 of tensors does not require grad and does not have a grad_fn"
                f"{at_user_line()}: it was computed from no tensor that requires grad, or under no_grad."
            )
        for v, buried in tape_levels(t._value):
            roots, given, _ = levels.setdefault(v.owner, ([], [], buried))
            roots.append(v.aux)
            given.append(seed)
    return dict(sorted(levels.items(), key=lambda item: -item[0].id))


def refuse_buried(box):
    raise RuntimeError(
        f"backward inside {box.owner.name}{at_user_line()}: the loss depends on tensors that require grad "
        "and were "
        f"made outside it, so their gradients would lose what {box.owner.name} is computing. Use "
        "dualad.grad or "
        "dualad.vjp inside transforms, or call the function under no_grad and require grad inside it."
    )


# ---- the two verbs --------------------------------------------------------------------------------


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph: bool = False, inputs=None):
    """Accumulate the gradients of `tensors` into the `.grad` of the leaves they depend on.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
    grad_tensors : Tensor or sequence of Tensor, optional
        Cotangents of the tensors' shapes; may be left out for scalars.
    retain_graph : bool, optional
        Keep what the graph has saved for another pass; by default as `create_graph`.
    create_graph : bool
        Record the pass itself, so that gradients can be differentiated.
    inputs : Tensor or sequence of Tensor, optional
        Accumulate into these only.

    Raises
    ------
    FreedGraph
        The graph has been released by an earlier pass.
    """
    outputs, given = _paired(tensors, grad_tensors)
    if inputs is not None:
        inputs = (inputs,) if isinstance(inputs, Handle) else tuple(inputs)
        if not inputs:
            raise RuntimeError("'inputs' argument to 'backward' cannot be empty.")
        found = _gradients(outputs, given, inputs, retain_graph, create_graph, "backward")
        for t, g in zip(inputs, found, strict=True):
            if g is not None:
                _deposit(t, g, create_graph)
        return
    with enable_grad():
        seeds = [seed_of(t, g, create_graph) for t, g in zip(outputs, given, strict=True)]
        visited: list = []
        owner = Owner(seeds)
        for tape, (roots, seed, buried) in levels_of(outputs, seeds).items():
            if buried is not None:
                refuse_buried(buried)
            cots = _sweep(roots, seed, tape if create_graph else None, frozenset(), visited)
            if watcher() is not None:
                watcher().check(tape, [t._value for t in outputs], seeds, cots)
            _deliver(cots, owner, create_graph)
        if not (create_graph if retain_graph is None else retain_graph):
            release(visited, pull_freed)
            if watcher() is not None:
                watcher().forget(visited)


def from_scalar(v, retain_graph):
    """The commonest backward pass: of one real scalar on the ambient tape."""
    dtype = v.aux[3]
    if dtype.kind == "c" or type(v.value) not in PLAIN:
        return backward(wrap(v), None, retain_graph)
    seed = np.ones((), dtype)
    visited: list = []
    cots = _sweep([v.aux], [seed], None, NONE, visited)
    _deliver(cots, Owner([seed]), False)
    if not retain_graph:
        release(visited, pull_freed)


PLAIN = {np.ndarray, np.float64, np.float32}
NONE: frozenset = frozenset()


def grad(
    outputs,
    inputs,
    grad_outputs=None,
    retain_graph=None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
):
    """Gradients of `outputs` with respect to `inputs`, as a tuple; `.grad` is left alone.

    Parameters are those of `backward`. An input that the outputs do not depend on raises, unless
    `allow_unused` (then it gets None) or `materialize_grads` (then zeros).
    """
    if is_grads_batched:
        raise NotImplementedError("is_grads_batched: use dualad.vmap over dualad.vjp")
    outputs, given = _paired(outputs, grad_outputs)
    inputs = (inputs,) if isinstance(inputs, Handle) else tuple(inputs)
    found = _gradients(outputs, given, inputs, retain_graph, create_graph, "grad")
    if materialize_grads:
        found = [np.zeros(t.shape, t.dtype) if g is None else g for t, g in zip(inputs, found, strict=True)]
    elif not allow_unused and any(g is None for g in found):
        raise RuntimeError(
            "One of the differentiated Tensors appears to not have been used in the graph. "
            "Set allow_unused=True if this is the desired behavior."
        )
    return tuple(None if g is None else wrap(g) for g in found)


def _paired(outputs, given):
    outputs = (outputs,) if isinstance(outputs, Handle) else tuple(outputs)
    if given is None:
        given = (None,) * len(outputs)
    elif isinstance(given, Handle):
        given = (given,)
    given = tuple(given)
    if len(given) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(given)} gradients")
    return outputs, given


def _gradients(outputs, given, inputs, retain_graph, create_graph, who):
    """Cotangents of the inputs, None where nothing arrives, in PyTorch's convention."""
    wanted: dict = {}
    for t in inputs:
        v = next((v for v, _ in tape_levels(t._value)), None)
        if v is None:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
        wanted.setdefault(v.owner, []).append(v.aux[0])
    found: dict = {}
    with enable_grad():
        seeds = [seed_of(t, g, create_graph) for t, g in zip(outputs, given, strict=True)]
        visited: list = []
        owner = Owner(seeds)
        for tape, (roots, seed, buried) in levels_of(outputs, seeds).items():
            if tape not in wanted:
                continue
            if buried is not None:
                refuse_buried(buried)
            ids = frozenset(wanted[tape])
            cots = _sweep(roots, seed, tape if create_graph else None, ids, visited)
            if watcher() is not None:  # who asks for all leaves, not for some
                every = sweep_tape(roots, seed, visited=[])
                watcher().check(tape, [t._value for t in outputs], seeds, every)
            _deliver_kept(cots, owner, create_graph)
            for i in ids:
                g = cots.get(("at", i))
                found[i] = None if g is None else conj(owner.own(g, create_graph))
        if not (create_graph if retain_graph is None else retain_graph):
            release(visited, pull_freed)
            if watcher() is not None:
                watcher().forget(visited)
    return [found.get(next(v for v, _ in tape_levels(t._value)).aux[0]) for t in inputs]


def _sweep(roots, seeds, tape, wanted, visited):
    """Sweep, and once more strictly if a NaN comes out."""
    cots = sweep_tape(roots, seeds, trace=tape, wanted=wanted, visited=visited)
    ends = [cots.get(("at", i)) for i in wanted] + [cots[node[0]] for node in cots.get(LEAVES, ())]
    if any(g is not None and has_nan(g) for g in ends):
        cots = sweep_tape(roots, seeds, trace=tape, wanted=wanted, visited=[], strict=True)
    return cots


class Owner:
    """Makes each gradient an array of its own: none shared, none a view, none the user's seed."""

    __slots__ = ("seen",)

    def __init__(self, seeds):
        self.seen = {id(s): s for s in seeds}

    def own(self, g, create_graph):
        g = g if create_graph else untaped(g)
        if isinstance(g, Box):
            return g
        if type(g) is not np.ndarray:
            return np.array(g)
        if g.base is not None or id(g) in self.seen or not g.flags.writeable:
            g = g.copy()
        self.seen[id(g)] = g
        return g


def _deliver(cots, owner, create_graph):
    """Put the cotangents of the leaves reached into their handles' `.grad`."""
    for node in cots.get(LEAVES, ()):
        t = node[4]()
        if t is not None:
            _deposit(t, conj(owner.own(cots[node[0]], create_graph)), create_graph)
    _deliver_kept(cots, owner, create_graph)


def _deliver_kept(cots, owner, create_graph):
    for keeper, g in cots.get(KEPT, ()):
        t = keeper()
        if t is not None:
            _deposit(t, conj(owner.own(g, create_graph)), create_graph)


def _deposit(t, g, create_graph):
    old = t._grad
    if old is None:
        t._grad = wrap(g)
    elif create_graph:
        t._grad = wrap(old._value + g)
    else:
        old._value = old._value + g
    more = t._more
    if more is not None and more.post:
        for hook in tuple(more.post.values()):
            hook(t)
