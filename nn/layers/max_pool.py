"""Max pooling: the largest number of every window, as functions and as layers.

Of equal numbers the first, row by row, gets the gradient, as in PyTorch.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import called, fused, has_numbers, pad, scatter_add, to_numpy, where
from engine.arrays import add_in_zeros
from engine.batching import carried, folded

from ..checks import floating
from ..module import Module
from .im2col import cut, im2col, inside, offsets, padded, strided, zeros_in
from .pooling import PoolSettings
from .sliding import NO_PADS, Pads, Pair, as_before, images_of, out_sizes


def _winners(x: Any, kernel: Pair, stride: Pair, padding: Pads, dilation: Pair) -> tuple[Any, ...]:
    """Where in padded x each window's largest number is: the first, row by row (or a nan).

    Among numbers that are all -inf the border's -inf is none: a window's first own number wins.
    """
    numbers = to_numpy(x)
    windows = _in_a_row(padded(numbers, padding, -np.inf), kernel, stride, dilation)
    n, c, _, rows, columns = windows.shape
    places = windows.argmax(axis=2)
    if padding != NO_PADS:
        own = padded(np.ones((1, 1, *numbers.shape[2:])), padding)
        first = _in_a_row(own, kernel, stride, dilation).argmax(axis=2)
        places = np.where(windows.max(axis=2) == -np.inf, first, places)
    i, j = np.divmod(places, kernel[1])
    a, b, r, k = np.ogrid[:n, :c, :rows, :columns]
    return a, b, r * stride[0] + i * dilation[0], k * stride[1] + j * dilation[1]


def _in_a_row(x: np.ndarray, kernel: Pair, stride: Pair, dilation: Pair) -> np.ndarray:
    """The windows of a padded array, each along one axis: (N, C, numbers, rows, columns)."""
    windows = im2col(x, kernel, stride, NO_PADS, dilation)
    return windows.reshape((*x.shape[:2], kernel[0] * kernel[1], *windows.shape[4:]))


def _max_of_elements(x: Any, kernel: Pair, stride: Pair, padding: Pads, dilation: Pair) -> Any:
    winners = _winners(x, kernel, stride, padding, dilation)
    return pad(x, ((0, 0), (0, 0), *padding), constant_values=-np.inf)[winners]


def _max_gap(x: Any, kernel: Pair, stride: Pair, padding: Pads, dilation: Pair) -> Any:
    """How far the two largest numbers of each window are apart: at 0 the winner changes."""
    windows = _in_a_row(padded(to_numpy(x), padding, -np.inf), kernel, stride, dilation)
    ordered = np.sort(windows, axis=2)
    return ordered[:, :, -1] - ordered[:, :, -2] if kernel != (1, 1) else np.inf


def _max_vjp(
    g: Any, y: Any, x: Any, kernel: Pair, stride: Pair, padding: Pads, dilation: Pair
) -> Any:
    """g where the windows' winners are; where windows overlap it adds up."""
    settings: dict[str, Any] = {
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
    }
    if type(x) is np.ndarray and type(g) is np.ndarray:
        return _passed(g, y, x, **settings)
    if not has_numbers(x):
        return called(_passed, g, y, x, vjps=(_taken, None, None), **settings)
    return inside(scatter_add(g, _full(x, padding), _winners(x, **settings)), padding)


def _full(x: Any, padding: Pads) -> tuple[int, ...]:
    """The shape of padded x."""
    return (*x.shape[:2], *(n + sum(p) for n, p in zip(x.shape[2:], padding, strict=True)))


def _passed(
    g: np.ndarray,
    y: np.ndarray,
    x: np.ndarray,
    kernel: Pair,
    stride: Pair,
    padding: Pads,
    dilation: Pair,
    out: Any = None,
) -> np.ndarray:
    """`_max_vjp` of arrays, into `out` if there is one."""
    full = _full(x, padding)
    if not _all_finite(g, y):
        winners = _winners(x, kernel, stride, padding, dilation)
        return cut(add_in_zeros(g, full, winners), padding, out)
    apart = all(s > d * (k - 1) for k, s, d in zip(kernel, stride, dilation, strict=True))
    tiled = tuple(k * n for k, n in zip(kernel, y.shape[2:], strict=True)) == full[2:]
    if tiled and apart:  # each place is in one window
        total = np.empty(full, g.dtype) if out is None or out.shape != full else out
    else:
        total = zeros_in(out, full, g.dtype)
    x = padded(x, padding, -np.inf)
    taken = np.zeros(g.shape, bool)
    for _, _, places in offsets(kernel, stride, dilation, y.shape[2:]):
        wins = np.greater(x[places] == y, taken)  # equal to the largest, and the first that is
        taken |= wins
        if apart:  # no other window has this place
            np.multiply(g, wins, out=total[places])
        else:
            total[places] += g * wins
    return cut(total, padding, out)


def _taken(
    u: Any,
    _out: Any,
    _g: Any,
    y: Any,
    x: Any,
    kernel: Pair,
    stride: Pair,
    padding: Pads,
    dilation: Pair,
) -> Any:
    """The transpose of `_passed`: for each window what u has where its winner is."""
    own = padded(np.ones((1, 1, *x.shape[2:])), padding) != 0
    x = pad(x, ((0, 0), (0, 0), *padding), constant_values=-np.inf)
    u = pad(u, ((0, 0), (0, 0), *padding))
    total, taken = 0.0, np.zeros(y.shape, bool)
    for _, _, places in offsets(kernel, stride, dilation, y.shape[2:]):
        part = x[places]
        wins = ((part == y) | (part != part)) & own[places] & ~taken
        taken = taken | wins
        total = total + where(wins, u[places], 0.0)
    return total


def _all_finite(*arrays: np.ndarray) -> bool:
    """Whether no number is inf or nan; a large one may count as one."""
    return all(math.isfinite(np.vdot(x, x)) for x in arrays)


def _max_jvp(tangents: tuple[Any], y: Any, x: Any, **settings: Any) -> Any:
    return _taken(tangents[0], None, None, y, x, **settings)


@fused(
    _max_vjp, name="max_pool2d", symbol="max", elements=_max_of_elements, kinks=_max_gap, ulp=0,
    jvp=_max_jvp,
)  # fmt: skip
def fused_max_pool2d(
    x: Any,
    kernel: Pair = (2, 2),
    stride: Pair = (2, 2),
    padding: Pads = NO_PADS,
    dilation: Pair = (1, 1),
) -> Any:
    """Largest number of every window of images (N, C, H, W), as one node."""
    rows, columns = out_sizes(x.shape, kernel, stride, padding, dilation, "max_pool2d()")
    x = padded(x, padding, -np.inf)
    y = None
    for i in range(kernel[0]):  # down first: those rows are contiguous
        part = x[:, :, strided(i * dilation[0], rows, stride[0])]
        y = part if y is None else np.maximum(y, part)
    x, y = y, None
    for j in range(kernel[1]):
        part = x[..., strided(j * dilation[1], columns, stride[1])]
        y = part if y is None else np.maximum(y, part)
    return y


carried(folded, fused_max_pool2d)


def max_pool2d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """Largest number of every window; at a tie the gradient goes to the first, row by row.

    Args:
        x: shape (batch, channels, height, width) or (channels, height, width).
        kernel_size: an int, or one for each axis; so are the others.
        stride: how far windows are apart; default kernel_size.
        padding: how many -inf stand around x, at most half of kernel_size.
        dilation: how far the numbers of a window are apart.
        ceil_mode: a last window may reach beyond the border.

    Raises:
        ValueError: a window is larger than the image, padding more than half a window, or x has
            another number of axes.
        TypeError: x does not hold floating-point numbers.

    >>> max_pool2d(np.array([[[1.0, 2.0], [4.0, 3.0]]]), 2)
    array([[[4.]]])
    """
    settings = PoolSettings("max_pool2d()", 2, kernel_size, stride, padding, dilation)
    return _max_pool(settings, x, ceil_mode)


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
        PoolSettings(type(self).__name__, self._axes, kernel_size, stride, padding, dilation)
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
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


def max_pool1d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """`max_pool2d` along one axis: x has shape (batch, channels, length) or (channels, length).

    >>> max_pool1d(np.array([[1.0, 5.0, 2.0, 3.0]]), 2)
    array([[5., 3.]])
    """
    settings = PoolSettings("max_pool1d()", 1, kernel_size, stride, padding, dilation)
    return _max_pool(settings, x, ceil_mode)


class MaxPool1d(MaxPool2d):
    """`MaxPool2d` along one axis: (batch, channels, L) to (batch, channels, L′).

    >>> MaxPool1d(2)(np.array([[[1.0, 3.0, 7.0, 5.0]]])).tolist()
    [[[3.0, 7.0]]]
    """

    _axes = 1
    _function: Any = staticmethod(max_pool1d)


def _max_pool(settings: PoolSettings, x: Any, ceil_mode: bool) -> Any:
    x = floating(settings.name, x)
    images = images_of(settings.name, settings.axes, x)
    pads = settings.pads(images, ceil_mode)
    y = fused_max_pool2d(images, settings.kernel, settings.stride, pads, settings.dilation)
    return as_before(y, x, settings.axes)
