"""Example calls of NumPy's functions, as text, one family a file.

A family is a block of text: a function's name, and indented below it its calls, in which every floating-point
argument and every documented keyword occurs. The names in the calls are those of `POOL` (values, of which the
floating-point ones are traced) and of `HELPERS` (anything else).
"""

from __future__ import annotations

from . import (
    choosing,
    creation,
    elementwise,
    fourier,
    linear,
    methods,
    numbers,
    plain,
    polynomials,
    reductions,
    rest,
    shaping,
    special,
    statistics,
    stores,
    values,
)
from .pool import HELPERS as HELPERS
from .pool import POOL as POOL


def read(text: str) -> dict[str, list[str]]:
    """The calls of each function in a block of text."""
    calls: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith(" "):
            calls[name].append(line.strip())
        elif line:
            name = line.strip()
            calls.setdefault(name, [])
    return calls


ALL_CALLS: dict[str, list[str]] = dict(elementwise.made())
for _family in (
    numbers,
    reductions,
    statistics,
    shaping,
    choosing,
    creation,
    stores,
    linear,
    fourier,
    polynomials,
    methods,
    values,
    plain,
    special,
    rest,
):
    for _name, _calls in read(_family.CALLS).items():
        ALL_CALLS.setdefault(_name, []).extend(_calls)
