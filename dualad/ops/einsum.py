"""Einstein summation: linear in each operand, and closed under transposition.

The adjoint of an einsum is an einsum: the cotangent takes the place of the operand, its subscripts the place
of the output. Where an operand has a subscript twice (a diagonal), the adjoint puts numbers on a diagonal,
by an identity matrix as one more operand; where it has one that nobody else has (a plain sum), the
adjoint repeats numbers, by ones as one more operand. The public function brings every call into one
form, letters without an ellipsis and with an explicit output, so the rules know no other.
"""

from __future__ import annotations

import string
from collections import Counter

import numpy as np

from ..core.primitive import Primitive, attach_rule_setters
from ..core.samples import Sample
from ..core.trace import Box, as_array_hook, bind

LETTERS = string.ascii_letters


def _evaluate(*operands, subscripts, optimize=False):
    """Sums of products over subscripts, by Einstein's convention.

    Called as `np.einsum`: `einsum("ij,jk->ik", a, b)`, with implicit output, ellipses and repeated
    subscripts; or with operands and lists of integers in turns, `einsum(a, [0, 1], b, [1, 2], [0, 2])`.
    """
    return np.einsum(subscripts, *operands, optimize=_as_path(optimize))


prim = Primitive("einsum", _evaluate)
prim.read_signature(_evaluate)
prim.multilinear = ("operands",)


def einsum(*operands, subscripts=None, optimize=False):
    if subscripts is None:
        subscripts, operands = _read(operands)
    if isinstance(optimize, list):
        optimize = tuple(tuple(o) if isinstance(o, list) else o for o in optimize)
    if not any(isinstance(x, Box) or type(x) in (list, tuple) for x in operands):
        return np.einsum(subscripts, *operands, optimize=_as_path(optimize))
    operands = [as_array_hook[0](x) if type(x) in (list, tuple) else x for x in operands]
    ranks = [x.ndim if hasattr(x, "ndim") else np.ndim(x) for x in operands]
    return bind(prim, operands, {"subscripts": explicit(subscripts, ranks), "optimize": optimize})


einsum.__doc__ = _evaluate.__doc__
attach_rule_setters(prim, einsum)


def _as_path(optimize):
    """NumPy wants an explicit path as a list."""
    return list(optimize) if isinstance(optimize, tuple) and optimize[:1] == ("einsum_path",) else optimize


def _read(operands):
    """Subscripts as a string, and the operands, of any form of call."""
    if not operands:
        raise TypeError("einsum needs subscripts and operands: einsum('ij,jk->ik', a, b)")
    if isinstance(operands[0], str):
        return operands[0], operands[1:]
    n = len(operands) // 2
    terms = [_letters(s) for s in operands[1 : 2 * n : 2]]
    output = "->" + _letters(operands[-1]) if len(operands) % 2 else ""
    return ",".join(terms) + output, operands[0 : 2 * n : 2]


def _letters(sublist):
    return "".join("..." if s is Ellipsis else LETTERS[s] for s in sublist)


def explicit(subscripts, ranks):
    """The subscripts without blanks and ellipses, with the output written out."""
    subscripts = subscripts.replace(" ", "")
    inputs, arrow, output = subscripts.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ranks):
        raise ValueError(
            f"einsum: {subscripts!r} has {len(terms)} terms, but there are {len(ranks)} operands"
        )
    free = [c for c in LETTERS if c not in subscripts]
    widths = [n - len(t.replace("...", "")) if "..." in t else 0 for t, n in zip(terms, ranks, strict=True)]
    for t, n, w in zip(terms, ranks, widths, strict=True):
        if w < 0 or (len(t.replace("...", "")) + w) != n:
            raise ValueError(f"einsum: the term {t!r} does not fit an operand with {n} axes")
    widest = max(widths)
    dots = "".join(free[:widest])
    if not arrow:
        counts = Counter(inputs.replace("...", "").replace(",", ""))
        output = "..." * ("..." in inputs) + "".join(sorted(c for c, k in counts.items() if k == 1))
    elif widest and "..." not in output:
        raise ValueError(f"einsum: {subscripts!r} sums over an ellipsis; write its axes as letters")
    terms = [t.replace("...", dots[widest - w :]) for t, w in zip(terms, widths, strict=True)]
    return ",".join(terms) + "->" + output.replace("...", dots)


def _cotangent(g, i, operands, operands_space, subscripts, optimize):
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    space = operands_space[i]
    given, names = [g, *operands[:i], *operands[i + 1 :]], [output, *terms[:i], *terms[i + 1 :]]
    known, target = set("".join(names)), ""
    free = (c for c in LETTERS if c not in subscripts)
    for letter, n in zip(terms[i], space.shape, strict=True):
        if letter in target:  # a diagonal
            fresh = next(free)
            given.append(np.eye(n, dtype=space.dtype))
            names.append(letter + fresh)
            letter = fresh
        elif letter not in known:  # a sum over this operand alone
            given.append(np.ones(n, space.dtype))
            names.append(letter)
        target += letter
    optimize = bool(optimize) or len(given) > 2
    d = einsum(*given, subscripts=",".join(names) + "->" + target, optimize=optimize)
    return space.fit(d)


einsum.vjp(operands=_cotangent)


@einsum.batching
def _(operands, mask, subscripts, optimize):
    inputs, output = subscripts.split("->")
    letter = next(c for c in LETTERS if c not in subscripts)
    terms = [letter + t if m else t for t, m in zip(inputs.split(","), mask, strict=True)]
    return einsum(*operands, subscripts=",".join(terms) + "->" + letter + output, optimize=optimize)


SAMPLES = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk->ki", (2, 3), (3, 4)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    ("i,i->", (3,), (3,)),
    ("i,j->ij", (3,), (2,)),
    ("ii->i", (3, 3)),
    ("ii->", (3, 3)),
    ("iij->j", (3, 3, 2)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("ij,k->i", (2, 3), (2,)),
    ("iij,ki->kij", (3, 3, 2), (2, 3)),
    ("ij,ij->ij", (1, 3), (2, 3)),
    ("ab,bc,cd,da->", (2, 3), (3, 2), (2, 3), (3, 2)),
    ("->", ()),
    ("ij,jk->ik", (0, 3), (3, 2)),
]


@einsum.samples
def _(rng):
    for k, (subscripts, *shapes) in enumerate(SAMPLES):
        operands = [rng.normal(size=s) for s in shapes]
        yield Sample(*operands, subscripts=subscripts, optimize=bool(k % 2))
