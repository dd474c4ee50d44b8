"""How a quantile moves with the parameters of its distribution: integrals over one tail of a density.

With F the distribution function and q the density, the value x at a fixed F moves with a parameter θ by
dx/dθ = -(∂F/∂θ) / q(x), where -∂F/∂θ is the integral of the score ∂ log q/∂θ, weighted by q, over what lies above x; or
minus that over what lies below, for the whole integral is zero. M. Figurnov, S. Mohamed, A. Mnih, "Implicit
reparameterization gradients" (2018); M. Jankowiak and F. Obermeyer, "Pathwise derivatives beyond the
reparameterization trick" (2018).

The densities here are log-concave in the variable they are written in (the logarithm of a gamma variable, the
log-odds of a beta variable), and the score is monotone: on the side of x where it has one sign nothing cancels, so the
integral, by Gauss and Legendre over a few panels, is as accurate as its integrand.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

DROP = 38.0  # e**-38 of what is at the start is beyond the last digit
SHORT = 8.0
BLOCK, PIECE = 4096, 256  # values at a time, and at a time at all nodes: these stay in cache

_nodes, _weights = np.polynomial.legendre.leggauss(40)
NODES, WEIGHTS = ((_nodes + 1) / 2)[:, None], _weights / 2


def in_blocks(f: Callable, *args) -> np.ndarray:
    """`f` of broadcast arrays in float64, a block of values at a time; NaN where an argument is NaN."""
    args = np.broadcast_arrays(*args)
    flat = [a.ravel().astype(float) for a in args]
    out = np.empty(flat[0].size)
    with np.errstate(all="ignore"):
        for k in range(0, out.size, BLOCK):
            out[k : k + BLOCK] = f(*[a[k : k + BLOCK] for a in flat])
    return out.reshape(args[0].shape)


def reach(height: Callable, slope: Callable, y: np.ndarray) -> np.ndarray:
    """Where the density has fallen by DROP: by Newton's method, which comes down from the upper bound `y`, since
    the logarithm of the density is concave."""
    for _ in range(14):
        s, before = slope(y), y
        y = np.where(s < 0, y - (height(y) + DROP) / s, y)
        if np.all(y > 0.9 * before):  # near enough: the nodes need not end at the very place
            break
    return y


def integral(integrand: Callable, end: np.ndarray, knees: list, *parameters) -> np.ndarray:
    """The integral of integrand(y, *parameters) from 0 to `end`, over panels that end at the `knees` of the density.

    A knee is about 1 wide, so on a short way the nodes of one panel are near enough to each other. A panel is computed
    for those values alone whose way leads through it.
    """
    bends = np.where(end < SHORT, 0, end)
    edges = np.zeros((len(knees) + 2, end.size))
    for k, knee in enumerate(knees):
        np.clip(knee, 0, bends, out=edges[k + 1])
    edges[:-1].sort(axis=0)
    edges[-1] = end
    total = np.zeros_like(end)
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        width = high - low
        there = np.flatnonzero(width)
        for k in range(0, there.size, PIECE):
            i = there[k : k + PIECE] if there.size < width.size else slice(k, k + PIECE)
            y = width[i] * NODES
            y += low[i]
            total[i] += width[i] * (WEIGHTS @ integrand(y, *[p[i] for p in parameters]))
    return total


def apart(mask: np.ndarray, f: Callable, *args) -> np.ndarray:
    """f(True, …) of the arguments where the mask is, f(False, …) of the others."""
    if mask.all() or not mask.any():
        return f(bool(mask.all()), *args)
    out = np.empty(mask.shape)
    for kind in (True, False):
        here = mask == kind
        out[here] = f(kind, *[a[here] for a in args])
    return out


def _excess(u):
    """exp(u) - 1 - u, without cancellation near 0."""
    near = np.abs(u) < 0.4
    v = np.where(near, u, 0.0)
    series = np.zeros_like(v)
    for k in range(16, 1, -1):
        series = series * v + 1 / math.factorial(k)
    return np.where(near, series * v * v, np.expm1(u) - u)


def bell(n: int, logs: Callable):
    """The n-th derivative of a density over the density, from derivatives `logs(i)` of its logarithm."""
    terms = [1.0]
    for k in range(n):
        terms.append(sum(math.comb(k, i) * logs(i + 1) * terms[k - i] for i in range(k + 1)))
    return terms[n]


def bell2(m: int, n: int, logs: Callable):
    """`bell` for two parameters: derivatives of order (m, n), from `logs(i, j)`."""
    if m == 0:
        return bell(n, lambda j: logs(0, j))
    total = 0.0
    for i in range(m):
        for j in range(n + 1):
            ways = math.comb(m - 1, i) * math.comb(n, j)
            total = total + ways * logs(i + 1, j) * bell2(m - 1 - i, n - j, logs)
    return total


SMALL = 3e3  # of the terms of an exponent: below this, their rounding errors are below 1e-12
FAR = 30.0  # from here on Stirling's series of digamma has all digits


def _psi_minus_log(x):
    """digamma(x) - log(x) for x ≥ FAR: Stirling's series."""
    i = 1 / (x * x)
    return -0.5 / x - i * (1 / 12 - i * (1 / 120 - i * (1 / 252 - i * (1 / 240 - i / 132))))


def _log_minus_psi(l, a, psi):
    """l - digamma(a), without cancellation for a large `a`, where both are near log(a)."""
    b = np.maximum(a, FAR)
    return np.where(a > FAR, (l - np.log(b)) - _psi_minus_log(b), l - psi(a))


def _psi_gap(b, a, psi):
    """digamma(b + a) - digamma(b), without cancellation for a large `b`."""
    c = np.maximum(b, FAR)
    far = np.log1p(a / c) + _psi_minus_log(c + a) - _psi_minus_log(c)
    return np.where(b > FAR, far, psi(b + a) - psi(b))


def gamma_tail(a, l, n: int) -> np.ndarray:
    """-(∂/∂a)ⁿ F(l; a) / q(l; a) for the logarithm l of a gamma variable, q = exp(a l - exp(l)) / Γ(a)."""
    return apart(a < SMALL, lambda small, a, l: _gamma_tail(a, l, n, small), a, l)


def _gamma_tail(a, l, n, small):
    from scipy.special import polygamma, psi

    higher = [-polygamma(i - 1, a) for i in range(2, n + 1)]
    z, score = np.exp(l), _log_minus_psi(l, a, psi)
    side = np.where(score >= 0, 1.0, -1.0)

    def height(u, a, z):
        """log q at l + u, less that at l; for a small `a`, to which rounding does little, the short way."""
        return a * u - z * np.expm1(u) if small else u * (a - z) - z * _excess(u)

    def integrand(y, side, score, a, z, *higher):
        u = side * y
        weight = np.exp(height(u, a, z))
        weight *= bell(n, lambda i: score + u if i == 1 else higher[i - 2])
        return weight

    above = 2 * np.maximum(a - z, 0) / z + np.sqrt(2 * DROP / z)
    above = np.where(a < 1, np.minimum(above, np.log1p(DROP / z) + 5), above)
    above = np.minimum(above, np.log1p((DROP + a * above) / z))
    end = reach(
        lambda y: a * (side * y) - z * np.expm1(side * y),
        lambda y: side * (a - z * np.exp(side * y)),
        np.where(side > 0, above, (DROP + z) / a),
    )
    return side * integral(integrand, end, [-side * l, side * (-40 - l)], side, score, a, z, *higher)


def beta_tail(a, b, l, m: int, n: int) -> np.ndarray:
    """-(∂/∂a)ᵐ (∂/∂b)ⁿ F / q for the log-odds l of a beta variable, q = s**a (1 - s)**b / B(a, b), s = expit(l)."""
    if (m, n) == (0, 1):
        return -beta_tail(b, a, -l, 1, 0)
    if (m, n) != (1, 0):
        return _beta_tail(a, b, l, m, n)
    from scipy.special import psi

    gap = _psi_gap(a, b, psi)
    side = np.where(gap >= _softplus(-l), 1.0, -1.0)
    end = _beta_reach(a, b, l, side)
    size = (a + b) * (_softplus(-l) + np.where(side > 0, 0.0, end)) + b * np.abs(
        l
    )  # of what an exponent is made of
    return apart(
        size < SMALL,
        lambda small, *args: _beta_slope(*args) if small else _beta_tail(*args[:3], 1, 0),
        *(a, b, l, gap, side, end),
    )


def _softplus(x):
    """log(1 + exp(x)), with all digits for a very negative `x` too."""
    out = np.abs(x)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.log1p(out, out=out)
    out += np.maximum(x, 0)
    return out


def _beta_knees(a, b, l, side):
    bend = np.log((a + 1) / (b + 1))
    return [side * (k - l) for k in (bend - 40, bend, np.zeros_like(l), bend + 40)]


def _beta_reach(a, b, l, side):
    """How far the integral goes: all logarithms are softplus, of l and of x = l + side y."""
    minus_log_s, minus_log_c = _softplus(-l), _softplus(l)

    def height(y):
        x = side * y
        shift = minus_log_s - _softplus(-l - x)
        return (a + b) * shift - b * x

    def slope(y):
        x = np.exp(-(l + side * y))
        return side * (a - (a + b) / (1 + x))

    bound = np.where(
        side > 0, (DROP + a * minus_log_s) / b + minus_log_s, (DROP + b * minus_log_c) / a + minus_log_c
    )
    return reach(height, slope, bound)


def _beta_slope(a, b, l, gap, side, end):
    """`beta_tail` of (1, 0), the short way: the logarithm of s is both the score and in the density."""
    top = (a + b) * _softplus(-l) + b * l

    def integrand(y, a, b, l, gap, side, top):
        y *= side
        y += l
        minus_log_s = _softplus(-y)
        y *= -b
        y += top
        y -= (a + b) * minus_log_s
        np.exp(y, out=y)
        y *= gap - minus_log_s
        return y

    return side * integral(integrand, end, _beta_knees(a, b, l, side), a, b, l, gap, side, top)


def _beta_tail(a, b, l, m: int, n: int) -> np.ndarray:
    """`beta_tail` of any order, the careful way."""
    from scipy.special import expit, log_expit, polygamma, psi

    constants = {(1, 0): _psi_gap(a, b, psi), (0, 1): _psi_gap(b, a, psi)}
    for i in range(m + 1):
        for j in range(n + 1):
            if i + j > 1:
                own = polygamma(i - 1, a) if j == 0 else polygamma(j - 1, b) if i == 0 else 0.0
                constants[i, j] = polygamma(i + j - 1, a + b) - own
    log_s, log_c = log_expit(l), log_expit(-l)
    first = constants[1, 0] + log_s if m >= n else -(constants[0, 1] + log_c)
    side = np.where(first >= 0, 1.0, -1.0)

    def height(u, a, b, l, log_s, log_c):
        v = np.clip(u, -1, 1)
        near = -a * np.log1p(expit(-l) * np.expm1(-v)) - b * np.log1p(expit(l) * np.expm1(v))
        if np.all(np.abs(u) < 1):
            return near
        x = l + u
        return np.where(np.abs(u) < 1, near, a * (log_expit(x) - log_s) + b * (log_expit(-x) - log_c))

    def integrand(y, side, a, b, l, log_s, log_c, *rest):
        u = side * y
        x = l + u
        logs = dict(zip(constants, rest, strict=True))
        if m:
            logs[1, 0] = logs[1, 0] + log_expit(x)
        if n:
            logs[0, 1] = logs[0, 1] + log_expit(-x)
        return bell2(m, n, lambda i, j: logs[i, j]) * np.exp(height(u, a, b, l, log_s, log_c))

    end = _beta_reach(a, b, l, side)
    given = (side, a, b, l, log_s, log_c, *constants.values())
    return side * integral(integrand, end, _beta_knees(a, b, l, side), *given)


def ratio_slopes(ratio, kappa, n: int) -> list:
    """A = I1(κ) / I0(κ), and its derivatives up to the n-th.

    From A' = 1 - A/κ - A², by Leibniz' rule; K. Mardia and P. Jupp, Directional Statistics (2000), A.14.
    """
    slopes, over = [ratio], [ratio / kappa]
    for k in range(n):
        square = sum(math.comb(k, i) * slopes[i] * slopes[k - i] for i in range(k + 1))
        slopes.append((k == 0) - over[k] - square)
        over.append((slopes[k + 1] - (k + 1) * over[k]) / kappa)
    return slopes


def vonmises_tail(kappa, x, n: int) -> np.ndarray:
    """-(∂/∂κ)ⁿ F / q for an angle x, q = exp(κ cos x) / (2π I0(κ))."""
    from scipy.special import i0e, i1e

    ratio = i1e(kappa) / i0e(kappa)
    slopes = ratio_slopes(ratio, kappa, n - 1)
    t = np.abs(x)
    side = np.where(np.cos(t) >= ratio, -1.0, 1.0)
    start = np.sin(t / 2) ** 2
    low = np.where(side < 0, 0.0, t)
    high = np.where(side < 0, t, 2 * np.arcsin(np.sqrt(np.minimum(1, start + DROP / (2 * kappa)))))

    def integrand(y, kappa, start, low, ratio, *slopes):
        weight = np.exp(2 * kappa * (start - np.sin((low + y) / 2) ** 2))
        return weight * bell(n, lambda i: np.cos(low + y) - ratio if i == 1 else -slopes[i - 2])

    return np.sign(x) * side * integral(integrand, high - low, [], kappa, start, low, ratio, *slopes[1:])
