"""What every check begins with."""

from __future__ import annotations

import contextlib

from ..results import NotApplicable


def differentiable(prim):
    """Stop here where the primitive is declared to have no derivative."""
    if prim.flat is not None:
        raise NotApplicable(prim.flat)


def some(calls, what):
    """The calls, or stop here where there are none."""
    calls = list(calls)
    if not calls:
        raise NotApplicable(what)
    return calls


@contextlib.contextmanager
def at(call):
    """Remember on an exception at which call it was raised."""
    try:
        yield
    except Exception as error:
        if not hasattr(error, "call"):
            with contextlib.suppress(AttributeError):
                error.call = repr(call)
        if getattr(error, "where", None) == "":
            error.where = repr(call)
        raise
