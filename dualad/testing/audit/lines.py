"""Where the user wrote the rules of a primitive."""

from __future__ import annotations

from ...inspect.lines import NOWHERE, Line, is_users
from .policies import of_one_row


def definition_of(function) -> Line:
    """Where a function of the user's begins; nowhere for one of the library's, or compiled."""
    code = getattr(function, "__code__", None)
    if code is None or not is_users(code.co_filename):
        return NOWHERE
    return Line(code.co_filename, code.co_firstlineno)


def definitions(prim, params) -> dict[str, Line]:
    """Where the user wrote the rules of a primitive, or the functions among its parameters, by name."""
    prim, found = of_one_row(prim), {}
    for kind, table in (("JVP", prim.jvp_rules), ("VJP", prim.vjp_rules)):
        for arg, rule in table.items():
            found[f"{kind} rule for {arg}"] = definition_of(rule.call)
    for name, value in params.items():
        for part in value if isinstance(value, tuple) else (value,):
            found[name] = found.get(name) or definition_of(part)
    if getattr(prim, "joint", False):
        for holder in (prim, getattr(prim, "custom", None), getattr(prim, "cls", None)):
            for name, value in getattr(holder, "__dict__", {}).items():
                if not name.startswith("_"):
                    found[name] = found.get(name) or definition_of(getattr(value, "__func__", value))
    return {name: line for name, line in found.items() if line}
