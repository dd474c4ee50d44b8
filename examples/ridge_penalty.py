"""Choose a penalty by its gradient: ``python -m examples.ridge_penalty``.

Ridge regression of the progression of diabetes on ten measurements. The penalty is chosen by the squared error of five
folds, each predicted from the other four. The fits are minima found by BFGS, and the gradient of the error in the
penalty goes through them by the implicit function theorem. Reference: scikit-learn's Ridge, which solves the normal
equations, and a search without gradients.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import minimize, minimize_scalar

import dualad
from dualad import implicit

from ._command import run
from ._data import sklearn_datasets
from ._report import Row, report

FOLDS = 5


def diabetes() -> tuple[np.ndarray, np.ndarray]:
    """Ten measurements of 442 patients, centred, and the disease's progression after a year, in its deviations."""
    x, y = sklearn_datasets().load_diabetes(return_X_y=True)
    return x * np.sqrt(len(x)), (y - y.mean()) / y.std()


def loss(w: Any, log_penalty: Any, x: np.ndarray, y: np.ndarray) -> Any:
    """What ridge regression minimises."""
    return np.sum((y - x @ w) ** 2) + np.exp(log_penalty) * np.sum(w**2)


def error(log_penalty: Any, x: np.ndarray, y: np.ndarray) -> Any:
    """Mean squared error of each fold, predicted from the other folds."""
    fold = np.arange(len(y)) % FOLDS
    total: Any = 0.0
    for k in range(FOLDS):
        inside, outside = fold == k, fold != k
        fit = partial(loss, x=x[outside], y=y[outside])
        w = implicit.argmin(fit, np.zeros(x.shape[1]), log_penalty)
        total = total + np.sum((y[inside] - x[inside] @ w) ** 2)
    return total / len(y)


def error_by_scikit_learn(log_penalty: float, x: np.ndarray, y: np.ndarray) -> float:
    """The same error from scikit-learn's fits."""
    from sklearn.linear_model import Ridge

    fold = np.arange(len(y)) % FOLDS
    total = 0.0
    for k in range(FOLDS):
        model = Ridge(alpha=np.exp(log_penalty), fit_intercept=False).fit(x[fold != k], y[fold != k])
        total += np.sum((y[fold == k] - model.predict(x[fold == k])) ** 2)
    return total / len(y)


def compare() -> int:
    x, y = diabetes()
    by_hand = partial(error_by_scikit_learn, x=x, y=y)
    h = 1e-3
    slope = (8 * (by_hand(1 + h) - by_hand(1 - h)) - (by_hand(1 + 2 * h) - by_hand(1 - 2 * h))) / (12 * h)
    search = minimize_scalar(by_hand, bounds=(-2, 6), method="bounded", options={"xatol": 1e-8})
    value, gradient = dualad.value_and_grad(error)(1.0, x, y)
    fit = minimize(
        lambda p: dualad.value_and_grad(error)(p[0], x, y), [1.0], jac=True, options={"gtol": 1e-10}
    )
    table = [
        Row("error at 1", by_hand(1.0), float(value), 1e-12),
        Row("its slope at 1", slope, float(gradient), 1e-11),
        Row("log of the best penalty", float(search.x), float(fit.x[0]), 1e-5),
        Row("its error", float(search.fun), float(fit.fun), 1e-11),
    ]
    return report(f"Ridge penalty: {fit.nit} steps of BFGS, {fit.nfev} gradients", table)


def main() -> int:
    """Choose the penalty, and compare."""
    return run("ridge_penalty", compare)


if __name__ == "__main__":
    sys.exit(main())
