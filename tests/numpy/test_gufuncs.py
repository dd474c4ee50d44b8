"""Products of vectors and matrices: the values, dtypes and refusals of NumPy, for every pair of shapes."""

from itertools import product

import numpy as np
import pytest

import dualad
import dualad.numpy as dnp

SHAPES = [(), (1,), (3,), (2, 3), (3, 2), (2, 1), (4, 2, 3), (0,), (3, 0)]
rng = np.random.default_rng(0)
DRAWS = {
    "float64": lambda shape: rng.normal(size=shape),
    "complex128": lambda shape: rng.normal(size=shape) + 1j * rng.normal(size=shape),
    "uint8": lambda shape: rng.integers(0, 99, shape).astype(np.uint8),
    "bool": lambda shape: rng.normal(size=shape) > 0,
}
CALLS = {f"vecdot axis={a}": (lambda f, x, y, a=a: f("vecdot")(x, y, axis=a)) for a in (-1, 0, 1, -2, 2)}
CALLS |= {name: (lambda f, x, y, n=name: f(n)(x, y)) for name in ("matvec", "vecmat") if hasattr(np, name)}


def outcome(f, *args):
    try:
        return f(*args)
    except (ValueError, IndexError):  # AxisError is both
        return None


@pytest.mark.parametrize("dtype", DRAWS)
@pytest.mark.parametrize("call", CALLS)
def test_as_numpy(call, dtype):
    for s, t in product(SHAPES, SHAPES):
        x, y = np.asarray(DRAWS[dtype](s)), np.asarray(DRAWS[dtype](t))
        want = outcome(CALLS[call], lambda name: getattr(np, name), x, y)
        for names in (np, dnp):
            same(of_traced(CALLS[call], names, x, y), want)


def of_traced(f, names, x, y):
    call = lambda x: f(lambda name: getattr(names, name), x, y)
    if x.dtype.kind in "fc":
        return outcome(lambda: dualad.vjp(call, x)[0])
    return outcome(lambda: np.asarray(call(dnp.array(x))))


def same(got, want):
    assert (got is None) == (want is None)
    if want is not None:
        assert got.dtype == want.dtype and np.shape(got) == np.shape(want)
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-13)


def test_sizes_that_differ_are_told():
    with pytest.raises(ValueError, match=r"vecdot: the sizes along axis -1 differ, 3 and 1"):
        dualad.grad(lambda x: np.vecdot(x, np.ones(1)))(np.ones(3))
    with pytest.raises(ValueError, match="no vector"):
        dualad.grad(lambda x: np.vecdot(x, 1.0))(np.ones(3))
