"""Windows over images: what convolutions and pooling slide, and how a gradient slides back.

`im2col` copies every window next to the others, so that a convolution is a matrix product and an
average over windows is a mean; `col2im`, its transpose, adds every window back where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from engine import fused, pad, scatter_add, sliding_window_view

from .sliding import NO_PADS, Pads, Pair, out_sizes


def strided(offset: int, count: int, stride: int) -> slice:
    """`count` positions from `offset` on, `stride` apart."""
    return slice(offset, offset + stride * (count - 1) + 1, stride)


def offsets(kernel: Pair, stride: Pair, dilation: Pair, out: Pair) -> Iterator[tuple[Any, ...]]:
    """For each place in a window, row by row: the places, and where all windows have it."""
    for i in range(kernel[0]):
        rows = strided(i * dilation[0], out[0], stride[0])
        for j in range(kernel[1]):
            columns = strided(j * dilation[1], out[1], stride[1])
            yield i, j, (slice(None), slice(None), rows, columns)


def padded(x: np.ndarray, padding: Pads, border: float = 0.0) -> np.ndarray:
    """An array (N, C, H, W) with a border of one number; x itself if there is none."""
    if padding == NO_PADS:
        return x
    (top, bottom), (left, right) = padding
    n, c, h, w = x.shape
    out = np.full((n, c, top + h + bottom, left + w + right), border, x.dtype)
    out[:, :, top : top + h, left : left + w] = x
    return out


def inside(x: Any, padding: Pads) -> Any:
    """x without its border."""
    if padding == NO_PADS:
        return x
    (top, bottom), (left, right) = padding
    return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]


def _im2col_vjp(
    g: Any, y: Any, x: Any, kernel: Pair, stride: Pair, padding: Pads, dilation: Pair
) -> Any:
    return col2im(g, x.shape, stride, padding, dilation)


def _windows_of_elements(x: Any, kernel: Pair, stride: Pair, padding: Pads, dilation: Pair) -> Any:
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    x = pad(x, ((0, 0), (0, 0), *padding))
    windows = sliding_window_view(x, spans, (2, 3))  # (N, C, all rows, all columns, *spans)
    windows = windows[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]
    return windows.transpose((0, 1, 4, 5, 2, 3))


@fused(_im2col_vjp, symbol="windows", elements=_windows_of_elements, ulp=0)
def im2col(
    x: Any,
    kernel: Pair = (1, 1),
    stride: Pair = (1, 1),
    padding: Pads = NO_PADS,
    dilation: Pair = (1, 1),
) -> Any:
    """Every window of images (N, C, H, W), as an array (N, C, *kernel, rows, columns)."""
    out = out_sizes(x.shape, kernel, stride, padding, dilation, "im2col()")
    if kernel == (1, 1) == stride and padding == NO_PADS:
        return x.reshape((*x.shape[:2], 1, 1, *out))
    x = padded(x, padding)
    windows = np.empty((*x.shape[:2], *kernel, *out), x.dtype)
    for i, j, places in offsets(kernel, stride, dilation, out):
        windows[:, :, i, j] = x[places]
    return windows


def _col2im_vjp(
    g: Any, y: Any, x: Any, shape: Any, stride: Pair, padding: Pads, dilation: Pair
) -> Any:
    return im2col(g, x.shape[2:4], stride, padding, dilation)


def _scattered_elements(x: Any, shape: Any, stride: Pair, padding: Pads, dilation: Pair) -> Any:
    n, c, *kernel, rows, columns = x.shape
    full = (n, c, *(size + sum(p) for size, p in zip(shape[2:], padding, strict=True)))
    i, j, r, k = np.ogrid[: kernel[0], : kernel[1], :rows, :columns]
    index = (Ellipsis, i * dilation[0] + r * stride[0], j * dilation[1] + k * stride[1])
    return inside(scatter_add(x, full, index), padding)


@fused(_col2im_vjp, symbol="Σ windows", elements=_scattered_elements)
def col2im(
    x: Any,
    shape: Any = (),
    stride: Pair = (1, 1),
    padding: Pads = NO_PADS,
    dilation: Pair = (1, 1),
) -> Any:
    """The transpose of `im2col`: each window added back where it was, in images of `shape`."""
    n, c, *kernel, rows, columns = x.shape
    if tuple(kernel) == (1, 1) == stride and padding == NO_PADS:
        return x.reshape(shape)
    full = [size + sum(p) for size, p in zip(shape[2:], padding, strict=True)]
    out = np.zeros((n, c, *full), x.dtype)
    for i, j, places in offsets((kernel[0], kernel[1]), stride, dilation, (rows, columns)):
        out[places] += x[:, :, i, j]
    return inside(out, padding)
