"""`ravel_pytree`: a tree of arrays as one flat vector, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.errors import NotDifferentiable, StructureError, at_user_line
from ..core.space import face, space_of
from ..core.trace import Box
from ..core.tree import tree_flatten


def ravel_pytree(pytree: Any) -> tuple[Any, Callable]:
    """All leaves of a pytree in one vector, and the function that makes a tree of such a vector again.

    Both are differentiable, so that optimisers and solvers that know vectors alone can work on trees.

    Parameters
    ----------
    pytree : pytree of arrays and numbers
        A `Module` is one too; take it under `dualad.no_grad()`, or the vector is recorded for `backward`.

    Returns
    -------
    flat : array of one axis
        The leaves one behind the other, in the dtype to which NumPy promotes theirs; without leaves, an empty
        float64 array.
    unravel : callable
        From a vector of that length to a tree like `pytree`. Where the leaves are of several dtypes, each gets its own
        back, and the vector must have the promoted one (as in JAX: what a real leaf has of an imaginary part, and an
        integer of a fraction, is dropped). Where they are of one dtype, the tree has that of the vector, and is
        made of views of it.

    Raises
    ------
    StructureError
        From `unravel`: the vector is of another length, or, for leaves of several dtypes, of another dtype.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> flat, unravel = dualad.ravel_pytree({"w": np.ones((2, 2)), "b": 3.0})
    >>> flat
    array([3., 1., 1., 1., 1.])
    >>> unravel(2 * flat)["w"]
    array([[2., 2.],
           [2., 2.]])
    """
    leaves, treedef = tree_flatten(pytree)
    spaces = [_space(x) for x in leaves]
    dtypes = [s.dtype for s in spaces]
    dtype = np.result_type(*dtypes) if dtypes else np.dtype(float)
    mixed = any(d != dtype for d in dtypes)
    size = sum(s.size for s in spaces)
    flat = _joined([_vector(x, s, dtype) for x, s in zip(leaves, spaces, strict=True)], dtype)

    def unravel(flat):
        """The tree of a vector like `flat`."""
        flat = _checked(flat, size, dtype if mixed else None)
        parts, start = [], 0
        for space in spaces:
            part = _reshaped(flat[start : start + space.size], space.shape)
            parts.append(_cast(part, space.dtype) if mixed else part)
            start += space.size
        return treedef.unflatten(parts)

    return flat, unravel


def _space(x):
    space = space_of(x)
    if space.dtype.kind not in "biufc":
        raise NotDifferentiable(
            f"ravel_pytree: a leaf is {type(x).__name__} of dtype {space.dtype}{at_user_line()}; leaves are arrays and "
            "numbers. Register its class with dualad.register_pytree_node, or leave it out"
        )
    return space


def _vector(x, space, dtype):
    x = x if isinstance(x, Box) else np.asarray(x)
    return _reshaped(x if space.dtype == dtype else x.astype(dtype), (space.size,))


def _joined(vectors, dtype):
    if not vectors:
        return np.zeros(0, dtype)
    if any(isinstance(v, Box) for v in vectors):
        return face("concatenate")(*vectors, axis=0)
    return np.concatenate(vectors)


def _checked(flat, size, dtype):
    leaves, _ = tree_flatten(flat)  # a Tensor is a tree of one leaf
    flat = leaves[0] if len(leaves) == 1 else flat
    flat = flat if isinstance(flat, Box) else np.asarray(flat)
    if flat.shape != (size,):
        raise StructureError(
            f"unravel takes a vector of {size} entries; this one has shape {tuple(flat.shape)}{at_user_line()}"
        )
    if dtype is not None and flat.dtype != dtype:
        raise StructureError(
            f"unravel takes a vector of dtype {dtype}; this one is {flat.dtype}{at_user_line()}. The leaves are of "
            "several dtypes; write flat.astype(...)"
        )
    return flat


def _cast(x, dtype):
    if x.dtype == dtype:
        return x
    x = x.real if x.dtype.kind == "c" and dtype.kind != "c" else x
    return x.astype(dtype)


def _reshaped(x, shape):
    if x.shape == shape:
        return x
    return face("reshape")(x, shape=shape) if isinstance(x, Box) else x.reshape(shape)[()]
