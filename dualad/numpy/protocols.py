"""Where Python and NumPy meet a dualad array: conversions, which raise rather than lose a derivative,
printing, truth, length, iteration."""

from __future__ import annotations

import math
import operator
import sys

import numpy as np

from ..core.batch import Batched, BranchError
from ..core.errors import ConversionError, at_user_line
from ..core.linear import Recorded
from ..core.memory import row
from ..core.trace import Box, Const, leaked, settled, strip
from .doors import way_in
from .drawing import drawing, refuse_shuffle
from .sparse_products import no_array


def plain_value(x: Box, doing: str, remedy: str):
    """The NumPy value of an array without a trace; for one with a derivative, the error that says what to do."""
    settled(x)
    if type(x) is Const:
        return x.value
    if not x.owner.alive:
        raise leaked(x.owner)
    kind = "its derivative"
    if any(isinstance(layer, Batched) for layer in _layers(x)):
        kind = "its rows"  # which stop_gradient keeps
        instead = (
            remedy.split("; or dualad.stop_gradient")[0]
            .split("If the derivative is not wanted")[0]
            .rstrip(" .")
        )
        remedy = f"{instead}. {_OF_ROWS}" if instead else _OF_ROWS
    raise ConversionError(
        f"{doing} would lose {kind}: the value is traced by {x.owner.name}{at_user_line()}. {remedy}"
    )


def _layers(x):
    """A box, and the boxes inside it."""
    while isinstance(x, Box):
        yield x
        x = settled(x).value


_OF_ROWS = (
    "Each row has its own value: keep to np functions, choose with np.where, or loop over the rows in Python instead "
    "of vmap."
)


_REMEDY = "If the derivative is not wanted, say so: {0}(dualad.stop_gradient(x))."


def _array(self, dtype=None, copy=None):
    if type(self) is Const:
        return np.array(self.value, dtype=dtype, copy=copy)
    stand_in = no_array(self)
    if stand_in is not None:
        return stand_in
    value = plain_value(
        self,
        "turning a dualad array into a plain NumPy array (np.asarray, a store into a plain array, "
        "a call into compiled code)",
        (way_in() or drawing())
        + "Use np functions on it directly, dualad.numpy.array([...]) to build an array of traced values, and "
        "dualad.numpy.zeros(...) or np.zeros_like(x) for a buffer to store them in; dualad.black_box or "
        "dualad.custom_jvp for compiled code; or dualad.stop_gradient(x) where the derivative is not wanted.",
    )
    return np.array(value, dtype=dtype, copy=copy)


def _float(self):
    if type(self) is Const:
        return float(self.value)
    return float(
        plain_value(
            self,
            "float(x), which math.sin(x) and a store into a plain array call too,",
            (way_in() or drawing())
            + "Write np.sin for math.sin, and fill a dualad.numpy.zeros(...) or np.zeros_like(x) instead of a plain "
            "array; an argument that np.f does not show us works in dualad.numpy.f. "
            + _REMEDY.format("float"),
        )
    )


def _int(self):
    same = same_in_all_rows(self)
    if same is not None:
        return int(same)
    return int(plain_value(self, "int(x)", _REMEDY.format("int")))


def _complex(self):
    return complex(plain_value(self, "complex(x)", "Write x + 0j. " + _REMEDY.format("complex")))


def _index(self):
    same = same_in_all_rows(self)
    if same is not None and self.dtype.kind in "iu":
        return same.__index__()
    value = plain_value(
        self,
        "using x as an index",
        "Write dualad.numpy.asarray(a)[x] where the rows of a vmap choose, else a[int(dualad.stop_gradient(x))].",
    )
    return operator.index(value)


def _item(self, *args):
    """An entry: a Python number, or a traced one, which keeps its derivative."""
    settled(self)
    if type(self) is Const:
        return self.value.item(*args)
    if not args:
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self.reshape(())
    place = args[0] if len(args) == 1 and isinstance(args[0], tuple) else args
    if len(place) == 1:
        return self.reshape(-1)[operator.index(place[0])]
    if len(place) != self.ndim:
        raise ValueError("incorrect number of indices for array")
    return self[tuple(map(operator.index, place))]


def _tolist(self):
    """Nested lists of what `item` gives."""
    return [row.tolist() for row in self] if self.ndim else self.item()


def _flags(self):
    return row(self).view().flags  # of a view, so that none of ours is changed


def same_in_all_rows(x):
    """The number that all rows of a `vmap` have in common; None if they have none, or if it has a derivative."""
    if x.size != 1 or not isinstance(settled(x), Batched):
        return None
    value = x
    while isinstance(value, Batched):
        value = value.value
    values = np.unique(value) if not isinstance(value, Box) else ()
    return values[0] if len(values) == 1 else None


def _bool(self):
    x, rows = self, False
    while isinstance(x, Box):
        rows = rows or isinstance(settled(x), Batched)
        if not rows and type(x).__bool__ is not _bool:  # a trace that minds, or notes, what is decided
            return bool(x)
        x = x.value
    if not rows:
        return bool(x)
    if self.size != 1:
        return bool(np.zeros(self.shape, bool))  # NumPy's error
    truths = np.unique(np.asarray(x, bool))
    if truths.size == 1 and _may_decide(self):
        return bool(truths[0])
    raise BranchError(
        f"the truth of a value batched by vmap is asked for{at_user_line()}, and differs between its rows. "
        "Use np.where(condition, a, b), or np.minimum, np.clip …"
    )


def _may_decide(x) -> bool:
    """Whether no value in `x` is recorded, or the recorder takes note: it gets to know here."""
    while isinstance(x, Box):
        if isinstance(x, Recorded):
            if not x.notes:
                return False
            x.look()
        x = x.value
    return True


def _len(self):
    if not self.shape:
        raise TypeError("len() of an array without axes")
    if self.ndim > 1:
        refuse_shuffle(sys._getframe(1))
    return self.shape[0]


def _iter(self):
    if not self.shape:
        raise TypeError("iteration over an array without axes")
    return (self[i] for i in range(self.shape[0]))


def _contains(self, item):
    return bool((self == item).any())


def _repr(self):
    from ..core.describe import layers

    text = np.array2string(np.asarray(strip(self)), separator=", ", prefix="Array(")
    return f"Array({', '.join([text, *layers(settled(self))])})"


def _str(self):
    """What `print` shows: the value as NumPy would show it, and what is known of its derivative."""
    from ..core.describe import layers

    found = layers(settled(self))
    return f"{strip(self)}  ({', '.join(found)})" if found else str(strip(self))


def _format(self, spec):
    value = strip(self)
    if not spec or not isinstance(value, np.ndarray) or self.shape:
        return format(value, spec)
    return "[" + ", ".join(format(v, spec) for v in value.ravel()) + "]"  # the rows of a vmap


def _copy(self, *_):
    return self.copy("K")


def _reduce_ex(self, protocol):
    """Pickles hold values: a copy in another process would have lost its derivative."""
    value = plain_value(
        self,
        "pickling x (pickle, joblib, a process pool)",
        "Pickle the result of the transform, or dualad.stop_gradient(x).",
    )
    return Const, (value,)


def _round(self, ndigits=None):
    if ndigits is not None:
        return np.round(self, ndigits)
    return round(plain_value(self, "round(x)", "Write np.round(x), whose derivative is zero.")[()])


def _integral(name):
    """`math.floor(x)` and its like, which give a Python integer."""

    def method(self):
        value = plain_value(self, f"math.{name}(x)", f"Write np.{name}(x), whose derivative is zero.")
        return getattr(math, name)(value)

    return method


def _as_integer_ratio(self):
    value = plain_value(
        self, "x.as_integer_ratio()", "Write np.mean for statistics.mean, x / 2 for Fraction(1, 2) * x."
    )
    return value.as_integer_ratio()


def missing_attribute(name):
    """An attribute that an ndarray has and a dualad array has not: it says so, and what to do."""

    def missing(self):
        raise AttributeError(
            f"a dualad array has no attribute {name!r}{at_user_line()}: x.{name} speaks of memory, of which a traced "
            "value has none of its own. Use the np function of the same purpose, or dualad.stop_gradient(x)"
        )

    return property(missing)


for _name, _method in {
    "__reduce_ex__": _reduce_ex,
    "__round__": _round,
    "__floor__": _integral("floor"),
    "__ceil__": _integral("ceil"),
    "__trunc__": _integral("trunc"),
    "as_integer_ratio": _as_integer_ratio,
    "__array__": _array,
    "__float__": _float,
    "__int__": _int,
    "__complex__": _complex,
    "__index__": _index,
    "__bool__": _bool,
    "__len__": _len,
    "__iter__": _iter,
    "__contains__": _contains,
    "__repr__": _repr,
    "__str__": _str,
    "__format__": _format,
    "__copy__": _copy,
    "__deepcopy__": _copy,
    "item": _item,
    "tolist": _tolist,
    "strides": property(lambda self: row(self).strides),
    "flags": property(_flags),
}.items():
    setattr(Box, _name, _method)
Box.__array_priority__ = 1000
