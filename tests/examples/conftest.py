"""The programs as commands: in this process, and in one of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def start():
    """Start ``python -m examples.NAME`` with its output in pipes; stopped at the end if still running."""
    started = []

    def start(name, *arguments):
        command = [sys.executable, "-m", f"examples.{name}", *map(str, arguments)]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def mnist(capsys):
    """Run `examples.mnist` on the small digits; the lines it printed."""
    pytest.importorskip("sklearn")
    from examples import mnist

    def run(*arguments, data="digits", status=0):
        capsys.readouterr()
        assert mnist.main(["--data", data, *map(str, arguments)]) == status
        return capsys.readouterr().out.splitlines()

    return run
