"""Engine two, reverse: the tape.

A `Var` is a value and the node that made it. A node is a list, the cheapest thing Python can build:

    [id, pull, shape, dtype, parents…, what the rules of the active arguments asked for…]

Ids count down, so that a heap of nodes gives the youngest first. `sweep` pops nodes from it: every user
of a value is younger than the value, so by the time a node is popped its cotangent is complete. `pull` is a
function written once per primitive and per set of active arguments (`operator.py`, and `pull_general` here);
it applies the rules, brings each cotangent home to its parent's space, and adds it to what is there.

Nothing is stored on a node during a sweep: cotangents live in a dict of the sweep's own, so many threads
may pull the same graph at once. There is no recursion, neither here nor in the destructors.
"""

from __future__ import annotations

import heapq
import itertools

import numpy as np

from .errors import FreedGraph, MissingRule, at_user_line, refuse_dtype
from .forward import Dual, answer
from .joint import no_newer
from .space import face, fit, mask_zeros, zero_unless
from .trace import Box, Trace, new, snapshot, strip
from .zeros import zeros_win, zeros_win_by

new_node_id = itertools.count(-1, -1).__next__
heappush = heapq.heappush
ndarray = np.ndarray
ARRAYS = (np.ndarray, np.generic)

# Fields of a node.
ID, PULL, SHAPE, DTYPE, PARENT = range(5)

# The key under which a sweep's dict of cotangents keeps the set of ids whose buffer it owns.
OWNED = None

# Outputs of fewer bytes are kept until the graph goes: a strict second sweep may want them.
FREE_FROM = 1 << 16


class Var(Box):
    """A value and the node (`aux`) that says where it came from."""

    __slots__ = ()


class ReverseTrace(Trace):
    """One running `vjp`, `grad` …, or the ambient tape of `Tensor`."""

    __slots__ = ()

    def __init__(self, name="vjp"):
        super().__init__(name)

    def leaf(self, value):
        """A variable to differentiate with respect to."""
        return self.var(value, [new_node_id(), pull_leaf, value.shape, value.dtype])

    def var(self, value, node):
        v = new(Var)
        v.value, v.aux, v.owner = value, node, self
        return v

    def process(self, prim, args, params):
        values = [a.value if isinstance(a, Box) and a.owner is self else a for a in args]
        if prim.joint:
            return self.record_joint(prim, args, values)
        out = prim.face(*values, **params)
        if prim.flat is not None:
            return self.constant(out)
        active = tuple(
            i
            for i, a in enumerate(args)
            if type(a) is Var and a.owner is self and prim.arg_name(i) not in prim.flat_args
        )
        if not active:
            return self.constant(out)
        return self.record(prim, args, values, params, out, active)

    def record(self, prim, args, values, params, out, active):
        """One node for the call; for several outputs, one more per output that picks it."""
        parents = tuple(args[i].aux for i in active)
        saved = save(prim, args, values, params, out, active)
        what = (prim, params, active, self)
        if not prim.multi:
            if not hasattr(out, "dtype"):
                out = np.asarray(out)
            if out.dtype.kind not in "fc":
                refuse_dtype(out.dtype)
                return self.constant(out)
            return self.var(out, [new_node_id(), pull_general, out.shape, out.dtype, parents, what, saved])
        node = [new_node_id(), pull_general, len(out), None, parents, what, saved]
        return tuple(self._pick(node, k, o) for k, o in enumerate(out))

    def record_joint(self, prim, args, values):
        """The node of a call whose rule gives all cotangents at once; it keeps the inputs (see core.joint)."""
        active = tuple(i for i, a in enumerate(args) if isinstance(a, Box) and a.owner is self)
        inputs = tuple(_copy_constant(v, a) for v, a in zip(values, args, strict=True))
        outs, back = prim.pullback(inputs, active)
        no_newer(outs, self, prim)
        parents = tuple(args[i].aux for i in active)
        saved = {"xs": inputs, "back": back}
        node = [new_node_id(), pull_joint, len(outs), None, parents, (prim, {}, active, self), saved]
        return tuple(self._pick(node, k, o) for k, o in enumerate(outs))

    def _pick(self, node, k, out):
        if not hasattr(out, "dtype") or out.dtype.kind not in "fc":
            return self.constant(out)
        return self.var(out, [new_node_id(), pull_pick, out.shape, out.dtype, node, k])


def save(prim, args, values, params, out, active):
    """What the rules of the active arguments ask for, by name: data as it is now, or spaces alone."""
    saved = {}
    for i in active:
        rule = prim.vjp_rules.get(prim.arg_name(i))
        if rule is None:
            raise MissingRule(
                f"{prim.name} has no VJP rule for its argument {prim.arg_name(i)!r}{at_user_line()}. Give it one, "
                f"{prim.name}.vjp({prim.arg_name(i)}=...), or say dualad.stop_gradient({prim.arg_name(i)})"
            )
        for ask in rule.asks:
            if ask not in saved and ask not in params and ask != "i":
                got = answer(prim, ask, i, values, params, out)
                saved[ask] = _keep(got, ask, prim, args)
    return saved


def _keep(got, ask, prim, args):
    """A constant of the user's is copied: he may overwrite it before the sweep comes by."""
    if ask == "out":
        return tuple(map(snapshot, got)) if prim.multi else snapshot(got)
    if ask not in prim.args:
        return got
    k = prim.args.index(ask)
    if prim.variadic and k == len(prim.args) - 1:
        return tuple(_copy_constant(v, a) for v, a in zip(got, args[k:], strict=True))
    return _copy_constant(got, args[k])


def _copy_constant(value, arg):
    if value is arg and type(value) is np.ndarray:
        return value.copy("K")
    return snapshot(value)


# ---- pulls ----------------------------------------------------------------------------------------


def pull_leaf(node, g, cots, heap, flags):
    """A leaf keeps what has arrived, in its own space whatever a rule may have made of it."""
    cots[node[0]] = g if g.shape == node[2] else fit(g, node[2], node[3])


def pull_freed(node, g, cots, heap, flags):
    raise FreedGraph(
        f"the graph has been freed by an earlier backward pass{at_user_line()}. "
        "Call backward(retain_graph=True) the first time, or compute the forward pass again."
    )


def pull_pick(node, g, cots, heap, flags):
    """One output of several: its cotangent takes its place in the list of the node of them all."""
    whole, k = node[4], node[5]
    i = whole[0]
    if i not in cots:
        cots[i] = [None] * whole[SHAPE]
        heappush(heap, whole)
    parts = cots[i]
    parts[k] = g if parts[k] is None else parts[k] + g  # create_graph picks the same output again


def pull_general(node, g, cots, heap, flags):
    """The pull of a primitive of any arity, with parameters, by the rules' names."""
    parents, (prim, params, active, _), saved = node[4:]
    apply_rules(prim, params, active, saved, parents, g, cots, heap, flags)


def pull_joint(node, gs, cots, heap, flags):
    """The pull of a call with a rule of its own."""
    parents, saved = node[4], node[6]
    deposit_all(parents, saved["back"](gs), gs, cots, heap, flags)


def deposit_all(parents, found, gs, cots, heap, flags):
    """Deposit what one rule gives to all parents; zeros in, zeros out, whatever is infinite between."""
    some = _not_all_zero(gs) if flags else None
    for parent, d in zip(parents, found, strict=True):
        if d is None:
            continue
        deposit(parent, zero_unless(some, d) if flags else d, cots, heap)
    if flags:
        flags.clear()


def _not_all_zero(gs):
    """An array that is zero where all cotangents of a call are."""
    found = [face("any")(face("not_equal")(g, 0)) for g in gs if g is not None]
    return face("any")(face("stack")(*found, axis=0), axis=0)


def apply_rules(prim, params, active, saved, parents, g, cots, heap, flags):
    for i, parent in zip(active, parents, strict=True):
        rule = prim.vjp_rules[prim.arg_name(i)]
        into = prim.into_rules.get(prim.arg_name(i))
        if into is not None:
            given = [_given(ask, i, prim, params, saved) for ask in into.asks]
            if scatter_into(parent, g, into.call, given, cots, heap):
                continue
        given = [_given(ask, i, prim, params, saved) for ask in rule.asks]
        d = rule.call(g, *given)
        if d is None:
            continue
        if flags:
            flags.clear()
            d = strong_zero(prim, g, d, given, rule)
        deposit(parent, d, cots, heap)


def _given(ask, i, prim, params, saved):
    if ask in params:
        return params[ask]
    if ask == "i":
        return i - len(prim.args) + 1 if prim.variadic else i
    return saved[ask]


def deposit(parent, d, cots, heap):
    """Add the cotangent `d` to what has arrived at `parent`, in the parent's space."""
    if d.shape != parent[2] or d.dtype is not parent[3]:
        d = fit(d, parent[2], parent[3])
    i = parent[0]
    if i in cots:
        accumulate(cots, i, d)
    else:
        cots[i] = d
        heappush(heap, parent)


def accumulate(cots, i, d):
    """The first cotangent came by reference, the second makes a buffer, further ones add into it.

    Of a dual number both halves are buffers, or neither is.
    """
    owned = cots[OWNED]
    c = cots[i]
    if i in owned:
        if type(c) is type(d) is ndarray:
            c += d
            return
        if type(c) is Dual and is_flat_dual(d) and c.owner is d.owner:
            c.value += d.value
            c.aux += d.aux
            return
    s = cots[i] = c + d
    if type(s) is ndarray or (type(c) is type(d) is Dual and c.owner is d.owner and is_flat_dual(s)):
        owned.add(i)
    else:
        owned.discard(i)


def is_flat_dual(d) -> bool:
    """Whether `d` is a dual number of two plain arrays."""
    return type(d) is Dual and type(d.value) is ndarray is type(d.aux)


def scatter_into(parent, g, into, given, cots, heap) -> bool:
    """Add the cotangent `g` to what has arrived at `parent` by a rule that scatters, where there is a buffer that can
    take it. Such rules are linear in the cotangent: the two halves of a dual number take the same way."""
    if isinstance(g, ARRAYS):
        buffer = buffer_at(parent, cots, heap)
        return buffer is not None and into(buffer, g, *given) is not NotImplemented
    if not is_flat_dual(g):
        return False
    buffer = dual_buffer_at(parent, g.owner, cots, heap)
    if buffer is None or into(buffer.value, g.value, *given) is NotImplemented:
        return False
    into(buffer.aux, g.aux, *given)
    return True


def buffer_at(parent, cots, heap):
    """A plain array, owned by the sweep, that holds what has arrived at `parent`; None if that is traced.

    Rules that scatter add into it (`vjp_into`): a thousand reads of one array then cost what they read, not
    a thousand arrays of zeros.
    """
    i = parent[0]
    c = cots.get(i)
    if c is None:
        c = np.zeros(parent[2], parent[3])
        heappush(heap, parent)
    elif isinstance(c, ARRAYS):
        if i in cots[OWNED]:
            return c
        c = np.array(c)
    else:
        return None
    cots[i] = c
    cots[OWNED].add(i)
    return c


def dual_buffer_at(parent, trace, cots, heap):
    """The same for cotangents that are dual numbers of `trace`: two arrays that are the sweep's own."""
    i = parent[0]
    c = cots.get(i)
    if c is None:
        halves = np.zeros(parent[2], parent[3]), np.zeros(parent[2], parent[3])
        heappush(heap, parent)
    elif isinstance(c, ARRAYS):
        halves = np.array(c), np.zeros(parent[2], parent[3])
    elif c.owner is not trace or not is_flat_dual(c):
        return None
    elif i in cots[OWNED]:
        return c
    else:
        halves = np.array(c.value), np.array(c.aux)
    c = new(Dual)
    (c.value, c.aux), c.owner = halves, trace
    cots[i] = c
    cots[OWNED].add(i)
    return c


def strong_zero(prim, g, d, given, rule):
    """`d` once more where a zero cotangent met an infinite or undefined local derivative."""
    if prim.strict is not None:
        found = prim.strict(g, d, {**dict(zip(rule.asks, given, strict=True)), "rule": rule})
        if found is not None:
            return found
    if isinstance(g, list):
        return d
    if g.shape == d.shape and prim.elementwise:
        return zeros_win(g, d, rule.call, given)
    if prim.multilinear:
        found = zeros_win_by(prim, rule, g, d, given)
        if found is not None:
            return found
    return mask_zeros(g, d) if g.ndim == 0 else zero_unless(g, d)


# ---- the sweep ------------------------------------------------------------------------------------


class Always:
    """Flags that are up all the time: a strict sweep."""

    def __bool__(self):
        return True

    def clear(self):
        pass


ALWAYS = Always()


def sweep(roots, seeds, *, free=False, strict=False):
    """Pull the cotangents `seeds` of the nodes `roots` back to the leaves.

    Returns a dict from node id to cotangent that holds the leaves reached. With `free`, what large nodes have
    saved is let go as the sweep passes them, and `cots[OWNED]` tells by a `True` in it that this happened.
    """
    owned: set = set()
    cots: dict = {OWNED: owned}
    heap: list = []
    for root, seed in zip(roots, seeds, strict=True):
        deposit(root, seed, cots, heap)
    flags = ALWAYS if strict else []

    def raised(kind, code):
        flags.append(kind)

    mode = "ignore" if strict else "call"
    with np.errstate(divide=mode, invalid=mode, call=None if strict else raised):
        _run(heap, cots, flags, free)
    return cots


def _run(heap, cots, flags, free):
    pop = heapq.heappop
    take = cots.pop
    while heap:
        node = pop(heap)
        g = take(node[0])
        node[1](node, g, cots, heap, flags)
        if free and type(g) is ndarray and g.nbytes >= FREE_FROM and node[1] is not pull_leaf:
            release(node)
            cots[OWNED].add(True)


def release(node):
    """Forget what a node has saved. The id and the space remain: younger nodes may still ask."""
    node[1] = pull_freed
    del node[4:]


def pull_back(roots, seeds, leaves, *, free=False):
    """Cotangents of the `leaves` (nodes), None where nothing arrived.

    NaN that sits quietly in a saved value (masked, missing data) raises no flag when a zero cotangent meets
    it; so if a leaf comes out NaN, the sweep is done again with the strong zero at every node. Returns None if
    that is wanted and the graph is freed: the caller has to record it again, and sweep with `strict`.
    """
    cots = sweep(roots, seeds, free=free)
    found = [cots.get(leaf[0]) for leaf in leaves]
    for g in found:
        if g is not None and has_nan(g):
            break
    else:
        return found
    if True in cots[OWNED]:
        return None
    cots = sweep(roots, seeds, strict=True)
    return [cots.get(leaf[0]) for leaf in leaves]


def has_nan(g) -> bool:
    """Whether there is a NaN in a cotangent; a sum of squares by BLAS, which never warns, is the cheap witness."""
    if type(g) is not ndarray:
        g = strip(g)
        if type(g) is not ndarray:
            return bool(g != g)
    v = g.ravel("K")
    s = v.dot(v)
    return bool(s != s and np.isnan(g).any())
