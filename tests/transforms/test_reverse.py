"""`grad`, `value_and_grad`, `vjp`: structure, dtypes, complex numbers, and errors that teach."""

import threading

import numpy as np
import pytest

import dualad


def test_grad_of_several_arguments_and_keywords():
    def f(x, y, *, power):
        return np.sum(x * y**power)

    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    gx, gy = dualad.grad(f, argnums=(0, 1))(x, y, power=2)
    np.testing.assert_allclose(gx, y**2)
    np.testing.assert_allclose(gy, 2 * x * y)
    assert np.array_equal(dualad.grad(f, argnums=-1)(x, y, power=2), gy)


def test_pytrees():
    tree = {"a": [np.ones(2), 2.0], "b": (np.full(3, 3.0), None)}
    g = dualad.grad(lambda t: np.sum(t["a"][0]) * t["a"][1] + np.sum(t["b"][0] ** 2))(tree)
    assert np.array_equal(g["a"][0], [2.0, 2.0]) and g["a"][1] == 2.0
    assert np.array_equal(g["b"][0], [6.0, 6.0, 6.0]) and g["b"][1] is None


def test_value_and_grad_with_aux():
    (value, aux), g = dualad.value_and_grad(lambda x: (np.sum(x**2), {"twice": 2 * x}), has_aux=True)(
        np.ones(2)
    )
    assert value == 2.0 and np.array_equal(aux["twice"], [2.0, 2.0]) and np.array_equal(g, [2.0, 2.0])
    assert type(aux["twice"]) is np.ndarray


def test_aux_must_be_a_pair():
    with pytest.raises(TypeError, match="pair"):
        dualad.grad(lambda x: np.sum(x), has_aux=True)(np.ones(2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_gradient_has_the_dtype_of_its_argument(dtype):
    x = np.ones(3, dtype)
    assert dualad.grad(lambda x: np.sum(np.sin(x) * 2.0 + np.ones(3)))(x).dtype == dtype


def test_complex_conventions():
    z = np.array([1.0 + 2.0j, -0.5j])
    np.testing.assert_allclose(dualad.grad(lambda z: np.sum(np.abs(z) ** 2))(z), 2 * z.conj())
    np.testing.assert_allclose(dualad.grad(lambda z: np.sum(z**3), holomorphic=True)(z), 3 * z**2)
    np.testing.assert_allclose(dualad.grad(lambda z: np.sum(z.real * z.imag))(z), z.imag - 1j * z.real)


def test_complex_output_without_holomorphic():
    with pytest.raises(dualad.NotDifferentiable, match="holomorphic=True"):
        dualad.grad(lambda z: z * z)(1.0 + 1.0j)


def test_integer_argument():
    with pytest.raises(dualad.NotDifferentiable, match=r"3\.0 for 3"):
        dualad.grad(lambda x: x * x)(3)
    with pytest.raises(dualad.NotDifferentiable, match="astype"):
        dualad.grad(lambda x: np.sum(x * 1.0))(np.arange(3))


def test_errors_name_the_users_line():
    with pytest.raises(dualad.NotDifferentiable, match=r"test_reverse\.py:\d+"):
        dualad.grad(lambda x: x)(np.ones(3))


def test_output_that_is_no_scalar():
    with pytest.raises(dualad.NotDifferentiable, match="jacobian"):
        dualad.grad(lambda x: x)(np.ones(3))


def test_argnums_out_of_range():
    with pytest.raises(TypeError, match="argnums=1"):
        dualad.grad(lambda x: x, argnums=1)(1.0)


def test_vjp_pullback_is_reusable_and_owned():
    x = np.array([1.0, 2.0])
    y, pullback = dualad.vjp(lambda x: (x, x + 0.0), x)
    first = pullback((np.ones(2), np.zeros(2)))[0]
    first[:] = 7.0
    assert np.array_equal(pullback((np.ones(2), np.zeros(2)))[0], [1.0, 1.0])
    y[0][:] = 9.0
    assert np.array_equal(x, [1.0, 2.0])


def test_users_buffer_may_change_between_forward_and_pull():
    x = np.array([1.0, 2.0])
    _, pullback = dualad.vjp(lambda x: x * x, x)
    x[:] = 100.0
    assert np.array_equal(pullback(np.ones(2))[0], [2.0, 4.0])


def test_integer_leaves_of_vjp():
    _, pullback = dualad.vjp(lambda n, x: n * x, 2, 3.0)
    assert pullback(1.0) == (None, 2.0)


def test_cotangent_of_wrong_shape_dtype_structure():
    _, pullback = dualad.vjp(lambda x: {"y": x * 2}, np.ones(3))
    with pytest.raises(dualad.StructureError, match="shape"):
        pullback({"y": np.ones(4)})
    with pytest.raises(dualad.StructureError, match="cast"):
        pullback({"y": np.ones(3) * 1j})
    with pytest.raises(dualad.StructureError, match="like the output"):
        pullback([np.ones(3)])


def test_none_in_outputs_and_cotangents():
    _, pullback = dualad.vjp(lambda x: (x * 2, None, {"y": x * 3}), 1.0)
    assert pullback((1.0, None, {"y": 1.0})) == (5.0,)
    assert pullback((1.0, None, None)) == (2.0,)
    assert pullback((None, None, {"y": None})) == (0.0,)


def test_pullback_can_be_differentiated():
    def f(x):
        _, pullback = dualad.vjp(np.sin, x)
        return np.sum(pullback(np.ones(2) * x)[0])

    x = np.array([0.3, 0.9])
    np.testing.assert_allclose(dualad.grad(f)(x), np.cos(x) - x * np.sin(x))


def test_unused_argument_gets_zeros():
    g = dualad.grad(lambda x, y: np.sum(x), argnums=(0, 1))(np.ones(2), np.ones(3))
    assert np.array_equal(g[1], np.zeros(3))


def test_constant_function():
    assert np.array_equal(dualad.grad(lambda x: 3.0)(np.ones(2)), [0.0, 0.0])


def test_many_threads():
    def f(x):
        return np.sum(np.sin(x) * np.exp(-x))

    x = np.linspace(0, 1, 7)
    want, results = dualad.grad(f)(x), []

    def work():
        results.extend(np.array_equal(dualad.grad(f)(x), want) for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(results) == 200 and all(results)


def test_thousand_reads_of_one_array_allocate_what_they_read():
    import tracemalloc

    def reads(n):
        x = np.zeros(n)

        def f(x):
            total = 0.0
            for i in range(1000):
                total = total + x[i] * x[i]
            return total

        tracemalloc.start()
        dualad.grad(f)(x)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    # With zeros made per read, the second would hold hundreds of arrays of 0.8 MB at its peak.
    assert reads(100_000) - reads(1000) < 8 * 800_000


def test_stop_gradient():
    assert dualad.grad(lambda x: x * dualad.stop_gradient(x))(3.0) == 3.0
    assert dualad.jvp(lambda x: x * dualad.stop_gradient(x), (3.0,), (1.0,))[1] == 3.0


# ---- the pullback -------------------------------------------------------------------------------------


def bilinear(p, y):
    return {"outer": np.outer(p[0], y), "sum": np.sum(np.sin(p[1]) * y)}


def test_pullbacks_are_reusable_and_take_parts():
    x, y = np.array([0.3, 1.2]), np.array([2.0, -1.0])
    _, pull = dualad.vjp(bilinear, (x, x), y)
    first = pull({"outer": np.ones((2, 2)), "sum": 1.0})
    again = pull({"outer": np.ones((2, 2)), "sum": 1.0})
    for a, b in zip(dualad.tree_leaves(first), dualad.tree_leaves(again), strict=True):
        assert np.array_equal(a, b) and not np.shares_memory(a, b)
    np.testing.assert_allclose(first[0][0], [1, 1])
    np.testing.assert_allclose(first[1], np.sum(x) + np.sin(x))
    (p, q), r = pull({"outer": None, "sum": 2.0})  # None stands for zeros
    np.testing.assert_array_equal(p, np.zeros(2))
    np.testing.assert_allclose(q, 2 * np.cos(x) * y)
    np.testing.assert_allclose(r, 2 * np.sin(x))


def test_pullbacks_are_differentiable_in_their_cotangent():
    x, w = np.array([0.3, 1.2, -0.7]), np.arange(6.0).reshape(2, 3)
    f = lambda x: w @ np.sin(x)
    j = dualad.jacfwd(f)(x)
    _, pull = dualad.vjp(f, x)  # made outside
    g = np.array([1.0, 2.0])
    np.testing.assert_allclose(dualad.grad(lambda g: np.sum(pull(g)[0] ** 2))(g), 2 * j @ j.T @ g)
    np.testing.assert_allclose(dualad.jvp(lambda g: pull(g)[0], (g,), (g,))[1], j.T @ g)
    np.testing.assert_allclose(dualad.jacrev(lambda g: pull(g)[0])(g), j.T)
    np.testing.assert_allclose(dualad.linearize(lambda g: pull(g)[0], g)[1](g), j.T @ g)
    # and inside, where it is differentiable in the point as well
    inside = lambda x, g: dualad.vjp(f, x)[1](g)[0]
    np.testing.assert_allclose(dualad.jacfwd(inside, 1)(x, g), j.T)
    np.testing.assert_allclose(dualad.jacfwd(inside)(x, g), -np.diag(np.sin(x) * (w.T @ g)))
    np.testing.assert_allclose(dualad.jacrev(inside)(x, g), -np.diag(np.sin(x) * (w.T @ g)))


def test_pullbacks_take_batches_in_one_sweep(monkeypatch):
    calls = []
    rule = dualad.core.primitive.REGISTRY["matmul"].vjp_rules["b"]
    monkeypatch.setattr(rule, "call", lambda *a, call=rule.call: (calls.append(1), call(*a))[1])
    w = np.random.default_rng(0).normal(size=(40, 3, 4))
    x = np.random.default_rng(1).normal(size=(4, 5))
    _, pull = dualad.vjp(lambda x: np.matmul(w, x), x)
    g = np.random.default_rng(2).normal(size=(7, 40, 3, 5))
    (rows,) = dualad.vmap(pull)(g)
    assert len(calls) <= 1
    np.testing.assert_allclose(rows, np.stack([pull(row)[0] for row in g]), rtol=1e-12)


def test_pullbacks_of_integers_give_none():
    y, pull = dualad.vjp(
        lambda x, n, flag: np.where(flag, x**n, x), np.array([2.0, 3.0]), 2, np.array([True, False])
    )
    gx, gn, gflag = pull(np.ones(2))
    np.testing.assert_array_equal(gx, [4, 1])
    assert gn is None and gflag is None
    (tree,) = dualad.vjp(lambda p: p["x"] * p["n"], {"x": 2.0, "n": 3})[1](1.0)
    assert tree == {"x": 3.0, "n": None}


def test_integer_outputs_take_any_cotangent():
    (k, y), pull = dualad.vjp(lambda x: (np.argmax(x), 2 * x), np.array([1.0, 5.0]))
    assert k == 1
    for seed in (None, 0, 1.0):
        np.testing.assert_array_equal(pull((seed, np.ones(2)))[0], [2, 2])


def test_a_pullback_does_not_outlive_an_outer_transform():
    kept = []

    def outer(x):
        kept.append(dualad.vjp(lambda y: y * x, x)[1])
        return np.sum(kept[0](x)[0])

    assert dualad.grad(outer)(3.0) == 6.0
    with pytest.raises(dualad.LeakedValue, match=r"grad.*test_reverse.py:\d+"):
        kept[0](1.0)


def test_cotangents_must_fit():
    _, pull = dualad.vjp(lambda x: (x, x), np.ones(3))
    with pytest.raises(
        dualad.StructureError, match=r"like the output \(at test_reverse.py:\d+\): \(\*, \*\) expected"
    ):
        pull(np.ones(3))
    with pytest.raises(dualad.StructureError, match=r"shape \(3,\), its cotangent \(2,\)"):
        pull((np.ones(2), np.ones(3)))
    with pytest.raises(dualad.StructureError, match="output is float64, its cotangent complex128"):
        pull((1j * np.ones(3), np.ones(3)))
