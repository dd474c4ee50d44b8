"""`check_grads` and its parts find planted mistakes, say where, and do not pass what they cannot prove."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import dualad
from dualad.core.elementwise import elementwise
from dualad.core.primitive import REGISTRY
from dualad.testing import (
    DerivativeMismatch,
    Inconclusive,
    check_duality,
    check_grads,
    check_jvp,
    check_vjp,
)

rng = np.random.default_rng(0)
count = itertools.count()


def planted(jvp, vjp):
    """sin with other rules, outside the registry."""
    name = f"planted {next(count)}"
    face = elementwise(np.sin, jvp=jvp, vjp=vjp, name=name, doc="A sine with planted mistakes.")
    del REGISTRY[name]
    return face


cos = REGISTRY["cos"].face


def right(d, x):
    return d * cos(x)


def off_by_1e5(d, x):
    return d * cos(x) * (1 + 1e-5)


def twice_in_one_entry(d, x):
    return d * cos(x) * np.array([1.0, 1.0, 2.0])


def rounded(d, x):
    return d * np.cos(np.asarray(dualad.core.trace.strip(x)))


GOOD = planted(lambda dx, x: right(dx, x), lambda g, x: right(g, x))
X = np.array([0.3, 1.1, -0.4])


def test_sound_functions_pass():
    tree = {"w": rng.normal(size=(3, 2)), "b": (rng.normal(size=2), np.float32(0.5)), "n": np.arange(2)}

    def f(tree, x):
        y = np.tanh(x @ tree["w"] + tree["b"][0]) * tree["b"][1]
        return {"y": y, "loss": (np.sum(y * y), np.max(y))}

    check_grads(f, (tree, rng.normal(size=(4, 3))), order=2, rtol=1e-3)
    check_grads(GOOD, (X,), order=3)
    check_grads(lambda z: z * z * np.exp(z), (X + 0.2j,), order=2)
    check_grads(lambda z: np.abs(z), (X + 0.2j,), order=2)
    check_grads(np.sin, (X.astype(np.float32),), order=2)
    check_grads(np.sin, (0.5,))
    check_grads(np.sin, (np.zeros((0, 2)),))


def test_scales_of_the_arguments_do_not_matter():
    check_grads(
        lambda a, b: np.sin(a * 1e-8) * np.exp(b * 1e8), (np.array([1e8, 3e8]), np.array([1e-8, 2e-8]))
    )


@pytest.mark.parametrize("check", [check_jvp, check_duality, check_grads])
def test_a_wrong_tangent_is_found(check):
    wrong = planted(lambda dx, x: off_by_1e5(dx, x), lambda g, x: right(g, x))
    with pytest.raises(DerivativeMismatch):
        check(wrong, (X,))
    check_vjp(wrong, (X,))


@pytest.mark.parametrize("check", [check_vjp, check_duality, check_grads])
def test_a_wrong_cotangent_is_found(check):
    wrong = planted(lambda dx, x: right(dx, x), lambda g, x: off_by_1e5(g, x))
    with pytest.raises(DerivativeMismatch):
        check(wrong, (X,))
    check_jvp(wrong, (X,))


def test_a_mistake_in_both_engines_is_seen_by_numbers_alone():
    wrong = planted(lambda dx, x: off_by_1e5(dx, x), lambda g, x: off_by_1e5(g, x))
    check_duality(wrong, (X,))
    for check in (check_jvp, check_vjp):
        with pytest.raises(DerivativeMismatch):
            check(wrong, (X,))


def test_the_message_names_leaf_entry_and_numbers():
    wrong = planted(lambda dx, x: right(dx, x), lambda g, x: twice_in_one_entry(g, x))
    with pytest.raises(DerivativeMismatch) as info:
        check_vjp(lambda tree, y: wrong(tree["w"][1]) * y, ({"w": [1.0, X]}, 2.0))
    error, text = info.value, str(info.value)
    assert error.leaf == "args[0]['w'][1]" and error.index == (2,)
    assert abs(error.got / error.expected - 2) < 1e-9 and error.error < 1e-8
    assert "vjp: the cotangent of args[0]['w'][1], entry (2,) of shape (3,)" in text
    assert "1 of 3 entries differ" in text


def test_the_message_of_a_tangent_names_the_output():
    wrong = planted(lambda dx, x: twice_in_one_entry(dx, x), lambda g, x: right(g, x))
    with pytest.raises(DerivativeMismatch, match=r"tangent of output\['b'\]\[0\], entry \(2,\)"):
        check_jvp(lambda x: {"a": x, "b": (wrong(x),)}, (X,))


def test_second_order_is_looked_at():
    wrong = planted(lambda dx, x: right(dx, x), lambda g, x: rounded(g, x))
    check_grads(wrong, (X,), order=1)
    with pytest.raises(DerivativeMismatch, match="derivative of the vjp of f"):
        check_grads(wrong, (X,), order=2)
    check_grads(wrong, (X,), order=2, modes="fwd")


def test_large_leaves_are_sampled_and_still_judged_whole():
    x = rng.normal(size=(20, 30))
    check_vjp(np.sin, (x,))
    marks = np.ones((20, 30))
    marks[7, 7] = 3.0
    wrong = planted(lambda dx, x: right(dx, x), lambda g, x: g * cos(x) * marks)
    with pytest.raises(DerivativeMismatch, match=r"entry|random direction"):
        check_vjp(wrong, (x,))


def test_what_proves_nothing_does_not_pass():
    noise = np.random.default_rng(1)
    with pytest.raises(Inconclusive, match="do not converge"):
        check_jvp(lambda x: x * noise.normal(), (X,))
    assert issubclass(Inconclusive, DerivativeMismatch) and issubclass(DerivativeMismatch, AssertionError)


def test_kinks_are_for_duality():
    check_duality(np.abs, (np.array([0.0, 1.0]),))


def test_tolerances_can_be_wider():
    wrong = planted(lambda dx, x: off_by_1e5(dx, x), lambda g, x: off_by_1e5(g, x))
    check_grads(wrong, (X,), order=1, rtol=1e-3)
    check_grads(wrong, (X,), order=1, atol=1e-3)


def test_modes_are_two():
    with pytest.raises(ValueError, match="'fwd' and 'rev'"):
        check_grads(np.sin, (X,), modes=("forward",))


def test_nan_where_there_should_be_a_number():
    wrong = planted(lambda dx, x: dx * np.nan, lambda g, x: right(g, x))
    with pytest.raises(DerivativeMismatch, match="got nan"):
        check_jvp(wrong, (X,))


def test_named_tuples_and_registered_classes_have_paths():
    from collections import defaultdict, namedtuple

    from dualad.testing.gradcheck import paths

    pair = namedtuple("pair", "first second")
    tree = (pair(1.0, [2.0]), defaultdict(list, b=3.0, a=4.0), None)
    assert paths(tree, "args") == ["args[0].first", "args[0].second[0]", "args[1]['a']", "args[1]['b']"]
