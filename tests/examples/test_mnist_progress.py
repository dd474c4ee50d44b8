import io
import sys

import pytest

from examples import _mnist_progress
from examples._mnist_progress import Progress, missing


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_on_a_terminal(monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    said = []
    with Progress("epoch 1/3", 2, said.append) as progress:
        progress.step(0.5, 0.75)
        progress.step(0.25, 0.875)
    assert said == []
    assert "epoch 1/3" in terminal.getvalue()
    assert not missing()


@pytest.mark.parametrize("terminal", [True, False])
def test_plain_lines_without_tqdm_or_terminal(monkeypatch, terminal):
    if terminal:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(sys, "stderr", stream := Terminal() if terminal else io.StringIO())
    monkeypatch.setattr(_mnist_progress, "PLAIN_SECONDS", 0)
    said = []
    with Progress("epoch 1/3", 2, said.append) as progress:
        progress.step(0.5, 0.75)
    assert said == ["epoch 1/3  step 1/2  loss 0.5000  accuracy 75.00%"]
    assert stream.getvalue() == ""
    assert missing() == terminal


def test_plain_lines_are_rare(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    said = []
    with Progress("epoch 1/3", 100, said.append) as progress:
        for _ in range(100):
            progress.step(0.5, 0.75)
    assert said == []
