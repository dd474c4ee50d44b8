"""NumPy's names, for traced and plain values alike.

Functions are NumPy's own where NumPy dispatches them to dualad arrays, and primitives where those are faster
(ufuncs); creation functions return dualad arrays, into which traced values can be stored.
"""

from __future__ import annotations

import numpy as _np

from .. import ops as _ops  # noqa: F401  (fills the registry)
from ..core.primitive import REGISTRY as _REGISTRY
from ..core.trace import Box as ndarray
try:
    from . import creation as _creation
    from . import functions as _functions
    from . import methods as _methods  # noqa: F401  (attaches them to Box)
    from . import products as _products
    from . import protocols as _protocols  # noqa: F401
    from . import reductions as _reductions  # noqa: F401
    from . import selecting as _selecting  # noqa: F401
    from . import shaping as _shaping  # noqa: F401
    from . import ufuncs as _ufuncs  # noqa: F401

    _products.enter_modules()


    def _namespace() -> dict:
        names = {}
        for name in _np.__all__ if hasattr(_np, "__all__") else dir(_np):
            value = getattr(_np, name, None)
            if isinstance(value, _np.ufunc) and value.__name__ in _REGISTRY:
                value = _REGISTRY[value.__name__].face
            if not name.startswith("_") and value is not None:
                names[name] = value
        names.update(_creation.CREATION)
        names["ndarray"] = ndarray
        return names


    globals().update(_namespace())
    linalg = _np.linalg
    fft = _np.fft
    FUNCTIONS = _functions.FUNCTIONS
except (ImportError, KeyError):  # while the families are being written
    from . import _bootstrap as _b  # noqa

    raise
