"""Every example with reference numbers runs, and is within its tolerances."""

import importlib
import sys

import pytest

from examples._report import Row, report, rows

ON_THEIR_OWN = (
    "audit_a_rule",
    "black_scholes",
    "kalman_nile",
    "lotka_volterra",
    "medical_akzo",
    "standard_errors",
    "variational_inference",
)
ON_SCIKIT_LEARN = ("gaussian_process", "logistic_regression", "ridge_penalty")


@pytest.mark.parametrize("name", ON_THEIR_OWN + ON_SCIKIT_LEARN)
def test_within_tolerance(name, capsys):
    if name in ON_SCIKIT_LEARN:
        pytest.importorskip("sklearn")
    status = importlib.import_module(f"examples.{name}").main()
    assert status == 0, capsys.readouterr().out
    assert "within tolerance" in capsys.readouterr().out


@pytest.mark.parametrize("name", ON_SCIKIT_LEARN)
def test_without_scikit_learn(name, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert importlib.import_module(f"examples.{name}").main() == 1
    assert capsys.readouterr().err == (
        f"{name}: error: needs scikit-learn, which carries the data: pip install scikit-learn\n"
    )


def test_softmax_regression_without_data(capsys, tmp_path):
    from examples import softmax_regression

    assert softmax_regression.main([str(tmp_path)]) == 1
    assert "must hold the four MNIST files" in capsys.readouterr().err


def test_report(capsys):
    assert report("title", [Row("near", 1.0, 1.0 + 1e-9, 1e-8)]) == 0
    assert "all 1 within tolerance" in capsys.readouterr().out
    assert report("title", [Row("near", 1.0, 1.0, 1e-8), Row("far", 1.0, 1.1, 1e-8)]) == 1
    assert "1 of 2 outside" in capsys.readouterr().out
    assert report("title", [Row("nan", 1.0, float("nan"), 1e-8)]) == 1


def test_rows_have_a_number_each():
    assert [row.name for row in rows("x", (1, 2), [1.0, 2.0], 0)] == ["x[0]", "x[1]"]
    with pytest.raises(ValueError):
        rows("x", (1, 2), [1.0], 0)
