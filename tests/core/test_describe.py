"""What `print(x)` and `repr(x)` say of a traced value."""

import numpy as np
import pytest

import dualad

X = np.array([1.0, 2.0])


def told(transform, x=X, f=lambda x: x * 2):
    seen = []

    def g(x):
        y = f(x)
        seen.extend([str(x), repr(x), str(y), repr(y)])
        return np.sum(y)

    transform(g)(x)
    return seen


def test_reverse():
    assert told(dualad.grad) == [
        "[1. 2.]  (input of grad)",
        "Array([1., 2.], input of grad)",
        "[2. 4.]  (made by multiply in grad)",
        "Array([2., 4.], made by multiply in grad)",
    ]


def test_forward():
    found = told(lambda g: lambda x: dualad.jvp(g, (x,), (np.array([1.0, 0.0]),)))
    assert found[1] == "Array([1., 2.], tangent [1., 0.] of jvp)"
    assert found[2] == "[2. 4.]  (tangent [2., 0.] of jvp)"
    large = told(lambda g: lambda x: dualad.jvp(g, (x,), (x,)), np.ones(30))
    assert "tangent of shape (30,) of jvp" in large[0]


def test_batches_and_recordings():
    found = told(dualad.vmap, np.ones((3, 2)))
    assert found[0].endswith("(3 rows of vmap)")
    assert told(dualad.trace)[0] == "[1. 2.]  (recorded by trace)"
    found = told(lambda g: lambda x: dualad.linearize(g, x))
    assert found[0] == "[1. 2.]  (tangent recorded by linearize)"


def test_nested():
    found = told(dualad.hessian)
    assert found[1].startswith("Array([1., 2.], input of vjp, tangent [[1., 0.], [0., 1.]] of jvp")
    assert found[3].startswith("Array([2., 4.], made by multiply in vjp, tangent [[2., 0.], [0., 2.]] of jvp")


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x: x[1:], "take_static"),
        (lambda x: np.concatenate([x, x]), "concatenate"),
        (lambda x: x @ np.ones((2, 3)), "matmul"),
        (lambda x: np.linalg.eigh(np.outer(x, x) + np.diag([1.0, 2.0]))[0], "eigh"),
        (lambda x: np.sum(x, axis=0), "sum"),
    ],
)
def test_the_primitive_is_named_on_every_road(f, name):
    assert f"made by {name} in grad" in told(dualad.grad, f=f)[3]


def test_values_alone():
    assert told(lambda g: g)[0] == "[1. 2.]"
    zeros = dualad.numpy.zeros(2)
    assert (str(zeros), repr(zeros)) == ("[0. 0.]", "Array([0., 0.])")
    shown = []
    dualad.grad(lambda x: shown.append(f"{x[0]} {x[0]:.2f}") or np.sum(x))(X)
    assert shown == ["1.0 1.00"]


def test_ended():
    kept = []
    dualad.grad(lambda x: kept.append(x) or np.sum(x))(X)
    assert repr(kept[0]) == "Array([1., 2.], input of grad (ended))"


def test_stores_that_wait_are_shown():
    def g(x):
        y = np.zeros_like(x)
        y[0] = x[1]
        shown.append(repr(y))
        return np.sum(y)

    shown = []
    dualad.grad(g)(X)
    assert shown == ["Array([2., 0.], made by put_many in grad)"]


def test_tensors_under_a_transform():
    shown = []

    def g(t):
        shown.append(repr(t * 2))
        return (t * t).sum()

    dualad.grad(g)(dualad.tensor([1.0, 2.0]))
    assert shown == ["tensor([2., 4.], made by multiply in grad)"]
