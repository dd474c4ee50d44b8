"""Products composed of others, without rules of their own: `vecdot`, `kron`, `cross`, `multi_dot` …"""

from __future__ import annotations

import numpy as np

from ..core.trace import Box
from . import shape as shapes
from .matmul import conj, matmul


def as_array(x):
    return x if isinstance(x, (Box, np.ndarray)) else shapes.as_array(x)


def is_traced(*xs) -> bool:
    return any(isinstance(x, Box) for x in xs)


# ---- vecdot, matvec, vecmat: gufuncs of NumPy 2 -----------------------------------------------------


def vecdot(x1, x2, *, axis=-1):
    """Sum of conj(x1) * x2 along one axis; the others broadcast."""
    x1, x2 = as_array(x1), as_array(x2)
    if not is_traced(x1, x2) and hasattr(np, "vecdot"):
        return np.vecdot(x1, x2, axis=axis)
    if axis != -1:
        x1, x2 = shapes.moveaxis(x1, axis, -1), shapes.moveaxis(x2, axis, -1)
    return matmul(conj(x1)[..., None, :], x2[..., :, None])[..., 0, 0]


def matvec(x1, x2):
    """Matrix times vector over the last axes; the others broadcast."""
    return matmul(as_array(x1), as_array(x2)[..., :, None])[..., 0]


def vecmat(x1, x2):
    """The conjugate of a vector times a matrix over the last axes; the others broadcast."""
    return matmul(conj(as_array(x1))[..., None, :], as_array(x2))[..., 0, :]


def kron(a, b):
    """Kronecker's product: every entry of `a` times the whole of `b`, laid out in blocks."""
    a, b = as_array(a), as_array(b)
    if not is_traced(a, b):
        return np.kron(a, b)
    rank = max(a.ndim, b.ndim)
    of_a, of_b = ((1,) * (rank - x.ndim) + x.shape for x in (a, b))
    wide_a = [n for k in of_a for n in (k, 1)]
    wide_b = [n for k in of_b for n in (1, k)]
    product = a.reshape(tuple(wide_a)) * b.reshape(tuple(wide_b))
    return product.reshape(tuple(n * m for n, m in zip(of_a, of_b, strict=True)))


def cross(a, b, *, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The cross product of vectors of three (or two) components along an axis; the other axes broadcast."""
    a, b = as_array(a), as_array(b)
    if axis is not None:
        axisa = axisb = axisc = axis
    if not is_traced(a, b):
        return np.cross(a, b, axisa, axisb, axisc)
    a, b = shapes.moveaxis(a, axisa, -1), shapes.moveaxis(b, axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ValueError(f"cross: vectors have 2 or 3 components, not {a.shape[-1]} and {b.shape[-1]}")
    (a0, a1, a2), (b0, b1, b2) = _components(a), _components(b)
    third = a0 * b1 - a1 * b0
    if a2 is None and b2 is None:
        return third
    first = _difference(a1, b2, a2, b1)
    second = _difference(a2, b0, a0, b2)
    return shapes.moveaxis(shapes.stack(first, second, third, axis=-1), -1, axisc)


def _components(x):
    return [x[..., k] if k < x.shape[-1] else None for k in range(3)]


def _difference(p, q, r, s):
    """p q - r s, with None for zero."""
    if p is None or q is None:
        return -(r * s)
    return p * q if r is None or s is None else p * q - r * s


def multi_dot(arrays):
    """The product of two or more matrices (the first and last may be vectors), in the cheapest order."""
    arrays = [as_array(x) for x in arrays]
    if len(arrays) < 2:
        raise ValueError("multi_dot needs at least two arrays")
    if not is_traced(*arrays):
        return np.linalg.multi_dot(arrays)
    first, last = arrays[0].ndim == 1, arrays[-1].ndim == 1
    if first:
        arrays[0] = arrays[0][None, :]
    if last:
        arrays[-1] = arrays[-1][:, None]
    for k, x in enumerate(arrays):
        if x.ndim != 2:
            raise np.linalg.LinAlgError(f"multi_dot: array {k} has {x.ndim} axes; it must be a matrix")
    out = _in_order(arrays, _best_cuts([x.shape[0] for x in arrays] + [arrays[-1].shape[1]]))
    return out[(0,) * first + (slice(None),) * (2 - first - last) + (0,) * last] if first or last else out


def _best_cuts(p):
    """Where to cut each chain i … j of matrices of sizes p[i] × p[i + 1] (Cormen et al., section 15.2)."""
    n = len(p) - 1
    cost, cut = [[0] * n for _ in range(n)], {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            tries = [(cost[i][k] + cost[k + 1][j] + p[i] * p[k + 1] * p[j + 1], k) for k in range(i, j)]
            cost[i][j], cut[i, j] = min(tries)
    return cut


def _in_order(arrays, cut):
    def product(i, j):
        if i == j:
            return arrays[i]
        k = cut[i, j]
        return matmul(product(i, k), product(k + 1, j))

    return product(0, len(arrays) - 1)
