"""`jacfwd`, `jacrev`, `jacobian`, `hessian` and `hvp`: whole derivative matrices, and products with them.

Columns are pushed, rows are pulled, many at a time through one batch: the function itself runs once per
chunk (forward) or once in all (reverse).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from ..core.errors import NotDifferentiable, at_user_line
from ..core.space import face, space_of
from ..core.trace import Box
from ..core.tree import tree_flatten
from ._run import as_input, chosen_arguments
from .batch import move, vmap
from .forward import jvp
from .reverse import grad, vjp

CHUNK = 256  # tangents or cotangents a batch: more of them no longer stay in cache


def jacfwd(
    f: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable:
    """Function that returns the Jacobian of `f`, column by column, by the forward engine.

    Parameters
    ----------
    f : callable
        From pytrees to pytrees of arrays.
    argnums, has_aux, holomorphic
        As in `grad`.

    Returns
    -------
    callable
        The Jacobian: for each leaf of the output (shape `s`) a tree like the argument whose leaves (shape `t`)
        have shape `s + t`; with `has_aux` the pair `(jacobian, aux)`. Prefer it where there are more
        outputs than inputs.
    """

    @functools.wraps(f)
    def jacobian_function(*args, **kwargs):
        g, x, treedef, single = _as_function_of_leaves(f, argnums, args, kwargs)
        _check_kind(x, holomorphic, "jacfwd")
        columns, outdef, aux = [], None, []
        for k in range(len(x)):
            outs, outdef = _push_basis(g, x, k, aux if has_aux else None)
            columns.append(outs)
        return _assemble(columns, outdef, treedef, single, aux, has_aux)

    return jacobian_function


def jacrev(
    f: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable:
    """Function that returns the Jacobian of `f`, row by row, by the reverse engine.

    Parameters and result are those of `jacfwd`. Prefer it where there are more inputs than outputs.
    """

    @functools.wraps(f)
    def jacobian_function(*args, **kwargs):
        g, x, treedef, single = _as_function_of_leaves(f, argnums, args, kwargs)
        _check_kind(x, holomorphic, "jacrev")
        out, pullback, *aux = vjp(g, *x, has_aux=has_aux)
        outs, outdef = tree_flatten(out)
        if any(space_of(o).dtype.kind == "c" for o in outs) and not holomorphic:
            raise NotDifferentiable(f"jacrev: complex outputs need holomorphic=True{at_user_line()}")
        rows = [_pull_basis(pullback, outs, outdef, k) for k in range(len(outs))]
        columns = [[row[k] for row in rows] for k in range(len(x))]
        return _assemble(columns, outdef, treedef, single, aux, has_aux)

    return jacobian_function


def jacobian(f: Callable, argnums=0, has_aux: bool = False, holomorphic: bool = False, mode: str = "auto"):
    """Function that returns the Jacobian of `f`, in the cheaper mode.

    Parameters
    ----------
    mode : {"auto", "forward", "reverse"}
        "auto" runs the function once and compares the number of inputs with that of outputs; a column
        costs about a third of what a row does.
    f, argnums, has_aux, holomorphic
        As in `jacfwd`.
    """
    if mode not in ("auto", "forward", "reverse"):
        raise ValueError(f"mode={mode!r}: choose 'auto', 'forward' or 'reverse'")

    @functools.wraps(f)
    def jacobian_function(*args, **kwargs):
        verb = {"forward": jacfwd, "reverse": jacrev}.get(mode)
        if verb is None:
            verb = jacfwd if _columns_are_cheaper(f, argnums, has_aux, args, kwargs) else jacrev
        return verb(f, argnums, has_aux, holomorphic)(*args, **kwargs)

    return jacobian_function


def hessian(
    f: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False, holomorphic: bool = False
):
    """Function that returns the Hessian of a scalar `f`: forward over reverse.

    Parameters are those of `grad`. The result is, for each leaf of the argument, a tree like the argument, with
    shapes `s + t`.
    """
    return jacfwd(grad(f, argnums, has_aux, holomorphic), argnums, has_aux, holomorphic)


def hvp(f: Callable, primals, tangents, *, argnums: int | tuple[int, ...] = 0):
    """Hessian of `f` times a vector, without the Hessian: the derivative of the gradient along `tangents`.

    Parameters
    ----------
    f : callable
        Returns a scalar.
    primals, tangents : tuples of pytrees, as in `jvp`
    argnums
        The gradient that is differentiated, as in `grad`.

    Returns
    -------
    pytree like the argument `argnums`
    """
    return jvp(grad(f, argnums), primals, tangents)[1]


# ---- the parts ------------------------------------------------------------------------------------


def _as_function_of_leaves(f, argnums, args, kwargs):
    """`f` as a function of the flat leaves of the chosen arguments."""
    several = isinstance(argnums, (tuple, list))
    chosen = chosen_arguments(argnums, len(args), "a Jacobian")
    leaves, treedef = tree_flatten(tuple(args[k] for k in chosen))
    x = [as_input(leaf, "a Jacobian", f"argument {argnums}") for leaf in leaves]

    def g(*leaves):
        new = list(args)
        for k, v in zip(chosen, treedef.unflatten(leaves), strict=True):
            new[k] = v
        return f(*new, **kwargs)

    return g, x, treedef, not several


def _check_kind(x, holomorphic, who):
    if not holomorphic and any(leaf.dtype.kind == "c" for leaf in x):
        raise NotDifferentiable(
            f"{who}: complex arguments need holomorphic=True, and a function that is{at_user_line()}; "
            "for others differentiate with respect to real and imaginary parts"
        )


def _chunks(n):
    return [(i, min(i + CHUNK, n)) for i in range(0, n, CHUNK)] or [(0, 0)]


def basis(space, start, stop):
    """Rows `start` to `stop` of the identity of a space, each of the space's shape."""
    rows = np.zeros((stop - start, space.size), space.dtype)
    rows[np.arange(stop - start), np.arange(start, stop)] = 1
    return rows.reshape(stop - start, *space.shape)


def _push_basis(g, x, k, aux=None):
    """Derivatives of all outputs along each entry of leaf `k`: leaves of shape `out + leaf`.

    What `g` returns besides the outputs is put into the list `aux`, where there is one.
    """
    space = space_of(x[k])

    def push(dx):
        tangents = tuple(dx if j == k else None for j in range(len(x)))
        _, columns, *extra = jvp(g, tuple(x), tangents, has_aux=aux is not None)
        if extra:
            aux[:] = extra
        return columns

    parts = [vmap(push)(basis(space, *chunk)) for chunk in _chunks(space.size)]
    flat = [tree_flatten(p) for p in parts]
    columns = [_join(pieces) for pieces in zip(*[leaves for leaves, _ in flat], strict=True)]
    return [_split_first(move(c, 0, -1), c.ndim - 1, space.shape) for c in columns], flat[0][1]


def _pull_basis(pullback, outs, outdef, k):
    """Derivatives of output leaf `k` with respect to all leaves: of shape `out + leaf`."""
    space = space_of(outs[k])

    def pull(g):
        return pullback(outdef.unflatten([g if j == k else None for j in range(len(outs))]))

    parts = [vmap(pull)(basis(space, *chunk)) for chunk in _chunks(space.size)]
    rows = [_join(pieces) for pieces in zip(*parts, strict=True)]
    return [_reshaped(r, space.shape + tuple(r.shape[1:])) for r in rows]


def _join(pieces):
    return pieces[0] if len(pieces) == 1 else face("concatenate")(*pieces, axis=0)


def _split_first(c, lead, shape):
    return _reshaped(c, tuple(c.shape[:lead]) + tuple(shape))


def _reshaped(x, shape):
    return face("reshape")(x, shape=shape) if isinstance(x, Box) else x.reshape(shape)


def _assemble(columns, outdef, treedef, single, aux, has_aux):
    """`columns[k][o]`, leaf by output, as a tree of outputs of trees of arguments."""
    blocks = []
    for o in range(outdef.num_leaves):
        tree = treedef.unflatten(c[o] for c in columns)
        blocks.append(tree[0] if single else tree)
    result = outdef.unflatten(blocks)
    return (result, aux[0]) if has_aux else result


def _columns_are_cheaper(f, argnums, has_aux, args, kwargs) -> bool:
    several = isinstance(argnums, (tuple, list))
    inputs = tree_flatten(tuple(args[k] for k in (argnums if several else (argnums,))))[0]
    out = f(*args, **kwargs)
    outputs = tree_flatten(out[0] if has_aux else out)[0]
    return _entries(inputs) <= 3 * _entries(outputs)


def _entries(leaves) -> int:
    return sum(space_of(x).size for x in leaves)
