"""What can be wrong with a run of `examples.mnist`: one line that says what to do, and a status."""

import errno
import sys

import numpy as np
import pytest

import dualad
from examples import mnist as program

pytest.importorskip("sklearn")


@pytest.fixture
def fails(capsys):
    """Run the program; its one line of error, once the status is right."""

    def run(*arguments, status=1, data="digits"):
        arguments = ["--data", str(data), *map(str, arguments)]
        if status == 2:
            with pytest.raises(SystemExit) as stopped:
                program.main(arguments)
            assert stopped.value.code == 2
        else:
            assert program.main(arguments) == status
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1, lines
        assert lines[0].startswith("mnist: error: ")
        return lines[0]

    return run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--optimizer", "lion"], ["--optimizer", "lion", "adamw"]),
        (["--model", "transformer"], ["--model", "transformer", "conv"]),
        (["--lr", "-1"], ["--lr", "'-1' is not a positive number"]),
        (["--lr", "nan"], ["--lr", "'nan' is not a positive number"]),
        (["--lr", "fast"], ["--lr", "'fast' is not a positive number"]),
        (["--epochs", "-1"], ["--epochs", "'-1' is not a whole number of at least 0"]),
        (["--batch-size", "0"], ["--batch-size", "'0' is not a whole number of at least 1"]),
        (["--batch-size", "1.5"], ["--batch-size", "'1.5' is not a whole number"]),
        (["--optimiser", "adam"], ["--optimiser", "--help"]),
    ],
)
def test_options(fails, arguments, words):
    line = fails(*arguments, status=2)
    for word in words:
        assert word in line


def test_a_folder_without_data(fails, tmp_path):
    assert "must hold the four MNIST files" in fails(data=tmp_path)


def test_weights_that_are_not_there(fails, tmp_path):
    line = fails("--load", tmp_path / "none")
    assert line.endswith("none: there is no such file")


def test_weights_in_a_folder(fails, tmp_path):
    assert "cannot read it" in fails("--load", tmp_path)


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "text"])
def test_damaged_weights(fails, tmp_path, damage):
    file = tmp_path / "w"
    assert program.main(["--data", "digits", "--epochs", "0", "--save", str(file)]) == 0
    content = bytearray(file.read_bytes())
    content[-1] ^= 1 if damage == "flipped" else 0
    cut = {"empty": b"", "cut": content[:-100], "flipped": content, "text": b"weights of a network, honestly"}
    file.write_bytes(cut[damage])
    line = fails("--load", file)
    assert str(file) in line
    assert "cannot be loaded" in line


def test_weights_of_another_model(fails, tmp_path):
    assert program.main(["--data", "digits", "--epochs", "0", "--save", str(tmp_path / "w")]) == 0
    line = fails("--load", tmp_path / "w", "--model", "conv")
    assert "weights of another model" in line
    assert "1.weight 128x64" in line
    assert "--model conv for 8x8 pixels has 0.weight 16x1x3x3" in line


@pytest.mark.parametrize(
    ("content", "words"),
    [([1, 2], "holds a list"), ({}, "the file has none"), ("bad", "not finite numbers")],
)
def test_files_of_other_things(fails, tmp_path, content, words):
    if content == "bad":
        program.main(["--data", "digits", "--epochs", "0", "--save", str(tmp_path / "good")])
        content = dualad.load(tmp_path / "good")
        content["1.bias"] = np.full_like(content["1.bias"], np.nan)
    dualad.save(content, tmp_path / "w")
    assert words in fails("--load", tmp_path / "w")


@pytest.mark.parametrize("option", ["--save", "--plot"])
def test_places_that_cannot_be_written(fails, tmp_path, option):
    pytest.importorskip("matplotlib")
    assert "there is no folder" in fails(option, tmp_path / "missing" / "file")
    assert "this is a folder" in fails(option, tmp_path)


def test_a_disk_that_fills_up_later(fails, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "could not write w: No space left on device")

    monkeypatch.setattr(dualad, "save", full)
    assert "No space left on device" in fails("--epochs", 0, "--save", tmp_path / "w")


def test_without_matplotlib(fails, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install matplotlib" in fails("--plot", tmp_path / "p.png")


def test_without_torch(fails, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert "pip install torch" in fails("--backend", "torch")


def test_without_scikit_learn(fails, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert "pip install scikit-learn" in fails()


def test_a_training_that_diverges_keeps_the_old_file(fails, tmp_path):
    (tmp_path / "w").write_bytes(b"precious")
    line = fails("--lr", 1e30, "--optimizer", "sgd", "--epochs", 2, "--save", tmp_path / "w")
    assert "training diverged; lower --lr" in line
    assert (tmp_path / "w").read_bytes() == b"precious"
