"""The calls on which a primitive is tried, made from what stands beside its rules.

An elementwise row gives a domain; the shapes, broadcast pairs, layouts and dtypes are made here. Other
primitives yield `Sample`s, of which layouts, complex and float32 versions are made. All is seeded by the
primitive's name, so a failure comes again.
"""

from __future__ import annotations

import functools
import warnings
import zlib

import numpy as np

SHAPES = [(), (1,), (3,), (2, 3), (2, 1, 3), (0,), (2, 0, 3)]
PAIRS = [
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((3,), (2, 1, 3)),
    ((2, 1), (1, 3)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((1,), (3,)),
    ((3, 1), (1,)),
    ((), ()),
    ((0,), (1,)),
    ((2, 0, 3), (3,)),
    ((1, 1, 1), (2,)),
]


MAY = ("smooth", "complex", "along", "through")


class Call:
    """One call of a primitive, and what may be concluded from it.

    Attributes
    ----------
    prim, args, params : the call itself
    active : positions of the arguments that carry a derivative
    note : what is special about it: a layout, a dtype, a shape
    smooth : whether numbers may judge it
    complex : whether complex values may be tried in the active arguments
    along : makes a direction that numbers may try of a random one, or None
    through : a function of the outputs that is judged in their stead, or None
    """

    __slots__ = ("active", "along", "args", "complex", "note", "params", "prim", "smooth", "through")

    def __init__(self, prim, args, params=None, note="", *, active=None, **may):
        self.prim, self.args, self.params, self.note = prim, tuple(args), params or {}, note
        self.smooth, self.complex = may.get("smooth", True), may.get("complex", True)
        self.along, self.through = may.get("along"), may.get("through")
        self.active = tuple(
            i
            for i, a in enumerate(self.args)
            if prim.arg_name(i) not in prim.flat_args and np.asarray(a).dtype.kind in "fc"
        )
        if active is not None:
            self.active = tuple(active)

    @property
    def xs(self) -> tuple:
        """The active arguments."""
        return tuple(self.args[i] for i in self.active)

    def f(self, *xs) -> tuple:
        """The call as a function of its active arguments: a tuple of its differentiable outputs."""
        return self.outputs(self.prim.face, xs)

    def plain(self, *xs) -> tuple:
        """The same by the evaluation alone, without dispatch."""
        return self.outputs(self.prim.fun, xs)

    def outputs(self, function, xs):
        return self.judged(function(*self.with_active(xs), **self.params))

    def judged(self, out) -> tuple:
        """The differentiable ones among what the primitive returned."""
        outs = out if self.prim.multi else (out,)
        if self.through is not None:
            outs = self.through(*outs)
        return tuple(o for o in outs if _dtype(o).kind in "fc")

    def with_active(self, xs):
        args = list(self.args)
        for i, x in zip(self.active, xs, strict=True):
            args[i] = x
        return args

    def replace(self, note, xs=None, active=None):
        """The same call with other active arguments, or fewer of them."""
        args = self.args if xs is None else self.with_active(xs)
        chosen = self.active if active is None else active
        return Call(self.prim, args, self.params, note, active=chosen, **self.may)

    def with_args(self, args, note):
        """The same call on other arrays."""
        return Call(self.prim, args, self.params, note, **self.may)

    @property
    def may(self) -> dict:
        """What may be tried on the call."""
        return {name: getattr(self, name) for name in MAY}

    def allowed(self, dxs) -> tuple:
        """Directions that numbers may try, of random ones."""
        return tuple(dxs) if self.along is None else tuple(self.along(d) for d in dxs)

    def __repr__(self):
        args = [_describe(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.params.items()]
        return f"{self.prim.name}({', '.join(args)})" + (f" [{self.note}]" if self.note else "")


def _dtype(x):
    return x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype


def _describe(a):
    if not hasattr(a, "shape"):
        return repr(a)
    return f"{a.dtype}{list(a.shape)}" if a.size > 1 or a.ndim else f"{a.dtype}({a})"


def rng_of(name: str, salt: str = "") -> np.random.Generator:
    """A generator of random numbers that depends on a name and nothing else."""
    return np.random.default_rng(zlib.crc32(f"{name}/{salt}".encode()))


# ---- where the arguments are drawn ---------------------------------------------------------------


def domains(prim) -> list[tuple[float, float]]:
    """One interval per argument of an elementwise primitive."""
    d = prim.domain
    if isinstance(d, dict):
        return [d[a] for a in prim.args]
    if len(d) == 2 and not np.ndim(d[0]):
        return [d] * len(prim.args)
    return list(d)


def draw(rng, shape, low, high):
    """Numbers all over an interval, no two alike: one from each of as many strata, shuffled."""
    n = int(np.prod(shape))
    u = (np.arange(n) + rng.uniform(0.2, 0.8, n)) / max(n, 1)
    return low + (high - low) * rng.permutation(u).reshape(shape)


def _elementwise(prim, shapes, note="", salt=""):
    rng = rng_of(prim.name, salt or str(shapes))
    args = [draw(rng, s, *d) for s, d in zip(shapes, domains(prim), strict=True)]
    return Call(prim, args, note=note)


def _shapes(prim):
    return [(s,) for s in SHAPES] if len(prim.args) == 1 else PAIRS


# ---- families of calls ----------------------------------------------------------------------------


@functools.cache
def _declared(samples, name) -> tuple:
    return tuple(samples(rng_of(name)))


def calls(prim) -> list[Call]:
    """The calls in float64 on which the rules are judged by numbers and by each other."""
    if prim.samples is not None:
        return [of_sample(prim, s) for s in _declared(prim.samples, prim.name)]
    if prim.domain is None:
        return []
    if len(prim.args) == 1:
        return [_elementwise(prim, ((4, 3),))]
    return [_elementwise(prim, pair) for pair in (((4, 3), (4, 3)), ((2, 3), (3,)), ((2, 1), (1, 4)))]


def of_sample(prim, s) -> Call:
    return Call(prim, s.args, s.params, **{name: getattr(s, name) for name in MAY})


def smooth_calls(prim) -> list[Call]:
    return [c for c in calls(prim) if c.smooth and c.active]


def few(calls: list, n: int) -> list:
    """At most `n` of them, spread over the list."""
    if len(calls) <= n:
        return calls
    return [calls[k] for k in np.unique(np.linspace(0, len(calls) - 1, n).round().astype(int))]


def shape_calls(prim) -> list[Call]:
    """Every shape and every broadcast pair of an elementwise primitive, empty ones and 0-d included."""
    if not prim.elementwise or prim.domain is None:
        return []
    return [_elementwise(prim, shapes, note="shapes") for shapes in _shapes(prim)]


def float32_calls(prim) -> list[tuple[Call, Call]]:
    """Pairs of a float32 call and the float64 one on the same (rounded) numbers."""
    pairs = []
    for c in few(calls(prim), 6):
        small = [np.asarray(x).astype(_single(x)) for x in c.xs]
        if small:
            large = [x.astype(_dtype(y)) for x, y in zip(small, c.xs, strict=True)]
            pairs.append((c.replace("float32", small), c.replace("rounded", large)))
    return pairs


def _single(x):
    return np.complex64 if _dtype(x).kind == "c" else np.float32


def complex_calls(prim) -> list[Call]:
    """Calls with complex values in the active arguments, where the evaluation takes them."""
    rng = rng_of(prim.name, "complex")
    found = []
    for c in few(calls(prim), 8):
        if any(_dtype(x).kind == "c" for x in c.xs):
            found.append(c.replace("complex"))
        elif c.complex and c.active:
            z = [np.asarray(x) + 1j * _off_axis(rng, np.shape(x)) for x in c.xs]
            c = c.replace("complex", z)
            if accepts(c):
                found.append(c)
    return found


def _off_axis(rng, shape):
    """Imaginary parts away from the real axis and from the branch points at ±i."""
    return rng.uniform(0.1, 0.5, shape) * rng.choice([-1, 1], shape)


def accepts(call) -> bool:
    """Whether the evaluation runs on these arguments, without dropping an imaginary part."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            return len(call.plain(*call.xs)) > 0
    except (TypeError, ValueError, NotImplementedError, np.exceptions.ComplexWarning):
        return False


# ---- layouts ---------------------------------------------------------------------------------------


def _fortran(a):
    return np.array(a, order="F")


def _strided(a):
    wide = np.empty(tuple(2 * n + 1 for n in a.shape), a.dtype)
    view = wide[(*(slice(1, 1 + 2 * n, 2) for n in a.shape), ...)]
    view[...] = a
    return view


def _reversed(a):
    back = (*(slice(None, None, -1),) * a.ndim, ...)
    return np.array(a[back], order="C")[back]


def _read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


LAYOUTS = {"F": _fortran, "strided": _strided, "reversed": _reversed, "read-only": _read_only}


def layout_calls(prim) -> list[tuple[Call, Call]]:
    """Pairs of a call on some memory layout and the call on C-contiguous copies."""
    pairs = []
    for c in few(calls(prim), 4):
        arrays = [np.asarray(a) for a in c.args]
        for note, lay in LAYOUTS.items():
            pairs.append((c.with_args([lay(a) for a in arrays], note), c.with_args(arrays, "C")))
        if prim.elementwise or prim.linear or prim.multilinear:
            flat = [_stride_zero(a) if i in c.active else a for i, a in enumerate(arrays)]
            pairs.append((c.with_args(flat, "stride 0"), c.with_args([a.copy() for a in flat], "C")))
    return pairs


def _stride_zero(a):
    return np.broadcast_to(a.reshape(-1)[:1].reshape(()), a.shape) if a.size else a
