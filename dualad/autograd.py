"""`backward` and `grad` of tensors, functions with a backward of their own, and grad mode, under PyTorch's names."""

from ._torch.backward import backward as backward
from ._torch.backward import grad as grad
from ._torch.function import Function as Function
from ._torch.modes import enable_grad as enable_grad
from ._torch.modes import is_grad_enabled as is_grad_enabled
from ._torch.modes import no_grad as no_grad
from ._torch.modes import set_grad_enabled as set_grad_enabled
