"""`Parameter`, and how parameters of either tier forget their gradients and are loaded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from engine import Tensor, Value, ValueArray


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
        self._data = self._data.astype(dtype)
        self._grad = None
        return self

    def __copy__(self) -> Parameter:
        return Parameter(self._data, requires_grad=self._requires, label=self.label)

    def __repr__(self) -> str:
        return "Parameter" + super().__repr__().removeprefix("Tensor")


def forget_gradients(parameters: Iterable[Any], set_to_none: bool) -> None:
    """What `zero_grad` does, on either tier."""
    for parameter in parameters:
        if set_to_none:
            parameter.zero_grad()
            continue
        for leaf in parameter.flat if isinstance(parameter, ValueArray) else [parameter]:
            if leaf.has_grad:
                leaf.grad = 0.0 if isinstance(leaf, Value) else np.zeros(leaf.shape, leaf.dtype)


def misfit(own: Any, array: np.ndarray) -> str:
    """Why `array` cannot be loaded into a parameter or buffer; "" if it can."""
    expected = np.dtype(np.float64) if isinstance(own, Value | ValueArray) else own.dtype
    if array.dtype.kind not in "fiub" or not np.can_cast(array.dtype, expected, "same_kind"):
        return f"expected {expected} numbers, got dtype {array.dtype}"
    if array.shape != own.shape:
        return f"expected shape {own.shape}, got {array.shape}"
    return ""


def assign(module: Any, name: str, array: np.ndarray) -> None:
    """Put numbers that fit into the parameter or buffer of that name, in its own dtype."""
    own = getattr(module, name)
    if isinstance(own, ValueArray):
        for value, number in zip(own.flat, array.flat, strict=True):
            value.data = float(number)
    elif isinstance(own, Value | Tensor):
        own.data = array
    else:
        setattr(module, name, array.astype(own.dtype))
