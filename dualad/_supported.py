"""`dualad.supported()`: what is differentiable, as the checks found it.

The table lies beside this file, `_supported.tsv`, and is written by `python -m dualad.testing.coverage --table`, which
runs every function; nothing in it is typed by hand.
"""

from __future__ import annotations

import difflib
import functools
import html
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

FILE = Path(__file__).with_name("_supported.tsv")
COLUMNS = ("name", "verdict", "arguments", "keywords", "dtypes", "orders", "remark")
ENGINES = ("forward", "reverse")


class Support(NamedTuple):
    """What the checks found of one function.

    Attributes
    ----------
    name : the full name, "numpy.linalg.norm", "numpy.ndarray.sum", "scipy.special.erf", "dualad.ops.tanh"
    verdict : one word for the function, the best that was found of its arguments:

        - "right": values are those of NumPy, and derivatives agree with differences and between the engines;
        - "right from dualad.numpy": NumPy does not show dualad this argument; the function of that name in
          `dualad.numpy` is right, NumPy's own raises an error;
        - "flat": there is no derivative, or it is zero, and NumPy's value comes back;
        - "rejected": an error names what is not supported;
        - "no floating argument": nothing that could be differentiated.

    arguments : floating-point argument -> verdict
    keywords : keyword that was given -> verdict
    dtypes : dtype of the arguments -> verdict; absent where NumPy itself takes none of that dtype
    orders : orders of derivative that were checked, each in both engines and in both mixtures of them
    engines : ("forward", "reverse"); empty where there is no derivative
    remark : why an argument is rejected, or why there is no derivative
    """

    name: str
    verdict: str
    arguments: Mapping[str, str]
    keywords: Mapping[str, str]
    dtypes: Mapping[str, str]
    orders: tuple[int, ...]
    remark: str

    @property
    def engines(self) -> tuple[str, ...]:
        return ENGINES if self.orders else ()

    @property
    def namespace(self) -> str:
        """The part of the name before the last dot."""
        return self.name.rpartition(".")[0]

    def __repr__(self):
        lines = [f"{self.name}: {self.verdict}"]
        for field in ("arguments", "keywords", "dtypes"):
            if getattr(self, field):
                lines.append(f"  {field:<10}{show(getattr(self, field))}")
        if self.orders:
            lines.append(
                f"  orders    {', '.join(map(str, self.orders))} in {' and '.join(self.engines)} mode"
            )
        return "\n".join(lines + ([f"  remark    {self.remark}"] if self.remark else []))


class Table(tuple):
    """Rows of `Support`; a tuple that can be filtered, and prints itself as a table."""

    __slots__ = ()

    def filter(self, condition: Callable[[Support], Any] | None = None, /, **fields: str) -> Table:
        """The rows for which a condition holds, and whose fields have these values.

        Parameters
        ----------
        condition : callable, optional
            Of a row.
        **fields
            Values of `name`, `verdict`, `namespace`.

        Examples
        --------
        >>> import dualad
        >>> len(dualad.supported().filter(verdict="WRONG"))
        0
        >>> table = dualad.supported().filter(lambda row: "weights" in row.arguments, namespace="numpy")
        >>> [row.name for row in table][:2]
        ['numpy.average', 'numpy.bincount']
        """
        unknown = fields.keys() - {"name", "verdict", "namespace"}
        if unknown:
            raise TypeError(f"filter knows name=, verdict= and namespace=, not {', '.join(sorted(unknown))}=")
        return Table(
            row
            for row in self
            if (condition is None or condition(row)) and all(getattr(row, k) == v for k, v in fields.items())
        )

    def counts(self) -> dict[str, int]:
        """How many rows there are of each verdict."""
        found: dict[str, int] = {}
        for row in self:
            found[row.verdict] = found.get(row.verdict, 0) + 1
        return found

    def __repr__(self):
        width = max([len(row.name) for row in self], default=0)
        shown = self if len(self) <= 60 else self[:25]
        lines = [
            f"{row.name:<{width}}  {row.verdict:<24}  {' '.join(row.arguments)}".rstrip() for row in shown
        ]
        if len(shown) < len(self):
            lines.append(f"… and {len(self) - len(shown)} more")
        lines.append(
            f"{len(self)} functions: " + ", ".join(f"{n} {word}" for word, n in self.counts().items())
        )
        return "\n".join(lines)

    def _repr_html_(self):
        head = "".join(f"<th>{c}</th>" for c in COLUMNS)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells(row)) + "</tr>" for row in self
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def supported(function: Callable | str | None = None) -> Any:
    """What is differentiable, as the checks found it: one function's row, or the whole table.

    Parameters
    ----------
    function : callable or str, optional
        A function, method or ufunc of NumPy, of `scipy.special` or of `dualad.numpy`, or a name: "numpy.sum",
        "sum", "linalg.norm", "ndarray.sum", "dualad.ops.tanh".

    Returns
    -------
    Support or Table
        The row of the function, or all rows.

    Raises
    ------
    LookupError
        The table has no such row.

    Examples
    --------
    >>> import dualad, numpy as np
    >>> row = dualad.supported(np.average)
    >>> row.verdict, row.arguments["weights"]
    ('right', 'right')
    >>> dualad.supported("numpy.argmax").verdict
    'flat'
    """
    rows = table()
    if function is None:
        return rows
    by_name = _by_name()
    name = function if isinstance(function, str) else _name_of(function)
    for candidate in (name, f"numpy.{name}", f"scipy.special.{name}", f"dualad.ops.{name}"):
        if candidate in by_name:
            return by_name[candidate]
    near = difflib.get_close_matches(name, by_name, 3) or [
        n for n in by_name if n.endswith("." + name.rpartition(".")[2])
    ]
    raise LookupError(
        f"dualad.supported: nothing is known of {name}."
        + (f" Did you mean {', '.join(near[:3])}?" if near else "")
        + " supported() gives the whole table"
    )


def _name_of(function) -> str:
    """The name under which a function stands in the table, found by identity."""
    primitive = getattr(function, "primitive", None)
    if primitive is not None:
        return f"dualad.ops.{primitive.name}"
    same = (function, getattr(function, "__wrapped__", function))
    for name in _by_name():
        found: Any = sys.modules.get(name.partition(".")[0])
        if name.startswith("dualad"):
            continue
        for part in name.split(".")[1:]:
            found = getattr(found, part, None)
        if found is not None and any(found is f for f in same):
            return name
    return str(getattr(function, "__qualname__", None) or getattr(function, "__name__", repr(function)))


# ---- the file -------------------------------------------------------------------------------------


def show(verdicts: Mapping[str, str]) -> str:
    """`right: a, weights; rejected: order`."""
    groups: dict[str, list[str]] = {}
    for name, verdict in verdicts.items():
        groups.setdefault(verdict, []).append(name)
    return "; ".join(f"{verdict}: {', '.join(names)}" for verdict, names in groups.items())


def _read(cell: str) -> Mapping[str, str]:
    groups = [group.split(": ", 1) for group in cell.split("; ") if group]
    return MappingProxyType({name: verdict for verdict, names in groups for name in names.split(", ")})


def cells(row: Support) -> list[str]:
    """A row as text, column by column."""
    mappings = (show(row.arguments), show(row.keywords), show(row.dtypes))
    return [row.name, row.verdict, *mappings, " ".join(map(str, row.orders)), row.remark]


def parse(line: str) -> Support:
    name, verdict, arguments, keywords, dtypes, orders, remark = line.rstrip("\n").split("\t")
    return Support(
        name,
        verdict,
        _read(arguments),
        _read(keywords),
        _read(dtypes),
        tuple(map(int, orders.split())),
        remark,
    )


@functools.cache
def table() -> Table:
    with FILE.open(encoding="utf-8") as file:
        return Table(parse(line) for line in list(file)[2:])


def versions() -> str:
    """The versions of NumPy and SciPy with which the table was made."""
    with FILE.open(encoding="utf-8") as file:
        return file.readline().removeprefix("# ").strip()


@functools.cache
def _by_name() -> dict[str, Support]:
    return {row.name: row for row in table()}
