"""All cases. Importing this fills the table, in this order."""

# isort: off
from . import small_chain as small_chain
from . import large_chain as large_chain
from . import perceptron as perceptron
from . import convnets as convnets
from . import kernels as kernels
from . import jacobians as jacobians
from . import curvature as curvature
from . import recurrent as recurrent
from . import draws as draws
from . import bundle as bundle
from . import sparse as sparse
from . import checkpointing as checkpointing
from . import fixed_costs as fixed_costs
from . import numpy_names as numpy_names
from . import audits as audits
