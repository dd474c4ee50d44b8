"""The space a value lives in: a shape and a dtype, and nothing of its data.

A cotangent must come home to its primal's space. Broadcasting in the forward direction is summation
in the backward one, a cast is a cast back, and the inclusion of the reals in the complex numbers is the
real part; `fit` does the three of them, on plain arrays and on boxes alike, so that no rule has to.
"""

from __future__ import annotations

import numpy as np

from .primitive import REGISTRY


class Space:
    """Shape and dtype of an array. Rules ask for it as `x_space` when the data itself is not needed."""

    __slots__ = ("dtype", "shape")

    def __init__(self, shape, dtype):
        self.shape = shape
        self.dtype = dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        n = 1
        for k in self.shape:
            n *= k
        return n

    def fit(self, g):
        """`g` summed, cast and made real until it lies in this space."""
        if g.shape == self.shape and g.dtype == self.dtype:
            return g
        return fit(g, self.shape, self.dtype)

    def zeros(self):
        return np.zeros(self.shape, self.dtype)

    def ones(self):
        return np.ones(self.shape, self.dtype)

    def __eq__(self, other):
        return isinstance(other, Space) and self.shape == other.shape and self.dtype == other.dtype

    def __hash__(self):
        return hash((self.shape, self.dtype))

    def __repr__(self):
        return f"Space({self.shape}, {self.dtype})"


def space_of(x) -> Space:
    """The space of an array, a box, a NumPy scalar or a Python number."""
    try:
        return Space(x.shape, x.dtype)
    except AttributeError:
        x = np.asarray(x)
        return Space(x.shape, x.dtype)


def fit(g, shape, dtype):
    """Bring the cotangent `g` into the space `(shape, dtype)`: un-broadcast, real part, cast."""
    if g.shape != shape:
        g = _unbroadcast(g, shape)
    if g.dtype != dtype:
        if g.dtype.kind == "c" and dtype.kind != "c":
            g = g.real
        if g.dtype != dtype:
            g = g.astype(dtype)
    return g


def fit_tangent(d, shape, dtype):
    """Bring the tangent `d` into the space of its primal output: broadcast and cast up."""
    if d.shape != shape:
        d = face("broadcast_to")(d, shape=shape)
    return d if d.dtype == dtype else d.astype(dtype)


def _unbroadcast(g, shape):
    have = g.shape
    extra = len(have) - len(shape)
    if extra >= 0:
        axes = (*range(extra), *(i + extra for i, n in enumerate(shape) if n == 1 and have[i + extra] != 1))
        if axes:
            g = g.sum(axis=axes)
        if g.shape != shape and g.size == _size(shape):
            g = g.reshape(shape)
    return g if g.shape == shape else face("broadcast_to")(g, shape=shape)


def _size(shape) -> int:
    n = 1
    for k in shape:
        n *= k
    return n


def mask_zeros(g, d):
    """`d` with an exact zero wherever `g` is zero: the strong zero, for elementwise rules."""
    if type(g) is np.ndarray and type(d) is np.ndarray:
        return np.where(g == 0, d.dtype.type(0), d)
    if isinstance(g, np.generic) and isinstance(d, np.generic):
        return d.dtype.type(0) if g == 0 else d
    return face("where")(face("equal")(g, 0), np.zeros((), d.dtype), d)


def zero_unless(d, term):
    """`term`, or zeros where `d` is zero all over: the strong zero of operations that mix entries.

    Of a batch each row decides for itself, and a recorded program decides when it runs.
    """
    some = face("any")(face("not_equal")(d, 0))
    if isinstance(some, (bool, np.bool_, np.ndarray)):
        return term if some else space_of(term).zeros()
    return face("where")(some, term, np.zeros((), term.dtype))


def face(name):
    """The public function of the primitive `name`. The core stands below ops, and asks when it runs."""
    return REGISTRY[name].face
