"""PyTorch's `torch.autograd`, for programs that `import engine as torch`: names, and `Function`."""

from __future__ import annotations

from typing import Any

from .checking import gradcheck as gradcheck
from .custom import Function as Function
from .derivatives import grad_of as grad_of
from .recording import (
    enable_grad as enable_grad,
    no_grad as no_grad,
    set_grad_enabled as set_grad_enabled,
)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """`engine.grad_of` under the names that PyTorch's programs give its arguments.

    Raises:
        ValueError: only_inputs=False, which would add to other leaves; and what `grad_of` raises.

    >>> from engine import Value
    >>> x = Value(3.0)
    >>> grad(outputs=x * x, inputs=x, only_inputs=True)
    (6.0,)
    """
    if not only_inputs:
        raise ValueError("only_inputs=False adds to the .grad of other leaves: call backward()")
    return grad_of(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused)
