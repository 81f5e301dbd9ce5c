"""PyTorch's `torch.func`, for programs that `import engine as torch`: names, nothing new."""

from .derivatives import (
    grad as grad,
    hessian as hessian,
    jacfwd as jacfwd,
    jacrev as jacrev,
    jvp as jvp,
    linearize as linearize,
    vjp as vjp,
)
from .mapping import vmap as vmap

__all__ = ["grad", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "vjp", "vmap"]
