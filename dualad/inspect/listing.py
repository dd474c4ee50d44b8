"""A program as text: inputs, constants, one line per equation with the user's line beside it, outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.linear import Slot
from ..core.space import space_of
from ..core.trace import Box
from ..core.tree import LEAF, TreeDef
from .units import bare, count, in_bytes, size_in_bytes, space_name, summary

WIDEST = 56  # of an expression, before what is beside it moves away


class Names:
    """Names of the values of a program: paths of inputs, `v1` … for results, `c1` … for constant arrays."""

    def __init__(self, program):
        self.slots = {leaf.number: leaf.path for leaf in program.inputs if leaf.number is not None}
        for equation in program.equations:
            for k in range(equation.step.count):
                self.slots[equation.step.first + k] = f"v{len(self.slots) - self._inputs(program) + 1}"
        self.constants = {id(c): f"c{k}" for k, c in enumerate(program.constants(), 1)}

    def _inputs(self, program) -> int:
        return sum(leaf.number is not None for leaf in program.inputs)

    def of(self, x) -> str:
        """The name of a slot or constant; small constants stand for themselves."""
        if type(x) is Slot:
            return self.slots[x.number]
        return self.constants.get(id(x)) or literal(x)


def literal(x) -> str:
    a = bare(x)
    if not isinstance(x, Box) and not np.ndim(a):
        return repr(a.item()) if hasattr(a, "item") else repr(a)
    return summary(x)


def parameters(equation) -> str:
    """The keyword parameters that are not the primitive's defaults."""
    prim, given = equation.step.prim, equation.step.params
    parts = [
        f"{k}={_short(v)}" for k, v in given.items() if k not in prim.params or not _same(prim.params[k], v)
    ]
    return f"[{', '.join(parts)}]" if parts else ""


def _same(a, b) -> bool:
    return type(a) is type(b) and bool(np.all(a == b))


def _short(v) -> str:
    text = index_text(v) if type(v).__name__ == "Index" else repr(v)
    return text if len(text) <= 40 else text[:37] + "..."


def index_text(index) -> str:
    """`[..., None, 1:3]` for a static index."""
    return f"[{', '.join(map(_entry, index.entries()))}]"


def _entry(e) -> str:
    if e is Ellipsis:
        return "..."
    if not isinstance(e, slice):
        return repr(e)
    ends = ["" if v is None else repr(v) for v in (e.start, e.stop)]
    return ":".join(ends if e.step is None else [*ends, repr(e.step)])


def expression(equation, names: Names) -> str:
    """`multiply v1 x`, with parameters behind the name."""
    parts = [equation.name + parameters(equation), *map(names.of, equation.step.args)]
    return " ".join(parts)


def listing(program) -> str:
    """The whole text."""
    names = Names(program)
    return "\n".join(
        [_head(program), *_constants(program, names), *_body(program, names), *_tail(program, names)]
    )


def _head(program) -> str:
    inputs = [
        f"{leaf.path}={_short(leaf.value)}"
        if leaf.number is None
        else f"{leaf.path}: {space_name(leaf.space.shape, leaf.space.dtype)}"
        for leaf in program.inputs
    ]
    one_line = f"{program.name}({', '.join(inputs)})"
    if len(one_line) <= 100:
        return one_line
    return "\n".join([f"{program.name}(", *(f"    {text}," for text in inputs), ")"])


def _constants(program, names) -> list[str]:
    return [f"  {names.of(c)} = {summary(c)}  # constant" for c in program.constants()]


def _body(program, names) -> list[str]:
    rows: list[tuple] = []
    unused = set(range(len(program.equations))) - program.needed()
    for k, equation in enumerate(program.equations):
        step = equation.step
        left = ", ".join(names.slots[step.first + i] for i in range(step.count))
        space = ", ".join(space_name(s.shape, s.dtype) for s in equation.spaces)
        size = in_bytes(sum(size_in_bytes(s.shape, s.dtype) for s in equation.spaces))
        rows.append((f"{left} = {expression(equation, names)}", space, size, k in unused))
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]  # the last entry is a flag
    widths[0] = min(WIDEST, widths[0])
    return list(_lines(program, names, rows, widths))


def _lines(program, names, rows, widths):
    waiting = sorted(program.decisions, key=lambda d: d.after)
    seen = None, False
    within: tuple[str, ...] = ()
    for k, (equation, row) in enumerate(zip(program.equations, rows, strict=True)):
        while waiting and waiting[0].after <= k:
            yield _decision(waiting.pop(0), names, within)
        if equation.within != within:
            yield from _entering(within, equation.within)
            within = equation.within
        origin = equation.line, equation.backward
        text = _comment(equation, origin == seen, row[3])
        seen = origin
        pad = "  " * len(within)
        cells = row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].rjust(widths[2])
        yield f"{pad}  {'  '.join(cells)}  {text}".rstrip()
    for decision in waiting:
        yield _decision(decision, names, within)


def _entering(before, now):
    """The names of functions that were not open before."""
    common = 0
    while common < min(len(before), len(now)) and before[common] == now[common]:
        common += 1
    new = now[common:]
    if not new and now:
        common, new = len(now) - 1, now[-1:]
    for k, name in enumerate(new, common):
        yield f"{'  ' * (k + 1)}{name}:"


def _comment(equation, again, unused) -> str:
    if not equation.line:
        return "# unused" if unused else ""
    text = f"# {'backward of ' if equation.backward else ''}{equation.line}"
    if not again and not equation.backward and equation.line.text:
        text += f"  {_cut(equation.line.text)}"
    return text + ("  (unused)" if unused else "")


def _cut(text) -> str:
    return text if len(text) <= 64 else text[:61] + "..."


def _decision(decision, names, within) -> str:
    value = bare(decision.value)
    said = bool(value) if decision.how == "bool" and np.size(value) == 1 else summary(value)
    took = "branched on" if decision.how == "bool" else f"took {decision.how}(…) of"
    pad = "  " * (len(within) + 1)
    text = f"  {_cut(decision.line.text)}" if decision.line.text else ""
    return f"{pad}! Python {took} {names.slots[decision.number]}, here {said}  # {decision.line}{text}"


def _tail(program, names) -> list[str]:
    calls = len(program.equations)
    kinds = len({e.name for e in program.equations})
    size = sum(size_in_bytes(s.shape, s.dtype) for e in program.equations for s in e.spaces)
    parts = [f"{count(calls, 'equation')} of {count(kinds, 'primitive')}, {in_bytes(size)} of results"]
    if program.decisions:
        parts.append("the program holds where Python decides as it did here")
    shown = tree_text(program.outdef, iter([names.of(o) for o in program.outputs]))
    return [f"  return {shown}", "# " + "; ".join(parts)]


def tree_text(treedef: TreeDef, leaves) -> str:
    """A pytree with names at its leaves."""
    if treedef.kind is LEAF:
        return next(leaves)
    inside: list[Any] = [tree_text(c, leaves) for c in treedef.children]
    if treedef.kind is tuple:
        return f"({', '.join(inside)}{',' if len(inside) == 1 else ''})"
    if treedef.kind is list:
        return f"[{', '.join(inside)}]"
    if treedef.kind is dict:
        pairs = zip(treedef.aux, inside, strict=True)
        return "{" + ", ".join(f"{k!r}: {v}" for k, v in pairs) + "}"
    return f"{treedef.kind.__name__}({', '.join(inside)})"


def space_text(x) -> str:
    """The space of a constant."""
    space = space_of(bare(x))
    return space_name(space.shape, space.dtype)
