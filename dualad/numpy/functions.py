"""`__array_function__`: which of our functions stands for which of NumPy's.

Direct ones are entered with `@implements(np.f)` under NumPy's own signature, in the family files beside this one.
The others run NumPy's body again (`rerun.py`).
"""

from __future__ import annotations

import functools
from _thread import allocate_lock as Lock  # threading itself is slow to import
from collections.abc import Callable

import numpy as np

from ..core.errors import ConversionError, MissingRule, at_user_line
from ..core.trace import Box, another_array, as_array_hook
from ..ops import load_all
from .rerun import body_of
from .suggest import nearest

FUNCTIONS: dict[Callable, Callable] = {}
NoValue = np._NoValue


def implements(*numpy_functions: Callable) -> Callable:
    """Decorator: the function stands for these of NumPy's when an argument is a dualad array."""

    def enter(f):
        for function in numpy_functions:
            FUNCTIONS[function] = f
        return f

    return enter


def _array_function(self, function, types, args, kwargs):
    if len(types) > 1:
        _refuse_subclasses(types)
    ours = FUNCTIONS.get(function) or _later(function)
    if ours is None:
        if any(not _is_ours(t) for t in types):
            return NotImplemented
        return run_body(function, args, kwargs)
    return ours(*args, **kwargs)


def _refuse_subclasses(types):
    """np.matrix and np.ma among the arguments: the functions here would make plain arrays of them."""
    for t in types:
        if t is not np.ndarray and issubclass(t, np.ndarray) and t is not np.memmap:
            raise another_array(t)


def _later(function):
    """The same for functions of families that are imported when they are needed."""
    with _entering:
        if _enter_later:
            load_all()
            _enter_later.pop()()
    return FUNCTIONS.get(function)


_entering = Lock()
_enter_later: list[Callable[[], None]] = []  # filled by products.py


def _is_ours(t) -> bool:
    return issubclass(t, Box) or t is np.ndarray or t.__module__.split(".")[0] in ("numpy", "dualad")


def reject(name: str, **keywords) -> None:
    """Refuse keywords that differ from their default: `reject("np.sum", out=(out, None))`."""
    for keyword, (given, default) in keywords.items():
        if given is not default and not (np.isscalar(given) and given == default):
            raise MissingRule(
                f"{name}: the keyword {keyword}={given!r} is not supported on traced values{at_user_line()}"
            )


def boxed(a):
    """An argument as an array: a box as it is, lists with boxes in them as one box, the rest as NumPy has it."""
    if isinstance(a, Box):
        return a
    return as_array_hook[0](a) if isinstance(a, (list, tuple)) and holds_box(a) else np.asarray(a)


def holds_box(values) -> bool:
    """Whether there is a dualad array among the values, or in lists and tuples of them."""
    for v in values:
        if isinstance(v, Box) or (isinstance(v, (list, tuple)) and holds_box(v)):
            return True
    return False


def faced(function):
    """`function` for the namespace `dualad.numpy`: it is ours where any argument is, or holds, a dualad array.

    NumPy itself asks only some arguments: neither `initial=` of `np.sum` nor the elements of a list.
    """

    @functools.wraps(function)
    def call(*args, **kwargs):
        if holds_box(args) or (kwargs and holds_box(kwargs.values())):
            return _array_function(None, function, (), args, kwargs)
        return function(*args, **kwargs)

    return call


def truth(keepdims) -> bool:
    """NumPy passes `np._NoValue` for a keyword that was not given."""
    return False if keepdims is NoValue else bool(keepdims)


def run_body(function, args, kwargs):
    """Run NumPy's body, or say that there is none that could be run."""
    body = body_of(function)
    if body is None:
        raise missing(function)
    try:
        return body(*args, **kwargs)
    except (
        ConversionError,
        RecursionError,
    ) as error:  # a body may ask for the method that asks for the function
        raise missing(function) from error


def missing(function) -> MissingRule:
    name = getattr(function, "__name__", str(function))
    module = getattr(function, "__module__", "numpy").replace("numpy", "np")
    known = {
        f.__name__ for f in FUNCTIONS if getattr(f, "__module__", "") == getattr(function, "__module__", "")
    }
    return MissingRule(
        f"{module}.{name} has no derivative here{at_user_line()}.{nearest(name, known - {name})}"
    )


Box.__array_function__ = _array_function
