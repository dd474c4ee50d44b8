"""Faults planted in primitives and in custom rules: audit and checked find each, and name the primitive and line."""

from __future__ import annotations

import numpy as np
import pytest

import dualad
from dualad.core.elementwise import elementwise
from dualad.core.primitive import REGISTRY, primitive
from dualad.ops.arithmetic import multiply
from dualad.ops.matmul import mT
from dualad.testing.audit import UncheckedWarning, WrongDerivative, audit

RNG = np.random.default_rng(3)
X, A = RNG.normal(size=5), RNG.normal(size=(3, 3))
Z = RNG.normal(size=5) + 1j * RNG.normal(size=5)


@pytest.fixture(autouse=True)
def own_registry():
    before = set(REGISTRY)
    yield
    for name in set(REGISTRY) - before:
        del REGISTRY[name]


def scalar(out):
    return np.sum(np.sin(out.real))


def cubes(jvp=None, vjp=None):
    return elementwise(
        lambda x: x**3,
        jvp=jvp or (lambda dx, x: 3 * dx * x**2),
        vjp=vjp or (lambda g, x: 3 * g * x**2),
        name="a_cube",
        doc="x³.",
    )


def products(a, b):
    @primitive(multilinear="a b", name="a_product")
    def op(a, b):
        """a @ b"""
        return np.matmul(a, b)

    op.vjp(a=a, b=b)
    return op


FAULTS = {
    "a sign": (lambda: cubes(vjp=lambda g, x: -3 * g * x**2), X, "x"),
    "a factor of 1 + 1e-6": (lambda: cubes(vjp=lambda g, x: 3 * g * x**2 * (1 + 1e-6)), X, "x"),
    "the same in the JVP": (lambda: cubes(jvp=lambda dx, x: 3 * dx * x**2 * (1 + 1e-6)), X, "x"),
    "a dropped factor": (lambda: cubes(vjp=lambda g, x: 3 * g * x), X, "x"),
    "a conjugate too many": (lambda: cubes(vjp=lambda g, x: 3 * g * np.conjugate(x) ** 2), Z, "x"),
    "a transposed cotangent": (
        lambda: products(lambda g, b: mT(g @ mT(b)), lambda g, a: mT(a) @ g),
        A,
        "a",
    ),
    "operands exchanged": (lambda: products(lambda g, b: g @ mT(b), lambda g, a: g @ mT(a)), A, "b"),
    "a dropped argument": (lambda: products(lambda g, b: g @ mT(b), lambda g, a: None), A, "b"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_of_a_primitive(name):
    make, x, argument = FAULTS[name]
    op = make()
    if op.primitive.name == "a_product":
        f = lambda x: scalar(op(np.cos(x), np.exp(x)))
    else:
        f = lambda x: scalar(op(np.cos(x)))
    report = audit(f, x)
    (finding,) = report.errors
    assert finding.kind == "wrong rule" and finding.primitive == op.primitive.name
    assert finding.line.file == __file__ and "scalar(op(np.cos(x)" in finding.line.text
    rule = "JVP" if "JVP" in name else "VJP"
    assert f"in its argument {argument}" in finding.text
    assert f"the {rule} of {argument} is wrong, say finite differences" in finding.text
    assert any(line.file == __file__ for line in finding.written.values())
    bad = [n for n in report.nodes if not n.ok]
    assert [n.primitive for n in bad] == [op.primitive.name] and report.digits < 8
    with pytest.raises(WrongDerivative) as caught, dualad.checked():
        dualad.grad(f)(x)
    assert caught.value.primitive == op.primitive.name and caught.value.argument == argument
    assert caught.value.line.file == __file__
    assert (
        f"the rules of {op.primitive.name} disagree in its argument {argument}, called at test_mutants.py"
        in str(caught.value)
    )


def test_both_rules_wrong_alike():
    """The engines agree; numbers find it, and the node."""
    wrong = cubes(jvp=lambda dx, x: 2.9 * dx * x**2, vjp=lambda g, x: 2.9 * g * x**2)
    report = audit(lambda x: scalar(wrong(np.cos(x))), X)
    assert report.engines > 13
    (finding,) = report.errors
    assert finding.kind == "wrong rule" and finding.primitive == "a_cube"
    assert "JVP and VJP of x" in finding.text and "though the rules agree" in finding.text


def test_a_missing_jvp():
    @primitive(name="a_square")
    def square(x):
        """x²"""
        return np.multiply(x, x)

    square.vjp(x=lambda g, x: 2 * g * x)
    report = audit(lambda x: np.sum(square(x)), X)
    assert report.ok and [f.kind for f in report.findings] == ["one engine"]
    assert report.numbers[0].confirmed > 9 and report.nodes[0].unpushed
    with pytest.warns(UncheckedWarning, match="a_square cannot be checked"), dualad.checked():
        dualad.grad(lambda x: np.sum(square(x)))(X)
    square.vjp(x=lambda g, x: 3 * g * x)
    report = audit(lambda x: np.sum(square(x)), X)
    assert not report.ok and report.errors[0].primitive in ("a_square", "")


RULES = {
    "a sign": lambda x, g: -3 * g * x**2,
    "a factor of 1 + 1e-6": lambda x, g: 3 * g * x**2 * (1 + 1e-6),
    "a dropped term": lambda x, g: 2 * g * x**2,
    "a reversed order": lambda x, g: (3 * g * x**2)[::-1],
}


@pytest.mark.parametrize("name", RULES)
def test_of_a_custom_vjp(name):
    @dualad.custom_vjp
    def my_cube(x):
        return x**3

    bwd = RULES[name]
    my_cube.defvjp(lambda x: (x**3, x), lambda x, g: (bwd(x, g),))
    f = lambda x: np.sum(np.sin(my_cube(np.cos(x))))
    report = audit(f, X)
    (finding,) = report.errors
    assert finding.kind == "wrong rule" and finding.primitive == "my_cube"
    assert "my_cube(np.cos(x))" in finding.line.text
    assert finding.written["bwd"].file == __file__ and "my_cube.defvjp" in finding.written["bwd"].text
    with (
        pytest.raises(WrongDerivative, match="the derivative of .* of my_cube is wrong") as caught,
        dualad.checked(),
    ):
        dualad.value_and_grad(f)(X)
    assert caught.value.primitive == "my_cube" and "trust=('my_cube',)" in str(caught.value)
    assert f"bwd: {__file__}" in str(caught.value)


def test_of_a_custom_jvp():
    @dualad.custom_jvp
    def my_sine(x, y):
        return np.sin(x) * y

    my_sine.defjvps(lambda dx, ans, x, y: dx * np.cos(x) * y, lambda dy, ans, x, y: dy * np.cos(x))
    report = audit(lambda x: np.sum(my_sine(x, x**2)), X)
    (finding,) = report.errors
    assert finding.primitive == "my_sine" and "the derivative of y of my_sine is wrong" in finding.text


def test_a_rule_that_is_right_but_rough_passes():
    """Finite differences of an iteration that stops at 1e-9 are noisy; the rule is not to be blamed for that."""

    @dualad.custom_vjp
    def root(a):
        a, x = np.asarray(a), np.ones(np.shape(a))
        while np.max(np.abs(x * x - a)) > 1e-9:
            x = (x + a / x) / 2
        return x

    root.defvjp(lambda a: (root(a),) * 2, lambda r, g: (g / (2 * r),))
    with dualad.checked() as check:
        dualad.grad(lambda a: np.sum(root(a)))(np.abs(X) + 0.5)
    assert check.count == 1


def test_two_faults_are_two_findings():
    wrong = cubes(vjp=lambda g, x: -3 * g * x**2)
    report = audit(lambda x: np.sum(wrong(x)) + np.sum(multiply(wrong(x[:2]), 2.0)), X)
    assert len(report.errors) in (1, 2) and {f.primitive for f in report.errors} == {"a_cube"}
