"""`debug_nans`, `debug_infs`: where the first NaN, or infinity, is born, in a value or only in a derivative."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..core.errors import DualadError
from ..core.forward import Dual
from ..core.nodes import kept_arrays, parents
from ..core.reverse import ALWAYS, OWNED
from ..core.trace import Box
from .lines import Line
from .observer import Listener, Operation, Pull, observer
from .units import bare, summary


class NanError(DualadError, FloatingPointError):
    """A NaN or an infinity has been born, or has come in.

    Attributes
    ----------
    primitive : the primitive's name
    line : the user's line, with `file`, `number` and `text`
    where : "value", "tangent" or "cotangent"
    born : False where it came in with an argument or a constant
    """

    def __init__(self, text, primitive: str, line: Line, where: str, born: bool):
        super().__init__(text)
        self.primitive, self.line, self.where, self.born = primitive, line, where, born


class debug_nans(Listener):
    """Raise where the first NaN is born: in a value, in a tangent, or in a cotangent of a sweep.

    Covers what this thread computes on traced arrays in the block: `jvp`, `vjp`, `grad`, Jacobians, `hessian`,
    `vmap`, and tensors with `backward()`. Plain NumPy outside of transforms is NumPy's own business
    (`np.errstate`). Nothing is paid outside of the block. The first error ends the watch.

    Parameters
    ----------
    infs : bool
        Watch for infinities as well.
    inherited : bool
        Raise for a NaN that was already in an argument or constant, too. With False, only for one that is born.

    Raises
    ------
    NanError
        A FloatingPointError: it names the primitive, the user's line, the arguments, and the remedy. A cotangent
        that the strong zero mends (zero times NaN, where the result does not depend on it) is no error.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> with dualad.debug_nans():
    ...     dualad.grad(np.log)(1.0)
    np.float64(1.0)
    """

    what = "NaN"

    def __init__(self, *, infs: bool = False, inherited: bool = True):
        self.inherited = inherited
        self.bad: Callable = _not_finite if infs else np.isnan
        self.what = "NaN or infinity" if infs else "NaN"
        self._before: dict[int, bool] = {}
        self._sweep: Any = None
        self._infinite = (
            ""  # where the first infinite slope of the sweep, or the last one of a tangent, was born
        )

    def __enter__(self):
        observer().add(self)
        return self

    def __exit__(self, *_):
        self._sweep = None
        observer().remove(self)

    def has(self, x) -> bool:
        """Whether there is one in a plain or boxed array."""
        a = bare(x)
        kind = getattr(getattr(a, "dtype", None), "kind", None) or type(a).__name__[0]
        return kind in "fc" and bool(np.any(self.bad(a)))

    # ---- forward ----------------------------------------------------------------------------------

    def applied(self, operation: Operation) -> None:
        outs = operation.out if isinstance(operation.out, tuple) else (operation.out,)
        inputs = [a for _, v in operation.arguments for a in _arrays(v)]
        for out in outs:
            if self.has(out):
                self._in_value(operation, out, inputs)
            for order, moved in _tangents(out):
                if self.has(moved) and not self.has(out):
                    self._in_tangent(operation, inputs, order)
                elif _infinite(moved) and not any(_infinite(t) for x in inputs for _, t in _tangents(x)):
                    self._infinite = _place(operation)

    def _in_value(self, operation, out, inputs):
        if self._is_new(operation, out, inputs):
            raise self.error(
                operation.name, operation.line, "value", True, "born in the value", operation.arguments
            )
        if self.inherited:
            text = "in the value: it has come in with an argument or a constant"
            raise self.error(operation.name, operation.line, "value", False, text, operation.arguments)

    def _is_new(self, operation, out, inputs) -> bool:
        """Whether one stands where no argument has one."""
        mine = [x for x in inputs if self.has(x)]
        if not mine:
            return True
        if not operation.prim.elementwise:
            return False
        now = self.bad(np.asarray(bare(out)))
        old = [self.bad(np.asarray(bare(x))) for x in mine]
        if np.broadcast_shapes(now.shape, *[o.shape for o in old]) != now.shape:
            return False
        covered = np.zeros(now.shape, bool)
        for o in old:
            covered |= np.broadcast_to(o, now.shape)
        return bool(np.any(now & ~covered))

    def _in_tangent(self, operation, inputs, order):
        coming = [t for x in inputs for _, t in _tangents(x)]
        born = not any(map(self.has, [*coming, *inputs]))
        if not born and not self.inherited:
            return
        text = (
            f"born only in {order}: the value has none"
            if born
            else f"in {order}: it has come in with a tangent"
        )
        moves = [(f"tangent of {name}", t) for name, x in operation.arguments for _, t in _tangents(x)]
        raise self.error(
            operation.name, operation.line, "tangent", born, text, [*operation.arguments, *moves]
        )

    # ---- backward ---------------------------------------------------------------------------------

    def pulling(self, node, cotangent, cotangents) -> None:
        if self._sweep is not cotangents:
            self._sweep, self._infinite = cotangents, ""
        self._before = {p[0]: self._any(cotangents.get(p[0])) for p in parents(node)}

    def pulled(self, pull: Pull) -> None:
        if self._any(pull.cotangent):
            return
        for parent in parents(pull.node):
            i = parent[0]
            found = pull.cotangents.get(i)
            if not self._before.get(i) and self._any(found) and not self._mended(pull, i):
                raise self._cotangent_error(pull)
            if not self._infinite and any(map(_infinite, _parts(found))):
                self._infinite = _place(pull)

    def _any(self, g) -> bool:
        if isinstance(g, list):
            return any(part is not None and self.has(part) for part in g)
        return g is not None and self.has(g)

    def _mended(self, pull, i) -> bool:
        """Whether the strong zero makes it disappear: a zero cotangent wins over any slope."""
        if pull.flags is ALWAYS:
            return False
        again: dict = {OWNED: set()}
        with np.errstate(all="ignore"):
            pull.node[1](pull.node, pull.cotangent, again, [], ALWAYS)
        return not self._any(again.get(i))

    def _cotangent_error(self, pull):
        kept = [(f"kept {k}", a.array) for k, a in enumerate(kept_arrays(pull.node), 1)]
        given = [("cotangent", g) for g in _parts(pull.cotangent)]
        born = not any(self.has(a) for _, a in kept)
        text = "born only in the derivative, in the cotangent of an argument: the value has none"
        if not born:
            text = "in the cotangent of an argument: a value that the rule uses has it"
        return self.error(pull.name, pull.line, "cotangent", born, text, [*given, *kept])

    # ---- messages ---------------------------------------------------------------------------------

    def error(self, name, line, where, born, text, arguments) -> NanError:
        at = f" at {line}: {line.text!r}" if line else ""
        shown = "".join(f"\n    {label}: {summary(a)}" for label, value in arguments for a in _arrays(value))
        if where != "value" and self._infinite and self._infinite != f"{name}{at}":
            shown += f"\n    an infinite slope was born before, in {self._infinite}"
        return NanError(
            f"{self.what} {text}, in {name}{at}{shown}\n{_remedy(where, born)}", name, line, where, born
        )


class debug_infs(debug_nans):
    """`debug_nans`, for infinities that are born: one that was in an argument or a constant is no error.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> with dualad.debug_infs():
    ...     dualad.grad(np.sqrt)(4.0)
    np.float64(0.25)
    """

    def __init__(self):
        super().__init__(inherited=False)
        self.bad, self.what = np.isinf, "infinity"


def _not_finite(x):
    return ~np.isfinite(x)


def _infinite(x) -> bool:
    a = bare(x)
    return hasattr(a, "dtype") and a.dtype.kind in "fc" and bool(np.any(np.isinf(a)))


def _place(seen: Operation | Pull) -> str:
    return f"{seen.name} at {seen.line}: {seen.line.text!r}" if seen.line else seen.name


def _remedy(where, born) -> str:
    if not born:
        return (
            "Look for where that argument is made; np.where(np.isnan(x), 0, x) takes it out. "
            "debug_nans(inherited=False) looks for births alone."
        )
    if where == "value":
        return (
            "Keep the argument where the function is defined and finite: np.where(ok, x, 1.0) before the call, and "
            "np.where again after it. (The second alone gives the right derivative here, by the strong zero; the value "
            "is computed all the same.)"
        )
    return (
        "The function has no finite slope at this point. Move the argument away from it, np.where(ok, x, 1.0) before "
        "the call, with np.where(ok, …, value there) after it; its derivative is then zero there, by the strong zero."
    )


def _parts(g) -> Iterator:
    yield from (part for part in (g if type(g) is list else [g]) if part is not None)


def _arrays(value) -> Iterator:
    """Arrays and numbers in an argument, which may be a list of them."""
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from _arrays(part)
    elif isinstance(value, (Box, np.ndarray, np.generic, float, complex)):
        yield value


def _tangents(x: Any, depth: int = 1) -> Iterator[tuple[str, Any]]:
    """The tangents in a box, with what they are called."""
    while isinstance(x, Box):
        if type(x) is Dual:
            name = "the tangent" if depth == 1 else f"a tangent of order {depth}"
            yield name, x.aux
            yield from _tangents(x.aux, depth + 1)
        x = x.value
