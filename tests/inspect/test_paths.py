"""Names of leaves."""

from collections import OrderedDict, namedtuple

import pytest

import dualad.nn as nn
from dualad.inspect.paths import leaf_paths, name_leaves

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("tree", "paths"),
    [
        (1.0, ["t"]),
        ((1.0, [2.0, 3.0]), ["t[0]", "t[1][0]", "t[1][1]"]),
        ({"b": 1.0, "a": {"c": 2.0}}, ["t['a']['c']", "t['b']"]),
        (Point(1.0, (2.0,)), ["t.x", "t.y[0]"]),
        (OrderedDict(z=1.0, a=2.0), ["t['z']", "t['a']"]),
        (None, []),
        (nn.Linear(2, 3), ["t.weight", "t.bias"]),
    ],
)
def test_paths(tree, paths):
    assert leaf_paths(tree, "t") == paths


def test_arguments():
    def f(a, b, *rest, scale=1.0):
        pass

    assert name_leaves(f, (1.0, [2.0], 3.0, 4.0), {"scale": 5.0}) == [
        "a",
        "b[0]",
        "rest[0]",
        "rest[1]",
        "scale",
    ]
    assert name_leaves(max, (1.0, 2.0), {}) == ["args[0]", "args[1]"]
    assert name_leaves(f, (1.0,), {"b": 2.0}) == ["a", "b"]
