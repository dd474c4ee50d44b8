"""Random orders and choices: entries are moved by index, and their derivatives with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.batch import ROWS
from ..core.errors import RandomLayer, at_user_line
from ..core.trace import Box, settled
from ..numpy.creation import asarray
from ..numpy.functions import boxed
from ._discrete import refuse
from ._draw import Source, carries, draw, is_plain, parameter, refuse_out


class Order(np.random.Generator):
    """The methods that reorder and choose."""

    def _reordered(self, name, x, keywords) -> Any:
        """`x`, as the method reorders the numbers of its entries."""
        places = np.arange(x.size).reshape(x.shape)
        order = draw(Source(self, name, row_by_row=True, sized=False, keywords=keywords), (places,), None)
        return asarray(x).reshape(-1)[order]

    def permutation(self, x, axis=0):
        if is_plain(x):
            return super().permutation(x, axis)
        x = boxed(x)
        x = np.arange(x) if not x.shape and not isinstance(x, Box) else x
        return self._reordered("permutation", x, {"axis": axis})

    def permuted(self, x, *, axis=None, out=None):
        if is_plain(x):
            return super().permuted(x, axis=axis, out=out)
        refuse_out("rng.permuted", out)
        return self._reordered("permuted", boxed(x), {"axis": axis})

    def shuffle(self, x, axis=0):
        if not isinstance(x, Box):
            if ROWS.get():
                raise RandomLayer(
                    f"rng.shuffle of a plain array or list under vmap{at_user_line()}: all rows would get one order. "
                    "Write y = rng.permutation(x), which has an order for each row."
                )
            return super().shuffle(x, axis)
        settled(x)
        # NumPy's method of this name works in place; on the places of the entries, `permutation` draws the same order.
        places = np.arange(x.size).reshape(x.shape)
        order = draw(_Shuffle(self, {"axis": axis}), (places,), None)
        x[...] = asarray(x).reshape(-1)[order]

    def choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True):
        if is_plain(a, size, p):
            return super().choice(a, size, replace, p, axis, shuffle)
        p = None if p is None else parameter(p)
        refuse("choice", (p,))
        a = boxed(a)
        if a.shape == () and carries(a):
            refuse("integers", (a,))
        n = a if a.shape == () else np.asarray(a.shape[axis])
        source = _Choice(self, {"size": size, "replace": replace, "shuffle": shuffle})
        k = draw(source, (n,) if p is None else (n, p), None)
        return k if a.shape == () else np.take(asarray(a), k, axis=axis)

    def bytes(self, length):
        if ROWS.get():
            raise RandomLayer(
                f"rng.bytes under vmap{at_user_line()}: all rows would get the same. Draw outside."
            )
        return super().bytes(length)


class _Shuffle(Source):
    """Shuffles a copy of the places, in NumPy's way."""

    def __init__(self, rng, keywords):
        super().__init__(rng, "shuffle", row_by_row=True, sized=False, keywords=keywords)

    def __call__(self, parameters, shape):
        places = parameters[0].copy()
        with self.rng.drawing:
            self.rng.numpy.shuffle(places, **self.keywords)
        return (places,)


class _Choice(Source):
    """Chooses among the first whole numbers."""

    def __init__(self, rng, keywords):
        super().__init__(rng, "choice", row_by_row=True, sized=False, keywords=keywords)

    def __call__(self, parameters, shape):
        n, *p = parameters
        with self.rng.drawing:
            return (np.asarray(self.rng.numpy.choice(int(n), p=p[0] if p else None, **self.keywords)),)
