"""Pytrees: flattening, structure, registration, errors."""

from collections import OrderedDict, defaultdict, namedtuple

import pytest

import dualad
from dualad.core.tree import flatten_like, register_pytree_node

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "tree",
    [
        1.0,
        None,
        (),
        [1, (2, None), {"b": 3, "a": [4]}],
        Point(1, [2, 3]),
        OrderedDict(b=1, a=2),
        defaultdict(list, a=1),
    ],
)
def test_round_trip(tree):
    leaves, treedef = dualad.tree_flatten(tree)
    assert dualad.tree_unflatten(treedef, leaves) == tree
    assert type(dualad.tree_unflatten(treedef, leaves)) is type(tree)
    assert treedef == dualad.tree_structure(tree) and hash(treedef) == hash(dualad.tree_structure(tree))


def test_order_of_leaves():
    assert dualad.tree_leaves({"b": 2, "a": 1}) == [1, 2]
    assert dualad.tree_leaves(OrderedDict(b=2, a=1)) == [2, 1]


def test_map_over_several():
    assert dualad.tree_map(lambda a, b: a + b, {"a": [1, 2]}, {"a": [3, 4]}) == {"a": [4, 6]}
    with pytest.raises(dualad.StructureError, match="different structure"):
        dualad.tree_map(lambda a, b: a, [1], (1,))


def test_keys_that_cannot_be_sorted():
    with pytest.raises(dualad.StructureError, match="OrderedDict"):
        dualad.tree_flatten({1: 0, "a": 1})


def test_wrong_number_of_leaves():
    with pytest.raises(dualad.StructureError, match="2 leaves expected"):
        dualad.tree_structure([1, 2]).unflatten([1])


def test_registered_class():
    class Pair:
        def __init__(self, a, b):
            self.a, self.b = a, b

    register_pytree_node(Pair, lambda p: ((p.a, p.b), "name"), lambda _, c: Pair(*c))
    g = dualad.grad(lambda p: p.a * p.b)(Pair(2.0, 3.0))
    assert type(g) is Pair and (g.a, g.b) == (3.0, 2.0)


def test_flatten_like():
    treedef = dualad.tree_structure([1, (2, 3), None])
    assert flatten_like(treedef, [1, (2, 3), None], "") == [1, 2, 3]
    assert flatten_like(treedef, [None, None, None], "") == [None, None, None]
    for wrong in ([1, 2, None], [1, (2,), None], (1, (2, 3), None), [1, (2, 3), 4]):
        with pytest.raises(dualad.StructureError, match="here"):
            flatten_like(treedef, wrong, "here")


def test_reduce_all_and_transpose():
    tree = {"a": [1, 2], "b": (3, None)}
    assert dualad.tree_reduce(lambda a, b: a * b, tree) == 6
    assert dualad.tree_reduce(lambda a, b: a + b, tree, "leaves: ".__len__()) == 14
    assert dualad.tree_reduce(lambda a, b: a + b, (), 5) == 5
    assert dualad.tree_all(tree) and not dualad.tree_all([1, {"x": 0}]) and dualad.tree_all(())
    outer, inner = dualad.tree_structure([0, 0]), dualad.tree_structure({"u": 0, "v": 0})
    rows = [{"u": 1, "v": 2}, {"u": 3, "v": 4}]
    assert dualad.tree_transpose(outer, inner, rows) == {"u": [1, 3], "v": [2, 4]}
    assert dualad.tree_transpose(outer, None, rows) == {"u": [1, 3], "v": [2, 4]}
    with pytest.raises(dualad.StructureError, match="each subtree must be like inner"):
        dualad.tree_transpose(outer, inner, [{"u": 1}, {"u": 2}])
