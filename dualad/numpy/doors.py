"""Which function of NumPy's is asking, when it was not handed to us; and the way to it that takes traced values.

NumPy's functions in Python that do not dispatch, and the arguments that its dispatch does not look at (a list of traced
values, `q=`), end in `np.array(x)`, which raises here. The frames above tell which function that was, and
`dualad.numpy` has one of the same name that looks at all its arguments.
"""

from __future__ import annotations

import re
import sys
from types import FrameType

import numpy as np

from ..core.errors import MissingRule, at_user_line
from ..core.trace import Box

_SPACES = ("linalg", "fft", "polynomial")
_INSTEAD = {
    "asmatrix": "x @ y and arrays of two axes, for np.matrix holds no derivative",
    "bmat": "np.block, for np.matrix holds no derivative",
    "as_strided": "np.lib.stride_tricks.sliding_window_view, or x[index] with an array of positions",
}


def way_in() -> str:
    """`Write dualad.numpy.percentile, …`, if we were called by NumPy's function of that name; else empty."""
    frame: FrameType | None = sys._getframe(1)
    found = None
    while frame is not None and _module(frame).startswith("dualad."):
        frame = frame.f_back
    while frame is not None and type(frame.f_globals) is dict and _module(frame).startswith("numpy."):
        found, frame = frame, frame.f_back
    name = "" if found is None else found.f_code.co_name
    if name == "__init__" and found is not None:
        name = type(found.f_locals.get("self")).__name__
    if name in _INSTEAD:
        return f"Write {_INSTEAD[name]}. Else: "
    door = "" if found is None else _door(_module(found), name)
    return f"Write {door}, which takes traced values here. Else: " if door else ""


def _module(frame) -> str:
    return frame.f_globals.get("__name__") or ""


def _door(module, name) -> str:
    parts = module.split(".")
    if parts[1] == "polynomial":
        if parts[2] == "_polybase":
            return "dualad.numpy.polynomial.Polynomial (or Chebyshev, Legendre …)"
        return f"dualad.numpy.{parts[1]}.{parts[2]}.{name}"
    from .. import numpy as ours

    path = f"{parts[1]}." if parts[1] in _SPACES else ""
    theirs = getattr(np, parts[1]) if path else np
    function = getattr(theirs, name, None)
    mine = getattr(getattr(ours, parts[1]) if path else ours, name, None)
    return "" if mine is None or mine is function else f"dualad.numpy.{path}{name}"


# ---- numpy.polynomial, whose functions ask isinstance(x, np.ndarray) -----------------------------


def refuse_lost_shape(frame) -> None:
    """Raise if `frame` is a function of `np.polynomial` that takes a traced array of points for a single one.

    It would give another shape, or by luck of broadcasting the same shape and other values.
    """
    if type(frame.f_globals) is not dict or not _module(frame).startswith("numpy.polynomial."):
        return
    seen = frame.f_locals
    x, tensor = seen.get("x"), seen.get("tensor", False)
    if not isinstance(x, Box) or not x.ndim:
        return
    roots = frame.f_code.co_name == "polyvalfromroots"
    many = np.ndim(seen["r"] if roots else seen["c"])
    if (many > 1 and tensor) or (roots and (tensor or x.ndim >= many)):
        raise not_shown(_module(frame), frame.f_code.co_name)


def behind(error):
    """The error that says more than this one, which NumPy raised over a box in `np.polynomial`; else None."""
    text = str(error)
    cls = _OPERAND.search(text) if text.startswith("unsupported operand") else None
    if cls is not None:
        return MissingRule(
            f"{text}{at_user_line()}. Write dualad.numpy.polynomial.{cls[1]}, which takes traced values"
        )
    if text.startswith("Iterator operand is flagged as writeable, but is an object"):
        return MissingRule(
            f"np.nditer walks through memory, of which a traced value has none of its own{at_user_line()}. Write "
            "for v in x.ravel(), or for i in np.ndindex(*x.shape) with x[i]; better, np functions of the whole array"
        )
    if not text.startswith("operands could not be broadcast"):
        return None
    step = error.__traceback__
    while step is not None:
        frame = step.tb_frame
        if type(frame.f_globals) is dict and _module(frame).startswith("numpy.polynomial."):
            if any(isinstance(v, Box) for v in frame.f_locals.values()):
                return not_shown(_module(frame), frame.f_code.co_name)
        step = step.tb_next
    return None


def not_shown(module, name) -> MissingRule:
    door = _door(module, name)
    return MissingRule(
        f"{door.removeprefix('dualad.').replace('numpy', 'np', 1)} takes a traced array for a single number"
        f"{at_user_line()}. Write {door}, which takes the same arguments"
    )


_OPERAND = re.compile("'(Polynomial|Chebyshev|Legendre|HermiteE?|Laguerre)'")

# Where an array of NumPy's meets a box, only these names are worth a look at the frame.
LOSES_SHAPE = frozenset({"polyval", "chebval", "legval", "hermval", "hermeval", "lagval"})
frame_at = sys._getframe
