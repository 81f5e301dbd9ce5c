"""Derivatives of plain functions: `grad`, `vjp`, `jvp`, `jacobian`, `hessian`, `hvp`.

Here: `arguments` makes a call's arguments into nodes and gradients into what was given; `call` is
one call of a function, and says whether a gradient is plain; `transforms` holds the functions, each
a few lines on top of that.  Read `arguments` first.

You may touch everything; what decides is that each function can be applied to its own result.

Others use the functions, nothing else.
"""

from .of_results import grad_of as grad_of
from .transforms import (
    grad as grad,
    hessian as hessian,
    hvp as hvp,
    jacobian as jacobian,
    jvp as jvp,
    value_and_grad as value_and_grad,
    vjp as vjp,
)
