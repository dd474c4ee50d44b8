"""Where random orders come from when the caller names no generator.

`data` imports nothing of dualad, so it cannot ask for dualad's own generator. The layer above, which can,
hands over a function instead; from then on `dualad.manual_seed` also governs the order of the data.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_fallback = np.random.default_rng()
_get: Callable[[], np.random.Generator] = lambda: _fallback  # noqa: E731


def set_default_generator(get: Callable[[], np.random.Generator]) -> None:
    """Let ``get()`` say which generator is used where none is given.

    Parameters
    ----------
    get
        Called once for each random order, so that it may return another generator after a re-seeding.
    """
    global _get
    _get = get


def default_generator() -> np.random.Generator:
    """The generator in use where none is given."""
    return _get()


def as_generator(generator: np.random.Generator | int | None) -> np.random.Generator | None:
    """A seed becomes a generator, a generator stays, None stays (ask `default_generator` when needed).

    A `dualad.Generator`, which this module must not import, is known by the NumPy generator that it has under
    the name `numpy`, and keeps for life.

    Raises
    ------
    TypeError
        For anything else: a bool, a float, a legacy ``RandomState``, a generator of another library.
    """
    if generator is None or isinstance(generator, np.random.Generator):
        return generator
    if isinstance(generator, (int, np.integer)) and not isinstance(generator, bool):
        return np.random.default_rng(int(generator))
    inner = getattr(generator, "numpy", None)
    if isinstance(inner, np.random.Generator):
        return inner
    raise TypeError(
        f"generator must be a numpy.random.Generator, an int seed or None, not {type(generator).__name__}: "
        "write generator=0, or generator=numpy.random.default_rng(0)"
    )
