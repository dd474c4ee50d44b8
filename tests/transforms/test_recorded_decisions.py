"""A recorded program (`linearize`) and a batch decide by what they are given, not by the value at recording."""

import numpy as np
import pytest

import dualad

INF = np.array([1.0, np.inf, 2.0])
X = np.array([1.0, 2.0])


def masked(x):
    return np.sum(np.where(np.isfinite(INF), np.outer(x, INF), 0.0), axis=1)


def test_strong_zero_of_a_product():
    """At recording the tangent is zero, and infinity times zero raised the flag: the term must not be dropped."""
    wanted = 3 * np.eye(2)
    assert np.allclose(dualad.jacfwd(masked)(X), wanted)
    _, push = dualad.linearize(masked, X)
    assert np.allclose(push(np.array([1.0, 0.0])), wanted[0])
    assert np.allclose(dualad.vmap(push)(np.eye(2)), wanted)


def test_strong_zero_in_reverse_of_a_product():
    for c in (INF, np.array([1.0, np.nan, 2.0])):
        f = lambda x: np.sum(np.where(np.isfinite(c), np.outer(x, c), 0.0))  # noqa: E731, B023
        assert np.allclose(dualad.grad(f)(X), 3.0)
        assert np.allclose(dualad.vmap(dualad.grad(f))(np.stack([X, X])), 3.0)


@pytest.mark.parametrize("vectors", [lambda m: np.linalg.eigh(m)[1], lambda m: np.linalg.svd(m)[0]])
def test_vectors_of_tied_values(vectors):
    """A turn among tied vectors is unknown, NaN, in `jvp` and in the recorded program alike."""
    turn = np.zeros((3, 3))
    turn[0, 1] = turn[1, 0] = 1.0
    _, push = dualad.linearize(vectors, np.eye(3))
    _, wanted = dualad.jvp(vectors, (np.eye(3),), (turn,))
    assert np.isnan(wanted).any()
    assert np.array_equal(np.isnan(push(turn)), np.isnan(wanted))
    assert not np.any(push(np.zeros((3, 3))))
    m = np.diag([3.0, 2.0, 1.0]) + 0.1 * turn
    assert np.allclose(dualad.linearize(vectors, m)[1](turn), dualad.jvp(vectors, (m,), (turn,))[1])


def test_keywords_of_vmap_have_rows():
    f = lambda x, k: x * k  # noqa: E731
    assert np.array_equal(dualad.vmap(f)(X, k=X), X**2)
    for k in (3.0, np.ones(1), np.ones(3)):
        with pytest.raises(dualad.StructureError, match="no axis 0|one number of rows"):
            dualad.vmap(f)(X, k=k)
