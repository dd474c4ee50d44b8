"""Sums, products, quotients, powers, extrema: the operators, and what is made of them."""

from __future__ import annotations

import numpy as np

from ..core.elementwise import elementwise, flat

add = elementwise(
    np.add,
    jvp=dict(x=lambda dx: dx, y=lambda dy: dy),
    vjp=dict(x=lambda g: g, y=lambda g: g),
)
subtract = elementwise(
    np.subtract,
    jvp=dict(x=lambda dx: dx, y=lambda dy: -dy),
    vjp=dict(x=lambda g: g, y=lambda g: -g),
)
multiply = elementwise(
    np.multiply,
    jvp=dict(x=lambda dx, y: dx * y, y=lambda dy, x: x * dy),
    vjp=dict(x=lambda g, y: g * y, y=lambda g, x: g * x),
)
negative = elementwise(np.negative, jvp=lambda dx: -dx, vjp=lambda g: -g)
