"""Every call of the standard on traced arrays: derivatives in both engines against numbers, rows of a batch."""

import numpy as np
import pytest

import dualad
import dualad.numpy as dnp
from dualad.core.trace import Box
from tests.standard.calls import CALLS
from tests.standard.judge import judge_or_flat, leaves

WITHOUT = (
    "float(x)",
    "complex(x)",
    "from_dlpack",
    "xp.empty",
    "finfo",
    "can_cast",
    "isdtype",
    "result_type(x",
)
TRACED = [
    c for c in CALLS if c.kind in "fpowSc" and c.shapes != ((),) and not any(w in c.text for w in WITHOUT)
]


def in_arrays(call):
    """The call, by a package that goes by the standard: all arrays it sees are of one library."""

    def program(*arrays):
        result = call(arrays[0].__array_namespace__(), *arrays)
        for leaf in leaves(result):
            assert isinstance(leaf, (Box, float)), f"{type(leaf)} is no dualad array"
        return 1.0 * arrays[0], result  # never without a floating result

    return program


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize("call", TRACED, ids=str)
def test_derivatives(call):
    judge_or_flat(in_arrays(call), *call.arrays())


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize("call", [c for c in TRACED if c.kind == "f"], ids=str)
def test_second_derivatives(call):
    """Forward over reverse and reverse over forward, through results that have no derivative and are arrays."""
    arrays = call.arrays()

    def total(*xs):
        kept = [v for v in leaves(in_arrays(call)(*xs)) if v.dtype.kind in "fc"]
        return sum(dnp.sum(dnp.real(v) ** 2) for v in kept)

    v = [np.cos(np.arange(a.size, dtype=float)).reshape(a.shape) for a in arrays]
    n = tuple(range(len(arrays)))
    over_reverse = dualad.jvp(dualad.grad(total, n), tuple(arrays), tuple(v))[1]
    over_forward = dualad.grad(lambda *xs: dualad.jvp(total, xs, tuple(v))[1], n)(*arrays)
    for a, b in zip(over_reverse, over_forward, strict=True):
        assert type(a) is np.ndarray is type(b)
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)
