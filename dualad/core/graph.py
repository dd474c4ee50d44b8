"""The tape swept so that the sweep can be differentiated (`create_graph`), and the tape released.

The rules of a node find plain values among what it has saved. `replay` gives them back their place in the
graph: an active argument becomes a variable at its parent's node, the output one at the node itself. The
rules then run on variables, and everything they do is recorded on the same tape.
"""

from __future__ import annotations

import heapq

import numpy as np

from .errors import MissingRule
from .reverse import (
    ALWAYS,
    OWNED,
    Var,
    _given,
    deposit,
    deposit_all,
    new_node_id,
    pull_general,
    pull_joint,
    pull_pick,
    strong_zero,
)
from .trace import Box, new


def sweep_tape(roots, seeds, *, trace=None, strict=False, wanted=frozenset(), visited=None):
    """`sweep` of core.reverse, for the tape that tensors stand on.

    With `trace`, the sweep is recorded on it. Ids in `wanted` are nodes whose own cotangent is asked for,
    leaves or not: they are found in the dict that is returned under `("at", id)`, and nothing older is
    visited. The nodes that were visited are added to the list `visited`.
    """
    cots: dict = {OWNED: set()}
    heap: list = []
    for root, seed in zip(roots, seeds, strict=True):
        deposit(root, seed, cots, heap)
    flags = ALWAYS if strict else []

    def raised(kind, code):
        flags.append(kind)

    mode = "ignore" if strict else "call"
    with np.errstate(divide=mode, invalid=mode, call=None if strict else raised):
        if trace is not None or wanted:
            _run_carefully(heap, cots, flags, trace, wanted, visited)
        else:
            _run(heap, cots, flags, visited)
    return cots


def _run(heap, cots, flags, visited):
    pop, take, see = heapq.heappop, cots.pop, visited.append
    while heap:
        node = pop(heap)
        see(node)
        node[1](node, take(node[0]), cots, heap, flags)


def _run_carefully(heap, cots, flags, trace, wanted, visited):
    oldest = max(wanted, default=0)
    while heap:
        node = heapq.heappop(heap)
        i = node[0]
        if i > oldest and wanted:
            break
        g = cots.pop(i)
        visited.append(node)
        former = node
        hooks = getattr(node[1], "hooks", None)
        if hooks is not None:
            former, g = hooks(node, g, cots)
        if i in wanted:
            cots["at", i] = g
            if i == oldest:
                break
        if trace is None:
            former[1](former, g, cots, heap, flags)
        else:
            replay(former, g, cots, heap, flags, trace, node)


def replay(node, g, cots, heap, flags, trace, this=None):
    """Pull `g` through a node by its rules, on saved values that are variables of `trace` again.

    `this` is the node as the graph knows it, where `node` is only its content (behind hooks).
    """
    this = node if this is None else this
    pull = node[1]
    how = getattr(pull, "replay", None)
    if pull is pull_general:
        _replay_general(node, g, cots, heap, flags, trace, this)
    elif how is None:
        if has_saved(node):
            raise MissingRule(f"create_graph: no way is known to differentiate through {pull.__qualname__}")
        pull(node, g, cots, heap, flags)
    elif callable(how):
        how(node, g, cots, heap, flags, trace, this)
    else:
        _replay_positional(node, g, cots, heap, flags, trace, this, how)


_plans: dict = {}  # (primitive, active) -> what _plan returns


def _plan(prim, active):
    """Per active argument, its rule and where each thing it asks for stands: a parent's number, OUT or
    CONSTANT.

    Saved values stand in the order of the arguments, with the output last, whatever the order of asking.
    """
    steps = []
    for i in active:
        rule = prim.vjp_rules[prim.args[i]]
        saved = [a for a in (*prim.args, "out") if a in rule.asks]
        where = [saved.index(a) for a in rule.asks]
        steps.append((rule, [(k, _place(saved[k], prim, active)) for k in where]))
    return prim, steps


OUT, CONSTANT = -1, -2


def _place(name, prim, active):
    if name == "out":
        return OUT
    i = prim.args.index(name)
    return active.index(i) if i in active else CONSTANT


def _replay_positional(node, g, cots, heap, flags, trace, this, how):
    plan = _plans.get(how)
    if plan is None:
        plan = _plans[how] = _plan(*how)
    prim, steps = plan
    n = len(steps)
    parents, kept = node[4 : 4 + n], node[4 + n :]
    for (rule, places), parent, saved in zip(steps, parents, kept, strict=True):
        given = []
        saved = saved if type(saved) is tuple else (saved,)  # one value travels bare
        for k, place in places:
            value = saved[k]
            if place != CONSTANT:
                r = new(Var)
                r.value, r.aux, r.owner = value, this if place == OUT else parents[place], trace
                value = r
            given.append(value)
        d = rule.call(g, *given)
        if flags:
            flags.clear()
            d = strong_zero(prim, g, d, given, rule)
        deposit(parent, d, cots, heap)


def _replay_general(node, g, cots, heap, flags, trace, this):
    parents, (prim, params, active, _), saved = node[4:]
    at = dict(zip(active, parents, strict=True))
    again = {ask: _variables(ask, v, prim, at, trace, this) for ask, v in saved.items()}
    for i, parent in at.items():
        rule = prim.vjp_rules[prim.arg_name(i)]
        given = [_given(ask, i, prim, params, again) for ask in rule.asks]
        d = rule.call(g, *given)
        if d is None:
            continue
        if flags:
            flags.clear()
            d = strong_zero(prim, g, d, given, rule)
        deposit(parent, d, cots, heap)


def _replay_joint(node, gs, cots, heap, flags, trace, this):
    """A call with a rule of its own is made again, on its inputs as variables."""
    parents, (prim, _, active, _), saved = node[4:]
    at = dict(zip(active, parents, strict=True))
    inputs = tuple(trace.var(x, at[i]) if i in at else x for i, x in enumerate(saved["xs"]))
    _, back = prim.pullback(inputs, active)
    deposit_all(parents, back(gs), gs, cots, heap, flags)


pull_joint.replay = _replay_joint


def _variables(ask, v, prim, at, trace, this):
    """What was saved under a name, with its nodes."""
    if ask == "out":
        if not prim.multi:
            return trace.var(v, this)
        return tuple(_picked(o, k, trace, this) for k, o in enumerate(v))
    if ask not in prim.args:
        return v
    k = prim.args.index(ask)
    if prim.variadic and k == len(prim.args) - 1:
        return tuple(trace.var(x, at[k + j]) if k + j in at else x for j, x in enumerate(v))
    return trace.var(v, at[k]) if k in at else v


def _picked(out, k, trace, whole):
    if not hasattr(out, "dtype") or out.dtype.kind not in "fc":
        return out
    return trace.var(out, [new_node_id(), pull_pick, out.shape, out.dtype, whole, k])


def release(nodes, freed):
    """Let go of what these nodes have saved; `freed` is the pull that says so when one is visited again.

    A node that has saved no array costs nothing, and can be swept again.
    """
    for node in nodes:
        last = node[-1]
        if type(last) is not ndarray or not last.ndim:  # else there is an array for certain
            if last is NOTHING and (len(node) != 8 or node[6] is NOTHING):
                continue
            if getattr(node[1], "hooks", None) is not None:
                node = node[4]
            if not has_saved(node):
                continue
        node[1] = freed
        del node[4:]


NOTHING = ()
ndarray = np.ndarray


def has_saved(node) -> bool:
    """Whether a node keeps arrays for its rules."""
    n = len(node)
    if n == 7 and type(node[6]) is dict:
        return any(map(is_data, node[6].values()))
    return any(map(is_data, node[6:] if n == 8 else node[5:]))


def is_data(x) -> bool:
    """Whether something that is kept is an array, or contains one; constants of an operation are not."""
    if type(x) is tuple:
        return any(map(is_data, x))
    if type(x) is ndarray:
        return x.ndim > 0 or x.flags.writeable
    return isinstance(x, (Box, np.generic))
