"""From verdicts to the rows of `dualad.supported()`: which parameter was traced, which keyword given, which dtype."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Iterator

import numpy as np

from .._supported import Support
from ..core.primitive import REGISTRY, Primitive
from . import coverage
from .calls import POOL
from .checks import run_checks
from .coverage import ABSENT, BY_FACE, FLAT, REJECTED, RIGHT, WRONG, Verdict

# Functions whose complex vectors are unique up to a phase alone: what does not depend on it is differentiated.
_FREE_PHASE = ("linalg.eigh(", "linalg.eig(", "linalg.svd(")
DTYPES = ("float64", "float32", "complex128", "complex64")
BEST = (WRONG, RIGHT, BY_FACE, FLAT, REJECTED)
_METHODS = ("reduce", "accumulate", "outer", "reduceat", "at")
_OPERATORS = "list len sum abs divmod float int bool complex".split()


def row(name: str, verdicts: list[Verdict] | None = None, dtypes: bool = True) -> Support:
    """The row of one of NumPy's functions, from its verdicts; they are found here where none are given."""
    verdicts = coverage.run(name) if verdicts is None else verdicts
    word = coverage.overall(verdicts)
    return Support(
        name if name.startswith("scipy.") else f"numpy.{name}",
        word,
        _together((place, v.verdict) for v in verdicts if len(v.traced) == 1 for place in places(name, v)),
        _together((word, v.verdict) for v in verdicts for word in given(name, v.call)),
        dtypes_of(verdicts) if dtypes else {},
        (1, 2) if word in (RIGHT, BY_FACE) else (1,) if word == FLAT else (),
        _remark(verdicts),
    )


def _together(found) -> dict[str, str]:
    """The best verdict of each name: one call that is right shows that it can be."""
    verdicts: dict[str, set[str]] = {}
    for name, verdict in found:
        verdicts.setdefault(name, set()).add(verdict)
    return {n: next(w for w in BEST if w in words) for n, words in verdicts.items() if words - {ABSENT}}


def _remark(verdicts) -> str:
    why = {v.why: None for v in verdicts if v.verdict == REJECTED}
    return "; ".join(_short(reason) for reason in list(why)[:2])


def _short(reason: str) -> str:
    reason = reason.split("array([")[0].split("Array([")[0].split("<class")[0].replace("\t", " ")
    if "would lose its derivative" in reason:
        reason = reason.split(" would lose")[0].split(" (np.asarray")[0] + " would lose its derivative"
    return reason.strip()[:120]


# ---- which parameter -----------------------------------------------------------------------------


def places(name: str, verdict: Verdict) -> Iterator[str]:
    """The parameters in which the traced name of a verdict occurs."""
    (traced,) = verdict.traced
    for where, node in parameters(name, verdict.call):
        if any(isinstance(n, ast.Name) and n.id == traced for n in ast.walk(node)):
            yield where


def given(name: str, call: str) -> list[str]:
    """The optional parameters that a call gives, by position or by keyword."""
    optional = {p.name for p in _signature(name) if p.default is not p.empty or p.kind is p.KEYWORD_ONLY}
    words = {k.arg for k in coverage.keywords(call)}
    return [w for w, _ in parameters(name, call) if w in optional or w.rpartition(".")[2] in words]


def parameters(name: str, call: str) -> list[tuple[str, ast.expr]]:
    """The parameters of a function in a call, with what is given for them."""
    tree = ast.parse(call, mode="eval").body
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (offset := _is_call_of(name, node)) is not None:
            found += _bind(name, node, offset)
    return found or _of_operator(tree)


def _is_call_of(name: str, node: ast.Call) -> int | None:
    """Where the arguments of the function begin in a call of it: 1 in `change(np.put, …)`; None for other calls."""
    text = ast.unparse(node.func)
    last = name.rpartition(".")[2]
    if name.startswith("ndarray."):
        return 0 if isinstance(node.func, ast.Attribute) and node.func.attr == last else None
    if text.split(".")[0] in ("np", "dnp", "special") and _named(text, last):
        return 0
    if text == "change" and _named(ast.unparse(node.args[0]), last):
        return 1
    return None


def _named(text: str, last: str) -> bool:
    parts = text.split(".")
    return last in parts[-2:] if parts[-1] in _METHODS else parts[-1] == last


def _bind(name, node, offset):
    signature = _signature(name)
    method = ast.unparse(node.args[0] if offset else node.func).rpartition(".")[2]
    if method in _METHODS and not name.endswith(method):
        known = {"outer": ("x1", "x2"), "at": ("a", "indices", "b")}.get(method, ("array", "indices"))
        found = [*zip(known, node.args[offset:], strict=False), *((k.arg, k.value) for k in node.keywords)]
        return [(f"{method}.{word}", value) for word, value in found]
    positional = [p for p in signature if p.kind is not p.KEYWORD_ONLY]
    if name.startswith("ndarray."):
        positional = positional[1:]
    found = [("self", node.func.value)] if name.startswith("ndarray.") else []
    for k, argument in enumerate(node.args[offset:]):
        known = positional[min(k, len(positional) - 1)] if positional else None
        variadic = known is not None and known.kind is known.VAR_POSITIONAL
        if known is not None and (k < len(positional) or variadic):
            found.append((known.name, argument))
    return found + [(k.arg, k.value) for k in node.keywords if k.arg is not None]


@functools.cache
def _signature(name: str) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(_object(name)).parameters.values())
    except (TypeError, ValueError, AttributeError):
        return []


def _object(name: str):
    found = __import__("scipy.special") if name.startswith("scipy.") else np
    for part in name.removeprefix("scipy.").split("."):
        found = getattr(found, part)
    return found


def _of_operator(tree) -> list[tuple[str, ast.expr]]:
    """Operators, attributes and indexing: the array itself, and what stands on the other side."""
    if isinstance(tree, ast.BinOp):
        return [("self", tree.left), ("other", tree.right)]
    if isinstance(tree, ast.Compare):
        return [("self", tree.left), ("other", tree.comparators[0])]
    if isinstance(tree, ast.Call):
        word = ast.unparse(tree.func)
        if word == "changed":
            return [("self", tree.args[0]), *(("value", store) for store in tree.args[1:])]
        if word == "operated":
            return [("self", tree.args[0]), ("other", tree.args[2])]
        if word == "change":
            return [("self", tree.args[1]), ("value", tree.args[0])]
        if word in _OPERATORS:
            return list(zip(("self", "other"), tree.args, strict=False))
    return [("self", tree)]


# ---- dtypes --------------------------------------------------------------------------------------


def dtypes_of(verdicts: list[Verdict]) -> dict[str, str]:
    """The verdict of the first call that NumPy takes with arguments of each dtype."""
    calls = [v for v in verdicts if v.verdict in (RIGHT, BY_FACE, FLAT)]
    found = {dtype: _in_dtype(calls, np.dtype(dtype)) for dtype in DTYPES}
    return {dtype: verdict for dtype, verdict in found.items() if verdict is not None}


def _in_dtype(calls, dtype) -> str | None:
    # All arguments in single precision; one of them complex, for spacings and the like are real.
    many = 1 if dtype.kind == "c" else -1
    calls = sorted(
        calls,
        key=lambda v: (BEST.index(v.verdict), "32" in v.call or "64" in v.call, many * len(v.traced)),
    )
    if dtype.kind == "c" and any(word in v.call for v in calls for word in _FREE_PHASE):
        calls = [v for v in calls if v.call.startswith("(lambda")]
    for v in calls[:8]:
        name = v.call.removeprefix("np.").partition("(")[0]
        with _pool_of(v.traced, dtype):
            verdict, _ = coverage.judge(name, v.call, v.traced)
        if verdict not in (ABSENT,):
            return verdict
    return None


class _pool_of:
    """The values of the calls in another dtype, for a while: complex ones have an imaginary part."""

    def __init__(self, names, dtype):
        self.new = {n: _cast(POOL[n], dtype) for n in names}

    def __enter__(self):
        self.old = {n: POOL[n] for n in self.new}
        POOL.update(self.new)

    def __exit__(self, *error):
        POOL.update(self.old)


def _cast(x, dtype):
    x = np.asarray(x)
    if dtype.kind == "c" and x.dtype.kind == "f":
        x = x + 0.3j * np.cos(np.arange(x.size)).reshape(x.shape)
    return (x.real if dtype.kind == "f" else x).astype(dtype)[()]


# ---- primitives ----------------------------------------------------------------------------------


def primitive_row(prim: Primitive) -> Support:
    """The row of a primitive, from its checks."""
    results = {r.check: r for r in run_checks(prim)}
    bad = [r for r in results.values() if not r.ok]
    word = WRONG if bad else FLAT if prim.flat is not None else RIGHT
    active = {a: FLAT if word == FLAT or a in prim.flat_args else word for a in prim.args}
    passed = {c for c, r in results.items() if r.status == "passed"}
    dtypes = [
        "float64",
        *(["float32"] if "C5" in passed else []),
        *(["complex128"] if "C6" in passed else []),
    ]
    return Support(
        f"dualad.ops.{prim.name}",
        word,
        active,
        dict.fromkeys((*prim.params, *prim.required), word),
        dict.fromkeys(dtypes, word),
        (1, 2) if word == RIGHT else (1,) if word == FLAT else (),
        bad[0].reason if bad else prim.flat or "",
    )


def primitive_rows() -> list[Support]:
    return [primitive_row(REGISTRY[n]) for n in sorted(REGISTRY)]
