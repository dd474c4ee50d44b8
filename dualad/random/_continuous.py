"""Numbers with a density: what each is made of, by NumPy's method of the same name.

A row is the noise that NumPy's method draws before the parameters come in (or None, where the number itself tells all),
and the number as a function of noise and parameters. Its value is replaced by NumPy's own, which may differ in the last
bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core.errors import NotDifferentiable, at_user_line
from ..core.trace import strip
from ..ops.arithmetic import maximum, minimum, sqrt
from ..ops.draws import (
    beta_logit_draw,
    gamma_log_draw,
    pareto_draw,
    pinned,
    power_draw,
    vonmises_draw,
    wald_draw,
)
from ..ops.elementary import exp, expit, log, log1p
from ..ops.flow import stop_value
from ..ops.select import where
from ._draw import Source, carries, draw, parameter

TINY = 1e-300
ALMOST_ONE = 1 - 2.0**-53


class Row(NamedTuple):
    """A distribution: the noise behind its numbers, and the numbers made of it and of the parameters."""

    noise: Callable | None
    number: Callable


def follow(rng, name: str, parameters: tuple, size: Any, keywords: dict | None = None) -> Any:
    """Numbers of the distribution `name` that follow their parameters."""
    parameters = tuple(map(parameter, parameters))
    if not any(map(carries, parameters)):
        return draw(Source(rng, name, keywords=keywords), parameters, size)
    if name in MIXED:
        _refuse_mixtures(name, *(strip(parameters[k]) for k in MIXED[name]))
    noise, number = ROWS[name]
    drawn = draw(Source(rng, name, noise, keywords=keywords), parameters, size)
    z, e = drawn if noise else (drawn, drawn)
    return pinned(number(e, *parameters), z)


def gamma_of(a, e):
    """The standard gamma number `e`, as it follows its shape `a`."""
    return exp(gamma_log_draw(a, log(maximum(e, TINY))))


def _beta(z, a, b):
    z = minimum(maximum(z, TINY), ALMOST_ONE)
    return expit(beta_logit_draw(a, b, log(z) - log1p(-z)))


def _f(z, top, bottom):
    odds = maximum(z * stop_value(top) / stop_value(bottom), TINY)
    return (bottom / top) * exp(beta_logit_draw(top / 2, bottom / 2, log(odds)))


def _t(z, df):
    odds = maximum(z * z / stop_value(df), TINY)
    return np.sign(z) * sqrt(df * exp(beta_logit_draw(0.5, df / 2, log(odds))))


def _triangular(u, left, mode, right):
    base = right - left
    rising = left + sqrt(u * base * (mode - left))
    falling = right - sqrt((1 - u) * base * (right - mode))
    return where(u <= stop_value((mode - left) / base), rising, falling)


def _wald(z, mean, scale):
    return mean * wald_draw(scale / mean, z / stop_value(mean))


def _shapes(df, shape):
    """Half of `df`, for each of the numbers."""
    return np.broadcast_to(np.asarray(df) / 2, shape).ravel().tolist()


def _chisquare_and_normal(generator, shape, df, _):
    """The noise of numbers each of which takes several draws, in turn, side by side along a last axis."""
    gamma, normal = generator.standard_gamma, generator.standard_normal
    rows = [(gamma(a), normal()) for a in _shapes(df - 1, shape)]
    return np.array(rows, float).reshape((*shape, 2))


def _noise_of_noncentral_f(generator, shape, top, bottom, _):
    gamma, normal = generator.standard_gamma, generator.standard_normal
    pairs = zip(_shapes(top - 1, shape), _shapes(bottom, shape), strict=True)
    rows = [(gamma(a), normal(), gamma(b)) for a, b in pairs]
    return np.array(rows, float).reshape((*shape, 3))


def _noncentral_chisquare(e, df, nonc):
    """For df > 1, a chi-square number of df - 1 and the square of a normal one that is not centred."""
    return 2 * gamma_of((df - 1) / 2, e[..., 0]) + (e[..., 1] + sqrt(nonc)) ** 2


def _noncentral_f(e, top, bottom, nonc):
    return (_noncentral_chisquare(e, top, nonc) / top) / (2 * gamma_of(bottom / 2, e[..., 2]) / bottom)


def _refuse_mixtures(name, df, nonc):
    """NumPy's draws for df ≤ 1 jump with a Poisson number, and those for nonc = 0 are made in another way."""
    if np.any(np.asarray(df) <= 1) or np.any(np.asarray(nonc) == 0):
        raise NotDifferentiable(
            f"rng.{name} with degrees of freedom ≤ 1, or with nonc = 0{at_user_line()}: NumPy makes these numbers of "
            "another draw, a Poisson number that jumps or none at all. dualad.stop_gradient(x) says that no derivative "
            "is wanted."
        )


def _standard(name):
    """The noise of a family of location and scale, or of scale alone, is its standard member."""

    def noise(generator, shape, *parameters):
        standard = (0.0, 1.0) if len(parameters) == 2 else (1.0,)
        return getattr(generator, name)(*standard, size=shape)

    return noise


_LOCATED = {
    name: Row(_standard(name), lambda e, loc, scale: loc + scale * e)
    for name in ("normal", "laplace", "logistic", "gumbel")
}
_SCALED = {name: Row(_standard(name), lambda e, scale: scale * e) for name in ("exponential", "rayleigh")}

ROWS = {
    **_LOCATED,
    **_SCALED,
    "uniform": Row(lambda g, shape, *_: g.random(shape), lambda u, low, high: low + (high - low) * u),
    "lognormal": Row(
        lambda g, shape, *_: g.standard_normal(shape), lambda e, mean, sigma: exp(mean + sigma * e)
    ),
    "triangular": Row(lambda g, shape, *_: g.random(shape), _triangular),
    "weibull": Row(None, lambda z, a: power_draw(a, z)),
    "power": Row(None, lambda z, a: power_draw(a, z)),
    "pareto": Row(None, lambda z, a: pareto_draw(a, z)),
    "standard_gamma": Row(None, lambda z, a: gamma_of(a, z)),
    "gamma": Row(
        lambda g, shape, a, _: g.standard_gamma(a, size=shape), lambda e, a, scale: scale * gamma_of(a, e)
    ),
    "chisquare": Row(
        lambda g, shape, df: g.standard_gamma(df / 2, size=shape), lambda e, df: 2 * gamma_of(df / 2, e)
    ),
    "beta": Row(None, _beta),
    "f": Row(None, _f),
    "standard_t": Row(None, _t),
    "wald": Row(None, _wald),
    "noncentral_chisquare": Row(_chisquare_and_normal, _noncentral_chisquare),
    "noncentral_f": Row(_noise_of_noncentral_f, _noncentral_f),
    "vonmises": Row(
        lambda g, shape, _, kappa: g.vonmises(0.0, kappa, size=shape),
        lambda e, mu, kappa: mu + vonmises_draw(kappa, e),
    ),
}

# Of these, the places of degrees of freedom and of the noncentrality among the parameters.
MIXED = {"noncentral_chisquare": (0, 1), "noncentral_f": (0, 2)}
