"""PyTorch's `torch.func`, for programs that `import engine as torch`: names, nothing new."""

from .derivatives import (
    grad as grad,
    hessian as hessian,
    jacobian as jacfwd,
    jacobian as jacrev,
    jvp as jvp,
    vjp as vjp,
)

__all__ = ["grad", "hessian", "jacfwd", "jacrev", "jvp", "vjp"]
