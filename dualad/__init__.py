"""dualad: forward and reverse automatic differentiation of NumPy programs, each engine checking the other."""

from . import numpy as numpy
from .core.tree import register_pytree_node as register_pytree_node
from .core.tree import tree_flatten as tree_flatten
from .core.tree import tree_leaves as tree_leaves
from .core.tree import tree_map as tree_map
from .core.tree import tree_structure as tree_structure
from .core.tree import tree_unflatten as tree_unflatten
from .transforms.forward import jvp as jvp
from .transforms.reverse import grad as grad
from .transforms.reverse import value_and_grad as value_and_grad
from .transforms.reverse import vjp as vjp
