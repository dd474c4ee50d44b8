"""A cross-check that cannot fail proves nothing: rules broken on purpose must be caught.

`mutant` copies a primitive, outside the registry, with changed rules; each kind of damage names the check
that has to see it.
"""

from __future__ import annotations

import copy
import functools

import numpy as np
import pytest

import dualad  # noqa: F401
import dualad.ops  # noqa: F401  (fills the registry)
from dualad.core.elementwise import _template
from dualad.core.primitive import REGISTRY, Rule
from dualad.core.trace import bind, strip
from dualad.testing.checks import run_check
from dualad.testing.samples import calls, complex_calls, smooth_calls

NAMES = sorted(n for n, p in REGISTRY.items() if p.flat is None and p.vjp_rules)

SPREAD = """
    multiply divide power arctan2 maximum exp log tanh sqrt absolute expit sum cumsum prod logsumexp where
    concatenate reshape transpose gather scatter_add matmul einsum solve inv cholesky conv2d
    softmax_cross_entropy sort
"""
SPREAD = [n for n in SPREAD.split() if n in NAMES]

# Duality, and numbers, of real arguments and of complex ones: `imag` shows nothing in the real ones.
DUALITY, NUMBERS = ("C2", "C6"), ("C1", "C6")

DAMAGE = {
    "sign": lambda d: -d,
    "twice": lambda d: d + d,
    "slightly": lambda d: d * (1 + 1e-6),
}


def mutant(prim, *, jvp=None, vjp=None, **changes):
    """A copy of `prim` with rules replaced: `jvp`, `vjp` map argument names to functions of a Rule."""
    m = copy.copy(prim)
    m.jvp_rules = {a: _replaced(r, (jvp or {}).get(a)) for a, r in prim.jvp_rules.items()}
    m.vjp_rules = {a: _replaced(r, (vjp or {}).get(a)) for a, r in prim.vjp_rules.items()}
    for name, value in changes.items():
        setattr(m, name, value)
    if vjp:
        m.into_rules = {}
    if m.elementwise and m.domain is not None:
        m.face = _template(m, m.fun)
    else:
        m.face = lambda *args, **params: bind(m, args, {**m.params, **params})
    return m


def _replaced(rule, change):
    if change is None:
        return rule
    new = object.__new__(Rule)
    new.call, new.asks = change(rule.call), rule.asks
    return new


def on_result(damage):
    """The same damage for one result or for the tuple of a multi-output tangent."""

    def change(call):
        def damaged(d, *given):
            out = call(d, *given)
            if isinstance(out, (tuple, list)):
                return tuple(None if o is None else damage(o) for o in out)
            return out if out is None else damage(out)

        return damaged

    return change


def caught(prim, *checks):
    return [c for c in checks if not run_check(c, prim).ok]


def written(prim):
    """The arguments whose JVP is a rule, not the operation itself."""
    return [a for a in prim.jvp_rules if a not in prim.linear and a not in prim.multilinear]


def smooth_args(prim):
    return {prim.arg_name(i) for c in smooth_calls(prim) for i in c.active}


# ---- the smallest mistake in one rule, everywhere --------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_slight_mistake_in_any_one_rule_breaks_duality(name):
    prim = REGISTRY[name]
    for arg in prim.vjp_rules:
        assert caught(mutant(prim, vjp={arg: on_result(DAMAGE["slightly"])}), *DUALITY), f"vjp of {arg}"
    for arg in written(prim):
        assert caught(mutant(prim, jvp={arg: on_result(DAMAGE["slightly"])}), *DUALITY), f"jvp of {arg}"


@pytest.mark.parametrize("name", NAMES)
def test_the_same_slight_mistake_in_both_rules_is_seen_by_numbers(name):
    prim = REGISTRY[name]
    args = [a for a in written(prim) if a in prim.vjp_rules and a in smooth_args(prim)]
    for arg in args:
        change = {arg: on_result(DAMAGE["slightly"])}
        assert caught(mutant(prim, jvp=change, vjp=change), *NUMBERS), arg


@pytest.mark.parametrize("name", [n for n in NAMES if REGISTRY[n].into_rules])
def test_a_slight_mistake_in_a_rule_that_scatters(name):
    prim = REGISTRY[name]

    def wrong(call):
        return lambda buffer, g, *given: call(buffer, g * (1 + 1e-6), *given)

    for arg, rule in prim.into_rules.items():
        into = {**prim.into_rules, arg: _replaced(rule, wrong)}
        assert caught(mutant(prim, into_rules=into), "C2", "C7"), arg


# ---- coarser damage, on a spread -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sign", "twice"])
@pytest.mark.parametrize("name", SPREAD)
def test_coarse_damage(name, kind):
    prim = REGISTRY[name]
    for arg in prim.vjp_rules:
        change = {arg: on_result(DAMAGE[kind])}
        assert caught(mutant(prim, vjp=change), "C2"), arg
        if arg in written(prim) and arg in smooth_args(prim):
            assert caught(mutant(prim, jvp=change, vjp=change), "C1"), arg


@pytest.mark.parametrize(
    "name", [n for n in SPREAD if REGISTRY[n].elementwise and len(REGISTRY[n].args) == 2]
)
def test_a_dropped_unbroadcast(name):
    """The cotangent of a broadcast argument taken from the first row, not summed over rows."""
    prim = REGISTRY[name]

    def first_row(call):
        return lambda g, *given: _first(call(g, *given))

    for arg in prim.vjp_rules:
        assert caught(mutant(prim, vjp={arg: first_row}), "C2"), arg


def _first(d):
    return d[:1] if d.ndim and d.shape[0] > 1 else d


@pytest.mark.parametrize("name", [n for n in ("matmul", "solve", "inv", "transpose", "outer") if n in NAMES])
def test_a_transposed_cotangent(name):
    prim = REGISTRY[name]
    swap = on_result(lambda d: np.swapaxes(d, -1, -2) if d.ndim > 1 and d.shape[-1] == d.shape[-2] else -d)
    for arg in prim.vjp_rules:
        assert caught(mutant(prim, vjp={arg: swap}), "C2"), arg


@pytest.mark.parametrize("name", [n for n in NAMES if complex_calls(REGISTRY[n])])
def test_a_conjugate_too_many_or_too_few(name):
    prim = REGISTRY[name]
    conjugate = on_result(lambda d: d.conj() if d.dtype.kind == "c" else d)
    args = {prim.arg_name(i) for c in complex_calls(prim) for i in c.active if np.iscomplexobj(c.args[i])}
    for arg in args:
        if not _real_cotangent(prim, arg):
            assert caught(mutant(prim, vjp={arg: conjugate}), "C6"), arg


def _real_cotangent(prim, arg):
    """Whether the argument's cotangents are real although it is complex: a conjugate changes nothing."""
    return arg not in prim.vjp_rules or prim.name == "real"


def test_a_dropped_argument():
    for name in SPREAD:
        prim = REGISTRY[name]
        for arg in prim.vjp_rules:
            assert caught(mutant(prim, vjp={arg: lambda call: lambda g, *given: None}), "C2"), (name, arg)


# ---- damage that first derivatives at one point do not show ---------------------------------------


@pytest.mark.parametrize("name", [n for n in ("exp", "log", "tanh", "divide", "power", "sqrt") if n in NAMES])
def test_a_rule_on_raw_values_loses_the_second_derivative(name):
    """As with `np.cos(x.value)` in a rule: the first derivative is right."""
    prim = REGISTRY[name]

    def raw(call):
        return lambda d, *given: call(d, *map(strip, given))

    for arg in prim.vjp_rules:
        m = mutant(prim, vjp={arg: raw})
        assert not caught(m, "C1", "C2") and caught(m, "C4"), arg
        m = mutant(prim, jvp={arg: raw})
        assert not caught(m, "C1", "C2") and caught(m, "C4"), arg


def test_a_rule_that_keeps_data_it_did_not_ask_for():
    seen = {}

    def remembering(x, y):
        seen["x"], seen["y"] = x, y
        return np.multiply(x, y)

    prim = copy.copy(REGISTRY["multiply"])
    prim.fun = remembering
    prim.vjp_rules = {}
    prim.set_rules("vjp", dict(x=lambda g: g * seen["y"], y=lambda g: g * seen["x"]))
    prim.face = _template(prim, remembering)
    assert not caught(prim, "C2") and caught(prim, "C7")


@pytest.mark.parametrize(
    "name", [n for n in ("matmul", "sum", "concatenate", "gather", "cumsum", "solve") if n in NAMES]
)
def test_a_wrong_batch_rule(name):
    prim = REGISTRY[name]
    if prim.batch is None:
        pytest.skip("looped over")

    @functools.wraps(prim.batch)
    def rolled(*args, **kwargs):
        out = prim.batch(*args, **kwargs)
        return tuple(o[::-1] for o in out) if prim.multi else out[::-1]

    assert caught(mutant(prim, batch=rolled), "C9")


@pytest.mark.parametrize("name", [n for n in NAMES if REGISTRY[n].edges])
def test_another_policy_at_an_edge(name):
    prim = REGISTRY[name]

    def other(d):
        return None if d is None else d + 0.5 if np.isfinite(d) else 0.0

    edges = tuple(e._replace(derivatives=tuple(map(other, e.derivatives))) for e in prim.edges)
    assert caught(mutant(prim, edges=edges), "C10")


def test_what_is_not_linear_but_says_so():
    prim = REGISTRY["exp"]
    m = mutant(prim, linear=("x",), elementwise=False)
    m.jvp_rules = {}
    assert "C3" in caught(m, "C1", "C2", "C3")


def test_an_evaluation_that_writes_into_its_argument():
    def greedy(x):
        if type(x) is np.ndarray and x.flags.writeable and x.dtype == float:
            x += 1.0
        return np.negative(x)

    prim = copy.copy(REGISTRY["negative"])
    prim.fun = greedy
    prim.face = _template(prim, greedy)
    assert caught(prim, "C0")


def test_single_precision_inside_a_double_rule():
    prim = REGISTRY["exp"]
    rough = on_result(lambda d: d.astype(np.float32).astype(d.dtype) if d.dtype == float else d)
    assert caught(mutant(prim, vjp={"x": rough}), "C2")


def test_the_sound_ones_pass():
    for name in SPREAD:
        assert calls(REGISTRY[name])
        assert caught(mutant(REGISTRY[name]), "C0", "C1", "C2") == [], name
