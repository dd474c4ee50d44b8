"""What each primitive does to index sets.

- Elementwise: the union over the broadcast arguments. A constant factor of zero is no dependence.
- Linear, and linear with the other arguments constant: by the structure of the linear map itself (`linear_map`).
- Contractions of traced arrays: products are taken to depend on both factors (`contraction`).
- Reductions and what runs along an axis: the lines of that axis. Linear algebra: the matrices of a stack.
- Everything else, primitives of users among them: each result on everything. That is never too small.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array, eye_array, kron

from ...core.primitive import REGISTRY
from .contraction import CONTRACTIONS, contracted
from .index_sets import (
    broadcast_elements,
    mapped,
    pick,
    structure,
    together,
    union,
)
from .linear_map import linear_map


class Call(NamedTuple):
    """A primitive applied to plain values, of which some have index sets.

    `constant` marks the values that are the same for all inputs, so that their zeros can be relied on.
    """

    prim: Any
    values: list
    params: dict
    sets: list
    constant: list
    outs: list

    @property
    def active(self) -> list[int]:
        """The places of the arguments with index sets."""
        return [i for i, s in enumerate(self.sets) if s is not None]


def sets_of_results(call: Call, inputs: int) -> list[csr_array]:
    """The index sets of each output."""
    prim = call.prim
    if prim.elementwise:
        return [elementwise(call, np.shape(o)) for o in call.outs]
    rule = RULES.get(prim.name)
    found = None
    if rule is not None:
        found = rule(call)
    elif prim.linear and all(prim.arg_name(i) in prim.linear for i in call.active):
        found = linear_map(call)
    elif prim.name in CONTRACTIONS:
        found = contracted(call)
    elif _linear_in_one(call):
        found = linear_map(call)
    if found is None:
        return on_everything(call, inputs)
    return found if isinstance(found, list) else [found]


def _linear_in_one(call) -> bool:
    """Whether the call is linear in its one traced argument, and all others are known."""
    if len(call.active) != 1 or call.prim.arg_name(call.active[0]) not in call.prim.multilinear:
        return False
    return all(c for i, c in enumerate(call.constant) if i != call.active[0])


def on_everything(call, inputs) -> list[csr_array]:
    """Every result depends on every element of every argument."""
    everything = together(union(together(call.sets[i]) for i in call.active))
    return [pick(everything, np.zeros(np.size(o), int)) for o in call.outs]


def elementwise(call, shape) -> csr_array:
    parts = []
    for i in call.active:
        sets = call.sets[i]
        if call.prim.name == "multiply" and call.constant[1 - i]:
            sets = _without_zeros(sets, np.shape(call.values[i]), call.values[1 - i], shape)
        else:
            elements = broadcast_elements(np.shape(call.values[i]), shape)
            sets = sets if elements is None else pick(sets, elements)
        parts.append(sets)
    return union(parts)


def _without_zeros(sets, shape, factor, out_shape):
    """The sets of a product with a constant, empty where that is zero."""
    keep = np.broadcast_to(np.asarray(factor) != 0, out_shape).ravel()
    elements = broadcast_elements(shape, out_shape)
    if keep.all():
        return sets if elements is None else pick(sets, elements)
    results = np.flatnonzero(keep)
    elements = results if elements is None else elements[results]
    return mapped(structure(results, elements, (keep.size, sets.shape[0])), sets)


# ---- along axes -----------------------------------------------------------------------------------


def same_elements(call):
    """Results are the elements themselves (a cast)."""
    return call.sets[0]


def moved_elements(call):
    """Results are elements, all of them somewhere: the numbers of elements tell which."""
    numbers = np.arange(np.size(call.values[0])).reshape(np.shape(call.values[0]))
    return pick(call.sets[0], np.ravel(call.prim.fun(numbers, *call.values[1:], **call.params)))


def reduction(call):
    """A result depends on all that a sum over the same axes would add up."""
    keepdims = call.params.get("keepdims", False)
    params = {"axis": call.params.get("axis"), "keepdims": keepdims}
    like_a_sum = call._replace(prim=REGISTRY["sum"], params=params)
    return linear_map(like_a_sum)


def lines(call):
    """A result depends on its whole line along the axis, or on everything for axis=None."""
    axis = call.params.get("axis")
    if axis is None:
        return None
    sets, x = call.sets[0], np.asarray(call.values[0])
    line, count = _line_of_each(x.shape, axis)
    of_lines = mapped(structure(line, np.arange(x.size), (count, x.size)), sets)
    return [pick(of_lines, _line_of_each(np.shape(o), axis)[0]) for o in call.outs]


def _line_of_each(shape, axis):
    rest = tuple(np.delete(shape, axis))
    count = int(np.prod(rest))
    numbers = np.expand_dims(np.arange(count).reshape(rest), axis)
    return np.broadcast_to(numbers, shape).ravel(), count


def running(call):
    """A result depends on the elements of its line up to itself (cumulative sums and products)."""
    x = np.asarray(call.values[0])
    numbers = np.moveaxis(np.arange(x.size).reshape(x.shape), call.params["axis"], -1)
    later, earlier = np.tril_indices(numbers.shape[-1])
    results, elements = numbers[..., later].ravel(), numbers[..., earlier].ravel()
    return mapped(structure(results, elements, (x.size, x.size)), call.sets[0])


# ---- stacks of matrices ---------------------------------------------------------------------------


def matrices(call):
    """Results of a stack of matrices: each on all of its own matrices."""
    lead = np.shape(call.values[0])[:-2]
    count = int(np.prod(lead))
    if not lead or any(np.shape(o)[: len(lead)] != lead for o in call.outs):
        return None
    parts = []
    for i in call.active:
        size = np.size(call.values[i])
        if np.shape(call.values[i])[: len(lead)] != lead:
            return None
        stack = np.arange(size) // max(size // count, 1) if count else np.zeros(0, int)
        parts.append(mapped(structure(stack, np.arange(size), (count, size)), call.sets[i]))
    sets = union(parts)
    return [pick(sets, np.arange(np.size(o)) // max(np.size(o) // max(count, 1), 1)) for o in call.outs]


def rows_of_affine(call):
    """x wᵀ + b: a product, and a row added to it."""
    out = np.shape(call.outs[0])
    parts = []
    if call.sets[0] is not None or call.sets[1] is not None:
        product = call._replace(
            prim=REGISTRY["einsum"],
            values=call.values[:2],
            sets=call.sets[:2],
            constant=call.constant[:2],
            params={"subscripts": "ni,oi->no"},
        )
        found = contracted(product)
        if found is None:
            return None
        parts.append(found)
    if call.sets[2] is not None:
        parts.append(pick(call.sets[2], broadcast_elements(np.shape(call.values[2]), out)))
    return union(parts)


def sparse_product(call):
    """By the entries of the matrix, once for each column of x."""
    matrix, x = call.params["matrix"].csr, np.asarray(call.values[0])
    columns = eye_array(x.shape[1], dtype=bool) if x.ndim == 2 else None
    entries = csr_array(matrix != 0)
    return mapped(entries if columns is None else csr_array(kron(entries, columns)), call.sets[0])


def outer_product(call):
    a, b = (np.size(v) for v in call.values)
    picked = [np.repeat(np.arange(a), b), np.tile(np.arange(b), a)]
    return union(pick(call.sets[i], picked[i]) for i in call.active)


RULES: dict[str, Callable] = {
    "astype": same_elements,
    "affine": rows_of_affine,
    "outer": outer_product,
    "sparse_matmul": sparse_product,
    "cumsum": running,
    "cumprod": running,
}
RULES |= dict.fromkeys(
    (
        *(
            "take_static",
            "gather",
            "take_along_axis",
            "reshape",
            "transpose",
            "squeeze",
            "expand_dims",
            "flip",
        ),
        *("roll", "repeat", "broadcast_to", "diagonal"),
    ),
    moved_elements,
)
RULES |= dict.fromkeys(("max", "min", "var", "std", "vector_norm", "logsumexp", "prod"), reduction)
RULES |= dict.fromkeys(("softmax", "log_softmax", "sort", "fft", "ifft", "rfft", "irfft"), lines)
RULES |= dict.fromkeys(
    (
        *("det", "slogdet", "inv", "pinv", "solve", "cholesky", "qr"),
        *("eig", "eigh", "eigvals", "eigvalsh", "svd", "svdvals"),
    ),
    matrices,
)
