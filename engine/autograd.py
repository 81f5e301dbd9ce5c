"""PyTorch's `torch.autograd`, for programs that `import engine as torch`: names, and `Function`."""

from .checking import gradcheck as gradcheck
from .custom import Function as Function
from .derivatives import grad_of as grad
from .recording import (
    enable_grad as enable_grad,
    no_grad as no_grad,
    set_grad_enabled as set_grad_enabled,
)

__all__ = ["Function", "enable_grad", "grad", "gradcheck", "no_grad", "set_grad_enabled"]
