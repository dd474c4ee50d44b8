"""PyTorch's path to `checkpoint`: `dualad.utils.checkpoint`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..transforms.checkpoint import checkpoint as _checkpoint


def checkpoint(
    function: Callable,
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    determinism_check: str = "default",
    **kwargs: Any,
) -> Any:
    """`function(*args, **kwargs)`, whose intermediate values are computed again in the backward pass.

    Parameters
    ----------
    use_reentrant : bool, optional
        There is one way here, which behaves as PyTorch's `use_reentrant=False`; True is refused.
    preserve_rng_state : bool
        Always so: random numbers are drawn again as they were. False is refused.
    determinism_check : str
        The values of the second run are always compared with those of the first.
    """
    if use_reentrant:
        raise NotImplementedError(
            "checkpoint: there is no reentrant variant here; use_reentrant=False does all it does"
        )
    if not preserve_rng_state:
        raise NotImplementedError(
            "checkpoint: preserve_rng_state=False would change random layers; leave it True"
        )
    if determinism_check not in ("default", "none"):
        raise ValueError(f"checkpoint: determinism_check={determinism_check!r}; 'default' or 'none'")
    return _checkpoint(function)(*args, **kwargs)


def checkpoint_sequential(
    functions: Any,
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
) -> Any:
    """A chain of functions or layers, in `segments` checkpointed parts, of which the last is not.

    Parameters
    ----------
    functions : Sequential, or sequence of callables
    segments : int
    input : Tensor
    """
    chain: Sequence[Callable] = list(functions)
    size = len(chain) // segments
    if segments < 1 or size < 1:
        raise ValueError(f"checkpoint_sequential: {len(chain)} functions cannot make {segments} segments")
    for k in range(segments - 1):
        part = chain[k * size : (k + 1) * size]
        input = checkpoint(
            _in_turn(part), input, use_reentrant=use_reentrant, preserve_rng_state=preserve_rng_state
        )
    return _in_turn(chain[(segments - 1) * size :])(input)


def _in_turn(part: Sequence[Callable]) -> Callable:
    def run(x: Any) -> Any:
        for f in part:
            x = f(x)
        return x

    return run
