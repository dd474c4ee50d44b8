"""A store reaches the array exactly where NumPy's result is a view of it, and never where it is a copy."""

import warnings

import numpy as np
import pytest

import dualad
import dualad.numpy as dnp

STARTS = ["x", "x.T", "x[:, ::2]", "x[1:]", "np.swapaxes(x, 0, 1)", "x.reshape(3, 2)"]
RESULTS = """
x.reshape(-1);  x.reshape(-1, copy=True);  x.ravel();  x.ravel('F');  x.T.ravel('F');  x.flatten();  x.T;  x[0]
x[:, 0];  x[::-1];  x[...];  x[[0]];  x.astype(x.dtype);  x.copy();  x.real;  x.swapaxes(0, 1);  +x
np.squeeze(x[None]);  np.expand_dims(x, 0);  np.moveaxis(x, 0, 1);  np.flip(x);  np.rot90(x);  np.roll(x, 1)
np.atleast_2d(x);  np.ravel(x);  np.transpose(x);  np.tril(x);  np.concatenate([x]);  np.repeat(x, 1)
np.nan_to_num(x);  np.vstack([x]);  np.clip(x, -9, None);  np.reshape(x, x.size);  np.array(x)
np.astype(x, x.dtype);  np.astype(x, x.dtype, copy=False)
""".replace("\n", ";").split(";")
BASE = np.arange(6.0).reshape(2, 3) + 1


def stored(start, result, module):
    def program(x):
        whole = x * 1
        part = eval(result, {"np": module, "x": eval(start, {"np": module, "x": whole})})
        part[0] = 9 * whole[0, 0]
        return whole

    return program


ROADS = {
    "no trace": lambda f: np.asarray(f(dnp.asarray(BASE))),
    "forward": lambda f: dualad.jvp(f, (BASE,), (BASE,))[0],
    "reverse": lambda f: dualad.vjp(f, BASE)[0],
    "batch": lambda f: dualad.vmap(f)(np.stack([BASE, BASE]))[0],
    "forward in a batch": lambda f: dualad.vmap(lambda x: dualad.jvp(f, (x,), (x,))[0])(
        np.stack([BASE, BASE])
    )[0],
    "a batch of batches": lambda f: dualad.vmap(dualad.vmap(f))(np.stack([BASE, BASE])[None])[0, 0],
}


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("start", STARTS)
def test_stores_reach_what_they_reach_in_numpy(start, road):
    for result in filter(None, map(str.strip, RESULTS)):
        if "copy=" in result and np.lib.NumpyVersion(np.__version__) < "2.1.0":
            continue  # a keyword that NumPy has from 2.1 on
        want = stored(start, result, np)(BASE)
        got = ROADS[road](stored(start, result, dnp))
        np.testing.assert_array_equal(got, want, err_msg=f"{result} of {start}")


def test_the_derivative_of_what_was_kept_is_kept():
    """`astype` of the same dtype and `flatten` are copies: a store into them leaves the array its derivative."""

    def f(x):
        for y in (x.astype(x.dtype), x.flatten(), x.T.reshape(-1)):
            y[0] = 0
        return (x**2).sum()

    np.testing.assert_array_equal(dualad.grad(f)(BASE), 2 * BASE)


def test_reshape_without_a_copy():
    x = dnp.asarray(BASE)
    y = x.reshape(6, copy=False)
    y[0] = 7
    assert float(x[0, 0]) == 7
    with pytest.raises(ValueError, match="avoid creating a copy"):
        x.T.reshape(6, copy=False)


A23 = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    "x", [A23, A23.T, np.asfortranarray(A23), np.asfortranarray(A23)[:, :2], A23[:, ::2]]
)
def test_reshape_as_it_lies(x):
    w = np.arange(1.0, 1 + x.size)
    f = lambda x: x.reshape(-1, order="A") @ w + np.reshape(x * 2, -1, order="A") @ w
    want = 3 * w.reshape(x.shape, order="F" if np.isfortran(x) else "C")
    np.testing.assert_array_equal(f(x), np.sum(want * x))
    np.testing.assert_array_equal(dualad.grad(f)(x), want)
    np.testing.assert_array_equal(dualad.jacfwd(f)(x), want)
    rows = np.stack([x, x])
    np.testing.assert_array_equal(dualad.vmap(dualad.grad(f))(rows)[1], dualad.grad(f)(rows[1]))


@pytest.mark.parametrize("dtype, value", [(int, 1.5), (float, 1j), (np.float32, 1j), (bool, 1)])
def test_operators_in_place_do_not_change_the_dtype(dtype, value):
    for x in (np.ones(3, dtype), dnp.ones(3, dtype)):
        with pytest.raises(TypeError, match="ufunc 'add'|in place cannot make"):
            x += value
        with pytest.raises(TypeError, match="ufunc 'multiply'|in place cannot make"):
            x[1:] *= value
    x = dnp.ones(3, np.float32)
    x += np.float64(0.5)
    x *= np.full(3, 2.0)
    assert x.dtype == np.float32


def test_copies_of_plain_memory_are_copies():
    """`dualad.numpy.asarray(a)` shows the memory of `a`, as in NumPy; a copy of it does not."""
    import copy

    for duplicate in (
        lambda x: x.copy(),
        lambda x: np.copy(x),
        lambda x: dnp.array(x),
        lambda x: dnp.asarray(x, copy=True),
        lambda x: x.astype(x.dtype),
        lambda x: x.flatten(),
        lambda x: x.reshape(3, copy=True),
        copy.copy,
        copy.deepcopy,
    ):
        a = np.ones(3)
        x = dnp.asarray(a)
        y = duplicate(x)
        a[0] = 5
        np.asarray(x)[1] = 6
        assert np.asarray(x).tolist() == [5, 6, 1] and np.asarray(y).tolist() == [1, 1, 1]


def test_every_function_shares_memory_where_numpy_does():
    """Of all example calls: the result is a view of an argument, or the argument itself, where it is one in NumPy."""
    from dualad.core.trace import Box
    from dualad.core.tree import tree_leaves
    from dualad.testing.calls import ALL_CALLS, POOL
    from dualad.testing.coverage import choices, function_of

    def shared(result, args):
        if not isinstance(result, Box):
            return False
        while getattr(result, "view_of", None):
            result, prim, _ = result.view_of
            if prim.name in ("broadcast_to", "diagonal"):  # a store is refused, aloud
                return None
        return any(result is a for a in args)

    def compared(call, traced):
        args = tuple(np.array(POOL[k]) for k in traced)
        f, found = function_of(call, traced), []

        def seen(*args):
            out = f(*args)
            found[:] = [shared(r, args) for r in tree_leaves(out)]
            return out

        try:
            want = [
                isinstance(r, np.ndarray) and r.flags.writeable and any(np.shares_memory(r, a) for a in args)
                for r in tree_leaves(f(*args))
            ]
            dualad.jvp(seen, args, args)
        except Exception:  # tests/numpy/test_coverage.py sees to what is wrong and what is rejected
            return None
        return all(f is None or f == w for f, w in zip(found, want, strict=True))

    calls = [(c, t) for cs in ALL_CALLS.values() for c in cs if "flat" not in c for t in choices(c)[-1:]]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = {c: compared(c, t) for c, t in calls if all(np.ndim(POOL[k]) for k in t)}
    assert sum(v is not None for v in found.values()) > 1000
    assert [c for c, v in found.items() if v is False] == []
