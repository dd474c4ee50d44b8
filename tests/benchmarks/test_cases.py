"""Each case runs at tiny sizes, and its contestants agree. Nothing here is timed."""

import json
import math

import numpy as np
import pytest

import benchmarks.cases  # noqa: F401  (fills CASES)
from benchmarks import agree, report
from benchmarks.__main__ import main
from benchmarks.case import CASES, Case, as_contestant
from benchmarks.peers import PEERS, is_installed
from benchmarks.timing import QUICK, SUBJECT, Effort, Outcome, compare, contestants, measure

names = pytest.mark.parametrize("name", sorted(CASES))


@names
def test_dualad_runs_and_agrees_with_numpy(name):
    case = CASES[name]
    made = contestants(case, tiny=True, only={"numpy", "numpy-scipy", "numpy-add-at"})
    if case.gauge:
        assert all(math.isfinite(c.run()) for c in made.values())
    else:
        compare(case, made)


@names
@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.filterwarnings("default")  # a peer's warnings are its own affair
def test_dualad_agrees_with_its_peers(name, peer):
    case = CASES[name]
    makers = {n: m for n, m in case.make(True).items() if n == SUBJECT or n.split("-")[0] == peer}
    if case.gauge or len(makers) < 2:
        pytest.skip(f"{peer} takes no part")
    if not is_installed(peer):
        pytest.skip(f"{peer} is not installed")
    compare(case, {n: as_contestant(make()) for n, make in makers.items()})


@names
def test_a_case_says_what_it_measures(name):
    case = CASES[name]
    assert SUBJECT in case.make(True)
    assert case.what and case.what.endswith(".")
    assert set(case.targets) <= set(case.make(False))


def toy(**runs) -> Case:
    return Case(
        "toy", "Nothing.", lambda tiny: {n: lambda r=r: r for n, r in runs.items()}, targets={"numpy": 2}
    )


def test_disagreement_is_found_before_timing():
    runs = []

    def wrong():
        runs.append(1)
        return np.array([1.0, 2.1])

    with pytest.raises(agree.Disagreement, match="differ by 0.1"):
        measure(toy(dualad=lambda: np.array([1.0, 2.0]), numpy=wrong), QUICK)
    assert len(runs) == 1


@pytest.mark.parametrize("bad", [np.array([1.0, np.nan]), np.array([1.0]), [np.array([1.0, 2.0])] * 2])
def test_nan_and_shapes_disagree(bad):
    with pytest.raises(agree.Disagreement):
        agree.check({"a": np.array([1.0, 2.0]), "b": bad}, 1e-6)


def test_ratios_are_taken_round_by_round():
    # The machine slows down tenfold half-way; the ratio is 2 in every round.
    outcome = Outcome(toy(), {"dualad": [2.0, 2.0, 20.0], "numpy": [1.0, 1.0, 10.0]})
    assert outcome.ratio("numpy") == (2.0, 2.0, 2.0)
    assert not outcome.misses()
    assert report.verdict(outcome) == "yes"


def test_a_missed_target_is_told():
    outcome = Outcome(toy(), {"dualad": [3.0], "numpy": [1.0]})
    assert outcome.misses() == ["numpy ≤ 2"]
    assert "no" in report.row(outcome).split()


def test_a_target_against_an_absent_peer_is_not_judged():
    outcome = Outcome(toy(), {"dualad": [3.0]})
    assert report.verdict(outcome) == "–"


def test_rounds_run_all_contestants():
    case = toy(dualad=lambda: 1.0, numpy=lambda: 1.0)
    outcome = measure(case, Effort(seconds=0, block=1e-5, least=3))
    assert {n: len(v) for n, v in outcome.values.items()} == {"dualad": 3, "numpy": 3}


def test_command_line_lists_the_cases(capsys):
    assert main(["--list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in CASES)


def test_command_line_writes_json(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(CASES, "toy", toy(dualad=lambda: 1.0, numpy=lambda: 1.0))
    file = tmp_path / "out.json"
    assert main(["toy", "--quick", "--seconds", "0.001", "--json", str(file)]) == 0
    data = json.loads(file.read_text(encoding="utf-8"))
    assert data["cases"]["toy"]["target"] == "numpy ≤ 2"
    assert report.markdown(data["cases"]).splitlines()[-1].startswith("| toy | ")
    assert not data["failures"]


def test_command_line_fails_where_a_case_fails(monkeypatch, capsys):
    monkeypatch.setitem(CASES, "toy", toy(dualad=lambda: 1.0, numpy=lambda: 2.0))
    assert main(["toy", "--quick"]) == 1
    assert "Disagreement" in capsys.readouterr().out


def test_command_line_knows_no_such_case(capsys):
    assert main(["no-such-case"]) == 2
