"""Standard errors from a Hessian: ``python -m examples.standard_errors``.

A logit model: does a new way of teaching (PSI) raise the chance of a better grade? Newton's method with
dualad's gradient and Hessian; the inverse of the last Hessian gives the standard errors. Reference:
statsmodels 0.14, Logit, on statsmodels.datasets.spector.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import dualad

from ._report import Row, report, rows

# GPA, TUCE (an entrance test), PSI (taught by it), GRADE (better): Spector and Mazzeo, Probit analysis and
# economic education, Journal of Economic Education 11 (1980), 37-44; printed in Greene, Econometric Analysis.
STUDENTS = """
2.66 20 0 0   2.89 22 0 0   3.28 24 0 0   2.92 12 0 0   4.00 21 0 1   2.86 17 0 0   2.76 17 0 0   2.87 21 0 0
3.03 25 0 0   3.92 29 0 1   2.63 20 0 0   3.32 23 0 0   3.57 23 0 0   3.26 25 0 1   3.53 26 0 0   2.74 19 0 0
2.75 25 0 0   2.83 19 0 0   3.12 23 1 0   3.16 25 1 1   2.06 22 1 0   3.62 28 1 1   2.89 14 1 0   3.51 26 1 0
3.54 24 1 1   2.83 27 1 1   3.39 17 1 1   2.67 24 1 0   3.65 21 1 1   4.00 23 1 1   3.10 21 1 0   2.39 19 1 1
"""

PARAMETERS = (-13.02134686, 2.82611259, 0.09515766, 2.37868766)
LIKELIHOOD = -12.889634222
STANDARD_ERRORS = (4.93132421, 1.26294108, 0.14155421, 1.06456425)


def negative_log_likelihood(parameters: Any, features: np.ndarray, better: np.ndarray) -> Any:
    """Of a logit model."""
    scores = features @ parameters
    return np.sum(np.logaddexp(0, scores) - better * scores)


def main() -> int:
    """Ten steps of Newton, and compare."""
    table = np.array(STUDENTS.split(), dtype=float).reshape(-1, 4)
    features, better = np.column_stack([np.ones(len(table)), table[:, :3]]), table[:, 3]
    gradient = dualad.grad(negative_log_likelihood)
    hessian = dualad.hessian(negative_log_likelihood)
    parameters = np.zeros(4)
    for _ in range(10):
        at = parameters, features, better
        parameters = parameters - np.linalg.solve(hessian(*at), gradient(*at))
    covariance = np.linalg.inv(hessian(parameters, features, better))
    likelihood = -negative_log_likelihood(parameters, features, better)
    return report(
        "A logit model of 32 students: ten steps of Newton",
        [
            Row("log-likelihood", LIKELIHOOD, likelihood, 1e-8),
            *rows("parameter", PARAMETERS, parameters, 1e-7),
            *rows("standard error", STANDARD_ERRORS, np.sqrt(np.diag(covariance)), 1e-7),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
