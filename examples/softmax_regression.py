"""Softmax regression on MNIST with SciPy's L-BFGS: ``python -m examples.softmax_regression [DIR]``.

One linear layer, trained to its optimum: a convex problem with one answer. Pixels from 0 to 1, penalty as
scikit-learn's C = 0.01. Reference: scikit-learn's LogisticRegression(C=0.01), on the 60,000 training images.
DIR is a folder of MNIST's files; without it they come as in `examples.mnist`. Takes a minute or two.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from scipy.optimize import minimize

import dualad
from dualad.data import DataError, DataUnavailable, load_mnist

from ._command import Problem, run
from ._report import Row, report

OBJECTIVE = 21850.733
ACCURACY = 0.9187
PENALTY = 1 / 0.01
CLASSES = 10


def logits(parameters: Any, images: np.ndarray) -> Any:
    """Ten numbers for each image, of weights and intercepts in one row."""
    table = parameters.reshape(-1, CLASSES)
    return images @ table[:-1] + table[-1]


def objective(parameters: Any, images: np.ndarray, labels: np.ndarray) -> Any:
    """Cross-entropy summed over the images, and the penalty on the weights (not the intercepts)."""
    z = logits(parameters, images)
    peak = z.max(axis=1, keepdims=True)
    normalizers = np.log(np.sum(np.exp(z - peak), axis=1)) + peak[:, 0]
    weights = parameters[:-CLASSES]
    return np.sum(normalizers - z[np.arange(len(labels)), labels]) + PENALTY / 2 * np.sum(weights**2)


def program(folder: str | None) -> int:
    """Fit, and compare."""
    try:
        digits = load_mnist(folder)
    except (DataError, DataUnavailable) as error:
        raise Problem(str(error)) from None
    print(f"data: {digits.note}", flush=True)
    flat = lambda images: images.reshape(len(images), -1) / 255.0  # noqa: E731
    images, labels = flat(digits.train_images), digits.train_labels
    start = np.zeros((images.shape[1] + 1) * CLASSES)
    fit = minimize(
        dualad.value_and_grad(objective),
        start,
        args=(images, labels),
        jac=True,
        method="L-BFGS-B",
        options=dict(maxiter=1000, maxfun=2000, ftol=1e-13, gtol=0.1, maxcor=20),
    )
    right = logits(fit.x, flat(digits.test_images)).argmax(axis=1) == digits.test_labels
    return report(
        f"Softmax regression on MNIST: L-BFGS, {fit.nit} iterations, {fit.nfev} gradients",
        [
            Row("objective", OBJECTIVE, fit.fun, 0.01),
            Row("test accuracy", ACCURACY, float(right.mean()), 0.0003),
        ],
    )


def main(arguments: list[str] | None = None) -> int:
    """The command: its status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    return run("softmax_regression", lambda: program(arguments[0] if arguments else None))


if __name__ == "__main__":
    sys.exit(main())
