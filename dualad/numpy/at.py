"""Functional updates, `x.at[i].set(v)` and its like: a changed copy, JAX's names on NumPy's indices.

    y = x.at[1:3].add(v)          # np.add.at on a copy of x
    y = np.asarray(c).at[mask].set(v)    # of a plain array c, by dualad.numpy's asarray

`x`, `v` or both may be traced. Places that an index names twice are updated twice; of two values that are set at
one place the last one stays. An index out of range raises, as in NumPy (JAX would clip or drop it).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core.errors import at_user_line
from ..core.space import face
from ..core.trace import Box, Const, settled
from ..ops.index import HOLE, Index, added_at, gather, getitem, is_static, read_index
from ..ops.layout import as_array, broadcast_to, cast, reshape
from ..ops.put import stored
from ..ops.updates import products_at, scatter_max, scatter_min
from .stores import as_value, check_fit


class At:
    """`x.at`, which waits for an index."""

    __slots__ = ("_array",)

    def __init__(self, array):
        self._array = array

    def __getitem__(self, index) -> Updates:
        return Updates(self._array, index)

    def __repr__(self):
        return f"{self._array!r}.at"


class Updates:
    """`x.at[index]`: what can be done at these places. Each method returns a new array of the dtype of `x`.

    Examples
    --------
    >>> import numpy as np
    >>> import dualad
    >>> x = dualad.numpy.arange(3.0)
    >>> x.at[[0, 0, 2]].add(1.0)
    Array([2., 1., 3.])
    >>> dualad.grad(lambda x: np.sum(x.at[x > 1].set(0.0) ** 2))(np.array([1.0, 2.0]))
    array([2., 0.])
    """

    __slots__ = ("_array", "_index")

    def __init__(self, array, index):
        self._array = settled(array)
        self._index = index

    def __repr__(self):
        return f"{self._array!r}.at[{self._index!r}]"

    def get(self):
        """`x[index]`."""
        return getitem(self._array, self._index)

    def set(self, values):
        """`x[index] = values`; of values for one place the last stays."""
        x, v = self._array, self._fitted(values, cast_any=True)
        if self._chosen_by_rows(v):
            return self._where(lambda x: v)
        return _returned(stored(x, self._index, v))

    def add(self, values):
        """`np.add.at(x, index, values)`."""
        return self._added(self._fitted(values))

    def subtract(self, values):
        """`np.subtract.at(x, index, values)`."""
        return self._added(-self._fitted(values))

    def multiply(self, values):
        """`np.multiply.at(x, index, values)`."""
        return self._updated(np.multiply, values, _by_products(np.multiply))

    mul = multiply

    def divide(self, values):
        """`np.divide.at(x, index, values)`: by the product of the values for one place."""
        return self._updated(np.divide, values, _by_products(np.divide))

    def power(self, values):
        """`np.power.at(x, index, values)`: to the power of the product of the values for one place."""
        return self._updated(np.power, values, _by_products(np.power))

    def min(self, values):
        """`np.minimum.at(x, index, values)`; those that tie share the derivative."""
        return self._updated(np.minimum, values, scatter_min)

    def max(self, values):
        """`np.maximum.at(x, index, values)`; those that tie share the derivative."""
        return self._updated(np.maximum, values, scatter_max)

    def apply(self, func: Callable):
        """`x[index] = func(x[index])`, for an elementwise `func`; a place that is named again has it applied again."""
        x = self._array
        if self._names_once():
            return _returned(stored(x, self._index, as_value(x, func(getitem(x, self._index)))))
        places, _ = self._places()
        y = reshape(x, shape=(-1,))
        times = times_named(places, y.shape)
        for k in range(places.shape[0] if isinstance(times, Box) else times.max(initial=0)):
            y = face("where")(times > k, func(y), y)
        return self._whole(y)

    # ---- how ----------------------------------------------------------------------------------------

    def _fitted(self, values, cast_any=False):
        """The values as they are stored: `set` casts as a store does, the others where NumPy would."""
        x = self._array
        v = as_value(x, values)
        kind = np.result_type(x.dtype, v.dtype)
        if not cast_any and not np.can_cast(kind, x.dtype, "same_kind"):
            raise TypeError(
                f"an array of {x.dtype} cannot be updated with values of {v.dtype}{at_user_line()}: the result would "
                f"be {kind}. Write x.astype({kind.name!r}).at[…]"
            )
        return v

    def _added(self, v):
        x = self._array
        if self._chosen_by_rows(v):
            return self._where(lambda x: x + v)
        shape = self._shape()
        v = v if shape is None else _into(v, shape)
        return _returned(cast(added_at(x, self._index, v), x.dtype))

    def _updated(self, op, values, at_repeated):
        """`op(x[index], values)` stored at the index, or `at_repeated(x, values, places)` in one dimension."""
        x, v = self._array, self._fitted(values)
        if self._chosen_by_rows(v):
            return self._where(lambda x: op(x, v))
        if self._names_once():
            new = op(getitem(x, self._index), _into(v, self._shape()))
            return _returned(stored(x, self._index, new))
        places, shape = self._places()
        new = at_repeated(reshape(x, shape=(-1,)), reshape(_into(v, shape), shape=(-1,)), places)
        return self._whole(new)

    def _whole(self, flat):
        x = self._array
        return _returned(cast(reshape(flat, shape=x.shape), x.dtype))

    def _names_once(self) -> bool:
        """Whether the index is known to name no place twice."""
        if is_static(self._index):
            return True
        arrays, _ = read_index(self._index)
        return (
            len(arrays) == 1
            and not isinstance(arrays[0], Box)
            and (arrays[0].dtype == bool or arrays[0].size == 1)
        )

    def _chosen_by_rows(self, v) -> bool:
        """Whether the index is a mask that differs between the rows of a vmap, and the values are one number."""
        i = self._index
        return isinstance(i, Box) and i.owner is not None and i.dtype == bool and i.ndim > 0 and v.ndim == 0

    def _where(self, update):
        x, mask = self._array, self._index
        if mask.shape != x.shape[: mask.ndim]:
            raise IndexError(
                f"a mask of shape {mask.shape} does not fit an array of shape {x.shape}{at_user_line()}"
            )
        mask = reshape(mask, shape=(*mask.shape, *(1,) * (x.ndim - mask.ndim)))
        return _returned(cast(face("where")(mask, update(x), x), x.dtype))

    def _shape(self):
        """The shape of `x[index]`; None where the index differs between the rows of a vmap."""
        model = np.broadcast_to(np.zeros((), bool), self._array.shape)
        if is_static(self._index):
            return model[self._index].shape
        arrays, spec = read_index(self._index)
        if any(isinstance(a, Box) for a in arrays):
            return None
        return model[spec.with_arrays(arrays)].shape

    def _places(self):
        """The index as positions in the flattened array, in one dimension; and the shape of `x[index]`."""
        x = self._array
        arrays, spec = read_index(self._index)
        places = gather(np.arange(x.size).reshape(x.shape), *arrays, spec=spec)
        return reshape(places, shape=(-1,)), places.shape


def _by_products(op):
    def update(x, v, places):
        return face("where")(times_named(places, x.shape) > 0, op(x, products_at(v, places, x.size)), x)

    return update


def times_named(places, shape):
    """How often each place is named."""
    return face("scatter_add")(np.ones(places.shape, int), places, spec=Index(HOLE), shape=shape)


def _into(v, shape):
    """`v` broadcast to `shape`; axes of length one in front may be too many, as in a store."""
    if v.shape == shape:
        return v
    check_fit(v.shape, shape)
    if v.ndim > len(shape):
        v = reshape(v, shape=v.shape[v.ndim - len(shape) :])
    return broadcast_to(v, shape=shape)


def _returned(out):
    """A dualad array, whatever has been traced."""
    return out if isinstance(out, Box) else Const(as_array(out))
