"""NumPy's names, for traced and plain values alike.

Functions are NumPy's own where NumPy dispatches them to dualad arrays, and primitives where those are faster
(ufuncs); creation functions return dualad arrays, into which traced values can be stored.
"""

from __future__ import annotations

import numpy as _np

from .. import ops as _ops  # noqa: F401  (fills the registry)
from ..core.primitive import REGISTRY as _REGISTRY
from ..core.trace import Box as ndarray
from . import creation as _creation
from . import methods as _methods  # noqa: F401  (attaches them to Box)
from . import namespaces as _namespaces
from . import neighbours as _neighbours
from . import protocols as _protocols  # noqa: F401
from . import standard as _standard
from . import ufuncs as _ufuncs
from .functions import FUNCTIONS as FUNCTIONS


def _namespace() -> dict:
    names = {}
    for name, value in vars(_np).items():
        if isinstance(value, _np.ufunc) and value.__name__ in _REGISTRY:
            value = _ufuncs.with_methods(_REGISTRY[value.__name__].face, value)
        else:
            value = _namespaces.face_of(value)
        if not name.startswith("_"):
            names[name] = value
    names.update(_creation.CREATION)
    names.update(_namespaces.special())
    names.update(_standard.names())
    names["ndarray"] = ndarray
    return names


globals().update(_namespace())
_neighbours.wait()
