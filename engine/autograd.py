"""PyTorch's `torch.autograd`, for programs that `import engine as torch`: names, nothing new."""

from __future__ import annotations

from .checking import gradcheck as gradcheck
from .derivatives import grad_of as grad_of
from .recording import (
    enable_grad as enable_grad,
    no_grad as no_grad,
    set_grad_enabled as set_grad_enabled,
)

grad = grad_of
