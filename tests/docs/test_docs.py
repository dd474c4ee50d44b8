"""Every Python block of the README and the docs is run, page by page, in order."""

import importlib.util
import re
from pathlib import Path

import pytest

from dualad.core.primitive import REGISTRY

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"\]\(([^)#:]+)\)")


def blocks(page):
    text = page.read_text()
    for match in BLOCK.finditer(text):
        yield text[: match.start()].count("\n") + 1, match.group(1)


def needs(code):
    """Packages that a block names as needed beyond dualad's own: `# needs xarray, pint`, in its first line."""
    first = re.match(r"# needs (.*)", code)
    return first.group(1).split(", ") if first else []


@pytest.fixture
def own_registry():
    """Primitives that a page makes are gone after it."""
    REGISTRY.find("")  # the families that come late are not the page's
    before = set(REGISTRY)
    yield
    for name in set(REGISTRY) - before:
        del REGISTRY[name]


@pytest.mark.usefixtures("own_registry")
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_blocks_run(page, capsys):
    names: dict = {"__name__": "__docs__"}
    for line, code in blocks(page):
        if not all(map(importlib.util.find_spec, needs(code))):
            continue
        # Padding keeps the page's line numbers in tracebacks.
        exec(compile("\n" * line + code, str(page), "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    broken = [t for t in LINK.findall(page.read_text()) if not (page.parent / t).exists()]
    assert not broken


def test_there_are_blocks():
    assert sum(1 for page in PAGES for _ in blocks(page)) > 20
