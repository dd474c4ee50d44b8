"""Plain `import numpy as np` programs: their values are NumPy's, their derivatives agree in both engines and
with differences, at first and second order."""

import numpy as np
import pytest

import dualad
from dualad.testing import check_grads

rng = np.random.default_rng(0)
A = rng.normal(size=(3, 4))
P = np.abs(A) + 0.5
B = rng.normal(size=(4, 2))
S = rng.normal(size=(3, 3)) + 3 * np.eye(3)
MASK = A > 0
IDX = np.array([0, 2, 2, 1])

PROGRAMS = {
    # operators, on either side
    "ndarray on the left": (lambda x: A * x - x / P + P**0.5 * x, A),
    "scalars": (lambda x: np.float64(2) * x + 1 - x * 7.0 + np.float32(1) * x, A),
    "list on the right": (lambda x: x[:, 0] * [1.0, 2.0, 3.0], A),
    "power": (lambda x: x**2 + x**3 + 2.0**x, P),
    "mod and floor": (lambda x: x % 0.7 + x // 0.7, P),
    "abs and neg": (lambda x: abs(-x), P),
    "matmul": (lambda x: x @ B, A),
    "rmatmul": (lambda x: B.T @ x.T, A),
    # ufuncs
    "elementary": (lambda x: np.sin(x) + np.exp(x) * np.tanh(x) + np.log(P + x * x), A),
    "two arguments": (lambda x: np.hypot(x, 1.0) + np.arctan2(x, P) + np.logaddexp(x, A), P),
    "maximum": (lambda x: np.maximum(x, 0.1) + np.minimum(0.3, x), A),
    "add.reduce": (lambda x: np.add.reduce(x, axis=1), A),
    "multiply.reduce": (lambda x: np.multiply.reduce(x), P),
    "add.accumulate": (lambda x: np.add.accumulate(x), A),
    "multiply.outer": (lambda x: np.multiply.outer(x[0], x[1]), A),
    "logaddexp.reduce": (lambda x: np.logaddexp.reduce(x, axis=1), A),
    # reductions
    "sum": (lambda x: np.sum(x, 0) * np.sum(x) + np.sum(x, axis=(0, 1), keepdims=True), A),
    "sum where": (lambda x: np.sum(x, where=MASK, initial=2.0), A),
    "mean": (lambda x: np.mean(x, 1) + x.mean(), A),
    "mean where": (lambda x: np.mean(x, where=MASK), A),
    "prod": (lambda x: np.prod(x, axis=1), A),
    "max min": (lambda x: np.max(x, axis=0) + np.min(x) + x.max(1)[0], A),
    "var std": (lambda x: np.var(x, axis=1, ddof=1)[0] + np.std(x) + x.std(), A),
    "cumsum cumprod": (lambda x: np.cumsum(x) + np.cumprod(x, axis=1).ravel(), A),
    "ptp": (lambda x: np.ptp(x, axis=0), A),
    "median": (lambda x: np.median(x, axis=1), A),
    "percentile": (lambda x: np.percentile(x, [20, 50], axis=0), A),
    "average": (lambda x: np.average(x, axis=1, weights=P[0]), A),
    "cov": (lambda x: np.cov(x), A),
    # shapes
    "reshape": (lambda x: np.reshape(x, (2, 6)) + x.reshape(2, -1), A),
    "transpose": (lambda x: np.transpose(x) + x.T, A),
    "axes": (lambda x: np.moveaxis(x[None], 0, 2)[..., 0] + np.swapaxes(x, 0, 1).T, A),
    "concatenate": (lambda x: np.concatenate([x, A, 2 * x], axis=0), A),
    "stack": (lambda x: np.stack([x, A], axis=1), A),
    "vstack hstack": (lambda x: np.hstack([np.vstack([x, x]), np.vstack([A, x])]), A),
    "split": (lambda x: np.split(x, 2, axis=1)[1] * np.array_split(x, 3, axis=1)[0], A),
    "pad": (lambda x: np.pad(x, ((1, 0), (2, 1))), A),
    "flip roll": (lambda x: np.flip(x, 0) + np.roll(x, 1, axis=1) + np.fliplr(x), A),
    "repeat tile": (lambda x: np.repeat(x, 2, axis=0)[:3] + np.tile(x, (2, 1))[:3], A),
    "broadcast": (lambda x: np.broadcast_to(x[0], (3, 4)) * x, A),
    "squeeze": (lambda x: np.squeeze(np.expand_dims(x, 1), axis=1), A),
    "diag": (lambda x: np.diag(np.diag(x @ x.T)) + np.tril(x @ x.T) + np.triu(x @ x.T, 1), A),
    # choice and indexing
    "where": (lambda x: np.where(x > 0, x * x, -x), A),
    "clip": (lambda x: np.clip(x, -0.5, 0.7), A),
    "indexing": (lambda x: x[0] + x[1:, ::-1][0] + x[..., 2][:, None][0] + x[IDX[:3]][0], A),
    "advanced": (lambda x: x[IDX[:3], IDX[1:]] * x[MASK].sum(), A),
    "take": (lambda x: np.take(x, IDX, axis=1), A),
    "sort": (lambda x: np.sort(x, axis=1), A),
    "take_along_axis": (lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1), A),
    "diff": (lambda x: np.diff(x, axis=1), A),
    # contractions
    "dot": (lambda x: np.dot(x, B), A),
    "einsum": (lambda x: np.einsum("ij,jk->ik", x, B) + np.einsum("ij->i", x)[:, None], A),
    "tensordot": (lambda x: np.tensordot(x, B, axes=1), A),
    "outer inner": (lambda x: np.outer(x[0], x[1]) * np.inner(x[0], x[2]), A),
    "trace": (lambda x: np.trace(x @ x.T), A),
    # linear algebra
    "solve": (lambda x: np.linalg.solve(x, B[:3]), S),
    "inv det": (lambda x: np.linalg.inv(x) * np.linalg.det(x), S),
    "slogdet": (lambda x: np.linalg.slogdet(x)[1], S),
    "cholesky": (lambda x: np.linalg.cholesky(x @ x.T + np.eye(3)), S),
    "norm": (lambda x: np.linalg.norm(x) + np.linalg.norm(x, axis=1).sum(), S),
    # stores
    "store": (lambda x: _fill(x), A),
    "in place": (lambda x: _in_place(x), A),
}


def _fill(x):
    y = np.zeros_like(x)
    for k in range(3):
        y[k] = x[k] * (k + 1)
    y[0, 1] = x[2, 2] ** 2
    return y


def _in_place(x):
    y = x * 1.0
    y += x
    y[MASK] *= 2
    y[:, 0] -= x[:, 1] ** 2
    return y


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    f, x = PROGRAMS[name]
    want = f(x.copy())
    got, _ = dualad.vjp(f, x)
    np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-14)
    assert got.shape == np.shape(want)
    check_grads(f, (x,), order=2)
