"""Option Greeks by differentiating the price: ``python -m examples.black_scholes``.

A Greek is a partial derivative of the price of a European call (Black and Scholes, 1973). Five of them come
with the price from one reverse sweep; the second-order ones by differentiating again. Reference: the closed
formulas of each Greek (Hull, Options, Futures, and Other Derivatives, chapter 19), evaluated apart.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from scipy.special import ndtr

import dualad

from ._report import Row, report

SPOT, STRIKE, YEARS, RATE, VOLATILITY = 100.0, 100.0, 1.0, 0.05, 0.2

REFERENCES = {
    "price": 10.450583572,
    "delta": 0.6368306512,
    "gamma": 0.0187620173,
    "vega": 37.52403469,
    "theta": -6.414027546,
    "rho": 53.23248155,
    "vanna": -0.2814302602,
    "volga": 9.850059107,
}


def call(spot: Any, volatility: Any, years: Any, rate: Any) -> Any:
    """The price of a call."""
    deviation = volatility * np.sqrt(years)
    d1 = (np.log(spot / STRIKE) + (rate + volatility**2 / 2) * years) / deviation
    return spot * ndtr(d1) - STRIKE * np.exp(-rate * years) * ndtr(d1 - deviation)


def greeks() -> dict[str, Any]:
    """The price and seven derivatives of it."""
    at = SPOT, VOLATILITY, YEARS, RATE
    price, (delta, vega, by_years, rho) = dualad.value_and_grad(call, argnums=(0, 1, 2, 3))(*at)
    gamma, vanna = dualad.grad(dualad.grad(call, argnums=0), argnums=(0, 1))(*at)
    volga = dualad.grad(dualad.grad(call, argnums=1), argnums=1)(*at)
    # Theta is the change as time passes, and years to expiry then grow fewer.
    return dict(
        price=price, delta=delta, gamma=gamma, vega=vega, theta=-by_years, rho=rho, vanna=vanna, volga=volga
    )


def main() -> int:
    """The table, and whether it is right."""
    found = greeks()
    table = [Row(name, ref, float(found[name]), 1e-8 * max(1, abs(ref))) for name, ref in REFERENCES.items()]
    return report("A European call: S = K = 100, one year, r = 0.05, sigma = 0.2", table)


if __name__ == "__main__":
    sys.exit(main())
