"""Average pooling: the mean of every window, as functions and as layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import mean, stack

from ..checks import dtype_of, floating
from ..half import in_float32
from ..module import Module
from .im2col import im2col
from .pooling import PoolSettings, not_empty
from .sliding import NO_PADS, Pads, as_before, images_of, pair


@in_float32
def avg_pool1d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """`avg_pool2d` along one axis: x has shape (batch, channels, length) or (channels, length).

    >>> avg_pool1d(np.array([[1.0, 5.0, 2.0, 4.0]]), 2)
    array([[3., 3.]])
    """
    settings = PoolSettings("avg_pool1d()", 1, kernel_size, stride, padding)
    return _avg_pool(settings, x, ceil_mode, count_include_pad)


class AvgPool1d(Module):
    """Mean of every window: (batch, channels, L) to (batch, channels, L′).

    L′ = (L + 2·padding - kernel_size) // stride + 1.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad: as for `avg_pool1d`.

    Raises:
        ValueError: as `MaxPool2d`.

    >>> AvgPool1d(2)(np.array([[[1.0, 3.0, 5.0, 7.0]]])).tolist()
    [[[2.0, 6.0]]]
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
        PoolSettings(type(self).__name__, self._axes, kernel_size, stride, padding)
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
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


@in_float32
def avg_pool2d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Mean of every window.

    Args:
        x: shape (batch, channels, height, width) or (channels, height, width).
        kernel_size, stride, padding, ceil_mode: as for `max_pool2d`, with zeros around x.
        count_include_pad: whether those zeros count where the mean is taken.
        divisor_override: what to divide each sum by in place of how many numbers there are.

    Raises:
        ValueError, TypeError: as `max_pool2d`, or divisor_override is 0.

    >>> avg_pool2d(np.array([[[1.0, 2.0], [4.0, 3.0]]]), 2)
    array([[[2.5]]])
    """
    settings = PoolSettings("avg_pool2d()", 2, kernel_size, stride, padding)
    return _avg_pool(settings, x, ceil_mode, count_include_pad, divisor_override)


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


def _avg_pool(
    settings: PoolSettings, x: Any, ceil_mode: bool, count_include_pad: bool, divisor: Any = None
) -> Any:
    check_divisor(divisor)
    x = floating(settings.name, x)
    images = images_of(settings.name, settings.axes, x)
    pads = settings.pads(images, ceil_mode)
    windows = im2col(images, settings.kernel, settings.stride, pads)
    if divisor is None:
        count = _counts(images.shape[2:], settings, pads, count_include_pad)
        if not count.ndim and count == math.prod(settings.kernel):  # as usual
            return as_before(mean(windows, axis=(2, 3)), x, settings.axes)
        divisor = count.astype(dtype_of(images)) if count.ndim else float(count)
    return as_before(windows.sum(axis=(2, 3)) / divisor, x, settings.axes)


def _counts(size: Any, settings: PoolSettings, pads: Pads, count_include_pad: bool) -> np.ndarray:
    """How many numbers each mean is of: an array (rows, columns), or one number for all.

    Zeros of `padding` count if they are asked to, what ceil_mode adds beyond them never does.
    """
    given = settings.padding if count_include_pad else NO_PADS
    ones = np.ones((1, 1, *(n + sum(p) for n, p in zip(size, given, strict=True))))
    rest = [
        (before - one, after - other)
        for (before, after), (one, other) in zip(pads, given, strict=True)
    ]
    counts = im2col(ones, settings.kernel, settings.stride, (rest[0], rest[1])).sum(
        axis=(0, 1, 2, 3)
    )
    return counts if counts.min() < counts.max() else counts[0, 0]


def check_divisor(divisor: Any) -> None:
    """Check that divisor_override is None or an int other than 0.

    Raises:
        TypeError, ValueError: it is not.
    """
    if divisor is not None and (isinstance(divisor, bool) or not isinstance(divisor, int)):
        raise TypeError(f"divisor_override must be an int or None, got {divisor!r:.60}")
    if divisor == 0:
        raise ValueError("divisor_override must not be 0")


@in_float32
def adaptive_avg_pool2d(x: Any, output_size: Any) -> Any:
    """Means over as many rectangles as `output_size` asks for.

    Row i of the result is the mean of rows floor(i·H/out) up to ceil((i + 1)·H/out), and so are
    the columns: rectangles overlap where `output_size` does not divide the size.

    Args:
        x: shape (batch, channels, height, width) or (channels, height, width).
        output_size: an int or a pair; None keeps an axis as it is.

    Raises:
        ValueError: a size below 1, or x has another number of axes.

    >>> adaptive_avg_pool2d(np.arange(8.0).reshape(1, 2, 4), (1, 2))
    array([[[2.5, 4.5]]])
    """
    x = floating("adaptive_avg_pool2d()", x)
    images = images_of("adaptive_avg_pool2d()", 2, x)
    not_empty("adaptive_avg_pool2d()", images)
    sizes = output_sizes(output_size, images.shape[2:])
    for axis, out in zip((2, 3), sizes, strict=True):
        images = _means_along(images, axis, out)
    return as_before(images, x, 2)


class AdaptiveAvgPool2d(Module):
    """Means over rectangles, as many of them whatever the image's size.

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
        return f"output_size={self.output_size}"


def output_sizes(output_size: Any, size: Any) -> tuple[int, ...]:
    """What adaptive pooling makes of an image of `size`.

    Raises:
        TypeError, ValueError: output_size is not an int or a pair (of which None keeps an axis).
    """
    wanted = output_size if isinstance(output_size, tuple | list) else (output_size, output_size)
    if len(wanted) != 2:
        raise ValueError(f"output_size must be an int or 2 of them, got {output_size!r:.60}")
    return tuple(
        n if one is None else pair("output_size", one, count=1)[0]
        for n, one in zip(size, wanted, strict=True)
    )


def _means_along(x: Any, axis: int, out: int) -> Any:
    """Means of `out` pieces of one axis."""
    n = x.shape[axis]
    if out == n:
        return x
    if n % out == 0:
        shape = (*x.shape[:axis], out, n // out, *x.shape[axis + 1 :])
        return mean(x.reshape(shape), axis=axis + 1)
    lead = (slice(None),) * axis
    pieces = [x[(*lead, slice(i * n // out, -(-(i + 1) * n // out)))] for i in range(out)]
    return stack([mean(piece, axis=axis) for piece in pieces], axis)
