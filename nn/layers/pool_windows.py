"""What pooling functions share: their settings, checked, and 1-D inputs as 2-D ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checks import as_array
from .im2col import Pads, Pair, out_size, out_sizes, pair

__all__ = ["Settings", "as_before", "images_of"]


class Settings:
    """Sizes as pairs, with a first axis of length 1 where there is one axis only."""

    def __init__(
        self, name: str, axes: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any
    ) -> None:
        self.name = name
        kernel = pair("kernel_size", kernel_size, count=axes)
        strides = kernel if stride is None else pair("stride", stride, count=axes)
        paddings = pair("padding", padding, least=0, count=axes)
        for k, p in zip(kernel, paddings, strict=True):
            if 2 * p > k:
                raise ValueError(
                    f"padding must be at most half of kernel_size, got {padding} and {kernel_size}"
                )
        self.kernel = _two(kernel, 1)
        self.stride = _two(strides, 1)
        self.padding = _two(paddings, 0)
        self.dilation = _two(pair("dilation", dilation, count=axes), 1)

    def pads(self, x: Any, ceil_mode: bool) -> Pads:
        """Padding of x, and beyond it what ceil_mode needs; raises if no window fits."""
        pads = [
            (p, p + self._beyond(n + 2 * p, i) * bool(ceil_mode))
            for i, (n, p) in enumerate(zip(x.shape[2:], self.padding, strict=True))
        ]
        padding = (pads[0], pads[1])
        out_sizes(x.shape, self.kernel, self.stride, padding, self.dilation, self.name)
        return padding

    def _beyond(self, size: int, axis: int) -> int:
        """How far a last window, begun inside x or the padding before it, reaches out."""
        kernel, stride, dilation = self.kernel[axis], self.stride[axis], self.dilation[axis]
        span = dilation * (kernel - 1) + 1
        if size < span:
            return 0
        count = out_size(size, kernel, stride, dilation, (0, 0))
        if count * stride < size - self.padding[axis] and (size - span) % stride:
            return count * stride + span - size
        return 0


def _two(values: tuple[int, ...], first: int) -> Pair:
    return (values[0], values[1]) if len(values) == 2 else (first, values[0])


def images_of(name: str, axes: int, x: Any) -> Any:
    """x with a batch and two axes of space."""
    x = as_array(x)
    space = "length" if axes == 1 else "height, width"
    if x.ndim not in (axes + 1, axes + 2):
        raise ValueError(
            f"{name} takes inputs of shape (batch, channels, {space}) or (channels, {space}), "
            f"got {x.shape}"
        )
    if x.dtype.kind not in "fO":
        raise TypeError(f"{name} takes floating-point numbers, got dtype {x.dtype}")
    if x.ndim == axes + 1:
        x = x.reshape((1, *x.shape))
    return x if axes == 2 else x.reshape((*x.shape[:2], 1, x.shape[2]))


def as_before(y: Any, x: Any, axes: int) -> Any:
    """y without the axes that `images_of` added to x."""
    shape = (*y.shape[:2], *y.shape[4 - axes :])
    shape = shape if np.ndim(x) == axes + 2 else shape[1:]
    return y if y.shape == shape else y.reshape(shape)
