"""Draws of whole numbers. They jump: no derivative passes along a draw. Where one would be lost, they say what to do.

The score function gives the gradient of an expectation: ∇ E f(k) = E f(k) ∇ log p(k). R. J. Williams, Machine Learning
8 (1992).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import NotDifferentiable, at_user_line
from ._draw import Source, carries, draw, is_plain, parameter

# The logarithm of the probability of k, as far as it depends on the parameters.
SCORES = {
    "integers": "the probability depends on the bounds by its support alone; scale a number of rng.uniform instead",
    "poisson": "k * np.log(lam) - lam",
    "binomial": "k * np.log(p) + (n - k) * np.log1p(-p)",
    "geometric": "(k - 1) * np.log1p(-p) + np.log(p)",
    "negative_binomial": "n * np.log(p) + k * np.log1p(-p)",
    "multinomial": "np.sum(k * np.log(pvals))",
    "zipf": "-a * np.log(k) - log_zeta(a), with the logarithm of Riemann's zeta function",
    "logseries": "k * np.log(p) - np.log(-np.log1p(-p))",
    "choice": "np.log(p[k])",
    "hypergeometric": "the parameters are whole numbers, in which there is no derivative",
    "multivariate_hypergeometric": "the parameters are whole numbers, in which there is no derivative",
}


def refuse(name: str, parameters: tuple) -> None:
    """Raise where a parameter of a draw of whole numbers carries a derivative."""
    if not any(map(carries, parameters)):
        return
    score = SCORES[name]
    how = (
        f"For the gradient of an expectation of f draw k = rng.{name}(...) with dualad.stop_gradient(...) of the "
        "parameters, and differentiate dualad.stop_gradient(f(k)) * log_p, where log_p, the logarithm of the "
        f"probability of k, is {score} (the score function estimator)."
        if "(" in score and ";" not in score
        else f"Here {score}."
    )
    raise NotDifferentiable(
        f"rng.{name} draws whole numbers, which jump where its parameters move{at_user_line()}: "
        f"no derivative passes along a draw. {how} dualad.stop_gradient(x) says that none is wanted."
    )


class Discrete(np.random.Generator):
    """The methods that draw whole numbers."""

    def _whole(self, name, parameters, size, row_by_row=False, **keywords) -> Any:
        if is_plain(*parameters, size):
            return getattr(np.random.Generator, name)(self, *parameters, size=size, **keywords)
        parameters = tuple(map(parameter, parameters))
        refuse(name, parameters)
        return draw(Source(self, name, row_by_row=row_by_row, keywords=keywords), parameters, size)

    def integers(self, low, high=None, size=None, dtype=np.int64, endpoint=False):
        bounds = (low,) if high is None else (low, high)
        return self._whole("integers", bounds, size, dtype=dtype, endpoint=endpoint)

    def poisson(self, lam=1.0, size=None):
        return self._whole("poisson", (lam,), size)

    def binomial(self, n, p, size=None):
        return self._whole("binomial", (n, p), size)

    def negative_binomial(self, n, p, size=None):
        return self._whole("negative_binomial", (n, p), size)

    def geometric(self, p, size=None):
        return self._whole("geometric", (p,), size)

    def zipf(self, a, size=None):
        return self._whole("zipf", (a,), size)

    def logseries(self, p, size=None):
        return self._whole("logseries", (p,), size)

    def hypergeometric(self, ngood, nbad, nsample, size=None):
        return self._whole("hypergeometric", (ngood, nbad, nsample), size)

    def multinomial(self, n, pvals, size=None):
        return self._whole("multinomial", (n, pvals), size, row_by_row=True)

    def multivariate_hypergeometric(self, colors, nsample, size=None, method="marginals"):
        return self._whole(
            "multivariate_hypergeometric", (colors, nsample), size, row_by_row=True, method=method
        )
