"""SciPy and scikit-learn with array API dispatch, switched on before SciPy is imported: in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "dispatching"


@pytest.mark.parametrize("package", ["scipy", "sklearn"])
def test_dispatching(package):
    pytest.importorskip("scipy", minversion="1.16")  # before, few functions went by the standard
    pytest.importorskip(package, minversion={"scipy": "1.16", "sklearn": "1.6"}[package])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", FOLDER / f"test_{package}.py"]
    root = FOLDER.parents[2]
    run = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0 and " passed" in run.stdout, run.stdout[-5000:] + run.stderr[-2000:]
