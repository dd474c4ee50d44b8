"""Batches of tangents and cotangents, sent through a function of leaves."""

from __future__ import annotations

import numpy as np

from ...core.errors import NotDifferentiable, SparsityError, at_user_line
from ...core.space import space_of
from ...core.trace import Box
from ...core.tree import tree_flatten
from ..batch import over_rows
from ..forward import jvp
from ..jacobian import CHUNK
from ..reverse import vjp


def push(g, leaves, tangents, m, has_aux, aux) -> np.ndarray:
    """Derivatives along each of k tangents, batches of leaves: shape (k, m)."""
    if not len(tangents) or not len(tangents[0]):
        return np.zeros((0, m))

    def along(*dx):
        _, out, *extra = jvp(g, tuple(leaves), dx, has_aux=has_aux)
        aux[:] = extra or aux
        return tree_flatten(out)[0]

    return _in_chunks(along, tangents, m)


def pull(g, leaves, cotangents, m, has_aux, aux) -> np.ndarray:
    """Cotangents of the inputs for each row of `cotangents` (k, m): shape (k, n)."""
    n = sum(space_of(x).size for x in leaves)
    if not len(cotangents):
        return np.zeros((0, n))
    out, pullback, *extra = vjp(g, *leaves, has_aux=has_aux)
    aux[:] = extra or aux
    outs, outdef = tree_flatten(out)
    _check_entries(sum(space_of(o).size for o in outs), m)
    return _in_chunks(lambda *u: pullback(outdef.unflatten(u)), split(cotangents, outs), n)


def _in_chunks(send, batches, width):
    parts = []
    for k in range(0, len(batches[0]), CHUNK):
        results = over_rows(send, *[b[k : k + CHUNK] for b in batches])
        if any(isinstance(r, Box) for r in results):
            raise traced()
        flat = [np.reshape(r, (len(r), -1)) for r in results]
        parts.append(flat[0] if len(flat) == 1 else np.concatenate(flat, axis=1))
        _check_entries(parts[-1].shape[1], width)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def split(rows, leaves):
    """Rows of numbers as batches of leaves, each in its shape and dtype."""
    out, start = [], 0
    for space in map(space_of, leaves):
        part = rows[:, start : start + space.size]
        out.append(part.reshape(len(rows), *space.shape).astype(space.dtype))
        start += space.size
    return out


def _check_entries(found, expected):
    if found != expected:
        raise SparsityError(
            f"the pattern has {expected} rows, and the function's results {found} entries{at_user_line()}"
        )


def traced():
    return NotDifferentiable(
        f"a scipy.sparse matrix cannot hold traced values{at_user_line()}: sparse Jacobians and Hessians are not "
        "differentiated further. Use the dense dualad.jacobian or dualad.hessian, or dualad.jvp of the function"
    )
