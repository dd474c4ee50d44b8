"""What of NumPy is covered, found by running it: function by function, argument by argument.

`dualad.testing.calls` holds example calls for each function, as text: `np.average(A, axis=1, weights=w)`. Every
floating-point name in a call is traced in turn, and all of them together, in both engines. A verdict is

- **right**: the value is NumPy's, the forward engine agrees with differences, the reverse engine with the forward
  one, and both of these again for the derivative of each (second order);
- **flat**: the value is NumPy's, and it has no derivative, or a zero one, which differences confirm;
- **rejected**: an error of dualad's own that names the function or the keyword, or says what would turn a traced
  value into a plain one;
- **right from dualad.numpy**: NumPy does not show us this argument, so `np.f` is rejected; `dualad.numpy.f` is right;
- **WRONG**: anything else, a derivative that was lost without a word above all;
- **absent**: this version of NumPy does not take the call itself.

    python -m dualad.testing.coverage [NAME ...] [--page docs/numpy.md --table]

`--table` writes what `dualad.supported()` reads, `--page` the same as a page; `rows.py` makes them of the verdicts.
"""

from __future__ import annotations

import argparse
import ast
import sys
import warnings
from collections import Counter
from typing import NamedTuple

import numpy as np

from .. import numpy as dnp
from ..core.errors import ConversionError, DualadError, StoreError
from ..core.tree import tree_flatten
from ..transforms.forward import jvp
from ..transforms.reverse import vjp
from .calls import ALL_CALLS, HELPERS, POOL
from .gradcheck import DerivativeMismatch, check_duality, check_jvp

RIGHT, BY_FACE, FLAT, REJECTED = "right", "right from dualad.numpy", "flat", "rejected"
WRONG, ABSENT = "WRONG", "absent"


class Verdict(NamedTuple):
    """Of one call with one choice of traced arguments."""

    call: str
    traced: tuple[str, ...]
    verdict: str
    why: str = ""

    def __str__(self):
        return f"{self.verdict}: {self.call} by {', '.join(self.traced)}" + (
            f": {self.why}" if self.why else ""
        )


def run(name: str) -> list[Verdict]:
    """The verdicts of a function: one for each call and each choice of traced arguments."""
    return [
        Verdict(call, traced, *judge(name, call, traced))
        for call in ALL_CALLS[name]
        for traced in choices(call)
    ]


def choices(call: str) -> list[tuple[str, ...]]:
    """Each floating argument of a call by itself, and all of them."""
    names = compile(call, call, "eval").co_names
    floating = [n for n in dict.fromkeys(names) if n in POOL and np.asarray(POOL[n]).dtype.kind in "fc"]
    return [(n,) for n in floating] + ([tuple(floating)] if len(floating) > 1 else [])


def judge(name: str, call: str, traced: tuple[str, ...]) -> tuple[str, str]:
    """The verdict on one call with these arguments traced, and the reason."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            want = plain(call)
        except Exception as error:
            return ABSENT, f"{type(error).__name__}: {error}"
        verdict, why = attempt(name, call, traced, want)
        if verdict == REJECTED and (ours := call.replace("np.", "dnp.").replace("ddnp.", "dnp.")) != call:
            if attempt(name, ours, traced, want)[0] in (RIGHT, FLAT):
                return BY_FACE, why
        return verdict, why


def attempt(name, call, traced, want):
    f = function_of(call, traced)
    args = tuple(POOL[n] for n in traced)
    try:
        rtol = 1e-4 if any(map(is_single, args)) else 1e-11
        different = compare(vjp(f, *args)[0], want, rtol) or compare(jvp(f, args, args)[0], want, rtol)
        if different:
            return WRONG, different
        wide = tuple(map(doubled, args))
        if any(map(is_single, args)) or "32" in call or "complex64" in call:
            return derivatives(f, args, in_double(call, traced), wide)
        return derivatives(f, args)
    except DualadError as error:
        return rejection(name, call, error)
    except DerivativeMismatch as error:
        return WRONG, str(error)
    except Exception as error:  # whatever it is, it is not an answer
        if "dualad array has no" in str(error) or "not defined here" in str(error):
            return REJECTED, str(error).split("(at ")[0]
        return WRONG, f"{type(error).__name__}: {error}"


def in_double(call, traced):
    """Of a call in single precision the same one in double, for differences see nothing in single."""
    return function_of(call.replace("float32", "float64").replace("complex64", "complex128"), traced)


def doubled(x):
    """A value in double precision."""
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)[()] if is_single(x) else x


def rejection(name, call, error):
    """An error of ours is a rejection if it says of what."""
    text = str(error)
    words = {name.split(".")[-1], *(f"{k.arg}=" for k in keywords(call))}
    named = isinstance(error, (ConversionError, StoreError)) or any(word in text for word in words)
    first = text.split("(at ")[0].split("\n")[0].strip()
    return (REJECTED, first) if named else (WRONG, f"does not name what it rejects: {text}")


def keywords(call):
    return [k for node in ast.walk(ast.parse(call)) if isinstance(node, ast.Call) for k in node.keywords]


def plain(call):
    """What NumPy itself gives."""
    scope = {"np": np, "dnp": np, **HELPERS, **{n: np.copy(v)[()] for n, v in POOL.items()}}
    return eval(call, {**scope, "buffer": np.zeros})  # noqa: S307  (our own text)


def function_of(call, traced):
    """The call as a function of the traced arguments."""
    code = compile(call, call, "eval")

    def f(*args):
        scope = {"np": np, "dnp": dnp, **HELPERS, **{n: np.copy(v)[()] for n, v in POOL.items()}}
        return eval(code, {**scope, "buffer": dnp.zeros, **dict(zip(traced, args, strict=True))})  # noqa: S307

    return f


def compare(got, want, rtol=1e-11) -> str:
    """How a value differs from NumPy's, in structure, shape, dtype or number; empty if it does not."""
    ours, theirs = tree_flatten(got)[0], tree_flatten(want)[0]
    if len(ours) != len(theirs):
        return f"{len(ours)} results, NumPy has {len(theirs)}"
    for a, b in zip(ours, theirs, strict=True):
        a, known = np.asarray(a), hasattr(b, "dtype")
        b = np.asarray(b)
        if not known and a.dtype.kind == b.dtype.kind:  # a Python number, of no precision
            b = b.astype(a.dtype)
        if a.shape != b.shape or a.dtype != b.dtype:
            return f"{a.dtype} of shape {a.shape}, NumPy has {b.dtype} of shape {b.shape}"
        if a.dtype.kind not in "fc":
            if not np.array_equal(a, b):
                return f"{a!r}, NumPy has {b!r}"
        elif not np.allclose(a, b, rtol=1e-4 if is_single(a) else rtol, atol=1e-12, equal_nan=True):
            return f"the value {a!r}, NumPy has {b!r}"
    return ""


def floating_results(f):
    """The function of the same arguments whose results are the floating-point ones of `f`, in a list."""
    return lambda *xs: [y for y in tree_flatten(f(*xs))[0] if kind(y) in "fc"]


def derivatives(f, args, double=None, wide=()):
    """Both engines to second order, and whether there is anything but zero.

    In single precision the tangents are compared with those in double, and there the rest is found out.
    """

    floating = floating_results(f)
    out, pull = vjp(floating, *args)
    if not out:
        return FLAT, ""
    tangent = jvp(floating, args, args)[1]
    if double is not None:
        others = jvp(floating_results(double), wide, wide)[1]
        # Where the values say how many there are, as the leading zeros of a remainder, rounding says so too.
        pairs = [(a, b) for a, b in zip(tangent, others, strict=True) if np.shape(a) == np.shape(b)]
        if not all(np.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True) for a, b in pairs):
            return WRONG, f"{tangent}, in double precision {others}"
        check_duality(floating, args, rtol=1e-4)
        return derivatives(double, wide)
    zero = not any(np.any(np.asarray(t) != 0) for t in tangent)
    against_numbers(floating, args, zero)
    check_duality(floating, args)
    if zero:
        return FLAT, ""
    rng = np.random.default_rng(7)
    dxs = tuple(direction(rng, x) for x in args)
    gs = [direction(rng, y) for y in out]
    for derivative in (
        lambda *xs: jvp(floating, xs, dxs)[1],
        lambda *xs: list(vjp(floating, *xs)[1](gs)),
    ):
        against_numbers(derivative, args, rtol=2e-3 if any(map(is_single, args)) else 1e-6, atol=1e-8)
        check_duality(derivative, args, rtol=1e-4 if any(map(is_single, args)) else 1e-9)
    return RIGHT, ""


def against_numbers(f, args, zero=False, **tolerances):
    """Forward against differences. Large steps may leave the domain, or cross a jump of what is flat."""
    try:
        check_jvp(f, args, **tolerances)
    except (DerivativeMismatch, ValueError) as error:
        if not zero and isinstance(error, DerivativeMismatch):
            raise
        check_jvp(f, args, eps=2.0**-14, **{"atol": 1e-8, **tolerances})


def kind(y):
    return y.dtype.kind if hasattr(y, "dtype") else np.asarray(y).dtype.kind


def is_single(x) -> bool:
    return np.asarray(x).dtype in (np.float32, np.complex64)


def direction(rng, x):
    x = np.asarray(x)
    d = rng.normal(size=x.shape)
    return np.asarray(d + 1j * rng.normal(size=x.shape) if x.dtype.kind == "c" else d, x.dtype)


# ---- the report -----------------------------------------------------------------------------------


def overall(verdicts: list[Verdict]) -> str:
    """One word for a function."""
    seen = {v.verdict for v in verdicts}
    return next(
        (word for word in (WRONG, RIGHT, BY_FACE, FLAT, REJECTED, ABSENT) if word in seen),
        "no floating argument",
    )


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dualad.testing.coverage", description=__doc__.split("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="functions, as average or linalg.norm")
    parser.add_argument("--page", metavar="FILE", help="write the table as a Markdown page")
    parser.add_argument("--table", action="store_true", help="write the table of dualad.supported()")
    options = parser.parse_args(argv)
    unknown = [n for n in options.names if n not in ALL_CALLS]
    if unknown:
        parser.error(f"no calls of {', '.join(unknown)}")
    results = {name: run(name) for name in options.names or ALL_CALLS}
    verdicts = [v for vs in results.values() for v in vs]
    for v in verdicts:
        if v.verdict in (WRONG, ABSENT) or (v.verdict == REJECTED and not options.page) or options.names:
            print(v)
    print(f"{len(results)} functions:", dict(Counter(overall(v) for v in results.values())))
    print(f"{len(verdicts)} choices of traced arguments:", dict(Counter(v.verdict for v in verdicts)))
    if options.page or options.table:
        from .pages import write

        verdicts += write(results, options.page, options.table)
    return 1 if any(v.verdict == WRONG for v in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
