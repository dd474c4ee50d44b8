"""Programs as they are recorded: listed, run again, and refused where they do not hold."""

import re

import numpy as np
import pytest

import dualad
import dualad.nn as nn
from dualad.core.batch import BranchError
from dualad.core.errors import StructureError

HERE = "test_trace.py"


def names(program):
    return [equation.name for equation in program.equations]


def scaled(x):
    return np.exp(x) * x


def model(x, w):
    y = np.sin(x) * w["a"]
    y = y + scaled(y)
    return np.sum(y * np.array([1.0, 2.0, 3.0])), {"y": y}


def test_listing():
    program = dualad.trace(model)(np.ones(3), {"a": 2.0, "n": 3})
    lines = [re.sub(rf"{HERE}:\d+", "LINE", line) for line in repr(program).splitlines()]
    assert lines == [
        "model(x: f64[3], w['a']: f64, w['n']=3)",
        "  c1 = f64[3] = [1., 2., 3.]  # constant",
        '  v1 = sin x               f64[3]  24 B  # LINE  y = np.sin(x) * w["a"]',
        "  v2 = multiply v1 w['a']  f64[3]  24 B  # LINE",
        "  scaled:",
        "    v3 = exp v2              f64[3]  24 B  # LINE  return np.exp(x) * x",
        "    v4 = multiply v3 v2      f64[3]  24 B  # LINE",
        "  v5 = add v2 v4           f64[3]  24 B  # LINE  y = y + scaled(y)",
        '  v6 = multiply v5 c1      f64[3]  24 B  # LINE  return np.sum(y * np.array([1.0, 2.0, 3.0])), {"y": y}',
        "  v7 = sum v6              f64      8 B  # LINE",
        "  return (v7, {'y': v5})",
        "# 7 equations of 5 primitives, 152 B of results",
    ]
    assert "<pre>model(x: f64[3]" in program._repr_html_()


def test_lines_are_the_users():
    program = dualad.trace(scaled)(np.ones(2))
    first = scaled.__code__.co_firstlineno
    assert [e.line.number for e in program.equations] == [first + 1, first + 1]
    assert {e.line.text for e in program.equations} == {"return np.exp(x) * x"}


def test_parameters_are_shown_where_they_are_not_defaults():
    text = repr(dualad.trace(lambda x: np.sum(x[1:, None], axis=0))(np.ones(3)))
    assert "take_static[index=[1:, None]] x" in text
    assert "sum[axis=0] v1" in text


def test_many_leaves_go_one_to_a_line():
    tree = {f"parameter {k}": np.ones(3) for k in range(6)}
    lines = repr(dualad.trace(lambda t: t["parameter 0"] + 1)(tree)).splitlines()
    assert lines[0] == "<lambda>("
    assert lines[1] == "    t['parameter 0']: f64[3],"
    assert lines[7] == ")"


RNG = np.random.default_rng(0)
X = RNG.normal(size=4)
A = RNG.normal(size=(4, 4))


def f(x):
    return np.sum(np.tanh(A @ x) ** 2) + x[0] * x[1]


def filled(x):
    y = np.zeros_like(x)
    for i in range(1, len(x)):
        y[i] = y[i - 1] * 0.5 + np.sin(x[i])
    return y @ y


TRANSFORMED = {
    "f": f,
    "grad": dualad.grad(f),
    "hessian": dualad.hessian(f),
    "jacrev": dualad.jacrev(lambda x: np.outer(x, x)),
    "jvp": lambda x: dualad.jvp(f, (x,), (x,)),
    "vmap": dualad.vmap(np.square),
    "vmap of grad": lambda x: dualad.vmap(dualad.grad(f))(np.stack([x, 2 * x])),
    "stores": dualad.value_and_grad(filled),
    "linearize": lambda x: dualad.linearize(f, x)[1](x),
    "checkpoint": dualad.grad(dualad.checkpoint(f)),
    "eigh": lambda x: tuple(np.linalg.eigh(np.outer(x, x) + np.diag([1.0, 2, 3, 4]))),
    "mask": lambda x: np.sum(x[x > 0]),
    "composite": lambda x: np.percentile(np.cov(np.outer(x, x)), 30),
}


@pytest.mark.parametrize("name", TRANSFORMED)
def test_a_program_runs_again(name):
    transformed = TRANSFORMED[name]
    program = dualad.trace(transformed)(X)
    for x in (X, X + 0.125 * np.sign(X)):
        want, got = transformed(x), program(x)
        assert dualad.tree_structure(want) == dualad.tree_structure(got)
        for a, b in zip(dualad.tree_leaves(want), dualad.tree_leaves(got), strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-13, atol=1e-15)


def test_a_program_is_differentiated_and_batched():
    program = dualad.trace(f)(X)
    np.testing.assert_allclose(dualad.grad(program)(X), dualad.grad(f)(X), rtol=1e-14)
    np.testing.assert_allclose(dualad.jvp(program, (X,), (X,))[1], dualad.jvp(f, (X,), (X,))[1], rtol=1e-13)
    np.testing.assert_allclose(dualad.hessian(program)(X), dualad.hessian(f)(X), rtol=1e-12, atol=1e-14)
    rows = np.stack([X, 2 * X])
    np.testing.assert_allclose(dualad.vmap(program)(rows), [f(r) for r in rows], rtol=1e-13)
    gradient = dualad.trace(dualad.grad(f))(X)
    np.testing.assert_allclose(dualad.jacfwd(gradient)(X), dualad.hessian(f)(X), rtol=1e-12, atol=1e-14)


def test_a_program_of_a_program_is_the_program():
    program = dualad.trace(scaled)(X)
    assert names(dualad.trace(program)(X)) == names(program) == ["exp", "multiply"]


def test_inside_another_transform():
    """The recorder is newer there: the outer trace is below it."""
    found = []

    def g(x):
        program = dualad.trace(lambda y: y * x)(np.ones(4))
        found.append(names(program))
        return np.sum(program(x))

    np.testing.assert_allclose(dualad.grad(g)(X), 2 * X, rtol=1e-15)
    assert found == [["multiply"]]


def test_gradient_steps_name_the_forward_line():
    def g(x):
        y = np.sin(x)
        return np.sum(y * y)

    program = dualad.trace(dualad.grad(g))(X)
    first = g.__code__.co_firstlineno
    back = [(e.name, e.line.number - first) for e in program.equations if e.backward]
    assert back[-1] == ("multiply", 1)
    assert {line for _, line in back} == {1, 2}
    assert f"# backward of {HERE}:{first + 1}" in repr(program)
    assert not any(e.backward for e in program.equations[:2])


def test_unused_results_are_marked_and_not_run_again():
    def g(x):
        np.exp(x)
        return x + 1

    program = dualad.trace(g)(X)
    assert program.needed() == {1}
    marked = [line for line in repr(program).splitlines() if "(unused)" in line]
    assert len(marked) == 1
    assert "exp x" in marked[0]


# ---- what Python decides --------------------------------------------------------------------------


def branching(x):
    if x > 0:
        return x**2
    return -x


def test_a_branch_is_noted_and_guarded():
    program = dualad.trace(branching)(2.0)
    assert names(program) == ["greater", "power"]
    (line,) = (line for line in repr(program).splitlines() if "!" in line)
    assert line.startswith("  ! Python branched on v1, here True  # test_trace.py:")
    assert program(3.0) == 9.0
    assert dualad.grad(program)(3.0) == 6.0
    with pytest.raises(
        BranchError, match=r"at test_trace.py:\d+: 'if x > 0:', where bool.* was True"
    ) as error:
        program(-1.0)
    assert "for these arguments it is False" in str(error.value)
    with pytest.raises(BranchError, match="differs between its rows"):
        dualad.vmap(program)(np.array([1.0, -1.0]))


def test_a_branch_under_a_transform():
    program = dualad.trace(dualad.grad(lambda x: branching(x) if x else x))(2.0)
    assert [d.how for d in program.decisions] == ["bool", "bool"]
    assert program(3.0) == 6.0
    with pytest.raises(BranchError):
        program(-3.0)


@pytest.mark.parametrize(
    ("how", "g"),
    [
        ("float", lambda x: x * float(x[0])),
        ("int", lambda x: x * int(x[0])),
        ("complex", lambda x: x * complex(x[0]).real),
        ("asarray", lambda x: x * np.asarray(x)[0]),
    ],
)
def test_values_that_python_takes_are_guarded(how, g):
    x = np.array([3.0, 1.0])
    program = dualad.trace(g)(x)
    assert how in {d.how for d in program.decisions}
    assert f"! Python took {how}(…) of" in repr(program)
    np.testing.assert_array_equal(program(x), g(x))
    with pytest.raises(BranchError, match="record"):
        program(x + 1)
    with pytest.raises(dualad.ConversionError):
        dualad.grad(lambda y: np.sum(program(y)))(x)


@pytest.mark.parametrize(
    "g", [lambda x: x * x[0].item(), lambda x: x * x.tolist()[0], lambda x: x * x.item(0)]
)
def test_an_entry_is_recorded(g):
    x = np.array([3.0, 1.0])
    program = dualad.trace(g)(x)
    assert not program.decisions
    np.testing.assert_array_equal(program(x + 1), g(x + 1))
    np.testing.assert_array_equal(dualad.jacrev(program)(x), [[6.0, 0.0], [1.0, 3.0]])


def test_index_is_guarded():
    def g(x, n):
        return x * range(10)[n]

    program = dualad.trace(g)(X, np.array(3))
    np.testing.assert_array_equal(program(X, np.array(3)), 3 * X)
    with pytest.raises(BranchError):
        program(X, np.array(4))


def test_rows_of_a_batch_that_agree():
    g = dualad.vmap(lambda x: x if x.sum() > 0 else -x)
    rows = np.stack([X * X, X * X])
    program = dualad.trace(g)(rows)
    np.testing.assert_array_equal(program(2 * rows), 2 * rows)
    with pytest.raises(BranchError, match="Record it again"):
        program(-rows)
    with pytest.raises(BranchError, match="differs between its rows"):
        dualad.trace(g)(np.stack([X * X, -X * X]))


@pytest.mark.parametrize(
    "g", [np.unique, lambda x: x[np.nonzero(x > 0.2)], lambda x: np.searchsorted(x, 0.5)]
)
def test_functions_of_the_values_are_decisions(g):
    x = np.array([0.1, 0.3, 0.4])
    program = dualad.trace(g)(x)
    assert [d.how for d in program.decisions] == ["asarray"] * len(program.decisions) != []
    np.testing.assert_array_equal(program(x), g(x))
    with pytest.raises(BranchError):
        program(x[::-1])


def test_nan_decides_as_nan():
    program = dualad.trace(lambda x: x * float(x))(np.nan)
    assert np.isnan(program(np.nan))
    with pytest.raises(BranchError):
        program(1.0)


# ---- other arguments than those it was recorded with ----------------------------------------------


def test_arguments_must_be_alike():
    program = dualad.trace(lambda x, n: x * n)(np.ones(3), 2)
    np.testing.assert_array_equal(program(np.full(3, 2.0), 2), [4, 4, 4])
    with pytest.raises(StructureError, match=r"x = f64\[3\]; here it is f64\[4\]"):
        program(np.ones(4), 2)
    with pytest.raises(StructureError, match=r"x = f64\[3\]; here it is f32\[3\]"):
        program(np.ones(3, np.float32), 2)
    with pytest.raises(StructureError, match="n = 2, a constant of it; here it is 3"):
        program(np.ones(3), 3)
    with pytest.raises(StructureError, match="was recorded with"):
        program(np.ones(3))


def test_what_the_user_overwrites_later_is_a_copy():
    c = np.ones(3)
    x = np.ones(3)

    def g(x):
        y = x * c
        c[:] = 5
        return y * c

    program = dualad.trace(g)(x)
    assert len(program.constants()) == 2
    x[:] = c[:] = 7
    np.testing.assert_array_equal(program(np.ones(3)), [5, 5, 5])


def test_a_constant_used_twice_is_one():
    program = dualad.trace(lambda x: x * A[0] + A[1] * A[0] + x @ A + A @ x)(X)
    assert sum(c.shape == (4, 4) for c in program.constants()) == 1


# ---- tensors, modules, custom rules -----------------------------------------------------------------


def test_modules_and_tensors():
    dualad.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    x, t = dualad.randn(5, 3), dualad.tensor([0, 1, 0, 1, 1])

    def loss(net, x):
        return nn.functional.cross_entropy(net(x), t)

    program = dualad.trace(loss)(net, x)
    text = repr(program)
    assert "net.0.weight: f32[4, 3]" in text
    assert "x: f32[5, 3]" in text
    assert "    Linear:\n      v1 = affine x net.0.weight net.0.bias" in text
    assert program(net, x).item() == loss(net, x).item()
    gradient = dualad.trace(dualad.grad(loss))(net, x)(net, x)
    for got, want in zip(gradient.parameters(), dualad.grad(loss)(net, x).parameters(), strict=True):
        np.testing.assert_allclose(got.detach().numpy(), want.detach().numpy(), rtol=1e-6)


def test_a_function_with_its_own_rule_is_one_equation():
    @dualad.custom_vjp
    def clipped(x):
        return np.minimum(x, 1.0)

    clipped.defvjp(lambda x: (np.minimum(x, 1.0), None), lambda _, g: (g,))
    program = dualad.trace(lambda x: np.sum(clipped(x)))(X)
    assert names(program) == ["clipped", "sum"]
    np.testing.assert_allclose(program(X), np.sum(np.minimum(X, 1)), rtol=1e-15)
    np.testing.assert_array_equal(dualad.grad(program)(X), np.ones(4))


def test_constant_outputs():
    program = dualad.trace(lambda x: (x, 3.0, np.arange(2)))(X)
    x, three, two = program(2 * X)
    np.testing.assert_array_equal(x, 2 * X)
    assert three == 3.0
    np.testing.assert_array_equal(two, [0, 1])
    assert repr(program).splitlines()[1] == "  return (x, 3.0, i64[2] = [0, 1])"


def test_an_error_of_the_functions_passes_and_ends_the_trace():
    kept = []

    def g(x):
        kept.append(x)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        dualad.trace(g)(X)
    with pytest.raises(dualad.LeakedValue, match="trace"):
        kept[0] + 1


# ---- cost -----------------------------------------------------------------------------------------


def test_cost():
    def g(x, a):
        return np.sum(np.tanh(a @ x) * np.tanh(x @ a))

    cost = dualad.trace(g)(np.ones(4), np.ones((4, 4))).cost()
    by = {c.primitive: c for c in cost}
    assert by["matmul"].flops == 2 * (2 * 4 * 4)
    assert by["tanh"] == ("tanh", 2, 64, None)
    assert by["sum"].bytes_out == 8
    assert repr(cost).splitlines()[-1] == "6 calls, 168 B of results"
    assert "<table>" in cost._repr_html_()


@pytest.mark.parametrize(
    ("g", "args", "flops"),
    [
        (lambda a, b: np.tensordot(a, b, 2), ((2, 3, 4), (3, 4, 5)), 2 * 2 * 12 * 5),
        (lambda a, b: a @ b, ((6, 2, 3), (3, 4)), 2 * 6 * 2 * 4 * 3),
        (np.outer, ((3,), (4,)), 2 * 12),
        (np.inner, ((2, 3), (4, 3)), 2 * 8 * 3),
        (lambda a, b: np.tensordot(a, b + 0j, 1), ((2, 3), (3, 2)), 4 * 2 * 4 * 3),
    ],
)
def test_flops_of_products(g, args, flops):
    cost = dualad.trace(g)(*(np.ones(shape) for shape in args)).cost()
    assert [c.flops for c in cost if c.flops is not None] == [flops]


def test_flops_of_a_convolution():
    x, w = dualad.ones(1, 2, 5, 5), dualad.ones(3, 2, 3, 3)
    cost = dualad.trace(nn.functional.conv2d)(x, w).cost()
    assert [c.flops for c in cost if c.flops] == [2 * 3 * 9 * 18]
