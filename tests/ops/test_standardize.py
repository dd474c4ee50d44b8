"""Standardised rows: against the formula written out, and rows that nobody reads."""

import numpy as np
import pytest

import dualad
from dualad.ops.standardize import standardize

X = np.random.default_rng(0).normal(size=(3, 5)) + 2


def written_out(x, eps):
    d = x - x.mean(axis=-1, keepdims=True)
    return d / np.sqrt((d * d).mean(axis=-1, keepdims=True) + eps)


def test_value_gradient_and_second_order():
    weights = np.random.default_rng(1).normal(size=X.shape)
    ours = lambda x: (weights * standardize(x, eps=0.1)[0] ** 3).sum()
    theirs = lambda x: (weights * written_out(x, 0.1) ** 3).sum()
    np.testing.assert_allclose(standardize(X, eps=0.1)[0], written_out(X, 0.1), rtol=1e-13)
    np.testing.assert_allclose(dualad.grad(ours)(X), dualad.grad(theirs)(X), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(dualad.hessian(ours)(X), dualad.hessian(theirs)(X), rtol=1e-10, atol=1e-12)


def test_a_row_that_nobody_reads_may_be_nan():
    x = X.copy()
    x[1] = np.nan
    read = np.array([[True], [False], [True]])
    g = dualad.grad(lambda x: np.where(read, standardize(x)[0] ** 3, 0.0).sum())(x)
    want = dualad.grad(lambda x: np.where(read, standardize(x)[0] ** 3, 0.0).sum())(X)
    np.testing.assert_allclose(g, want, rtol=1e-13)
    assert not g[1].any()


def test_whole_and_complex_numbers():
    assert standardize(np.array([[1, 3]]), eps=0.0)[0].tolist() == [[-1.0, 1.0]]
    with pytest.raises(TypeError, match="real numbers only|of real numbers"):
        standardize(np.array([1j, 2.0]))
