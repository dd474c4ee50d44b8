"""The structure of a linear map: which elements go into which results, found by applying it.

Most linear primitives are one of two kinds, whatever their name. Each result is *one* element, or zero (indexing,
reshaping, joining, padding, stores …): applied to the numbers 1, 2, 3 … such a map says itself which one. Or each
element goes into *one* result (sums, means, traces, scattered additions): then the adjoint is of the first kind.
Both guesses, with factors allowed, are verified on random numbers. What is neither is applied to the unit vectors,
where these are few enough.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, vstack

from ...core.batch import BatchTrace
from ...core.forward import answer
from ...core.space import space_of
from .index_sets import mapped, no_numbers, pick, structure, union

PROBES = 4_000_000  # entries of a structure that is found by unit vectors


def linear_map(call):
    """The index sets of the result of a map that is linear in the traced arguments, or None if it is too large."""
    call = call._replace(values=[_doubled(v) for v in call.values])
    found = selected(call)
    if found is None:
        found = added_up(call)
    return found if found is not None else probed(call)


def _doubled(v):
    """Single precision would not hold all the numbers of elements."""
    v = np.asarray(v)
    return v.astype(np.result_type(v.dtype, np.float64)) if v.dtype.kind in "fc" else v


def selected(call):
    """Where each result is a multiple of one element: `call.sets`, picked."""
    sizes = [np.size(call.values[i]) for i in call.active]
    total = sum(sizes)

    def apply(numbers):
        parts = np.split(numbers, np.cumsum(sizes)[:-1])
        return np.ravel(_evaluate(call, dict(zip(call.active, parts, strict=True))))

    place = which_one(apply, total)
    if place is None:
        return None
    sets = call.sets[call.active[0]]
    if len(sizes) > 1:
        sets = csr_array(vstack([call.sets[i] for i in call.active], format="csr"))
    if (place >= 0).all():
        return pick(sets, place)
    results = np.flatnonzero(place >= 0)
    return mapped(structure(results, place[results], (len(place), total)), sets)


def _evaluate(call, given):
    """The primitive on `given` numbers in the traced places, and zeros in the others that it is linear in."""
    args = []
    for i, v in enumerate(call.values):
        if i in given:
            args.append(given[i].reshape(np.shape(v)))
        elif call.prim.arg_name(i) in call.prim.linear:
            args.append(np.zeros(np.shape(v)))
        else:
            args.append(v)
    return call.prim.fun(*args, **call.params)


def which_one(apply, total):
    """For each result of a linear map the number of the one element that it is a multiple of, or -1; else None."""
    random = np.random.default_rng(7).uniform(1.0, 2.0, total)
    factor, numbered, check = apply(np.ones(total)), apply(np.arange(1.0, total + 1)), apply(random)
    if not all(np.isfinite(v).all() for v in (factor, numbered, check)):
        return None
    zero = factor == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.where(zero, 0, np.rint((numbered / np.where(zero, 1, factor)).real)).astype(np.int64) - 1
    if (
        np.any(zero & ((numbered != 0) | (check != 0)))
        or np.any((place < 0) & ~zero)
        or np.any(place >= total)
    ):
        return None
    expected = np.where(zero, 0, factor * random[np.maximum(place, 0)] if total else 0)
    exact = np.where(zero, 0, factor * (place + 1))
    if not np.allclose(check, expected, rtol=1e-12, atol=0) or not np.allclose(
        numbered, exact, rtol=1e-12, atol=0
    ):
        return None
    return place


def added_up(call):
    """Where each element goes into one result at most: the adjoint says into which."""
    parts = []
    size = np.size(call.outs[0])
    for i in call.active:
        place = which_one(_adjoint(call, i), size)
        if place is None:
            return None
        elements = np.flatnonzero(place >= 0)
        into = structure(place[elements], elements, (size, np.size(call.values[i])))
        parts.append(mapped(into, call.sets[i]))
    return union(parts)


def _adjoint(call, i):
    prim, out = call.prim, np.asarray(call.outs[0])
    rule = prim.vjp_rules.get(prim.arg_name(i))
    space = space_of(call.values[i])

    def apply(numbers):
        given = [answer(prim, ask, i, call.values, call.params, out) for ask in rule.asks]
        d = rule.call(numbers.reshape(out.shape), *given)
        return np.full(space.size, np.nan) if d is None else np.ravel(space.fit(np.asarray(d)))

    return apply if rule is not None else lambda numbers: np.full(space.size, np.nan)


def probed(call):
    """By the unit vectors, all at once."""
    parts = []
    for i in call.active:
        size, results = np.size(call.values[i]), np.size(call.outs[0])
        if size * results > PROBES:
            return None
        if not size or not results:
            parts.append(no_numbers(results, call.sets[i].shape[1]))
            continue
        given = {k: np.zeros(np.size(call.values[k])) for k in call.active}
        shape = np.shape(call.values[i])
        trace = BatchTrace(size)
        args = [given[k].reshape(np.shape(v)) if k in given else v for k, v in enumerate(call.values)]
        args = [
            np.zeros(np.shape(v)) if k not in given and call.prim.arg_name(k) in call.prim.linear else v
            for k, v in enumerate(args)
        ]
        args[i] = trace.batched(np.eye(size).reshape(size, *shape))
        rows = call.prim.face(*args, **call.params).value.reshape(size, results)
        elements, places = np.nonzero(rows)
        parts.append(mapped(structure(places, elements, (results, size)), call.sets[i]))
    return union(parts)
