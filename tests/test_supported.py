"""`dualad.supported()`: names, functions, filters, printing; and the table is what the checks find."""

import random

import numpy as np
import pytest
import scipy.special

import dualad
import dualad.numpy as dnp
from dualad import _supported
from dualad.core.primitive import REGISTRY
from dualad.testing import coverage, pages, rows
from dualad.testing.calls import ALL_CALLS

SAME_NUMPY = pages.versions() == _supported.versions()


@pytest.mark.parametrize(
    "given, name",
    [
        ("numpy.sum", "numpy.sum"),
        ("sum", "numpy.sum"),
        (np.sum, "numpy.sum"),
        (dnp.sum, "numpy.sum"),
        (np.linalg.norm, "numpy.linalg.norm"),
        ("linalg.norm", "numpy.linalg.norm"),
        (np.ndarray.sum, "numpy.ndarray.sum"),
        ("ndarray.__getitem__", "numpy.ndarray.__getitem__"),
        (np.add, "numpy.add"),
        (scipy.special.erf, "scipy.special.erf"),
        ("erf", "scipy.special.erf"),
        (dnp.tanh, "dualad.ops.tanh"),
        ("dualad.ops.vector_norm", "dualad.ops.vector_norm"),
        (np.fft.rfft, "numpy.fft.rfft"),
    ],
)
def test_a_row_is_found(given, name):
    assert dualad.supported(given).name == name


def test_a_row_says_what_was_found():
    row = dualad.supported(np.average)
    assert (row.verdict, row.engines, row.orders) == ("right", ("forward", "reverse"), (1, 2))
    assert row.arguments["a"] == row.arguments["weights"] == "right"
    assert {"axis", "weights", "returned", "keepdims"} <= row.keywords.keys()
    assert set(row.dtypes) == {"float64", "float32", "complex128", "complex64"}
    assert dualad.supported("sum").arguments["initial"] == "right from dualad.numpy"
    assert dualad.supported("save").verdict == "rejected" and "saved" in dualad.supported("save").remark
    assert dualad.supported("argmax").verdict == "flat" and dualad.supported("argmax").orders == (1,)
    assert dualad.supported("gcd").verdict == "no floating argument" and dualad.supported("gcd").engines == ()
    assert dualad.supported("arctan2").dtypes.keys() == {"float64", "float32"}


def test_what_is_not_known_says_what_is_near():
    with pytest.raises(LookupError, match=r"nothing is known of numpy\.avrage\. Did you mean numpy\.average"):
        dualad.supported("numpy.avrage")
    with pytest.raises(LookupError, match="nothing is known of"):
        dualad.supported(lambda x: x)


def test_the_table_is_filtered():
    table = dualad.supported()
    right = table.filter(verdict="right", namespace="numpy.fft")
    assert {r.namespace for r in right} == {"numpy.fft"} and len(right) >= 16
    assert table.filter(lambda r: "weights" in r.arguments).filter(name="numpy.average") == (
        dualad.supported("average"),
    )
    with pytest.raises(TypeError, match="not color="):
        table.filter(color="red")


def test_the_table_prints_itself():
    table = dualad.supported()
    assert f"{len(table)} functions: " in repr(table) and "more" in repr(table)
    few = table.filter(namespace="numpy.fft")
    assert repr(few).count("\n") == len(few)
    assert "<td>numpy.fft.fft</td>" in few._repr_html_()
    assert "keywords" in repr(dualad.supported("sum"))


def test_nothing_is_wrong():
    assert not [
        r for r in dualad.supported() if "WRONG" in (r.verdict, *r.dtypes.values(), *r.keywords.values())
    ]


def test_every_row_survives_the_file():
    for row in dualad.supported():
        assert _supported.parse("\t".join(_supported.cells(row))) == row


def test_the_table_has_every_call_and_every_primitive():
    names = {n if n.startswith("scipy.") else f"numpy.{n}" for n in ALL_CALLS}
    assert {r.name for r in dualad.supported()} == names | {f"dualad.ops.{n}" for n in REGISTRY}


PUBLIC = {
    "": np,
    "linalg.": np.linalg,
    "fft.": np.fft,
    "emath.": np.emath,
    "polynomial.polynomial.": np.polynomial.polynomial,
}


@pytest.mark.parametrize("prefix", PUBLIC)
@pytest.mark.filterwarnings("ignore")  # the names that NumPy means to drop
def test_every_public_function_of_numpy_has_a_row(prefix):
    space = PUBLIC[prefix]
    public = [n for n in dir(space) if not n.startswith("_") and callable(getattr(space, n)) and n != "test"]
    functions = {n for n in public if not isinstance(getattr(space, n), type)}
    left = {n for n in functions if f"{prefix}{n}" not in ALL_CALLS}
    assert left <= GONE, f"no calls of {sorted(left)} in dualad.testing.calls"


# In the first versions of NumPy 2 alone.
GONE = {"in1d", "row_stack", "trapz", "asfarray", "disp", "fix", "normalize_axis_index"}


@pytest.mark.skipif(not SAME_NUMPY, reason="the table was made with other versions")
@pytest.mark.parametrize("name", random.Random(12).sample(sorted(ALL_CALLS), 30))
def test_a_sample_of_rows_is_fresh(name):
    """If this fails: python -m dualad.testing.coverage --page docs/numpy.md --table"""
    row = rows.row(name)
    assert row == dualad.supported(row.name)


@pytest.mark.skipif(not SAME_NUMPY, reason="the table was made with other versions")
@pytest.mark.parametrize("name", random.Random(13).sample(sorted(REGISTRY), 12))
def test_a_sample_of_primitives_is_fresh(name):
    row = rows.primitive_row(REGISTRY[name])
    assert row == dualad.supported(row.name)


@pytest.mark.skipif(
    not SAME_NUMPY, reason="older versions of NumPy do not tell the signatures of what is in C"
)
def test_parameters_are_found_in_a_call():
    def of(name, call):
        return [where for where, _ in rows.parameters(name, call)]

    assert of("average", "np.average(A, axis=1, weights=w)") == ["a", "axis", "weights"]
    assert of("put", "change(np.put, A, [0], v, mode='clip')") == ["a", "ind", "v", "mode"]
    assert of("add", "np.add.reduce(P, axis=1)") == ["reduce.array", "reduce.axis"]
    assert of("ndarray.sum", "A.sum(1)") == ["self", "axis"]
    assert of("ndarray.__add__", "A + B") == ["self", "other"]
    assert of("ndarray.__setitem__", "changed(A, (0, v))") == ["self", "value"]
    assert rows.given("clip", "np.clip(A, s, 1, out=B)") == ["a_min", "a_max", "out"]


def test_the_command_judges_one_function(capsys):
    assert coverage.main(["trace"]) == 0
    assert "right: np.trace(S) by S" in capsys.readouterr().out
