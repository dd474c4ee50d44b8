"""custom_jvp and custom_vjp: right in every mode, order and nesting, and refused where they would be wrong."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import dualad

X, Y = np.array([0.3, 0.7]), np.array([1.1, -0.4])


def plain(x, y):
    return np.sin(x) * y


@dualad.custom_jvp
def by_jvp(x, y):
    return np.sin(x) * y


@by_jvp.defjvp
def _(primals, tangents):
    (x, y), (dx, dy) = primals, tangents
    return by_jvp(x, y), np.cos(x) * y * dx + np.sin(x) * dy


@dualad.custom_jvp
def by_jvps(x, y):
    return np.sin(x) * y


by_jvps.defjvps(lambda dx, ans, x, y: np.cos(x) * y * dx, lambda dy, ans, x, y: np.sin(x) * dy)


@dualad.custom_vjp
def by_vjp(x, y):
    return np.sin(x) * y


by_vjp.defvjp(lambda x, y: (by_vjp(x, y), (x, y)), lambda r, g: (g * np.cos(r[0]) * r[1], g * np.sin(r[0])))

CUSTOM = [by_jvp, by_jvps, by_vjp]


def scalar(f):
    return lambda x, y: np.sum(f(x, y) ** 2 * x)


def rows(f):
    return lambda y: np.sum(dualad.vmap(f, (0, None))(X, y) ** 2)


def third(f):
    inner = dualad.grad(scalar(f))
    second = dualad.grad(lambda x: np.sum(inner(x, Y) ** 2))
    return dualad.grad(lambda x: np.sum(second(x)))(X)


MODES = {
    "grad": lambda f: dualad.grad(scalar(f), (0, 1))(X, Y),
    "jvp": lambda f: dualad.jvp(f, (X, Y), (Y, X)),
    "jvp of one argument": lambda f: dualad.jvp(lambda x: f(x, Y), (X,), (Y,)),
    "hessian": lambda f: dualad.hessian(scalar(f), (0, 1))(X, Y),
    "forward over forward": lambda f: dualad.jacfwd(dualad.jacfwd(scalar(f), 1))(X, Y),
    "reverse over reverse": lambda f: dualad.jacrev(dualad.jacrev(scalar(f), 1))(X, Y),
    "reverse over forward": lambda f: dualad.jacrev(dualad.jacfwd(scalar(f), 1))(X, Y),
    "third order": third,
    "rows of gradients": lambda f: dualad.vmap(dualad.grad(f), (0, 0))(X, Y),
    "rows share an argument": lambda f: dualad.vmap(dualad.grad(f, 1), (0, None))(X, Y[0]),
    "gradient of rows": lambda f: dualad.grad(rows(f))(Y[0]),
    "forward of rows": lambda f: dualad.jacfwd(rows(f))(Y[0]),
    "hessian of rows": lambda f: dualad.hessian(rows(f))(Y[0]),
    "rows of rows": lambda f: dualad.vmap(dualad.vmap(f, (None, 0)), (0, None))(X, Y),
    "linearize": lambda f: dualad.linearize(f, X, Y)[1](Y, X),
    "linearized twice": lambda f: dualad.linearize(lambda x: dualad.linearize(f, x, Y)[1](Y, X), X)[1](Y),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", CUSTOM, ids=["jvp", "jvps", "vjp"])
def test_as_without(f, mode):
    got, reference = (dualad.tree_leaves(MODES[mode](g)) for g in (f, plain))
    for a, b in zip(got, reference, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("f", CUSTOM, ids=["jvp", "jvps", "vjp"])
def test_tensors_differentiated_twice(f):
    t, u = (dualad.tensor(a, requires_grad=True) for a in (X, Y))
    (g,) = dualad.autograd.grad((f(t, u) ** 2).sum(), t, create_graph=True)
    (h,) = dualad.autograd.grad(g.sum(), u)
    inner = dualad.grad(lambda x, y: np.sum(plain(x, y) ** 2))
    np.testing.assert_allclose(h.numpy(), dualad.grad(lambda y: np.sum(inner(X, y)))(Y), rtol=1e-13)
    with dualad.no_grad():
        assert not f(t, u).requires_grad


def test_the_rule_is_what_counts():
    """The rule is wrong on purpose: each derivative must be its, not the body's."""

    @dualad.custom_jvp
    def f(x):
        return x**2

    f.defjvps(lambda dx, ans, x: 10 * dx * x)

    @dualad.custom_vjp
    def h(x):
        return x**2

    h.defvjp(lambda x: (x**2, x), lambda x, g: (10 * g * x,))
    for k in (f, h):
        assert dualad.grad(k)(3.0) == 30
        assert dualad.jvp(k, (3.0,), (1.0,))[1] == 30
        assert dualad.grad(dualad.grad(k))(3.0) == 10
        # The value inside of a gradient is differentiated by the rule as well.
        assert dualad.grad(lambda x, k=k: dualad.value_and_grad(k)(x)[0])(3.0) == 30
        assert dualad.vmap(dualad.grad(k))(np.array([3.0, 4.0])).tolist() == [30, 40]


def test_pytrees_integers_statics_and_keywords():
    @functools.partial(dualad.custom_vjp, nondiff_argnums=(1,))
    def f(tree, power, count=2):
        return {"out": tree["a"] ** power * count, "n": np.arange(3)}

    def fwd(tree, power, count):
        return f(tree, power, count), (tree, count)

    def bwd(power, residuals, g):
        tree, count = residuals
        assert g["n"].shape == (3,)
        return {"a": g["out"] * power * tree["a"] ** (power - 1) * count, "b": None}, None

    f.defvjp(fwd, bwd)
    tree = {"a": X, "b": Y}
    got = dualad.grad(lambda t: np.sum(f(t, 3, count=4)["out"]))(tree)
    np.testing.assert_allclose(got["a"], 12 * X**2)
    assert not got["b"].any()
    out, moved = dualad.jvp(lambda a: f({"a": a, "b": Y}, 3)["out"], (X,), (Y,))
    np.testing.assert_allclose(moved, 6 * X**2 * Y)
    with pytest.raises(dualad.NotDifferentiable, match="nondiff_argnums is traced"):
        dualad.grad(lambda p: np.sum(f(tree, p)["out"]))(3.0)


def test_names_that_are_not_differentiated():
    @functools.partial(dualad.custom_jvp, nondiff_argnames=("how",))
    def f(x, how):
        return how(x)

    @f.defjvp
    def _(how, primals, tangents):
        return how(*primals), 7 * tangents[0]

    assert dualad.grad(f)(1.0, np.sin) == 7
    with pytest.raises(TypeError, match="nondiff_argnames"):
        dualad.custom_jvp(plain, nondiff_argnames=("z",))


def test_methods():
    class Model:
        scale = 2.0

        @dualad.custom_jvp
        def f(self, x):
            return x

    Model.f.defjvp(lambda primals, tangents: (primals[1], primals[0].scale * tangents[1]))
    assert dualad.grad(Model().f)(1.0) == 2


def test_a_rule_that_is_not_linear_stays_in_its_mode():
    @dualad.custom_vjp
    def clipped(x):
        return x

    clipped.defvjp(lambda x: (x, None), lambda _, g: (np.clip(g, -1, 1),))
    np.testing.assert_array_equal(dualad.grad(lambda x: np.sum(5 * clipped(x)))(X), [1, 1])
    for _ in range(2):
        with pytest.raises(dualad.StructureError, match=r"bwd of clipped is not linear .*test_custom"):
            dualad.jvp(clipped, (X,), (X,))

    @dualad.custom_jvp
    def odd(x):
        return x

    odd.defjvp(lambda p, t: (p[0], np.abs(t[0])))
    with pytest.raises(dualad.StructureError, match="JVP rule of odd is not linear"):
        dualad.grad(lambda x: np.sum(odd(x)))(X)


def test_closures_are_right():
    for mode in (dualad.grad, dualad.jacfwd):

        def outer(c, mode=mode):
            @dualad.custom_vjp
            def k(x):
                return np.sum(c * x)

            k.defvjp(lambda x: (k(x), None), lambda _, g: (g * c,))
            return np.sum(mode(k)(X)) + k(X)

        np.testing.assert_allclose(mode(outer)(Y), 1 + X)


def test_closures_that_would_be_wrong_are_refused():
    def f(x):
        def inner(c):
            @dualad.custom_vjp
            def k(x):
                return np.sum(c * x)

            k.defvjp(lambda x: (np.sum(c * x), None), lambda _, g: (g * c,))
            return k(x)

        return dualad.jvp(inner, (Y,), (Y,))[1]

    with pytest.raises(
        dualad.LeakedValue, match=r"k closes over a value that jvp traces .*Pass that value to k"
    ):
        dualad.grad(f)(X)


def test_constants_are_as_they_were():
    c = np.array([2.0, 3.0])

    @dualad.custom_vjp
    def f(x, c):
        return x * c

    f.defvjp(lambda x, c: (x * c, c), lambda c, g: (g * c, None))
    _, pull = dualad.vjp(lambda x: f(x, c), X)
    c[:] = 0
    np.testing.assert_array_equal(pull(np.ones(2))[0], [2, 3])


def test_zero_cotangents_are_strong():
    @dualad.custom_vjp
    def f(x):
        return np.sqrt(x)

    f.defvjp(lambda x: (np.sqrt(x), x), lambda x, g: (g / (2 * np.sqrt(x)),))
    assert dualad.grad(lambda x: 0.0 * f(x))(0.0) == 0
    with np.errstate(divide="ignore"):
        assert dualad.grad(f)(0.0) == np.inf


def test_complex_and_single_precision():
    @dualad.custom_jvp
    def f(z):
        return z**2

    f.defjvps(lambda dz, ans, z: 2 * z * dz)
    z = np.array([1 + 2j])
    np.testing.assert_allclose(dualad.grad(lambda z: f(z)[0], holomorphic=True)(z), 2 * z)
    np.testing.assert_allclose(
        dualad.grad(lambda z: np.sum(np.abs(f(z)) ** 2))(z),
        dualad.grad(lambda z: np.sum(np.abs(z**2) ** 2))(z),
    )
    assert dualad.grad(f)(np.float32(3)).dtype == np.float32


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (lambda p, t: p[0], "must return .primal_out, tangent_out."),
        (lambda p, t: (p[0], t[0][:1]), r"tangent of shape \(1,\) for a value of shape \(2,\)"),
        (lambda p, t: (p[0], (t[0], t[0])), "tangent_out of f must be like its output|tangent"),
        (lambda p, t: (p[0], 1j * t[0]), "complex tangent for a real value"),
    ],
)
def test_wrong_jvp_rules(rule, text):
    @dualad.custom_jvp
    def f(x):
        return x

    f.defjvp(rule)
    with pytest.raises((dualad.StructureError, dualad.NotDifferentiable), match=text):
        dualad.jvp(f, (X,), (X,))


@pytest.mark.parametrize(
    ("fwd", "bwd", "text"),
    [
        (lambda x: x, lambda r, g: (g,), "fwd of f must return a tuple"),
        (lambda x: (x, None), lambda r, g: g, "mind the comma"),
        (
            lambda x: (x, None),
            lambda r, g: (g[:1],),
            r"cotangent of shape \(1,\) for a value of shape \(2,\)",
        ),
        (lambda x: (x, None), lambda r, g: (g, g), "cotangents must be like the arguments"),
    ],
)
def test_wrong_vjp_rules(fwd, bwd, text):
    @dualad.custom_vjp
    def f(x):
        return x

    f.defvjp(fwd, bwd)
    with pytest.raises(dualad.StructureError, match=text):
        dualad.grad(lambda x: np.sum(f(x)))(X)


def test_no_rule_and_unknown_keywords():
    for decorator, text in ((dualad.custom_jvp, "defjvp"), (dualad.custom_vjp, "defvjp")):

        @decorator
        def f(x):
            return x

        np.testing.assert_array_equal(f(X), X)
        with pytest.raises(dualad.MissingRule, match=f"f has no rule: .*{text}"):
            dualad.grad(lambda x, f=f: np.sum(f(x)))(X)
    with pytest.raises(NotImplementedError, match="symbolic_zeros"):
        by_jvp.defjvp(None, symbolic_zeros=True)
    with pytest.raises(NotImplementedError, match="symbolic_zeros"):
        by_vjp.defvjp(None, None, symbolic_zeros=True)

    @dualad.custom_jvp
    def with_keyword(x, *, k):
        return x

    with pytest.raises(TypeError, match="keyword-only arguments"):
        with_keyword(X, k=1)


def test_a_rule_that_is_linear_for_some_arguments_only():
    """Each call is looked at: a threshold out of reach the first time clips the second time."""

    @functools.partial(dualad.custom_vjp, nondiff_argnums=(0,))
    def clipped(threshold, x):
        return x

    clipped.defvjp(lambda t, x: (x, None), lambda t, _, g: (np.clip(g, -t, t),))
    assert dualad.jvp(lambda x: clipped(1e12, x), (1.0,), (5.0,))[1] == 5.0
    with pytest.raises(dualad.StructureError, match=r"bwd of clipped is not linear .*test_custom"):
        dualad.jvp(lambda x: clipped(0.1, x), (1.0,), (5.0,))


@pytest.mark.parametrize("plain", [dualad.stop_gradient, dualad.getval])
def test_a_rule_that_forgets_what_comes_in_has_no_other_mode(plain):
    """`g` without its trace is linear in numbers, and its transposition would be zero."""

    @dualad.custom_vjp
    def back(x):
        return 2 * x

    @dualad.custom_jvp
    def forth(x):
        return 2 * x

    back.defvjp(lambda x: (2 * x, None), lambda _, g: (2 * plain(g),))
    forth.defjvp(lambda primals, tangents: (2 * primals[0], 2 * plain(tangents[0])))
    assert dualad.grad(back)(1.0) == dualad.jvp(forth, (1.0,), (1.0,))[1] == 2.0
    for refused in (lambda: dualad.jvp(back, (1.0,), (1.0,)), lambda: dualad.grad(forth)(1.0)):
        with pytest.raises(dualad.StructureError, match="is not linear"):
            refused()


def test_rules_cannot_write_into_what_others_have():
    """`g *= 2` in a rule made the cotangent of the other branch twice as large, too, and the caller's own array."""

    @dualad.custom_vjp
    def back(x):
        return 2 * x

    def bwd(_, g):
        g *= 2
        return (g,)

    @dualad.custom_jvp
    def forth(x):
        return 2 * x

    @forth.defjvp
    def _(primals, tangents):
        (x,), (dx,) = primals, tangents
        x *= 2
        return x, 2 * dx

    back.defvjp(lambda x: (2 * x, None), bwd)
    x, v = np.ones(2), np.ones(2)
    with pytest.raises(ValueError, match="read-only"):
        dualad.grad(lambda x: np.sum(x + back(x)))(x)
    with pytest.raises(ValueError, match="read-only"):
        dualad.jvp(forth, (x,), (v,))
    np.testing.assert_array_equal(x, 1.0)


def test_what_rules_give_back_unchanged_can_be_written_to():
    same, also = dualad.custom_vjp(lambda x: x), dualad.custom_jvp(lambda x: x)
    same.defvjp(lambda x: (x, x), lambda _, g: (g,))
    also.defjvp(lambda primals, tangents: (*primals, *tangents))
    for f in (same, also):
        x, v = np.ones(2), np.ones(2)
        out, pull = dualad.vjp(f, x)
        for mine in (out, *pull(v), *dualad.jvp(f, (x,), (v,)), dualad.grad(lambda x, f=f: np.sum(f(x)))(x)):
            mine += 1
        np.testing.assert_array_equal([x, v], 1.0)


def test_derived_modes_among_rows_of_rows():
    """The transposition is held against itself for all rows together, whichever of two vmaps they belong to."""

    @dualad.custom_vjp
    def f(x):
        return np.sin(x) * np.sum(x)

    def fwd(x):
        return f(x), np.diag(np.cos(x) * np.sum(x)) + np.sin(x)[:, None]

    f.defvjp(fwd, lambda jacobian, g: (jacobian.T @ g,))
    x = np.array([[0.1, 0.2, 0.4], [1.0, -1.0, 0.5]])
    got = dualad.vmap(dualad.jacfwd(f))(x)
    np.testing.assert_allclose(got, dualad.vmap(dualad.jacfwd(f.fun))(x))
    got = dualad.vmap(lambda x: dualad.vmap(lambda s: dualad.jvp(f, (s * x,), (x,))[1])(np.arange(4.0)))(x)
    assert got.shape == (2, 4, 3)
    np.testing.assert_allclose(got[1, 3], dualad.jvp(f.fun, (3 * x[1],), (x[1],))[1])


@pytest.mark.parametrize("outer", ["jet", "jvp", "grad", "vmap", "linearize", "sparsity"])
def test_closures_over_newer_traces_are_refused(outer):
    """The call belongs to the older trace of its argument, where what is newer cannot be followed: jet gave zeros."""

    def f(x):
        def inner(a):
            @dualad.custom_jvp
            def g(x):
                return a * x

            g.defjvp(lambda primals, tangents: (g(*primals), a * tangents[0]))
            return g(x)

        return dualad.jvp(inner, (2.0,), (1.0,))[1]

    x = np.array([1.0, 2.0])
    take = {
        "jet": lambda: dualad.jet(f, (x,), ([x, None],)),
        "jvp": lambda: dualad.jvp(f, (x,), (x,)),
        "grad": lambda: dualad.grad(lambda x: np.sum(f(x)))(x),
        "vmap": lambda: dualad.vmap(f)(x),
        "linearize": lambda: dualad.linearize(f, x),
        "sparsity": lambda: dualad.jacobian_sparsity(f, x),
    }[outer]
    with pytest.raises(dualad.LeakedValue, match="g closes over a value that jvp traces.*as an argument"):
        take()


# ---- random numbers ----------------------------------------------------------------------------------------------


def drawing(rng, decorator):
    """z x², with z drawn by the function and its rule."""

    def fwd(x):
        z = rng.normal()
        return z * x**2, (z, x)

    def pushed(primals, tangents):
        out, (z, x) = fwd(*primals)
        return out, 2 * z * x * tangents[0]

    def drawn(x):
        return fwd(x)[0]

    f = decorator(drawn)
    if decorator is dualad.custom_vjp:
        f.defvjp(fwd, lambda residuals, g: (2 * residuals[0] * residuals[1] * g,))
    else:
        f.defjvp(pushed)
    return f


def test_a_rule_that_draws_where_it_is_run_once():
    f = drawing(dualad.random.default_rng(0), dualad.custom_vjp)
    value, slope = dualad.value_and_grad(f)(1.0)
    assert slope == 2 * value
    f = drawing(dualad.random.default_rng(0), dualad.custom_jvp)
    value, slope = dualad.jvp(f, (1.0,), (1.0,))
    assert slope == 2 * value


@pytest.mark.parametrize("decorator", [dualad.custom_vjp, dualad.custom_jvp])
def test_a_rule_that_draws_where_it_is_run_twice(decorator):
    """Value and gradient were those of different numbers."""
    f = drawing(dualad.random.default_rng(0), decorator)
    with pytest.raises(
        dualad.RecomputationError, match=r"drawn and its rule give different values .*test_custom"
    ):
        dualad.jvp(lambda x: dualad.jvp(f, (x,), (1.0,)), (1.0,), (1.0,))


@pytest.mark.parametrize("decorator", [dualad.custom_vjp, dualad.custom_jvp])
def test_a_function_that_draws_among_rows(decorator):
    f = drawing(dualad.random.default_rng(0), decorator)
    with pytest.raises(dualad.RandomLayer, match=r"drawn draws random numbers .*test_custom.*as an argument"):
        dualad.grad(lambda x: np.sum(dualad.vmap(f)(x)))(np.ones(3))


def test_a_transposed_rule_that_draws():
    f = drawing(dualad.random.default_rng(0), dualad.custom_jvp)
    with pytest.raises(dualad.StructureError, match="gives something else each time.*draw outside"):
        dualad.grad(f)(1.0)


# ---- what cannot be -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decorator", [dualad.custom_jvp, dualad.custom_vjp])
def test_what_is_no_function(decorator):
    with pytest.raises(TypeError, match=r"takes functions; this is a int .*test_custom"):
        decorator(3)
    f = decorator(lambda x: x)
    with pytest.raises(TypeError, match="takes functions; this is a float"):
        f.defjvp(2.0) if decorator is dualad.custom_jvp else f.defvjp(lambda x: (x, None), 2.0)
    with pytest.raises(TypeError, match=r"<lambda>: got an unexpected keyword argument 'y' .*test_custom"):
        f(1.0, y=2.0)


def test_arguments_that_are_not_there_cannot_be_set_apart():
    with pytest.raises(TypeError, match=r"nondiff_argnums=\(1,\): <lambda> has 1 arguments"):
        dualad.custom_jvp(lambda x: x, nondiff_argnums=(1,))
    f = dualad.custom_jvp(lambda x, scale: x * scale, nondiff_argnames="scale")
    f.defjvp(lambda scale, primals, tangents: (primals[0] * scale, tangents[0] * scale))
    assert dualad.grad(lambda x: f(x, 3.0))(1.0) == 3.0


def test_a_rule_with_another_number_of_results():
    f = dualad.custom_vjp(lambda x: {"out": x * x})
    f.defvjp(lambda x: ({"out": x * x, "more": x}, x), lambda x, g: (2 * x * g["out"],))
    with pytest.raises(dualad.StructureError, match="returns 1 arrays, and by its rule 2"):
        dualad.trace(dualad.grad(lambda x: f(x)["out"]))(1.0)


@pytest.mark.parametrize("decorator", [dualad.custom_jvp, dualad.custom_vjp])
def test_single_precision_in_and_double_out(decorator):
    """A tangent is rounded to its primal's precision: that is no lack of linearity."""
    weights = np.array([1.0, 0.3, 1e3])
    f = decorator(lambda x: x * weights)
    if decorator is dualad.custom_jvp:
        f.defjvp(lambda primals, tangents: (primals[0] * weights, tangents[0] * weights))
    else:
        f.defvjp(lambda x: (x * weights, None), lambda _, g: ((g * weights).astype(np.float32),))
    x = np.ones(3, np.float32)
    assert f(x).dtype == np.float64
    np.testing.assert_allclose(dualad.grad(lambda x: np.sum(f(x)))(x), weights, rtol=1e-6)
    np.testing.assert_allclose(dualad.jvp(f, (x,), (x,))[1], weights, rtol=1e-6)
