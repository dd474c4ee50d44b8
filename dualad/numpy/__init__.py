"""NumPy's names over the primitives."""
from .. import ops as _ops  # noqa: F401  (fills the registry)
from . import methods as _methods

_methods.attach_operators()
