"""`examples.mnist` on scikit-learn's digits: accuracy, determinism, weights, picture, Ctrl-C."""

import os
import re
import signal
import sys

import numpy as np
import pytest

SHORT = ("--epochs", 2, "--limit", 200)
MODELS = ("linear", "conv")


def accuracy(lines):
    """The percentage in the line ``test accuracy …``."""
    return float(re.search(r"^test accuracy ([\d.]+)%", "\n".join(lines), re.MULTILINE)[1])


@pytest.mark.parametrize("model", MODELS)
def test_the_digits_are_learnt(mnist, model):
    lines = mnist("--model", model)
    assert lines[0].startswith("data: scikit-learn's digits, 1,438 training and 359 test images")
    assert lines[1].startswith(f"model: {model}, ")
    assert lines[2].startswith("epoch 1/20  loss ")
    assert re.fullmatch(r"test accuracy [\d.]+% \(\d+ of 359\) after 20 epochs, [\d.]+ s", lines[-1])
    assert accuracy(lines) >= 96


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_every_optimizer_learns(mnist, optimizer):
    assert accuracy(mnist("--optimizer", optimizer, "--epochs", 3)) > 85


@pytest.mark.parametrize("model", MODELS)
def test_the_same_seed_gives_the_same_bytes(mnist, tmp_path, model):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        mnist("--model", model, *SHORT, "--seed", seed, "--save", tmp_path / name)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_weights_come_back(mnist, tmp_path):
    trained = mnist(*SHORT, "--save", tmp_path / "w")
    loaded = mnist("--epochs", 0, "--load", tmp_path / "w", "--save", tmp_path / "again")
    assert accuracy(loaded) == accuracy(trained)
    assert (tmp_path / "w").read_bytes() == (tmp_path / "again").read_bytes()
    assert b"pickle" not in (tmp_path / "w").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["again", "w"]


@pytest.mark.parametrize("epochs", [0, 2])
def test_the_picture_is_a_png(mnist, tmp_path, epochs):
    pytest.importorskip("matplotlib")
    lines = mnist("--epochs", epochs, "--limit", 100, "--plot", tmp_path / "picture.png")
    content = (tmp_path / "picture.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(content) > 20_000
    assert lines[-1] == f"plot: {tmp_path / 'picture.png'}"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT between processes")
@pytest.mark.parametrize("model", MODELS)
def test_ctrl_c_saves(start, mnist, tmp_path, model):
    pytest.importorskip("sklearn")
    file = tmp_path / "w"
    process = start("mnist", "--data", "digits", "--model", model, "--epochs", 10_000, "--save", file)
    while not process.stdout.readline().startswith("epoch 1/"):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == ""
    last = out.splitlines()[-1]
    assert re.fullmatch(
        r"interrupted in epoch \d+ of 10000, after [\d,]+ steps; the weights are in " + re.escape(str(file)),
        last,
    )
    assert accuracy(mnist("--model", model, "--epochs", 0, "--load", file)) > 20
    assert os.listdir(tmp_path) == ["w"]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT between processes")
def test_ctrl_c_without_save(start):
    pytest.importorskip("sklearn")
    process = start("mnist", "--data", "digits", "--epochs", 10_000)
    while not process.stdout.readline().startswith("epoch 1/"):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == ""
    assert out.endswith("steps; nothing was saved (--save FILE would)\n")


@pytest.mark.skipif("DUALAD_DATA" not in os.environ, reason="DUALAD_DATA names no folder with MNIST")
@pytest.mark.parametrize("model", MODELS)
def test_a_little_of_mnist(mnist, model):
    lines = mnist("--model", model, "--limit", 2000, "--epochs", 1, data=os.environ["DUALAD_DATA"])
    assert lines[0].startswith("data: MNIST, 60,000 training and 10,000 test images of 28x28 pixels, from ")
    assert accuracy(lines) > 75


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("model", MODELS)
def test_pytorch_computes_the_same(model, optimizer):
    """The same initial weights, the same images in each step: the same losses, up to rounding."""
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    from dualad.data import load_digits
    from examples import mnist as program
    from examples._mnist_model import library
    from examples._mnist_options import complete, parse

    digits = load_digits()
    losses = {}
    for backend in ("dualad", "torch"):
        arguments = ["--model", model, "--optimizer", optimizer, "--limit", "640", "--epochs", "1"]
        options = parse([*arguments, "--backend", backend])
        complete(options, digits.name)
        training = program.prepare(options, library(backend), digits)
        losses[backend] = np.array(training.run().losses)
    assert len(losses["torch"]) == 20
    np.testing.assert_allclose(losses["dualad"][:5], losses["torch"][:5], rtol=1e-5)
    np.testing.assert_allclose(losses["dualad"], losses["torch"], rtol=1e-3)


def test_weights_are_shared_with_pytorch(mnist, tmp_path):
    pytest.importorskip("torch")
    trained = mnist(*SHORT, "--save", tmp_path / "w")
    assert accuracy(mnist("--epochs", 0, "--load", tmp_path / "w", "--backend", "torch")) == accuracy(trained)
    back = mnist("--epochs", 0, "--load", tmp_path / "w", "--backend", "torch", "--save", tmp_path / "t")
    assert accuracy(back) == accuracy(trained)
    assert (tmp_path / "w").read_bytes() == (tmp_path / "t").read_bytes()
