"""Taylor coefficients of common functions, by recurrence (table 13.2 of Griewank and Walther).

A rule takes the order, the value of the result, and per argument a list of coefficients, from the value on, in which
None stands for zero; it gives the result's coefficients 1 … order. Functions that are not here come by their
JVP rule, which `core.taylor` runs on curves.
"""

from __future__ import annotations

import math

import numpy as np

from ..core.linear import is_recorded
from ..core.space import face, space_of
from ..core.taylor import LINEAR_ROWS, RECURRENCES, compose
from ..core.trace import strip
from .arithmetic import multiply
from .elementary import cos, cosh, exp, expit, log, sin, sinh

LINEAR_ROWS.update(
    "add subtract negative positive real imag conjugate complex_ where masked deg2rad rad2deg radians degrees".split()
)


def recurrence(*names):
    """Decorator: the rule of these primitives."""

    def register(rule):
        for name in names:
            RECURRENCES[name] = rule
        return rule

    return register


# ---- arithmetic in which None is zero -----------------------------------------------------------------


def _times(a, b):
    return None if a is None or b is None else a * b


def _plus(a, b):
    return b if a is None else a if b is None else a + b


def _minus(a, b):
    return a if b is None else -b if a is None else a - b


def _scaled(a, number):
    return None if a is None else a * number


def _over(a, b):
    return None if a is None else a / b


def _product(a, b, k, start=0, stop=None):
    """Σ a_j b_(k-j) for j from `start` to `stop`, by default k."""
    total = None
    for j in range(start, (k if stop is None else stop) + 1):
        total = _plus(total, _times(a[j], b[k - j]))
    return total


def _velocity(u):
    """j u_j."""
    return [None if c is None else c * j for j, c in enumerate(u)]


# ---- products, quotients, powers ----------------------------------------------------------------------


@recurrence("multiply")
def _multiply(order, out, x, y):
    return [_product(x, y, k) for k in range(1, order + 1)]


@recurrence("square")
def _square(order, out, x):
    return [_doubled(x, k) for k in range(1, order + 1)]


def _doubled(x, k):
    """The coefficient k of a square: each pair once, and twice its product."""
    total = _scaled(_product(x, x, k, 0, (k - 1) // 2), 2)
    return total if k % 2 else _plus(total, _times(x[k // 2], x[k // 2]))


@recurrence("divide")
def _divide(order, out, x, y):
    v = [out]
    for k in range(1, order + 1):
        v.append(_over(_minus(x[k], _product(y, v, k, 1)), y[0]))
    return v[1:]


@recurrence("reciprocal")
def _reciprocal(order, out, x):
    return _divide(order, out, [1.0] + [None] * order, x)


@recurrence("sqrt")
def _sqrt(order, out, x):
    v = [out]
    for k in range(1, order + 1):
        v.append(_over(_minus(x[k], _inner_square(v, k)), 2 * out))
    return v[1:]


def _inner_square(v, k):
    """Σ v_j v_(k-j) for j from 1 to k - 1."""
    total = _scaled(_product(v, v, k, 1, (k - 1) // 2), 2)
    return total if k % 2 else _plus(total, _times(v[k // 2], v[k // 2]))


@recurrence("cbrt")
def _cbrt(order, out, x):
    return _power_of_constant(order, out, x, 1 / 3)


def _power_of_constant(order, out, x, r):
    """x^r: k x₀ v_k = Σ (r j − (k − j)) x_j v_(k−j)."""
    v = [out]
    for k in range(1, order + 1):
        total = None
        for j in range(1, k + 1):
            total = _plus(total, _times(_scaled(x[j], r * j - (k - j)), v[k - j]))
        v.append(_over(total, k * x[0]))
    return v[1:]


@recurrence("power", "float_power")
def _power(order, out, x, y):
    base, moving = x[0], any(c is not None for c in y[1:])
    if moving:
        positive = not is_recorded(base) and np.all(strip(base) > 0)
        return compose(lambda x, y: exp(y * log(x)), order, x, y) if positive else NotImplemented
    n = _whole_number(y[0])
    if n is not None and n >= 0:
        return compose(lambda x: _to_the(x, n), order, x) if n else [None] * order
    if is_recorded(base) or not np.all(strip(base)):
        return NotImplemented  # the rule knows which powers of zero are zero
    return _power_of_constant(order, out, x, y[0])


def _whole_number(y):
    """`y` as an int where it is a single number of whole value, untraced."""
    if isinstance(y, (int, float, np.generic)) or (type(y) is np.ndarray and not y.ndim):
        number = float(y) if not np.iscomplexobj(y) else math.nan
        return int(number) if number == math.floor(number) and abs(number) < 1 << 16 else None
    return None


def _to_the(x, n):
    result = None
    while True:
        if n & 1:
            result = x if result is None else multiply(result, x)
        n >>= 1
        if not n:
            return result
        x = multiply(x, x)


# ---- exponentials -------------------------------------------------------------------------------------


def _exponential(order, first, u):
    """v′ = v u′."""
    du, v = _velocity(u), [first]
    for k in range(1, order + 1):
        v.append(_over(_product(du, v, k, 1), k))
    return v[1:]


@recurrence("exp")
def _exp(order, out, x):
    return _exponential(order, out, x)


@recurrence("exp2")
def _exp2(order, out, x):
    return _exponential(order, out, [_scaled(c, math.log(2)) for c in x])


@recurrence("expm1")
def _expm1(order, out, x):
    return _exponential(order, exp(x[0]), x)


@recurrence("expit")
def _expit(order, out, x):
    """v′ = v (1 − v) u′; the first slope from both tails."""
    du, v, w = _velocity(x), [out], [out * expit(-x[0])]
    for k in range(1, order + 1):
        v.append(_over(_product(du, w, k, 1), k))
        w.append(_minus(v[k], _doubled(v, k)))
    return v[1:]


# ---- circular and hyperbolic functions, in pairs --------------------------------------------------------


def _pair(order, s, c, u, sign):
    """s′ = c u′, c′ = sign · s u′: sine and cosine of both kinds."""
    du, s, c = _velocity(u), [s], [c]
    for k in range(1, order + 1):
        s.append(_over(_product(du, c, k, 1), k))
        c.append(_over(_product(du, s, k, 1), sign * k))
    return s[1:], c[1:]


@recurrence("sin")
def _sin(order, out, x):
    return _pair(order, out, cos(x[0]), x, -1)[0]


@recurrence("cos")
def _cos(order, out, x):
    return _pair(order, sin(x[0]), out, x, -1)[1]


@recurrence("sinh")
def _sinh(order, out, x):
    return _pair(order, out, cosh(x[0]), x, 1)[0]


@recurrence("cosh")
def _cosh(order, out, x):
    return _pair(order, sinh(x[0]), out, x, 1)[1]


# ---- linear systems -------------------------------------------------------------------------------------
# A x = b gives A₀ x_k = b_k − Σ A_j x_(k−j). Vectors are columns here: a stack of them is no matrix.


def _system(order, solution, solve, a, b, vector):
    def column(c):
        return c[..., None] if vector and c is not None else c

    x = [column(solution)]
    for k in range(1, order + 1):
        total = None
        for j in range(1, k + 1):
            if a[j] is not None and x[k - j] is not None:
                total = _plus(total, a[j] @ x[k - j])
        right = _minus(column(b[k]), total)
        x.append(None if right is None else solve(a[0], right))
    return [c[..., 0] if vector and c is not None else c for c in x[1:]]


@recurrence("solve")
def _solve(order, out, a, b):
    return _system(order, out, face("solve"), a, b, b[0].ndim == 1)


@recurrence("inv")
def _inv(order, out, a):
    return _system(order, out, lambda _, right: out @ right, a, [None] * (order + 1), False)


@recurrence("solve_triangular")
def _solve_triangular(order, out, a, b, *, lower, trans, unit_diagonal):
    n = a[0].shape[-1]
    read = np.tri(n, k=-int(unit_diagonal), dtype=bool)
    read = read if lower else read.T
    seen = [None if c is None else c * read for c in a[1:]]
    turned = [c.swapaxes(-1, -2) if trans and c is not None else c for c in seen]

    def solve(_, right):
        return face("solve_triangular")(a[0], right, lower=lower, trans=trans, unit_diagonal=unit_diagonal)

    return _system(order, out, solve, [a[0], *turned], b, b[0].ndim == 1)


# ---- interpolation --------------------------------------------------------------------------------------


@recurrence("interp")
def _interp(order, out, x, xp, fp):
    from .index import getitem
    from .interpolate import _place

    def between(x, xp, fp):
        i, t = _place(x, xp)
        return getitem(fp, i) * (1 - t) + getitem(fp, i + 1) * t

    return compose(between, order, x, xp, fp)


# ---- Bessel functions -----------------------------------------------------------------------------------
# All derivatives at the value are known, 2^-k Σ binomial(k, i) I_(n-k+2i): the curve is put into their series.


def _along(derivatives, order, x):
    """Coefficients of g(x(t)) from g′, g″ … at the value, by Horner's rule on powers of x(t) − x₀."""
    if order == 0:
        return []

    def horner(step):
        total = derivatives[order - 1] / math.factorial(order)
        for k in range(order - 1, 0, -1):
            total = derivatives[k - 1] / math.factorial(k) + total * step
        return total * step

    return compose(horner, order, [space_of(x[0]).zeros(), *x[1:]])


def _bessel_derivatives(x, n, order):
    bessel = face("bessel_i")
    values = {m: bessel(x, n=m) for m in range(max(abs(n), 0) + order + 1)}
    return [
        sum(math.comb(k, i) * values[abs(n - k + 2 * i)] for i in range(k + 1)) / 2**k
        for k in range(1, order + 1)
    ]


@recurrence("bessel_i")
def _bessel_i(order, out, x, *, n):
    return _along(_bessel_derivatives(x[0], n, order), order, x)


@recurrence("i0")
def _i0(order, out, x):
    return _bessel_i(order, out, x, n=0)


@recurrence("i1")
def _i1(order, out, x):
    return _bessel_i(order, out, x, n=1)


def _scaled_bessel_derivatives(x, n, order):
    """Of exp(-|x|) I_n: the operator is (half the sum of the neighbours) − sign(x), k times."""
    bessel, side = face("bessel_ie"), face("sign")(x)
    row = {n: 1.0}
    values = {m: bessel(x, n=m) for m in range(abs(n) + order + 1)}
    found = []
    for _ in range(order):
        after: dict = {}
        for m, weight in row.items():
            for where_to, w in ((m - 1, 0.5), (m + 1, 0.5), (m, -side)):
                after[where_to] = after.get(where_to, 0.0) + w * weight
        row = after
        found.append(sum(w * values[abs(m)] for m, w in row.items()))
    return found


@recurrence("bessel_ie")
def _bessel_ie(order, out, x, *, n):
    return _along(_scaled_bessel_derivatives(x[0], n, order), order, x)


@recurrence("i0e")
def _i0e(order, out, x):
    return _bessel_ie(order, out, x, n=0)


@recurrence("i1e")
def _i1e(order, out, x):
    return _bessel_ie(order, out, x, n=1)
