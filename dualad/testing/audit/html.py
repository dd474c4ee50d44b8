"""A report as HTML: a fragment for notebooks, a page for a file. No scripts."""

from __future__ import annotations

from html import escape

from .report import Finding, Report
from .text import HEAD, rows, verdict

STYLE = """
.dualad-audit {font: 14px/1.45 system-ui, sans-serif; max-width: 75em}
.dualad-audit h3 {font-size: 1.15em; margin: .4em 0}
.dualad-audit .badge {color: #fff; border-radius: 3px; padding: .1em .5em; font-size: .85em}
.dualad-audit .good {background: #1a7f37} .dualad-audit .bad {background: #cf222e}
.dualad-audit ul {margin: .3em 0; padding-left: 1.3em} .dualad-audit li {margin: .2em 0}
.dualad-audit li.error {color: #cf222e} .dualad-audit code {font-size: .92em}
.dualad-audit table {border-collapse: collapse; margin-top: .6em; font-size: .9em}
.dualad-audit th, .dualad-audit td {text-align: right; padding: .15em .7em; border-bottom: 1px solid #8884}
.dualad-audit td {white-space: nowrap}
.dualad-audit td.left, .dualad-audit th.left {text-align: left}
.dualad-audit tr.wrong td {background: #cf222e22; font-weight: 600}
.dualad-audit tr.noted td {background: #d4a72c22}
.dualad-audit .where {opacity: .7}
"""


def fragment(r: Report) -> str:
    """The report as one `div` with its style."""
    badge = (
        '<span class="badge good">ok</span>'
        if r.ok
        else f'<span class="badge bad">{len(r.errors)} errors</span>'
    )
    badge = badge.replace(">1 errors<", ">1 error<")
    parts = [
        f'<div class="dualad-audit"><style>{STYLE}</style>',
        f"<h3>audit of <code>{escape(r.function)}</code> {badge}</h3>",
        f"<p>{escape(verdict(r))}.</p>",
    ]
    if r.findings:
        parts.append("<ul>" + "".join(map(_finding, r.findings)) + "</ul>")
    if r.nodes:
        parts.append(_table(r))
    return "\n".join([*parts, "</div>"])


def page(r: Report) -> str:
    """The report as a page of its own."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>audit of {escape(r.function)}</title></head>\n<body>{fragment(r)}</body></html>\n"
    )


def _finding(f: Finding) -> str:
    where = f' <span class="where">{escape(str(f.line))}</span>' if f.line else ""
    code = f"<br><code>{escape(f.line.text)}</code>" if f.line and f.line.text else ""
    rules = "".join(
        f'<br><span class="where">{escape(what)}: {escape(str(line))}</span> <code>{escape(line.text)}</code>'
        for what, line in f.written.items()
    )
    kind = "error" if f.error else "note"
    return f'<li class="{kind}"><b>{escape(f.kind)}</b>{where}: {escape(f.text)}{code}{rules if f.error else ""}</li>'


def _table(r: Report) -> str:
    left = (0, 1, 7)
    head = "".join(f"<th{_left(k in left)}>{escape(c)}</th>" for k, c in enumerate(HEAD))
    lines = []
    for node, row in zip(r.nodes, rows(r), strict=True):
        kind = "wrong" if not node.ok else "noted" if row[-1] else ""
        title = f' title="{escape(node.line.text, quote=True)}"' if node.line else ""
        cells = "".join(f"<td{_left(k in left)}>{escape(c)}</td>" for k, c in enumerate(row))
        lines.append(f"<tr{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}{title}>{cells}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _left(yes: bool) -> str:
    return ' class="left"' if yes else ""
