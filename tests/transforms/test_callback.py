"""Black boxes: derivatives by rules on plain arrays, or by differences that are said aloud."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import dualad

A = np.random.default_rng(0).normal(size=(2, 3))
X = np.array([0.1, 0.2, 0.3])


def simulate(x, a, k):
    assert type(x) is np.ndarray
    assert type(a) is np.ndarray
    return {"y": np.sin(a @ x) * k, "n": np.arange(2)}


def push(primals, tangents):
    (x, a, k), (dx, da, _) = primals, tangents
    return {"y": np.cos(a @ x) * k * (a @ dx + da @ x), "n": None}


def pull(primals, out, g):
    x, a, k = primals
    c = np.cos(a @ x) * k * g["y"]
    assert out["n"].tolist() == [0, 1]
    return a.T @ c, np.outer(c, x), None


def plain(x, a):
    return np.sin(a @ x) * 2


OPTIONS = {
    "vjp": {"vjp": pull},
    "jvp": {"jvp": push},
    "both": {"jvp": push, "vjp": pull},
    "differences": {"differences": True},
}
TWO = np.stack([X, 2 * X])
MODES = {
    "grad": lambda f: dualad.grad(lambda x, a: np.sum(f(x, a) ** 2), (0, 1))(X, A),
    "jvp": lambda f: dualad.jvp(f, (X, A), (X, A)),
    "jvp of one": lambda f: dualad.jvp(lambda x: f(x, A), (X,), (X,)),
    "jacfwd": lambda f: dualad.jacfwd(f)(X, A),
    "jacrev": lambda f: dualad.jacrev(f, 1)(X, A),
    "linearize": lambda f: dualad.linearize(f, X, A)[1](X, A),
    "rows": lambda f: dualad.vmap(f, (0, None))(TWO, A),
    "rows of gradients": lambda f: dualad.vmap(dualad.grad(lambda x, a: np.sum(f(x, a)), (0, 1)), (0, None))(
        TWO, A
    ),
    "gradient of rows": lambda f: dualad.grad(lambda a: np.sum(dualad.vmap(f, (0, None))(TWO, a) ** 2))(A),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", OPTIONS)
def test_as_the_function_itself(options, mode):
    box = dualad.black_box(simulate, **OPTIONS[options])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dualad.FiniteDifferences)
        got = dualad.tree_leaves(MODES[mode](lambda x, a: box(x, a, 2)["y"]))
    tolerance = 1e-10 if options == "differences" else 1e-14
    for a, b in zip(got, dualad.tree_leaves(MODES[mode](plain)), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_differences_are_said_aloud_once():
    box = dualad.black_box(simulate, differences=True)
    with pytest.warns(
        dualad.FiniteDifferences, match=r"simulate is differentiated by .*test_callback.*about \de-1\d"
    ) as w:
        for _ in range(3):
            dualad.grad(lambda x: np.sum(box(x, A, 2)["y"]))(X)
    assert len(w) == 1

    noise = np.random.default_rng(0)
    rough = dualad.black_box(lambda x: np.sin(x) + 1e-9 * noise.normal(), differences=True)
    with pytest.warns(dualad.FiniteDifferences, match=r"relative error is about [0-9]e-0\d"):
        dualad.grad(rough)(0.3)


@pytest.mark.parametrize("options", OPTIONS)
def test_second_derivatives_are_refused(options):
    box = dualad.black_box(simulate, **OPTIONS[options])
    for second in (
        dualad.hessian,
        lambda f: dualad.jacfwd(dualad.jacfwd(f)),
        lambda f: dualad.jacrev(dualad.grad(f)),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dualad.FiniteDifferences)
            with pytest.raises(dualad.MissingRule, match="a second derivative of the black box simulate"):
                second(lambda x: np.sum(box(x, A, 2)["y"]))(X)


def test_the_derivative_is_linear_and_differentiable_as_such():
    """What is linear in the tangent can be differentiated in the tangent."""
    for options in OPTIONS:
        box = dualad.black_box(simulate, **OPTIONS[options])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dualad.FiniteDifferences)
            along = lambda dx, box=box: np.sum(dualad.jvp(lambda x: box(x, A, 2)["y"], (X,), (dx,))[1])  # noqa: E731
            got = dualad.grad(along)(X)
            moved = dualad.jvp(along, (X,), (X,))[1]
        reference = lambda dx: np.sum(dualad.jvp(lambda x: plain(x, A), (X,), (dx,))[1])  # noqa: E731
        np.testing.assert_allclose(got, dualad.grad(reference)(X), rtol=1e-10)
        np.testing.assert_allclose(moved, reference(X), rtol=1e-10)


def test_no_rule():
    box = dualad.black_box(math.sin)
    assert box(0.5) == math.sin(0.5)
    with pytest.raises(
        dualad.MissingRule, match=r"sin is a black box without a derivative .*differences=True"
    ):
        dualad.grad(box)(0.5)
    with pytest.raises(ValueError, match="vmap_method='all'"):
        dualad.black_box(math.sin, vmap_method="all")


def test_rows_at_once():
    calls = []

    @dualad.black_box(vmap_method="broadcast_all", jvp=lambda xs, dxs: np.cos(xs[0]) * dxs[0])
    def sine(x):
        calls.append(x.shape)
        return np.sin(x)

    rows = np.ones((4, 3))
    np.testing.assert_allclose(dualad.vmap(sine)(rows), np.sin(rows))
    assert calls == [(4, 3)]
    np.testing.assert_allclose(
        dualad.grad(lambda r: np.sum(dualad.vmap(sine)(r)))(rows), np.cos(rows), rtol=1e-15
    )


def test_a_rule_in_numpy_around_a_black_box_has_all_orders():
    @dualad.custom_jvp
    def sine(x):
        return dualad.pure_callback(math.sin, np.zeros(()), x)

    @sine.defjvp
    def _(primals, tangents):
        (x,), (dx,) = primals, tangents
        return sine(x), np.cos(x) * dx

    assert dualad.grad(dualad.grad(dualad.grad(sine)))(0.3) == pytest.approx(-np.cos(0.3), rel=1e-14)


def test_pure_callback():
    out = dualad.pure_callback(lambda x: {"s": np.sin(x)}, {"s": np.zeros(3)}, X)
    np.testing.assert_array_equal(out["s"], np.sin(X))
    with pytest.raises(dualad.StructureError, match="is not what result_shape_dtypes announces"):
        dualad.pure_callback(np.sin, np.zeros(2), X)
    with pytest.raises(dualad.MissingRule, match="black box without a derivative"):
        dualad.grad(lambda x: np.sum(dualad.pure_callback(np.sin, np.zeros(3), x)))(X)


def test_black_boxes_that_write_into_their_arguments():
    """The tape and the caller have the array too: it was x * 2x with the gradient of 2x * 2x."""

    def doubling(x):
        x *= 2
        return x

    x = np.ones(2)
    box = dualad.black_box(doubling, vjp=lambda xs, out, g: (2 * g,))
    with pytest.raises(
        dualad.StoreError, match=r"black box doubling has written into its arguments .*test_callback"
    ):
        dualad.grad(lambda x: np.sum(x * box(x)))(x)
    np.testing.assert_array_equal(x, 1.0)


def test_rules_of_black_boxes_may_write_into_theirs():
    def pulled(xs, out, g):
        g *= 2
        return (g,)

    def pushed(xs, dxs):
        dxs[0][:] *= 2
        return dxs[0]

    for rules in ({"vjp": pulled}, {"jvp": pushed}):
        box = dualad.black_box(lambda x: 2 * x, **rules)
        x, v = np.ones(2), np.ones(2)
        np.testing.assert_array_equal(dualad.grad(lambda x, box=box: np.sum(x + box(x)))(x), 3.0)
        np.testing.assert_array_equal(dualad.jvp(lambda x, box=box: x + box(x), (x,), (v,))[1], 3.0)
        np.testing.assert_array_equal(v, 1.0)


def test_rows_of_results_that_do_not_fit():
    box = dualad.black_box(lambda x: np.ones(int(x)))
    with pytest.raises(
        dualad.StructureError, match=r"under vmap, needs results of one shape .*test_callback"
    ):
        dualad.vmap(box)(np.array([1.0, 2.0]))
    with pytest.raises(dualad.StructureError, match="needs at least one row"):
        dualad.vmap(box)(np.ones(0))
    with pytest.raises(TypeError, match=r"result_shape_dtypes is \(3,\) .*np.empty"):
        dualad.pure_callback(np.sin, (3,), 1.0)
