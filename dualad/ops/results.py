"""NumPy's named tuples for operations with several outputs: `np.linalg.eigh(a).eigenvalues` and the like."""

from __future__ import annotations

import numpy as np

from ..core.primitive import attach_rule_setters

_ONE = np.eye(1)
EigResult = type(np.linalg.eig(_ONE))
EighResult = type(np.linalg.eigh(_ONE))
QRResult = type(np.linalg.qr(_ONE))
SlogdetResult = type(np.linalg.slogdet(_ONE))
SVDResult = type(np.linalg.svd(_ONE))


def named(face, result):
    """The public function of a primitive, its outputs in a named tuple of the type `result`."""

    def function(*args, **params):
        out = face(*args, **params)
        return out if type(out) is result else result(*out)

    function.__name__ = function.__qualname__ = face.__name__
    function.__doc__, function.__module__ = face.__doc__, face.__module__
    function.__wrapped__ = face.__wrapped__
    return attach_rule_setters(face.primitive, function)
