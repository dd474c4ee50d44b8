"""Index sets through sums of products: matrix products of every name are an `einsum`.

One term of the sum is a point of the space that all subscripts span. It makes its result depend on its elements of
the traced operands, unless a constant operand is zero there.
"""

from __future__ import annotations

import string

import numpy as np

from .index_sets import mapped, structure, union

TERMS = 20_000_000  # terms of a sum of products that are looked at one by one


def contracted(call):
    """The index sets of a contraction's result, or None if it has too many terms."""
    terms, result = CONTRACTIONS[call.prim.name](call)
    shapes = [np.shape(v) for v in call.values]
    sizes = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, n in zip(term, shape, strict=True):
            sizes[letter] = max(n, sizes.get(letter, 1)) if n else 0
    known = [k for k, c in enumerate(call.constant) if c]
    points = _points(terms, sizes, call.values, known)
    if points is None:
        return None
    out_shape = np.shape(call.outs[0])
    results = _flat(result, points, [sizes[a] for a in result], out_shape)
    parts = []
    for i in call.active:
        elements = _flat(terms[i], points, [sizes[a] for a in terms[i]], shapes[i])
        into = structure(results, elements, (int(np.prod(out_shape)), int(np.prod(shapes[i]))))
        parts.append(mapped(into, call.sets[i]))
    return union(parts)


def _points(terms, sizes, values, known):
    """The terms of the sum that are not zero by a constant: an array of indices for each letter."""
    points, count = {}, 1
    if known:
        first = known[0]
        there = np.broadcast_to(values[first] != 0, [sizes[a] for a in terms[first]])
        points = _diagonal(terms[first], np.nonzero(there)) if there.ndim else {}
        count = len(next(iter(points.values()))) if points else int(there)
    rest = [a for a in sizes if a not in points]
    more = int(np.prod([sizes[a] for a in rest]))
    if count * more > TERMS:
        return None
    points = {a: np.repeat(p, more) for a, p in points.items()}
    grids = np.unravel_index(np.arange(more), [sizes[a] for a in rest]) if rest else ()
    points |= {a: np.tile(g, count) for a, g in zip(rest, grids, strict=True)}
    points.setdefault("", np.zeros(count * more, np.intp))
    for k in known[1:]:
        at = _flat(terms[k], points, [sizes[a] for a in terms[k]], np.shape(values[k]))
        keep = np.ravel(values[k])[at] != 0
        points = {a: p[keep] for a, p in points.items()}
    return points


def _diagonal(term, where):
    """Indices by letter; of a letter that stands twice, where both agree."""
    keep = np.ones(len(where[0]), bool) if where else None
    for k, a in enumerate(term):
        if term.index(a) < k:
            keep &= where[term.index(a)] == where[k]
    return {a: where[k][keep] for k, a in enumerate(term)}


def _flat(term, points, full, shape):
    """The number of the element that each point falls on; axes of length one are broadcast."""
    at, stride = np.zeros_like(points[""]), 1
    for a, n in zip(term[::-1], tuple(shape)[::-1], strict=True):
        if n > 1:
            at = at + points[a] * stride
        stride *= n
    return at


# ---- the subscripts of each -----------------------------------------------------------------------


def _einsum(call):
    inputs, _, result = call.params["subscripts"].partition("->")
    return inputs.split(","), result


def _matmul(call):
    a, b = (np.ndim(v) for v in call.values)
    lead = string.ascii_uppercase[: max(a, b, 2) - 2]
    left = "k" if a == 1 else lead[len(lead) - (a - 2) :] + "ik"
    right = "k" if b == 1 else lead[len(lead) - (b - 2) :] + "kj"
    return [left, right], lead + "i" * (a > 1) + "j" * (b > 1)


def _tensordot(call):
    a, b = (np.ndim(v) for v in call.values)
    axes = call.params["axes"]
    if isinstance(axes, (int, np.integer)):
        axes = range(a - axes, a), range(axes)
    return _paired(a, b, *[[k % n for k in np.atleast_1d(s)] for s, n in zip(axes, (a, b), strict=True)])


def _paired(a, b, left, right):
    """Terms of a product that sums over pairs of axes."""
    first, second = list(string.ascii_lowercase[:a]), list(string.ascii_uppercase[:b])
    for k, j in zip(left, right, strict=True):
        second[j] = first[k]
    free = [x for k, x in enumerate(first) if k not in left]
    free += [x for j, x in enumerate(second) if j not in right]
    return ["".join(first), "".join(second)], "".join(free)


def _dot(call):
    a, b = (np.ndim(v) for v in call.values)
    if not a or not b:
        return _paired(a, b, [], [])
    return _paired(a, b, [a - 1], [max(b - 2, 0)])


def _inner(call):
    a, b = (np.ndim(v) for v in call.values)
    return _paired(a, b, [a - 1], [b - 1]) if a and b else _paired(a, b, [], [])


CONTRACTIONS = {"einsum": _einsum, "matmul": _matmul, "tensordot": _tensordot, "dot": _dot, "inner": _inner}
