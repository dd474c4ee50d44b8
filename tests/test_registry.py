"""Every primitive, every check: one test each. `python -m dualad.testing NAME` shows the same as a row."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dualad  # noqa: F401
import dualad.ops  # noqa: F401  (fills the registry)
from dualad.core.primitive import REGISTRY
from dualad.testing.checks import CHECKS, run_check
from dualad.testing.checks.first_order import check_duality_of
from dualad.testing.results import Worst
from dualad.testing.samples import calls
from dualad.testing.strategies import calls_of

NAMES = sorted(REGISTRY)
DIFFERENTIABLE = [n for n in NAMES if REGISTRY[n].flat is None]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", NAMES)
def test_check(name, check):
    result = run_check(check, REGISTRY[name])
    assert result.ok, f"{name} {result}"


# ---- C11: random shapes, layouts and samples -------------------------------------------------------


RANDOM = settings(
    max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("part", range(8))
def test_duality_of_random_calls(part):
    names = DIFFERENTIABLE[part::8]

    @RANDOM
    @given(st.sampled_from(names).flatmap(lambda name: calls_of(REGISTRY[name])), st.integers(0, 2**32 - 1))
    def duality(call, seed):
        if call.active:
            with np.errstate(all="ignore"):
                check_duality_of(call, np.random.default_rng(seed), Worst())

    duality()


# ---- completeness ----------------------------------------------------------------------------------


# The value of a number that was drawn is held, whatever its parameters: quantiles judge it, in tests/random.
HELD = {"pinned", *(f"{n}_draw" for n in "gamma_log beta_logit vonmises power pareto wald".split())}


def missing(prim) -> list[str]:
    """What a primitive lacks to be finished."""
    lacks = []
    if len((prim.doc or "").strip()) < 10:
        lacks.append("a docstring")
    if not calls(prim):
        lacks.append("samples, or a domain")
    lacks += _missing_rules(prim) + _missing_values(prim)
    return lacks


def _missing_rules(prim):
    if prim.flat is not None:
        rules = bool(prim.jvp_rules or prim.vjp_rules or prim.linear or prim.multilinear)
        return ["a reason for being flat"] * (not prim.flat.strip()) + [
            "nothing: flat, yet it has rules"
        ] * rules
    lacks = []
    for arg in prim.args:
        if arg in prim.flat_args:
            continue
        if arg not in prim.vjp_rules:
            lacks.append(f"a VJP rule for {arg}")
        if arg not in prim.jvp_rules and arg not in (*prim.linear, *prim.multilinear):
            lacks.append(f"a JVP rule for {arg}")
        if not any(arg in {prim.arg_name(i) for i in c.active} for c in calls(prim)):
            lacks.append(f"a sample in which {arg} is a float")
    if calls(prim) and prim.name not in HELD and not any(c.smooth for c in calls(prim)):
        lacks.append("a sample that numbers can judge (smooth)")
    return lacks


def _missing_values(prim):
    """Each keyword is tried at two values, at least one of them not its default."""
    lacks = []
    for name, default in prim.params.items():
        tried = {repr(c.params.get(name, default)) for c in calls(prim)}
        unusual = tried - ({repr(default)} if default is not inspect.Parameter.empty else set())
        if len(tried) < 2 or not unusual:
            lacks.append(f"samples with {name}= at two values (tried {sorted(tried)})")
    return lacks


@pytest.mark.parametrize("name", NAMES)
def test_complete(name):
    assert missing(REGISTRY[name]) == []


def test_incompleteness_is_noticed():
    def bare(x, *, axis=0):
        return x

    prim = dualad.core.primitive.primitive(bare, name="bare for a test").primitive
    del REGISTRY[prim.name]
    text = ", ".join(missing(prim))
    for lack in ("docstring", "samples, or a domain", "VJP rule for x", "JVP rule for x", "axis="):
        assert lack in text


def test_a_rule_asks_for_known_names_only():
    with pytest.raises(TypeError, match="asks for 'y'"):
        REGISTRY["negative"].set_rules("vjp", {"x": lambda g, y: g})
