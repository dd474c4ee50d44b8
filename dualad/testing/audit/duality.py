"""The duality identity Re⟨g, J dx⟩ = Re⟨Jᵀ g, dx⟩, for the whole of a run and for each call in it.

The measure of a difference is the size that both sums have if the signs of their terms are random, the root of
the sum of squares: a factor of 1 + 1e-6 on 10⁵ entries stands out of the roundoff, which it would not beside the
sum of magnitudes. Where a call fails, it is asked how much its own derivative moves when its arguments move by a
few units in the last place: what is less than that is ill-conditioning, not a mistake.
"""

from __future__ import annotations

import heapq
from typing import Any, NamedTuple

import numpy as np

from ...core.reverse import OWNED, Var, deposit
from ...core.space import space_of
from ...core.trace import Box, strip
from .policies import inexact, of_one_row
from .watch import below, carrier, push_quietly

TOLERANCE = {8: 1e-10, 4: 2e-4, 2: 5e-2}  # by the bytes of a real number


class Residual(NamedTuple):
    """Both sides of the identity, and the size to which their difference is relative."""

    forward: float
    reverse: float
    size: float

    @property
    def error(self) -> float:
        """The relative difference; NaN where a side is not finite, 0 where nothing arrived."""
        if not (np.isfinite(self.forward) and np.isfinite(self.reverse)):
            return float("nan")
        return abs(self.forward - self.reverse) / self.size if self.size else 0.0

    @property
    def digits(self) -> float:
        return digits(self.error)


def digits(error: float, most: float = 16.0) -> float:
    """How many digits a relative error leaves; NaN for NaN."""
    if error != error:
        return float("nan")
    return most if error <= 10.0**-most else max(0.0, -float(np.log10(error)))


def random_like(rng, x):
    """A random array in the space of `x`, of the size of one: uniform numbers, which cost a tenth of normal ones."""
    space = space_of(x)
    real = np.float32 if bytes_of(x) < 8 else np.float64
    d = _uniform(rng, space.shape, real)
    if space.dtype.kind == "c":
        d = d + 1j * _uniform(rng, space.shape, real)
    return np.asarray(d, space.dtype)


def _uniform(rng, shape, dtype):
    d = rng.random(shape, dtype) if shape else np.asarray(rng.random(dtype=dtype))
    d -= dtype(0.5)
    d *= dtype(2)
    return d


def random_tangent(rng, x):
    """A random direction of the size of `x`."""
    scale = _size(np.asarray(strip(x)))
    d = random_like(rng, x)
    d *= d.dtype.type(scale)
    return d


def _size(a) -> float:
    """The largest magnitude, one where that is zero, and no further than a square root from the ends of the range."""
    if not a.size:
        return 1.0
    top = float(max(a.max(), -a.min())) if a.dtype.kind == "f" else float(np.abs(a).max())
    if not np.isfinite(top):
        b = np.abs(a)
        top = float(np.max(b, initial=0.0, where=np.isfinite(b)))
    edge = float(np.sqrt(np.finfo(a.dtype).max)) / 4
    return min(max(top, 1 / edge), edge) if top else 1.0


def products(gs, ds) -> list[tuple]:
    """Per pair of cotangent and tangent, the sum of products and of their squares; batches keep their rows."""
    return [_product(g, d) for g, d in zip(gs, ds, strict=True) if g is not None and d is not None]


def _product(g, d):
    if not isinstance(g, Box) and not isinstance(d, Box):
        g, d = np.asarray(g), np.asarray(d)
        if g.dtype == d.dtype and g.dtype.char in "df" and g.shape == d.shape:
            term = g.reshape(-1) * d.reshape(-1)
            squares = float(term.dot(term))
            if np.isfinite(squares):
                return float(term.sum(dtype=np.float64)), squares
        g, d = _wide(g), _wide(d)
    term = (g * d).real
    return strip(term.sum()), strip((term * term).sum())


def _wide(x):
    return x.astype(np.result_type(x.dtype, np.float64))


def compare(gs, dys, cs, dxs) -> Residual:
    """Both sides of the identity; of several rows of a batch the worst."""
    with np.errstate(all="ignore"):
        left, right = products(gs, dys), products(cs, dxs)
        forward, reverse = (sum((a for a, _ in side), 0.0) for side in (left, right))
        squares = [sum((np.abs(b) for _, b in side), 0.0) for side in (left, right)]
        size = np.sqrt(squares[0]) + np.sqrt(squares[1])
        if np.ndim(size) == 0 and np.ndim(forward) == np.ndim(reverse) == 0:
            return Residual(float(forward), float(reverse), float(size))
        forward, reverse, size = np.broadcast_arrays(forward, reverse, size)
        if not size.size:
            return Residual(0.0, 0.0, 0.0)
        apart = np.nan_to_num(np.abs(forward - reverse) / np.where(size == 0, 1.0, size), nan=-1.0)
    worst = np.unravel_index(np.argmax(apart), apart.shape)
    return Residual(float(forward[worst]), float(reverse[worst]), float(size[worst]))


def tolerance_of(*arrays) -> float:
    """What roundoff allows, for the least precise floating dtype among the arrays."""
    sizes = [bytes_of(a) for a in arrays if a is not None]
    return TOLERANCE.get(min(sizes, default=8), 1e-10)


def bytes_of(x) -> int:
    """The bytes of a real number in an array; 8 of what has none."""
    dtype = space_of(x).dtype
    return dtype.itemsize // (2 if dtype.kind == "c" else 1) if dtype.kind in "fc" else 8


def pull_through(call, seeds) -> dict[int, Any]:
    """Cotangents that arrive at the arguments of one call, by node id, by the tape's own pulls."""
    ends = {a.aux[0] for a in call.args if isinstance(a, Var)}
    cots: dict = {OWNED: set()}
    heap: list = []
    flags: list = []
    with np.errstate(divide="call", invalid="call", call=lambda kind, _: flags.append(kind)):
        for out, seed in zip(call.outs, seeds, strict=True):
            if isinstance(out, Var) and seed is not None:
                deposit(out.aux, seed, cots, heap)
        while heap:
            node = heapq.heappop(heap)
            if node[0] in ends:
                continue
            g = cots.pop(node[0])
            if getattr(node[1], "hooks", None) is not None:  # a hook is the user's, and not part of the rule
                node = node[4]
            node[1](node, g, cots, heap, flags)
    return {i: cots.get(i) for i in ends}


def cotangents_of(roots):
    """`(node id, cotangent)` of every node that a sweep from `roots`, pairs of variables and seeds, comes to."""
    cots: dict = {OWNED: set()}
    heap: list = []
    with np.errstate(all="ignore"):
        for out, seed in roots:
            deposit(out.aux, seed, cots, heap)
        while heap:
            node = heapq.heappop(heap)
            g = cots.pop(node[0])
            yield node[0], g
            node[1](node, g, cots, heap, [])


def own_inputs(call) -> dict[int, int]:
    """The places of a call's active arguments by node: one that is used twice counts once."""
    found: dict[int, int] = {}
    for i in call.active:
        found.setdefault(call.args[i].aux[0], i)
    return found


class Trial(NamedTuple):
    """The identity at one call: the directions tried, and what came out."""

    residual: Residual
    allowed: float

    @property
    def ok(self) -> bool:
        return not self.residual.error > self.allowed


def try_call(call, rng, only=None, draw=random_tangent) -> Trial:
    """The identity at a call, for random directions of its own, in all active arguments or `only` one of them."""
    places = own_inputs(call)
    chosen = {n: i for n, i in places.items() if only is None or i == only}
    tangents: list[Any] = [None] * len(call.args)
    fresh = {n: draw(rng, below(call.args[i])) for n, i in chosen.items()}
    for i in call.active:
        tangents[i] = fresh.get(call.args[i].aux[0])
    return Trial(*_residual(call, rng, tangents, chosen, fresh))


def _residual(call, rng, tangents, chosen, fresh):
    moved = call.pushed(tangents)
    seeds = [random_like(rng, below(o)) if isinstance(o, Var) else None for o in call.outs]
    found = pull_through(call, seeds)
    residual = compare(seeds, moved, [found[n] for n in chosen], [fresh[n] for n in chosen])
    allowed = tolerance_of(*call.values, *[below(call.args[i]) for i in chosen.values()])
    allowed = max(allowed, inexact(call.prim))
    if residual.error > allowed and not isinstance(call.values[0], Box):
        allowed += 100 * _conditioning(call, rng, tangents, seeds, residual)
    return residual, allowed


def _conditioning(call, rng, tangents, seeds, residual) -> float:
    """How far the forward side moves, relative to its size, when the arguments move by roundoff."""
    eps = max(np.finfo(space_of(below(call.args[i])).dtype).eps for i in call.active)
    primals = list(call.primals)
    moved: dict[int, Any] = {}
    for i in call.active:
        x = np.asarray(strip(primals[i]))
        node = call.args[i].aux[0]
        if node not in moved:
            moved[node] = x * (1 + 4 * eps * rng.uniform(-1, 1, x.shape)).astype(x.real.dtype)
        primals[i] = moved[node]
    try:
        with np.errstate(all="ignore"):
            out = call.prim.face(*primals, **call.params)
            active = [i for i in call.active if tangents[i] is not None]
            carriers = [carrier(t) for t in tangents]
            near = push_quietly(call.prim, primals, call.params, out, carriers, active)
    except Exception:  # beside the point the operation need not be defined
        return 0.0
    shift = abs(compare(seeds, near, [], []).forward - residual.forward)
    return shift / residual.size if np.isfinite(shift) and residual.size else 0.0


def blame(call, rng) -> str:
    """Which argument's rules disagree at a call that failed; empty where they do only together."""
    places = own_inputs(call)
    if len(places) == 1:
        return argument(call, next(iter(places.values())))
    wrong = [i for i in places.values() if not try_call(call, rng, only=i).ok]
    return ", ".join(dict.fromkeys(argument(call, i) for i in wrong))


def argument(call, i: int) -> str:
    """What the argument at a place is called: by the primitive, or by the user's function with a rule of its own."""
    prim = call.prim
    if not prim.is_variadic(i):
        return prim.arg_name(i)
    code = getattr(getattr(getattr(of_one_row(prim), "custom", None), "fun", None), "__code__", None)
    if code is not None and code.co_argcount == len(call.args):
        return code.co_varnames[i]
    return f"{prim.arg_name(i)}[{i - len(prim.args) + 1}]"
