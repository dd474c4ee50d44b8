"""NumPy's functions on curves: example calls of the coverage sweep, against nested `jvp`."""

import warnings

import numpy as np
import pytest

import dualad
from dualad.testing.calls import ALL_CALLS, POOL
from dualad.testing.coverage import choices, floating_results, function_of

CALLS = [(name, call) for name, calls in ALL_CALLS.items() for call in calls]
PARTS = 11  # each eleventh call; all two thousand agree, and take longer than a daily run should


def second_orders(call):
    """First and second derivatives by `jet` and by nested `jvp`, or the two errors."""
    traced = choices(call)[-1]
    args = tuple(POOL[name] for name in traced)
    f = floating_results(function_of(call, traced))
    rng = np.random.default_rng(0)
    vs = tuple(
        (rng.normal(size=np.shape(a)) * (1 + 0.5j if a.dtype.kind == "c" else 1)).astype(a.dtype)
        for a in args
    )

    def slope(*args):
        return dualad.jvp(f, args, vs)[1]

    return [
        outcome(lambda: list(map(list, zip(slope(*args), dualad.jvp(slope, args, vs)[1], strict=True)))),
        outcome(lambda: dualad.jet(f, args, [[v, None] for v in vs])[1]),
    ]


def outcome(work):
    try:
        return work()
    except Exception as error:
        return error


@pytest.mark.parametrize("name, call", CALLS[::PARTS], ids=lambda x: x)
def test_second_order(name, call):
    if not choices(call):
        pytest.skip("nothing to trace")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        nested, jet = second_orders(call)
    if isinstance(nested, Exception):
        assert type(jet) is type(nested), jet
        return
    assert not isinstance(jet, Exception), jet
    for found, right in zip(jet, nested, strict=True):
        for a, b in zip(found, right, strict=True):
            single = b.dtype in (np.float32, np.complex64)
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=1e-3 if single else 1e-8, atol=1e-4 if single else 1e-9)
