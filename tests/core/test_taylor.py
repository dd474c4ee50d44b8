"""Taylor arithmetic of every primitive, against nested forward derivatives; and what it costs."""

import numpy as np
import pytest

import dualad
import dualad.ops.series  # fills the table of recurrences
from dualad.core.primitive import REGISTRY
from dualad.core.reverse import new_node_id
from dualad.core.taylor import RECURRENCES, TaylorTrace
from dualad.testing.samples import few, rng_of, smooth_calls

REGISTRY.find("")  # all families
NAMES = sorted(n for n, p in REGISTRY.items() if p.flat is None and smooth_calls(p))


def nested(f, xs, vs, order):
    """Value and derivatives along `vs`, each a jvp of the one before."""
    found, g = [f(*xs)], f
    for _ in range(order):
        g = derivative(g, vs)
        found.append(g(*xs))
    return found


def derivative(g, vs):
    return lambda *xs: dualad.jvp(g, xs, vs)[1]


@pytest.mark.parametrize("name", NAMES)
def test_third_order_of_every_primitive(name):
    order = 3
    for call in few(smooth_calls(REGISTRY[name]), 3):
        rng = rng_of(name, "taylor")
        vs = tuple(call.allowed([rng.normal(size=np.shape(x)) for x in call.xs]))
        with np.errstate(all="ignore"):
            try:
                expected = nested(call.f, call.xs, vs, order)
            except dualad.MissingRule:  # draws of vonmises know four derivatives by kappa
                with pytest.raises(dualad.MissingRule):
                    dualad.jet(call.f, call.xs, [[v, None, None] for v in vs])
                continue
            values, series = dualad.jet(call.f, call.xs, [[v, None, None] for v in vs])
        for o, value in enumerate(values):
            for found, right in zip([value, *series[o]], [e[o] for e in expected], strict=True):
                assert found.shape == right.shape and found.dtype == right.dtype
                scale = 1e-3 + np.max(np.abs(right), initial=0)
                np.testing.assert_allclose(
                    found / scale, right / scale, rtol=0, atol=1e-11, err_msg=repr(call)
                )


def primitive_calls(call, order):
    """How many primitives a jet of this order applies: each leaves a node on a tape under it, with a number."""
    series = [[np.ones(np.shape(x))] * order for x in call.xs]
    before = new_node_id()
    with np.errstate(all="ignore"):
        dualad.vjp(lambda *xs: dualad.jet(call.f, xs, series)[1], *call.xs)
    count = before - new_node_id()
    return count


# The rules of these, derivatives of draws, call themselves several times on the same curve.
DEARER = {"beta_velocity", "gamma_velocity", "vonmises_velocity"}


@pytest.mark.parametrize("name", sorted({*NAMES} - DEARER))
def test_cost_is_polynomial_in_the_order(name):
    """From order 4 to 8 nested derivatives become 16 times as dear, a cubic cost 8 times."""
    call = smooth_calls(REGISTRY[name])[0]
    four, eight = (primitive_calls(call, k) for k in (4, 8))
    assert eight <= 12 * four


def test_cost_of_a_chain_is_quadratic():
    class Chain:
        xs = (np.array([0.3, 0.4]),)
        f = staticmethod(lambda x: np.exp(np.sin(x)) / (1 + x * x))

    ten, twenty = (primitive_calls(Chain, k) for k in (10, 20))
    assert twenty < 4.2 * ten
    assert twenty < 4000  # nested jvp: more than 2**20


@pytest.mark.parametrize("name", sorted(RECURRENCES))
def test_recurrences_agree_with_the_rule_on_curves(name, monkeypatch):
    """Each recurrence against the third way, the JVP rule run on curves, along curves with all coefficients."""
    prim = REGISTRY[name]
    for call in few(smooth_calls(prim), 3):
        rng = rng_of(name, "recurrence")
        series = [[0.1 * rng.normal(size=np.shape(x)) for _ in range(4)] for x in call.xs]
        found = dualad.jet(call.f, call.xs, series)[1]
        with monkeypatch.context() as patch:
            patch.delitem(RECURRENCES, name)
            right = dualad.jet(call.f, call.xs, series)[1]
        for a, b in zip(found[0], right[0], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_the_strong_zero_holds_in_every_order():
    x = np.array([0.0, 4.0])
    _, (first, second) = dualad.jet(np.sqrt, (x,), ([np.array([0.0, 1.0]), None],))
    np.testing.assert_array_equal(first, [0.0, 0.25])
    np.testing.assert_array_equal(second, [0.0, -1 / 32])
    _, (first, second) = dualad.jet(
        lambda x: np.where(x > 0, np.log(x + (x == 0)), 0), (x,), ([x + 1, None],)
    )
    np.testing.assert_allclose(first, [0.0, 5 / 4])
    np.testing.assert_allclose(second, [0.0, -25 / 16])


def test_users_own_division_by_zero_still_warns():
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        dualad.jet(lambda x: 1 / x, (np.array([0.0]),), ([np.array([1.0])],))


def test_a_curve_is_alive_as_long_as_its_trace():
    trace = TaylorTrace(2)
    x = trace.curve(np.ones(2), [np.ones(2), None])
    trace.alive = False
    with pytest.raises(dualad.LeakedValue, match="jet"):
        np.sin(x)
