"""The engine's functions by name: `op.matmul`, `op.mean`. Primitives first, then NumPy's names over them.

Every function here works on plain arrays and on boxes alike.
"""

from __future__ import annotations

import operator

from .. import numpy as composites
from ..core.primitive import REGISTRY


class Functions:
    """Looks a name up once, on first use."""

    getitem = staticmethod(operator.getitem)

    def __getattr__(self, name):
        found = REGISTRY[name].face if name in REGISTRY else getattr(composites, name)
        setattr(self, name, found)
        return found


op = Functions()
