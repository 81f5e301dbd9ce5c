"""PyTorch's `x.new_zeros(2, 3)` and its kin: new Tensors of the dtype of another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..counts import shape_of
from ..cpu import on_cpu


def new_leaf(tier: Any, array: np.ndarray, requires_grad: bool, device: Any) -> Any:
    """A Tensor that holds `array` itself, which nobody else has.

    Raises:
        TypeError: the numbers are not real, or integers that are to require a gradient.
        ValueError: device is not the CPU.
    """
    on_cpu(device)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"a Tensor holds real numbers or bools, not dtype {array.dtype}")
    return tier.wrap(array).requires_grad_(requires_grad)


class MakingMore:
    """Leaves of this dtype, on memory of their own."""

    __slots__ = ()

    dtype: Any
    leaf: Callable[..., Any]

    def new_full(
        self,
        size: Any,
        fill_value: Any,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
        device: Any = None,
    ) -> Any:
        """A Tensor of shape `size` and this dtype that holds `fill_value` everywhere.

        >>> from engine import Tensor
        >>> Tensor([1.0]).new_full((2,), 7)
        Tensor([7., 7.])
        """
        array = np.full(shape_of((size,)), fill_value, dtype or self.dtype)
        return new_leaf(self, array, requires_grad, device)

    def new_zeros(self, *shape: Any, **made: Any) -> Any:
        """Zeros of this dtype: `x.new_zeros(2, 3)`, with the keywords of `new_full`.

        >>> from engine import Tensor
        >>> Tensor([1.0]).new_zeros(2, 3).shape
        (2, 3)
        """
        return self.new_full(shape_of(shape), 0, **made)

    def new_ones(self, *shape: Any, **made: Any) -> Any:
        """Ones of this dtype: `x.new_ones(2, 3)`, with the keywords of `new_full`."""
        return self.new_full(shape_of(shape), 1, **made)

    new_empty = new_zeros

    def new_tensor(
        self, data: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None
    ) -> Any:
        """A Tensor of this dtype with a copy of `data`.

        >>> from engine import Tensor, float32
        >>> Tensor([1.0], dtype=float32).new_tensor([1, 2])
        Tensor([1., 2.], float32)
        """
        array = self.leaf(data, requires_grad=False)._held
        array = array.astype(dtype or self.dtype, copy=False)
        return new_leaf(self, array, requires_grad, device)
