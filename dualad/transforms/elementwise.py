"""`elementwise_grad`: the derivative of a function that works entry by entry, at all entries at once."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from ..core.errors import NotDifferentiable, StructureError, at_user_line
from ..core.space import face, space_of
from ..core.trace import strip
from ..core.tree import tree_leaves, tree_map
from ..ops.arithmetic import multiply
from ._run import as_output, split_aux
from .forward import jvp
from .reverse import value_and_grad


def elementwise_grad(
    f: Callable,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    check: bool = False,
) -> Callable:
    """Function that returns the derivative of an elementwise `f` at each entry; it can be applied again.

    It presumes that an entry of the output depends on the same entry of the argument alone (after broadcasting), and
    then one pull of ones gives all derivatives. Of any other function it is the gradient of the sum of the outputs,
    which is what autograd's function of this name returns too.

    Parameters
    ----------
    f : callable
        From arrays to an array, or to `(array, aux)` with `has_aux`.
    argnums, has_aux, holomorphic
        As in `grad`.
    check : bool
        Whether to try that `f` is elementwise, on one random direction, by one push: what an entry takes from others
        shows there. `argnums` must then be an int, and the argument an array.

    Returns
    -------
    callable
        The derivatives, of the argument's shape, or `(derivatives, aux)`.

    Raises
    ------
    StructureError
        The argument is an array whose shape does not broadcast to that of the output.
    NotDifferentiable
        `check` found that an entry of the output depends on another entry of the argument.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> d = dualad.elementwise_grad
    >>> d(d(lambda x: x**3))(np.array([1.0, 2.0]))
    array([ 6., 12.])
    """

    @functools.wraps(f)
    def derivatives(*args, **kwargs):
        leaf = _array_at(args, argnums)
        shape = None if leaf is None else space_of(leaf).shape

        def total(*args, **kwargs):
            out = f(*args, **kwargs)
            out, aux = split_aux(out, "elementwise_grad") if has_aux else (out, None)
            sums = [_summed(o, shape) for o in tree_leaves(out)]
            if len(sums) != 1:
                raise NotDifferentiable(
                    f"elementwise_grad differentiates functions that return one array; this one returned "
                    f"{len(sums)}{at_user_line()}"
                )
            return (sums[0], aux) if has_aux else sums[0]

        value, slopes = value_and_grad(total, argnums, has_aux, holomorphic)(*args, **kwargs)
        if check:
            _check_elementwise(f, argnums, has_aux, args, kwargs, slopes)
        return (slopes, value[1]) if has_aux else slopes

    return derivatives


def _array_at(args, argnums):
    """The argument that is differentiated, where it is one array; else None."""
    if not isinstance(argnums, int) or not -len(args) <= argnums < len(args):
        return None
    leaves = tree_leaves(args[argnums])
    return leaves[0] if len(leaves) == 1 else None


def _summed(out, shape):
    out = as_output(out)
    if shape is not None and not _broadcasts(shape, out.shape):
        raise StructureError(
            f"elementwise_grad: the argument has shape {shape}, the output {out.shape}, so the function is not "
            f"elementwise{at_user_line()}; use dualad.grad for a scalar, dualad.jacobian for an array"
        )
    return out if out.shape == () else face("sum")(out, axis=None)


def _broadcasts(shape, to) -> bool:
    try:
        return np.broadcast_shapes(shape, to) == tuple(to)
    except ValueError:
        return False


def _check_elementwise(f, argnums, has_aux, args, kwargs, slopes):
    """Compare the derivative along a random direction with what the slopes make of it."""
    if _array_at(args, argnums) is None:
        raise TypeError(f"elementwise_grad(check=True) checks one argument, an array; argnums={argnums!r}")
    k = argnums % len(args)
    move = tree_map(_random_direction, args[k])

    def alone(x):
        out = f(*args[:k], x, *args[k + 1 :], **kwargs)
        return out[0] if has_aux else out

    (found,) = tree_leaves(jvp(alone, (args[k],), (move,))[1])
    (expected,) = tree_leaves(tree_map(multiply, slopes, move))
    if found.shape != expected.shape:  # the argument is broadcast, and its slopes are sums
        return
    found, expected = np.asarray(strip(found)), np.asarray(strip(expected))
    precision = 1e4 * np.finfo(found.dtype).eps
    largest = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
    if not np.allclose(found, expected, rtol=precision, atol=precision * largest, equal_nan=True):
        raise NotDifferentiable(
            f"elementwise_grad: an entry of the output depends on other entries of the argument{at_user_line()}. Use "
            "dualad.jacobian, or dualad.grad of the sum if the sums of its columns are meant"
        )


def _random_direction(x):
    space = space_of(x)
    return np.random.default_rng(0).uniform(0.5, 1.5, space.shape).astype(space.dtype)
