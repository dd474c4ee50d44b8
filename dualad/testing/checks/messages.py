"""C12: wrong calls are refused by name, traced or not."""

from __future__ import annotations

from ...transforms.forward import jvp
from ...transforms.reverse import vjp
from ..results import Wrong
from ..samples import calls
from .common import at, some

NO_SUCH = "no_such_keyword"


def refusals(prim, worst):
    call = some(calls(prim), "no samples")[0]
    with at(call):
        _unknown_keyword(call)
        if not prim.variadic:
            _refuses(lambda: prim.face(*call.args, 1.0, 2.0, **call.params), "too many arguments", "")


def _unknown_keyword(call):
    def f(*xs):
        return call.prim.face(*call.with_active(xs), **call.params, no_such_keyword=1)

    _refuses(lambda: f(*call.xs), "an unknown keyword", NO_SUCH)
    if call.active and call.prim.flat is None:
        _refuses(lambda: jvp(f, call.xs, call.xs), "an unknown keyword under jvp", NO_SUCH)
        _refuses(lambda: vjp(f, *call.xs), "an unknown keyword under vjp", NO_SUCH)


def _refuses(attempt, what, words):
    try:
        attempt()
    except TypeError as error:
        if words not in str(error):
            raise Wrong(f"{what} is refused without naming it: {error}") from None
    except Exception as error:
        raise Wrong(f"{what} raises {type(error).__name__}, not TypeError: {error}") from None
    else:
        raise Wrong(f"{what} is accepted in silence")
