"""A stiff partial differential equation with a sparse Jacobian: ``python -m examples.medical_akzo``.

A substance moves into tissue and reacts with antibodies there: 400 ordinary differential equations after
discretisation. The implicit solver is given their Jacobian as a sparse matrix, found from four pushes. Reference: the
solution at the end of time given with the medical Akzo Nobel problem of the Test Set for IVP Solvers (Mazzia and
Magherini, University of Bari, release 2.4, 2008).
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

import dualad

from ._report import Row, report

CELLS, RATE, SCALE = 200, 100.0, 4.0
SWITCHED_OFF, END = 5.0, 20.0
# Number of the equation (from 1) and its solution at the end.
SOLUTION = {
    79: 0.2339942217046434e-3,
    133: 0.3576835958481664e-3,
    171: 0.3085949832350532e-3,
    199: 0.1173741304462833e-3,
    200: 0.6190822732534586e-5,
}

WIDTH = 1 / CELLS
PLACE = np.arange(1, CELLS + 1) * WIDTH - 1
DRIFT, DIFFUSION = 2 * PLACE**3 / SCALE**2, PLACE**4 / SCALE**2


def change(t: float, y: Any) -> Any:
    """Substance (even places) drifts, spreads and reacts; antibodies (odd places) are used up where they are."""
    substance, antibody = y[0::2], y[1::2]
    supply = 2.0 if t <= SWITCHED_OFF else 0.0
    around = np.concatenate([[supply], substance, substance[-1:]])
    slope = (around[2:] - around[:-2]) / (2 * WIDTH)
    bend = (around[2:] - 2 * substance + around[:-2]) / WIDTH**2
    reaction = RATE * substance * antibody
    dy = np.zeros_like(y)
    dy[0::2] = DRIFT * slope + DIFFUSION * bend - reaction
    dy[1::2] = -reaction
    return dy


def main() -> int:
    """Integrate in two parts, since the supply ends with a jump, and compare."""
    y = np.tile([0.0, 1.0], CELLS)
    jacobian = dualad.sparse_jacobian(change, 0.0, y, argnums=1)
    evaluations = 0
    for start, end in ((0.0, SWITCHED_OFF), (np.nextafter(SWITCHED_OFF, END), END)):
        options = {"method": "Radau", "jac": jacobian, "rtol": 1e-9, "atol": 1e-12}
        solution = solve_ivp(change, (start, end), y, **options)
        y, evaluations = solution.y[:, -1], evaluations + solution.njev
    found = [Row(f"y({k})", exact, y[k - 1], 2e-12) for k, exact in SOLUTION.items()]
    return report(f"Medical Akzo Nobel: {jacobian}, {evaluations} evaluations", found)


if __name__ == "__main__":
    sys.exit(main())
