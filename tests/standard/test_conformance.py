"""`dualad.numpy` against array-api-compat's NumPy: the same results for every function of the standard, so that what
the one passes of the standard's own suite, the other passes too. Names and signatures against array-api-strict."""

import importlib
import inspect

import numpy as np
import pytest

import dualad.numpy as dnp
from dualad.core.trace import Box, strip
from tests.standard.calls import CALLS, ONE, TWO

compat = pytest.importorskip("array_api_compat.numpy")
importlib.import_module("array_api_compat.numpy.linalg")
importlib.import_module("array_api_compat.numpy.fft")
strict = pytest.importorskip("array_api_strict")

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
SPACES = {"": strict, "linalg": strict.linalg, "fft": strict.fft}
NAMES = [
    f"{space}.{name}".lstrip(".")
    for space, module in SPACES.items()
    for name in module.__all__
    if inspect.isfunction(getattr(module, name)) and "flags" not in name and not name.startswith("_")
]


def compare(got, want, path=""):
    if isinstance(want, tuple):
        assert type(got).__name__ == type(want).__name__ and len(got) == len(want), path
        for k, (g, w) in enumerate(zip(got, want, strict=True)):
            compare(g, w, f"{path}[{k}]")
    elif isinstance(want, (np.ndarray, np.generic)):
        assert isinstance(got, Box), f"{path}: {type(got)} is no dualad array"
        assert (got.shape, got.dtype) == (want.shape, want.dtype), path
        single = want.dtype.char in "fF"
        bounds = {"rtol": 1e-5, "atol": 1e-6} if single else {"rtol": 1e-12, "atol": 1e-13}
        np.testing.assert_allclose(strip(got), want, **bounds, err_msg=path)
    else:
        assert type(got) is type(want) and (got == want or got != got), path


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value", "ignore:overflow")
@pytest.mark.parametrize("call", CALLS, ids=str)
def test_results_are_those_of_array_api_compat(call):
    arrays = call.arrays()
    want = call(compat, *[a.copy() for a in arrays])
    compare(call(dnp, *[dnp.asarray(a) for a in arrays]), want)


def test_every_function_of_the_standard_is_called():
    called = set().union(*(call.names() for call in CALLS))
    assert set(NAMES) <= called


@pytest.mark.parametrize("name", NAMES)
def test_signatures_are_the_standards(name):
    space, _, short = name.rpartition(".")
    ours = getattr(dnp, space) if space else dnp
    try:
        have = inspect.signature(getattr(ours, short)).parameters
    except ValueError:
        pytest.skip("written in C: this NumPy does not tell its signature")
    want = inspect.signature(getattr(SPACES[space], short)).parameters.values()
    order = list(have.values())
    for k, p in enumerate(q for q in want if q.kind in POSITIONAL):
        assert k < len(order) and order[k].kind in POSITIONAL, f"{name}: {p.name} by position"
        if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
            assert order[k].name == p.name, name
    for p in (q for q in want if q.kind is inspect.Parameter.KEYWORD_ONLY):
        assert p.name in have, f"{name}: {p.name}="


def test_the_array_has_the_standards_attributes():
    x = dnp.ones((2, 2))
    own = {"__module__", "__weakref__", "__slots__", "__annotations__", "__buffer__"}
    public = {n for n in dir(strict.ones(1)) if n.startswith("__") or not n.startswith("_")}
    assert [n for n in sorted(public - set(dir(object)) - own) if not hasattr(x, n)] == []


EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, np.inf, -np.inf, np.nan, 1e300, 5e-324, np.finfo(float).max]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ONE + TWO)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_special_cases_bit_for_bit(name, dtype):
    """Infinities, NaNs, signed zeros, the largest and the smallest, each with each."""
    x = np.array(EDGES if dtype == "float64" else [complex(a, b) for a in EDGES for b in EDGES])
    x = x[~np.isinf(x)] if name == "sign" and dtype == "complex128" else x  # NumPy's is no NaN there
    args = (x,) if name in ONE else (x[:, None], x[None, :])
    try:
        want = getattr(compat, name)(*args)
    except TypeError:
        pytest.skip("not for complex numbers")
    got = strip(getattr(dnp, name)(*map(dnp.asarray, args)))
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)
    if want.dtype.kind in "fc" and (name, dtype) != ("sign", "complex128"):
        for part in ("real", "imag"):
            zero = getattr(want, part) == 0
            signs = (np.signbit(getattr(a, part)[zero]) for a in (got, want))
            np.testing.assert_array_equal(*signs)


def test_hypothesis_draws_dualad_arrays():
    extra = pytest.importorskip("hypothesis.extra.array_api")
    from hypothesis import given, settings

    xps = extra.make_strategies_namespace(dnp)

    @settings(max_examples=30, deadline=None, database=None)
    @given(xps.arrays(xps.scalar_dtypes(), xps.array_shapes(min_dims=0)))
    def run(x):
        assert isinstance(x, Box)
        compare(dnp.sum(x, dtype=x.dtype), np.sum(strip(x), dtype=x.dtype))
        compare(dnp.sort(x.reshape((-1,)), descending=True), np.flip(np.sort(strip(x).reshape(-1))))

    run()
