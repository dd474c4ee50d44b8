"""The flat operations: comparisons, logic, bits, integers and steps.

Their results are booleans, integers or piecewise constant, so they let no derivative through, and say why.
They drop Dual and Var; batches and recordings they keep, so that a mask is never baked into a program.
"""

from __future__ import annotations

import numpy as np

from ..core.elementwise import flat
from ..core.primitive import primitive
from ..core.samples import Sample

TRUTH = "its result is a boolean"
INTEGERS = "it is defined on integers"
STEPS = "it is piecewise constant"
ONE = ("x",)

equal = flat(np.equal, TRUTH)
not_equal = flat(np.not_equal, TRUTH)
less = flat(np.less, TRUTH)
less_equal = flat(np.less_equal, TRUTH)
greater = flat(np.greater, TRUTH)
greater_equal = flat(np.greater_equal, TRUTH)

logical_and = flat(np.logical_and, TRUTH)
logical_or = flat(np.logical_or, TRUTH)
logical_xor = flat(np.logical_xor, TRUTH)
logical_not = flat(np.logical_not, TRUTH, args=ONE)

isnan = flat(np.isnan, TRUTH, args=ONE, doc="Whether an entry is NaN.")
isfinite = flat(np.isfinite, TRUTH, args=ONE, doc="Whether an entry is neither infinite nor NaN.")
isinf = flat(np.isinf, TRUTH, args=ONE, doc="Whether an entry is infinite.")
isnat = flat(np.isnat, TRUTH, args=ONE, domain=None, doc="Whether a date or time is NaT.")
signbit = flat(np.signbit, TRUTH, args=ONE, doc="Whether the sign bit is set (that of -0.0 is).")

floor_divide = flat(np.floor_divide, STEPS, domain=dict(x=(-5, 5), y=(0.6, 2.7)))
floor = flat(np.floor, STEPS, args=ONE)
ceil = flat(np.ceil, STEPS, args=ONE)
trunc = flat(np.trunc, STEPS, args=ONE)
rint = flat(np.rint, STEPS, args=ONE)
spacing = flat(np.spacing, STEPS, args=ONE, doc="The distance to the next number away from zero.")

gcd = flat(np.gcd, INTEGERS, domain=None)
lcm = flat(np.lcm, INTEGERS, domain=None)
bitwise_and = flat(np.bitwise_and, INTEGERS, domain=None)
bitwise_or = flat(np.bitwise_or, INTEGERS, domain=None)
bitwise_xor = flat(np.bitwise_xor, INTEGERS, domain=None)
left_shift = flat(np.left_shift, INTEGERS, domain=None)
right_shift = flat(np.right_shift, INTEGERS, domain=None)
invert = flat(np.invert, INTEGERS, args=ONE, domain=None)
bitwise_count = flat(np.bitwise_count, INTEGERS, args=ONE, domain=None)


def _pairs(rng):
    yield Sample(rng.integers(-9, 10, size=(2, 3)), rng.integers(0, 5, size=(3,)))
    yield Sample(rng.integers(0, 9, size=()), rng.integers(1, 5, size=(2, 1)))


for _op in (gcd, lcm, bitwise_and, bitwise_or, bitwise_xor, left_shift, right_shift):
    _op.samples(_pairs)


@invert.samples
@bitwise_count.samples
def _whole_numbers(rng):
    yield Sample(rng.integers(-9, 10, size=(2, 3)))


@isnat.samples
def _(rng):
    yield Sample(np.array(["2024-02-29", "1970-01-01"], "datetime64[D]"))


@primitive(flat=STEPS)
def round(x, *, decimals=0):
    """The nearest number with so many decimals; halves go to the even neighbour."""
    return np.round(x, decimals)


round.primitive.elementwise = True


@round.samples
def _(rng):
    yield Sample(rng.uniform(-20, 20, size=(2, 3)))
    yield Sample(rng.uniform(-2, 2, size=(3,)), decimals=2)
    yield Sample(rng.uniform(-2000, 2000, size=()), decimals=-2)
