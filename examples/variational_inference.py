"""Variational inference by draws that follow their parameters: ``python -m examples.variational_inference``.

How often does a horse kick kill? The number of deaths per corps and year is Poisson with an unknown rate z, of prior
Gamma(1, 1). A gamma distribution q is fitted to the posterior by climbing the evidence lower bound, the mean of
log p(x, z) - log q(z), along gradients of draws of `dualad.random`; log q with its parameters held (G. Roeder, Y. Wu,
D. Duvenaud, Sticking the landing, 2017), so that the noise goes as q comes near. Reference: the posterior in closed
form, Gamma(1 + Σ x, 1 + n).
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from scipy.special import gammaln, polygamma

import dualad

from ._report import Row, report

# Years of a corps with 0, 1, 2, … deaths: L. von Bortkiewicz, Das Gesetz der kleinen Zahlen (1898).
YEARS = (109, 65, 22, 3, 1)
PRIOR_SHAPE, PRIOR_RATE = 1.0, 1.0


def log_joint(z: Any, deaths: float, years: float) -> Any:
    """log p(x, z), without what does not depend on z."""
    return (PRIOR_SHAPE - 1 + deaths) * np.log(z) - (PRIOR_RATE + years) * z


def log_gamma(z: Any, shape: Any, rate: Any) -> Any:
    """The logarithm of the density of the gamma distribution."""
    return shape * np.log(rate) - gammaln(shape) + (shape - 1) * np.log(z) - rate * z


def bound(q: Any, rng: np.random.Generator, deaths: float, years: float) -> Any:
    """The evidence lower bound by 1000 draws; `q` is the logarithms of mean and shape."""
    shape = np.exp(q[1])
    rate = shape / np.exp(q[0])
    z = rng.gamma(shape, 1 / rate, size=1000)
    held = dualad.stop_gradient(shape), dualad.stop_gradient(rate)
    return np.mean(log_joint(z, deaths, years) - log_gamma(z, *held))


def fit(deaths: float, years: float, steps: int = 60) -> np.ndarray:
    """Climb by natural gradients: by the inverse of Fisher's information, which is diagonal in these parameters."""
    rng, q = dualad.random.default_rng(0), np.array([0.0, 1.0])
    climb = dualad.grad(bound)
    for _ in range(steps):
        shape = np.exp(q[1])
        information = np.array([shape, shape**2 * polygamma(1, shape) - shape])
        q = q + np.clip(0.5 * climb(q, rng, deaths, years) / information, -0.5, 0.5)
    return q


def main() -> int:
    """Fit, and compare with the posterior in closed form."""
    deaths, years = float(np.dot(range(5), YEARS)), float(sum(YEARS))
    mean, shape = np.exp(fit(deaths, years))
    wanted = PRIOR_SHAPE + deaths
    return report(
        "The posterior of a Poisson rate, by variational inference",
        [
            Row("posterior mean", wanted / (PRIOR_RATE + years), mean, 1e-9),
            Row("posterior deviation", wanted**0.5 / (PRIOR_RATE + years), mean / shape**0.5, 1e-9),
            Row("shape", wanted, shape, 1e-6),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
