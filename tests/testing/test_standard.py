"""The comparison of two runs of the standard's suite, on a small suite made here."""

import pytest

from dualad.testing import standard

CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--max-examples")
    parser.addoption("--disable-deadline", action="store_true")
"""
TESTS = """
import importlib, os
import pytest

xp = importlib.import_module(os.environ["ARRAY_API_TESTS_MODULE"])
assert os.environ["ARRAY_API_TESTS_VERSION"] == "2024.12"

def test_both_pass():
    assert float(xp.sum(xp.asarray([1.0, 2.0]))) == 3.0

def test_both_fail():
    assert xp.no_such_function

@pytest.mark.parametrize("name", ["gradient of -0 and +0", "b"])
def test_differs(name):
    assert (xp.__name__ == "{fails}") != (name == "b") or name != "b"

@pytest.mark.skip(reason="not asked for")
def test_skipped():
    pass
"""
# It fails for dualad.numpy, and for numpy in its third run.
CHANCE = """
import os
from pathlib import Path

class TestChance:
    def test_once(self):
        if os.environ["ARRAY_API_TESTS_MODULE"] == "dualad.numpy":
            assert False
        runs = Path("runs")
        runs.write_text(runs.read_text() + "." if runs.exists() else ".")
        assert runs.read_text() != "..."
"""


def suite(folder, fails):
    (folder / "array_api_tests").mkdir()
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "array_api_tests" / "test_some.py").write_text(TESTS.replace("{fails}", fails))
    return folder


@pytest.mark.parametrize("fails, status", [("numpy", 0), ("dualad.numpy", 1)])
def test_what_fails_for_one_alone_is_named(tmp_path, monkeypatch, capsys, fails, status):
    clone = suite(tmp_path, fails)
    monkeypatch.setattr(standard, "TRIES", 1)  # nothing here is left to chance
    assert standard.main([str(clone), "--reference", "numpy"]) == status
    printed = capsys.readouterr().out
    assert "1 fail for both dualad.numpy and numpy\n  array_api_tests.test_some::test_both_fail\n" in printed
    alone = "array_api_tests.test_some::test_differs[b]"
    assert f"1 fail for {fails} alone\n  {alone}" in printed
    other = "dualad.numpy" if fails == "numpy" else "numpy"
    assert f"0 fail for {other} alone" in printed
    assert ": 3 passed, 1 failed, 1 skipped" in printed and ": 2 passed, 2 failed, 1 skipped" in printed


def test_a_test_that_fails_by_chance_is_tried_again(tmp_path, monkeypatch, capsys):
    clone = suite(tmp_path, "nothing")
    (clone / "array_api_tests" / "test_chance.py").write_text(CHANCE)
    monkeypatch.setattr(standard, "TRIES", 1)
    assert standard.main([str(clone), "--reference", "numpy"]) == 1
    (clone / "runs").unlink()
    monkeypatch.setattr(standard, "TRIES", 2)
    assert standard.main([str(clone), "--reference", "numpy"]) == 0
    assert "1 fail for dualad.numpy alone; the reference is tried again" in capsys.readouterr().out


def test_a_suite_that_does_not_run_is_an_error(tmp_path):
    clone = suite(tmp_path, "numpy")
    with pytest.raises(RuntimeError, match="the suite did not run on no_such_module"):
        standard.run(clone, "no_such_module", version="2024.12", examples=1)


def test_without_a_checkout_it_says_what_to_name(monkeypatch, capsys):
    monkeypatch.delenv("ARRAY_API_TESTS", raising=False)
    with pytest.raises(SystemExit):
        standard.main([])
    assert "ARRAY_API_TESTS" in capsys.readouterr().err
