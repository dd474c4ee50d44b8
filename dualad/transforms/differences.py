"""Derivatives from numbers alone: the witness that knows nothing of either engine.

`richardson` takes central differences at halving steps and extrapolates them to step zero (Ridders'
tableau); per entry it keeps the value whose neighbours in the tableau agree best, and says how well they
agree, roundoff included. `complex_step` needs a function that accepts complex numbers and is analytic
there; it has no subtraction, hence no cancellation, and is exact to the last digits (Squire and Trapp,
SIAM Review 40, 1998).

Functions and directions may be pytrees of arrays. Each function returns `(derivative, error)`, two trees like
the output; an error of infinity says that the numbers prove nothing there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.tree import tree_flatten

LEVELS = 8  # steps h, h/2, h/4 … tried in one tableau
GOOD = 1e-10  # relative error at which no other starting step is tried
POOR = 1e-4  # relative error from which on a larger step than the first may be believed
SURE = 1e-5  # relative error below which a tableau's claim is taken seriously
TINY = 2.0**-100  # the complex step: its square vanishes beside one in every dtype


def richardson(f: Callable, primals: tuple, tangents: tuple, *, eps: float | None = None) -> tuple[Any, Any]:
    """The derivative of `f` at `primals` along `tangents`, by extrapolated central differences.

    Parameters
    ----------
    f : callable
        Takes `primals` as positional arguments; returns a pytree of arrays.
    primals, tangents : tuples of pytrees of one structure
        A tangent of None, or of an integer leaf, is a zero.
    eps : float, optional
        The largest step; by default one thirtieth of the size of the arguments, and other ones
        where that does not converge.

    Returns
    -------
    derivative, error : pytrees like the output of `f`
    """
    line, outdef = _line(f, primals, tangents)
    starts = [eps] if eps is not None else _starts(primals, tangents)
    best: list = []
    error: list = []
    for h in starts:
        found, wrong = _ridders(line, h)
        if best:
            judge = _better if h < starts[0] else _better_if_it_agrees
            pairs = [judge(*four) for four in zip(best, error, found, wrong, strict=True)]
            found, wrong = [d for d, _ in pairs], [e for _, e in pairs]
        best, error = found, wrong
        if _converged(best, error):
            break
    return outdef().unflatten(best), outdef().unflatten(error)


def central(f: Callable, primals: tuple, tangents: tuple, *, eps: float = 1e-6) -> Any:
    """The plain central difference with one step, without an error estimate."""
    line, outdef = _line(f, primals, tangents)
    with np.errstate(all="ignore"):
        found = [(p - m) / (2 * eps) for p, m in zip(line(eps), line(-eps), strict=True)]
    return outdef().unflatten(found)


def complex_step(f: Callable, primals: tuple, tangents: tuple) -> tuple[Any, Any] | None:
    """The derivative of `f` along real `tangents` from one complex evaluation; None where `f` declines.

    It declines by raising a TypeError or ValueError for complex arguments, by dropping their imaginary
    part, or by a result that is real.
    """
    line, outdef = _line(f, primals, tangents)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            outs = line(1j * TINY)
    except (TypeError, ValueError, NotImplementedError, np.exceptions.ComplexWarning):
        return None
    if any(o.dtype.kind != "c" for o in outs):
        return None
    found = [o.imag / TINY for o in outs]
    error = [4 * np.finfo(float).eps * np.abs(d) for d in found]
    return outdef().unflatten(found), outdef().unflatten(error)


def _line(f, primals, tangents):
    """`line(t)`: the leaves of f(primals + t tangents) in double precision, and how to put them together."""
    leaves, treedef = tree_flatten(tuple(primals))
    moves, _ = tree_flatten(tuple(tangents), is_leaf=lambda t: t is None)
    if len(moves) != len(leaves):
        raise TypeError(f"{len(leaves)} leaves in the primals, {len(moves)} in the tangents")
    seen = []

    def line(t):
        moved = [_moved(x, dx, t) for x, dx in zip(leaves, moves, strict=True)]
        outs, outdef = tree_flatten(f(*treedef.unflatten(moved)))
        seen[:] = [outdef]
        return [_double(np.asarray(o)) for o in outs]

    return line, lambda: seen[0]


def _moved(x, dx, t):
    """Constants go to double precision as well: a rounding in single would look like a derivative of zero."""
    a = np.asarray(x)
    if a.dtype.kind not in "fc":
        return x
    return _double(a) if dx is None else _double(a) + t * _double(np.asarray(dx))


def _double(a):
    return a.astype(np.result_type(a.dtype, np.float64)) if a.dtype.kind in "biufc" else a


def _starts(primals, tangents):
    """Steps to begin with: the first moves the leaf that is fastest for its size by a thirtieth of it."""
    leaves = tree_flatten(tuple(primals))[0]
    moves = tree_flatten(tuple(tangents), is_leaf=lambda t: t is None)[0]
    sizes = [(_size(x) or 1.0, _size(dx)) for x, dx in zip(leaves, moves, strict=True) if dx is not None]
    size = min((x / dx for x, dx in sizes if dx), default=1.0)
    return [size * s for s in (2.0**-5, 2.0**-12, 2.0**-20, 2.0**3)]


def _size(x) -> float:
    """The largest finite magnitude of a floating-point leaf."""
    a = np.asarray(x)
    if a.dtype.kind not in "fc":
        return 0.0
    a = np.abs(a)
    return float(np.max(a, initial=0.0, where=np.isfinite(a)))


def _ridders(line, h):
    """One tableau with the steps h, h/2, …: per entry the best value and its error."""
    best, error, previous = None, None, []
    with np.errstate(all="ignore"):
        for k in range(LEVELS):
            plus, minus = line(h), line(-h)
            row = [[(p - m) / (2 * h) for p, m in zip(plus, minus, strict=True)]]
            noise = [_noise(p, m, h) for p, m in zip(plus, minus, strict=True)]
            if best is None:
                best = [np.array(d) for d in row[0]]
                error = [np.full(np.shape(d), np.inf) for d in row[0]]
            for j in range(1, k + 1):
                w = 4.0**j
                row.append([(w * a - b) / (w - 1) for a, b in zip(row[j - 1], previous[j - 1], strict=True)])
                for i, d in enumerate(row[j]):
                    e = np.maximum(np.abs(d - row[j - 1][i]), np.abs(d - previous[j - 1][i])) + noise[i]
                    better = e < error[i]
                    error[i] = np.where(better, e, error[i])
                    best[i] = np.where(better, d, best[i])
            previous, h = row, h / 2
    return best, error


def _better(d, error, other, its_error):
    """The surer one of two values per entry; where both are sure and they differ, that is the error."""
    apart = np.abs(d - other)
    both_sure = (error < SURE * np.abs(d)) & (its_error < SURE * np.abs(other))
    smaller = np.where(both_sure & (apart > 10 * (error + its_error)), apart, np.minimum(error, its_error))
    return np.where(its_error < error, other, d), smaller


def _better_if_it_agrees(d, error, other, its_error):
    """The same for a larger step than the first, which has less roundoff and may have crossed a kink: it is
    believed where it agrees, or where all else has failed."""
    found, smaller = _better(d, error, other, its_error)
    kept = (np.abs(d - other) > 10 * error) & (error < POOR * _scale(d))
    return np.where(kept, d, found), np.where(kept, error, smaller)


def _noise(plus, minus, h):
    """What roundoff in the two evaluations may do to their difference quotient."""
    size = np.maximum(np.abs(plus), np.abs(minus))
    return 2 * np.finfo(plus.dtype).eps * size / h if plus.dtype.kind in "fc" else np.zeros(np.shape(plus))


def _converged(found, errors):
    return all(np.all(e <= GOOD * _scale(d)) for d, e in zip(found, errors, strict=True))


def _scale(d):
    return np.max(np.abs(d), initial=0.0) + 1e-3
