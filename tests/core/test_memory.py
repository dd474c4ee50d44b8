"""Values lie in memory as NumPy's would, so that a store through `reshape` or `ravel` reaches what it reaches there."""

import numpy as np
import pytest

import dualad
import dualad.numpy as dnp
from dualad.core.memory import copy_of, empty_like

X = np.random.default_rng(0).normal(size=(3, 3))
LAYOUTS = {
    "C": lambda: X.copy(),
    "Fortran": lambda: np.asfortranarray(X),
    "every second": lambda: np.repeat(X, 2, axis=1)[:, ::2],
    "a part": lambda: np.pad(X, 1)[1:-1, 1:-1],
    "backwards": lambda: X[::-1].copy()[::-1],
}
MADE = """
x.T.copy();  x[:, ::2].copy();  x[:, ::2].copy('K');  x.copy('F');  np.copy(x.T);  np.copy(x, order='F')
x.T.astype(float);  x.T.astype(float, order='C');  x.T.astype(float, order='C', copy=False);  np.array(x.T)
np.array(x, order='F');  np.asarray(x, order='F') * 1;  np.asfortranarray(x) * 1;  np.ascontiguousarray(x.T) * 1
x.T.flatten('F').reshape(3, 3);  np.zeros_like(x.T);  np.ones_like(x.T, order='C');  np.full_like(x.T, 2.0)
np.full_like(x.T, x[0, 0]) * 1;  np.full((3, 3), x[0, 0], order='F');  np.sin(x.T);  numpy.sin(x.T, order='C')
x.T + x;  x.T * x.T;  x.T @ x;  np.where(x.T > 0, x.T, 0);  np.maximum(x.T, 0);  np.take(x, [0, 1], axis=1)
np.take(x, 1, axis=0);  np.compress([True, False, True], x.T, axis=1);  np.choose((x.T > 0) * 1, [x.T, x.T * 2])
np.insert(x.T, 0, 1.0, axis=0);  np.delete(x.T, 0, axis=0);  np.delete(x, [0, 1], axis=1);  np.pad(x.T, 1)
np.pad(x.T, 1, mode='edge');  np.tile(x.T, 2);  np.maximum.accumulate(x.T, axis=0);  np.cumsum(x.T, axis=1)
np.sort(x.T, axis=0);  np.sort(np.partition(x.T, 1, axis=0), axis=0);  np.meshgrid(x[0], x[1])[0]
np.concatenate([x.T, x.T], axis=1);  np.stack([x.T, x.T]);  np.moveaxis(np.stack([x, x]), 0, -1).copy()
np.rot90(x).copy();  np.outer(x[0], x[1]).T;  np.broadcast_to(x[0], (3, 3)).copy();  x[0] * np.ones((3, 3))
x.T[:, [0, 1]];  x.T[[0, 1]];  np.gradient(x.T, x[0, 0] + 9, axis=0);  np.diff(x.T, axis=0)
np.polyval([1.0, 2.0], x.T);  np.einsum('ij,jk->ki', x, x);  np.einsum('ij,jk->ik', x.T, x, order='F')
np.linalg.inv(x.T + 5 * np.eye(3));  np.fft.fft(x.T, axis=0).real;  x.T.round(1) * 1.0 + x.T;  (x.T + 0j).real
np.broadcast_arrays(x.T * 1, x)[0]
""".replace("\n", ";").split(";")
STORED = {  # stores after which an array lies as before
    "all": lambda y, x: y.__setitem__(slice(None), x.T),
    "all of another layout": lambda y, x: y.__setitem__(..., np.sin(x.T)),
    "a row": lambda y, x: y.__setitem__(0, x[1]),
    "places": lambda y, x: y.__setitem__(np.array([0, 2]), 2.0),
    "in place": lambda y, x: y.__iadd__(x.T * 1),
}


def roads(f, make):
    """What `f` gives on every road, for an input that lies as `make` makes it."""
    ones = np.ones((3, 3))
    yield "forward", dualad.jvp(f, (make(),), (ones,))[0]
    yield "reverse", dualad.vjp(f, make())[0]
    yield "linearize", dualad.linearize(f, make())[0]
    yield "twice", dualad.jvp(lambda x: dualad.jvp(f, (x,), (ones,))[0], (make(),), (ones,))[0]
    yield "batch", dualad.vmap(f)(make()[None])[0]


def compare(f, plain, layout):
    want = plain(LAYOUTS[layout]())
    for road, got in roads(f, LAYOUTS[layout]):
        np.testing.assert_allclose(got, want, atol=1e-12, err_msg=road)
    rows = np.stack([LAYOUTS[layout]()] * 2, axis=-1)
    want = plain(rows.copy("K")[..., 1])
    np.testing.assert_allclose(dualad.vmap(f, in_axes=2)(rows)[1], want, atol=1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("made", [m.strip() for m in MADE if m.strip()])
def test_a_store_through_a_reshaped_array(made, layout):
    def program(module):
        def f(x):
            y = eval(made, {"np": module, "numpy": np, "x": x})
            y.reshape(-1)[1] = 5.0
            y.T.reshape(-1)[2] = 6.0
            y.ravel()[3:4] = 7.0
            y.ravel("F")[:1] = 8.0
            return y + 0 * x[0, 0]

        return f

    compare(program(dnp), program(np), layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("store", STORED)
@pytest.mark.parametrize(
    "start", ["np.zeros_like(x)", "np.sin(x.T)", "x.copy()", "x * 1", "np.ones((3, 3)) * x[0]"]
)
def test_a_store_leaves_the_layout(start, store, layout):
    def f(x):
        y = eval(start, {"np": np, "x": x})
        STORED[store](y, x)
        y.reshape(-1)[1] = 5.0
        y.ravel("F")[2] = 6.0
        return y

    compare(f, f, layout)


def test_the_diagonal_of_a_buffer():
    """What this is for: a kernel matrix is filled, and a number added to its diagonal through `reshape`."""

    def f(x):
        K = np.zeros((3, 3)) * x[0]
        K[:] = np.exp(-((x[:, None] - x) ** 2)).T
        K.reshape(-1)[::4] += x[0]
        return np.sum(np.linalg.inv(K))

    x = np.array([0.3, 0.9, 1.7])
    direction = np.array([1.0, -0.5, 0.25])
    slope, error = dualad.testing.richardson(f, (x,), (direction,))
    assert abs(dualad.grad(f)(x) @ direction - slope) < 1e-8
    assert abs(dualad.jvp(f, (x,), (direction,))[1] - slope) < 1e-8


@pytest.mark.parametrize("order", ["K", "A"])
def test_ravel_in_the_order_of_memory(order):
    for make in (
        lambda x: x,
        lambda x: x.T,
        lambda x: x[:, ::-1],
        lambda x: np.sin(x.transpose(1, 0, 2)),
        lambda x: x[::2],
    ):
        f = lambda x: make(x).ravel(order)  # noqa: E731, B023
        x = np.random.default_rng(0).normal(size=(2, 3, 4))
        np.testing.assert_array_equal(dualad.jvp(f, (x,), (x,))[0], f(x))
        np.testing.assert_array_equal(dualad.vmap(f)(x[None])[0], f(x))


def test_numbers_without_axes_that_are_views():
    """`x[0, ...]` and `squeeze` of one entry are arrays without axes; `x[0]` is a number."""

    def f(x):
        for make in (
            lambda y: y[1, ...],
            lambda y: y[2:3].squeeze(),
            lambda y: y[:1].reshape(()),
            lambda y: y[0],
        ):
            view = make(x)
            view *= 3.0
        return x

    x = np.arange(1.0, 5.0)
    want = f(x.copy())
    assert np.array_equal(dualad.jvp(f, (x.copy(),), (x,))[0], want)
    assert np.array_equal(dualad.vjp(f, x)[0], want)
    assert np.array_equal(dualad.vmap(f)(np.stack([x, x]))[1], want)
    assert np.array_equal(dualad.vjp(f, x)[1](np.ones(4))[0], [3.0, 3.0, 3.0, 1.0])


def test_einsum_of_one_operand_is_a_view():
    def f(x):
        y = x * 1
        np.einsum("ij->ji", y)[0] = 0.0
        return y

    x = X.copy()
    assert np.array_equal(dualad.jvp(f, (x,), (x,))[0], f(x))
    assert np.array_equal(dualad.grad(lambda x: np.sum(f(x)))(x)[:, 0], np.zeros(3))
    with pytest.raises(
        ValueError, match="read-only"
    ):  # a store into the diagonal of np.diagonal is refused as well
        dualad.grad(lambda x: np.einsum("ii->i", x).__setitem__(0, 1.0))(x)


def test_flat_takes_values_again_and_again():
    def f(x):
        y = x * 1
        y.flat = x[0]
        return y

    assert np.array_equal(dualad.jvp(f, (X,), (X,))[0], f(X))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_copy_lies_as_its_array(layout):
    x = LAYOUTS[layout]()
    y = copy_of(x)
    assert np.array_equal(x, y) and not np.may_share_memory(x, y)
    for order in "CF":
        shared = [np.shares_memory(a.reshape(-1, order=order), a) for a in (x, y)]
        assert shared[0] == shared[1]
    assert (x.flags.c_contiguous, x.flags.f_contiguous) == (y.flags.c_contiguous, y.flags.f_contiguous)
    assert empty_like(x, (2,)).shape == (2, 3, 3)


@pytest.mark.parametrize(
    "view",
    [lambda x: x.squeeze(), np.squeeze, lambda x: x.transpose(), lambda x: x.reshape(3), np.ravel, np.real],
)
@pytest.mark.parametrize("start", [lambda x: x, lambda x: x * 1, lambda x: x[:]])
def test_a_view_of_everything(view, start):
    """`x.squeeze()` with nothing to squeeze is `x` itself."""

    def f(x):
        x = start(x)
        y = view(x)
        y[1:] *= 4.0
        return x

    x = np.array([0.3, 0.4, 0.5])
    for got in (dualad.jvp(f, (x,), (x,))[0], dualad.vjp(f, x)[0], dualad.vmap(f)(np.stack([x, x]))[1]):
        np.testing.assert_allclose(got, f(x.copy()))
    assert np.array_equal(dualad.grad(lambda x: np.sum(f(x)))(x), [1.0, 4.0, 4.0])


def test_parts_of_flat_are_copies():
    def f(x):
        y = x * 1
        z, w = y.flat[2:5], y.flat
        z[0] = 9.0
        y[0] = x[1]
        w[1] = 7.0
        y.flat[[3, 4]] = x[2, :2]
        return np.sum(z * z) + np.sum(y * y)

    assert np.allclose(dualad.jvp(f, (X,), (X,))[0], f(X))
    slope, _ = dualad.testing.richardson(f, (X,), (np.ones((3, 3)),))
    assert abs(np.sum(dualad.grad(f)(X)) - slope) < 1e-8
