"""`Parameter`, and what is done with parameters of either tier, so that nobody else need ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from engine import Node, Tensor, ValueArray

from .checks import dtype_of


class Parameter(Tensor):
    """A Tensor that a module learns: a leaf that requires a gradient unless told otherwise.

    >>> Parameter([1.0, 2.0]).requires_grad
    True
    """

    __slots__ = ()

    def __init__(
        self, data: Any, requires_grad: bool = True, dtype: Any = None, label: str = ""
    ) -> None:
        super().__init__(data, requires_grad=requires_grad, dtype=dtype, label=label)

    def cast_(self, dtype: Any) -> Self:
        """Change the dtype of this very parameter; its gradient is forgotten."""
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"dtype of a parameter must be floating-point, got {np.dtype(dtype)}")
        self._held = self._held.astype(dtype)
        self._grad = None
        return self

    def __copy__(self) -> Parameter:
        return Parameter(self._held, requires_grad=self._requires, label=self.label)

    def __repr__(self) -> str:
        return "Parameter" + super().__repr__().removeprefix("Tensor")


#: What is learned: a Tensor; in a scalar model an array of Values; a single Value.
LEARNED = (Node, ValueArray)


def leaves(parameter: Any) -> list[Any]:
    """The Tensors or Values that a parameter consists of."""
    return list(parameter.flat) if isinstance(parameter, ValueArray) else [parameter]


def is_learned(leaf: Any) -> bool:
    """Whether this is a leaf that collects a gradient, not a result or a number."""
    return isinstance(leaf, Node) and leaf.is_leaf and leaf.requires_grad


def fill(parameter: Any, array: Any) -> None:
    """Replace the numbers of a parameter by others of its shape."""
    if isinstance(parameter, Tensor):
        parameter.data = array
        return
    for leaf, x in zip(leaves(parameter), np.asarray(array).flat, strict=True):
        leaf.data = float(x)


def forget_gradients(parameters: Iterable[Any], set_to_none: bool) -> None:
    """What `zero_grad` does, on either tier."""
    for parameter in parameters:
        if set_to_none:
            parameter.zero_grad()
            continue
        for leaf in leaves(parameter):
            if leaf.has_grad:
                leaf.grad = np.zeros(leaf.shape, dtype_of(leaf))
