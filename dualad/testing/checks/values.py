"""C0: the public function is the evaluation, boxed or not, and what NumPy or SciPy give under the same
name; it leaves its arguments alone."""

from __future__ import annotations

import numpy as np
import scipy.special

from ...transforms.forward import jvp
from ...transforms.reverse import vjp
from ..probe import apart, same
from ..results import Wrong
from ..samples import calls, shape_calls
from .common import at, some


def evaluation(prim, worst):
    for call in some([*calls(prim), *shape_calls(prim)], "no samples"):
        with at(call):
            _evaluation(call)
            _like_numpy(call, worst)


def _evaluation(call):
    prim = call.prim
    before = [np.array(a) for a in call.args]
    want = _all(prim, prim.fun(*call.args, **call.params))
    _equal(_all(prim, prim.face(*call.args, **call.params)), want, "the public function")
    xs = call.xs
    if xs and call.f(*xs):
        plain = call.plain(*xs)
        _equal(jvp(call.f, xs, [np.zeros_like(np.asarray(x)) for x in xs])[0], plain, "the value under jvp")
        _equal(vjp(call.f, *xs)[0], plain, "the value under vjp")
    for a, b in zip(call.args, before, strict=True):
        if not same(a, b):
            raise Wrong("an argument was changed")


ULPS = 1e-15
# Of these names NumPy means something else.
OTHERS = {"put"}


def _like_numpy(call, worst):
    """The evaluation against the function of the same name, where there is one that takes the same call."""
    prim = call.prim
    for home in (np, np.linalg, scipy.special):
        reference = getattr(home, prim.name, None)
        if reference is None or prim.name in OTHERS:
            continue
        args = [[np.array(a) for a in call.args]] if prim.variadic else [np.array(a) for a in call.args]
        try:
            want = reference(*args, **call.params)
        except (TypeError, ValueError):
            continue  # other parameters, or an empty array where NumPy declines it
        got = prim.fun(*call.args, **call.params)
        worst.meet(apart(_all(prim, got), _all(prim, want)), ULPS, call, f"not what {home.__name__} gives")
        return


def _all(prim, out):
    return tuple(out) if prim.multi else (out,)


def _equal(got, want, what):
    if len(got) != len(want) or not all(map(same, got, want)):
        raise Wrong(f"{what} is not what the evaluation gives: {_short(got)} and {_short(want)}")


def _short(arrays):
    return ", ".join(f"{np.asarray(a).dtype}{list(np.shape(a))} {np.ravel(a)[:3]}" for a in arrays)
