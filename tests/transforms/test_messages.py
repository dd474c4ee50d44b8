"""What can go wrong says what happened, on which line of the user's, and what to write instead.

Each case is a small program; the line that its message must name ends in the comment `# here`.
"""

import collections
import inspect
import math
import re

import numpy as np
import pytest
import scipy.linalg
import scipy.special

import dualad

A = np.array([1.0, 2.0, 3.0])
M = np.arange(6.0).reshape(2, 3)
CASES = {}


def case(error, *texts):
    """Decorator: a program that ends in `error`, with these texts in its message."""

    def register(program):
        CASES[program.__name__] = (program, error, texts)
        return program

    return register


def line_of(program):
    lines, first = inspect.getsourcelines(program)
    (found,) = [k for k, line in enumerate(lines) if line.rstrip().endswith("# here")]
    return first + found


# ---- leaked values ------------------------------------------------------------------------------------


def leak(verb, *args):
    kept = []
    verb(lambda x: (kept.append(x * 2), np.sum(x))[1], *args)
    return kept[0]


GONE = ("used after", "has_aux=True carries extra results out", "dualad.stop_gradient(value)")


@case(dualad.LeakedValue, "traced by grad", *GONE)
def leaked_from_grad():
    x = leak(lambda f, x: dualad.grad(f)(x), A)
    float(x[0])  # here


@case(dualad.LeakedValue, "traced by jvp", *GONE)
def leaked_from_jvp():
    x = leak(lambda f, x: dualad.jvp(f, (x,), (x,)), A)
    np.concatenate([x, x])  # here


@case(dualad.LeakedValue, "traced by vmap", *GONE)
def leaked_from_vmap():
    x = leak(lambda f, x: dualad.vmap(f)(x), M)
    np.sin(x)  # here


@case(dualad.LeakedValue, "traced by jet", *GONE)
def leaked_from_jet():
    x = leak(lambda f, x: dualad.jet(f, (x,), ([x],)), A)
    np.sin(x)  # here


@case(dualad.LeakedValue, "traced by linearize", *GONE)
def leaked_from_linearize():
    x = leak(lambda f, x: dualad.linearize(f, x), A)
    np.asarray(x)  # here


@case(dualad.LeakedValue, "traced by grad", *GONE)
def leaked_into_the_next_gradient():
    x = leak(lambda f, x: dualad.grad(f)(x), A)
    dualad.grad(lambda y: np.sum(np.concatenate([x, y])))(A)  # here


@case(dualad.LeakedValue, "traced by jvp", *GONE)
def leaked_by_returning_it():
    x = leak(lambda f, x: dualad.jvp(f, (x,), (x,)), A)
    dualad.jvp(lambda y: x, (A,), (A,))  # here


# ---- outputs that are no scalar ----------------------------------------------------------------------


@case(
    dualad.NotDifferentiable,
    "grad needs a function that returns a scalar; this one returned shape (3,)",
    "Sum it",
)
def output_of_some_axes():
    dualad.grad(lambda x: x * 2)(A)  # here


@case(dualad.NotDifferentiable, "returned None", "Is there a return?")
def output_forgotten():
    def f(x):
        np.sum(x)

    dualad.grad(f)(A)  # here


@case(dualad.NotDifferentiable, "a tuple of 2 arrays", "has_aux=True", "dualad.jacobian")
def output_of_two():
    dualad.grad(lambda x: (np.sum(x), x))(A)  # here


@case(
    dualad.NotDifferentiable, "needs a floating-point output; this one is int64", "return what it was made of"
)
def output_of_integers():
    dualad.grad(np.argmax)(A)  # here


@case(dualad.NotDifferentiable, "needs a real output; this one is complex128", "np.real", "holomorphic=True")
def output_complex():
    dualad.value_and_grad(lambda x: np.sum(x * 1j))(A)  # here


@case(
    dualad.NotDifferentiable,
    "grad(holomorphic=True) needs complex arguments; one is float64",
    "x.astype(complex)",
)
def holomorphic_of_real_numbers():
    dualad.grad(lambda x: np.sum(x * 1j), holomorphic=True)(A)  # here


@case(dualad.StructureError, "must return a pair (output, aux); this one returned an array")
def output_without_aux():
    dualad.grad(np.sum, has_aux=True)(A)  # here


# ---- integers, and other things that are no numbers --------------------------------------------------


INTEGER = ("write 3.0 for 3", "x.astype(float)", "choose other argnums")


@case(dualad.NotDifferentiable, "argument 0 is int64", *INTEGER)
def integer():
    dualad.grad(lambda x: x**2.0)(3)  # here


@case(dualad.NotDifferentiable, "argument 1['layers'][0] is int64", *INTEGER)
def integer_in_a_tree():
    dualad.grad(lambda x, p: x, argnums=1)(2.0, {"layers": [3, 4.0], "a": 1.0})  # here


@case(dualad.NotDifferentiable, "argument 2['n'] is int64", *INTEGER)
def integer_in_the_second_of_two_arguments():
    dualad.jacrev(lambda x, y, p: x, argnums=(0, 2))(2.0, 1, {"n": 3})  # here


@case(dualad.NotDifferentiable, "primals[1].b, which has a tangent, is bool")
def boolean_with_a_tangent():
    Pair = collections.namedtuple("Pair", "a b")
    pair = Pair(1.0, np.array(True))
    dualad.jvp(lambda x, p: x, (1.0, pair), (1.0, Pair(1.0, 1.0)))  # here


@case(dualad.NotDifferentiable, "argument 0 is <U5", "choose other argnums", "by keyword")
def text():
    dualad.grad(lambda x: x)("hello")  # here


@case(dualad.NotDifferentiable, "argument 0 is of type object", "dualad.register_pytree_node")
def some_object():
    dualad.grad(lambda x: 1.0)(object())  # here


@case(TypeError, "called with 0 positional argument(s)", "by position")
def keyword_instead_of_position():
    dualad.grad(np.sum)(a=A)  # here


# ---- tangents and cotangents that do not fit ---------------------------------------------------------


@case(dualad.StructureError, "primals[0] has shape (3,), its tangent (2,)", "np.ones_like(x)")
def tangent_of_another_shape():
    dualad.jvp(np.sin, (A,), (np.ones(2),))  # here


@case(dualad.StructureError, "primals[0]['w'][1] has shape (2, 3), its tangent (3,)")
def tangent_of_another_shape_in_a_tree():
    dualad.jvp(lambda p: p["w"][0], ({"w": (A, M)},), ({"w": (A, A)},))  # here


@case(dualad.StructureError, "tangents must be like primals", "{'a': *} expected, {'b': *} given")
def tangent_of_another_structure():
    dualad.jvp(lambda p: p["a"], ({"a": A},), ({"b": A},))  # here


@case(dualad.StructureError, "primals[0] is float64, its tangent complex128", "cast the tangent")
def tangent_of_another_kind():
    dualad.jvp(np.sin, (A,), (1j * A,))  # here


@case(dualad.StructureError, "jvp takes tuples: jvp(f, (x,), (dx,))", "mind the commas")
def tangent_without_commas():
    dualad.jvp(np.sin, A, A)  # here


@case(dualad.StructureError, "primals[0] has shape (3,), its tangent ()")
def tangent_of_hvp():
    dualad.hvp(np.sum, (A,), (1.0,))  # here


@case(dualad.StructureError, "the output has shape (3,), its cotangent (2,)")
def cotangent_of_another_shape():
    dualad.vjp(np.sin, A)[1](np.ones(2))  # here


@case(dualad.StructureError, "a cotangent must be like the output", "{'a': *} expected, (*,) given")
def cotangent_of_another_structure():
    dualad.vjp(lambda x: {"a": x}, A)[1]((A,))  # here


@case(dualad.StructureError, "primals[0] has shape (3,), its term 2 (1,)", "None stands for zeros")
def term_of_another_shape():
    dualad.jet(np.sin, (A,), ([A, np.ones(1)],))  # here


# ---- rules that are not there ------------------------------------------------------------------------


@case(dualad.MissingRule, "the ufunc airy has no derivative rule", "dualad.custom_jvp", "dualad.black_box")
def ufunc_without_a_rule():
    dualad.grad(lambda x: scipy.special.airy(x)[0])(1.0)  # here


@case(
    dualad.ConversionError,
    "would lose its derivative",
    "dualad.black_box",
    "dualad.custom_jvp for compiled code",
)
def compiled_code():
    dualad.grad(lambda x: np.sum(scipy.linalg.expm(np.outer(x, x))))(A)  # here


@case(dualad.ConversionError, "Write np.sin for math.sin", "float(dualad.stop_gradient(x))")
def functions_of_math():
    dualad.grad(lambda x: math.sin(x))(1.0)  # here


def without(kind):
    """A primitive that lacks one rule, for as long as a test runs."""
    name = f"lacks_{kind}"
    dualad.core.primitive.REGISTRY.pop(name, None)

    @dualad.primitive(name=name)
    def lacks(x):
        """Twice, for a test of messages."""
        return x * 2

    del dualad.core.primitive.REGISTRY[name]
    return lacks


@case(
    dualad.MissingRule, "lacks_jvp has no JVP rule for its argument 'x'", "Give it one, lacks_jvp.jvp(x=...)"
)
def primitive_without_jvp():
    f = without("jvp")
    dualad.jvp(f, (A,), (A,))  # here


@case(dualad.MissingRule, "lacks_vjp has no VJP rule for its argument 'x'", "lacks_vjp.vjp(x=...)")
def primitive_without_vjp():
    f = without("vjp")
    dualad.vjp(f, A)  # here


# ---- decisions that differ from row to row -----------------------------------------------------------


@case(dualad.BranchError, "differs between its rows", "np.where(condition, a, b)")
def branch_of_rows():
    dualad.vmap(lambda x: x if x[0] > 1 else -x)(M)  # here


@case(dualad.BranchError, "differs between its rows", "np.where(condition, a, b)")
def loop_of_rows():
    def f(x):
        while x < 10:  # here
            x = x * 2
        return x

    dualad.vmap(f)(np.array([1.0, 20.0]))


@case(
    dualad.ConversionError, "int(x) would lose its rows", "Each row has its own value", "loop over the rows"
)
def index_of_rows():
    dualad.vmap(lambda x: A[int(x[0])])(M)  # here


@case(dualad.ConversionError, "using x as an index would lose its rows", "dualad.numpy.asarray(a)[x]")
def range_of_rows():
    dualad.vmap(lambda n: sum(range(n)))(np.arange(3))  # here


@case(dualad.BranchError, "a mask batched by vmap selects another number of elements", "np.where(mask, a, b)")
def mask_of_rows():
    dualad.vmap(lambda x: x[x > 0])(M)  # here


# ---- mutation ----------------------------------------------------------------------------------------


@case(dualad.ConversionError, "a store into a plain array", "dualad.numpy.zeros(...) or np.zeros_like(x)")
def store_of_an_entry():
    def f(x):
        y = np.zeros(3)
        y[0] = x[0]  # here
        return np.sum(y)

    dualad.grad(f)(A)


@case(dualad.ConversionError, "a store into a plain array", "np.zeros_like(x) for a buffer")
def store_of_a_slice():
    def f(x):
        y = np.zeros(3)
        y[:] = x  # here
        return np.sum(y)

    dualad.grad(f)(A)


@case(dualad.StoreError, "cannot be stored into a plain NumPy array", "Write buffer = buffer + x")
def store_in_place():
    def f(x):
        y = np.ones(3)
        y += x  # here
        return np.sum(y)

    dualad.grad(f)(A)


@case(dualad.StoreError, "out= and in-place operators", "dualad.numpy.zeros(...)")
def store_by_out():
    def f(x):
        y = np.ones(3)
        np.multiply(x, x, out=y)  # here
        return np.sum(y)

    dualad.grad(f)(A)


@case(dualad.StoreError, "np.copyto", "make the target with dualad.numpy.zeros(...)")
def store_by_copyto():
    def f(x):
        y = np.ones(3)
        np.copyto(y, x)  # here
        return np.sum(y)

    dualad.grad(f)(A)


@case(dualad.ConversionError, "would lose its rows", "np.zeros_like(x)")
def store_of_rows():
    def f(x):
        y = np.zeros(3)
        y[:] = x  # here
        return y

    dualad.vmap(f)(M)


@case(RuntimeError, "a leaf Variable that requires grad", "Write under dualad.no_grad()")
def store_into_a_leaf():
    t = dualad.tensor([1.0, 2.0], requires_grad=True)
    t[0] = 3.0  # here


@case(RuntimeError, "a view of a leaf Variable", "Write under dualad.no_grad()")
def store_into_a_view_of_a_leaf():
    t = dualad.tensor([1.0, 2.0], requires_grad=True)
    t[:1].mul_(2.0)  # here


@case(RuntimeError, "only for scalar outputs; this one has shape (2,)", "Sum it, or give backward a gradient")
def backward_of_several():
    dualad.tensor([1.0, 2.0], requires_grad=True).sin().backward()  # here


@case(dualad.FreedGraph, "a second time", "retain_graph=True")
def backward_twice():
    loss = dualad.tensor([1.0, 2.0], requires_grad=True).sin().sum()
    loss.backward()
    loss.backward()  # here


@pytest.mark.parametrize("name", list(CASES))
def test_message(name):
    program, error, texts = CASES[name]
    with pytest.raises(error) as caught:
        program()
    message = str(caught.value)
    for text in texts:
        assert text in message, message
    assert re.search(rf"\(at test_messages\.py:{line_of(program)}\)", message), message


def test_mutating_the_argument_is_no_error_and_leaves_the_callers_array_alone():
    def f(x):
        x[0] = 5.0 * x[1]
        return np.sum(x)

    np.testing.assert_array_equal(dualad.grad(f)(A), [0, 6, 1])
    np.testing.assert_array_equal(A, [1, 2, 3])
