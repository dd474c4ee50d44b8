"""What the example calls speak of. Floating-point values are traced; the rest are constants."""

from __future__ import annotations

import io

import numpy as np
import scipy.special

_rng = np.random.default_rng(20)
_normal = _rng.normal


def _with_nans(x):
    x = x.copy()
    x[0, 1] = x[2, 3] = np.nan
    return x


POOL = {
    # matrices: of both signs, positive, inside (-1, 1), above 1
    "A": _normal(size=(3, 4)),
    "B": _normal(size=(3, 4)),
    "P": _rng.uniform(0.5, 2.0, size=(3, 4)),
    "Q": _rng.uniform(0.5, 2.0, size=(3, 4)),
    "U": _rng.uniform(-0.9, 0.9, size=(3, 4)),
    "O": _rng.uniform(1.2, 3.0, size=(3, 4)),
    "M": _normal(size=(4, 2)),
    "N": _with_nans(_normal(size=(3, 4))),
    "S": _normal(size=(3, 3)) + 3 * np.eye(3),
    "R": _normal(size=(3, 3)),
    "T": _normal(size=(2, 3, 4)),
    "E": _normal(size=(2, 3, 3)) + 3 * np.eye(3),
    "F32": _normal(size=(3, 4)).astype(np.float32),
    # vectors
    "u": _normal(size=3),
    "v": _normal(size=4),
    "w": _rng.uniform(0.5, 2.0, size=4),
    "y": _normal(size=5),
    "z": _normal(size=5),
    "grid": np.array([0.1, 0.9, 1.4, 2.2, 3.1]),
    "at": np.array([0.37, 1.13, 1.9, 2.7]),
    "q": np.array([0.21, 0.68]),
    "edges": np.array([-2.5, -0.55, 0.35, 2.6]),
    # numbers
    "s": np.float64(0.73),
    "t": np.float64(2.41),
    "r": np.float64(1.37),
    # complex
    "C": _normal(size=(3, 4)) + 1j * _normal(size=(3, 4)),
    "D": _normal(size=(3, 3)) + 1j * _normal(size=(3, 3)) + 3 * np.eye(3),
    "c": _normal(size=4) + 1j * _normal(size=4),
    "d": _normal(size=5) + 1j * _normal(size=5),
    # constants
    "MASK": np.array([[1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 1]], bool),
    "ROW": np.array([True, False, True, True]),
    "INDEX": np.array([2, 0, 2, 1]),
    "INTS": np.array([3, 1, 4, 1, 5]),
    "ORDER": np.array([[1, 0, 2, 1], [0, 2, 1, 1], [2, 1, 0, 0]]),
}


def change(f, x, *args, **kwargs):
    """What `f(x, ...)` makes of an array that it changes."""
    x = x.copy()
    f(x, *args, **kwargs)
    return x


def changed(x, *steps):
    """What a store makes of an array: `changed(A, (index, value), …)`."""
    x = x.copy()
    for index, value in steps:
        x[index] = value
    return x


def operated(x, name, other):
    """What an operator in place makes of an array."""
    x = x.copy()
    return getattr(x, name)(other)


HELPERS = {
    "change": change,
    "changed": changed,
    "operated": operated,
    "symmetric": lambda x: x + x.mT.conj(),
    "definite": lambda x: x @ x.mT.conj() + np.eye(x.shape[-1]),
    "floor_of": np.floor,
    "abs": abs,
    "divmod": divmod,
    "list": list,
    "len": len,
    "sum": sum,
    "slice": slice,
    "tuple": tuple,
    "float": float,
    "int": int,
    "bool": bool,
    "complex": complex,
    "str": str,
    "isinstance": isinstance,
    "file": io.BytesIO,
    "special": scipy.special,
}
