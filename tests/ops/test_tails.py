"""Velocities of drawn numbers against numbers of 60 digits, and against other libraries on the same draws."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.special

from dualad.ops.tails import beta_tail, gamma_tail, in_blocks, vonmises_tail
from dualad.ops.transport import beta_velocity, gamma_velocity

FROZEN = json.loads((Path(__file__).parent.parent / "fixtures" / "tails.json").read_text())


@pytest.mark.parametrize(
    "case, tail, tolerance",
    [
        ("gamma", lambda a, x: gamma_tail(a, x, 1), 1e-12),
        ("gamma2", lambda a, x: gamma_tail(a, x, 2), 1e-10),
        ("beta_a", lambda a, b, x: beta_tail(a, b, x, 1, 0), 1e-11),
        ("beta_b", lambda a, b, x: beta_tail(a, b, x, 0, 1), 1e-11),
        ("vonmises", lambda k, x: vonmises_tail(k, x, 1), 1e-11),
    ],
)
def test_against_sixty_digits(case, tail, tolerance):
    *args, want = np.array(FROZEN[case]).T
    np.testing.assert_allclose(in_blocks(tail, *args), want, rtol=tolerance)


def test_against_differences_of_quantiles():
    a = np.array([0.4, 1.5, 6.0])
    place = np.array([[0.01], [0.3], [0.8], [0.99]])
    h = 1e-3
    q = [np.log(scipy.special.gammaincinv(a + k * h, place)) for k in (-2, -1, 1, 2)]
    want = (q[0] - 8 * q[1] + 8 * q[2] - q[3]) / (12 * h)
    got = gamma_velocity(a, np.log(scipy.special.gammaincinv(a, place)))
    np.testing.assert_allclose(got, want, rtol=1e-8)
    b = 2.5
    q = [scipy.special.logit(scipy.special.betaincinv(a + k * h, b, place)) for k in (-2, -1, 1, 2)]
    want = (q[0] - 8 * q[1] + 8 * q[2] - q[3]) / (12 * h)
    got = beta_velocity(a, b, scipy.special.logit(scipy.special.betaincinv(a, b, place)))
    np.testing.assert_allclose(got, want, rtol=1e-8)


@pytest.mark.parametrize(
    "a, b, x, want",
    [
        (0.078, 841.0, -16.625, 120.96988553080963),  # a long way down to a sharp knee
        (0.3, 200.0, -9.0, 12.054350185018306),
        (5000.0, 300.0, 2.8, 0.0002000956529969502),
        (20000.0, 3000.0, 1.9, 4.9991762159394586e-05),  # large terms that cancel
    ],
)
def test_beta_of_unequal_parameters(a, b, x, want):
    """Against 60 digits, made as those of the fixtures."""
    np.testing.assert_allclose(beta_velocity(a, b, x), want, rtol=1e-12)
    np.testing.assert_allclose(beta_velocity(b, a, -x, m=0, n=1), -want, rtol=1e-12)
    many = beta_velocity(np.array([a, 2.0]), np.array([b, 3.0]), np.array([x, 0.5]))  # both ways in one block
    np.testing.assert_allclose(many, [want, beta_velocity(2.0, 3.0, 0.5)], rtol=1e-12)


def test_a_value_among_others_that_go_another_way():
    a, x = np.array([0.02, 2.0, 1e5, 0.7]), np.array([-200.0, 0.3, 11.5, -30.0])
    alone = [gamma_velocity(*pair) for pair in zip(a, x)]
    np.testing.assert_allclose(gamma_velocity(a, x), alone, rtol=1e-14)


def test_the_symmetry_of_beta():
    a, b, x = 1.3, 0.4, np.linspace(-6, 6, 13)
    np.testing.assert_allclose(beta_velocity(a, b, x), -beta_velocity(b, a, -x, m=0, n=1), rtol=1e-12)


def test_in_blocks_keeps_shapes_and_nan():
    got = in_blocks(lambda a, x: gamma_tail(a, x, 1), np.array([[1.0], [np.nan]]), np.zeros(2))
    assert got.shape == (2, 2) and np.isnan(got[1]).all() and np.isfinite(got[0]).all()
    many = np.linspace(0.5, 3, 5000)
    whole = in_blocks(lambda a, x: gamma_tail(a, x, 1), many, 0.1)
    one = in_blocks(lambda a, x: gamma_tail(a, x, 1), many[3000], 0.1)
    np.testing.assert_allclose(whole[3000], one, rtol=1e-13)


def test_against_jax_and_pytorch():
    a, z, by_jax, by_torch = np.array(FROZEN["peers"]).T
    got = z * gamma_velocity(a, np.log(z))
    np.testing.assert_allclose(got, by_jax, rtol=1e-9)
    np.testing.assert_allclose(got, by_torch, rtol=2e-3)  # PyTorch approximates
