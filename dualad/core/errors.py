"""Every error of the library, and the line of the user's that it speaks of.

A message has three parts: what happened, where, and what to write instead. `where()` finds the
youngest stack frame outside this package, which is the line the user can change.
"""

from __future__ import annotations

import os
import sys

import numpy as np

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_STANDARD = os.path.dirname(os.__file__) + os.sep
_NUMPY = os.path.dirname(np.__file__) + os.sep
_SCIPY = os.path.join(os.path.dirname(os.path.dirname(np.__file__)), "scipy") + os.sep
_NOT_THE_USERS = (_PACKAGE, _NUMPY, _SCIPY, "<__array_function__", "<frozen")


class DualadError(Exception):
    """Base of the errors that only this library raises."""


class LeakedValue(DualadError, RuntimeError):
    """A traced value was used after the transform that made it had returned."""


class MissingRule(DualadError, TypeError):
    """A function, keyword or argument has no derivative rule here."""


class NotDifferentiable(DualadError, TypeError):
    """The derivative was asked of something that has none: integers, strings, flat operations."""


class ConversionError(DualadError, TypeError):
    """A traced value was about to be turned into a plain number or array, losing its derivative."""


class StoreError(DualadError, ValueError):
    """A traced value was stored into a plain NumPy array, which cannot hold derivatives."""


class FreedGraph(DualadError, RuntimeError):
    """A second backward pass through a graph whose saved values are gone."""


class RecomputationError(DualadError, RuntimeError):
    """A checkpointed function gave other values when it was run again."""


class DegenerateError(DualadError, ValueError):
    """The derivative does not exist at this point (tied eigenvalues, a singular factor)."""


class ShapeError(DualadError, RuntimeError, ValueError):
    """Shapes do not go together: PyTorch's RuntimeError and NumPy's ValueError in one."""


class SparsityError(DualadError, ValueError):
    """A sparsity pattern leaves out entries that are not zero, does not fit, or is not sparse."""


class RandomLayer(DualadError, RuntimeError):
    """Random numbers were drawn in a batch of `vmap`, whose rows would all have got the same."""


class StructureError(DualadError, TypeError):
    """Two pytrees, or a value and its tangent, do not have the same structure, shape or dtype."""


# The kinds of dtypes beside numbers and truth values that arithmetic may meet: objects, dates, spans of time.
WITHOUT_DERIVATIVE = "OMm"


def refuse_dtype(dtype) -> None:
    """Raise where a result would carry a derivative in a dtype that holds none, as Python objects or times."""
    if dtype.kind not in "biu":
        raise NotDifferentiable(
            f"a traced value would become part of an array of dtype {dtype}, which holds no derivative"
            f"{at_user_line()}; convert the other operand with .astype(float), or use dualad.stop_gradient(x)"
        )


def where() -> str:
    """`file:line` of the youngest frame outside dualad, NumPy, SciPy and Python's library; empty if there is none."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_NOT_THE_USERS) and not _is_standard(name):
            return f"{os.path.basename(name)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _is_standard(name) -> bool:
    """Whether a file is of Python's own library, which lies around the installed packages."""
    return name.startswith(_STANDARD) and "-packages" + os.sep not in name


def at_user_line() -> str:
    """` (at file:line)`, ready to be put into a message; empty when no user frame is known."""
    place = where()
    return f" (at {place})" if place else ""
