"""Shapes, bytes, times and values as text; tables."""

import numpy as np
import pytest

from dualad.inspect import units
from dualad.inspect.tables import Table


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (8e6, "8.0 MB"), (2.5e9, "2.5 GB"), (3e12, "3000.0 GB")],
)
def test_bytes(n, text):
    assert units.in_bytes(n) == text


@pytest.mark.parametrize(("s", "text"), [(1.25e-5, "12.5 µs"), (4.56e-3, "4.56 ms"), (2.0, "2.00 s")])
def test_seconds(s, text):
    assert units.in_seconds(s) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (np.float32(1.5), "f32 = 1.5"),
        (np.array([1, 2]), "i64[2] = [1, 2]"),
        (np.arange(6.0), "f64[6], from 0 to 5"),
        (np.array([np.nan, np.inf, 1, 2, 3.0]), "f64[5], from 1 to 3, 1 NaN, 1 infinite"),
        (np.zeros((0, 3)), "f64[0, 3]"),
        (np.zeros(5, complex), "c128[5], from 0 to 0"),
        (np.full(5, np.nan), "f64[5], 5 NaN"),
        (np.array([True, False]), "bool[2] = [ True, False]"),
    ],
)
def test_summary(x, text):
    assert units.summary(x) == text


def test_table():
    table = Table("title", ("name", "n"), [("a", 1), ("long", 100)], "foot", {"n"})
    assert table.text().splitlines() == [
        "title",
        "name    n",
        "---------",
        "a       1",
        "long  100",
        "foot",
    ]
    assert repr(table) == table.text()


def test_html_is_escaped():
    text = Table("a<b", ("x",), [("<script>",)], "c&d").html()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "a&lt;b" in text
    assert "c&amp;d" in text
