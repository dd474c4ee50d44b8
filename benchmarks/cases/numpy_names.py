"""NumPy's functions on a traced array, as `np.f(x)`: what the protocol costs, and composites beside NumPy itself.

What is timed is one call inside a running trace, of `grad` (reverse) or `jvp` (forward), with a traced argument: it
gives the value and records what the derivative needs. The sweep afterwards is not in it.
"""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from dualad.core.forward import ForwardTrace
from dualad.core.primitive import REGISTRY
from dualad.core.reverse import ReverseTrace
from dualad.core.trace import strip
from dualad.ops import load_all

from ..case import Contestant, case

_rng = np.random.default_rng(3)
N = 10
A, B = _rng.normal(size=(2, N, N))
v, w = _rng.normal(size=(2, N))
points, vectors = _rng.normal(size=(2, N, 3))
weights, grid = _rng.uniform(0.5, 2.0, size=N), np.sort(_rng.normal(size=N))

# The fifteen hottest functions that NumPy composes of others, or has in C without a ufunc: at 10 × 10.
COMPOSITES = {
    "mean": (np.mean, A),
    "var": (np.var, A),
    "std": (lambda x: np.std(x, axis=0), A),
    "norm": (np.linalg.norm, A),
    "outer": (lambda x: np.outer(x, w), v),
    "cross": (lambda x: np.cross(x, vectors), points),
    "trapezoid": (lambda x: np.trapezoid(x, dx=0.1), A),
    "gradient": (np.gradient, A),
    "interp": (lambda x: np.interp(B, grid, x), v),
    "cov": (np.cov, A),
    "percentile": (lambda x: np.percentile(x, 30), A),
    "median": (np.median, A),
    "average": (lambda x: np.average(x, axis=1, weights=weights), A),
    "linspace": (lambda x: np.linspace(x, 3.0, N * N), np.array(0.5)),
    "meshgrid": (lambda x: np.meshgrid(x, w), v),
}


def plain(result):
    return [plain(r) for r in result] if isinstance(result, (list, tuple)) else strip(result)


def enter(name, f, x):
    """The two rows of a function, in a reverse trace and in a forward one."""

    def traced(box):
        return lambda: Contestant(lambda: f(box), lambda: plain(f(box)))

    def numpy():
        return lambda: f(x)

    def in_reverse(tiny):
        return {"dualad": traced(ReverseTrace().leaf(x)), "numpy": numpy}

    def in_forward(tiny):
        return {"dualad": traced(ForwardTrace().dual(x, np.ones_like(x))), "numpy": numpy}

    in_reverse.__doc__ = (
        f"np.{name} of a traced array of 10 × 10, or 10, in a reverse trace, beside NumPy's own."
    )
    in_forward.__doc__ = (
        f"np.{name} of a traced array of 10 × 10, or 10, in a forward trace, beside NumPy's own."
    )
    case(f"np.{name}", targets={"numpy": 5})(in_reverse)
    case(f"np.{name}-forward", targets={"numpy": 5})(in_forward)


for _name, (_f, _x) in COMPOSITES.items():
    enter(_name, _f, _x)


def _direct(x, y, m):
    """Calls with direct rules, by NumPy's name and as the primitive."""
    load_all()
    p = {name: prim.face for name, prim in REGISTRY.items()}
    return [
        (lambda: np.sin(x), lambda: p["sin"](x)),
        (lambda: np.sum(x), lambda: p["sum"](x)),
        (lambda: np.mean(x), lambda: p["mean"](x)),
        (lambda: np.var(x), lambda: p["var"](x)),
        (lambda: np.max(x), lambda: p["max"](x)),
        (lambda: np.prod(x), lambda: p["prod"](x)),
        (lambda: np.cumsum(x), lambda: p["cumsum"](x, axis=0)),
        (lambda: np.sort(x), lambda: p["sort"](x)),
        (lambda: np.reshape(x, (2, 5)), lambda: p["reshape"](x, shape=(2, 5))),
        (lambda: np.broadcast_to(x, (2, 10)), lambda: p["broadcast_to"](x, shape=(2, 10))),
        (lambda: np.flip(x), lambda: p["flip"](x)),
        (lambda: np.repeat(x, 2), lambda: p["repeat"](x, repeats=2)),
        (lambda: np.concatenate([x, y]), lambda: p["concatenate"](x, y)),
        (lambda: np.where(m, x, y), lambda: p["where"](m, x, y)),
        (lambda: np.dot(x, y), lambda: p["dot"](x, y)),
        (lambda: np.outer(x, y), lambda: p["outer"](x, y)),
        (lambda: np.linalg.norm(x), lambda: p["vector_norm"](x)),
        (lambda: np.fft.rfft(x), lambda: p["rfft"](x)),
    ]


def _seconds(f, calls):
    start = time.process_time()
    for _ in calls:
        f()
    return time.process_time() - start


@case("np-names.direct", gauge=True, limit=1.5)
def direct(tiny):
    """What `np.f(x)` costs beyond the primitive at size 10: the dearest of eighteen functions with direct rules, each
    the median of five blocks."""
    trace = ReverseTrace()
    pairs = _direct(trace.leaf(v), trace.leaf(w), v > 0)
    calls = range(3 if tiny else 200)

    def over(by_name, primitive):
        return median((_seconds(by_name, calls) - _seconds(primitive, calls)) / len(calls) for _ in range(5))

    return {"dualad": lambda: lambda: max(over(*pair) for pair in pairs) * 1e6}
