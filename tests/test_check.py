"""`python -m dualad.check`: inputs, outputs, and the exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dualad.check import main

PROGRAM = """
import numpy as np
import dualad

def right(x, y=2.0):
    return np.sum(np.sin(x) * y)

def annotated(x: float, z: complex):
    return np.abs(z) * x

def inputs():
    return np.ones(3), 0.5

right.check_args = lambda: (np.ones(2),)

@dualad.custom_vjp
def cube(x):
    return x**3

cube.defvjp(lambda x: (x**3, x), lambda x, g: (2 * g * x**2,))

def wrong(x):
    return np.sum(cube(x))

def counts(n: int):
    return n

def fails():
    raise RuntimeError("no")

class Model:
    @staticmethod
    def energy(x):
        return np.sum(x**2)

SIZE = 3
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    (tmp_path / "a_program_to_check.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield "a_program_to_check"
    sys.modules.pop("a_program_to_check", None)


@pytest.mark.parametrize(
    "function, options",
    [
        ("right", []),
        ("right", ["--args", "np.ones(SIZE)"]),
        ("right", ["--args", "rng.normal(size=3), 1.5"]),
        ("right", ["--inputs", "inputs"]),
        ("right", ["--inputs", "a_program_to_check:inputs"]),
        ("right", ["--shape", "3,4", "--shape", "", "--seed", "7"]),
        ("annotated", []),
        ("Model.energy", ["--shape", "2x2"]),
    ],
)
def test_right(program, capsys, function, options):
    assert main([f"{program}:{function}", *options]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"audit of {function.rpartition('.')[2]}: ok\n") and "\x1b" not in out


def test_wrong(program, capsys):
    assert main([f"{program}:wrong", "--shape", "3"]) == 1
    out = capsys.readouterr().out
    assert "audit of wrong: 1 error" in out and "wrong rule: the derivative of x of cube is wrong" in out
    assert main([f"{program}:wrong", "--shape", "3", "--quiet"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("wrong: wrong: forward and reverse agree") and "return np.sum(cube(x))" not in out


def test_a_file(program, capsys):
    assert main(["a_program_to_check.py:right"]) == 0


def test_json_and_html(program, capsys, tmp_path):
    assert main([f"{program}:wrong", "--shape", "3", "--json", "--html", "page.html"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["primitive"] == "cube"
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_tolerance(program):
    assert main([f"{program}:wrong", "--shape", "3", "--tol", "1"]) == 0


@pytest.mark.parametrize(
    "function, options, said",
    [
        ("nothing", [], "has no 'nothing'"),
        ("SIZE", [], "is a int, and cannot be called"),
        ("wrong", [], "nothing says what 'x' is: give --args, --inputs or --shape"),
        ("wrong", ["--args", "1 +"], "--args '1 +': SyntaxError"),
        ("wrong", ["--inputs", "fails"], "fails(): RuntimeError: no"),
        ("wrong", ["--shape", "a"], "--shape 'a': write the lengths with commas"),
        ("wrong", ["--args", "3"], "no argument of wrong is a floating-point or complex array"),
    ],
)
def test_usage(program, capsys, function, options, said):
    assert main([f"{program}:{function}", *options]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "name, said",
    [
        ("numpy", "write module:function"),
        ("no_such_module:f", "importing no_such_module failed: ModuleNotFoundError"),
        ("no_such_file.py:f", "there is no file no_such_file.py"),
    ],
)
def test_names(program, capsys, name, said):
    assert main([name]) == 2
    assert said in capsys.readouterr().err


def test_from_the_shell(program):
    command = [sys.executable, "-m", "dualad.check", f"{program}:wrong", "--shape", "2", "--quiet"]
    root = str(Path(__file__).parents[1])
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": root, "PATH": ""})
    assert done.returncode == 1 and "wrong rule" in done.stdout and done.stderr == ""
