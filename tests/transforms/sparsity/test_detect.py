"""Patterns of programs: stores, slices, rolls, branches, both engines under the trace."""

import numpy as np
import pytest

import dualad
from dualad.transforms.sparsity.detect import detect, gradient_of


def pattern(f, *args, **options):
    return dualad.jacobian_sparsity(f, *args, **options).toarray().astype(int)


def tridiagonal(n):
    return np.eye(n) + np.eye(n, k=1) + np.eye(n, k=-1)


def with_stores(x):
    y = np.zeros_like(x)
    y[1:-1] = x[:-2] + x[1:-1] * x[2:]
    y[0], y[-1] = x[0] + x[1], x[-1] - x[-2] ** 2
    return y


def with_slices(x):
    y = x * x
    y[1:] -= x[:-1]
    y[:-1] += 2 * x[1:]
    return y


def with_concatenation(x):
    padded = np.pad(x, 1)
    return np.stack([padded[k] + x[k] + padded[k + 2] for k in range(len(x))])


def with_convolution(x):
    return np.convolve(np.sin(x), [1.0, -2.0, 1.0], mode="same")


@pytest.mark.parametrize("f", [with_stores, with_slices, with_concatenation, with_convolution])
def test_a_stencil_however_it_is_written(f):
    np.testing.assert_array_equal(pattern(f, np.arange(1.0, 7.0)), tridiagonal(6))


def test_rolls_close_the_ring():
    ring = tridiagonal(5)
    ring[0, -1] = ring[-1, 0] = 1
    np.testing.assert_array_equal(pattern(lambda x: np.roll(x, 1) * x + np.roll(x, -1), np.ones(5)), ring)


def test_a_grid():
    def laplacian(u):
        v = np.pad(u, 1)
        return v[2:, 1:-1] + v[:-2, 1:-1] + v[1:-1, 2:] + v[1:-1, :-2] - 4 * u

    five_points = np.kron(np.eye(3), tridiagonal(3)) + np.kron(tridiagonal(3), np.eye(3)) > 0
    np.testing.assert_array_equal(pattern(laplacian, np.ones((3, 3))), five_points)


def test_trees_are_laid_end_to_end():
    def f(p, scale):
        return {"a": p["u"] * p["v"][0] * scale, "b": np.sum(p["v"])}

    want = [[1, 0, 1, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    np.testing.assert_array_equal(pattern(f, {"u": np.ones(2), "v": np.ones(2)}, 3.0), want)
    np.testing.assert_array_equal(
        pattern(f, {"u": np.ones(2), "v": np.ones(2)}, 3.0, argnums=1), [[1], [1], [0]]
    )


def test_keywords_of_the_function_are_handed_on():
    assert pattern(lambda x, k=0: x[k:], np.ones(3), k=2).tolist() == [[0, 0, 1]]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x > 0, x, x[::-1]),
        lambda x: np.maximum(x, x[::-1]),
        lambda x: (x > 0) * x + (x <= 0) * x[::-1],
    ],
)
def test_branches_of_numpy_count_both(f):
    x = np.array([1.0, 2.0, 3.0])
    found = detect(f, [x])
    assert not found.local
    np.testing.assert_array_equal(found.pattern.toarray(), (np.eye(3) + np.eye(3)[::-1]) > 0)


@pytest.mark.parametrize(
    ("f", "reason"),
    [
        (lambda x: x if x[0] > 0 else x[::-1], "a Python branch"),
        (lambda x: x * 2 if x[0] else x, "a Python branch"),
        (lambda x: x[x > 0], "an index made of values"),
        (lambda x: x[np.argmax(x) :], "a number taken from values"),
        (lambda x: x[np.argsort(x)], "an index made of values"),
        (lambda x: x * dualad.stop_gradient(x), "a value taken out"),
        (lambda x: x[np.nonzero(x > 0)[0]], "a value taken out"),
        (lambda x: x * float(np.sign(x[0])), "a number taken from values"),
        (lambda x: x * np.sign(x[0]).item(), "a number taken from values"),
        (lambda x: x * np.sign(x).tolist()[0], "a number taken from values"),
        (lambda x: x * np.asarray(np.sign(x)), "a number taken from values"),
        (lambda x: dualad.jvp(lambda y: y if y[0] > 0 else -y, (x,), (x,))[1], "a Python branch"),
        (lambda x: dualad.grad(lambda y: np.sum(y * y) if y[0] else np.sum(y))(x), "a Python branch"),
    ],
)
def test_decisions_on_values_are_noted_with_their_line(f, reason):
    found = detect(f, [np.array([1.0, 2.0, 3.0])])
    assert found.local.startswith(reason) and "test_detect.py" in found.local


def test_a_value_with_a_derivative_is_not_converted_in_silence():
    with pytest.raises(dualad.ConversionError, match="sparsity detection"):
        dualad.jacobian_sparsity(lambda x: x * float(x[0]), np.ones(2))


def test_hessians_have_entries_of_nonlinear_interaction_alone():
    def f(x):
        return x[0] * x[1] + np.exp(x[2] + x[3]) + 5 * x[4] + np.sum(np.where(x[:2] > 0, x[:2], 0.0))

    want = np.zeros((5, 5), int)
    want[0, 1] = want[1, 0] = 1
    want[2:4, 2:4] = 1
    np.testing.assert_array_equal(dualad.hessian_sparsity(f, np.ones(5)).toarray(), want)


def test_hessian_of_rosenbrock_is_tridiagonal():
    def rosenbrock(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    np.testing.assert_array_equal(dualad.hessian_sparsity(rosenbrock, np.ones(6)).toarray(), tridiagonal(6))
    assert not detect(gradient_of(rosenbrock, 1), [np.ones(6)]).local


def test_hessian_over_trees():
    found = dualad.hessian_sparsity(lambda p: p["a"] * np.sum(p["b"] ** 2), {"a": 1.0, "b": np.ones(2)})
    np.testing.assert_array_equal(found.toarray(), [[0, 1, 1], [1, 1, 0], [1, 0, 1]])


def test_forward_and_reverse_inside_the_program():
    def forward(x):
        return dualad.jvp(np.sin, (x,), (np.ones(3),))[1]

    def reverse(x):
        return dualad.grad(lambda y: np.sum(np.sin(y)))(x)

    def batch(x):
        return dualad.vmap(lambda row: row * row[0])(np.reshape(x, (1, 3)))

    np.testing.assert_array_equal(pattern(forward, np.ones(3)), np.eye(3))
    np.testing.assert_array_equal(pattern(reverse, np.ones(3)), np.eye(3))
    np.testing.assert_array_equal(pattern(batch, np.ones(3)), [[1, 0, 0], [1, 1, 0], [1, 0, 1]])


def test_constants_traced_outside_have_no_pattern():
    def outer(c):
        assert dualad.jacobian_sparsity(lambda x: x * c, np.ones(2)).nnz == 2
        return c * c

    assert dualad.grad(outer)(3.0) == 6.0


def test_of_nothing_and_of_constants():
    assert dualad.jacobian_sparsity(lambda x: np.zeros(2), np.ones(3)).shape == (2, 3)
    assert dualad.jacobian_sparsity(lambda x: x, np.ones(0)).shape == (0, 0)
    assert dualad.jacobian_sparsity(lambda x: np.sum(x), 1.0).toarray().tolist() == [[True]]


def test_integers_have_no_derivative():
    with pytest.raises(dualad.NotDifferentiable, match="3.0 for 3"):
        dualad.jacobian_sparsity(lambda n: n * 1.0, 3)


def test_ten_thousand_variables_in_little_memory():
    found = dualad.jacobian_sparsity(with_slices, np.ones(10_000))
    assert found.nnz == 29_998
