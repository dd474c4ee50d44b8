"""`jet`: JAX's conventions, any order, nested with the other transforms."""

import math

import numpy as np
import pytest

import dualad

X = np.array([0.3, 0.7])
V = np.array([1.0, -0.5])


def along(f, x, v, order):
    return dualad.jet(f, (x,), ([v] + [None] * (order - 1),))


def nested(f, x, v, order):
    found, g = [], f
    for _ in range(order):
        g = (lambda h: lambda x: dualad.jvp(h, (x,), (v,))[1])(g)
        found.append(g(x))
    return found


FUNCTIONS = {
    "softmax": lambda x: np.exp(x) / np.sum(np.exp(x)),
    "tan": np.tan,
    "arctan": np.arctan,
    "arcsin": np.arcsin,
    "x to the x": lambda x: x**x,
    "power": lambda x: x**2.5 + x**-3 + 2.0**x + x**3,
    "gaussian": lambda x: np.exp(-(x**2) / 2),
    "inverse": lambda x: np.linalg.inv(np.outer(x, x) + np.eye(2)),
    "logdet": lambda x: np.linalg.slogdet(np.outer(x, np.sin(x)) + np.eye(2))[1],
    "eigenvalues": lambda x: np.linalg.eigvalsh(np.outer(x, x) + np.diag([1.0, 2.0])),
    "norm": lambda x: np.linalg.norm(x - 2),
    "stores": lambda x: stored(x),
    "branches": lambda x: np.where(x > 0.5, np.tanh(x), x * np.abs(x - 1)),
    "sorted": lambda x: np.sort(np.sin(x))[::-1] * np.max(x),
}


def stored(x):
    y = np.zeros_like(x)
    for k in range(2):
        y[k] = x[1 - k] * np.sinh(x[k])
        y *= x
    return y


@pytest.mark.parametrize("name", FUNCTIONS)
def test_sixth_order_is_nested_jvp(name):
    f = FUNCTIONS[name]
    value, series = along(f, X, V, 6)
    np.testing.assert_array_equal(value, f(X))
    for found, right in zip(series, nested(f, X, V, 6), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-10 * np.max(np.abs(right)))


def test_known_series():
    """1 / e^z, tangent numbers, and the logarithm, to the order 25."""
    z = np.float64(0.0)
    _, s = along(lambda z: 1 / dualad.jet(np.exp, (z,), ([1.0],))[1][0], z, 1.0, 3)  # 1 / e^z
    assert s == [-1.0, 1.0, -1.0]
    _, s = along(np.tan, z, 1.0, 9)
    assert np.allclose(s[::2], [1, 2, 16, 272, 7936], rtol=1e-14) and s[1] == s[3] == 0
    _, s = along(lambda x: np.log(1 + x), z, 1.0, 25)
    assert np.allclose(s, [(-1.0) ** k * math.factorial(k) for k in range(25)], rtol=1e-13)


def test_faa_di_bruno_and_both_scalings():
    """The numbers of JAX's documentation: sin along z³ at 1/2."""
    h = [0.125, 0.75, 3.0]
    f0, (f1, f2) = dualad.jet(np.sin, (h[0],), ((h[1], h[2]),))
    assert np.allclose([f0, f1, f2], [np.sin(0.125), np.cos(0.125) * 0.75, 2.906463], atol=1e-6)
    c0, (c1, c2) = dualad.jet(np.sin, (h[0],), ((h[1], h[2] / 2),), factorial_scaled=False)
    assert (c0, c1) == (f0, f1) and np.allclose(2 * c2, f2, rtol=1e-15)


def test_trees_as_jax_returns_them():
    value, series = dualad.jet(
        lambda p, y: (p["a"] * y, {"b": p["c"]}),
        ({"a": 1.0, "c": 3.0}, 2.0),
        ([{"a": 1.0, "c": None}, None], [0.0, 1.0]),
    )
    assert value == (2.0, {"b": 3.0})
    assert series == ([2.0, 1.0], {"b": [0.0, 0.0]})


def test_integers_and_order_zero():
    value, series = dualad.jet(
        lambda x, n: x**n, (np.array([2.0]), np.array([3])), ([1.0 * np.ones(1)], [None])
    )
    assert value == 8 and series[0] == 12
    value, series = dualad.jet(np.sin, (0.5,), ([],))
    assert value == np.sin(0.5) and series == []


def test_float32_stays_and_complex_goes():
    x = X.astype(np.float32)
    value, series = along(lambda x: np.exp(x) * x**2 / 3, x, V.astype(np.float32), 4)
    assert value.dtype == np.float32 and {s.dtype for s in series} == {np.dtype(np.float32)}
    z = X + 1j * V
    _, series = along(lambda z: np.exp(2j * z), z, np.ones(2, complex), 3)
    np.testing.assert_allclose(series[2], (2j) ** 3 * np.exp(2j * z), rtol=1e-14)


def test_results_are_the_callers_own():
    v = np.ones(2)
    _, (first, second) = dualad.jet(lambda x: x, (X,), ([v, v],))
    assert not any(np.shares_memory(a, b) for a in (first, second) for b in (X, v))
    assert not np.shares_memory(first, second)


def test_nested_with_the_other_transforms():
    f = lambda x: np.exp(x) * np.sin(x)
    third = lambda x: along(f, x, np.ones_like(x), 3)[1][2]
    fourth = along(f, X, np.ones(2), 4)[1][3]
    np.testing.assert_allclose(dualad.grad(lambda x: np.sum(third(x)))(X), fourth, rtol=1e-13)
    np.testing.assert_allclose(dualad.jvp(third, (X,), (np.ones(2),))[1], fourth, rtol=1e-13)
    np.testing.assert_allclose(dualad.vmap(third)(np.stack([X, 2 * X])), [third(X), third(2 * X)], rtol=1e-14)
    np.testing.assert_allclose(np.diag(dualad.jacfwd(third)(X)), fourth, rtol=1e-13)
    gradient = dualad.grad(lambda x: np.sum(f(x)))
    np.testing.assert_allclose(along(gradient, X, np.ones(2), 3)[1][2], fourth, rtol=1e-13)
    np.testing.assert_allclose(along(third, X, np.ones(2), 1)[1][0], fourth, rtol=1e-13)
    np.testing.assert_allclose(along(dualad.vmap(f), X, np.ones(2), 4)[1][3], fourth, rtol=1e-13)
    _, push = dualad.linearize(third, X)
    np.testing.assert_allclose(push(np.ones(2)), fourth, rtol=1e-13)


def test_terms_are_differentiable():
    """d/dv of the second derivative along v is 2 H v."""
    f = lambda x: np.sum(np.sin(x) * x[::-1])
    second = lambda v: dualad.jet(f, (X,), ([v, None],))[1][1]
    np.testing.assert_allclose(dualad.grad(second)(V), 2 * dualad.hvp(f, (X,), (V,)), rtol=1e-13)


def test_no_confusion_of_curves():
    inner = lambda x: dualad.jet(lambda y: x * y, (x,), ([1.0, 0.0],))[1][0]  # x
    assert dualad.jet(lambda x: x * inner(x), (3.0,), ([1.0, 0.0],))[1] == [6.0, 2.0]


def test_control_flow_follows_the_value():
    def f(x):
        while x < 2:
            x = x * x + 1
        return x

    assert dualad.jet(f, (0.5,), ([1.0, 0.0],))[1] == nested(f, 0.5, 1.0, 2)


def test_functions_with_rules_of_their_own():
    @dualad.custom_jvp
    def f(x):
        return np.exp(x)

    f.defjvp(lambda primals, tangents: (f(*primals), 2 * tangents[0] * f(*primals)))
    _, series = along(f, X, np.ones(2), 3)
    np.testing.assert_allclose(series, [2 * np.exp(X), 4 * np.exp(X), 8 * np.exp(X)], rtol=1e-13)

    @dualad.custom_vjp
    def g(x):
        return np.exp(x)

    g.defvjp(lambda x: (g(x), x), lambda x, ct: (2 * ct * g(x),))
    _, series = along(g, X, np.ones(2), 3)
    np.testing.assert_allclose(series, [2 * np.exp(X), 4 * np.exp(X), 8 * np.exp(X)], rtol=1e-13)


def test_implicit_functions_have_every_order():
    """Solutions by iteration, whose derivatives come by the implicit function theorem."""
    root = lambda a: dualad.implicit.root(lambda y, a: y**2 - a, np.ones(2), a)
    fixed = lambda a: dualad.implicit.fixed_point(lambda y, a: (y + a / y) / 2, np.ones(2), a)
    right = along(np.sqrt, X, V, 4)[1]
    for f in (root, fixed):
        np.testing.assert_allclose(along(f, X, V, 4)[1], right, rtol=1e-9)


def test_checkpoints_and_black_boxes():
    f = lambda x: np.exp(x) * np.sin(x)
    np.testing.assert_array_equal(along(dualad.checkpoint(f), X, V, 3)[1], along(f, X, V, 3)[1])
    box = dualad.black_box(np.sin, jvp=lambda primals, tangents: 5 * tangents[0])  # is called sin, and is not
    np.testing.assert_allclose(along(box, X, V, 1)[1][0], 5 * V)
    with pytest.raises(dualad.MissingRule, match="second derivative of the black box"):
        along(box, X, V, 2)


def test_text_of_a_curve():
    seen = []
    along(lambda x: (seen.append(str(x[0])), x)[1], X, V, 3)
    assert seen == ["0.3  (curve of order 3 of jet)"]


AT_ZERO = {
    "powers": lambda x: x**2 + x**3.0 + np.power(x, np.array([2.0, 3.0, 2.0])),
    "products": lambda x: np.cumprod(x) + np.prod(x),
    "corners": lambda x: np.abs(x) * np.maximum(x, 0) + np.clip(x, -1, 1) ** 2 + np.sort(x)[::-1] * np.max(x),
    "moments": lambda x: np.std(x) + np.var(x) * np.median(x) + np.ptp(x),
    "pieces": lambda x: np.modf(x)[0] * x + np.divmod(x + 0.3, 1.5)[1] * np.mod(x + 0.3, 1.5),
    "contractions": lambda x: np.einsum("i,j,k->ik", x, x, x) + x[:, None] * x + np.convolve(x, x)[:3],
    "transforms": lambda x: np.fft.irfft(np.fft.rfft(x) ** 2)[:2] * np.angle(x + 2j)[:2],
    "complex": lambda x: np.real(np.exp(1j * x) * x) + np.abs(np.conj((x + 1j) ** 2) * (x + 1j)),
    "angles": lambda x: np.arctan2(x, 1 + x * x) + np.logaddexp(x, 2 * x) + np.hypot(x, 1.0) + np.sinc(x),
    "tables": lambda x: np.interp(x, [-3.0, -0.5, 0.5, 3.0], [1.0, 2.0, 0.0, 5.0]) * x,
    "systems": lambda x: np.linalg.pinv(np.vander(x, 2)) * np.linalg.det(np.outer(x, x) + np.eye(3)),
    "nothing": lambda x: (x[:0] * 2, np.ones(3)),
}


@pytest.mark.parametrize("name", AT_ZERO)
def test_zeros_kinks_and_shapes(name):
    x, v = np.array([0.0, 1.0, -2.0]), np.ones(3)
    found, right = along(AT_ZERO[name], x, v, 4)[1], nested(AT_ZERO[name], x, v, 4)
    columns = zip(*found, strict=True) if isinstance(found, tuple) else found
    for a, b in zip(columns, right, strict=True):
        for s, t in zip(*map(dualad.tree_leaves, (a, b)), strict=True):
            assert s.shape == t.shape and s.dtype == t.dtype
            np.testing.assert_allclose(s, t, rtol=1e-8, atol=1e-9)


def test_modules_and_tensors():
    layer = dualad.nn.Linear(2, 3).double()
    move = dualad.tree_map(np.ones_like, layer)
    x = dualad.tensor([1.0, 2.0], dtype=dualad.float64)
    loss = lambda m: dualad.nn.functional.softplus(m(x)).sum()
    with dualad.no_grad():
        value, series = dualad.jet(loss, (layer,), ([move, None],))
        right = nested_at(loss, layer, move)
    assert [type(t) for t in series] == [dualad.Tensor] * 2
    assert np.isclose(value.item(), loss(layer).item(), rtol=1e-15)
    np.testing.assert_allclose([t.item() for t in series], [t.item() for t in right], rtol=1e-13)


def nested_at(f, m, move):
    first = lambda m: dualad.jvp(f, (m,), (move,))[1]
    return first(m), dualad.jvp(first, (m,), (move,))[1]


@pytest.mark.parametrize(
    "series, text",
    [
        (V, "jet takes tuples"),
        (([V], [V]), "one list of terms per primal"),
        (([np.ones(3)],), r"shape \(2,\), its term 1 \(3,\).*test_jet.py:\d+"),
        (([1j * V],), "term 1 complex128"),
    ],
)
def test_errors(series, text):
    with pytest.raises(dualad.StructureError, match=text):
        dualad.jet(np.sin, (X,), series)


def test_unequal_orders_and_integers():
    with pytest.raises(dualad.StructureError, match=r"lists of \[1, 2\]"):
        dualad.jet(np.multiply, (X, X), ([V], [V, V]))
    with pytest.raises(dualad.StructureError, match="factorial_scaled=False"):
        along(np.sin, 0.5, 1.0, 171)
    with pytest.raises(dualad.NotDifferentiable, match="int64"):
        dualad.jet(np.sin, (np.arange(3),), ([np.ones(3)],))
