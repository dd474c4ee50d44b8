"""Tables, as text and as HTML for a notebook."""

from __future__ import annotations

import html
from collections.abc import Sequence


class Table:
    """Rows of texts under a header. Columns named in `right` are aligned to the right.

    Parameters
    ----------
    title, header, rows
    foot : str
        A line below.
    right : set of str
    """

    def __init__(self, title: str, header: Sequence[str], rows, foot: str = "", right=frozenset()):
        self.title, self.header, self.foot = title, list(header), foot
        self.rows = [[str(cell) for cell in row] for row in rows]
        self.right = [name in right for name in self.header]

    def text(self) -> str:
        """Columns under each other."""
        columns = list(zip(self.header, *self.rows, strict=True))
        widths = [max(map(len, column)) for column in columns]
        lines = [self._line(row, widths) for row in (self.header, *self.rows)]
        lines.insert(1, "-" * max(map(len, lines)))
        return "\n".join(part for part in (self.title, *lines, self.foot) if part)

    def _line(self, row, widths) -> str:
        cells = (
            c.rjust(w) if right else c.ljust(w) for c, w, right in zip(row, widths, self.right, strict=True)
        )
        return "  ".join(cells).rstrip()

    def __repr__(self):
        return self.text()

    def _repr_html_(self):
        return self.html()

    def html(self) -> str:
        """A `<table>`."""
        head = "".join(f"<th>{html.escape(h)}</th>" for h in self.header)
        body = "".join(f"<tr>{self._cells(row)}</tr>" for row in self.rows)
        caption = f"<caption>{html.escape(self.title)}</caption>" if self.title else ""
        foot = f"<p>{html.escape(self.foot)}</p>" if self.foot else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{foot}"

    def _cells(self, row) -> str:
        style = (' style="text-align:right"' if right else ' style="text-align:left"' for right in self.right)
        return "".join(f"<td{s}>{html.escape(c)}</td>" for c, s in zip(row, style, strict=True))
