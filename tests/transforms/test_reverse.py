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
