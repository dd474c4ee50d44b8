"""`jvp`: values, directions, structure and errors."""

import warnings

import numpy as np
import pytest

import dualad


def test_value_and_direction():
    y, dy = dualad.jvp(lambda x, y: x * np.sin(y), (2.0, 0.5), (1.0, 3.0))
    assert y == 2.0 * np.sin(0.5)
    assert np.isclose(dy, np.sin(0.5) + 2.0 * np.cos(0.5) * 3.0)


def test_aux_and_pytrees():
    f = lambda t: ({"s": t[0] + t[1]}, t[0])
    y, dy, aux = dualad.jvp(f, ([1.0, 2.0],), ([3.0, 4.0],), has_aux=True)
    assert y == {"s": 3.0} and dy == {"s": 7.0} and aux == 1.0


def test_output_that_does_not_depend():
    y, dy = dualad.jvp(lambda x: (np.ones(3), x), (1.0,), (1.0,))
    assert np.array_equal(dy[0], np.zeros(3)) and dy[1] == 1.0


def test_tangent_errors():
    with pytest.raises(dualad.StructureError, match="shape"):
        dualad.jvp(np.sin, (np.ones(2),), (np.ones(3),))
    with pytest.raises(dualad.StructureError, match="dtype"):
        dualad.jvp(np.sin, (np.ones(2),), (np.ones(2) * 1j,))
    with pytest.raises(dualad.StructureError, match="tuples"):
        dualad.jvp(np.sin, 1.0, 1.0)
    with pytest.raises(dualad.StructureError, match="like primals"):
        dualad.jvp(np.sin, (1.0,), (1.0, 2.0))


def test_none_is_an_absent_tangent():
    assert dualad.jvp(lambda x, n: x * n, (2.0, 3), (1.0, None))[1] == 3.0


def test_none_in_primals():
    y, dy = dualad.jvp(lambda t: t[0] * 2.0, ((1.0, None),), ((3.0, None),))
    assert (y, dy) == (2.0, 6.0)


def test_strong_zero():
    f = lambda x: np.sqrt(np.sum(x * x))
    assert dualad.jvp(f, (np.zeros(2),), (np.ones(2),))[1] == 0.0
    y, dy = dualad.jvp(np.sqrt, (np.array([0.0, 1.0]),), (np.array([0.0, 1.0]),))
    assert np.array_equal(dy, [0.0, 0.5])


def test_users_warnings_are_passed_on():
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        dualad.jvp(np.log, (np.array([0.0, 1.0]),), (np.zeros(2),))
    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        warnings.simplefilter("error")
        dualad.jvp(np.log, (np.array([0.0, 1.0]),), (np.zeros(2),))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        dualad.jvp(np.log, (np.array([0.0, 1.0]),), (np.zeros(2),))


def test_float32_stays():
    y, dy = dualad.jvp(lambda x: np.sin(x) * 2.0, (np.ones(2, np.float32),), (np.ones(2),))
    assert y.dtype == dy.dtype == np.float32
