"""Drawings are valid Mermaid and DOT, show every value, and shorten chains."""

import re

import numpy as np
import pytest

import dualad
from dualad.core.linear import Slot
from dualad.inspect.drawing import chains

# ---- two small parsers of what we write -----------------------------------------------------------

BOX = re.compile(r'    (n\d+)(\(\[|\[\(|\[)"([^"<>`]*(?:<br/>[^"<>`]*)*)"(\]\)|\)\]|\]):::(\w+)')
ARROW = re.compile(r'    (n\d+) -->\|"([^"<>`]*)"\| (n\d+)')
CLASS = re.compile(r"    classDef (\w+) [\w:#,-]+")
CLOSING = {"([": "])", "[(": ")]", "[": "]"}


def read_mermaid(text):
    """Boxes by name and arrows; raises on what is no Mermaid."""
    first, *lines = text.splitlines()
    assert first == "flowchart TD"
    boxes, arrows, classes = {}, [], set()
    for line in lines:
        if box := BOX.fullmatch(line):
            assert box[4] == CLOSING[box[2]]
            assert box[1] not in boxes
            boxes[box[1]] = (box[3].split("<br/>"), box[5])
        elif arrow := ARROW.fullmatch(line):
            arrows.append((arrow[1], arrow[3], arrow[2]))
        else:
            classes.add(CLASS.fullmatch(line)[1])
    assert {kind for _, kind in boxes.values()} <= classes
    assert {end for a, b, _ in arrows for end in (a, b)} <= set(boxes)
    return boxes, arrows


STRING = r'"((?:[^"\\]|\\.)*)"'


def read_dot(text):
    """The same for DOT."""
    lines = text.splitlines()
    assert lines[0] == "digraph program {"
    assert lines[-1] == "}"
    boxes, arrows = {}, []
    for line in lines[1:-1]:
        assert line.endswith(";")
        if box := re.fullmatch(rf"    (n\d+) \[label={STRING}, [^;]*\];", line):
            boxes[box[1]] = box[2].split("\\n")
        elif arrow := re.fullmatch(rf"    (n\d+) -> (n\d+) \[label={STRING}\];", line):
            arrows.append((arrow[1], arrow[2], arrow[3]))
        else:
            assert re.fullmatch(r"    (node|edge) \[.*\];", line)
    assert {end for a, b, _ in arrows for end in (a, b)} <= set(boxes)
    return boxes, arrows


C = np.array([1.0, 2.0, 3.0])


def model(x, w):
    y = np.sin(x) * w["a"]
    return np.sum(y * C), y


def chain(x):
    for _ in range(30):
        x = np.sin(np.cos(x))
    return np.sum(x * x)


PROGRAMS = {
    "model": lambda: dualad.trace(model)(np.ones(3), {"a": 2.0}),
    "chain": lambda: dualad.trace(chain)(np.ones(3)),
    "gradient": lambda: dualad.trace(dualad.grad(chain))(np.ones(3)),
    "hessian": lambda: dualad.trace(dualad.hessian(lambda x: np.sum(np.tanh(x @ x))))(np.ones(3)),
    "several outputs": lambda: dualad.trace(lambda x: np.linalg.eigh(np.outer(x, x))[1])(np.ones(3)),
    "nothing": lambda: dualad.trace(lambda x: 3.0)(np.ones(3)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_languages_draw_the_same(name):
    program = PROGRAMS[name]()
    for collapse in (None, 0, 2):
        boxes, arrows = read_mermaid(program.mermaid(collapse))
        dots, edges = read_dot(program.dot(collapse))
        assert set(boxes) == set(dots)
        assert [a[:2] for a in arrows] == [e[:2] for e in edges]


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_use_of_a_value_is_an_arrow(name):
    program = PROGRAMS[name]()
    _, arrows = read_mermaid(program.mermaid(0))
    constants = {id(c) for c in program.constants()}
    uses = [*(a for e in program.equations for a in e.step.args), *program.outputs]
    assert len(arrows) == sum(type(a) is Slot or id(a) in constants for a in uses)


def test_what_is_written_in_the_boxes():
    boxes, arrows = read_mermaid(PROGRAMS["model"]().mermaid())
    texts = {name: lines for name, (lines, _) in boxes.items()}
    assert list(texts.values()) == [
        ["x", "f64[3]"],
        ["w['a']", "f64"],
        ["sin", "f64[3]"],
        ["multiply", "f64[3]"],
        ["multiply", "f64[3]"],
        ["c1", "f64[3]"],
        ["sum", "f64"],
        ["output 0"],
        ["output 1"],
    ]
    assert ("n0", "n2", "x") in arrows
    assert ("n5", "n4", "c1") in arrows
    assert ("n3", "n8", "v2") in arrows


def test_long_chains_become_one_box():
    program = PROGRAMS["chain"]()
    boxes, arrows = read_mermaid(program.mermaid())
    assert [lines for lines, kind in boxes.values() if kind == "equation"] == [
        ["cos → … → sum", "62 equations: 30 cos, 30 sin, multiply, sum", "f64"]
    ]
    assert len(arrows) == 2
    assert len(read_mermaid(program.mermaid(0))[0]) == 64
    assert len(read_dot(program.dot(100))[0]) == 64


def test_chains_keep_all_equations_in_order():
    program = PROGRAMS["gradient"]()
    groups = chains(program, 3)
    assert [e for group in groups for e in group] == program.equations
    assert all(len(group) == 1 or len(group) > 3 for group in groups)


def test_names_with_quotes():
    key = 'a<"q">#`\\'
    program = dualad.trace(lambda w: w[key] + 1)({key: 2.0})
    boxes, _ = read_mermaid(program.mermaid())
    assert boxes["n0"][0][0] == "w['a#lt;#quot;q#quot;#gt;#35;#96;\\\\']"
    assert read_dot(program.dot())[0]["n0"][0] == r"""w['a<\"q\">#`\\\\']"""
