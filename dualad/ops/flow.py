"""What passes values on unchanged: with a name, or without their derivatives."""

from __future__ import annotations

from ..core.elementwise import flat
from ..core.primitive import primitive
from ..core.samples import Sample

stop_value = flat(
    lambda x: x,
    "stops the derivative on purpose",
    args=("x",),
    name="stop_gradient",
    doc="The value, as a constant to every derivative.",
)


@primitive(linear="x")
def checkpoint_name(x, *, name):
    """The value itself, with a name for the policies of `checkpoint`."""
    return x


checkpoint_name.vjp(lambda g: g)


@checkpoint_name.batching
def _(x, name):
    return checkpoint_name(x, name=name)


@checkpoint_name.samples
def _(rng):
    yield Sample(rng.normal(size=(2, 3)), name="hidden")
    yield Sample(rng.normal(size=()), name="loss")
