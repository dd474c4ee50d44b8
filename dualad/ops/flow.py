"""What passes values on unchanged, but not their derivatives."""

from __future__ import annotations

from ..core.elementwise import flat

stop_value = flat(
    lambda x: x,
    "stops the derivative on purpose",
    args=("x",),
    name="stop_gradient",
    doc="The value, as a constant to every derivative.",
)
