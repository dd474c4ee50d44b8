"""The array API standard's names, where they are not NumPy's: keywords, devices, DLPack, inspection, the namespace."""

import inspect
import operator

import numpy as np
import pytest

import dualad
import dualad.numpy as dnp
from dualad.core.errors import ConversionError
from dualad.core.trace import Box
from dualad.testing import check_grads

X = np.array([[3.0, -1.0, 2.0], [0.5, 4.0, -2.5]])


def test_sort_descending():
    np.testing.assert_array_equal(dnp.sort(X, descending=True), -np.sort(-X))
    for axis in (0, 1, None):
        check_grads(lambda x, axis=axis: dnp.sort(x, axis=axis, descending=True), (X,))
        want = np.sort(X, axis=axis)
        want = np.flip(want, -1 if axis is None else axis)
        np.testing.assert_array_equal(np.asarray(dnp.sort(dnp.asarray(X), axis=axis, descending=True)), want)


def test_argsort_descending_keeps_equal_ones_in_order():
    ties = np.array([1, 2, 1, 2, 0])
    for x in (ties, dnp.asarray(ties)):
        np.testing.assert_array_equal(np.asarray(dnp.argsort(x, descending=True)), [1, 3, 0, 2, 4])
        np.testing.assert_array_equal(np.asarray(dnp.argsort(x, axis=None, descending=True)), [1, 3, 0, 2, 4])
    gathered = dualad.vmap(lambda x: dnp.argsort(x, descending=True))(X)
    np.testing.assert_array_equal(gathered, np.argsort(-X, axis=1))


@pytest.mark.parametrize(
    "bounded",
    [
        lambda x, low: dnp.clip(x, low, 3.5),
        lambda x, low: dnp.clip(x, min=low, max=3.5),
        lambda x, low: dnp.clip(x, a_min=low, a_max=3.5),
        lambda x, low: np.clip(x, low, 3.5),
    ],
)
def test_clip_by_both_names_of_its_bounds(bounded):
    np.testing.assert_array_equal(bounded(X, 0.25), np.clip(X, 0.25, 3.5))
    check_grads(bounded, (X, np.array(0.25)))


def test_clip_of_plain_arrays_takes_one_bound_and_out():
    out = np.zeros_like(X)
    np.testing.assert_array_equal(dnp.clip(X, min=0, out=out), np.clip(X, 0, None))
    np.testing.assert_array_equal(out, np.clip(X, 0, None))
    np.testing.assert_array_equal(dnp.clip(X, None, 1), np.clip(X, None, 1))


def test_frequencies_have_a_dtype_and_a_device():
    f = dnp.fft.fftfreq(4, 0.5, dtype=dnp.float32, device="cpu")
    assert isinstance(f, Box) and f.dtype == np.float32
    gradient = dualad.grad(lambda d: dnp.sum(dnp.fft.rfftfreq(6, d) ** 2))(0.5)
    np.testing.assert_allclose(gradient, -2 * np.sum(np.fft.rfftfreq(6, 0.5) ** 2) / 0.5)


def test_creation_functions_tell_their_signatures():
    assert str(inspect.signature(dnp.arange)).startswith(
        "(start, stop=None, step=1, dtype=None, *, device=None"
    )
    assert list(inspect.signature(dnp.eye).parameters)[:3] == ["N", "M", "k"]
    for name in ("zeros", "ones", "empty"):
        assert {"shape", "dtype", "device"} <= set(inspect.signature(getattr(dnp, name)).parameters)


def test_ranges_are_dualad_arrays():
    r = dnp.linspace(0, 1, 3)
    assert isinstance(r, Box)
    np.testing.assert_array_equal(np.asarray(r), [0, 0.5, 1])
    values, step = dnp.linspace(0, 1, 3, retstep=True)
    assert isinstance(values, Box) and float(step) == 0.5


def test_one_device():
    x = dnp.asarray(X)
    assert x.device == "cpu" and x.to_device("cpu") is x
    with pytest.raises(ValueError, match="the one device of dualad arrays is 'cpu'"):
        x.to_device("cuda")
    with pytest.raises(ValueError, match="no streams"):
        x.to_device("cpu", stream=1)
    with pytest.raises(ValueError, match="the one device"):
        dnp.fft.fftfreq(4, device="cuda")


def test_dlpack_of_arrays_without_a_trace():
    x = dnp.asarray(X)
    assert x.__dlpack_device__() == (1, 0)
    plain = np.from_dlpack(x)
    assert type(plain) is np.ndarray
    np.testing.assert_array_equal(plain, X)
    back = dnp.from_dlpack(X, device="cpu", copy=True)
    assert isinstance(back, Box)
    back[0, 0] = 7
    assert X[0, 0] == 3
    with pytest.raises(ValueError, match="the one device"):
        dnp.from_dlpack(X, device="cuda")


def test_dlpack_of_traced_arrays_is_refused():
    for transform in (dualad.grad, lambda f: lambda x: dualad.jvp(f, (x,), (x,)), dualad.vmap):
        with pytest.raises(ConversionError, match="another library by DLPack would lose"):
            transform(lambda x: np.sum(np.from_dlpack(x)))(X)


def test_inspection():
    info = dnp.__array_namespace_info__()
    assert info.devices() == ["cpu"] and info.default_device() == "cpu"
    assert info.capabilities()["boolean indexing"] is True
    assert info.default_dtypes(device="cpu")["real floating"] == np.float64
    assert set(info.dtypes(kind="complex floating")) == {"complex64", "complex128"}
    assert set(info.dtypes(kind=("bool", "unsigned integer"))) == {
        "bool",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
    }
    assert len(info.dtypes()) == 13 and info.dtypes()["int8"] == np.int8
    with pytest.raises(ValueError, match="no kind of dtypes 'string'"):
        info.dtypes(kind="string")
    with pytest.raises(ValueError, match="no device"):
        info.dtypes(device="cuda")
    if hasattr(np, "__array_namespace_info__"):
        theirs = np.__array_namespace_info__()
        assert theirs.dtypes() == info.dtypes() and theirs.default_dtypes() == info.default_dtypes()


def test_the_namespace_and_its_versions():
    x = dnp.asarray(X)
    assert x.__array_namespace__() is dnp and x.__array_namespace__(api_version="2023.12") is dnp
    assert dnp.__array_api_version__ == "2024.12"
    with pytest.raises(ValueError, match="no version '1999.1'"):
        x.__array_namespace__(api_version="1999.1")


# ---- results without a derivative -------------------------------------------------------------------

FLAT = [
    lambda x: x > 0,
    lambda x: dnp.isfinite(x),
    lambda x: dnp.argsort(x),
    lambda x: dnp.argmax(x),
    lambda x: dnp.floor(x),
    lambda x: dnp.astype(x, dnp.int64),
    lambda x: x // 1,
    lambda x: dnp.any(x > 0),
]


@pytest.mark.parametrize("flat", FLAT)
@pytest.mark.parametrize("road", ["forward", "reverse", "forward in reverse", "series"])
def test_what_has_no_derivative_is_plain_until_the_namespace_is_asked_for(flat, road):
    kinds = []

    def program(x):
        kinds.append(isinstance(flat(x), Box))
        x.__array_namespace__()
        kinds.append(isinstance(flat(x), Box))
        return dnp.sum(x**2 * dnp.asarray(flat(x)))

    run = {
        "forward": lambda: dualad.jvp(program, (X,), (X,)),
        "reverse": lambda: dualad.grad(program)(X),
        "forward in reverse": lambda: dualad.grad(lambda x: dualad.jvp(program, (x,), (X,))[1])(X),
        "series": lambda: dualad.jet(program, (X,), ((X, X),))[0],
    }
    results = run[road]()
    assert kinds == [False, True]
    for r in results if isinstance(results, tuple) else (results,):
        assert not isinstance(r, Box)


def test_another_transform_knows_nothing_of_it():
    dualad.grad(lambda x: dnp.sum(x * x.__array_namespace__().ones(3)))(X)
    dualad.grad(lambda x: dnp.sum(x) if type(x > 0) is np.ndarray else None)(X)


def test_answers_about_dualad_arrays_are_dualad_arrays():
    x = dnp.asarray([2, 0, 2])
    for answer in (*dnp.nonzero(x), *dnp.unique_all(x), dnp.isin(x, x), dnp.searchsorted(dnp.sort(x), x)):
        assert isinstance(answer, Box)
    assert dnp.unique_counts(x)._fields == ("values", "counts")
    assert isinstance(dnp.count_nonzero(x), Box) and int(dnp.count_nonzero(x)) == 2
    assert type(dnp.nonzero(np.array([2, 0]))[0]) is np.ndarray
    assert dnp.count_nonzero(np.array([2, 0])) == 1
    assert isinstance(dnp.linalg.matrix_rank(dnp.eye(2)), Box)


def test_special_functions_stand_in_the_namespace():
    from scipy import special

    np.testing.assert_allclose(dnp.special.erf(X), special.erf(X))
    check_grads(lambda x: dnp.special.digamma(x), (np.abs(X) + 1,))
    with pytest.raises(AttributeError, match="no attribute 'no_such_function'"):
        getattr(dnp.special, "no_such_function")  # noqa: B009
    with pytest.raises(AttributeError, match="no attribute 'sin'"):
        getattr(dnp.special, "sin")  # noqa: B009


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, bool, np.float32])
def test_totals_have_the_dtype_that_was_asked_for(dtype):
    x = np.arange(200, dtype=np.uint8)
    for f in (np.sum, np.prod, np.cumsum, np.cumprod):
        want, got = f(x, dtype=dtype), f(dnp.asarray(x), dtype=dtype)
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(np.asarray(got), want)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda np, x: np.moveaxis(x, 10, 0),
        lambda np, x: np.moveaxis(x, 0, -3),
        lambda np, x: np.swapaxes(x, 0, 2),
        lambda np, x: np.unstack(x, axis=10),
        lambda np, x: np.logaddexp.reduce(x, axis=10),
        lambda np, x: np.sort(x, axis=2, descending=True),
        lambda np, x: np.sum(x, axis=(0, 2)),
    ],
)
def test_axes_that_are_not_there(wrong):
    for run in (
        lambda: wrong(dnp, dnp.asarray(X)),
        lambda: dualad.jvp(lambda x: wrong(dnp, x), (X,), (X,)),
        lambda: dualad.grad(lambda x: dnp.sum(wrong(dnp, x)))(X),
        lambda: dualad.vmap(lambda x: wrong(dnp, x))(np.stack([X, X])),
    ):
        with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
            run()


def test_matrices_have_two_axes():
    with pytest.raises(ValueError, match="at least 2-dimensional"):
        dnp.matrix_transpose(dnp.ones(3))


def test_floats_are_no_indices():
    with pytest.raises(TypeError, match="cannot be interpreted as an integer|integer scalar"):
        operator.index(dnp.asarray(2.0))
    assert operator.index(dnp.asarray(2)) == 2 and [5, 6, 7][dnp.asarray(2)] == 7


def test_nonzero_of_an_array_without_axes_is_an_error():
    with pytest.raises(ValueError, match="atleast_1d|0d"):
        dnp.nonzero(dnp.asarray(3.0))
    assert [i.tolist() for i in dnp.nonzero(dnp.asarray([0.0, 2.0]))] == [[1]]
