"""Maximum likelihood through a Kalman filter: ``python -m examples.kalman_nile``.

The annual flow of the Nile at Aswan as a level that wanders, seen with noise. The filter is a loop of plain
arithmetic, and reverse mode goes through it. Reference: statsmodels 0.15, UnobservedComponents, local level.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from scipy.optimize import minimize

import dualad

from ._report import Row, report

# 10^8 cubic metres, 1871 to 1970: Cobb, The problem of the Nile, Biometrika 65 (1978), 243-251, table 1;
# the same series is `Nile` in R and `statsmodels.datasets.nile`.
FLOW = """
1120 1160  963 1210 1160 1160  813 1230 1370 1140  995  935 1110  994 1020  960 1180  799  958 1140
1100 1210 1150 1250 1260 1220 1030 1100  774  840  874  694  940  833  701  916  692 1020 1050  969
 831  726  456  824  702 1120 1100  832  764  821  768  845  864  862  698  845  744  796 1040  759
 781  865  845  944  984  897  822 1010  771  676  649  846  812  742  801 1040  860  874  848  890
 744  749  838 1050  918  986  797  923  975  815 1020  906  901 1170  912  746  919  718  714  740
"""

# statsmodels stops here by default ...
NEARBY = dict(noise=15078.00998643, wander=1478.81201907)
LIKELIHOOD_NEARBY = -632.5377605785
# ... and here with gtol=1e-9: the likelihood is flat.
NOISE_VARIANCE, LEVEL_VARIANCE = 15108.316, 1463.547
LIKELIHOOD = -632.5376855873


def log_likelihood(noise: Any, wander: Any, flow: np.ndarray) -> Any:
    """Durbin and Koopman, Time Series Analysis by State Space Methods (2012), sections 2.2 and 2.9.

    Little is known before the first flow (mean 0, a variance of a million, as in statsmodels), so that one
    estimates the level, and adds nothing to the likelihood.
    """
    level, variance = 0.0, 1e6
    total = -len(flow[1:]) / 2 * np.log(2 * np.pi)
    for year, seen in enumerate(flow):
        surprise, spread = seen - level, variance + noise
        if year > 0:
            total = total - (np.log(spread) + surprise**2 / spread) / 2
        gain = variance / spread
        level = level + gain * surprise
        variance = gain * noise + wander
    return total


def main() -> int:
    """Maximise over the logarithms of both variances, and compare."""
    flow = np.array(FLOW.split(), dtype=float)
    start = np.log([np.var(flow), np.var(flow)])
    evaluate = dualad.value_and_grad(lambda logs: -log_likelihood(*np.exp(logs), flow))
    fit = minimize(evaluate, start, jac=True, method="BFGS")
    noise, wander = np.exp(fit.x)
    return report(
        f"The Nile, a local level: BFGS, {fit.nit} iterations, {fit.nfev} gradients",
        [
            Row("log-likelihood nearby", LIKELIHOOD_NEARBY, log_likelihood(**NEARBY, flow=flow), 1e-9),
            Row("maximum", LIKELIHOOD, -fit.fun, 1e-8),
            Row("noise variance", NOISE_VARIANCE, noise, 0.5),
            Row("level variance", LEVEL_VARIANCE, wander, 0.5),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
