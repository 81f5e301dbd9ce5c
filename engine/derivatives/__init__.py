"""Derivatives of plain functions: `grad`, `vjp`, `jvp`, `jacobian`, `hessian`, `hvp`.

`arguments` turns a call's arguments into nodes and back; `transforms` holds the functions.
"""

from .transforms import (
    grad as grad,
    hessian as hessian,
    hvp as hvp,
    jacobian as jacobian,
    jvp as jvp,
    value_and_grad as value_and_grad,
    vjp as vjp,
)
