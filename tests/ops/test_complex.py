"""Complex parts: against differences, and in duality under Re Σ a·b."""

import numpy as np
import pytest

import dualad
from dualad.ops.arithmetic import absolute, sign
from dualad.ops.complex import angle, complex_, conjugate, imag, real
from dualad.ops.floating import nan_to_num

Z = np.array([1 + 2j, -0.5 + 0.3j, -2 - 1j, 0.7 - 3j])
FUNCTIONS = [
    real,
    imag,
    conjugate,
    absolute,
    sign,
    angle,
    nan_to_num,
    lambda z: angle(z, deg=True),
    lambda z: complex_(imag(z), absolute(z)),
    lambda z: absolute(z) ** 2,
    lambda z: z * conjugate(z),
]


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("dz", [Z[::-1], 1j * Z, np.ones(4), 1j * np.ones(4)])
def test_tangents_and_cotangents(f, dz):
    dz = dz.astype(complex)
    h = 1e-6
    want = (f(Z + h * dz) - f(Z - h * dz)) / (2 * h)
    out, tangent = dualad.jvp(f, (Z,), (dz,))
    np.testing.assert_allclose(tangent, want, atol=2e-8 * max(1, np.abs(want).max()))
    back = dualad.vjp(f, Z)[1]
    g = np.array([0.3, -1, 2, 0.5]).astype(np.asarray(out).dtype)
    if np.iscomplexobj(g):
        g = g * (1 + 2j)
    left, right = np.sum(g * tangent).real, np.sum(back(g)[0] * dz).real
    assert left == pytest.approx(right, rel=1e-14)


@pytest.mark.parametrize(
    "f", [lambda x: absolute(x + 2j), lambda x: angle(x + 2j), lambda x: real(sign(x + 2j))]
)
def test_second_order_through_complex_numbers(f):
    x, h = np.float64(0.7), 1e-4
    want = (f(x + h) - 2 * f(x) + f(x - h)) / h**2
    for first in (dualad.grad(f), lambda x: dualad.jvp(f, (x,), (np.float64(1),))[1]):
        assert float(dualad.grad(first)(x)) == pytest.approx(float(want), abs=1e-7)
        assert float(dualad.jvp(first, (x,), (np.float64(1),))[1]) == pytest.approx(float(want), abs=1e-7)


def test_parts_of_real_arrays():
    x = np.array([1.5, -2.0])
    ones = np.ones(2)
    for f, want in [
        (real, [1, 1]),
        (imag, [0, 0]),
        (conjugate, [1, 1]),
        (angle, [0, 0]),
        (absolute, [1, -1]),
    ]:
        g = dualad.vjp(f, x)[1](ones)[0]
        assert g.dtype == np.float64
        assert g.tolist() == want
        assert np.asarray(dualad.jvp(f, (x,), (ones,))[1]).tolist() == want


def test_the_absolute_value_at_zero():
    z = np.array([0j, 3 + 4j])
    g = dualad.vjp(absolute, z)[1](np.ones(2))[0]
    assert g[0] == 0
    assert g[1] == pytest.approx(0.6 - 0.8j, rel=1e-15)
    assert np.asarray(dualad.jvp(absolute, (z,), (np.array([1j, 1j]),))[1]).tolist() == [0, 0.8]


def test_complex_builds_from_real_parts():
    re, im = np.array([1.0, np.inf]), np.array([[np.nan], [2.0]])
    out = complex_(re, im)
    assert out.shape == (2, 2)
    assert out.real.tolist() == [[1, np.inf]] * 2
    assert out[1].imag.tolist() == [2, 2]
    assert complex_(np.float32(1), np.float32(2)).dtype == np.complex64
    with pytest.raises(TypeError, match="two real arrays"):
        complex_(1j, 2.0)
    back = dualad.vjp(complex_, re, np.ones((2, 1)))[1]
    gr, gi = back(np.full((2, 2), 1 + 2j))
    assert (gr.tolist(), gi.tolist()) == ([2, 2], [[-4], [-4]])


def test_single_precision_stays_single():
    z = Z.astype(np.complex64)
    assert dualad.vjp(absolute, z)[1](np.ones(4, np.float32))[0].dtype == np.complex64
    assert np.asarray(dualad.jvp(imag, (z,), (z,))[1]).dtype == np.float32


def test_nan_to_num_keeps_the_finite_part():
    z = np.array([complex(np.nan, 1.0), complex(2.0, np.inf)])
    g = dualad.vjp(nan_to_num, z)[1](np.array([3 + 5j, 3 + 5j]))[0]
    assert g.tolist() == [5j, 3]
