"""C7: any subset of the arguments traced, and nothing used that the rules did not ask for."""

from __future__ import annotations

import numpy as np

from ...core.reverse import ReverseTrace, pull_back
from ...core.trace import strip
from ...transforms._run import is_traced_by
from ...transforms.linear import linearize
from ...transforms.reverse import vjp
from ..probe import apart, pull, push, randoms, same, value
from ..results import Wrong
from ..samples import calls, few, rng_of
from .common import at, differentiable, some

SUM = 1e-12


def subsets_and_poison(prim, worst):
    differentiable(prim)
    rng = rng_of(prim.name, "C7")
    for call in few(some([c for c in calls(prim) if c.active], "no differentiable argument"), 8):
        with at(call):
            dxs, gs = randoms(rng, call.xs), randoms(rng, value(call, call.xs))
            whole = pull(call, call.xs, gs)
            _subsets(call, dxs, gs, whole, worst)
            for active in {call.active, call.active[:1], call.active[-1:]}:
                _poisoned(call.replace(call.note, active=active), gs)
            _overwritten(call, gs, whole)
            _fan_out(call, gs, whole, worst)
            _linearized(call, dxs, worst)


def _subsets(call, dxs, gs, whole, worst):
    """Cotangents do not depend on what else is traced; tangents add up."""
    if len(call.active) < 2:
        return
    singles = []
    for k, i in enumerate(call.active):
        part = call.replace(call.note, active=(i,))
        if not same(pull(part, part.xs, gs)[0], whole[k]):
            raise Wrong(f"the cotangent of {call.prim.arg_name(i)} changes when it alone is traced")
        singles.append(push(part, part.xs, dxs[k : k + 1]))
    together = push(call, call.xs, dxs)
    added = [sum(column[1:], column[0]) for column in zip(*singles, strict=True)]
    worst.meet(_off(together, added, singles), SUM, call, "the tangents of single arguments do not add up")


def _off(together, added, singles):
    size = max((np.max(np.abs(d), initial=0.0) for single in singles for d in single), default=0.0)
    off = max((np.max(np.abs(a - b), initial=0.0) for a, b in zip(together, added, strict=True)), default=0.0)
    return off / (size or 1.0)


def _poisoned(call, gs):
    """Overwrite every array that the rules did not ask for, between the forward pass and the pull."""
    if not gs:
        return
    want = _pull_on_tape(call, gs, poison=False)
    got = _pull_on_tape(call, gs, poison=True)
    for i, a, b in zip(call.active, got, want, strict=True):
        if (a is None) != (b is None) or (a is not None and not same(a, b)):
            raise Wrong(f"the rule for {call.prim.arg_name(i)} uses data that it did not ask for (poisoned)")


def _pull_on_tape(call, gs, poison):
    prim, trace = call.prim, ReverseTrace("poison")
    args = [np.array(a) if type(a) is np.ndarray else a for a in call.args]
    leaves = {i: trace.leaf(np.array(args[i])) for i in call.active}
    out = prim.face(*[leaves.get(i, a) for i, a in enumerate(args)], **call.params)
    outs = call.judged(out)
    if poison and call.through is None:
        asked = {ask for i in call.active for ask in prim.vjp_rules[prim.arg_name(i)].asks}
        _poison(prim, asked, args, leaves, [strip(o) for o in outs])
    pairs = [(o.aux, g) for o, g in zip(outs, gs, strict=True) if is_traced_by(o, trace)]
    if not pairs:
        raise Wrong("no output is traced, although an argument is")
    with np.errstate(all="ignore"):
        return pull_back([r for r, _ in pairs], [g for _, g in pairs], [v.aux for v in leaves.values()])


def _poison(prim, asked, args, leaves, outs):
    """The user's constants always (the tape has copies); inputs and outputs where nobody asked for them."""
    values = {i: v.value for i, v in leaves.items()}
    kept = [v for i, v in values.items() if prim.arg_name(i) in asked] + (outs if "out" in asked else [])
    constants = [a for i, a in enumerate(args) if i not in leaves]
    unasked = [v for i, v in values.items() if prim.arg_name(i) not in asked]
    for a in constants + unasked + ([] if "out" in asked else outs):
        if type(a) is np.ndarray and not any(np.may_share_memory(a, k) for k in kept):
            spoil(a)


def spoil(a):
    """Overwrite an array with what no right answer can contain."""
    if a.flags.writeable and a.dtype.kind in "fciub":
        a[...] = np.nan if a.dtype.kind in "fc" else ~a if a.dtype.kind == "b" else 0


def _overwritten(call, gs, whole):
    """The user's own arrays, and the output he was given, belong to him again after `vjp`."""
    args = [np.array(a) if type(a) is np.ndarray else a for a in call.args]
    mine = call.with_args(args, call.note)
    out, pullback = vjp(mine.f, *mine.xs)
    for a in (*args, *out):
        if type(a) is np.ndarray:
            spoil(a)
    if not all(map(same, pullback(gs), whole)):
        raise Wrong("the pullback sees what the user writes into his arrays after the forward pass")


def _fan_out(call, gs, whole, worst):
    """Four uses of one argument: cotangents add up, by rules that scatter too; the seeds stay as they are."""
    uses = (1.0, -0.5, 2.0, 0.25)
    seeds = [tuple(np.asarray(g * np.asarray(s, g.dtype)) for g in gs) for s in uses]
    before = [np.array(g) for one in seeds for g in one]
    got = vjp(lambda *xs: [call.f(*xs) for _ in uses], *call.xs)[1](seeds)
    off = apart(got, [sum(uses) * g for g in whole])
    worst.meet(off, SUM, call, "four uses of one argument do not add up")
    if not all(map(same, [g for one in seeds for g in one], before)):
        raise Wrong("the pull writes into the cotangent that it was given")


def _linearized(call, dxs, worst):
    """The recorded linear program is the JVP."""
    off = apart(linearize(call.f, *call.xs)[1](*dxs), push(call, call.xs, dxs))
    worst.meet(off, 1e-13, call, "linearize is not jvp")
