"""Whether contestants have computed the same thing. A faster wrong answer is not faster."""

from __future__ import annotations

import numpy as np


class Disagreement(AssertionError):
    """Two contestants gave different results; nothing is timed."""


def arrays(result) -> list[np.ndarray]:
    """The arrays in a result: of any library, in nested tuples, lists and dicts."""
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (tuple, list)):
        return [a for r in result for a in arrays(r)]
    if hasattr(result, "detach"):
        result = result.detach().numpy()
    return [np.asarray(result)]


def check(results: dict[str, object], rtol: float) -> None:
    """Raise `Disagreement` unless all results are those of the first contestant, up to `rtol`."""
    (first, reference), *others = results.items()
    want = arrays(reference)
    for name, result in others:
        have = arrays(result)
        if [a.shape for a in have] != [a.shape for a in want]:
            shapes = [a.shape for a in have], [a.shape for a in want]
            raise Disagreement(f"shapes of {name} and {first} differ: {shapes[0]} and {shapes[1]}")
        for k, (a, b) in enumerate(zip(have, want)):
            scale = float(np.abs(b).max(initial=0.0))
            error = float(np.abs(a - b).max(initial=0.0))
            if not (np.isfinite(a).all() and error <= rtol * max(scale, 1e-300)):
                raise Disagreement(f"result {k} of {name} and {first} differ by {error:.3g}, of {scale:.3g}")
