"""The tool of the registry: samples, results, the command line, the page."""

from __future__ import annotations

import numpy as np
import pytest

import dualad  # noqa: F401
import dualad.ops  # noqa: F401
from dualad.core.elementwise import elementwise
from dualad.core.primitive import REGISTRY, primitive
from dualad.core.samples import Edge, Sample
from dualad.testing import run_check, run_checks, samples
from dualad.testing.__main__ import main
from dualad.testing.probe import apart, inner, same
from dualad.testing.report import page


@pytest.fixture
def throwaway():
    """Primitives made in a test leave the registry with it."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


def planted(edges=(), domain=(0.2, 2.0), **rules):
    square = dict(jvp=lambda dx, x: 2 * x * dx, vjp=lambda g, x: 2 * x * g)
    return elementwise(
        lambda x: x * x, **{**square, **rules}, name="planted", domain=domain, edges=edges
    ).primitive


# ---- samples ---------------------------------------------------------------------------------------


def test_samples_are_the_same_every_time():
    prim = REGISTRY["multiply"]
    for a, b in zip(samples.calls(prim), samples.calls(prim), strict=True):
        assert all(map(same, a.args, b.args))


def test_drawn_numbers_fill_the_domain():
    x = samples.draw(np.random.default_rng(0), (50,), 2.0, 4.0)
    assert x.min() >= 2 and x.max() <= 4 and np.diff(np.sort(x)).max() < 0.1 and len(set(x)) == 50


@pytest.mark.parametrize("name", samples.LAYOUTS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
def test_layouts_hold_the_same_numbers(name, shape):
    x = np.random.default_rng(0).normal(size=shape)
    y = samples.LAYOUTS[name](x)
    assert y.shape == shape and np.array_equal(x, y) and not np.shares_memory(x, y)


def test_layouts_are_what_they_say():
    x = np.arange(6.0).reshape(2, 3)
    assert samples.LAYOUTS["F"](x).flags.f_contiguous
    assert not samples.LAYOUTS["strided"](x).flags.contiguous
    assert all(s < 0 for s in samples.LAYOUTS["reversed"](x).strides)
    assert not samples.LAYOUTS["read-only"](x).flags.writeable


def test_domains_may_be_given_in_three_ways(throwaway):
    rules = dict(jvp=dict(x=lambda dx: dx, y=lambda dy: dy), vjp=dict(x=lambda g: g, y=lambda g: g))
    for k, domain in enumerate([(0, 1), ((0, 1), (2, 3)), dict(x=(0, 1), y=(2, 3))]):
        prim = elementwise(np.add, **rules, name=f"planted {k}", domain=domain).primitive
        assert samples.domains(prim) == ([(0, 1)] * 2 if k == 0 else [(0, 1), (2, 3)])


def test_directions_and_judged_outputs(throwaway):
    """An evaluation that reads one triangle, and an output that is free by a sign."""

    @primitive
    def lower(a):
        """Reads the lower triangle of a symmetric matrix; the sign is free."""
        low = np.tril(a) + np.tril(a, -1).T
        return -low if low.flat[0] > 0 else low

    lower.jvp(lambda da, a: _signed(da, a))
    lower.vjp(lambda g, a: _signed(g, a))

    @lower.samples
    def _(rng):
        a = rng.normal(size=(3, 3))
        yield Sample(a + a.T, along=lambda d: d + d.T, through=lambda out: (out * out,), complex=False)

    for check in ("C1", "C2", "C4"):
        result = run_check(check, lower.primitive)
        assert result.ok, result
    assert "lower" in result.where


def _signed(d, a):
    sign = -1.0 if np.ravel(dualad.core.trace.strip(a))[0] > 0 else 1.0
    return (d + d.T) * (0.5 * sign)


# ---- what checks say ------------------------------------------------------------------------------


def test_a_sound_row_is_green(throwaway):
    results = run_checks(planted(edges=[Edge((0.0,), (0.0,))]))
    assert [r for r in results if not r.ok] == []
    assert {r.check for r in results} == {f"C{k}" for k in range(13) if k != 11}


def test_the_reason_names_call_and_numbers(throwaway):
    result = run_check("C1", planted(jvp=lambda dx, x: 3 * x * dx, vjp=lambda g, x: 3 * x * g))
    assert not result.ok and "by numbers" in result.reason and "planted(float64[4, 3])" in result.where
    assert "FAILED" in str(result)


def test_an_exception_in_a_rule_is_a_failure_with_its_place(throwaway):
    def broken(g, x):
        raise KeyError("a rule that raises")

    result = run_check("C2", planted(vjp=broken))
    assert not result.ok and "KeyError" in result.reason and "test_checks.py" in result.reason
    assert "planted" in result.where


def test_an_edge_with_another_policy_and_a_weak_zero(throwaway):
    result = run_check("C10", planted(edges=[Edge((0.0,), (1.0,))]))
    assert not result.ok and "the policy 1.0" in result.reason


def test_an_evaluation_off_numpy_is_noticed(throwaway):
    prim = elementwise(
        lambda x: np.sin(x) * (1 + 1e-12), jvp=lambda dx, x: dx, vjp=lambda g, x: g, name="sinh2"
    )
    prim.primitive.name = "sin"
    assert not run_check("C0", prim.primitive).ok


def test_numbers_that_prove_nothing_fail_the_check(throwaway):
    prim = elementwise(
        lambda x: x + 1e-3 * np.sin(1e12 * x),
        jvp=lambda dx: dx,
        vjp=lambda g: g,
        name="noisy",
        holomorphic=False,
    ).primitive
    assert not run_check("C1", prim).ok


def test_flat_ones_give_their_reason():
    result = run_check("C1", REGISTRY["floor"])
    assert result.status == "n/a" and result.reason == REGISTRY["floor"].flat


# ---- helpers ---------------------------------------------------------------------------------------


def test_apart():
    assert apart([np.ones(3)], [np.ones(3)]) == 0
    assert apart([np.ones(3)], [np.ones(2)]) == np.inf
    assert apart([np.array([np.nan])], [np.array([1.0])]) == np.inf
    assert apart([np.array([np.nan, np.inf])], [np.array([np.nan, np.inf])]) == 0
    assert apart([np.array([1.0, 100.0])], [np.array([0.0, 100.0])]) == pytest.approx(0.01)


def test_inner_is_the_transpose_convention():
    total, size = inner([np.array([1j])], [np.array([1j])])
    assert total == -1 and size == 1


# ---- the command line -----------------------------------------------------------------------------


def test_the_row_of_one_primitive(capsys):
    assert main(["multiply", "floor"]) == 0
    text = capsys.readouterr().out
    assert "multiply" in text and "C12" in text and "2 primitives, 0 with failures" in text


def test_a_red_row_sets_the_exit_status(throwaway, capsys):
    planted(vjp=lambda g, x: g)
    assert main(["planted"]) == 1
    assert "⟨g, J dx⟩" in capsys.readouterr().out


def test_unknown_names_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["no such primitive"])
    assert "no primitive named" in capsys.readouterr().err


def test_the_page(tmp_path, throwaway):
    text = page([REGISTRY["multiply"], REGISTRY["floor"]])
    assert "| `multiply` | ✓ |" in text and f"- `floor`: {REGISTRY['floor'].flat}" in text
    planted(vjp=lambda g, x: g)
    target = tmp_path / "page.md"
    assert main(["planted", "--page", str(target)]) == 1
    assert "**FAILED**" in target.read_text(encoding="utf-8")
