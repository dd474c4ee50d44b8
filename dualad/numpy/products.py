"""Products and linear algebra: NumPy's signatures over `ops.contract`, `ops.linalg` and `ops.fft`."""

from __future__ import annotations

import functools
import inspect

import numpy as np

from ..core.memory import ordered
from ..core.space import face
from ..ops.layout import cast
from . import gufuncs
from .functions import FUNCTIONS, _enter_later, boxed, implements, reject
from .ufuncs import _OPS, store
from .values import on_values


@implements(np.dot)
def dot(a, b, out=None):
    result = face("dot")(boxed(a), boxed(b))
    return result if out is None else store(out, result)


@implements(np.einsum)
def einsum(*operands, out=None, dtype=None, order="K", casting="safe", optimize=False):
    from ..ops import contract
    from ..ops import einsum as E

    reject("np.einsum", **({} if order in ("K", "C", "F", "A") else {"order": (order, None)}))
    if dtype is not None:
        subscripts, operands = E._read(operands)
        operands = [subscripts, *(_cast_safely(boxed(x), np.dtype(dtype), casting) for x in operands)]
    view = _view_by_subscripts(*E._read(operands)) if out is None else None
    if view is not None:
        return view
    result = ordered(contract.einsum(*operands, optimize=optimize), order)
    return result if out is None else store(out, result)


def _view_by_subscripts(subscripts, operands):
    """Of one operand without a sum, NumPy's einsum is a view; None for all others."""
    from ..ops import einsum as E

    if len(operands) != 1:
        return None
    x = boxed(operands[0])
    term, output = E.explicit(subscripts, [x.ndim]).split("->")
    if set(term) != set(output) or len(set(output)) != len(output):
        return None
    if any(x.shape[term.index(c)] != n for c, n in zip(term, x.shape, strict=True)):
        return None
    for c in output:
        while term.count(c) > 1:
            i, j = term.index(c), term.rindex(c)
            x, term = np.diagonal(x, 0, i, j), term[:i] + term[i + 1 : j] + term[j + 1 :] + c
    return np.transpose(x, [term.index(c) for c in output])


def _cast_safely(x, dtype, casting):
    if not np.can_cast(x.dtype, dtype, casting):
        raise TypeError(f"np.einsum: cannot cast an operand of {x.dtype} to {dtype} with casting={casting!r}")
    return cast(x, dtype)


@implements(np.tensordot)
def tensordot(a, b, axes=2):
    return face("tensordot")(boxed(a), boxed(b), axes)


@implements(np.trace)
def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    result = np.sum(np.diagonal(boxed(a), offset, axis1, axis2), axis=-1, dtype=dtype)
    return result if out is None else store(out, result)


def _matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
    return on_values(np.linalg.matrix_rank, A, tol, hermitian, **({} if rtol is None else {"rtol": rtol}))


def _trace_of_stack(x, /, *, offset=0, dtype=None):
    return trace(x, offset, -2, -1, dtype)


def _enter_modules() -> None:
    """Let the functions of the op families that bear a NumPy function's name and parameters stand for it."""
    from ..ops import contract, determinant, factor, fft, linalg, norms
    from . import editing, lines, nans, polynomials, quantiles, ranges, replacing, sets  # noqa: F401  (they enter their functions)

    _enter(np, contract, ("inner", "outer", "vdot", "kron", "cross"))
    for family in (linalg, determinant, factor, norms):
        _enter(np.linalg, family, [n for n in dir(family) if not n.startswith("_")])
    _enter(np.linalg, contract, ("multi_dot",))
    FUNCTIONS[np.linalg.trace] = _trace_of_stack
    FUNCTIONS[np.linalg.matrix_rank] = _matrix_rank
    FUNCTIONS[np.linalg.vecdot] = gufuncs.vecdot
    _enter(np.fft, fft, [n for n in dir(fft) if not n.startswith("_")])


_enter_later.append(_enter_modules)
_OPS.update(gufuncs.GUFUNCS)


def _enter(namespace, family, names) -> None:
    for name in names:
        function, ours = getattr(namespace, name, None), getattr(family, name, None)
        if (
            not callable(function)
            or not callable(ours)
            or isinstance(function, type)
            or function in FUNCTIONS
        ):
            continue
        FUNCTIONS[function] = _with_signature(function, ours)


def _with_signature(function, ours):
    """`ours`, called with NumPy's arguments by NumPy's names; a keyword it does not have is refused by name.

    Most calls are data by position and keywords that are ours too: they pass as they are. The rest is bound to NumPy's
    signature, which takes longer than most operations.
    """
    plan = functools.cache(lambda: _plan(function, ours))

    def call(*args, **kwargs):
        theirs, places, keywords = plan()
        if len(args) <= places and kwargs.keys() <= keywords:
            return ours(*args, **{k: tuple(v) if type(v) is list else v for k, v in kwargs.items()})
        bound = theirs.bind(*args, **kwargs).arguments
        out = bound.pop("out", None)
        given, extra = [], {}
        for k, (key, value) in enumerate(bound.items()):
            if key in keywords:
                extra[key] = tuple(value) if isinstance(value, list) else value
            elif k < places:
                given.append(value)
            else:
                name = f"{function.__module__}.{function.__name__}".replace("numpy", "np")
                reject(name, **{key: (value, theirs.parameters[key].default)})
        result = ours(*given, **extra)
        return result if out is None else store(out, result)

    return call


def _plan(function, ours):
    """NumPy's signature, the number of our data arguments, and our keywords."""
    mine = inspect.signature(ours)
    keywords = {p.name for p in mine.parameters.values() if p.kind is p.KEYWORD_ONLY}
    try:
        theirs = inspect.signature(function)
    except ValueError:  # NumPy before 2.4 does not say for those in C
        theirs = mine
    return theirs, len(mine.parameters) - len(keywords), keywords
