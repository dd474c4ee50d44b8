"""`elementwise`: from a two-column row, tangent and cotangent, to an operation.

    sin = elementwise(np.sin, jvp=lambda dx, x: dx * cos(x), vjp=lambda g, x: g * cos(x))

For two arguments each column is a dict by name. Broadcasting, un-broadcasting, casts and the strong zero are
done once, in the templates of `operator.py`, never in a row.
"""

from __future__ import annotations

import numpy as np

from .operator import binary, unary
from .primitive import Primitive, attach_rule_setters
from .trace import Box, bind


def elementwise(f, jvp, vjp, *, name=None, doc=None, domain=(-2.0, 2.0), edges=(), holomorphic=True):
    """The public function of an elementwise primitive.

    Parameters
    ----------
    f : callable
        The evaluation on plain arrays, usually a NumPy or SciPy ufunc.
    jvp, vjp : callable, or dict of callables by argument name
        The rules. With one argument it is called `x`, with two `x` and `y`.
    name, doc : str, optional
        By default those of `f`.
    domain : (low, high), or one such pair per argument
        Where the suite draws its arguments from.
    edges : Edge
        Policies at kinks and poles, tried exactly, in both engines.
    holomorphic : bool
        Whether the rules hold for complex arguments.
    """
    prim = Primitive(name or f.__name__, f, doc or first_line(f))
    prim.elementwise = True
    prim.holomorphic = holomorphic
    prim.domain, prim.edges = domain, tuple(edges)
    prim.args = tuple(jvp) if isinstance(jvp, dict) else ("x",)
    prim.set_rules("jvp", jvp if isinstance(jvp, dict) else {prim.args[0]: jvp})
    prim.set_rules("vjp", vjp if isinstance(vjp, dict) else {prim.args[0]: vjp})
    return _finish(prim, f, _template(prim, f))


def flat(f, reason, *, args=("x", "y"), name=None, doc=None, domain=(-2.0, 2.0)):
    """The public function of an elementwise operation without a derivative (comparisons, floor, sign)."""
    prim = Primitive(name or f.__name__, f, doc or first_line(f))
    prim.elementwise = True
    prim.flat = reason
    prim.domain = domain
    prim.args = tuple(args)
    return _finish(prim, f, _flat_face(prim, f))


def _flat_face(prim, f):
    if len(prim.args) == 1:

        def face(x, /):
            return bind(prim, (x,), {}) if isinstance(x, Box) else f(x)

    else:

        def face(x, y, /):
            if isinstance(x, Box) or isinstance(y, Box) or type(x) is list or type(y) is list:
                return bind(prim, (x, y), {})
            return f(x, y)

    return face


def _template(prim, f, foreign=None):
    jvp, vjp = prim.jvp_rules, prim.vjp_rules
    if len(prim.args) == 1:
        return unary(prim, f, jvp.get("x"), vjp.get("x"))
    a, b = prim.args
    return binary(prim, f, jvp.get(a), jvp.get(b), vjp.get(a), vjp.get(b), foreign)


def _finish(prim, f, face):
    face.__name__ = face.__qualname__ = prim.name
    face.__doc__ = prim.doc
    return attach_rule_setters(prim, face)


def as_operator(op, reflected=False):
    """The special method (`__add__`, `__radd__`) of a binary operation: it gives way to foreign types."""
    prim = op.primitive
    if prim.flat is not None:
        method = op
    else:
        method = _template(prim, prim.fun, is_foreign)

    if reflected:

        def __reflected__(self, other):
            return method(other, self)

        return __reflected__
    if prim.flat is not None:

        def __compare__(self, other):
            return NotImplemented if is_foreign(self, other) else method(self, other)

        return __compare__
    return method


_KNOWN = (Box, int, float, complex, list, tuple)


def is_foreign(x, y) -> bool:
    """Whether an operand is of a type that NumPy itself would leave to the other side."""
    return _foreign(x) or _foreign(y)


def _foreign(x) -> bool:
    if isinstance(x, _KNOWN) or type(x).__module__ in ("numpy", "fractions"):
        return False
    return getattr(type(x), "__array_ufunc__", 0) is None or not _is_arraylike(x)


def _is_arraylike(x) -> bool:
    return hasattr(x, "dtype") and not hasattr(type(x), "__array_priority__") and not _has_own_ufunc(x)


def _has_own_ufunc(x) -> bool:
    own = getattr(type(x), "__array_ufunc__", None)
    return own is not None and own is not np.ndarray.__array_ufunc__


def first_line(f) -> str:
    """The first sentence of NumPy's docstring, below the signature."""
    lines = [line.strip() for line in (f.__doc__ or "").splitlines()]
    return next((line for line in lines if line and "(" not in line), getattr(f, "__name__", ""))
