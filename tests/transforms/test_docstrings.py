"""The examples in the verbs' docstrings give what they say."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import dualad.transforms

MODULES = sorted(m.name for m in pkgutil.walk_packages(dualad.transforms.__path__, "dualad.transforms."))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    with np.printoptions(legacy="1.25"):  # numbers print as numbers, in any NumPy
        result = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_there_are_examples():
    found = sum(len(doctest.DocTestFinder().find(importlib.import_module(name))) for name in MODULES)
    assert found > 20
