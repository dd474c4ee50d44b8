"""A user's own matrix exponential, scaling and squaring in plain NumPy, against SciPy's Fréchet derivative.

N. J. Higham, "The scaling and squaring method for the matrix exponential revisited", SIAM J. Matrix Anal. Appl. 26
(2005): the [13/13] Padé approximant at A / 2^s, squared s times.
"""

import math

import numpy as np
import pytest
import scipy.linalg

import dualad
from dualad.testing import check_grads

PADE = [math.factorial(26 - k) * math.comb(13, k) / math.factorial(26) for k in range(14)]
RNG = np.random.default_rng(4)


def expm(a):
    s = int(np.maximum(0.0, np.ceil(np.log2(np.linalg.norm(a, 1) / 5.4))))
    a = a / 2.0**s
    even, odd, power, square = 0, 0, np.eye(a.shape[0], dtype=a.dtype), a @ a
    for k in range(0, 14, 2):
        even, odd, power = even + PADE[k] * power, odd + PADE[k + 1] * power, power @ square
    odd = a @ odd
    x = np.linalg.solve(even - odd, even + odd)
    for _ in range(s):
        x = x @ x
    return x


CASES = {
    "small": 0.3 * RNG.normal(size=(4, 4)),
    "scaled and squared": 6.0 * RNG.normal(size=(4, 4)),
    "defective": np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]),
    "rotation": np.array([[0.0, 2.0], [-2.0, 0.0]]),
    "zero": np.full((2, 2), 1e-300),
    "complex": RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3)),
}


@pytest.mark.parametrize("name", CASES)
def test_frechet_derivative(name):
    a = CASES[name]
    e, g = RNG.normal(size=(2, *a.shape)).astype(a.dtype)
    if a.dtype.kind == "c":
        e, g = e + 1j * RNG.normal(size=a.shape), g - 1j * RNG.normal(size=a.shape)
    value, tangent = dualad.jvp(expm, (a,), (e,))
    want, frechet = scipy.linalg.expm_frechet(a, e)
    close = {"rtol": 1e-10, "atol": 1e-10 * np.abs(frechet).max()}
    np.testing.assert_allclose(value, want, rtol=1e-10, atol=1e-10 * np.abs(want).max())
    np.testing.assert_allclose(tangent, frechet, **close)
    # The adjoint under Re Σ a·b is the derivative at the transpose.
    cotangent = dualad.vjp(expm, a)[1](g)[0]
    adjoint = scipy.linalg.expm_frechet(a.T, g)[1]
    np.testing.assert_allclose(cotangent, adjoint, rtol=1e-10, atol=1e-10 * np.abs(adjoint).max())


def test_second_order():
    check_grads(expm, (CASES["small"],), order=2)
    check_grads(expm, (CASES["complex"],), order=1)


def test_second_derivative_of_the_trace():
    """Of tr exp(A) along E twice: tr(E L(A, E))."""
    a, e = CASES["scaled and squared"] / 4, RNG.normal(size=(4, 4))
    f = lambda t: np.trace(expm(a + t * e))
    want = np.trace(e @ scipy.linalg.expm_frechet(a, e)[1])
    assert dualad.grad(dualad.grad(f))(0.0) == pytest.approx(want, rel=1e-9)
    assert dualad.jacfwd(dualad.jacfwd(f))(0.0) == pytest.approx(want, rel=1e-9)


def test_of_the_rows_of_a_vmap():
    stack = 0.3 * RNG.normal(size=(5, 3, 3))
    np.testing.assert_allclose(dualad.vmap(expm)(stack), scipy.linalg.expm(stack), rtol=1e-12, atol=1e-13)
    g = dualad.vmap(dualad.grad(lambda a: np.sum(expm(a))))(stack)
    for a, slope in zip(stack, g):
        np.testing.assert_allclose(slope, scipy.linalg.expm_frechet(a.T, np.ones((3, 3)))[1], rtol=1e-10)
