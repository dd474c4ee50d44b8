"""What an audit says of programs that are right, and of those that are not."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import dualad
from dualad import nn
from dualad.core.primitive import REGISTRY
from dualad.testing.audit import AuditFailed, Auditor, WrongDerivative, audit

RNG = np.random.default_rng(7)
X, Y = RNG.normal(size=4), RNG.normal(size=4)


def kinds(report):
    return [f.kind for f in report.findings]


# ---- sound programs --------------------------------------------------------------------------------


def test_a_sound_program_in_digits():
    report = audit(lambda x, y: np.sum(np.sin(x) * y) / np.exp(y[0]), X, Y)
    assert report.ok and report.findings == []
    assert report.engines > 14 and report.digits == report.engines
    all_of_it, *leaves = report.numbers
    assert all_of_it.confirmed > 9 and all_of_it.possible > 9
    assert [c.what for c in leaves] == ["args[0]", "args[1]"]
    assert report.complex_step.confirmed > 14
    assert f"forward and reverse agree to {report.engines:.1f} digits" in report.verdict
    assert "finite differences confirm" in report.verdict and "the complex step" in report.verdict
    assert report.raise_if_bad() is report


def test_a_row_for_every_call():
    report = audit(lambda x: np.sum(np.tanh(x) * 3.0), X)
    assert [n.primitive for n in report.nodes] == ["tanh", "multiply", "sum"]
    assert [n.shapes for n in report.nodes][:2] == ["tanh(f8[4]) → f8[4]", "multiply(f8[4], 3.0) → f8[4]"]
    assert all(n.digits > 14 and n.forward > 0 and n.backward > 0 for n in report.nodes)
    assert [n.bytes for n in report.nodes] == [32, 32, 8]
    assert report.nodes[0].kept == 32 and report.nodes[2].kept == 0
    line = report.nodes[0].line
    assert line.file == __file__ and "np.tanh(x) * 3.0" in line.text


def test_pytrees_keywords_and_several_outputs():
    def f(p, *, scale, name):
        assert name == "a"
        return {"u": p["w"] * scale, "v": [p["b"].sum(), np.abs(p["z"])]}

    report = audit(f, {"w": X, "b": Y, "z": X + 1j * Y, "n": 3}, scale=2.0, name="a")
    assert report.ok and report.engines > 14
    assert [c.what for c in report.numbers[1:]] == ["args[0]['b']", "args[0]['w']", "args[0]['z']"]


def test_no_floating_argument():
    with pytest.raises(dualad.NotDifferentiable, match=r"no argument of <lambda>.*write 3.0 for 3"):
        audit(lambda n: n * 2, 3)


def test_a_network_of_modules_and_tensors():
    dualad.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    x, labels = dualad.randn(6, 5, dtype=dualad.float64), dualad.tensor([0, 1, 2, 0, 1, 2])
    report = audit(lambda m, x: nn.functional.cross_entropy(m(x), labels), model, x)
    assert report.ok and report.engines > 13 and report.numbers[0].confirmed > 8
    assert {"affine", "tanh", "softmax_cross_entropy"} <= {n.primitive for n in report.nodes}


def test_dropout_is_random_and_drawn_alike_in_every_run():
    dualad.manual_seed(0)
    report = audit(lambda x: (nn.functional.dropout(x, 0.5) ** 2).sum(), dualad.tensor(X))
    assert report.ok and kinds(report) == ["random"] and report.numbers[0].confirmed > 9


def test_checkpoint_and_custom_rules_that_are_right():
    @dualad.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, g: (3 * g * x**2,))
    block = dualad.checkpoint(lambda x: np.sin(np.exp(x)))
    report = audit(lambda x: np.sum(block(cube(x))), X)
    assert report.ok and report.engines > 13
    assert [n.primitive for n in report.nodes] == ["cube", "exp", "sin", "sum"]


def test_inside_another_transform_of_the_users():
    report = audit(lambda x: np.sum(dualad.grad(lambda z: np.sum(np.sin(z) * z))(x)), X)
    assert report.ok and report.numbers[0].confirmed > 9


def test_ill_conditioned_is_not_wrong():
    a = np.vander(np.linspace(0, 1, 12))  # condition number 4e8
    report = audit(lambda b, a: np.sum(np.linalg.solve(a, b)), RNG.normal(size=12), a)
    assert not any(k in ("wrong rule", "engines disagree") for k in kinds(report))


def test_symmetric_directions_by_policy():
    k = np.array([[3.0, 0.4, 0.1], [0.4, 2.0, 0.3], [0.1, 0.3, 1.0]])
    report = audit(lambda k: np.sum(np.linalg.cholesky(k) ** 3), k)
    assert report.ok and kinds(report) == ["symmetric"] and report.numbers[0].confirmed > 9, str(report)


def test_draws_have_the_derivative_of_a_coupling():
    draw = REGISTRY["gamma_log_draw"].face
    report = audit(lambda a: np.sum(draw(a, Y) ** 2), np.abs(X) + 1.0)
    assert report.ok and "random" in kinds(report) and report.numbers[0].status == "drawn", str(report)
    assert "finite differences say nothing" in report.verdict


def test_single_precision_on_the_way():
    def f(x):
        return np.sum(np.where(x > 5.0, x, (x * 2).astype(np.float32)).astype(np.float64) ** 2)

    report = audit(f, X)
    assert report.ok and kinds(report) == ["cast"], str(report)


def test_a_network_of_relus_in_single_precision():
    """Ten thousand kinks within a step of the differences, and values that go through float32."""
    dualad.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 32), nn.ReLU(), nn.Linear(32, 10))
    x, labels = dualad.randn(64, 64), dualad.tensor(np.arange(64) % 10)
    report = audit(lambda m: nn.functional.cross_entropy(m(x), labels), model)
    assert report.ok and report.engines > 6, str(report)
    assert report.numbers[0].confirmed > 5 and report.numbers[0].possible < 7


def test_black_boxes():
    """By differences, right by a rule, and wrong by one."""
    by_numbers = dualad.black_box(lambda x: np.sin(x) * 2, differences=True)
    with pytest.warns(dualad.FiniteDifferences):
        report = audit(lambda x: np.sum(by_numbers(x) ** 2), X)
    assert report.ok, str(report)
    right = dualad.black_box(np.sinh, jvp=lambda primals, tangents: np.cosh(primals[0]) * tangents[0])
    assert audit(lambda x: np.sum(right(x) ** 2), X).ok
    wrong = dualad.black_box(
        lambda x: np.sinh(x), jvp=lambda primals, tangents: np.sinh(primals[0]) * tangents[0]
    )
    report = audit(lambda x: np.sum(wrong(x) ** 2), X)
    assert [f.kind for f in report.errors] == ["wrong rule"], str(report)
    with pytest.raises(WrongDerivative, match="say finite differences"), dualad.checked():
        dualad.grad(lambda x: np.sum(wrong(x) ** 2))(X)


# ---- kinks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f, x, what",
    [
        (lambda x: np.sum(np.abs(x)), [0.0, 1.0], "the corner of abs met"),
        (lambda x: np.sum(np.maximum(x, 0.0)), [0.0, 1.0], "a tie of maximum met"),
        (lambda x: np.max(x), [2.0, 2.0, 1.0], "a tie of max met"),
        (lambda x: np.sum(np.clip(x, 0.0, 1.0)), [1.0, 0.5], "the bound of clip met"),
        (lambda x: np.sum(np.sort(x)[:2] * np.array([1.0, 2.0])), [2.0, 2.0], "a tie of sorted entries met"),
        (lambda x: np.sum(np.where(x > 1.0, x, x**2)), [1.0, 3.0], "the boundary of a comparison met"),
        (lambda x: np.linalg.norm(x), [0.0, 0.0], "a norm of zero met"),
        (lambda x: np.sum(np.floor(x) * x), [1.5, 2.0 + 1e-9], "a jump of floor at a distance of 1.0e-09"),
        (lambda x: np.sum(np.abs(x)), [1e-8, 1.0], "the corner of abs at a distance of 1.0e-08"),
    ],
)
def test_kinks_are_named_and_no_errors(f, x, what):
    report = audit(f, np.array(x))
    assert report.ok, str(report)
    assert any(n.kink is not None and str(n.kink) == what for n in report.nodes), str(report)
    assert "kink" in kinds(report)


def test_at_a_kink_numbers_are_asked_beside_it():
    report = audit(lambda x: np.sum(dualad.numpy.where(x >= 0, x, 0.0)), np.array([0.0, 1.0]))
    assert report.ok and report.numbers[0].status == "kink"
    (finding,) = [f for f in report.findings if f.kind == "kink"]
    assert (
        "the slopes to both sides" in finding.text
        and "beside the point finite differences confirm" in finding.text
    )
    assert "at a kink finite differences say nothing" in report.verdict


def test_no_kinks_are_seen_where_there_are_none():
    report = audit(lambda x: np.sum(np.abs(x) + np.maximum(x, 0.1) + np.sort(x)), X)
    assert report.ok and report.findings == []


# ---- NaN, infinity, casts ---------------------------------------------------------------------------


def test_infinity_born_in_the_derivative_only():
    report = audit(lambda x: np.sum(np.sqrt(x) * 2.0), np.array([0.0, 1.0]))
    assert not report.ok
    (finding,) = report.errors
    assert (
        finding.kind == "not finite"
        and finding.primitive == "sqrt"
        and "np.sqrt(x) * 2.0" in finding.line.text
    )
    places = {b.place: b.kind for b in report.nodes[0].births}
    assert places == {"tangent": "inf", "cotangent": "inf"}
    assert [n.births for n in report.nodes[1:]] == [[], []]


def test_nan_born_in_a_value():
    report = audit(lambda x: np.sum(np.log(x) * 1.0), np.array([-1.0, 1.0]))
    assert not report.ok and str(report.nodes[0].births[0]) == "NaN born in the value"
    assert report.errors[0].primitive == "log"


def test_masked_out_infinities_are_notes():
    report = audit(lambda x: np.sum(np.where(x > 0, np.log(x), 0.0)), np.array([0.0, 2.0]))
    assert report.ok, str(report)
    assert "born" in kinds(report)


def test_silent_casts():
    report = audit(lambda x: np.sum((x.astype(np.float32) * 2).astype(np.float64)), X)
    assert report.ok, str(report)
    assert [n.cast for n in report.nodes][0] == "float64 → float32" and kinds(report) == ["cast"]


def test_an_integer_cast_ends_the_derivative():
    report = audit(lambda x: np.sum(x * x.astype(int)), X * 3)
    assert [n.cast for n in report.nodes if n.cast] == ["float64 → int64: the derivative ends here"]


# ---- what is not a function -------------------------------------------------------------------------


def test_a_function_that_counts_its_calls():
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(x) * len(calls)

    report = audit(f, X)
    assert not report.ok and report.errors[0].kind == "not a function"
    assert "a call changes `calls`" in report.errors[0].text


def test_numpys_global_generator_and_one_of_ones_own():
    rng = np.random.default_rng(0)
    report = audit(lambda x: np.sum(np.random.normal(size=4) * x) + rng.normal() * x[0], X)
    assert report.ok and kinds(report) == ["random"], str(report)
    assert "`rng`, the state of np.random" in report.findings[0].text


def test_a_side_effect_that_changes_nothing_is_a_note():
    seen = []
    report = audit(lambda x: (seen.append(1), np.sum(x))[1], X)
    assert report.ok and kinds(report) == ["state"]


def test_a_function_that_writes_into_its_argument():
    def f(x):
        x[0] = 2.0 * x[1]
        return np.sum(x**2)

    x = X.copy()
    report = audit(f, x)
    assert "writes into its argument args[0]" in report.errors[0].text
    assert (x == X).all()


# ---- lost derivatives -------------------------------------------------------------------------------


def test_getval_is_found_by_the_constant_that_changes():
    report = audit(lambda x: np.sum(dualad.getval(x) * x), X)
    assert not report.ok
    (finding,) = report.errors
    assert finding.kind == "lost" and finding.primitive == "multiply" and "getval(x) * x" in finding.line.text


def test_text_is_found_too():
    report = audit(lambda x: np.sum(float(f"{x[0]:.17g}") * x), X)
    assert [f.kind for f in report.errors] == ["lost"]


def test_a_stop_on_purpose_is_confirmed_with_what_is_stopped_held():
    report = audit(lambda x: np.sum(dualad.stop_gradient(np.sin(x)) * x), X)
    assert report.ok and kinds(report) == ["stopped"] and report.numbers[0].confirmed > 9
    assert "stop_gradient is called at test_audit.py" in report.findings[0].text


def test_all_of_an_argument_stopped_is_lost():
    report = audit(lambda x, y: np.sum(dualad.stop_gradient(x) * y), X, Y)
    (finding,) = report.errors
    assert finding.kind == "lost" and "with respect to args[0] is zero, but numbers say" in finding.text


# ---- the report -------------------------------------------------------------------------------------


def wrong_report():
    @dualad.custom_vjp
    def doubled(x):
        return 2 * x

    doubled.defvjp(lambda x: (2 * x, None), lambda _, g: (3 * g,))
    return audit(lambda x: np.sum(doubled(x) ** 2), X)


def test_text():
    report = audit(lambda x: np.sum(np.abs(x)), np.array([0.0, 1.0]))
    text = str(report)
    assert text.startswith("audit of <lambda>: ok\n") and "\x1b" not in text
    assert "the corner of abs met" in text and "absolute(f8[2]) → f8[2]" in text and "test_audit.py:" in text
    assert str(wrong_report()).startswith("audit of <lambda>: 1 error\n")
    assert repr(report).startswith("<audit of <lambda>: forward and reverse agree")


def test_a_long_program_is_shortened():
    def f(x):
        for _ in range(100):
            x = np.sin(x)
        return np.sum(x)

    text = str(audit(f, X))
    assert "more calls without notes" in text and "101 calls" in text and len(text.splitlines()) < 50


def test_json():
    found = json.loads(wrong_report().to_json())
    assert found["ok"] is False and found["findings"][0]["primitive"] == "doubled"
    assert found["findings"][0]["written"]["bwd"]["file"] == __file__
    assert found["nodes"][0]["primitive"] == "doubled" and found["nodes"][0]["ok"] is False
    assert json.loads(audit(lambda x: np.sum(np.sqrt(x)), np.zeros(2)).to_json())["engines"] is None


def test_html():
    report = wrong_report()
    html = report._repr_html_()
    assert html.count("<table>") == 1 and "&lt;lambda&gt;" in html and "<lambda>" not in html
    assert '<tr class="wrong"' in html and '<span class="badge bad">1 error</span>' in html
    assert report.to_html().startswith("<!doctype html>") and "badge good" in audit(np.sum, X).to_html()


def test_raise_if_bad():
    with pytest.raises(AuditFailed, match="audit of <lambda>: 1 error") as caught:
        wrong_report().raise_if_bad()
    assert not caught.value.report.ok


def test_digits_of_a_wrong_one():
    assert wrong_report().digits < 1


def test_without_nodes():
    report = Auditor(nodes=False)(lambda x: np.sum(np.sin(x)), X)
    assert report.ok and report.nodes == [] and not math.isnan(report.engines)


def test_a_wrong_rule_that_hides_in_the_whole():
    """Numbers confirm the whole within their tolerance; each call of a function with one rule is tried all the same."""

    @dualad.custom_vjp
    def sine(x):
        return np.sin(x)

    sine.defvjp(lambda x: (np.sin(x), x), lambda x, g: (1.0001 * np.cos(x) * g,))
    x = np.array([0.3, -0.7])
    report = dualad.audit(lambda x: np.sum(np.cos(x)) + 1e-5 * np.sum(sine(x)), x)
    assert report.numbers[0].status == "agree"
    assert [(f.kind, f.primitive) for f in report.errors] == [("wrong rule", "sine")]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(x - np.mean(x)),
        lambda x: np.sum(dualad.grad(lambda z: np.sum((z - np.mean(z)) ** 2))(x)),
        lambda x: np.log(np.exp(x)) - x,
    ],
    ids=["zero sum", "gradients of zero sum", "logarithm of exponential"],
)
def test_derivatives_that_cancel_are_right(f):
    """What is left is roundoff, in which no two witnesses agree."""
    assert dualad.audit(f, np.array([0.3, -0.7, 1.1, 0.2])).ok
