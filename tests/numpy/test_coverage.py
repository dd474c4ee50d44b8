"""Every example call of every NumPy function: nothing is wrong, and what is right stays right."""

import pytest

from dualad.testing import coverage
from dualad.testing.calls import ALL_CALLS

# How many choices of traced arguments are right; it may only grow.
LEAST_RIGHT = 3360
SEEN: dict[str, list] = {}


def verdicts(name):
    if name not in SEEN:
        SEEN[name] = coverage.run(name)
    return SEEN[name]


@pytest.mark.parametrize("name", ALL_CALLS)
def test_function(name):
    wrong = [str(v) for v in verdicts(name) if v.verdict == coverage.WRONG]
    assert not wrong, "\n".join(wrong)


def test_right_does_not_fall():
    found = sum(v.verdict in (coverage.RIGHT, coverage.BY_FACE) for name in ALL_CALLS for v in verdicts(name))
    absent = sum(v.verdict == coverage.ABSENT for name in ALL_CALLS for v in verdicts(name))
    assert found + absent >= LEAST_RIGHT
