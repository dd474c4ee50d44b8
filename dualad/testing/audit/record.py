"""The audited run: every call of a primitive looked at as it happens, then the tape swept node by node.

Calls are not kept, only what was found of each (`Node`), so an audit needs no more memory than the tape does.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from ...core.reverse import OWNED, ReverseTrace, Var, deposit, pull_leaf, pull_pick
from ...core.space import space_of
from ...core.trace import Box, strip
from ...core.tree import tree_flatten
from ...inspect.lines import NOWHERE, Line
from ...transforms._run import as_output
from .births import Birth, born
from .casts import cast_of
from .duality import blame, bytes_of, digits, try_call
from .kinks import Kink, kink_of
from .lines import definitions
from .policies import is_users_rule
from .watch import CallTrace


@dataclass
class Node:
    """What was found at one call of a primitive.

    Attributes
    ----------
    primitive, index : its name, and its place in the order of calls
    line : the user's line
    shapes : the call in short, `multiply(f8[3], f8[]) → f8[3]`
    flat : why there is no derivative; empty where there is one
    error, allowed : relative difference of the duality identity, and what roundoff explains; NaN where not tried
    argument : the argument whose rules disagree
    wrong : what numbers say of its rules; empty where they agree, or were not asked
    kink, births, cast : what is special about it
    forward, backward : seconds
    bytes, kept : of the result, and of what the tape keeps for the sweep
    written : the user's lines with its rules, by their names
    """

    primitive: str
    index: int
    line: Line = NOWHERE
    shapes: str = ""
    flat: str = ""
    error: float = float("nan")
    allowed: float = 0.0
    argument: str = ""
    wrong: str = ""
    unpushed: bool = False
    kink: Kink | None = None
    births: list[Birth] = field(default_factory=list)
    cast: str = ""
    forward: float = 0.0
    backward: float = 0.0
    bytes: int = 0
    kept: int = 0
    written: dict[str, Line] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.error > self.allowed and not self.wrong

    @property
    def digits(self) -> float:
        return digits(self.error)


class Record:
    """One audited run of a function of leaves.

    Parameters
    ----------
    f : callable, of a list of leaves
    leaves : list of arrays
    tangents : of the leaves that are differentiated, None for others
    judge : called with each `Call`, returns a text where numbers contradict its rules; may be left out
    seed : int
    """

    def __init__(self, f, leaves, tangents, *, judge: Callable | None = None, seed: int = 0):
        self.nodes: list[Node] = []
        self.constants: list[tuple] = []  # per call: the floating constants among its arguments, sampled
        self.precision = 8  # bytes of the least precise real number on the way
        self.of_users: set[str] = set()  # functions with one rule, of which the other mode is the transpose
        self.recording = True  # what checkpoint runs again in the sweep is not another call
        self.judge, self.rng = judge, np.random.default_rng(seed)
        self.by_node: dict[int, Node] = {}
        self.tape = ReverseTrace("audit")
        self.trace = CallTrace("audit", self._saw, self._saw_flat)
        inputs = [self._input(x, t) for x, t in zip(leaves, tangents, strict=True)]
        start = perf_counter()
        self.outs = [as_output(o) for o in tree_flatten(f(inputs))[0]]
        self.seconds = perf_counter() - start
        self.out_tangents = [self.trace.tangent_of(o) for o in self.outs]
        self.outs = [self.trace.unwrapped(o) for o in self.outs]
        self.trace.alive = self.tape.alive = False
        self.recording = False

    def _input(self, x, tangent):
        return x if tangent is None else self.trace.watched(self.tape.leaf(x), tangent)

    # ---- forward ----

    def _saw(self, call):
        if not self.recording:
            return
        node = Node(call.prim.name, len(self.nodes), call.line, forward=call.seconds)
        self.nodes.append(node)
        values, primals = call.values, call.primals
        node.shapes = in_short(call.prim.name, primals, values)
        if is_users_rule(call.prim):
            self.of_users.add(call.prim.name)
        self.precision = min([self.precision, *map(bytes_of, values)])
        node.bytes = sum(getattr(strip(v), "nbytes", 0) for v in values)
        node.kink = kink_of(call.prim, primals, call.params, call.result)
        node.cast = cast_of(call.prim, primals, values)
        moving = [t for t in call.tangents if t is not None]
        for birth in (born("value", primals, values), self._tangent_birth(call, primals, values, moving)):
            if birth is not None:
                node.births.append(birth)
        node.written = definitions(call.prim, call.params)
        node.unpushed = call.prim.name in self.trace.unpushed
        self._note_constants(call)
        tracked = [o for o in call.outs if isinstance(o, Var)]
        if tracked:
            node.kept = sum({id(a): a.nbytes for o in tracked for a in kept_arrays(o.aux)}.values())
            self._enter(node, tracked)
        if tracked and call.active and not node.unpushed:
            self._try(call, node)

    def _tangent_birth(self, call, primals, values, moving):
        return born("tangent", [*primals, *values, *moving], call.out_tangents)

    def _enter(self, node, tracked):
        for o in tracked:
            self.by_node[o.aux[0]] = node
            if o.aux[1] is pull_pick:
                self.by_node[o.aux[4][0]] = node

    def _try(self, call, node):
        with np.errstate(all="ignore"):
            test = try_call(call, self.rng)
            node.error, node.allowed = test.residual.error, test.allowed
            if not test.ok:
                node.argument = blame(call, self.rng)
            if self.judge is not None:
                node.wrong = self.judge(call, self.rng)

    def _note_constants(self, call):
        found = [
            _sampled(a)
            for a, t in zip(call.args, call.tangents, strict=True)
            if t is None and not isinstance(a, Box) and getattr(a, "dtype", np.dtype(int)).kind in "fc"
        ]
        numbers = [a for a in call.args if type(a) in (float, complex)]
        self.constants.append((call.prim.name, call.line, [*found, *map(np.asarray, numbers)]))

    def _saw_flat(self, prim, values, params, out, line):
        if not self.recording:
            return
        node = Node(prim.name, len(self.nodes), line, flat=prim.flat)
        node.shapes = in_short(prim.name, values, out if prim.multi else (out,))
        node.kink = kink_of(prim, values, params, out)
        self.nodes.append(node)
        self.constants.append((prim.name, line, []))

    # ---- reverse ----

    def sweep(self, seeds) -> None:
        """Pull cotangents of the outputs back, and see what each node does on the way."""
        cots: dict = {OWNED: set()}
        heap: list = []
        flags: list = []
        with np.errstate(divide="call", invalid="call", call=lambda kind, _: flags.append(kind)):
            for out, seed in zip(self.outs, seeds, strict=True):
                if isinstance(out, Var) and out.owner is self.tape and seed is not None:
                    deposit(out.aux, seed, cots, heap)
            while heap:
                node = heapq.heappop(heap)
                if node[1] is pull_leaf:
                    continue
                self._pull(node, cots.pop(node[0]), cots, heap, flags)

    def _pull(self, node, g, cots, heap, flags):
        found = self.by_node.get(node[0])
        start = perf_counter()
        node[1](node, g, cots, heap, flags)
        if found is None:
            return
        found.backward += perf_counter() - start
        came = [cots[p[0]] for p in parents_of(node) if p[0] in cots]
        flat = [c for c in came if not isinstance(c, list)]
        given = g if isinstance(g, list) else [g]
        kept = kept_arrays(node)
        birth = born("cotangent", [*given, *kept], flat)
        if birth is not None and not any(b.place == "cotangent" for b in found.births):
            found.births.append(birth)


def in_short(name, args, outs) -> str:
    """`multiply(f8[3], 2.0) → f8[3]`"""
    return f"{name}({', '.join(map(_short, args))}) → {', '.join(map(_short, outs))}"


def _short(x) -> str:
    if type(x) in (int, float, bool, complex):
        return repr(x)
    space = space_of(x)
    return f"{space.dtype.kind}{space.dtype.itemsize}[{','.join(map(str, space.shape))}]"


def parents_of(node) -> list:
    """The nodes that a node holds."""
    found: list = []
    for item in node[4:]:
        found += (
            [item] if type(item) is list else [p for p in item if type(p) is list] if _is_nodes(item) else []
        )
    return found


def _is_nodes(item) -> bool:
    return type(item) is tuple and bool(item) and type(item[0]) is list and len(item[0]) >= 4


def kept_arrays(node) -> list[np.ndarray]:
    """The arrays that a node keeps for its rules."""
    found: list[np.ndarray] = []
    for item in node[4:]:
        _collect(item, found)
    return found


def _collect(item: Any, found) -> None:
    if type(item) is list:
        if item and type(item[0]) is int and item[0] < 0:
            return  # a node
        item = tuple(item)
    if isinstance(item, Box):
        item = strip(item)
    if isinstance(item, np.ndarray):
        if item.ndim:
            found.append(item)
    elif type(item) is tuple:
        for part in item:
            _collect(part, found)
    elif type(item) is dict:
        for part in item.values():
            _collect(part, found)


def _sampled(a, most=512):
    """A copy of an array, or of some of its entries."""
    a = np.asarray(a)
    return a.copy() if a.size <= most else a.ravel()[:: a.size // most].copy()
