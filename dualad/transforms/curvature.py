"""Second derivatives: `hessian`, and its products with a vector, `hvp`, `vhp` and `ggnvp`.

Any mixture of the two engines gives them, and each has a name: in "fwd-over-rev" the reverse engine takes the
gradient, and the forward engine differentiates that. The mixtures share no code but the rules, so that they check
one another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.errors import at_user_line
from ..core.space import space_of
from ..core.tree import flatten_like, tree_flatten
from ._run import chosen_arguments
from .forward import jvp
from .jacobian import jacfwd, jacrev
from .reverse import check_scalar, grad, vjp

MODES = {
    "fwd-over-rev": (jacfwd, jacrev),
    "rev-over-fwd": (jacrev, jacfwd),
    "rev-over-rev": (jacrev, jacrev),
    "fwd-over-fwd": (jacfwd, jacfwd),
}


def hessian(
    f: Callable,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    mode: str = "fwd-over-rev",
    *,
    chunk_size: int | None = None,
    sparsity: Any = None,
) -> Callable:
    """Function that returns the Hessian of `f`.

    Parameters
    ----------
    f : callable
        Returns a scalar, or arrays, of which each entry then has its Hessian.
    argnums, has_aux, holomorphic
        As in `grad`.
    mode : {"fwd-over-rev", "rev-over-fwd", "rev-over-rev", "fwd-over-fwd"}
        The engine of the second derivative, over that of the first. The default is the cheapest for a scalar of
        many variables; "fwd-over-fwd" keeps no tape at all.
    chunk_size : int, optional
        How many columns or rows of the Hessian are computed at once; see `jacfwd`.
    sparsity : "detect", or a matrix of scipy.sparse or NumPy, optional
        Returns a `scipy.sparse.csr_array` instead, from few Hessian-vector products: this is `sparse_hessian`, which
        see. The mode is then "fwd-over-rev", and `f` returns a scalar.

    Returns
    -------
    callable
        The Hessian: for each leaf of the argument (shape `s`) a tree like the argument, whose leaves (shape `t`)
        have shape `s + t`, behind the shape of the output.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> dualad.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    outer, inner = _mode(mode, MODES, "hessian")
    if sparsity is not None:
        if chunk_size is not None or mode != "fwd-over-rev":
            raise TypeError("hessian(sparsity=...) goes forward over reverse, without chunks")
        from .sparsity.matrix import sparse_hessian

        return sparse_hessian(f, argnums=argnums, sparsity=sparsity, has_aux=has_aux, holomorphic=holomorphic)
    first = inner(f, argnums, has_aux, holomorphic, chunk_size=chunk_size)
    return outer(first, argnums, has_aux, holomorphic, chunk_size=chunk_size)


def hvp(
    f: Callable,
    primals,
    tangents,
    *,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    mode: str = "fwd-over-rev",
) -> Any:
    """Hessian of `f` times a vector, without the Hessian: the derivative of the gradient along `tangents`.

    Parameters
    ----------
    f : callable
        Returns a scalar, or `(scalar, aux)` with `has_aux`.
    primals, tangents : tuples of pytrees, as in `jvp`
    argnums
        The gradient that is differentiated, as in `grad`.
    has_aux : bool
    mode : {"fwd-over-rev", "rev-over-fwd", "rev-over-rev"}
        The engine of the second derivative, over that of the first. The default costs about two gradients; the
        second gives the same numbers by the other order, the third needs reverse rules alone.

    Returns
    -------
    pytree like the argument `argnums`, or `(pytree, aux)`

    Examples
    --------
    >>> import numpy as np, dualad
    >>> dualad.hvp(lambda x: x[0] ** 2 * x[1], (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([4., 2.])
    """
    product, aux = _mode(mode, PRODUCTS, "hvp")(f, primals, tangents, argnums, has_aux)
    return (product, aux) if has_aux else product


def vhp(f: Callable, primals, tangents, *, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Any:
    """A vector times the Hessian of `f`: the gradient of the derivative along `tangents`.

    Parameters and result are those of `hvp`, and so are the numbers, for the Hessian is symmetric. They come by the
    other order of the engines, reverse over forward.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> dualad.vhp(lambda x: x[0] ** 2 * x[1], (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([4., 2.])
    """
    return hvp(f, primals, tangents, argnums=argnums, has_aux=has_aux, mode="rev-over-fwd")


def ggnvp(
    model: Callable,
    loss: Callable,
    primals,
    tangents,
    *,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
) -> Any:
    """The generalised Gauss-Newton matrix of `loss(model(...))` times a vector: Jᵀ H J v.

    J is the Jacobian of the model, H the Hessian of the loss in the model's output: the Hessian of the whole without
    the curvature of the model. Where the loss is convex, it is positive semidefinite (Schraudolph, "Fast curvature
    matrix-vector products for second-order gradient descent", Neural Computation 14, 2002).

    Parameters
    ----------
    model : callable
        Takes `primals`; returns a pytree of arrays, or `(pytree, aux)` with `has_aux`.
    loss : callable
        From the model's output to a scalar; targets are closed over.
    primals, tangents : tuples of pytrees, as in `jvp`
    argnums
        Of the result, as in `grad`; the vector may move all arguments.
    has_aux : bool

    Returns
    -------
    pytree like the argument `argnums`, or `(pytree, aux)`

    Examples
    --------
    >>> import numpy as np, dualad
    >>> x, y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 9.0])
    >>> model = lambda w: np.exp(w * x)
    >>> loss = lambda out: np.sum((out - y) ** 2) / 2  # its Hessian is the identity
    >>> product = dualad.ggnvp(model, loss, (1.0,), (1.0,))
    >>> bool(np.isclose(product, np.sum((x * np.exp(x)) ** 2)))
    True
    """
    primals, tangents = tuple(primals), tuple(tangents)
    several = isinstance(argnums, (tuple, list))
    places = chosen_arguments(argnums, len(primals), "ggnvp")

    def of_chosen(*chosen):
        new = list(primals)
        for k, x in zip(places, chosen, strict=True):
            new[k] = x
        return model(*new)

    out, pullback, *aux = vjp(of_chosen, *[primals[k] for k in places], has_aux=has_aux)
    moved = jvp(model, primals, tangents, has_aux=has_aux)[1]
    product = pullback(hvp(loss, (out,), (moved,)))
    product = product if several else product[0]
    return (product, *aux) if has_aux else product


# ---- the mixtures of a product ----------------------------------------------------------------------


def _forward_over_reverse(f, primals, tangents, argnums, has_aux):
    _, product, *aux = jvp(grad(f, argnums, has_aux), primals, tangents, has_aux=has_aux)
    return product, aux[0] if has_aux else None


def _reverse_over_forward(f, primals, tangents, argnums, has_aux):
    def slope(*primals):
        _, along, *aux = jvp(f, primals, tangents, has_aux=has_aux)
        return (along, aux[0]) if has_aux else along

    product = grad(slope, argnums, has_aux)(*primals)
    return product if has_aux else (product, None)


def _reverse_over_reverse(f, primals, tangents, argnums, has_aux):
    def slope(*primals):
        out, pullback, *aux = vjp(f, *primals, has_aux=has_aux)
        leaves, treedef = tree_flatten(out)
        for leaf in leaves:
            check_scalar(leaf, False, "hvp")
        along = _pairing(pullback(treedef.unflatten(space_of(leaf).ones() for leaf in leaves)), tangents)
        return (along, aux[0]) if has_aux else along

    product = grad(slope, argnums, has_aux)(*primals)
    return product if has_aux else (product, None)


def _pairing(cotangents, tangents):
    """Re Σ a·b over the leaves; leaves that do not move, or have no cotangent, add nothing."""
    leaves, treedef = tree_flatten(cotangents, is_leaf=lambda x: x is None)
    moves = flatten_like(treedef, tuple(tangents), "tangents must be like primals")
    total = 0.0
    for g, dx in zip(leaves, moves, strict=True):
        if g is not None and dx is not None:
            total = total + np.sum(np.real(g * dx))
    return total


PRODUCTS = {
    "fwd-over-rev": _forward_over_reverse,
    "rev-over-fwd": _reverse_over_forward,
    "rev-over-rev": _reverse_over_reverse,
}


def _mode(mode, known, who):
    if mode not in known:
        raise ValueError(f"{who}: mode={mode!r}{at_user_line()}; choose one of {', '.join(known)}")
    return known[mode]
