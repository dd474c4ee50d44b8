"""The engine's functions by name: `op.matmul`, `op.stored`. They work on plain arrays and on boxes alike.

What is no primitive is NumPy's, which dispatches to dualad arrays.
"""

from __future__ import annotations

import numpy as np

from ..core.primitive import REGISTRY
from ..ops import index, put


class Functions:
    """A name is looked up once, on first use."""

    getitem = staticmethod(index.getitem)
    stored = staticmethod(put.stored)

    def __getattr__(self, name):
        prim = REGISTRY.find(name)
        found = prim.face if prim is not None else getattr(np, name, None) or getattr(np.linalg, name)
        setattr(self, name, found)
        return found


op = Functions()
