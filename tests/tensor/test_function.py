"""autograd.Function: the numbers are PyTorch 2.13's for the same programs."""

from __future__ import annotations

import numpy as np
import pytest

import dualad
from dualad.autograd import Function, grad


class Two(Function):
    @staticmethod
    def forward(ctx, x, y, k):
        ctx.save_for_backward(x, y)
        ctx.k = k
        return x * x * y * k, x + y

    @staticmethod
    def backward(ctx, g, h):
        x, y = ctx.saved_tensors
        return 2 * x * y * g * ctx.k + h, x * x * g * ctx.k + h if ctx.needs_input_grad[1] else None, None


def inputs():
    return (dualad.tensor(v, requires_grad=True) for v in ([1.0, 2.0], [3.0, 4.0]))


def test_backward():
    x, y = inputs()
    a, b = Two.apply(x, y, 3)
    assert "TwoBackward" in repr(a.grad_fn)
    (a.sum() + (b**2).sum()).backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([26, 60], [11, 24])
    a, b = Two.apply(x, y.detach(), 3)
    assert not Two.apply(x.detach(), y.detach(), 3)[0].requires_grad
    with dualad.no_grad():
        assert not Two.apply(x, y, 3)[0].requires_grad


def test_twice():
    x, y = inputs()
    a, b = Two.apply(x, y, 3)
    (g,) = grad((a * b).sum(), x, create_graph=True)
    assert g.tolist() == [81, 336]
    assert [t.tolist() for t in grad((g**2).sum(), [x, y])] == [[17496, 161280], [7290, 88704]]


def test_transforms_and_rows():
    x, y = (t.detach() for t in inputs())
    f = lambda x, y: (Two.apply(x, y, 3)[0] * Two.apply(x, y, 3)[1]).sum()  # noqa: E731
    plain = lambda x, y: (x * x * y * 3 * (x + y)).sum()  # noqa: E731
    for a, b in (
        (dualad.grad(f)(x, y), dualad.grad(plain)(x, y)),
        (dualad.jvp(f, (x, y), (y, x))[1], dualad.jvp(plain, (x, y), (y, x))[1]),
        (dualad.hessian(f)(x, y), dualad.hessian(plain)(x, y)),
        (
            dualad.vmap(dualad.grad(f), (0, None))(x, y[0]),
            dualad.vmap(dualad.grad(plain), (0, None))(x, y[0]),
        ),
    ):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-13)


class Rounded(Function):
    @staticmethod
    def forward(x):
        return x.round(), x > 1

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx, g, _):
        return g

    @staticmethod
    def jvp(ctx, dx):
        return 5 * dx, None


def test_setup_context_flat_outputs_and_jvp():
    x, _ = inputs()
    a, m = Rounded.apply(x * 1.3)
    (a * 2).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [2.6, 2.6])
    assert (m.tolist(), a.requires_grad, m.requires_grad) == ([True, True], True, False)
    assert dualad.jvp(lambda x: Rounded.apply(x)[0], (x.detach(),), (x.detach(),))[1].tolist() == [5, 10]


def test_complex_gradients_are_pytorchs():
    class Square(Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx, g):
            (z,) = ctx.saved_tensors
            return g * (2 * z).conj()

    z = dualad.tensor([1 + 2j], requires_grad=True)
    w = Square.apply(z)
    (w.real.sum() * 3 + w.imag.sum()).backward()
    assert z.grad.tolist() == [10 - 10j]


def test_gradients_that_do_not_arrive():
    seen = []

    class Keep(Two):
        @staticmethod
        def forward(ctx, x, y, k):
            ctx.set_materialize_grads(False)
            return Two.forward(ctx, x, y, k)

        @staticmethod
        def backward(ctx, g, h):
            seen.append(h)
            return g, None, None

    x, y = inputs()
    Keep.apply(x, y, 3)[0].sum().backward()
    assert seen == [None]


def test_what_is_refused():
    class Wrong(Function):
        @staticmethod
        def forward(ctx, x, y):
            if ctx.needs_input_grad == (True, False):
                return x.numpy()
            return x * y

        @staticmethod
        def backward(ctx, g):
            return g

    class Short(Wrong):
        @staticmethod
        def backward(ctx, g):
            return g[:1], None

    class Dirty(Wrong):
        @staticmethod
        def forward(ctx, x, y):
            ctx.mark_dirty(x)

    class Clipped(Wrong):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, g):
            return g.clamp(-1, 1), None

    x, y = inputs()
    with pytest.raises(
        RuntimeError, match=r"WrongBackward returned an incorrect number of gradients \(expected 2, got 1"
    ):
        Wrong.apply(x, y).sum().backward()
    with pytest.raises(RuntimeError, match=r"invalid gradient at index 0 - got \[1\] but expected .* \[2\]"):
        Short.apply(x, y).sum().backward()
    with pytest.raises(NotImplementedError, match="mark_dirty"):
        Dirty.apply(x, y)
    with pytest.raises(TypeError, match="Wrong.forward must return a Tensor"):
        Wrong.apply(x, y.detach())
    assert grad((7 * Clipped.apply(x, y)).sum(), x)[0].tolist() == [1, 1]
    with pytest.raises(dualad.StructureError, match="bwd of Clipped is not linear"):
        dualad.jvp(lambda x: Clipped.apply(x, y.detach()), (x.detach(),), (x.detach(),))


def test_functions_that_lack_something():
    class Half(dualad.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

    class Nothing(dualad.autograd.Function):
        pass

    x = dualad.ones(3, requires_grad=True)
    with pytest.raises(NotImplementedError, match=r"Half has no backward .*test_function"):
        Half.apply(x).sum().backward()
    with pytest.raises(NotImplementedError, match="Nothing has no forward"):
        Nothing.apply(x)


@pytest.mark.parametrize("wrong", [np.ones(3), 3.0])
def test_gradients_that_are_no_tensors(wrong):
    class Wrong(dualad.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

        @staticmethod
        def backward(ctx, g):
            return wrong

        @staticmethod
        def jvp(ctx, t):
            return wrong

    x = dualad.ones(3, requires_grad=True)
    with pytest.raises(TypeError, match="Wrong.backward must return Tensors or None, not"):
        Wrong.apply(x).sum().backward()
    with pytest.raises(TypeError, match="Wrong.jvp must return Tensors or None, not"):
        dualad.jvp(Wrong.apply, (dualad.ones(3),), (dualad.ones(3),))


@pytest.mark.parametrize("wrong", [lambda t: t[:2], lambda t: (t, t)])
def test_tangents_that_do_not_fit(wrong):
    class Wrong(dualad.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

        @staticmethod
        def jvp(ctx, t):
            return wrong(t)

    with pytest.raises(
        RuntimeError, match=r"Wrong.jvp returned tangents of shapes .*the outputs have \[\(3,\)\]"
    ):
        dualad.jvp(Wrong.apply, (dualad.ones(3),), (dualad.ones(3),))
