"""einops, opt_einsum, xarray, pint and array-api-extra on dualad arrays: differentiated, against numbers."""

import subprocess
import sys

import numpy as np
import pytest

import dualad
import dualad.numpy as dnp
from dualad.core.errors import ConversionError
from tests.standard.judge import judge, judge_or_flat

rng = np.random.default_rng(42)
X = rng.normal(size=(2, 3, 4))
A, B = rng.normal(size=(3, 4)), rng.normal(size=(4, 5))

# ---- einops -----------------------------------------------------------------------------------------

EINOPS = {
    "rearrange": lambda e, x: e.rearrange(x, "a b c -> c (a b)"),
    "split": lambda e, x: e.rearrange(x, "a b (c d) -> (a c) b d", d=2) * 2,
    "reduce mean": lambda e, x: e.reduce(x, "a b c -> c", "mean"),
    "reduce max": lambda e, x: e.reduce(x, "a b c -> a 1 c", "max"),
    "reduce prod": lambda e, x: e.reduce(x, "a b c -> b", "prod"),
    "repeat": lambda e, x: e.repeat(x, "a b c -> a (b 2) c k", k=3),
    "pack": lambda e, x: e.pack([x, x[:, 0]], "a * c")[0],
    "unpack": lambda e, x: e.unpack(x, [(1,), (2,)], "a * c"),
    "list": lambda e, x: e.rearrange([x[0], x[1]], "n b c -> b (n c)"),
}


@pytest.mark.parametrize("name", EINOPS)
@pytest.mark.parametrize("module", ["einops", "einops.array_api"])
def test_einops(name, module):
    judge(lambda x: EINOPS[name](pytest.importorskip(module), x), X)


def test_einops_einsum():
    einops = pytest.importorskip("einops")
    judge(lambda x, a: einops.einsum(x, a, "a b c, b c -> a b"), X, A)


def test_einops_on_tensors():
    einops = pytest.importorskip("einops")
    t = dualad.tensor(X, requires_grad=True)
    y = einops.reduce(einops.rearrange(t, "a b c -> c (a b)") ** 2, "c k -> c", "sum")
    y.sum().backward()
    np.testing.assert_allclose(t.grad.numpy(), 2 * X)


ORDERS = ["import einops, dualad", "import dualad, einops", "import dualad\nimport opt_einsum, einops"]


@pytest.mark.parametrize("imports", ORDERS)
def test_einops_is_told_whatever_is_imported_first(imports):
    pytest.importorskip("einops")
    pytest.importorskip("opt_einsum")
    code = f"{imports}\nimport numpy as np\n" + (
        "g = dualad.grad(lambda x: np.sum(einops.rearrange(x, 'a b -> b a') ** 2))(np.ones((2, 3)))\n"
        "import opt_einsum, sys\n"
        "f = dualad.grad(lambda x: np.sum(opt_einsum.contract('ij,jk,kl->il', x, x.T, x)))\n"
        "f(np.ones((2, 3)))\n"
        "assert not any(type(f).__module__.startswith('dualad') for f in sys.meta_path)\n"
        "print(g.sum())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "12.0", run.stderr


# ---- opt_einsum -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "equation, operands",
    [("ij,jk->ik", (A, B)), ("ij,jk,lk->il", (A, B, B[:3])), ("ij,ij,ik->k", (A, A, A)), ("ij->ji", (A,))],
)
def test_opt_einsum(equation, operands):
    opt_einsum = pytest.importorskip("opt_einsum")
    judge(lambda *xs: opt_einsum.contract(equation, *xs), *operands)


def test_opt_einsum_expressions_with_plain_operands():
    opt_einsum = pytest.importorskip("opt_einsum")
    expression = opt_einsum.contract_expression("ij,jk,kl->il", (3, 4), (4, 5), (5, 2))
    judge(lambda a: expression(a, B, np.ones((5, 2))), A)


def test_opt_einsum_on_tensors():
    opt_einsum = pytest.importorskip("opt_einsum")
    t = dualad.tensor(A, requires_grad=True)
    opt_einsum.contract("ij,jk,kl->il", t, dualad.tensor(B), dualad.tensor(B.T)).sum().backward()
    np.testing.assert_allclose(t.grad.numpy(), np.tile((B @ B.T).sum(1), (3, 1)))


# ---- xarray -----------------------------------------------------------------------------------------

XARRAY = {
    "arithmetic": lambda x, da: 2 * da / (1 + da**2),
    "ufunc": lambda x, da: np.exp(da),
    "mean": lambda x, da: da.mean("b") * 2,
    "std": lambda x, da: da.std("c"),
    "max": lambda x, da: da.max("c"),
    "median": lambda x, da: da.median("c"),
    "quantile": lambda x, da: da.quantile(0.3, "c"),
    "cumsum": lambda x, da: da.cumsum("c"),
    "sel": lambda x, da: da.sel(a=20),
    "isel": lambda x, da: da.isel(c=slice(1, None)),
    "differentiate": lambda x, da: da.differentiate("c"),
    "integrate": lambda x, da: da.integrate("c"),
    "where": lambda x, da: da.where(da > 0, 0.0) ** 2,
    "clip": lambda x, da: da.clip(-0.5, 0.5),
    "dot": lambda x, da: x.dot(da, da.isel(a=0, drop=True)),
    "concat": lambda x, da: x.concat([da, da**2], "a"),
    "roll and shift": lambda x, da: da.roll(a=1).shift(b=1, fill_value=0),
    "groupby": lambda x, da: da.groupby("g").mean(),
    "rolling": lambda x, da: da.rolling(c=2).mean().dropna("c"),
    "coarsen": lambda x, da: da.coarsen(c=2).mean(),
    "stack": lambda x, da: da.stack(z=("a", "b")) ** 2,
    "dataset": lambda x, da: (x.Dataset({"u": da}).mean("a") ** 2)["u"],
    "align": lambda x, da: da + da.isel(a=[1, 0]),
}
COORDS = {"a": [10, 20], "c": [0.0, 1.0, 3.0, 4.0], "g": ("b", [0, 0, 1])}


@pytest.mark.parametrize("name", XARRAY)
def test_xarray(name):
    xr = pytest.importorskip("xarray")
    judge_or_flat(lambda x: XARRAY[name](xr, xr.DataArray(x, dims=("a", "b", "c"), coords=COORDS)).data, X)


def test_xarray_stores():
    xr = pytest.importorskip("xarray")

    def program(x):
        buffer = xr.DataArray(dnp.zeros((2, 3, 4)), dims=("a", "b", "c"), coords=COORDS)
        buffer[0] = x[0]
        buffer.loc[{"a": 20}] = x[1] * 2
        return (buffer**2).sum("b").data

    judge(program, X)


@pytest.mark.parametrize("what", ["values", "interp", "to_numpy"])
def test_xarray_refuses_where_it_leaves_dualad(what):
    xr = pytest.importorskip("xarray")
    uses = {
        "values": lambda da: da.values,
        "interp": lambda da: da.interp(c=[0.5]).data,
        "to_numpy": lambda da: da.to_numpy(),
    }
    with pytest.raises(ConversionError, match="would lose its derivative"):
        dualad.grad(lambda x: np.sum(uses[what](xr.DataArray(x, dims=("a", "b", "c"), coords=COORDS))))(X)


# ---- pint -------------------------------------------------------------------------------------------

PINT = {
    "conversion": lambda u, x: (u.Quantity(x, "m") ** 2).to("cm**2"),
    "arithmetic": lambda u, x: (u.Quantity(x, "m") / u.Quantity(2.0, "s") + u.Quantity(1.0, "km/h")).to(
        "m/s"
    ),
    "with a plain array": lambda u, x: ((x * u.meter) * (A * u.newton)).to("joule"),
    "sqrt and sum": lambda u, x: np.sum(np.sqrt(u.Quantity(x**2 + 1, "m**2"))).to("cm"),
    "sin of degrees": lambda u, x: np.sin(u.Quantity(x, "degree")),
    "concatenate": lambda u, x: np.concatenate([u.Quantity(x, "m"), u.Quantity(x, "cm")]).to("m"),
    "mean": lambda u, x: np.mean(u.Quantity(x, "m")).to("mm"),
    "indexing": lambda u, x: u.Quantity(x, "m")[0, 1].to("km"),
    "offset units": lambda u, x: u.Quantity(x, "degC").to("kelvin"),
    "base units": lambda u, x: u.Quantity(x, "hour").to_base_units(),
    "where": lambda u, x: np.where(
        u.Quantity(x, "m") > u.Quantity(0, "m"), u.Quantity(x, "m"), u.Quantity(0.0, "m")
    ),
}


@pytest.fixture(scope="module")
def units():
    return pytest.importorskip("pint").UnitRegistry()


@pytest.mark.parametrize("name", PINT)
def test_pint(name, units):
    judge_or_flat(lambda x: PINT[name](units, x).magnitude, X)


def test_pint_in_place(units):
    def program(x):
        q = units.Quantity(1 * x, "m")
        q.ito("cm")
        q += units.Quantity(1.0, "m")
        return q.magnitude**2

    judge(program, X)


def test_pint_refuses_floats(units):
    with pytest.raises(ConversionError, match="would lose its derivative"):
        dualad.grad(lambda x: float(units.Quantity(x, "m").to("cm").magnitude))(2.0)


# ---- array-api-extra and array-api-compat -----------------------------------------------------------

EXTRA = {
    "at.set": lambda e, xp, x: e.at(x)[0].set(7.0),
    "at.set of a mask": lambda e, xp, x: e.at(x, x > 0).set(7.0),
    "at.set of traced values": lambda e, xp, x: e.at(xp.zeros((3, 4)))[1].set(x[0] * 2),
    **{
        f"at.{op}": lambda e, xp, x, op=op: getattr(e.at(x**2 + 0.5)[1:], op)(x[0] ** 2 + 2)
        for op in "add subtract multiply divide min max".split()
    },
    "at.power": lambda e, xp, x: e.at(x**2 + 0.5)[1:].power(2.0),
    "apply_where": lambda e, xp, x: e.apply_where(x > 0, (x, 2 * x), lambda a, b: a * b, lambda a, b: a - b),
    "apply_where, filled": lambda e, xp, x: e.apply_where(x > 0, x, xp.log, fill_value=0.0),
    "atleast_nd": lambda e, xp, x: e.atleast_nd(x, ndim=3),
    "cov": lambda e, xp, x: e.cov(x),
    "create_diagonal": lambda e, xp, x: e.create_diagonal(x[0]),
    "expand_dims": lambda e, xp, x: e.expand_dims(x, axis=(0, 2)),
    "kron": lambda e, xp, x: e.kron(x, x[0]),
    "nunique": lambda e, xp, x: x * e.nunique(x),
    "one_hot": lambda e, xp, x: e.one_hot(xp.argmax(x, axis=1), 4) * x,
    "pad": lambda e, xp, x: e.pad(x, 2),
    "setdiff1d": lambda e, xp, x: e.setdiff1d(x[0], xp.asarray([1.0])),
    "sinc": lambda e, xp, x: e.sinc(x),
    "isclose": lambda e, xp, x: xp.where(e.isclose(x, x[0]), x**2, x),
}
# Of a batch each row would have its own number of values, or they are masks to index with.
ONE_BY_ONE = {"nunique", "setdiff1d", "at.set of a mask", "apply_where", "apply_where, filled"}


@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", EXTRA)
def test_array_api_extra(name):
    extra, compat = pytest.importorskip("array_api_extra"), pytest.importorskip("array_api_compat")

    def program(x):
        return EXTRA[name](extra, compat.array_namespace(x), x)

    judge(program, A, rows=name not in ONE_BY_ONE)


def test_array_api_compat_knows_dualad_arrays():
    compat = pytest.importorskip("array_api_compat")

    def program(x):
        assert compat.is_array_api_obj(x) and not compat.is_numpy_array(x)
        assert compat.array_namespace(x, dnp.zeros(3), 1.0) is dnp
        assert (compat.device(x), compat.size(x)) == ("cpu", 12)
        assert compat.to_device(x, "cpu") is x and compat.is_writeable_array(x)
        return x**2

    program(dnp.asarray(A))
    judge(program, A)


def test_masks_made_before_the_namespace_is_asked_for():
    """They are plain arrays: array-api-compat refuses the mixture, and says so."""
    compat = pytest.importorskip("array_api_compat")

    def program(x):
        mask = x > 0
        with pytest.raises(TypeError, match="Multiple namespaces"):
            compat.array_namespace(x, mask)
        assert compat.array_namespace(x, dnp.asarray(mask), x > 0) is dnp
        return np.sum(x)

    dualad.grad(program)(A)
