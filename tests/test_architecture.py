"""Arrows only point down, and files stay short."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "dualad"
FILES = sorted(ROOT.rglob("*.py"))
LONGEST = 450

# Each floor may import those below it, and itself.
FLOORS = [
    {"core"},
    {"ops"},
    {"numpy", "scipy"},
    {"transforms", "implicit"},
    {"_torch", "_tensor", "autograd", "fft", "linalg", "random", "serialization", "special", "_supported"},
    {"nn"},
    {"optim"},
    {"inspect"},
]
HEIGHT = {name: height for height, floor in enumerate(FLOORS) for name in floor}
HEIGHT["data"] = HEIGHT["_tensor"]  # `serialization` writes its files as `data` does
BESIDE = {"data": {"data"}, "utils": {"data", "transforms", "utils"}}  # these import of dualad only this
OUTSIDE = {"core": {"numpy"}, "data": {"numpy", "sklearn"}}  # and these, of the world, only this


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path):
    """Absolute dotted names of the modules that a file imports, wherever in the file."""
    package = ("dualad", *path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            base += (node.module or "").split(".") if node.module else []
            if base == ["dualad"] or base == []:
                yield from (".".join([*base, alias.name]) for alias in node.names)
            else:
                yield ".".join(base)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_arrows_point_down(path):
    part = part_of(path)
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("dualad.")}
    theirs = {name.split(".")[0] for name in imports(path)} - {"dualad"} - set(sys.stdlib_module_names)
    if part in ("__init__", "testing", "check"):  # of `import dualad`, see below
        return
    assert "testing" not in ours, "nothing in dualad imports its testing tool"
    if part in BESIDE:
        assert ours <= BESIDE[part]
    else:
        assert part in HEIGHT, f"say in FLOORS where {part} stands"
        above = {o for o in ours if HEIGHT.get(o, 99) > HEIGHT[part]}
        assert not above, f"{part} stands below {sorted(above)}"
    assert theirs <= OUTSIDE.get(part, {"numpy", "scipy"})


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_are_short(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST, f"{lines} lines; what are the two ideas in it?"


def test_the_testing_tool_is_imported_when_it_is_asked_for():
    asked = "'dualad.testing' in sys.modules"
    code = f"import sys, dualad; assert not {asked}; dualad.audit; assert {asked}"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT.parent)


def test_imports_are_read_right():
    assert "dualad.core.errors" in set(imports(ROOT / "core" / "trace.py"))
    assert {"dualad.core.samples", "numpy"} <= set(imports(ROOT / "ops" / "linalg.py"))
