"""Hyperparameters of a Gaussian process by gradient: ``python -m examples.gaussian_process``.

Progression of diabetes in 200 patients from two features (scikit-learn's bundled data), kernel
constant * RBF + white noise. Reference: scikit-learn's GaussianProcessRegressor, its
log_marginal_likelihood(theta, eval_gradient=True) at theta = 0 and at its optimum.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from scipy.optimize import minimize

import dualad

from ._command import run
from ._data import sklearn_datasets
from ._report import Row, report, rows

LIKELIHOOD = -252.307826568
GRADIENT = (-3.58847891, 11.04113464, -42.94552586)
OPTIMUM = -231.149644459
JITTER = 1e-10  # scikit-learn's alpha


def log_marginal_likelihood(logs: Any, points: np.ndarray, values: np.ndarray) -> Any:
    """Rasmussen and Williams (2006), equation 2.30; `logs`: of the variance, the length scale, the noise."""
    variance, length, noise = np.exp(logs)
    differences = points[:, None] - points[None]
    squares = np.sum(differences**2, axis=-1)
    n = len(values)
    covariance = variance * np.exp(-squares / (2 * length**2)) + (noise + JITTER) * np.eye(n)
    factor = np.linalg.cholesky(covariance)
    white = np.linalg.solve(factor, values)
    return -np.sum(white**2) / 2 - np.sum(np.log(np.diagonal(factor))) - n / 2 * np.log(2 * np.pi)


def program() -> int:
    """The value and gradient at 0, then the maximum from there."""
    data = sklearn_datasets().load_diabetes()
    points = data.data[:200, [2, 8]] * 20
    values = data.target[:200]
    values = (values - values.mean()) / values.std()
    evaluate = dualad.value_and_grad(lambda logs: -log_marginal_likelihood(logs, points, values))
    value, gradient = evaluate(np.zeros(3))
    fit = minimize(evaluate, np.zeros(3), jac=True, method="BFGS")
    return report(
        f"A Gaussian process on diabetes: BFGS, {fit.nit} iterations, {fit.nfev} gradients",
        [
            Row("log-likelihood at 0", LIKELIHOOD, -float(value), 1e-8),
            *rows("gradient at 0", GRADIENT, -gradient, 1e-7),
            Row("its maximum", OPTIMUM, -fit.fun, 1e-6),
        ],
    )


def main() -> int:
    """The command: its status."""
    return run("gaussian_process", program)


if __name__ == "__main__":
    sys.exit(main())
