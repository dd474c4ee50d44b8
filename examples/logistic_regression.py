"""Logistic regression: SciPy's optimiser, dualad's gradient: ``python -m examples.logistic_regression``.

Breast cancer, malignant or benign, from 30 standardised features (scikit-learn's bundled data). Reference:
scikit-learn's LogisticRegression(C=1), run to a tolerance of 1e-12.
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

OBJECTIVE = 37.758945961876
INTERCEPT = 0.2145027174
COEFFICIENTS = (-0.36309253, -0.38767544, -0.35106212)


def objective(parameters: Any, features: np.ndarray, signs: np.ndarray) -> Any:
    """Negative log-likelihood of the signs, and half the squared coefficients (C = 1)."""
    intercept, coefficients = parameters[0], parameters[1:]
    margins = signs * (features @ coefficients + intercept)
    return np.sum(np.logaddexp(0, -margins)) + np.sum(coefficients**2) / 2


def program() -> int:
    """Fit, and compare."""
    data = sklearn_datasets().load_breast_cancer()
    features = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    signs = np.where(data.target == 1, 1.0, -1.0)
    fit = minimize(
        dualad.value_and_grad(objective),
        np.zeros(1 + features.shape[1]),
        args=(features, signs),
        jac=True,
        method="BFGS",
        options=dict(gtol=1e-7),
    )
    return report(
        f"Logistic regression on breast_cancer: BFGS, {fit.nit} iterations, {fit.nfev} gradients",
        [
            Row("objective", OBJECTIVE, fit.fun, 1e-9),
            Row("intercept", INTERCEPT, fit.x[0], 1e-6),
            *rows("coefficient", COEFFICIENTS, fit.x[1:4], 1e-6),
        ],
    )


def main() -> int:
    """The command: its status."""
    return run("logistic_regression", program)


if __name__ == "__main__":
    sys.exit(main())
