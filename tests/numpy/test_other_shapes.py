"""The example calls with arguments of other shapes: what NumPy refuses is refused, the rest has NumPy's values.

An argument loses an entry, gains one, is left with one or with none, loses an axis or gains one.
"""

import warnings

import numpy as np
import pytest

import dualad
import dualad.numpy as dnp
from dualad.core.tree import tree_leaves
from dualad.testing.calls import ALL_CALLS, HELPERS, POOL
from dualad.testing.coverage import compare

SCOPE = {**HELPERS, **POOL, "np": np, "dnp": np, "buffer": np.zeros}
# A call that works on a copy of a NumPy number is no example of an array's; memory has no shape.
ARRAYS_ALONE = (
    "change",
    "operated",
    "like=",
    "copy=False",
    ".flags",
    ".strides",
    "* A",
    " in ",
    "array_str",
    "A.dot",
)
OTHERWISE = {
    "`out=` of another shape is refused here": ("out=",),
    "an answer for too few entries": ("histogram(", "unwrap(", "pad(", "polymul(", "ptp(", "putmask"),
    "NumPy checks the weights of rows": ("weights=",),
    "in single precision, to its last digit": ("float32",),
    "NumPy changes its argument": ("overwrite_input",),
    "a mean about which NumPy has no opinion": ("mean=",),
}


def changed(a, rng):
    a = np.asarray(a)
    found = [a[None], a.ravel()[0], np.stack([a, a], -1)]
    if a.ndim:
        k = int(rng.integers(a.ndim))
        found += [np.delete(a, -1, k), np.take(a, [0], k), np.take(a, [], k)]
        found += [np.concatenate([a, np.take(a, [0], k)], k), a[0], a.ravel()]
    return found[rng.integers(len(found))].copy()


def traced_names(call):
    names = compile(call, call, "eval").co_names
    return [n for n in names if n in POOL and np.asarray(POOL[n]).dtype.kind in "fc"]


def outcome(f, *args):
    """What a function gives, or the error it raises."""
    try:
        return f(*args)
    except Exception as error:
        return error


def difference(call, name, x):
    want = outcome(lambda: eval(call, {**SCOPE, name: x.copy()}))
    of = lambda x: eval(call, {**SCOPE, "dnp": dnp, "buffer": dnp.zeros, name: x})
    for engine in (lambda: dualad.vjp(of, x)[0], lambda: dualad.jvp(of, (x,), (x,))[0]):
        got = outcome(engine)
        if isinstance(got, dualad.DualadError) or "a dualad array has no attribute" in str(got):
            continue  # rejected by name
        if isinstance(got, Exception) or isinstance(want, Exception):
            if not (isinstance(got, Exception) and isinstance(want, Exception)):
                return f"{call} with {name} of shape {x.shape}: {got!r}, NumPy: {want!r}"
        elif apart := compare(got, want):
            return f"{call} with {name} of shape {x.shape}: {apart}"
    return ""


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.3.0", reason="what NumPy refuses has changed")
@pytest.mark.parametrize("seed", range(4))
def test_as_numpy(seed):
    rng = np.random.default_rng(seed)
    skipped = (*ARRAYS_ALONE, *(mark for marks in OTHERWISE.values() for mark in marks), "empty", "random")
    names = list(ALL_CALLS)[seed::4]
    calls = [c for name in names for c in ALL_CALLS[name] if not any(mark in c for mark in skipped)]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = [difference(c, n, changed(POOL[n], rng)) for c in calls for n in traced_names(c)]
    assert len(found) > 500
    assert [f for f in found if f] == []


AS_TEXT = ("str(", "array2string", "f'", "fftshift")
SIGNS_ARE_FREE = ("eig", "svd", "qr")


def difference_of_rows(call, name, x, rng):
    """Two rows at once against one after the other; an error is no wrong answer, unless rows alone have one."""
    y = (x * (1 + 0.1 * rng.uniform(size=x.shape))).astype(x.dtype)
    of = lambda x: eval(call, {**SCOPE, "dnp": dnp, "buffer": dnp.zeros, name: x})
    got = outcome(lambda: dualad.vmap(of)(np.stack([x, y])))
    if isinstance(got, Exception):
        return ""
    want = [outcome(lambda r=r: dualad.vjp(of, r)[0]) for r in (x, y)]
    if any(isinstance(w, Exception) for w in want):
        return f"{call} with rows {name} of shape {x.shape}: {got!r}, where a row alone raises {want}"
    for g, *rows in zip(*(tree_leaves(v) for v in (got, *want)), strict=True):
        if np.shape(rows[0]) == np.shape(rows[1]) and (apart := compare(g, np.stack(rows), rtol=1e-9)):
            return f"{call} with rows {name} of shape {x.shape}: {apart}"
    return ""


@pytest.mark.parametrize("seed", range(4))
def test_rows_as_one_row(seed):
    rng = np.random.default_rng(seed)
    skipped = (*ARRAYS_ALONE, *AS_TEXT, *SIGNS_ARE_FREE, "overwrite_input", "empty", "random")
    names = list(ALL_CALLS)[seed::4]
    calls = [c for name in names for c in ALL_CALLS[name] if not any(mark in c for mark in skipped)]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = [difference_of_rows(c, n, changed(POOL[n], rng), rng) for c in calls for n in traced_names(c)]
    assert len(found) > 500
    assert [f for f in found if f] == []
