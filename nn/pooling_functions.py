"""Pooling as functions: the largest number or the mean of every window."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import fused, mean, pad, scatter_add, stack
from engine.indexing import raw

from .checks import as_array
from .windows import (
    NO_PADS,
    Pads,
    Pair,
    im2col,
    inside,
    offsets,
    out_size,
    out_sizes,
    padded,
    pair,
    strided,
)

__all__ = [
    "Settings",
    "adaptive_avg_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "check_divisor",
    "max_pool1d",
    "max_pool2d",
    "output_sizes",
]

# --- the largest number of each window ---


def _winners(x: Any, kernel: Pair, stride: Pair, padding: Pads, dilation: Pair) -> tuple[Any, ...]:
    """Where in padded x each window's largest number is: the first, row by row (or a nan)."""
    x = padded(raw(x), padding, -np.inf)
    windows = im2col(x, kernel, stride, NO_PADS, dilation)
    n, c, _, _, rows, columns = windows.shape
    places = windows.reshape((n, c, kernel[0] * kernel[1], rows, columns)).argmax(axis=2)
    i, j = np.divmod(places, kernel[1])
    a, b, r, k = np.ogrid[:n, :c, :rows, :columns]
    return a, b, r * stride[0] + i * dilation[0], k * stride[1] + j * dilation[1]


def _max_vjp(
    g: Any, y: Any, x: Any, kernel: Pair, stride: Pair, padding: Pads, dilation: Pair
) -> Any:
    """g where the windows' winners are; where windows overlap it adds up."""
    full = (*x.shape[:2], *(n + sum(p) for n, p in zip(x.shape[2:], padding, strict=True)))
    if type(g) is not np.ndarray or not _all_finite(g, y):
        winners = _winners(x, kernel, stride, padding, dilation)
        return inside(scatter_add(g, full, winners), padding)
    apart = all(s > d * (k - 1) for k, s, d in zip(kernel, stride, dilation, strict=True))
    out = np.zeros(full, g.dtype)
    x = padded(x, padding, -np.inf)
    taken = np.zeros(g.shape, bool)
    for _, _, places in offsets(kernel, stride, dilation, y.shape[2:]):
        wins = np.greater(x[places] == y, taken)  # equal to the largest, and the first that is
        taken |= wins
        if apart:  # no other window has this place
            np.multiply(g, wins, out=out[places])
        else:
            out[places] += g * wins
    return inside(out, padding)


def _all_finite(*arrays: np.ndarray) -> bool:
    """Whether no number is inf or nan; a sum that overflows counts as one."""
    with np.errstate(over="ignore", invalid="ignore"):
        return all(bool(np.isfinite(np.add.reduce(x, None))) for x in arrays)


def _max_of_elements(x: Any, kernel: Pair, stride: Pair, padding: Pads, dilation: Pair) -> Any:
    winners = _winners(x, kernel, stride, padding, dilation)
    return pad(x, ((0, 0), (0, 0), *padding), constant_values=-np.inf)[winners]


def _max_gap(x: Any, kernel: Pair, stride: Pair, padding: Pads, dilation: Pair) -> Any:
    """How far the two largest numbers of each window are apart: at 0 the winner changes."""
    windows = im2col(padded(raw(x), padding, -np.inf), kernel, stride, NO_PADS, dilation)
    n, c, _, _, *out = windows.shape
    ordered = np.sort(windows.reshape((n, c, kernel[0] * kernel[1], *out)), axis=2)
    return ordered[:, :, -1] - ordered[:, :, -2] if kernel != (1, 1) else np.inf


@fused(_max_vjp, name="max_pool2d", symbol="max", elements=_max_of_elements, kinks=_max_gap, ulp=0)
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
    return _max_pool("max_pool2d()", 2, x, kernel_size, stride, padding, dilation, ceil_mode)


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
    return _max_pool("max_pool1d()", 1, x, kernel_size, stride, padding, dilation, ceil_mode)


def _max_pool(
    name: str,
    axes: int,
    x: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
) -> Any:
    images = _images(name, axes, x)
    settings = Settings(name, axes, kernel_size, stride, padding, dilation)
    pads = settings.pads(images, ceil_mode)
    y = fused_max_pool2d(images, settings.kernel, settings.stride, pads, settings.dilation)
    return _as_before(y, x, axes)


# --- the mean of each window ---


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
    return _avg_pool(
        "avg_pool2d()", 2, x, kernel_size, stride, padding, ceil_mode, count_include_pad,
        divisor_override,
    )  # fmt: skip


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
    return _avg_pool(
        "avg_pool1d()", 1, x, kernel_size, stride, padding, ceil_mode, count_include_pad, None
    )


def _avg_pool(
    name: str,
    axes: int,
    x: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Any:
    check_divisor(divisor)
    images = _images(name, axes, x)
    settings = Settings(name, axes, kernel_size, stride, padding, 1)
    pads = settings.pads(images, ceil_mode)
    total = im2col(images, settings.kernel, settings.stride, pads).sum(axis=(2, 3))
    if divisor is None:
        count = _counts(images.shape[2:], settings, pads, count_include_pad)
        dtype = raw(images).dtype if count.ndim else None
        return _as_before(total / (float(count) if dtype is None else count.astype(dtype)), x, axes)
    return _as_before(total / float(divisor), x, axes)


def check_divisor(divisor: Any) -> None:
    """Check that divisor_override is None or an int other than 0.

    Raises:
        TypeError, ValueError: it is not.
    """
    if divisor is not None and (isinstance(divisor, bool) or not isinstance(divisor, int)):
        raise TypeError(f"divisor_override must be an int or None, got {divisor!r:.60}")
    if divisor == 0:
        raise ValueError("divisor_override must not be 0")


def _counts(size: Any, settings: Settings, pads: Pads, count_include_pad: bool) -> np.ndarray:
    """How many numbers each mean is of: an array (rows, columns), or one number for all.

    Zeros of `padding` count if they are asked to, what ceil_mode adds beyond them never does.
    """
    given = [(p, p) if count_include_pad else (0, 0) for p in settings.padding]
    ones = np.ones((1, 1, *(n + sum(p) for n, p in zip(size, given, strict=True))))
    rest = [
        (before - one, after - other)
        for (before, after), (one, other) in zip(pads, given, strict=True)
    ]
    counts = im2col(ones, settings.kernel, settings.stride, (rest[0], rest[1])).sum(
        axis=(0, 1, 2, 3)
    )
    return counts if counts.min() < counts.max() else counts[0, 0]


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
    images = _images("adaptive_avg_pool2d()", 2, x)
    sizes = output_sizes(output_size, images.shape[2:])
    for axis, out in zip((2, 3), sizes, strict=True):
        images = _means_along(images, axis, out)
    return _as_before(images, x, 2)


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


# --- what they share ---


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


def _images(name: str, axes: int, x: Any) -> Any:
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


def _as_before(y: Any, x: Any, axes: int) -> Any:
    """y without the axes that `_images` added to x."""
    shape = (*y.shape[:2], *y.shape[4 - axes :])
    shape = shape if np.ndim(x) == axes + 2 else shape[1:]
    return y if y.shape == shape else y.reshape(shape)
