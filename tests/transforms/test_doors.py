"""What goes in and comes out of transforms: arrays of the caller's own, and errors that teach."""

import math
import statistics

import numpy as np
import pytest
import scipy.optimize

import dualad

A = np.array([1.0, 2.0, 3.0])


# ---- what comes out is the caller's own -----------------------------------------------------------


def test_tangents_are_shared_with_nothing():
    dx = np.ones(3)
    _, t = dualad.jvp(lambda x: x + 1, (A,), (dx,))
    assert not np.shares_memory(t, dx)
    _, (s, t) = dualad.jvp(lambda x: (x + 1, x + 2), (A,), (dx,))
    assert not np.shares_memory(s, t) and not np.shares_memory(s, dx) and not np.shares_memory(t, dx)
    _, t = dualad.jvp(lambda x: x[1:], (A,), (dx,))
    assert not np.shares_memory(t, dx)
    _, push = dualad.linearize(lambda x: (x + 1, x + 2), A)
    s, t = push(dx)
    assert not np.shares_memory(s, t) and not np.shares_memory(s, dx) and not np.shares_memory(t, dx)


def test_cotangents_are_shared_with_nothing():
    g = np.ones(3)
    _, pull = dualad.vjp(lambda x, y: x + y, A, A)
    a, b = pull(g)
    assert not np.shares_memory(a, b) and not np.shares_memory(a, g) and not np.shares_memory(b, g)
    a += 1
    assert np.array_equal(pull(g)[0], np.ones(3))


def test_outputs_may_be_changed_before_the_pull():
    def f(x):
        e = np.exp(x)
        return np.sum(e), (e, {"e": e})

    _, pull, (e, rest) = dualad.vjp(f, A, has_aux=True)
    e[:] = 0
    rest["e"][:] = 0
    assert np.allclose(pull(1.0)[0], np.exp(A))


@pytest.mark.parametrize("verb", [dualad.jacfwd, dualad.jacrev, dualad.jacobian, dualad.grad, dualad.hessian])
def test_aux_is_plain(verb):
    result = verb(lambda x: (np.sum(x**2), {"twice": 2 * x}), has_aux=True)(A)
    aux = result[1]
    if verb is dualad.hessian:
        assert np.allclose(result[0], 2 * np.eye(3))
    assert type(aux["twice"]) is np.ndarray and np.array_equal(aux["twice"], 2 * A)


def test_aux_of_linearize_is_plain():
    _, push, aux = dualad.linearize(lambda x: (x**2, 2 * x), A, has_aux=True)
    assert type(aux) is np.ndarray and np.array_equal(push(np.ones(3)), 2 * A)


# ---- what goes in ---------------------------------------------------------------------------------

EVERY = {
    "grad": lambda f, x: dualad.grad(lambda x: np.sum(f(x)))(x),
    "vjp": lambda f, x: dualad.vjp(f, x),
    "jvp": lambda f, x: dualad.jvp(f, (x,), (np.ones(np.shape(x)),)),
    "linearize": lambda f, x: dualad.linearize(f, x),
    "jacfwd": lambda f, x: dualad.jacfwd(f)(x),
    "jacrev": lambda f, x: dualad.jacrev(f)(x),
    "vmap": lambda f, x: dualad.vmap(f)(x),
}


class Strange(np.ndarray):
    def __mul__(self, other):
        return np.zeros(3)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("verb", EVERY)
@pytest.mark.parametrize(
    "make",
    [
        lambda: np.matrix(np.eye(2)),
        lambda: np.ma.masked_array(A, mask=[0, 1, 0]),
        lambda: A.view(np.recarray),
        lambda: A.view(Strange),
    ],
)
def test_other_kinds_of_array_are_refused(verb, make):
    with pytest.raises(dualad.NotDifferentiable, match=r"Write np\.asarray\(x\)"):
        EVERY[verb](lambda x: x * x, make())


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("verb", EVERY)
def test_other_kinds_of_array_are_refused_as_operands(verb):
    m = np.matrix(np.eye(3))
    for f in (lambda x: x * m, lambda x: m * x, lambda x: np.dot(m, x), lambda x: np.where(m > 0, m, x)):
        with pytest.raises(dualad.NotDifferentiable, match="differ from those of ndarray"):
            EVERY[verb](f, np.eye(3))


def test_memory_maps_are_arrays(tmp_path):
    x = np.memmap(tmp_path / "x", dtype=float, mode="w+", shape=3)
    x[:] = A
    assert np.allclose(dualad.grad(lambda y: np.sum(y * y * x))(x), 3 * A**2 - A**2)
    assert np.allclose(dualad.jacfwd(lambda y: np.sin(x) * y)(A), np.diag(np.sin(A)))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.concatenate([x, A.astype(object)]),
        lambda x: np.sum((x[0] * np.timedelta64(100, "s")) / np.timedelta64(1, "s")),
    ],
)
def test_dtypes_without_derivatives_are_refused(f):
    for verb in ("grad", "jvp", "jacfwd", "jacrev", "linearize"):
        with pytest.raises(dualad.NotDifferentiable, match="holds no derivative"):
            EVERY[verb](f, A)


@pytest.mark.parametrize("x", [3, np.int64(3), np.arange(3), True])
def test_a_tangent_of_an_integer(x):
    one = np.ones(np.shape(x))
    with pytest.raises(dualad.NotDifferentiable, match=r"has a tangent.*write 3\.0 for 3"):
        dualad.jvp(lambda x: x * 1.0, (x,), (one,))
    for none in (None, 0 * one, np.zeros(np.shape(x), int)):
        assert not np.any(dualad.jvp(lambda x: x * 1.0, (x,), (none,))[1])


# ---- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [dualad.grad, dualad.value_and_grad, dualad.jacfwd, dualad.jacrev])
def test_argnums(verb):
    f = lambda x, y: x * y  # noqa: E731
    with pytest.raises(TypeError, match="names an argument twice"):
        verb(f, (0, 0))(2.0, 3.0)
    with pytest.raises(TypeError, match="names an argument twice"):
        verb(f, (1, -1))(2.0, 3.0)
    for wrong in (2, -3, "x", None, (0, 2)):
        with pytest.raises(TypeError, match="pass what is differentiated by position"):
            verb(f, wrong)(2.0, 3.0)
    with pytest.raises(TypeError, match="0 positional"):
        verb(f)(x=2.0, y=3.0)
    got = verb(f, np.int64(1))(2.0, 3.0)
    assert (got[1] if verb is dualad.value_and_grad else got) == 2.0


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (lambda x: (x, x), "a tuple of 2 arrays"),
        (lambda x: [x], "a list of 1 arrays"),
        (lambda x: {"a": x}, "a dict of 1 arrays"),
        (lambda x: None, r"None \(at test_doors.py:\d+\)\. Is there a return"),
        (lambda x: (v for v in (x, x)), "a generator, which is no array"),
        (lambda x: np.array([x]), None),
    ],
)
def test_outputs_that_are_no_scalar(f, said):
    with pytest.raises(dualad.DualadError, match=said):
        dualad.grad(f)(2.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda f: dualad.grad(f, has_aux=True)(2.0),
        lambda f: dualad.value_and_grad(f, has_aux=True)(2.0),
        lambda f: dualad.jvp(f, (2.0,), (1.0,), has_aux=True),
        lambda f: dualad.vjp(f, 2.0, has_aux=True),
        lambda f: dualad.linearize(f, 2.0, has_aux=True),
        lambda f: dualad.jacfwd(f, has_aux=True)(2.0),
        lambda f: dualad.jacrev(f, has_aux=True)(2.0),
    ],
)
def test_aux_that_is_not_returned(call):
    for f in (lambda x: x, lambda x: (x, x, x)):
        with pytest.raises(dualad.StructureError, match=r"must return a pair \(output, aux\)"):
            call(f)


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (lambda x: math.floor(x[0]), r"np\.floor"),
        (lambda x: math.ceil(x[0]), r"np\.ceil"),
        (lambda x: math.trunc(x[0]), r"np\.trunc"),
        (lambda x: round(x[0]), r"np\.round"),
        (lambda x: math.sin(x[0]), r"np\.sin"),
        (lambda x: statistics.mean(x), r"np\.mean"),
        (lambda x: scipy.optimize.brentq(lambda t: t - x[0], -9.0, 9.0), "stop_gradient|np.where"),
    ],
)
def test_remedies(f, said):
    for verb in ("grad", "jvp", "vmap"):
        x = np.stack([A, A]) if verb == "vmap" else A
        with pytest.raises(dualad.DualadError, match=said) as caught:
            EVERY[verb](f, x)
        assert "at test_doors.py" in str(caught.value)


def test_attributes_that_speak_of_memory():
    with pytest.raises(AttributeError, match=r"'tobytes' \(at test_doors.py:\d+\): .*stop_gradient"):
        dualad.grad(lambda x: x.tobytes())(A)


def test_text_is_for_reading():
    seen = []
    dualad.grad(lambda x: (seen.append(f"{x[0]:.2f} {x}"), np.sum(x))[1])(A)
    dualad.vmap(lambda x: (seen.append(f"{x[0]:.2f}"), x)[1])(np.stack([A, 2 * A]))
    assert seen == ["1.00 [1. 2. 3.]", "[1.00, 2.00]"]
