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
SHORT = 16.0
BLOCK = 2048  # values at a time: their nodes stay in cache

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


def integral(height: Callable, factor: Callable, end: np.ndarray, knees: list) -> np.ndarray:
    """The integral of factor(y) exp(height(y)) from 0 to `end`, over panels that end at the `knees` of the density.

    A knee is about 1 wide, so on a short way the nodes of one panel are near enough to each other.
    """
    bends = np.where(end < SHORT, 0, end)
    inside = np.sort([np.clip(k, 0, bends) for k in (*knees, np.zeros_like(end))], axis=0)
    edges = [*inside, end]
    total = np.zeros_like(end)
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        width = high - low
        if width.any():
            y = low + width * NODES
            total += width * (WEIGHTS @ (factor(y) * np.exp(height(y))))
    return total


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
    from scipy.special import polygamma, psi

    higher = {i: -polygamma(i - 1, a) for i in range(2, n + 1)}
    z, score = np.exp(l), _log_minus_psi(l, a, psi)
    side = np.where(score >= 0, 1.0, -1.0)

    def height(y):
        u = side * y
        return u * (a - z) - z * _excess(u)

    def slope(y):
        return side * (a - z * np.exp(side * y))

    def factor(y):
        return bell(n, lambda i: score + side * y if i == 1 else higher[i])

    above = 2 * np.maximum(a - z, 0) / z + np.sqrt(2 * DROP / z)
    above = np.where(a < 1, np.minimum(above, np.log1p(DROP / z) + 5), above)
    above = np.minimum(above, np.log1p((DROP + a * above) / z))
    end = reach(height, slope, np.where(side > 0, above, (DROP + z) / a))
    return side * integral(height, factor, end, [-side * l, side * (-40 - l)])


def beta_tail(a, b, l, m: int, n: int) -> np.ndarray:
    """-(∂/∂a)ᵐ (∂/∂b)ⁿ F / q for the log-odds l of a beta variable, q = s**a (1 - s)**b / B(a, b), s = expit(l)."""
    from scipy.special import expit, log_expit, polygamma, psi

    constants = {(1, 0): _psi_gap(a, b, psi), (0, 1): _psi_gap(b, a, psi)}
    for i in range(m + 1):
        for j in range(n + 1):
            if i + j > 1:
                own = polygamma(i - 1, a) if j == 0 else polygamma(j - 1, b) if i == 0 else 0.0
                constants[i, j] = polygamma(i + j - 1, a + b) - own
    s, c, log_s, log_c = expit(l), expit(-l), log_expit(l), log_expit(-l)
    first = constants[1, 0] + log_s if m >= n else -(constants[0, 1] + log_c)
    side = np.where(first >= 0, 1.0, -1.0)

    def height(y):
        u = side * y
        v = np.clip(u, -1, 1)
        near = -a * np.log1p(c * np.expm1(-v)) - b * np.log1p(s * np.expm1(v))
        if np.all(y < 1):
            return near
        x = l + u
        return np.where(y < 1, near, a * (log_expit(x) - log_s) + b * (log_expit(-x) - log_c))

    def slope(y):
        x = l + side * y
        return side * (a * expit(-x) - b * expit(x))

    def factor(y):
        x = l + side * y
        first = {(1, 0): log_expit(x) if m else 0.0, (0, 1): log_expit(-x) if n else 0.0}
        return bell2(m, n, lambda i, j: constants[i, j] + first.get((i, j), 0.0))

    bound = np.where(side > 0, (DROP - a * log_s) / b - log_s, (DROP - b * log_c) / a - log_c)
    end = reach(height, slope, bound)
    bend = np.log((a + 1) / (b + 1))
    knees = [side * (k - l) for k in (bend - 40, bend, np.zeros_like(l), bend + 40)]
    return side * integral(height, factor, end, knees)


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

    def height(y):
        return 2 * kappa * (start - np.sin((low + y) / 2) ** 2)

    def factor(y):
        return bell(n, lambda i: np.cos(low + y) - ratio if i == 1 else -slopes[i - 1])

    return np.sign(x) * side * integral(height, factor, high - low, [])
