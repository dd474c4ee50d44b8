"""All cases. Importing this fills the table."""

from . import convnets as convnets
from . import fixed_costs as fixed_costs
from . import jacobians as jacobians
from . import kernels as kernels
from . import large_chain as large_chain
from . import perceptron as perceptron
from . import small_chain as small_chain
