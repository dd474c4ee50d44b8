"""Where a program is not smooth: at each call, how far its arguments are from a kink, a tie, a jump or a pole.

The distance is that of the nearest entry, absolute, and beside it the size of the arguments: "met" means a distance of
zero, or one that roundoff cannot tell from it; "near" means closer than a millionth of the size. Derivatives of
higher order than the first see only what is met; finite differences see what is within their step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...core.trace import strip

NEAR = 1e-6  # of the size of the arguments
MET = 4 * np.finfo(float).eps


class Kink(NamedTuple):
    """The nearest kink of a call.

    Attributes
    ----------
    what : a word for it
    distance : of the nearest entry, absolute
    size : of the arguments
    entries : how many entries are met, or else near
    """

    what: str
    distance: float
    size: float
    entries: int

    @property
    def met(self) -> bool:
        return bool(self.distance <= MET * self.size)

    def __str__(self):
        n = f" ({self.entries} entries)" if self.entries > 1 else ""
        return f"{self.what} met{n}" if self.met else f"{self.what} at a distance of {self.distance:.1e}{n}"


def kink_of(prim, values, params, out) -> Kink | None:
    """The kink that a call meets or is near to; None where there is none within a millionth."""
    find = KINKS.get(prim.name)
    if find is None:
        return None
    try:
        what, distances, size = find([np.asarray(strip(v)) for v in values], params)
    except (TypeError, ValueError, IndexError):  # an argument of a kind that has no distances
        return None
    distances = np.abs(np.asarray(distances, float).ravel())
    distances = distances[np.isfinite(distances)]
    if not distances.size:
        return None
    size = float(size) if np.isfinite(size) and size else 1.0
    nearest = float(distances.min())
    if nearest > NEAR * size:
        return None
    limit = MET * size if nearest <= MET * size else NEAR * size
    return Kink(what, nearest, size, int((distances <= limit).sum()))


def _size(*arrays) -> float:
    found = [np.abs(a[np.isfinite(a)]).max(initial=0.0) for a in arrays if a.dtype.kind in "fciu"]
    return max(map(float, found), default=1.0) or 1.0


# ---- finders: (values, params) -> what, distances, size ---------------------------------------------


def at_zero(what: str) -> Callable:
    def find(values, params):
        x = values[0]
        return what, np.abs(x), max(_size(x), 1.0)

    return find


def tie(what: str) -> Callable:
    """Two arguments that are equal."""

    def find(values, params):
        x, y = values[:2]
        return what, np.abs(x - y), _size(x, y)

    return find


def extremum(what: str, sign: float) -> Callable:
    """The two leading entries along an axis that are equal."""

    def find(values, params):
        x, axis = sign * values[0], params.get("axis")
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        rows = np.moveaxis(x, [a % x.ndim for a in axes], range(-len(tuple(axes)), 0))
        rows = rows.reshape((*rows.shape[: x.ndim - len(tuple(axes))], -1))
        if rows.shape[-1] < 2:
            return what, np.zeros(0), 1.0
        two = np.partition(rows, -2, axis=-1)[..., -2:]
        return what, two[..., 1] - two[..., 0], _size(x)

    return find


def neighbours(values, params):
    x, axis = values[0], params.get("axis", -1)
    s = np.sort(x.ravel() if axis is None else x, axis=-1 if axis is None else axis)
    return "a tie of sorted entries", np.diff(s, axis=-1 if axis is None else axis), _size(x)


def integers(what: str, shift: float = 0.0) -> Callable:
    """A jump at every integer, or half-way."""

    def find(values, params):
        x = values[0].real + shift
        return what, x - np.round(x), 1.0

    return find


def rounding(values, params):
    x = values[0] * 10.0 ** params.get("decimals", 0) + 0.5
    return "a jump of round", x - np.round(x), 1.0


def quotient(what: str) -> Callable:
    def find(values, params):
        q = values[0] / values[1]
        return what, q - np.round(q), 1.0

    return find


def norm(values, params):
    x, axis = values[0], params.get("axis")
    n = np.sqrt((np.abs(x) ** 2).sum(axis=axis))
    return "a norm of zero", n, max(_size(x), 1e-300) if n.any() else 1.0


def spread(values, params):
    x, axis = values[0], params.get("axis")
    return "the deviation of a constant", x.std(axis=axis), _size(x)


def power(values, params):
    x, y = np.broadcast_arrays(*values[:2])
    rough = (y != np.round(y)) | (y < 0)
    return "a power at a base of zero", np.where(rough, np.abs(x), np.inf), max(_size(x), 1.0)


def gaps(values, params):
    """Eigenvalues, or singular values, that are equal."""
    a = values[0]
    square = a.shape[-1] == a.shape[-2] and np.allclose(a, np.swapaxes(a.conj(), -1, -2))
    s = np.linalg.eigvalsh(a) if square else np.sort(np.linalg.svd(a, compute_uv=False), axis=-1)
    return "a tie of eigenvalues or singular values", np.diff(s, axis=-1), _size(s)


def unit_bounds(what: str) -> Callable:
    def find(values, params):
        return what, 1 - np.abs(values[0]), 1.0

    return find


def choice(what: str) -> Callable:
    """A comparison: what is decided changes where both sides are equal. Integers are never near."""

    def find(values, params):
        x, y = values[:2]
        if x.dtype.kind not in "fc" and y.dtype.kind not in "fc":
            return what, np.zeros(0), 1.0
        return what, np.abs(x - y), _size(x, y)

    return find


KINKS: dict[str, Callable] = {
    "absolute": at_zero("the corner of abs"),
    "fabs": at_zero("the corner of abs"),
    "relu": at_zero("the corner of relu"),
    "sign": at_zero("the jump of sign"),
    "heaviside": at_zero("the jump of heaviside"),
    "copysign": at_zero("the corner of copysign"),
    "signbit": at_zero("the jump of signbit"),
    "sqrt": at_zero("sqrt at zero"),
    "cbrt": at_zero("cbrt at zero"),
    "log": at_zero("log at zero"),
    "log2": at_zero("log at zero"),
    "log10": at_zero("log at zero"),
    "reciprocal": at_zero("a pole"),
    "angle": at_zero("the angle of zero"),
    "maximum": tie("a tie of maximum"),
    "minimum": tie("a tie of minimum"),
    "fmax": tie("a tie of maximum"),
    "fmin": tie("a tie of minimum"),
    "clip_low": tie("the bound of clip"),
    "clip_high": tie("the bound of clip"),
    "max": extremum("a tie of max", 1.0),
    "min": extremum("a tie of min", -1.0),
    "argmax": extremum("a tie of argmax", 1.0),
    "argmin": extremum("a tie of argmin", -1.0),
    "sort": neighbours,
    "argsort": neighbours,
    "floor": integers("a jump of floor"),
    "ceil": integers("a jump of ceil"),
    "trunc": integers("a jump of trunc"),
    "rint": integers("a jump of rint", 0.5),
    "round": rounding,
    "modf": integers("a jump of modf"),
    "remainder": quotient("a jump of the remainder"),
    "fmod": quotient("a jump of fmod"),
    "floor_divide": quotient("a jump of floor division"),
    "divmod": quotient("a jump of divmod"),
    "divide": lambda values, params: ("a pole", np.abs(values[1]), max(_size(values[1]), 1.0)),
    "arctan2": lambda values, params: ("the origin of arctan2", np.hypot(*values[:2]), 1.0),
    "hypot": lambda values, params: ("the corner of hypot", np.hypot(*values[:2]), 1.0),
    "arcsin": unit_bounds("the end of arcsin"),
    "arccos": unit_bounds("the end of arccos"),
    "arctanh": unit_bounds("the end of arctanh"),
    "power": power,
    "float_power": power,
    "vector_norm": norm,
    "std": spread,
    "eigh": gaps,
    "eigvalsh": gaps,
    "svd": gaps,
    "svdvals": gaps,
    **{
        name: choice("the boundary of a comparison")
        for name in ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
    },
}
