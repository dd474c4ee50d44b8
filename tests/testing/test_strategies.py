"""The arrays that strategies draw are what they promise: moderate, without ties, away from kinks."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st

import dualad
from dualad.testing import check_grads
from dualad.testing.strategies import arrays, matrices, pytrees, shapes

quick = settings(max_examples=25, deadline=None, database=None)


@quick
@given(arrays(low=-1.0, high=3.0, away_from=(0.0, 1.0), gap=0.1))
def test_arrays_keep_away_from_kinks(x):
    assert x.dtype == np.float64 and x.ndim <= 3 and x.size >= 1
    assert np.all(np.abs(x) >= 0.1) and np.all(np.abs(x - 1.0) >= 0.1)
    assert np.all((x > -1.2) & (x < 3.2))


@quick
@given(arrays(shape=(4, 5)))
def test_arrays_have_no_ties(x):
    assert x.shape == (4, 5) and np.diff(np.sort(x, axis=None)).min() > 4 / 20 * 0.3


@quick
@given(arrays(shape=shapes(max_dims=1, max_side=2), dtype=np.complex64, distinct=False))
def test_complex_arrays(z):
    assert z.dtype == np.complex64 and z.ndim <= 1 and z.size <= 2 and np.all(z.imag != 0)


@quick
@given(pytrees())
def test_pytrees(tree):
    leaves = dualad.tree_leaves(tree)
    assert leaves and all(isinstance(x, np.ndarray) for x in leaves)


@quick
@given(st.data())
def test_matrices(data):
    a = data.draw(matrices())
    assert a.shape[0] == a.shape[1] <= 5 and np.linalg.cond(a) < 50
    s = data.draw(matrices(3, kind="symmetric"))
    assert s.shape == (3, 3) and np.array_equal(s, s.T) and np.linalg.cond(s) < 50
    assert np.linalg.eigvalsh(data.draw(matrices(kind="positive"))).min() > 0.4
    with pytest.raises(ValueError, match="not 'other'"):
        matrices(kind="other")


@settings(max_examples=5, deadline=None, database=None)
@given(arrays(shape=(4,), away_from=(0.0,)))
def test_derivatives_of_functions_with_kinks_can_be_judged_there(x):
    check_grads(lambda x: np.sum(np.abs(x) * np.sort(x)) + np.max(x), (x,), order=1)
