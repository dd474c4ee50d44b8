"""A wrong derivative, found: ``python -m examples.audit_a_rule``.

The log-likelihood of counts with over-dispersion (negative binomial) calls a log-gamma function with a derivative
rule of its own. In one program the rule is the digamma function; in the other its first asymptotic terms, good for
large arguments and poor for small ones. Forward and reverse agree in both, since one mode is the transpose of the
other. The audit tells the two apart, and names the rule and its line. Reference: the score of the negative binomial
distribution, written out by hand (J. F. Lawless, Canadian Journal of Statistics 15 (1987), 209-225).
"""

from __future__ import annotations

import sys

import numpy as np
from scipy import special

import dualad

from ._report import Row, report, rows

COUNTS = np.array([0, 3, 1, 7, 2, 12, 5, 0, 4, 9], dtype=float)


def log_gamma_with(rule):
    """A log-gamma function whose derivative is `rule`."""

    @dualad.custom_vjp
    def log_gamma(x):
        return special.gammaln(dualad.getval(x))

    def forward(x):
        return log_gamma(x), x

    def backward(x, g):
        return (g * rule(x),)

    log_gamma.defvjp(forward, backward)
    return log_gamma


def likelihood_with(log_gamma):
    """Of a mean and a dispersion, the log-likelihood of the counts."""

    def log_likelihood(parameters):
        mean, size = np.exp(parameters)
        ways = log_gamma(COUNTS + size) - log_gamma(size) - special.gammaln(COUNTS + 1)
        return np.sum(ways + size * np.log(size / (size + mean)) + COUNTS * np.log(mean / (size + mean)))

    return log_likelihood


def score(parameters):
    """The gradient by hand."""
    mean, size = np.exp(parameters)
    by_mean = np.sum(COUNTS / mean - (COUNTS + size) / (size + mean))
    terms = special.psi(COUNTS + size) - special.psi(size) + np.log(size / (size + mean))
    by_size = np.sum(terms + 1 - (COUNTS + size) / (size + mean))
    return np.array([by_mean * mean, by_size * size])


def main() -> int:
    """Audit the wrong program, then the right one."""
    wrong = likelihood_with(log_gamma_with(lambda x: np.log(x) - 0.5 / x))
    right = likelihood_with(log_gamma_with(special.psi))
    at = np.log([4.0, 1.2])
    found, sound = dualad.audit(wrong, at), dualad.audit(right, at)
    print(found, sound, sep="\n\n", end="\n\n")
    guilty = [f for f in found.errors if f.kind == "wrong rule" and f.primitive == "log_gamma"]
    return report(
        "An audit of two programs",
        [
            *rows("gradient of the right one", score(at), dualad.grad(right)(at), 1e-12),
            Row("findings against its rule", 0, len(sound.errors), 0),
            Row("findings against the wrong rule", 1, len(guilty), 0),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
