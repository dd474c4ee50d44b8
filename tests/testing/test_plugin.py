"""The pytest plugin in other people's test suites, run by pytest's own tester."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]

WRONG = """
import numpy as np
import dualad
import pytest

@dualad.custom_vjp
def cube(x):
    return x**3

cube.defvjp(lambda x: (x**3, x), lambda x, g: (2 * g * x**2,))

def energy(x):
    return np.sum(np.sin(x) ** 2)
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Run pytest on a test file in a process of its own, with the plugin as an installed dualad brings it."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(source, *options, plugin=True):
        pytester.makepyfile(source)
        given = ("-p", "pytest_dualad") if plugin else ()
        return pytester.runpytest_subprocess("-W", "error", "--strict-markers", *given, *options)

    return run


def test_the_entry_point():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["pytest11"] == {"dualad": "pytest_dualad"}
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert "pytest_dualad.py" in wheel["force-include"] and (ROOT / "pytest_dualad.py").exists()


def test_marks(run):
    result = run(
        WRONG
        + """
@pytest.mark.gradcheck(np.ones(3))
def test_returned():
    return energy

@pytest.mark.gradcheck
def test_with_arguments():
    return energy, np.ones(2)

@pytest.mark.gradcheck(np.ones(3), digits=12, seed=4)
def test_several():
    return [energy, (lambda x, y: x * y, 2.0, 3.0)]

@pytest.mark.gradcheck(np.ones(3))
@pytest.mark.parametrize("power", [2, 3])
def test_parameters(power):
    return lambda x: np.sum(x**power)

class TestMethods:
    @pytest.mark.gradcheck(np.ones(3))
    def test_method(self):
        return energy
"""
    )
    result.assert_outcomes(passed=6)


def test_failures_say_what_is_wrong(run):
    result = run(
        WRONG
        + """
@pytest.mark.gradcheck(np.ones(3))
def test_wrong():
    return lambda x: np.sum(cube(x))

@pytest.mark.gradcheck(np.ones(3), digits=17)
def test_digits():
    return energy

@pytest.mark.gradcheck(np.ones(3))
def test_nothing():
    pass

@pytest.mark.gradcheck(np.ones(3), tolerance=1)
def test_option():
    return energy

def test_fixture(gradcheck):
    gradcheck(lambda x: np.sum(cube(x)), np.ones(3))
"""
    )
    result.assert_outcomes(failed=5)
    result.stdout.fnmatch_lines(
        [
            "*test_wrong*",
            "audit of <lambda>: 1 error",
            "*wrong rule: the derivative of x of cube is wrong, say finite differences*",
            "*return lambda x: np.sum(cube(x))",
            "*bwd: *test_failures_say_what_is_wrong.py:9",
            "*test_digits*",
            "*digits, 17 wanted",
            "*test_nothing*",
            "gradcheck: the test returned None; return a function, a tuple (function, *args), or a list of these",
            "*test_option*",
            "gradcheck: unknown options tolerance",
            "*test_fixture*",
            "audit of <lambda>: 1 error",
        ]
    )


def test_fixture(run):
    run(
        WRONG
        + """
def test_report(gradcheck):
    report = gradcheck(energy, np.array([0.5, 1.0]), digits=10)
    assert report.ok and report.digits > 10
"""
    ).assert_outcomes(passed=1)


def test_nothing_of_dualad_is_imported_without_use(run):
    run(
        """
import sys

def test_nothing():
    assert "pytest_dualad" in sys.modules
    assert not [name for name in sys.modules if name.split(".")[0] in ("dualad", "numpy", "scipy")]
"""
    ).assert_outcomes(passed=1)


def test_it_can_be_left_out(run):
    result = run("def test_it(gradcheck): pass", "-p", "no:pytest_dualad", plugin=False)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'gradcheck' not found*"])


def test_an_installed_dualad_brings_it_and_a_switch_leaves_it_out(pytester, monkeypatch, tmp_path):
    info = tmp_path / "dualad-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dualad\nVersion: 0\n")
    (info / "entry_points.txt").write_text("[pytest11]\ndualad = pytest_dualad\n")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{tmp_path}")
    pytester.makepyfile("def test_it(gradcheck): pass")
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=1)
    pytester.runpytest_subprocess("-p", "no:dualad").assert_outcomes(errors=1)


def test_unmarked_tests_are_pytests_own(run):
    result = run("def test_it(): return 3\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PytestReturnNotNoneWarning*"])


def test_with_strategies(run):
    run(
        WRONG
        + """
from hypothesis import given, settings
from dualad.testing.strategies import arrays

@settings(max_examples=5, deadline=None)
@given(x=arrays(shape=(3,)))
def test_many(x):
    from dualad.testing.audit import audit
    audit(energy, x).raise_if_bad()
"""
    ).assert_outcomes(passed=1)


def test_the_mark_is_listed(run):
    result = run("def test_it(): pass", "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.gradcheck(*args, digits=None, seed=0, rtol=None): prove*"])
