"""What `checkpoint` keeps: functions `policy(prim, *args, **params) -> bool`, under JAX's names.

`prim.name` is the primitive's name; the pages of primitives list them. `checkpoint_name(x, name=…)` gives a value a
name for the policies that go by names.
"""

from __future__ import annotations

from collections.abc import Callable

from ..ops.flow import checkpoint_name as checkpoint_name

_PRODUCTS = {
    "matmul",
    "affine",
    "einsum",
    "tensordot",
    "conv2d",
    "convolve",
    "linear",
    "outer",
    "inner",
    "dot",
}


def everything_saveable(prim, *_, **__) -> bool:
    """Keep all: as without `checkpoint`."""
    return True


def nothing_saveable(prim, *_, **__) -> bool:
    """Keep nothing but the inputs: the default."""
    return False


def dots_saveable(prim, *_, **__) -> bool:
    """Keep the outputs of matrix products and convolutions, which are dear to compute and small to keep."""
    return prim.name in _PRODUCTS


checkpoint_dots = dots_saveable


def dots_with_no_batch_dims_saveable(prim, *args, **_) -> bool:
    """Keep the outputs of matrix products of two matrices or vectors, as of layers; not of stacks of them."""
    return prim.name in _PRODUCTS and all(getattr(a, "ndim", 0) <= 2 for a in args)


checkpoint_dots_with_no_batch_dims = dots_with_no_batch_dims_saveable


def save_only_these_names(*names: str) -> Callable:
    """Keep the values that `checkpoint_name` has given one of these names."""
    return lambda prim, *_, name=None, **__: prim.name == "checkpoint_name" and name in names


def save_any_names_but_these(*names: str) -> Callable:
    """Keep the values that have a name, except these."""
    return lambda prim, *_, name=None, **__: prim.name == "checkpoint_name" and name not in names


def save_anything_except_these_names(*names: str) -> Callable:
    """Keep all values, except those of these names."""
    return lambda prim, *_, name=None, **__: prim.name != "checkpoint_name" or name not in names


def save_from_both_policies(first: Callable, second: Callable) -> Callable:
    """Keep what either policy keeps."""
    return lambda prim, *args, **params: first(prim, *args, **params) or second(prim, *args, **params)
