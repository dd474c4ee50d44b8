"""The strong zero of the reverse engine: 0 · ∞ is 0 in the chain rule, whichever of the two is the cotangent.

These functions compute a cotangent once more, after NumPy has raised a flag or a NaN has come out. A zero cotangent
wins over an infinite or undefined local derivative (masked-out branches), and a local derivative that is zero wins
over an infinite cotangent: `sqrt(x**2)` has the derivative 0 at 0 in both engines.
"""

from __future__ import annotations

import numpy as np

from .space import face, mask_zeros
from .trace import Box, strip


def zeros_win(g, d, rule, given):
    """`d = rule(g, *given)` of an elementwise operation, with zeros on either side winning."""
    d = mask_zeros(g, d)
    if not np.any(np.isinf(strip(g))):
        return d
    unit = rule(np.ones(g.shape, g.dtype), *given)
    lost = face("bitwise_and")(face("isinf")(g), face("equal")(unit, 0))
    return face("where")(lost, np.zeros((), d.dtype), d)


def zeros_win_in_sums(rule, values, d):
    """`d = rule(*values)`, a sum of products with one factor of each of the values, in which a zero factor wins.

    The finite factors alone give the answer, but where a factor that is not finite meets none that is zero.
    """
    where, isfinite = face("where"), face("isfinite")
    finite = [np.isfinite(strip(v)).all() for v in values]
    if all(finite):
        return d
    clean = rule(
        *[v if fine else where(isfinite(v), v, np.zeros((), v.dtype)) for v, fine in zip(values, finite)]
    )
    kind = np.zeros((), clean.dtype).real.dtype
    met = 0.0
    for k, fine in enumerate(finite):
        if not fine:
            marks = [isfinite(v) == False if j == k else v != 0 for j, v in enumerate(values)]  # noqa: E712
            met = met + rule(*[m.astype(kind) for m in marks])
    return where(met != 0, d, clean)


def zeros_win_by(prim, rule, g, d, given):
    """The same for a rule of a multilinear primitive, or None where it asks for other data than its operands."""
    places = []
    for k, ask in enumerate(rule.asks):
        if ask in prim.multilinear:
            places.append(k)
        elif ask in prim.args or ask == "out":
            return None
    many = [type(given[k]) is tuple for k in places]

    def call(g, *operands):
        rest, again = iter(operands), list(given)
        for k, several in zip(places, many):
            again[k] = tuple(next(rest) for _ in given[k]) if several else next(rest)
        return rule.call(g, *again)

    operands = [v for k, several in zip(places, many) for v in (given[k] if several else (given[k],))]
    operands = [v if isinstance(v, (Box, np.ndarray)) else np.asarray(v) for v in operands]
    return zeros_win_in_sums(call, (g, *operands), d)


def zeros_of_matrices(g, d, asked):
    """`strict` of an operation on stacks of matrices: one whose cotangents are all zero gets zero."""
    lead = d.shape[:-2]
    some = np.zeros((), bool)
    for c in g if isinstance(g, list) else [g]:
        if c is not None and c.shape[: len(lead)] != lead:
            return None
        if c is not None:
            axes = tuple(range(len(lead), c.ndim))
            some = face("bitwise_or")(some, face("any")(c != 0, axis=axes) if axes else c != 0)
    return face("where")(some[..., None, None], d, np.zeros((), d.dtype))
