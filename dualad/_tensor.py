"""The PyTorch-shaped face: `Tensor`, what makes tensors, and grad mode. The work is done in `_torch`."""

from ._torch.creation import arange as arange
from ._torch.creation import as_tensor as as_tensor
from ._torch.creation import empty as empty
from ._torch.creation import empty_like as empty_like
from ._torch.creation import eye as eye
from ._torch.creation import from_numpy as from_numpy
from ._torch.creation import full as full
from ._torch.creation import full_like as full_like
from ._torch.creation import linspace as linspace
from ._torch.creation import ones as ones
from ._torch.creation import ones_like as ones_like
from ._torch.creation import tensor as tensor
from ._torch.creation import zeros as zeros
from ._torch.creation import zeros_like as zeros_like
from ._torch.devices import device as device
from ._torch.dtypes import Size as Size
from ._torch.dtypes import bool as bool
from ._torch.dtypes import complex64 as complex64
from ._torch.dtypes import complex128 as complex128
from ._torch.dtypes import double as double
from ._torch.dtypes import float16 as float16
from ._torch.dtypes import float32 as float32
from ._torch.dtypes import float64 as float64
from ._torch.dtypes import get_default_dtype as get_default_dtype
from ._torch.dtypes import half as half
from ._torch.dtypes import int8 as int8
from ._torch.dtypes import int16 as int16
from ._torch.dtypes import int32 as int32
from ._torch.dtypes import int64 as int64
from ._torch.dtypes import set_default_dtype as set_default_dtype
from ._torch.dtypes import uint8 as uint8
from ._torch.functions import FUNCTIONS as FUNCTIONS
from ._torch.functions import cat as cat
from ._torch.functions import stack as stack
from ._torch.functions import where as where
from ._torch.modes import enable_grad as enable_grad
from ._torch.modes import inference_mode as inference_mode
from ._torch.modes import is_grad_enabled as is_grad_enabled
from ._torch.modes import no_grad as no_grad
from ._torch.modes import set_grad_enabled as set_grad_enabled
from ._torch.random import Generator as Generator
from ._torch.random import default_generator as default_generator
from ._torch.random import manual_seed as manual_seed
from ._torch.random import rand as rand
from ._torch.random import rand_like as rand_like
from ._torch.random import randint as randint
from ._torch.random import randn as randn
from ._torch.random import randn_like as randn_like
from ._torch.random import randperm as randperm
from ._torch.tensor import Tensor as Tensor

# PyTorch's other names for them. Nothing else is defined here, so that nothing misses the builtins.
float, int, long = float32, int32, int64
