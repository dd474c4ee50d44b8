"""Engine three, for orders above the first: truncated Taylor polynomials over arrays.

A `Taylor` is a value and the coefficients of a curve through it, x(t) = x₀ + x₁ t + … + x_K t^K. Each primitive maps
curves to curves; `jet` is the verb. Three ways lead to the coefficients of a result, the first that fits is taken:

- a recurrence of its own, for the common elementwise functions (`dualad.ops.series`; the cost is that of K²/2
  products);
- linearity: a linear primitive acts on each coefficient, a multilinear one on all products of the right order;
- the primitive's JVP rule. It holds at every point of the curve, so y′(t) = rule(x′(t); x(t), y(t)), and the rule, a
  program of primitives, is itself run on curves: of one order less, since y′ to order K - 1 gives y to order K. A
  rule that asks for its own output is run order by order.

So every primitive has every order of derivative the day it is born, and at a cost that is polynomial in the order,
unless its rule calls the same primitive several times on the same curve (Bessel functions do): then it doubles
with each order, as nested forward derivatives do for all functions.

See Griewank and Walther, "Evaluating Derivatives", 2nd ed., ch. 13.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from .errors import refuse_dtype
from .forward import push
from .joint import no_newer
from .primitive import REGISTRY
from .space import face, fit_tangent, space_of
from .trace import Box, Trace, new

# By primitive: `rule(order, out, *arguments)`, on lists of coefficients from the value on, None for zeros. It gives the
# coefficients 1 … order of the output, or NotImplemented. Filled by dualad.ops.series.
RECURRENCES: dict[str, Callable] = {}

# Elementwise primitives that are linear in all that is no mask.
LINEAR_ROWS: set[str] = set()


class Taylor(Box):
    """A value and a tuple (`aux`) of the further coefficients of a curve, None for zeros."""

    __slots__ = ()


class TaylorTrace(Trace):
    """One running `jet`, of a given order. Those that run a rule share the flags of the one that does."""

    __slots__ = ("nested", "order")

    def __init__(self, order: int, name="jet", flags=None):
        super().__init__(name)
        self.order = order
        self.nested = flags is not None
        if flags is not None:
            self.flags = flags

    def process(self, prim, args, params):
        values = [a.value if self.owns(a) else a for a in args]
        out = prim.face(*values, **params)
        if prim.flat is not None:
            return self.constant(out)
        active = [i for i, a in enumerate(args) if self.owns(a) and prim.arg_name(i) not in prim.flat_args]
        if not active:
            return self.constant(out)
        curves = [coefficients(a, self) for a in args]
        terms = self.terms(prim, curves, params, out, active)
        if not prim.multi:
            return self.curve(out, terms)
        return tuple(self.curve(o, t) for o, t in zip(out, terms, strict=True))

    def owns(self, x) -> bool:
        return isinstance(x, Box) and x.owner is self

    def terms(self, prim, curves, params, out, active):
        """Coefficients 1 … order of the output, or of each of several."""
        if self.nested:
            return self._mended(prim, curves, params, out, active)
        with np.errstate(divide="call", invalid="call", call=self._raised):
            return self._mended(prim, curves, params, out, active)

    def _raised(self, kind, _code):
        self.flags.append(kind)

    def _mended(self, prim, curves, params, out, active):
        """The strong zero: where nothing has moved up to an order, neither has the output."""
        before = len(self.flags)
        terms = expand(self, prim, curves, params, out, active)
        if len(self.flags) == before:
            return terms
        moves = [curves[i] for i in active]
        if not prim.multi:
            return _held(prim, moves, terms)
        return [_held(prim, moves, t) for t in terms]

    def curve(self, value, terms):
        """A Taylor, or the plain value where nothing moves or no dtype could."""
        if not hasattr(value, "dtype"):
            value = np.asarray(value)
        if all(c is None for c in terms):
            return self.constant(value)
        shape, dtype = value.shape, value.dtype
        if dtype.kind not in "fc":
            refuse_dtype(dtype)
            return self.constant(value)
        t = new(Taylor)
        t.value, t.owner = value, self
        t.aux = tuple(None if c is None else _fitting(c, shape, dtype) for c in terms)
        return t


def _fitting(c, shape, dtype):
    if not hasattr(c, "dtype"):
        c = np.asarray(c)
    return c if c.shape == shape and c.dtype == dtype else fit_tangent(c, shape, dtype)


def coefficients(x, trace) -> list:
    """All coefficients of a curve of `trace`; of anything else the value, and zeros."""
    if isinstance(x, Box) and x.owner is trace:
        return [x.value, *x.aux]
    return [x] + [None] * trace.order


def expand(trace, prim, curves, params, out, active):
    """Coefficients of the output from those of the arguments, by the first way that fits."""
    names = {prim.arg_name(i) for i in active}
    known = REGISTRY.get(prim.name) is prim  # and no black box that is called sin
    rule = RECURRENCES.get(prim.name) if known else None
    if rule is not None:
        terms = rule(trace.order, out, *curves, **params)
        if terms is not NotImplemented:
            return terms
    if (known and prim.name in LINEAR_ROWS) or names <= set(prim.linear):
        return _by_linearity(trace, prim, curves, params, active)
    if names <= set(prim.multilinear):
        return _by_products(trace, prim, curves, params, active)
    return _by_rule(trace, prim, curves, params, out, active)


def _by_linearity(trace, prim, curves, params, active):
    zeros = {i: space_of(c[0]).zeros() for i, c in enumerate(curves) if _is_linear(prim, prim.arg_name(i))}
    columns = []
    for k in range(1, trace.order + 1):
        if all(curves[i][k] is None for i in active):
            columns.append(None)
            continue
        inputs = [c[0] for c in curves]
        for i, zero in zeros.items():
            inputs[i] = zero if curves[i][k] is None else curves[i][k]
        columns.append(prim.face(*inputs, **params))
    return _by_output(columns) if prim.multi else columns


def _is_linear(prim, name) -> bool:
    if prim.name in LINEAR_ROWS:
        return name not in ("condition", "mask")
    return name in prim.linear


def _by_output(columns):
    """Of tuples of outputs per order, the list of coefficients per output."""
    count = max(len(c) for c in columns if c is not None)
    return [[None if c is None else c[o] for c in columns] for o in range(count)]


def _by_products(trace, prim, curves, params, active):
    """Σ of the operation over all ways to share an order among its operands."""
    columns = []
    for k in range(1, trace.order + 1):
        total = None
        for shares in _compositions(k, len(active)):
            inputs = [c[0] for c in curves]
            for i, j in zip(active, shares, strict=True):
                inputs[i] = curves[i][j]
            if any(inputs[i] is None for i in active):
                continue
            term = prim.face(*inputs, **params)
            total = term if total is None else total + term
        columns.append(total)
    return columns


def _compositions(k, parts):
    for first in itertools.product(range(k + 1), repeat=parts - 1):
        if sum(first) <= k:
            yield (*first, k - sum(first))


def _by_rule(trace, prim, curves, params, out, active):
    asks_out = not prim.joint and any(
        "out" in rule.asks for i in active if (rule := prim.jvp_rules.get(prim.arg_name(i))) is not None
    )
    outs = out if prim.multi else (out,)
    terms: list[list] = [[] for _ in outs]
    orders = range(trace.order) if asks_out else [trace.order - 1]
    for m in orders:
        slopes = _slopes(trace, m, prim, curves, params, outs, terms, active)
        for found, slope in zip(terms, slopes, strict=True):
            found.extend(None if c is None else c / (k + 1) for k, c in enumerate(slope) if k >= len(found))
    return terms if prim.multi else terms[0]


def _slopes(trace, m, prim, curves, params, outs, terms, active):
    """The coefficients 0 … m of each output's derivative in t, by the JVP rules run on curves of order m."""
    sub = TaylorTrace(m, trace.name, trace.flags)
    primals = [_truncated(sub, c) if c[1:] else c[0] for c in curves]
    moves = [SimpleNamespace(aux=_velocity(sub, c) if i in active else None) for i, c in enumerate(curves)]
    if prim.joint:
        slopes = prim.push(primals, [d.aux for d in moves])[1]
    else:
        known = [_truncated(sub, [o, *found]) for o, found in zip(outs, terms, strict=True)]
        slopes = push(prim, primals, params, tuple(known) if prim.multi else known[0], moves, active)
        slopes = slopes if prim.multi else (slopes,)
    sub.alive = False
    found = [[None] * (m + 1) if s is None else coefficients(s, sub) for s in slopes]
    if prim.joint:
        no_newer([c for slope in found for c in slope], trace, prim)
    return found


def _truncated(trace, coefs):
    """The curve to the order of `trace`."""
    terms = list(coefs[1 : trace.order + 1])
    return trace.curve(coefs[0], terms + [None] * (trace.order - len(terms)))


def _velocity(trace, coefs):
    """The derivative in t of a curve, itself a curve: (k + 1) x_(k+1)."""
    first, *rest = [None if c is None else c * (k + 1) for k, c in enumerate(coefs[1 : trace.order + 2])]
    return trace.curve(space_of(coefs[0]).zeros() if first is None else first, rest)


def compose(f, order, *curves):
    """Coefficients 1 … order of `f` of curves: for a primitive that is a sentence over others."""
    trace = TaylorTrace(order, flags=[])
    out = f(*[trace.curve(c[0], c[1:]) for c in curves])
    trace.alive = False
    return coefficients(out, trace)[1:]


def _held(prim, moves, terms):
    held, result = None, []
    for k, term in enumerate(terms, start=1):
        for c in moves:
            if c[k] is not None:
                still = face("equal")(c[k], 0)
                still = still if prim.elementwise else face("all")(still)
                held = still if held is None else face("logical_and")(held, still)
        if term is not None and held is not None:
            term = face("where")(held, np.zeros((), space_of(term).dtype), term)
        result.append(None if held is None else term)
    return result
