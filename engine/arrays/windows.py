"""Sliding windows over an array, and their transpose."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib import stride_tricks

from ..by_name import has_numbers
from ..define import shape_op
from ..floats import HALF, in_single
from .shapes import normalize_axes


def _window_axes(x: Any, window_shape: Any, axis: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    window = window_shape if isinstance(window_shape, tuple | list) else (window_shape,)
    axes = normalize_axes(axis, np.ndim(x), "sliding_window_view")
    if len(window) != len(axes):
        raise ValueError(
            f"window_shape {window_shape!r} names {len(window)} lengths for {len(axes)} axes"
        )
    for length, i in zip(window, axes, strict=True):
        if not 0 < length <= np.shape(x)[i]:
            raise ValueError(
                f"a window of {length} does not fit axis {i}, of length {np.shape(x)[i]}"
            )
    return tuple(window), axes


def _windows_vjp(g: Any, y: Any, x: Any, window_shape: Any, axis: Any) -> Any:
    return sum_windows(g, x.shape, window_shape, axis)


@shape_op(_windows_vjp, symbol="windows", ulp=0, linear="jointly")
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None) -> Any:
    """Every window of `window_shape` over the axes; the window's axes come last."""
    window, axes = _window_axes(x, window_shape, axis)
    x = x if not has_numbers(x) else np.asarray(x)
    return stride_tricks.sliding_window_view(x, window, axes)


@shape_op(
    lambda g, y, x, shape, window_shape, axis: sliding_window_view(g, window_shape, axis),
    ulp=64,
    linear="jointly",
)
def sum_windows(x: Any, shape: Any, window_shape: Any, axis: Any = None) -> Any:
    """The transpose of `sliding_window_view`: each window's numbers added where they came from."""
    if x.dtype.type is HALF:
        return in_single(sum_windows.forward, x, shape, window_shape, axis)
    out = np.zeros(shape, x.dtype)
    window, axes = _window_axes(out, window_shape, axis)
    for offset in np.ndindex(*window):
        place = [slice(None)] * out.ndim
        for i, start, length in zip(axes, offset, window, strict=True):
            place[i] = slice(start, start + shape[i] - length + 1)
        out[tuple(place)] += x[(..., *offset)]
    return out
