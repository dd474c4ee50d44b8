"""Right, or raises: a program that goes through other packages, judged in both engines and in a batch."""

import numpy as np

import dualad
import dualad.numpy as dnp
from dualad.core.trace import Box, Const
from dualad.testing import check_jvp, check_vjp
from dualad.testing.gradcheck import Inconclusive


def leaves(result):
    if isinstance(result, (tuple, list)):
        for part in result:
            yield from leaves(part)
    elif isinstance(result, (Box, np.ndarray, np.generic, float)):
        yield result


def floating(f):
    """`f` of dualad arrays, with its floating results alone as a tuple; what has no trace becomes plain."""

    def g(*arrays):
        found = leaves(f(*[dnp.asarray(a) for a in arrays]))
        kept = [v for v in found if np.result_type(getattr(v, "dtype", float)).kind in "fc"]
        assert kept, "the program gives no floating result"
        return tuple(np.asarray(v) if isinstance(v, Const) else v for v in kept)

    return g


def judge(f, *arrays, rows=True, **tolerances):
    """Derivatives of `f` in both engines against numbers, and of rows against one row after the other."""
    g = floating(f)
    check_jvp(g, arrays, seed=3, **tolerances)
    check_vjp(g, arrays, seed=3, **tolerances)
    if rows:
        stacked = [np.stack([a, 0.9 * a]) for a in arrays]
        together = dualad.vmap(g)(*stacked)
        one_by_one = zip(*[g(*[s[k] for s in stacked]) for k in range(2)])
        for got, want in zip(together, one_by_one, strict=True):
            np.testing.assert_allclose(got, np.stack(want), rtol=1e-9, atol=1e-11)


def judge_or_flat(f, *arrays):
    """The same for functions with jumps and kinks, where numbers may decide nothing: there the engines must agree."""
    try:
        judge(f, *arrays, rows=False)
    except Inconclusive:
        dualad.testing.check_duality(floating(f), arrays)
