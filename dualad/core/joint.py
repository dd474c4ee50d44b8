"""Primitives made for one call, whose rules speak of all arguments at once.

`custom_jvp`, `custom_vjp`, implicit solutions, black boxes and PyTorch's `Function` bring rules for a whole function:
one that takes all tangents, or gives all cotangents. A `Joint` is the primitive of one such call. It has any number
of arguments and returns a tuple, so every trace that knows primitives knows it; the engines ask it for value and
derivative together, so that the user's code runs once.

What the tape keeps of it are its *inputs*: to differentiate the backward pass, the call is made again on the inputs as
variables. Residuals of raw data would be constants there, and the second derivative silently wrong.
"""

from __future__ import annotations

from .errors import LeakedValue, at_user_line
from .primitive import Primitive
from .trace import Box, bind, settled, snapshot


class Joint(Primitive):
    """The primitive of one call. Subclasses say what it computes, and how it is differentiated.

    `fun(*xs)` gives a tuple of arrays. `push` and `pullback` may be given boxes of older traces, and speak dualad.
    """

    joint = True
    solid = (
        False  # whether `evaluate` takes plain arrays only, so that the rows of a batch are done one by one
    )

    def __init__(self, name: str, doc: str = ""):
        super().__init__(name, self.evaluate, doc or f"One call of {name}.", register=False)
        self.args, self.variadic, self.multi = ("xs",), True, True
        # Bound methods of its own would make each call, and the graph behind it, wait for the cycle collector.
        del self.fun, self.face

    def fun(self, *xs) -> tuple:  # type: ignore[override]
        return self.evaluate(*xs)

    def face(self, *xs) -> tuple:  # type: ignore[override]
        outs = bind(self, xs, {})
        for o in outs:
            if isinstance(o, Box) and isinstance(o.value, Box):
                no_newer((o.value,), o.owner, self)
        return outs

    def evaluate(self, *xs) -> tuple:
        """The values."""
        raise NotImplementedError

    def push(self, primals, tangents) -> tuple[tuple, tuple]:
        """`(outs, out_tangents)`; an input tangent is None where there is none, and so may be an output's."""
        raise NotImplementedError

    def pullback(self, primals, active) -> tuple:
        """`(outs, back)`; `back(gs)` gives the cotangents of the arguments `active`, None for zeros.

        `gs` has None for an output on which no cotangent arrives.
        """
        raise NotImplementedError

    def back(self, primals, outs, active):
        """The second part of `pullback`, for values that are known."""
        return self.pullback(primals, active)[1]

    def rows(self, mask, size: int) -> Joint:
        """The call for `size` rows at once; `mask` tells which arguments have the rows' axis in front."""
        raise NotImplementedError

    def __repr__(self):
        return f"<call of {self.name}>"


def no_newer(values, trace, prim) -> None:
    """Refuse what cannot be a value of `trace`: boxes of traces that were opened after it.

    They are there where the function closes over a traced value instead of taking it as an argument. Older ones are
    right: for the trace at hand they are constants, and their own trace follows them through the body.
    """
    for v in values:
        if isinstance(v, Box) and settled(v).owner is not None and v.owner.id >= trace.id:
            raise LeakedValue(
                f"{prim.name} closes over a value that {v.owner.name} traces{at_user_line()}, while its arguments are "
                f"traced by {trace.name}. Pass that value to {prim.name} as an argument"
            )


def pushed(prim, trace, primals, args) -> tuple:
    """What the forward engine makes of a call: duals, or plain values where no tangent arrives."""
    tangents = [a.aux if isinstance(a, Box) and a.owner is trace else None for a in args]
    outs, moves = prim.push([snapshot(p) for p in primals], tangents)
    no_newer((*outs, *moves), trace, prim)
    return tuple(trace.dual(o, t) for o, t in zip(outs, moves, strict=True))


def batched(prim, trace, values, mask) -> tuple:
    """What a batch makes of a call."""
    outs = prim.rows(mask, trace.size).face(*values)
    no_newer(outs, trace, prim)
    return tuple(map(trace.batched, outs))
