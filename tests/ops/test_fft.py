"""Fourier transforms: NumPy's values, duality for every length, axis and norm, the adjoint pairs, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dualad
from dualad.ops import fft as F
from dualad.testing import check_duality, check_grads
from dualad.transforms.batch import vmap

RNG = np.random.default_rng(4)
NORMS = [None, "backward", "ortho", "forward"]


def random(*shape, dtype=float):
    x = RNG.normal(size=shape)
    return x + 1j * RNG.normal(size=shape) if dtype is complex else x


def agree(f, theirs, x):
    out = dualad.vjp(f, x)[0]
    assert np.allclose(out, theirs) and np.asarray(out).dtype == theirs.dtype
    check_duality(f, (x,))


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]),
    st.lists(st.integers(1, 7), min_size=1, max_size=3),
    st.data(),
)
def test_one_axis(name, shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    n = data.draw(st.none() | st.integers(1, 9))
    norm = data.draw(st.sampled_from(NORMS))
    if name in ("irfft", "hfft") and n is None and shape[axis] == 1:
        n = 1
    dtype = float if name in ("rfft", "ihfft") else data.draw(st.sampled_from([float, complex]))
    ours, theirs = getattr(F, name), getattr(np.fft, name)
    x = random(*shape, dtype=dtype)
    agree(lambda x: ours(x, n=n, axis=axis, norm=norm), theirs(x, n, axis, norm), x)


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"]),
    st.lists(st.integers(2, 5), min_size=2, max_size=3),
    st.data(),
)
def test_several_axes(name, shape, data):
    axes = data.draw(st.permutations(range(len(shape))))[: data.draw(st.integers(1, len(shape)))]
    axes = tuple(k - len(shape) if data.draw(st.booleans()) else k for k in axes)
    s = data.draw(st.none() | st.tuples(*[st.integers(2, 6)] * len(axes)))
    norm = data.draw(st.sampled_from(NORMS))
    dtype = float if name.startswith("r") else data.draw(st.sampled_from([float, complex]))
    ours, theirs = getattr(F, name), getattr(np.fft, name)
    x = random(*shape, dtype=dtype)
    agree(lambda x: ours(x, s=s, axes=axes, norm=norm), theirs(x, s=s, axes=axes, norm=norm), x)


@pytest.mark.parametrize("name", ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"])
def test_default_axes(name):
    x = random(2, 3, 4)
    agree(getattr(F, name), getattr(np.fft, name)(x), x)


@pytest.mark.parametrize("m", [4, 5])
@pytest.mark.parametrize("n", [None, 3, 6, 7])
def test_against_numbers_to_second_order(m, n):
    x = random(m)
    check_grads(lambda x: (np.abs(F.fft(x, n=n)) ** 2).real, (x,))
    check_grads(lambda x: np.abs(F.rfft(x, n=n)) ** 2, (x,))
    check_grads(lambda x: F.irfft(x, n=n) ** 2, (random(m, dtype=complex),))
    check_grads(lambda x: F.hfft(x, n=n) ** 2, (random(m, dtype=complex),))


@pytest.mark.parametrize("n", [4, 5])
@pytest.mark.parametrize("norm", NORMS)
def test_adjoints_are_transposes(n, norm):
    """The whole matrices, by both engines."""
    for op, space in ((F.fft, complex), (F.ifft, complex), (F.rfft, float)):
        f = lambda x, op=op: op(x, n=n, norm=norm)  # noqa: E731
        columns = np.stack([f(e) for e in np.eye(n, dtype=space)], axis=1)
        _, pull = dualad.vjp(f, np.zeros(n, space))
        rows = np.stack([pull(e)[0] for e in np.eye(len(columns), dtype=complex)])
        assert np.allclose(rows, columns.real if space is float else columns)


def test_imaginary_parts_that_are_not_read():
    """irfft ignores those of the zero frequency and, of an even length, of the last one."""
    x = random(3, dtype=complex)
    _, pull = dualad.vjp(lambda x: F.irfft(x, n=4), x)
    g = pull(random(4))[0]
    assert g[0].imag == 0 and g[2].imag == 0 and g[1].imag != 0
    _, pull = dualad.vjp(lambda x: F.irfft(x, n=5), x)
    assert pull(random(5))[0][2].imag != 0


def test_a_real_argument_gets_a_real_cotangent():
    g = dualad.vjp(F.fft, random(4))[1](random(4, dtype=complex))[0]
    assert g.dtype == float
    g = dualad.vjp(F.fft, random(4).astype(np.float32))[1](random(4, dtype=complex).astype(np.complex64))[0]
    assert g.dtype == np.float32


def test_a_convolution_by_transforms():
    a, b = random(4), random(3)
    shifted = np.stack([np.convolve(e, b) for e in np.eye(4)], axis=1)
    direct = dualad.grad(lambda a: ((shifted @ a) ** 2).sum())(a)
    by_fft = dualad.grad(lambda a: (F.irfft(F.rfft(a, n=6) * F.rfft(b, n=6), n=6) ** 2).sum())(a)
    assert np.allclose(direct, by_fft)


@pytest.mark.parametrize("axes", [None, 0, (0,), (0, 1), (-1,), [1]])
@pytest.mark.parametrize("shape", [(4, 5), (3, 2)])
def test_shifts(axes, shape):
    x = random(*shape)
    agree(lambda x: F.fftshift(x, axes=axes), np.fft.fftshift(x, axes), x)
    agree(lambda x: F.ifftshift(x, axes=axes), np.fft.ifftshift(x, axes), x)


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.filterwarnings("error")
def test_batches(axis):
    x = random(3, 4, 5)
    for op in (F.fft, F.rfft, F.irfft, F.ifft):
        f = lambda x, op=op: op(x, n=6, axis=axis)  # noqa: E731
        assert np.allclose(vmap(f)(x), [f(row) for row in x])
    assert np.allclose(vmap(F.fftshift)(x), [np.fft.fftshift(row) for row in x])


def test_fit_length_is_its_own_adjoint():
    for n in (2, 3, 5):
        check_grads(lambda x, n=n: F.fit_length(x, n=n, axis=0), (random(3, 2),))


def test_errors():
    for bad in (dict(n=0), dict(norm="loud"), dict(axis=3)):
        with pytest.raises((ValueError, IndexError)):
            dualad.vjp(lambda x, bad=bad: F.fft(x, **bad), random(3))
    with pytest.raises(ValueError, match="lengths"):
        dualad.vjp(lambda x: F.fftn(x, s=(2,), axes=(0, 1)), random(3, 3))
    with pytest.raises(TypeError):
        dualad.vjp(F.rfft, random(3, dtype=complex))


@pytest.mark.parametrize(
    "f",
    [
        np.fft.fft,
        lambda x: np.fft.fft(x, 5, 0, "ortho"),
        np.fft.ifft2,
        np.fft.fftn,
        lambda x: np.fft.irfftn(np.fft.rfftn(x), x.shape, axes=(0, 1)),
        lambda x: np.fft.hfft(x, 6),
        np.fft.ihfft,
        np.fft.fftshift,
        lambda x: np.fft.ifftshift(x, axes=0),
    ],
)
def test_numpys_names(f):
    check_grads(f, (random(3, 4),), order=1)


@pytest.mark.parametrize(
    "f", [np.fft.fft2, np.fft.irfft2, lambda x: np.fft.fftn(x, axes=(0, 1)), lambda x: np.fft.rfft(x[0])]
)
def test_an_axis_of_a_row_does_not_reach_the_batch(f):
    """A row has one axis here: a second one, counted from the end, would be that of the rows."""
    row = np.arange(4.0)
    for call in (f, dualad.vmap(f), dualad.vmap(dualad.grad(lambda x: np.sum(np.abs(f(x)))))):
        with pytest.raises(IndexError):
            call(row if call is f else np.stack([row, row]))
