"""`saved_residuals`: the arrays that the tape keeps for the backward pass, and who asked for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core.nodes import kept_arrays, name_of, owner_of, walk
from ..core.reverse import ReverseTrace, Var
from ..core.trace import Box, settled
from ..core.tree import tree_flatten
from ..transforms._run import run
from ..transforms.reverse import _variable
from .lines import NOWHERE, Line
from .observer import Listener, Observer, observer
from .paths import name_leaves
from .tables import Table
from .units import bare, count, in_bytes, space_name


class Residual(NamedTuple):
    """An array that the tape keeps.

    Attributes
    ----------
    shape, dtype
    nbytes : of the memory that is kept alive; that of the base where the array is a view
    source : what it is: an argument by name, the result of a primitive, or a constant
    line : of the primitive whose result it is
    wanted_by : pairs of the primitives whose rules asked for it, and their lines
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    nbytes: int
    source: str
    line: Line
    wanted_by: tuple[tuple[str, Line], ...]


class Residuals(list):
    """A list of `Residual`s, largest first, that prints as a table. An array that many want is there once."""

    @property
    def nbytes(self) -> int:
        """The bytes of all together."""
        return sum(r.nbytes for r in self)

    def by_line(self) -> dict[str, int]:
        """Bytes by the user's line that asked first, largest first; the empty line has what is not known."""
        found: dict[str, int] = {}
        for r in self:
            place = str(r.wanted_by[0][1])
            found[place] = found.get(place, 0) + r.nbytes
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def _table(self) -> Table:
        rows = [
            (in_bytes(r.nbytes), space_name(r.shape, r.dtype), _what(r), *_asked(r.wanted_by)) for r in self
        ]
        foot = f"{count(len(self), 'array')}, {in_bytes(self.nbytes)}"
        return Table("", ("bytes", "array", "what it is", "asked for by", "line"), rows, foot, {"bytes"})

    def __repr__(self):
        return self._table().text()

    def _repr_html_(self):
        return self._table().html()


def _what(r: Residual) -> str:
    return f"{r.source} at {r.line}" if r.line else r.source


def _asked(wanted) -> tuple[str, str]:
    name, line = wanted[0]
    more = f" and {len(wanted) - 1} more" if len(wanted) > 1 else ""
    return f"{name}{more}", f"{line}  {line.text}" if line else ""


def saved_residuals(f: Any, *args, **kwargs) -> Residuals:
    """What the reverse engine keeps of a function for its backward pass.

    Parameters
    ----------
    f : callable or Tensor
        A function of pytrees, which is run once on `args`; or a tensor that has been computed, whose graph is
        looked at. Of a tensor, lines are known if it was computed inside a block of `dualad.profile` or
        `dualad.debug_nans`.
    *args, **kwargs
        All float and complex arrays among them are differentiated.

    Returns
    -------
    Residuals
        A list that prints as a table, largest first: bytes, shape, what it is, which primitive asked, at which line.

    Raises
    ------
    FreedGraph
        The tensor's graph has been freed by `backward()`.

    Examples
    --------
    >>> import numpy as np, dualad
    >>> kept = dualad.saved_residuals(lambda x: np.sum(np.exp(np.sin(x))), np.zeros(1000))
    >>> [(r.source, r.nbytes) for r in kept]
    [('argument x', 8000), ('result of exp', 8000)]
    """
    if not callable(f) or hasattr(f, "_value"):
        if args or kwargs:
            raise TypeError(
                "saved_residuals of a tensor takes no further arguments: its graph is there already"
            )
        return _of_graph(_nodes_of(f), {}, {}, observer())
    return _of_function(f, args, kwargs)


class _Results(Listener):
    """Which primitive made which array."""

    def __init__(self):
        self.made: dict[int, tuple] = {}
        self.alive: list = []

    def applied(self, operation):
        for out in operation.out if isinstance(operation.out, tuple) else (operation.out,):
            a = bare(out)
            if isinstance(a, np.ndarray):
                owner = owner_of(a)
                self.alive.append(owner)  # an id stands for one array as long as that lives
                self.made.setdefault(id(owner), (operation.name, operation.line))


def _of_function(f: Callable, args, kwargs) -> Residuals:
    leaves, treedef = tree_flatten((args, kwargs))
    trace = ReverseTrace("saved_residuals")
    inputs = [_variable(x, k, trace) for k, x in enumerate(leaves)]
    names = {}
    for path, x in zip(name_leaves(f, args, kwargs), inputs, strict=True):
        if isinstance(bare(x), np.ndarray):
            names[id(owner_of(bare(x)))] = path
    given, keywords = treedef.unflatten(inputs)
    results = _Results()
    watch = observer()
    watch.add(results)
    try:
        out = run(trace, f, given, keywords)
        return _of_graph(_nodes_of(out), names, results.made, watch)
    finally:
        watch.remove(results)


def _nodes_of(tree) -> list:
    """The nodes of all variables in the leaves of a tree, of any trace."""
    found = []
    for x in tree_flatten(tree)[0]:
        x = getattr(x, "_value", x)
        while isinstance(x, Box):
            if type(settled(x)) is Var:
                found.append(x.aux)
            x = x.value
    return found


def _of_graph(roots, names, made, watch: Observer) -> Residuals:
    found: dict[int, tuple] = {}
    for node in walk(roots):
        kept = kept_arrays(node)
        if not kept:
            continue
        wanted = name_of(node), watch.line_of(node)
        for array, owner in kept:
            entry = found.setdefault(id(owner), (array, owner, []))
            if wanted not in entry[2]:
                entry[2].append(wanted)
    residuals = [_residual(array, owner, wanted, names, made) for array, owner, wanted in found.values()]
    return Residuals(sorted(residuals, key=lambda r: -r.nbytes))


def _residual(array, owner, wanted, names, made) -> Residual:
    source, line = "constant" if names or made else "", NOWHERE
    if id(owner) in names:
        source = f"argument {names[id(owner)]}"
    elif id(owner) in made:
        name, line = made[id(owner)]
        source = f"result of {name}"
    if source and array.nbytes < owner.nbytes:
        source += f", part of {in_bytes(owner.nbytes)}"
    return Residual(array.shape, array.dtype, owner.nbytes, source, line, tuple(wanted[::-1]))
