"""A program as a picture: boxes for inputs, equations and outputs, arrows for values, in Mermaid and DOT.

Long chains, in which each result goes to the next equation and nowhere else, may be drawn as one box.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from ..core.linear import Slot
from .listing import Names, parameters, space_text
from .units import space_name

MANY = 40  # equations, from which on chains are collapsed unless the caller says otherwise
CHAIN = 6


class Shape(NamedTuple):
    """A box: its name in the drawing, what is written in it, and what it is (input, constant, equation, output)."""

    name: str
    lines: tuple[str, ...]
    kind: str


class Drawing:
    """Boxes and arrows, in no language yet."""

    def __init__(self, program, collapse: int | None):
        if collapse is None:
            collapse = CHAIN if len(program.equations) > MANY else 0
        self.names = Names(program)
        self.shapes: list[Shape] = []
        self.arrows: list[tuple[str, str, str]] = []
        self.source: dict[int, str] = {}  # by slot: the box it comes from
        self.known: dict[str, str] = {}  # constants that are drawn
        for leaf in program.inputs:
            if leaf.number is not None:
                text = space_name(leaf.space.shape, leaf.space.dtype)
                self.source[leaf.number] = self.add((leaf.path, text), "input")
        for group in chains(program, collapse):
            self.draw(group)
        for k, o in enumerate(program.outputs):
            box = self.add((f"output {k}" if len(program.outputs) > 1 else "output",), "output")
            self.arrow(o, box)

    def add(self, lines, kind) -> str:
        name = f"n{len(self.shapes)}"
        self.shapes.append(Shape(name, tuple(lines), kind))
        return name

    def draw(self, group):
        """One box for a chain of equations, most of which are one long."""
        last = group[-1]
        spaces = ", ".join(space_name(s.shape, s.dtype) for s in last.spaces)
        box = self.add((*title(group), spaces), "equation")
        inside = {e.step.first + k for e in group[:-1] for k in range(e.step.count)}
        for equation in group:
            for a in equation.step.args:
                if type(a) is not Slot or a.number not in inside:
                    self.arrow(a, box)
        for k in range(last.step.count):
            self.source[last.step.first + k] = box

    def arrow(self, x, box):
        """An arrow from where `x` comes from; numbers are left out, constant arrays have boxes of their own."""
        if type(x) is Slot:
            self.arrows.append((self.source[x.number], box, self.names.of(x)))
            return
        name = self.names.constants.get(id(x))
        if name is None:
            return
        if name not in self.known:
            self.known[name] = self.add((name, space_text(x)), "constant")
        self.arrows.append((self.known[name], box, name))


def title(group) -> tuple[str, ...]:
    """What a box of equations is called."""
    if len(group) == 1:
        return (group[0].name + parameters(group[0]),)
    kinds = Counter(e.name for e in group)
    common = ", ".join(f"{n} {name}" if n > 1 else name for name, n in kinds.most_common(4))
    more = ", …" if len(kinds) > 4 else ""
    return f"{group[0].name} → … → {group[-1].name}", f"{len(group)} equations: {common}{more}"


def chains(program, collapse: int) -> list[list]:
    """The equations in groups: chains longer than `collapse` together, if that is not 0, everything else alone."""
    users: Counter = Counter(
        n for e in program.equations for n in {a.number for a in e.step.args if type(a) is Slot}
    )
    users.update(o.number for o in program.outputs if type(o) is Slot)
    groups: list[list] = []
    for equation in program.equations:
        before = groups[-1][-1].step if groups else None
        follows = (
            before is not None
            and before.count == 1
            and users[before.first] == 1
            and any(type(a) is Slot and a.number == before.first for a in equation.step.args)
        )
        if follows:
            groups[-1].append(equation)
        else:
            groups.append([equation])
    return [
        part for group in groups for part in ([group] if 0 < collapse < len(group) else [[e] for e in group])
    ]


_MERMAID = {"input": ("([", "])"), "constant": ("[(", ")]"), "equation": ("[", "]"), "output": ("([", "])")}


def mermaid(program, collapse=None) -> str:
    """The drawing as a Mermaid flowchart."""
    drawing = Drawing(program, collapse)
    lines = ["flowchart TD"]
    for shape in drawing.shapes:
        opening, closing = _MERMAID[shape.kind]
        text = "<br/>".join(map(_entities, shape.lines))
        lines.append(f'    {shape.name}{opening}"{text}"{closing}:::{shape.kind}')
    for source, target, label in drawing.arrows:
        lines.append(f'    {source} -->|"{_entities(label)}"| {target}')
    lines += [
        "    classDef input fill:#e3f2fd,stroke:#1565c0,color:#000",
        "    classDef constant fill:#f5f5f5,stroke:#757575,color:#000",
        "    classDef equation fill:#ffffff,stroke:#424242,color:#000",
        "    classDef output fill:#e8f5e9,stroke:#2e7d32,color:#000",
    ]
    return "\n".join(lines)


def _entities(text: str) -> str:
    """Text that can stand between quotation marks in Mermaid, whose entities begin with `#`."""
    for character, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("`", "#96;")):
        text = text.replace(character, entity)
    return text


_DOT = {
    "input": 'shape=box, style="rounded,filled", fillcolor="#e3f2fd"',
    "constant": 'shape=cylinder, style=filled, fillcolor="#f5f5f5"',
    "equation": "shape=box",
    "output": 'shape=box, style="rounded,filled", fillcolor="#e8f5e9"',
}


def dot(program, collapse=None) -> str:
    """The drawing as a DOT digraph."""
    drawing = Drawing(program, collapse)
    lines = ["digraph program {", '    node [fontname="monospace", fontsize=10];', "    edge [fontsize=9];"]
    for shape in drawing.shapes:
        label = "\\n".join(map(_escaped, shape.lines))
        lines.append(f'    {shape.name} [label="{label}", {_DOT[shape.kind]}];')
    for source, target, label in drawing.arrows:
        lines.append(f'    {source} -> {target} [label="{_escaped(label)}"];')
    return "\n".join([*lines, "}"])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
