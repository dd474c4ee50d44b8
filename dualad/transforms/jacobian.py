"""`jacfwd`, `jacrev` and `jacobian`: whole derivative matrices.

Columns are pushed, rows are pulled, many at a time through one batch: the function itself runs once per
chunk (forward) or once in all (reverse).
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core.batch import Batched
from ..core.errors import NotDifferentiable, at_user_line
from ..core.space import face, space_of
from ..core.trace import Box
from ..core.tree import LEAF, ArgumentPlace, TreeDef, tree_flatten, tree_structure
from ._run import as_input, chosen_arguments, own_arrays, split_aux
from .batch import move, over_rows
from .forward import jvp
from .reverse import vjp

CHUNK = 256  # tangents or cotangents a batch: more of them no longer stay in cache
FEW = 4  # cotangents that are pulled one by one through the rows of a batch
ROW_COST = 1.4  # of a pull beside a push; measured on chains, networks, stencils, softmax: 1.1 to 1.7


def jacfwd(
    f: Callable,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    chunk_size: int | None = None,
) -> Callable:
    """Function that returns the Jacobian of `f`, column by column, by the forward engine.

    Parameters
    ----------
    f : callable
        From pytrees to pytrees of arrays.
    argnums, has_aux, holomorphic
        As in `grad`.
    chunk_size : int, optional
        How many columns are pushed at once: memory grows with it. By default 256.

    Returns
    -------
    callable
        The Jacobian: for each leaf of the output (shape `s`) a tree like the argument whose leaves (shape `t`)
        have shape `s + t`, a tuple of such for a tuple of `argnums`; with `has_aux` the pair `(jacobian, aux)`.
        Prefer it where there are more outputs than inputs.

    Raises
    ------
    NotDifferentiable
        An argument is of integer dtype, or complex without `holomorphic`.
    """
    chunk = _chunk_size(chunk_size)

    @functools.wraps(f)
    def jacobian_function(*args, **kwargs):
        g, x, treedef, single = _as_function_of_leaves(f, argnums, args, kwargs)
        _check_kind(x, holomorphic, "jacfwd")
        columns, outdef, aux = [], None, []
        for k in range(len(x)):
            outs, outdef = _push_basis(g, x, k, chunk, aux if has_aux else None)
            columns.append(outs)
        if not x:
            return _without_inputs(g, treedef, single, has_aux)
        return _assemble(columns, outdef, treedef, single, aux, has_aux)

    return jacobian_function


def jacrev(
    f: Callable,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    chunk_size: int | None = None,
) -> Callable:
    """Function that returns the Jacobian of `f`, row by row, by the reverse engine.

    Parameters and result are those of `jacfwd`, with rows for columns. Prefer it where there are more inputs than
    outputs. Of a real function of complex arguments it is ∂u/∂x − i ∂u/∂y, the convention of `grad`.

    Raises
    ------
    NotDifferentiable
        An argument is of integer dtype, or an output complex without `holomorphic`.
    """
    chunk = _chunk_size(chunk_size)

    @functools.wraps(f)
    def jacobian_function(*args, **kwargs):
        g, x, treedef, single = _as_function_of_leaves(f, argnums, args, kwargs)
        out, pullback, *aux = vjp(g, *x, has_aux=has_aux)
        outs, outdef = tree_flatten(out)
        _check_outputs(outs, x, holomorphic)
        rows = [_pull_basis(pullback, outs, outdef, k, chunk) for k in range(len(outs))]
        columns = [[row[k] for row in rows] for k in range(len(x))]
        return _assemble(columns, outdef, treedef, single, aux, has_aux)

    return jacobian_function


class Choice(NamedTuple):
    """Why `jacobian(mode="auto")` takes the road it takes; its text says so.

    Attributes
    ----------
    mode : "forward" or "reverse"
    inputs, outputs : numbers of entries: columns to push, or rows to pull
    forward, reverse : the estimated costs, in pushes of one column
    """

    mode: str
    inputs: int
    outputs: int
    forward: float
    reverse: float

    def __str__(self):
        cheaper = {"forward": "jacfwd", "reverse": "jacrev"}[self.mode]
        return (
            f"{self.inputs} inputs, {self.outputs} outputs: the Jacobian has {self.outputs} × {self.inputs} entries.\n"
            f"forward: {self.inputs} columns to push, cost {self.forward:.4g}\n"
            f"reverse: {self.outputs} rows to pull, at {ROW_COST} of a column each, cost {self.reverse:.4g}\n"
            f"chosen: {self.mode} ({cheaper})"
        )


def jacobian(
    f: Callable,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    mode: str = "auto",
    *,
    chunk_size: int | None = None,
    sparsity: Any = None,
) -> Callable:
    """Function that returns the Jacobian of `f`, in the cheaper mode.

    Parameters
    ----------
    mode : {"auto", "forward", "reverse"}
        "auto" runs the function once more and compares the number of inputs with that of outputs; a row costs
        about 1.4 of what a column does. The result's `explain(*args)` says what it would choose, and why.
    f, argnums, has_aux, holomorphic, chunk_size
        As in `jacfwd`.
    sparsity : "detect", or a matrix of scipy.sparse or NumPy, optional
        Returns a `scipy.sparse.csr_array` instead, from few pushes and pulls: this is `sparse_jacobian`, which see.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> j = dualad.jacobian(lambda x: x[:2] * x[2])
    >>> j(np.array([1.0, 2.0, 3.0]))
    array([[3., 0., 1.],
           [0., 3., 2.]])
    >>> j.explain(np.ones(3)).mode
    'reverse'
    """
    if sparsity is not None:
        if chunk_size is not None:
            raise TypeError("chunk_size is for dense Jacobians; with sparsity= a few pushes make one batch")
        from .sparsity.matrix import sparse_jacobian

        return sparse_jacobian(
            f, argnums=argnums, sparsity=sparsity, mode=mode, has_aux=has_aux, holomorphic=holomorphic
        )
    if mode not in ("auto", "forward", "reverse"):
        raise ValueError(f"mode={mode!r}: choose 'auto', 'forward' or 'reverse'")
    _chunk_size(chunk_size)

    @functools.wraps(f)
    def jacobian_function(*args, **kwargs):
        chosen = explain(*args, **kwargs).mode if mode == "auto" else mode
        verb = {"forward": jacfwd, "reverse": jacrev}[chosen]
        return verb(f, argnums, has_aux, holomorphic, chunk_size=chunk_size)(*args, **kwargs)

    def explain(*args, **kwargs) -> Choice:
        """The `Choice` of "auto" for these arguments; `print` it."""
        places = chosen_arguments(argnums, len(args), "jacobian")
        out = f(*args, **kwargs)
        out = split_aux(out, "jacobian")[0] if has_aux else out
        return _choice(_entries([args[k] for k in places]), _entries(out))

    jacobian_function.explain = explain  # type: ignore[attr-defined]
    return jacobian_function


def _choice(inputs, outputs):
    forward, reverse = float(inputs), ROW_COST * outputs
    return Choice("forward" if forward <= reverse else "reverse", inputs, outputs, forward, reverse)


def _entries(tree) -> int:
    return sum(space_of(x).size for x in tree_flatten(tree)[0])


# ---- the parts ------------------------------------------------------------------------------------


def _as_function_of_leaves(f, argnums, args, kwargs):
    """`f` as a function of the flat leaves of the chosen arguments."""
    several = isinstance(argnums, (tuple, list))
    chosen = chosen_arguments(argnums, len(args), "a Jacobian")
    leaves, treedef = tree_flatten(tuple(args[k] for k in chosen))
    x = [as_input(leaf, "a Jacobian", ArgumentPlace(chosen, treedef, k)) for k, leaf in enumerate(leaves)]

    def g(*leaves):
        new = list(args)
        for k, v in zip(chosen, treedef.unflatten(leaves), strict=True):
            new[k] = v
        return f(*new, **kwargs)

    return g, x, treedef, not several


def _check_kind(x, holomorphic, who):
    if holomorphic and any(leaf.dtype.kind != "c" for leaf in x):
        raise NotDifferentiable(
            f"{who}(holomorphic=True) needs complex arguments{at_user_line()}; write x.astype(complex)"
        )
    if not holomorphic and any(leaf.dtype.kind == "c" for leaf in x):
        raise NotDifferentiable(
            f"{who}: complex arguments need holomorphic=True, and a function that is{at_user_line()}; "
            "for others differentiate with respect to real and imaginary parts"
        )


def _check_outputs(outs, x, holomorphic):
    if holomorphic:
        _check_kind(x, holomorphic, "jacrev")
    elif any(space_of(o).dtype.kind == "c" for o in outs):
        raise NotDifferentiable(
            f"jacrev: complex outputs need holomorphic=True, and a function that is{at_user_line()}; "
            "for others differentiate np.real and np.imag of the output"
        )


def _chunk_size(given) -> int:
    if given is None:
        return CHUNK
    try:
        size = operator.index(given)
    except TypeError:
        size = 0
    if size < 1:
        raise ValueError(f"chunk_size={given!r}: a whole number of 1 or more, or None")
    return size


def _chunks(n, size):
    return [(i, min(i + size, n)) for i in range(0, n, size)] or [(0, 0)]


def basis(space, start, stop):
    """Rows `start` to `stop` of the identity of a space, each of the space's shape."""
    return np.eye(stop - start, space.size, start, space.dtype).reshape(stop - start, *space.shape)


def _push_basis(g, x, k, size, aux=None):
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

    parts = [over_rows(push, basis(space, *chunk)) for chunk in _chunks(space.size, size)]
    flat = [tree_flatten(p) for p in parts]
    columns = [_join(pieces) for pieces in zip(*[leaves for leaves, _ in flat], strict=True)]
    return [_split_first(move(c, 0, -1), c.ndim - 1, space.shape) for c in columns], flat[0][1]


def _pull_basis(pullback, outs, outdef, k, size):
    """Derivatives of output leaf `k` with respect to all leaves: of shape `out + leaf`."""
    space = space_of(outs[k])
    if space.dtype.kind not in "fc":
        space.dtype = np.dtype(float)

    def pull(g):
        return pullback(outdef.unflatten([g if j == k else None for j in range(len(outs))]))

    if space.size == 1:  # one row needs no batch
        parts = [pull(space.ones())]
        return [_reshaped(r, space.shape + tuple(r.shape)) for r in parts[0]]
    if space.size <= FEW and isinstance(outs[k], Batched):
        # Among the rows of a `vmap`, two or three cotangents side by side would be a last axis that short.
        each = [pull(u) for u in basis(space, 0, space.size)]
        rows = [face("stack")(*column, axis=0) for column in zip(*each, strict=True)]
        return [_reshaped(r, space.shape + tuple(r.shape[1:])) for r in rows]
    parts = [over_rows(pull, basis(space, *chunk)) for chunk in _chunks(space.size, size)]
    rows = [_join(pieces) for pieces in zip(*parts, strict=True)]
    return [_reshaped(r, space.shape + tuple(r.shape[1:])) for r in rows]


def _join(pieces):
    return pieces[0] if len(pieces) == 1 else face("concatenate")(*pieces, axis=0)


def _split_first(c, lead, shape):
    return _reshaped(c, tuple(c.shape[:lead]) + tuple(shape))


def _reshaped(x, shape):
    if x.shape == shape:
        return x
    return face("reshape")(x, shape=shape) if isinstance(x, Box) else x.reshape(shape)


def _without_inputs(g, treedef, single, has_aux):
    """The Jacobian with respect to a tree without leaves: the structure alone."""
    out = g()
    out, aux = split_aux(out, "jacfwd") if has_aux else (out, None)
    outs, outdef = tree_flatten(out)
    return _assemble([], outdef, treedef, single, [aux], has_aux)


def _assemble(columns, outdef, treedef, single, aux, has_aux):
    """`columns[k][o]`, leaf by output, as a tree of outputs of trees of arguments, no two of one memory."""
    flat = iter(own_arrays([c[o] for o in range(outdef.num_leaves) for c in columns], ()))
    argdef = treedef.children[0] if single else treedef
    result = _nested(outdef, argdef, flat)
    return (result, aux[0]) if has_aux else result


def _nested(outdef, argdef, flat):
    """The output's tree with a tree like the argument for each array.

    A Tensor is such an array, not a tree around one: of a Tensor with respect to a Module we get a Module, and with
    respect to an array a Tensor.
    """
    if outdef.kind is LEAF or _stands_for_an_array(outdef):
        arrays = argdef if outdef.kind is LEAF else _leaves_as(argdef, outdef)
        return arrays.unflatten(next(flat) for _ in range(argdef.num_leaves))
    children = [_nested(child, argdef, flat) for child in outdef.children]
    return TreeDef(outdef.kind, outdef.aux, (_LEAF,) * len(children)).unflatten(children)


def _stands_for_an_array(treedef) -> bool:
    return hasattr(treedef.kind, "shape") and hasattr(treedef.kind, "dtype")


def _leaves_as(treedef, array):
    """The tree with bare leaves in the class that `array` has."""
    if treedef.kind is LEAF or _stands_for_an_array(treedef):
        return array if treedef.kind is LEAF else treedef
    return TreeDef(treedef.kind, treedef.aux, tuple(_leaves_as(child, array) for child in treedef.children))


_LEAF = tree_structure(0)
