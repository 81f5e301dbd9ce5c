"""Windows over images: what convolutions and pooling slide, and how a gradient slides back.

`im2col` copies every window next to the others, so that a convolution is a matrix product and an
average over windows is a mean; `col2im`, its transpose, adds every window back where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib import stride_tricks

from engine import called, fused, has_numbers, pad, reshape, scatter_add, sliding_window_view
from engine.batching import Step, carried, folded

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


def padded(x: Any, padding: Pads, border: float = 0.0) -> Any:
    """An array (N, C, H, W) with a border of one number; x itself if there is none."""
    if padding == NO_PADS:
        return x
    if not has_numbers(x):
        return np.pad(x, ((0, 0), (0, 0), *padding), constant_values=border)
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


def zeros_in(out: np.ndarray | None, shape: Any, dtype: Any) -> np.ndarray:
    """Zeros of a shape: `out`, if that has it."""
    if out is None or out.shape != tuple(shape):
        return np.zeros(shape, dtype)
    out.fill(0)
    return out


def cut(x: np.ndarray, padding: Pads, out: np.ndarray | None) -> np.ndarray:
    """x without its border, in `out` if there is one."""
    y: np.ndarray = inside(x, padding)
    if out is None or y is out:
        return y
    np.copyto(out, y)
    return out


def _im2col_vjp(
    g: Any, y: Any, x: Any, kernel: Pair, stride: Pair, padding: Pads, dilation: Pair
) -> Any:
    return col2im(g, x.shape, stride, padding, dilation)


def _windows(x: Any, sliding: Any, kernel: Pair, stride: Pair, dilation: Pair) -> Any:
    """Every window of a padded array, by a function like NumPy's sliding_window_view."""
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    windows = sliding(x, spans, (2, 3))  # (N, C, all rows, all columns, *spans)
    if (*stride, *dilation) != (1, 1, 1, 1):
        windows = windows[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]
    return windows.transpose((0, 1, 4, 5, 2, 3))


def _windows_of_elements(x: Any, kernel: Pair, stride: Pair, padding: Pads, dilation: Pair) -> Any:
    x = pad(x, ((0, 0), (0, 0), *padding))
    return _windows(x, sliding_window_view, kernel, stride, dilation)


@fused(_im2col_vjp, symbol="windows", elements=_windows_of_elements, ulp=0, linear="jointly")
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
    if not has_numbers(x):
        return _windows(x, stride_tricks.sliding_window_view, kernel, stride, dilation)
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


@fused(_col2im_vjp, symbol="Σ windows", elements=_scattered_elements, linear="jointly")
def col2im(
    x: Any,
    shape: Any = (),
    stride: Pair = (1, 1),
    padding: Pads = NO_PADS,
    dilation: Pair = (1, 1),
) -> Any:
    """The transpose of `im2col`: each window added back where it was, in images of `shape`."""
    if x.shape[2:4] == (1, 1) == stride and padding == NO_PADS:
        return x.reshape(shape)
    return called(_added, x, shape=tuple(shape), stride=stride, padding=padding, dilation=dilation)


def _added(
    x: np.ndarray, shape: Any, stride: Pair, padding: Pads, dilation: Pair, out: Any = None
) -> np.ndarray:
    """`col2im` of an array, into `out` if there is one."""
    n, c, *kernel, rows, columns = x.shape
    full = [size + sum(p) for size, p in zip(shape[2:], padding, strict=True)]
    total = zeros_in(out, (n, c, *full), x.dtype)
    for i, j, places in offsets((kernel[0], kernel[1]), stride, dilation, (rows, columns)):
        total[places] += x[:, :, i, j]
    return cut(total, padding, out)


def _col2im_of_batch(step: Step) -> Any:
    x, (n, *image) = step.inputs[0], step.params["shape"]
    return step.apply(reshape(x, (-1, *x.shape[2:])), shape=(step.size * n, *image))


carried(folded, im2col)
carried(_col2im_of_batch, col2im)
