import re

import pytest

from examples import mnist_functional


def test_the_digits_are_learnt(capsys):
    pytest.importorskip("sklearn")
    assert mnist_functional.main(["--data", "digits"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("data: scikit-learn's digits")
    assert float(re.match(r"test accuracy ([\d.]+)% after 20 epochs", lines[-1])[1]) >= 96


def test_the_same_seed_gives_the_same_losses(capsys):
    pytest.importorskip("sklearn")
    printed = []
    for seed in "7", "7", "8":
        assert mnist_functional.main(["--data", "digits", "--epochs", "1", "--seed", seed]) == 0
        printed.append(re.findall(r"loss ([\d.]+)", capsys.readouterr().out))
    assert printed[0] == printed[1] != printed[2]


def test_a_folder_without_data(capsys, tmp_path):
    assert mnist_functional.main(["--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("mnist_functional: error: ")
