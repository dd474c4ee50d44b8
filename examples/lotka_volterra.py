"""Fit a differential equation to data: ``python -m examples.lotka_volterra``.

Lynx and hares in Canada, 1900 to 1920, as predators and prey (Lotka, Volterra). Reverse mode goes through
every step of a Runge-Kutta solver. Reference: the maximum-likelihood estimates given with the case study of
Carpenter (Predator-Prey Population Dynamics, mc-stan.org, 2018).
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from scipy.optimize import minimize

import dualad

from ._report import Row, report

# Pelts in thousands, collected by the Hudson's Bay Company: Howard, Modeling Basics (2009), after
# Hewitt, The Conservation of the Wild Life of Canada (1921).
HARE = """
30.0 47.2 70.2 77.4 36.3 20.6 18.1 21.4 22.0 25.4 27.1 40.3 57.0 76.6 52.3 19.5 11.2 7.6 14.6 16.2 24.7
"""
LYNX = """
4.0 6.1 9.8 35.2 59.4 41.7 19.0 13.0 8.3 9.1 7.4 8.0 12.3 19.5 45.7 51.1 29.7 15.8 9.7 10.1 8.6
"""

RATES = (0.5400, 0.02716, 0.7966, 0.02370)
STEPS_PER_YEAR = 10


def change(hare: Any, lynx: Any, rates: Any) -> tuple[Any, Any]:
    """Hares breed and are eaten; lynx starve and eat."""
    birth, eaten, death, feeding = rates
    return (birth - eaten * lynx) * hare, (feeding * hare - death) * lynx


def step(hare: Any, lynx: Any, rates: Any, h: float) -> tuple[Any, Any]:
    """One step of the classical Runge-Kutta method."""
    h1, l1 = change(hare, lynx, rates)
    h2, l2 = change(hare + h / 2 * h1, lynx + h / 2 * l1, rates)
    h3, l3 = change(hare + h / 2 * h2, lynx + h / 2 * l2, rates)
    h4, l4 = change(hare + h * h3, lynx + h * l3, rates)
    return hare + h / 6 * (h1 + 2 * h2 + 2 * h3 + h4), lynx + h / 6 * (l1 + 2 * l2 + 2 * l3 + l4)


def negative_log_likelihood(logs: Any, hares: np.ndarray, lynxes: np.ndarray) -> Any:
    """Log-normal errors, a standard deviation for each animal (at its maximum), less a constant."""
    parameters = np.exp(logs)
    rates = parameters[0], parameters[1], parameters[2], parameters[3]
    hare, lynx = parameters[4], parameters[5]
    path = [(hare, lynx)]
    for _ in hares[1:]:
        for _ in range(STEPS_PER_YEAR):
            hare, lynx = step(hare, lynx, rates, 1 / STEPS_PER_YEAR)
        path.append((hare, lynx))
    years = len(hares)
    hare_errors = np.log(np.stack([h for h, _ in path])) - np.log(hares)
    lynx_errors = np.log(np.stack([y for _, y in path])) - np.log(lynxes)
    return years / 2 * (np.log(np.mean(hare_errors**2)) + np.log(np.mean(lynx_errors**2)))


def main() -> int:
    """Fit the four rates and the two animals' first numbers, and compare."""
    hares, lynxes = (np.array(text.split(), dtype=float) for text in (HARE, LYNX))
    start = np.log([0.5, 0.02, 0.8, 0.02, hares[0], lynxes[0]])
    evaluate = dualad.value_and_grad(negative_log_likelihood)
    fit = minimize(evaluate, start, args=(hares, lynxes), jac=True, method="BFGS")
    rates = np.exp(fit.x[:4])
    names = ("birth of hares", "eaten by a lynx", "death of lynx", "feeding on a hare")
    found = [Row(name, r, g, 0.002 * r) for name, r, g in zip(names, RATES, rates, strict=True)]
    return report(f"Lynx and hare: BFGS, {fit.nit} iterations, {fit.nfev} gradients", found)


if __name__ == "__main__":
    sys.exit(main())
