"""Solutions that are differentiated by the implicit function theorem: of any solver, and of SciPy's by name."""

from .transforms._linear_solve import SolveWarning as SolveWarning
from .transforms.implicit import Residuals as Residuals
from .transforms.implicit import custom_argmin as custom_argmin
from .transforms.implicit import custom_fixed_point as custom_fixed_point
from .transforms.implicit import custom_root as custom_root
from .transforms.solvers import argmin as argmin
from .transforms.solvers import fixed_point as fixed_point
from .transforms.solvers import root as root
