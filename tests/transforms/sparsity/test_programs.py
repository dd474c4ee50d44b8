"""Random programs: patterns large enough at any inputs, and matrices equal to the dense ones."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import dualad

N = 7
A = np.random.default_rng(0).normal(size=(N, N)) * (np.random.default_rng(1).uniform(size=(N, N)) < 0.3)


def stored(x, y):
    z = np.zeros_like(x)
    z[1:-1] = x[2:] * y[:-2]
    z[0] = y[-1]
    return z


# From two vectors, one.
STEPS = [
    lambda x, y: x * y,
    lambda x, y: np.sin(x) + y,
    lambda x, y: np.roll(x, 2) - y[::-1],
    lambda x, y: np.where(x > y, x * x, y),
    lambda x, y: np.maximum(x, np.roll(y, 1)),
    lambda x, y: A @ x + y,
    lambda x, y: np.concatenate([x[3:], y[:3]]),
    lambda x, y: x * np.sum(y[:2]),
    lambda x, y: np.convolve(x, [1.0, 0.0, -1.0], mode="same"),
    lambda x, y: x / (2 + np.cos(y)),
    lambda x, y: x[np.array([0, 0, 3, 4, 5, 6, 2])] * 1.5,
    lambda x, y: np.einsum("i,i->i", x, y) + x[0],
    lambda x, y: np.diff(x, prepend=0.0) * (y > 0),
    lambda x, y: np.cumsum(x[:3]).sum() + np.reshape(np.outer(x[:2], y[:4])[:, 1:], -1)[:1] * x,
    stored,
]

programs = st.lists(st.tuples(st.sampled_from(range(len(STEPS))), st.integers(0, 9)), min_size=1, max_size=4)


def running(program):
    def f(x):
        known = [x]
        for step, other in program:
            known.append(STEPS[step](known[-1], known[other % len(known)]))
        return known[-1]

    return f


@settings(max_examples=150, deadline=None)
@given(programs, st.integers(0, 2**32 - 1))
def test_jacobians(program, seed):
    f, rng = running(program), np.random.default_rng(seed)
    jac = dualad.sparse_jacobian(f, rng.normal(size=N))
    assert not jac.local
    for mode in ("auto", "forward", "reverse", "both"):
        x = rng.normal(size=N)
        dense = dualad.jacobian(f)(x)
        assert not np.any((dense != 0) & ~jac.pattern.toarray())
        found = dualad.sparse_jacobian(f, sparsity=jac.pattern, mode=mode)(x).toarray()
        np.testing.assert_allclose(found, dense, rtol=1e-11, atol=1e-11 * np.abs(dense).max())


@settings(max_examples=100, deadline=None)
@given(programs, st.integers(0, 2**32 - 1))
def test_hessians(program, seed):
    f, rng = running(program), np.random.default_rng(seed)
    weights = rng.normal(size=N)

    def scalar(x):
        return np.sum(weights * f(x))

    hess = dualad.sparse_hessian(scalar, rng.normal(size=N))
    assert not hess.local
    x = rng.normal(size=N)
    dense = dualad.hessian(scalar)(x)
    assert not np.any((dense != 0) & ~hess.pattern.toarray())
    for mode in ("auto", "symmetric", "forward"):
        found = dualad.sparse_hessian(scalar, sparsity=hess.pattern, mode=mode)(x).toarray()
        np.testing.assert_allclose(found, dense, rtol=1e-11, atol=1e-11 * np.abs(dense).max())
