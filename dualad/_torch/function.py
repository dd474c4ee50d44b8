"""`autograd.Function`: an operation with a backward of its own, PyTorch's way."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..core.errors import at_user_line
from ..core.joint import Joint
from ..transforms._custom import Rows, filled, is_differentiated, pushed_by_pulling, shown, values_again
from .handle import Handle, recorded, wrap
from .modes import is_recording, no_grad
from .tape import detached


class FunctionCtx:
    """What `forward` leaves for `backward`; any attribute may be set on it."""

    def __init__(self, needs_input_grad):
        self.needs_input_grad = needs_input_grad
        self.saved_tensors: tuple = ()
        self._flat: set[int] = set()
        self._materialize = True

    def save_for_backward(self, *tensors):
        """Keep tensors for `backward`, which finds them in `saved_tensors`."""
        self.saved_tensors = tensors

    save_for_forward = save_for_backward

    def mark_non_differentiable(self, *tensors):
        """Say of outputs that they have no derivative."""
        self._flat = {id(t) for t in tensors}

    def set_materialize_grads(self, value: bool):
        """Whether `backward` gets zeros, by default, or None for outputs on which no gradient arrives."""
        self._materialize = value

    def mark_dirty(self, *tensors):
        raise NotImplementedError(
            f"ctx.mark_dirty{at_user_line()}: an autograd.Function cannot change its inputs in place here; return new "
            "tensors"
        )


class Function:
    """An operation with a derivative of its own. Subclass it, write `forward` and `backward`, call `apply`.

    `forward(ctx, *args)`, or `forward(*args)` with `setup_context(ctx, inputs, output)`, returns a tensor or a tuple of
    tensors; `backward(ctx, *grads)` returns one gradient per argument of `forward`, None for those without. `jvp(ctx,
    *tangents)` may give the forward mode; without it that is derived from `backward`, if it is linear. Rows of a
    `vmap` need nothing. `backward` is differentiated by its body.

    Examples
    --------
    >>> import dualad
    >>> class Square(dualad.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 2 * x * g
    >>> x = dualad.tensor(3.0, requires_grad=True)
    >>> Square.apply(x).backward()
    >>> x.grad
    tensor(6.)
    """

    linear_known: ClassVar[bool] = False
    forward: Any = None
    backward: Any = None
    setup_context: Any = None
    jvp: Any = None

    @classmethod
    def apply(cls, *args):
        """The operation on `args`: tensors, and anything else, which is handed through."""
        places = [k for k, a in enumerate(args) if isinstance(a, Handle)]
        call = _Call(cls, args, places)
        outs = call.face(*[recorded(args[k]._value) for k in places])
        tensors = tuple(wrap(detached(o) if k in call.marked else o) for k, o in enumerate(outs))
        return tensors if call.several else tensors[0]


class _Call(Joint):
    """One call of a Function; its arguments are the values of the tensors."""

    def __init__(self, cls, args, places):
        super().__init__(cls.__name__, cls.__doc__ or "")
        self.cls, self.places = cls, places
        self.args_given = [None if k in places else a for k, a in enumerate(args)]
        self.several, self.marked = False, set()

    def _forward(self, xs, active):
        """`(ctx, outs)` of one run; on variables only where the run itself is differentiated."""
        args = list(self.args_given)
        for k, x in zip(self.places, xs, strict=True):
            args[k] = wrap(x)
        needs = {self.places[i] for i in active}
        ctx = FunctionCtx(tuple(k in needs for k in range(len(args))))
        cls = self.cls
        if cls.forward is None:
            raise NotImplementedError(
                f"{self.name} has no forward{at_user_line()}; an autograd.Function needs one"
            )
        if cls.setup_context is None:
            out = cls.forward(ctx, *args)
        else:
            out = cls.forward(*args)
            cls.setup_context(ctx, tuple(args), out)
        self.several = isinstance(out, tuple)
        tensors = out if self.several else (out,)
        for t in tensors:
            if not isinstance(t, Handle):
                raise TypeError(
                    f"{self.name}.forward must return a Tensor or a tuple of Tensors, not {type(t).__name__}"
                    f"{at_user_line()}"
                )
        self.marked = {k for k, t in enumerate(tensors) if id(t) in ctx._flat}
        return ctx, tuple(_array(t._value) for t in tensors)

    def evaluate(self, *xs):
        with no_grad():
            return self._forward(xs, ())[1]

    def _run(self, primals, active):
        if any(map(is_differentiated, primals)) and is_recording() is not False:
            ctx, outs = self._forward(primals, active)
            return ctx, values_again(self, primals, outs)
        with no_grad():
            return self._forward(primals, active)

    def pullback(self, primals, active):
        ctx, outs = self._run(primals, active)

        def back(gs):
            if self.cls.backward is None:
                raise NotImplementedError(
                    f"{self.name} has no backward{at_user_line()}; without it an autograd.Function has no gradient"
                )
            given = shown(filled(gs, outs) if ctx._materialize else gs)
            grads = self.cls.backward(ctx, *[None if g is None else wrap(_conj(g)) for g in given])
            grads = grads if isinstance(grads, tuple) else (grads,)
            return self._fitting(grads, primals, active)

        return outs, back

    def _fitting(self, grads, primals, active):
        n = len(self.args_given)
        if len(grads) != n and not (len(grads) > n and not any(g is not None for g in grads[n:])):
            raise RuntimeError(
                f"function {self.name}Backward returned an incorrect number of gradients (expected {n}, got "
                f"{len(grads)}){at_user_line()}"
            )
        found = []
        for i in active:
            g = grads[self.places[i]]
            x = primals[i]
            self._tensor(g, "backward")
            if g is not None and tuple(g.shape) != tuple(x.shape):
                raise RuntimeError(
                    f"Function {self.name}Backward returned an invalid gradient at index {self.places[i]} - got "
                    f"{list(g.shape)} but expected shape compatible with {list(x.shape)}{at_user_line()}"
                )
            g = None if g is None else _conj(g._value)
            found.append(g if g is None or g.dtype == x.dtype else g.astype(x.dtype))
        return found

    def push(self, primals, tangents):
        if self.cls.jvp is None:
            return pushed_by_pulling(self, primals, tangents, _Owner(self.cls))
        active = [i for i, d in enumerate(tangents) if d is not None]
        ctx, outs = self._run(primals, active)
        moves: list = [None] * len(self.args_given)
        for k, d in zip(self.places, filled(tangents, primals), strict=True):
            moves[k] = wrap(d)
        found = self.cls.jvp(ctx, *moves)
        found = found if isinstance(found, tuple) else (found,)
        shapes = [None if self._tensor(d, "jvp") is None else tuple(d.shape) for d in found]
        if len(found) != len(outs) or any(
            s not in (None, o.shape) for s, o in zip(shapes, outs, strict=True)
        ):
            raise RuntimeError(
                f"{self.name}.jvp returned tangents of shapes {shapes}{at_user_line()}; the outputs have "
                f"{[o.shape for o in outs]}"
            )
        return outs, tuple(None if d is None else d._value for d in found)

    def _tensor(self, d, where):
        if d is not None and not isinstance(d, Handle):
            raise TypeError(
                f"{self.name}.{where} must return Tensors or None, not {type(d).__name__}{at_user_line()}"
            )
        return d

    def rows(self, mask, size):
        return Rows(self, mask, size)


class _Owner:
    """A Function, as the linearity check of its backward knows it: tried once per class."""

    def __init__(self, cls):
        self.fun = cls

    @property
    def linear_known(self):
        return self.fun.linear_known

    @linear_known.setter
    def linear_known(self, known):
        self.fun.linear_known = known


def _array(v):
    return np.asarray(v) if isinstance(v, np.generic) else v


def _conj(g):
    """Between PyTorch's convention for complex gradients and the engine's."""
    return g.conj() if g.dtype.kind == "c" else g
