"""C0: the public function is the evaluation, boxed or not, and leaves its arguments alone."""

from __future__ import annotations

import numpy as np

from ...transforms.forward import jvp
from ...transforms.reverse import vjp
from ..probe import same
from ..results import Wrong
from ..samples import calls, shape_calls
from .common import at, some


def evaluation(prim, worst):
    for call in some([*calls(prim), *shape_calls(prim)], "no samples"):
        with at(call):
            _evaluation(call)


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


def _all(prim, out):
    return tuple(out) if prim.multi else (out,)


def _equal(got, want, what):
    if len(got) != len(want) or not all(map(same, got, want)):
        raise Wrong(f"{what} is not what the evaluation gives: {_short(got)} and {_short(want)}")


def _short(arrays):
    return ", ".join(f"{np.asarray(a).dtype}{list(np.shape(a))} {np.ravel(a)[:3]}" for a in arrays)
