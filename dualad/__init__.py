"""dualad: forward and reverse automatic differentiation of NumPy programs, each engine checking the other."""

import importlib as _importlib
from typing import TYPE_CHECKING as _TYPE_CHECKING

from . import numpy as numpy
from .core.batch import BatchFallback as BatchFallback
from .core.batch import BranchError as BranchError
from .core.elementwise import elementwise as elementwise
from .core.errors import ConversionError as ConversionError
from .core.errors import DegenerateError as DegenerateError
from .core.errors import DualadError as DualadError
from .core.errors import FreedGraph as FreedGraph
from .core.errors import LeakedValue as LeakedValue
from .core.errors import MissingRule as MissingRule
from .core.errors import NotDifferentiable as NotDifferentiable
from .core.errors import RandomLayer as RandomLayer
from .core.errors import RecomputationError as RecomputationError
from .core.errors import ShapeError as ShapeError
from .core.errors import SparsityError as SparsityError
from .core.errors import StoreError as StoreError
from .core.errors import StructureError as StructureError
from .core.primitive import primitive as primitive
from .core.samples import Edge as Edge
from .core.samples import Sample as Sample
from .core.tree import register_pytree_node as register_pytree_node
from .core.tree import tree_all as tree_all
from .core.tree import tree_flatten as tree_flatten
from .core.tree import tree_leaves as tree_leaves
from .core.tree import tree_map as tree_map
from .core.tree import tree_reduce as tree_reduce
from .core.tree import tree_structure as tree_structure
from .core.tree import tree_transpose as tree_transpose
from .core.tree import tree_unflatten as tree_unflatten
from .transforms.batch import vmap as vmap
from .transforms.curvature import ggnvp as ggnvp
from .transforms.curvature import hessian as hessian
from .transforms.curvature import hvp as hvp
from .transforms.curvature import vhp as vhp
from .transforms.forward import jvp as jvp
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

if _TYPE_CHECKING:
    from . import autograd as autograd
    from . import data as data
    from . import fft as fft
    from . import implicit as implicit
    from . import linalg as linalg
    from . import nn as nn
    from . import optim as optim
    from . import random as random
    from . import special as special
    from . import utils as utils
    from ._supported import supported as supported
    from ._tensor import Generator as Generator
    from ._tensor import Size as Size
    from ._tensor import Tensor as Tensor
    from ._tensor import arange as arange
    from ._tensor import as_tensor as as_tensor
    from ._tensor import bernoulli as bernoulli
    from ._tensor import bool as bool
    from ._tensor import cat as cat
    from ._tensor import complex64 as complex64
    from ._tensor import complex128 as complex128
    from ._tensor import default_generator as default_generator
    from ._tensor import device as device
    from ._tensor import double as double
    from ._tensor import empty as empty
    from ._tensor import empty_like as empty_like
    from ._tensor import enable_grad as enable_grad
    from ._tensor import eye as eye
    from ._tensor import float as float
    from ._tensor import float16 as float16
    from ._tensor import float32 as float32
    from ._tensor import float64 as float64
    from ._tensor import from_numpy as from_numpy
    from ._tensor import full as full
    from ._tensor import full_like as full_like
    from ._tensor import get_default_dtype as get_default_dtype
    from ._tensor import half as half
    from ._tensor import inference_mode as inference_mode
    from ._tensor import int as int
    from ._tensor import int8 as int8
    from ._tensor import int16 as int16
    from ._tensor import int32 as int32
    from ._tensor import int64 as int64
    from ._tensor import is_grad_enabled as is_grad_enabled
    from ._tensor import linspace as linspace
    from ._tensor import long as long
    from ._tensor import manual_seed as manual_seed
    from ._tensor import multinomial as multinomial
    from ._tensor import no_grad as no_grad
    from ._tensor import normal as normal
    from ._tensor import ones as ones
    from ._tensor import ones_like as ones_like
    from ._tensor import rand as rand
    from ._tensor import rand_like as rand_like
    from ._tensor import randint as randint
    from ._tensor import randint_like as randint_like
    from ._tensor import randn as randn
    from ._tensor import randn_like as randn_like
    from ._tensor import randperm as randperm
    from ._tensor import set_default_dtype as set_default_dtype
    from ._tensor import set_grad_enabled as set_grad_enabled
    from ._tensor import stack as stack
    from ._tensor import tensor as tensor
    from ._tensor import uint8 as uint8
    from ._tensor import where as where
    from ._tensor import zeros as zeros
    from ._tensor import zeros_like as zeros_like
    from .inspect.nans import NanError as NanError
    from .inspect.nans import debug_infs as debug_infs
    from .inspect.nans import debug_nans as debug_nans
    from .inspect.profiling import profile as profile
    from .inspect.residuals import saved_residuals as saved_residuals
    from .inspect.trace import trace as trace
    from .ops.flow import checkpoint_name as checkpoint_name
    from .serialization import load as load
    from .serialization import save as save
    from .testing.audit import audit as audit
    from .testing.audit import checked as checked
    from .transforms import checkpoint_policies as checkpoint_policies
    from .transforms.callback import FiniteDifferences as FiniteDifferences
    from .transforms.callback import black_box as black_box
    from .transforms.callback import pure_callback as pure_callback
    from .transforms.checkpoint import checkpoint as checkpoint
    from .transforms.custom import custom_jvp as custom_jvp
    from .transforms.custom import custom_vjp as custom_vjp
    from .transforms.elementwise import elementwise_grad as elementwise_grad
    from .transforms.implicit import custom_argmin as custom_argmin
    from .transforms.implicit import custom_fixed_point as custom_fixed_point
    from .transforms.implicit import custom_root as custom_root
    from .transforms.jet import jet as jet
    from .transforms.operators import gauss_newton_operator as gauss_newton_operator
    from .transforms.operators import hessian_operator as hessian_operator
    from .transforms.operators import jacobian_operator as jacobian_operator
    from .transforms.ravel import ravel_pytree as ravel_pytree
    from .transforms.sparsity.detect import hessian_sparsity as hessian_sparsity
    from .transforms.sparsity.detect import jacobian_sparsity as jacobian_sparsity
    from .transforms.sparsity.matrix import sparse_hessian as sparse_hessian
    from .transforms.sparsity.matrix import sparse_jacobian as sparse_jacobian

__version__ = "0.1.0"

# What few programs need: modules, and names by the module that has them.
_MODULES = {
    name: name for name in "autograd data fft implicit linalg nn optim random special testing utils".split()
}
_MODULES["checkpoint_policies"] = "transforms.checkpoint_policies"
_LATER = {
    "audit": "testing.audit",
    "checked": "testing.audit",
    "FiniteDifferences": "transforms.callback",
    "black_box": "transforms.callback",
    "checkpoint": "transforms.checkpoint",
    "checkpoint_name": "ops.flow",
    "custom_argmin": "transforms.implicit",
    "custom_fixed_point": "transforms.implicit",
    "custom_jvp": "transforms.custom",
    "custom_root": "transforms.implicit",
    "custom_vjp": "transforms.custom",
    "gauss_newton_operator": "transforms.operators",
    "hessian_operator": "transforms.operators",
    "hessian_sparsity": "transforms.sparsity.detect",
    "jacobian_operator": "transforms.operators",
    "jacobian_sparsity": "transforms.sparsity.detect",
    "elementwise_grad": "transforms.elementwise",
    "jet": "transforms.jet",
    "load": "serialization",
    "ravel_pytree": "transforms.ravel",
    "pure_callback": "transforms.callback",
    "save": "serialization",
    "sparse_hessian": "transforms.sparsity.matrix",
    "sparse_jacobian": "transforms.sparsity.matrix",
    "supported": "_supported",
    "NanError": "inspect.nans",
    "debug_infs": "inspect.nans",
    "debug_nans": "inspect.nans",
    "profile": "inspect.profiling",
    "saved_residuals": "inspect.residuals",
    "trace": "inspect.trace",
}


def __getattr__(name: str):
    """Tensors, networks, optimisers, loaders and files are imported when they are first asked for.

    NumPy programs need none of them, and `import dualad` stays as light as it can.
    """
    if name.startswith("__"):
        raise AttributeError(f"module 'dualad' has no attribute {name!r}")
    if name in _MODULES:
        found = _importlib.import_module(f"{__name__}.{_MODULES[name]}")
    elif name in _LATER:
        found = getattr(_importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
    else:
        tensors = _importlib.import_module(f"{__name__}._tensor")
        found = getattr(tensors, name, None) or tensors.FUNCTIONS.get(name)
        if found is None:
            raise AttributeError(f"module 'dualad' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__():
    tensors = _importlib.import_module(f"{__name__}._tensor")
    return sorted(
        {
            *globals(),
            *_MODULES,
            *_LATER,
            *tensors.FUNCTIONS,
            *(n for n in vars(tensors) if not n.startswith("_")),
        }
    )
