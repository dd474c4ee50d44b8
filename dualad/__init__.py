"""dualad: forward and reverse automatic differentiation of NumPy programs, each engine checking the other."""

from . import numpy as numpy
from .core.batch import BatchFallback as BatchFallback
from .core.batch import BranchError as BranchError
from .core.errors import ConversionError as ConversionError
from .core.errors import DegenerateError as DegenerateError
from .core.errors import DualadError as DualadError
from .core.errors import FreedGraph as FreedGraph
from .core.errors import LeakedValue as LeakedValue
from .core.errors import MissingRule as MissingRule
from .core.errors import NotDifferentiable as NotDifferentiable
from .core.errors import StoreError as StoreError
from .core.errors import StructureError as StructureError
from .core.tree import register_pytree_node as register_pytree_node
from .core.tree import tree_flatten as tree_flatten
from .core.tree import tree_leaves as tree_leaves
from .core.tree import tree_map as tree_map
from .core.tree import tree_structure as tree_structure
from .core.tree import tree_unflatten as tree_unflatten
from .transforms.batch import vmap as vmap
from .transforms.forward import jvp as jvp
from .transforms.jacobian import hessian as hessian
from .transforms.jacobian import hvp as hvp
from .transforms.jacobian import jacfwd as jacfwd
from .transforms.jacobian import jacobian as jacobian
from .transforms.jacobian import jacrev as jacrev
from .transforms.linear import linear_transpose as linear_transpose
from .transforms.linear import linearize as linearize
from .transforms.reverse import grad as grad
from .transforms.reverse import value_and_grad as value_and_grad
from .transforms.reverse import vjp as vjp
from .transforms.stop import getval as getval
from .transforms.stop import is_traced as is_traced
from .transforms.stop import stop_gradient as stop_gradient

__version__ = "0.1.0"
