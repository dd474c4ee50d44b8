"""The engine's functions by name: `op.matmul`, `op.stored`. They work on plain arrays and on boxes alike."""

from __future__ import annotations

import numpy as np

from ..core.primitive import REGISTRY
from ..ops import contract, einsum, index, select, shape

COMPOSITES = {
    "clip": select.clip,
    "diag": shape.diag,
    "einsum": einsum.einsum,
    "getitem": index.getitem,
    "stored": index.stored,
    "tensordot": contract.tensordot,
    "tile": shape.tile,
}


class Functions:
    """Primitives, and a few sentences over them. A name is looked up once, on first use."""

    def __getattr__(self, name):
        if name in COMPOSITES:
            found = COMPOSITES[name]
        elif name in REGISTRY:
            found = REGISTRY[name].face
        else:
            found = getattr(np.linalg, name)  # which dispatches to dualad arrays
        setattr(self, name, found)
        return found


op = Functions()
