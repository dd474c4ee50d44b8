"""Every primitive, one family a file: evaluation, JVP and VJP stand together.

Importing this package fills the registry with the families that every program needs. The others follow when one
of their names is first looked up, or by `load_all()`.
"""

import importlib

from ..core.primitive import REGISTRY
from . import arithmetic as arithmetic
from . import comparison as comparison
from . import complex as complex
from . import diagonals as diagonals
from . import elementary as elementary
from . import extrema as extrema
from . import floating as floating
from . import flow as flow
from . import index as index
from . import join as join
from . import layout as layout
from . import matmul as matmul
from . import moments as moments
from . import pad as pad
from . import put as put
from . import reduce as reduce
from . import running as running
from . import select as select
from . import sort as sort

LATER = """
contract conv convolve determinant draws eigen einsum fft interpolate linalg linear losses lstm norms pool products
qr recurrent slopes softmax sparse special standardize svd transport
updates
""".split()


def load_all() -> None:
    """Import the rest of the families. Threads that ask at once all wait until they are there."""
    for name in LATER:
        importlib.import_module(f"{__name__}.{name}")
    REGISTRY.load_rest = None


REGISTRY.load_rest = load_all
