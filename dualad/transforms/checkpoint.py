"""`checkpoint`: memory for time. What a function computes between its inputs and outputs is computed again in the
backward pass instead of being kept; by which rule something is kept after all, a policy says, or a budget of bytes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from ..core.reverse import new_node_id
from ..core.tree import tree_flatten
from ._budget import within_budget
from ._policy import Keeper
from ._recompute import Segment, on_placeholders


def checkpoint(
    fun: Callable | None = None, *, policy: Callable | None = None, budget: int | None = None
) -> Callable:
    """A function like `fun` whose intermediate values are not kept for the backward pass, but computed again.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees. It may close over traced values and over tensors that require grad. Without it, a
        decorator is returned.
    policy : callable, optional
        `policy(prim, *args, **params)` says of an operation whether its output is kept: one of
        `dualad.checkpoint_policies`. By default nothing is kept.
    budget : int, optional
        Bytes that may be kept at once, the recomputation's own included, the cotangents not: the run is cut into as
        many pieces as that takes. A chain of n operations of equal size s needs 2 s √n. Arguments must be what is
        differentiated: a function that only closes over it is recomputed as one piece.

    Returns
    -------
    callable
        Values and derivatives of all orders are those of `fun`. Forward mode and `vmap` run it as it is.

    Raises
    ------
    RecomputationError
        The second run gave other values than the first. dualad's random numbers and NumPy's global ones are drawn again
        as they were; a `numpy.random.Generator` of the function's own is not.

    Notes
    -----
    `jax.checkpoint` and `torch.utils.checkpoint` in one. With √n segments of a chain of n operations, what is kept at
    once grows as √n, for one more evaluation [1]_.

    References
    ----------
    .. [1] T. Chen, B. Xu, C. Zhang, C. Guestrin, "Training deep nets with sublinear memory cost", 2016.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> block = dualad.checkpoint(lambda x: np.sin(np.exp(x)))
    >>> dualad.grad(lambda x: np.sum(block(block(x))))(np.zeros(2))
    array([-0.8534175, -0.8534175])
    """
    if policy is not None and budget is not None:
        raise TypeError("checkpoint: give a policy or a budget, not both")
    if policy is not None and not callable(policy):
        raise TypeError(f"checkpoint: policy={policy!r}; it is a function, see dualad.checkpoint_policies")
    if budget is not None and not (isinstance(budget, (int, float, np.number)) and budget > 0):
        raise TypeError(f"checkpoint: budget={budget!r}; it is a number of bytes")
    budget = None if budget is None else int(budget)
    if fun is None:
        return functools.partial(checkpoint, policy=policy, budget=budget)

    @functools.wraps(fun)
    def checkpointed(*args, **kwargs):
        if budget is not None:
            return within_budget(fun, args, kwargs, budget)
        keeper = Keeper(fun, policy) if policy is not None else None
        run = fun if keeper is None else keeper
        segment = Segment(run, (args, kwargs), getattr(fun, "__name__", "checkpoint"))
        mark = new_node_id()
        outs, outdef = tree_flatten(run(*args, **kwargs))
        return outdef.unflatten(on_placeholders(segment, outs, mark))

    return checkpointed
