"""Convolution as one node: a product of the weight with every window; and its transpose."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np

from engine import Node, concatenate, fused, has_numbers, own, tensordot
from engine.batching import carried, folded

from .im2col import col2im, im2col
from .sliding import NO_PADS, Pads, Pair, out_sizes

# Per image and group a matrix product: (F/G, K) with the columns (K, P), for F filters, G groups,
# K = C/G·kh·kw numbers in a window and P windows.  The columns are made again for the backward
# pass, which is quicker than keeping them: they are kh·kw times as large as the image.  Of many
# images they are made of some at a time, for each image has a product of its own.

#: Bytes of columns that are made at a time.
AT_A_TIME = 2**20


def _filters(weight: Any, groups: int) -> Any:
    """The weight as (groups, filters of a group, numbers in a window)."""
    return weight.reshape((groups, len(weight) // groups, math.prod(weight.shape[1:])))


def _columns(x: Any, weight: Any, params: dict[str, Any], groups: int) -> Any:
    """Every window as a column: (N, groups, numbers in a window, windows)."""
    every = im2col if isinstance(x, Node) else im2col.forward
    windows = every(x, weight.shape[2:], **params)
    return windows.reshape(
        (len(x), groups, math.prod(weight.shape[1:]), math.prod(windows.shape[4:]))
    )


def _some_at_a_time(x: Any, weight: Any, places: int) -> list[slice]:
    """Parts of a batch of plain images x, for columns of a moderate size; or all of it."""
    each = math.prod(weight.shape[1:]) * places * 8
    step = max(AT_A_TIME // max(each, 1), 1)
    if type(x) is not np.ndarray or type(weight) is not np.ndarray or len(x) <= step:
        return [slice(None)]
    return [slice(i, i + step) for i in range(0, len(x), step)]


def _by_group(g: Any, groups: int) -> Any:
    """Images (N, F, rows, columns) as (N, groups, filters of a group, windows)."""
    n, filters, rows, columns = g.shape
    return g.reshape((n, groups, filters // groups, rows * columns))


def input_gradient(g: Any, weight: Any, shape: Any, groups: int, **params: Any) -> Any:
    """What g at the output of conv2d is at its input, images (N, C, H, W) of `shape`.

    That is a transposed convolution: each number of g spreads a filter where its window was.
    """
    if not has_numbers(g) and (padding := _padding_of_spread(weight, **params)) is not None:
        return fused_conv2d(
            g, _turned(weight, groups), None, padding=padding, dilation=params["dilation"],
            groups=groups,
        )  # fmt: skip
    parts = _some_at_a_time(g, weight, groups * math.prod(g.shape[2:]))
    if len(parts) > 1:
        found = np.empty(shape, np.result_type(g, weight))
        for i in parts:
            found[i] = input_gradient(g[i], weight, found[i].shape, groups, **params)
        return found
    columns = _filters(weight, groups).mT @ _by_group(g, groups)
    windows = columns.reshape((*shape[:2], *weight.shape[2:], *g.shape[2:]))
    return col2im(windows, shape, **params)


def _padding_of_spread(weight: Any, stride: Pair, padding: Pads, dilation: Pair) -> Pads | None:
    """The padding with which windows over g read what spreads into each place; None if none does.

    In a program that is planned that is quicker: windows are copied, not added up one by one.
    """
    reach = [d * (k - 1) for k, d in zip(weight.shape[2:], dilation, strict=True)]
    pads = [(r - before, r - after) for r, (before, after) in zip(reach, padding, strict=True)]
    fits = stride == (1, 1) and min(n for pair in pads for n in pair) >= 0
    return (pads[0], pads[1]) if fits else None


def _turned(weight: Any, groups: int) -> Any:
    """The weight of that convolution: filters and channels exchanged, upside down."""
    filters, channels, *kernel = weight.shape
    by_group = weight.reshape((groups, filters // groups, channels, *kernel))[..., ::-1, ::-1]
    return by_group.transpose((0, 2, 1, 3, 4)).reshape((-1, filters // groups, *kernel))


def _vjp_x(g: Any, y: Any, x: Any, weight: Any, bias: Any, groups: int, **params: Any) -> Any:
    return input_gradient(g, weight, x.shape, groups, **params)


def _vjp_weight(g: Any, y: Any, x: Any, weight: Any, bias: Any, groups: int, **params: Any) -> Any:
    g = _by_group(g, groups)
    n, _, filters, places = g.shape
    parts = _some_at_a_time(x, weight, groups * places)
    if filters <= places:  # image by image: nothing large is copied
        found = [g[i] @ _columns(x[i], weight, params, groups).mT for i in parts]
        products = found[0] if len(parts) == 1 else np.concatenate(found)
        return products.sum(axis=0).reshape(weight.shape)
    rows = g.transpose((1, 2, 0, 3)).reshape((groups, filters, n * places))
    if len(parts) == 1:
        columns = _rows_of_windows(x, weight, params, groups)
    else:
        columns = np.empty((groups, n * places, math.prod(weight.shape[1:])), x.dtype)
        for i in parts:
            some = _rows_of_windows(x[i], weight, params, groups)
            columns[:, i.start * places : i.start * places + some.shape[1]] = some
    return (rows @ columns).reshape(weight.shape)


def _rows_of_windows(x: Any, weight: Any, params: dict[str, Any], groups: int) -> Any:
    """The windows of all images below each other: (groups, windows, numbers in a window)."""
    columns = _columns(x, weight, params, groups).transpose((1, 0, 3, 2))
    return columns.reshape((groups, math.prod(columns.shape[1:3]), columns.shape[3]))


def _vjp_bias(g: Any, y: Any, x: Any, weight: Any, bias: Any, **_params: Any) -> Any:
    return g.sum(axis=(0, 2, 3))


def _of_elements(
    x: Any, weight: Any, bias: Any, stride: Pair, padding: Pads, dilation: Pair, groups: int
) -> Any:
    windows = im2col(x, weight.shape[2:], stride, padding, dilation)
    channels, filters = weight.shape[1], len(weight) // groups
    parts = []
    for i in range(groups):
        window = windows[:, i * channels : (i + 1) * channels]
        kernel = weight[i * filters : (i + 1) * filters]
        parts.append(tensordot(window, kernel, axes=((1, 2, 3), (1, 2, 3))))  # (N, Ho, Wo, F/G)
    y = concatenate(parts, axis=-1)
    return (y if bias is None else y + bias).transpose((0, 3, 1, 2))


def _jvp(
    tangents: tuple[Any, Any, Any], y: Any, x: Any, weight: Any, bias: Any, **params: Any
) -> Any:
    tx, tw, tb = tangents
    parts = [] if tx is None else [fused_conv2d(tx, weight, None, **params)]
    if tw is not None:
        parts.append(fused_conv2d(x, tw, None, **params))
    if tb is not None:
        parts.append(tb.reshape((-1, 1, 1)))
    return functools.reduce(operator.add, parts)


@fused(
    _vjp_x, _vjp_weight, _vjp_bias, name="conv2d", symbol="conv", elements=_of_elements, jvp=_jvp
)
def fused_conv2d(
    x: Any,
    weight: Any,
    bias: Any,
    stride: Pair = (1, 1),
    padding: Pads = NO_PADS,
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> Any:
    """Images (N, C, H, W) convolved with a weight (F, C/groups, kh, kw), as one node."""
    params: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
    out = out_sizes(x.shape, weight.shape[2:], name="conv2d()", **params)
    filters = _filters(weight, groups)
    parts = _some_at_a_time(x, weight, groups * math.prod(out))
    if len(parts) == 1:
        y = filters @ _columns(x, weight, params, groups)
    else:
        y = np.empty((len(x), *filters.shape[:2], math.prod(out)), np.result_type(x, weight))
        for i in parts:
            np.matmul(filters, _columns(x[i], weight, params, groups), out=y[i])
    y = y.reshape((len(x), len(weight), *out))
    if bias is None:
        return y
    return np.add(y, bias.reshape((-1, 1, 1)), out=own(y) if y.dtype == bias.dtype else None)


carried(folded, fused_conv2d)
