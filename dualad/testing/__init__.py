"""The cross-check suite as a tool: of the primitives, and of your own functions."""

from .differences import complex_step as complex_step
from .differences import richardson as richardson
