"""What sequences of recurrent cells share: the layout, zeros, batches, and one sweep through time for all cotangents.

Sequences are (T, …, N, features): time, stacked models if any, rows. Weights w (…, gates · H, H) are those of the
state. Gates lie side by side, in PyTorch's order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core.batch import spread
from ..core.graph import _replay_general
from ..core.reverse import Var, deposit, pull_general
from ..core.samples import Sample
from .comparison import logical_or, not_equal
from .join import concatenate, stack
from .matmul import mT
from .select import where

ndarray = np.ndarray


def parts(v, n):
    """The n equal parts of the last axis."""
    size = v.shape[-1] // n
    return [v[..., k * size : (k + 1) * size] for k in range(n)]


def beside(*parts):
    """The parts side by side."""
    for p in parts:
        if type(p) is not ndarray:
            return concatenate(*parts, axis=-1)
    return np.concatenate(parts, axis=-1)


def states_before(first, states):
    """The states with which the steps begin."""
    return concatenate(first[None], states[:-1], axis=0)


def plus(a, b):
    return b if a is None else a if b is None else a + b


def times(a, b):
    return None if a is None or b is None else a * b


def sigmoid_of_negative(v):
    """1 / (1 + exp(v)), in the place of `v`."""
    np.exp(v, out=v)
    v += 1
    np.reciprocal(v, out=v)


def weight_gradient(a, h):
    """Σ a[t]ᵀ h[t] over steps and rows, in one product."""
    if a.ndim > 3:
        return (mT(a) @ h).sum(axis=0)
    rows = a.shape[0] * a.shape[1]
    return mT(a.reshape((rows, a.shape[2]))) @ h.reshape((rows, h.shape[2]))


def nothing(d, w):
    """A state of zeros."""
    return np.zeros((*d.shape[1:-1], w.shape[-1]), d.dtype)


# ---- zeros, batches, samples --------------------------------------------------------------------------------


def strict(g, d, asked):
    """Where nothing comes from a row at a step and after it, what it holds is taken for zero, NaN or not: padding."""
    rule, counts, at = asked["rule"], None, {**asked}
    for part in g if isinstance(g, (list, tuple)) else [g]:
        if part is not None:
            here = not_equal(part, 0).any(axis=-1)
            counts = here if counts is None else logical_or(counts, here)
    rows = [counts[-1]]
    for t in reversed(range(counts.shape[0] - 1)):
        rows.append(logical_or(rows[-1], counts[t]))
    seen = stack(*rows[::-1], axis=0)[..., None]
    out = asked["out"]
    at["out"] = tuple(where(seen, o, 0) for o in out) if isinstance(out, tuple) else where(seen, out, 0)
    for name in {"h0", "c0"} & set(asked):
        at[name] = where(seen[0], asked[name], 0)
    return rule.call(g, *[at[name] for name in rule.asks])


def batched(face, args, weights, mask, size, **params):
    """Rows of a `vmap` are more rows of the sequence; with weights of their own, the last `weights`, stacked models."""
    shared = not any(mask[-weights:]) and args[-weights].ndim == 2
    moving = len(args) - weights if shared else len(args)
    x, *rest = [a if m or k >= moving else spread(a, size) for k, (a, m) in enumerate(zip(args, mask))]
    x = x.swapaxes(0, 1)
    if not shared:
        return _each(lambda o: o.swapaxes(0, 1), face(x, *rest, **params))
    steps, _, rows, width = x.shape
    states = [h.reshape((size * rows, h.shape[-1])) for h in rest[: moving - 1]]
    out = face(x.reshape((steps, size * rows, width)), *states, *rest[moving - 1 :], **params)
    return _each(lambda o: o.reshape((steps, size, rows, o.shape[-1])).swapaxes(0, 1), out)


def _each(f, out):
    return tuple(map(f, out)) if isinstance(out, tuple) else f(out)


def samples(face, gates, states, bias=False, **params):
    @face.samples
    def _(rng):
        for steps, rows, size in ((3, 2, 2), (1, 1, 1), (2, 1, 3), (2, 0, 2), (2, (2,), 2)):
            stack, rows = ((2,), 1) if isinstance(rows, tuple) else ((), rows)
            x, w = (steps, *stack, rows, gates * size), (*stack, gates * size, size)
            shapes = [x, *[(*stack, rows, size)] * states, w, *[w[:-1]] * bias]
            for values in params.get("relu", (None,)):
                kw = {} if values is None else {"relu": values}
                yield Sample(*[rng.normal(size=s) for s in shapes], complex=False, **kw)


# ---- on the tape --------------------------------------------------------------------------------------------

_ALL: dict[str, Callable] = {}


def at_once(face: Callable, pull: Callable) -> None:
    """`pull` gives the cotangents of all arguments of a primitive, by name."""
    _ALL[face.primitive.name] = pull


def pull_at_once(node, g, cots, heap, flags):
    """The cotangents of all arguments by one sweep through time; a rule for each would make as many."""
    parents, (prim, params, active, _), saved = node[4:]
    if not flags:
        found = _ALL[prim.name](g, **saved, **params)
        if not flags:
            for i, parent in zip(active, parents, strict=True):
                deposit(parent, found[prim.args[i]], cots, heap)
            return
        flags.clear()
    pull_general(node, g, cots, heap, flags)


pull_at_once.replay = _replay_general


def sequence(face, *args, **params):
    """`face` of these arguments, where its node gives all cotangents at once."""
    out = face(*args, **params)
    first = out[0] if isinstance(out, tuple) else out
    if type(first) is Var:
        node = first.aux[4] if isinstance(out, tuple) else first.aux
        if node[1] is pull_general:
            node[1] = pull_at_once
    return out
