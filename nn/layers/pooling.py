"""Pooling layers: the largest number or the mean of every window."""

from __future__ import annotations

from typing import Any

from ..module import Module
from .avg_pool import adaptive_avg_pool2d, avg_pool1d, avg_pool2d, check_divisor, output_sizes
from .max_pool import max_pool1d, max_pool2d
from .pool_windows import Settings

__all__ = ["AdaptiveAvgPool2d", "AvgPool1d", "AvgPool2d", "MaxPool1d", "MaxPool2d"]


class MaxPool2d(Module):
    """Largest number of every window: (batch, channels, H, W) to (batch, channels, H′, W′).

    H′ = (H + 2·padding - dilation·(kernel_size - 1) - 1) // stride + 1; of equal numbers the
    first, row by row, gets the gradient, as in PyTorch.

    Args:
        kernel_size, stride, padding, dilation, ceil_mode: as for `max_pool2d`.

    Raises:
        ValueError: a size below 1, or padding more than half a window; in the call, a window
            larger than the image.

    >>> MaxPool2d(2)([[[1.0, 2.0], [4.0, 3.0]]])
    array([[[4.]]])
    """

    _axes = 2
    _function: Any = staticmethod(max_pool2d)

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
    ) -> None:
        Settings(type(self).__name__, self._axes, kernel_size, stride, padding, dilation)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.ceil_mode = ceil_mode

    def forward(self, x: Any) -> Any:
        """Each channel of each image by itself."""
        return self._function(
            x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode
        )

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(MaxPool2d):
    """`MaxPool2d` along one axis: (batch, channels, L) to (batch, channels, L′)."""

    _axes = 1
    _function: Any = staticmethod(max_pool1d)


class AvgPool1d(Module):
    """Mean of every window: (batch, channels, L) to (batch, channels, L′).

    L′ = (L + 2·padding - kernel_size) // stride + 1.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad: as for `avg_pool1d`.

    Raises:
        ValueError: as `MaxPool2d`.
    """

    _axes = 1

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        Settings(type(self).__name__, self._axes, kernel_size, stride, padding, 1)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, x: Any) -> Any:
        """Each channel of each sequence by itself."""
        return avg_pool1d(
            x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )

    def extra_repr(self) -> str:
        """The sizes."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(AvgPool1d):
    """Mean of every window: (batch, channels, H, W) to (batch, channels, H′, W′).

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: as for
            `avg_pool2d`.

    Raises:
        ValueError: as `MaxPool2d`, or divisor_override is 0.
        TypeError: divisor_override is not an int.

    >>> AvgPool2d((1, 2), padding=(0, 1))([[[1.0, 2.0]]])
    array([[[0.5, 1. ]]])
    """

    _axes = 2

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        check_divisor(divisor_override)
        self.divisor_override = divisor_override

    def forward(self, x: Any) -> Any:
        """Each channel of each image by itself."""
        return avg_pool2d(
            x, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad, self.divisor_override,
        )  # fmt: skip


class AdaptiveAvgPool2d(Module):
    """Means over so many rectangles, whatever the image's size.

    Args:
        output_size: an int or a pair; None keeps an axis as it is.

    >>> AdaptiveAvgPool2d(1)([[[1.0, 2.0], [4.0, 3.0]]])
    array([[[2.5]]])
    """

    def __init__(self, output_size: Any) -> None:
        output_sizes(output_size, (1, 1))  # raises if it is wrong
        self.output_size = output_size

    def forward(self, x: Any) -> Any:
        """Shape (batch, channels, H, W) to (batch, channels, *output_size)."""
        return adaptive_avg_pool2d(x, self.output_size)

    def extra_repr(self) -> str:
        """The size."""
        return f"output_size={self.output_size}"
