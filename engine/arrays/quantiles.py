"""Quantiles: numbers at a place in the order of all, or between two neighbours there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..by_name import has_numbers
from ..choices import where
from ..core import composed
from ..lists import array_if_list
from ..node import to_numpy
from ..numpy_protocol import nodes_in
from ..ops import div
from .indexing import sort, take
from .shapes import (
    axis_or_dim,
    dims,
    kept_shape,
    moveaxis,
    normalize_axes,
    once,
    reshape,
    transpose,
)

#: How far a result is from the lower neighbour to the upper one, 0 to 1, by its place in the order.
METHODS: dict[str, Any] = {
    "linear": lambda place: place - np.floor(place),
    "lower": lambda place: place * 0.0,
    "higher": lambda place: np.ceil(place) - np.floor(place),
    "nearest": lambda place: np.rint(place) - np.floor(place),
    "midpoint": lambda place: 0.5 * (np.ceil(place) - np.floor(place)),
}


def _in_order(x: Any, axis: Any, name: str) -> tuple[Any, Any]:
    """x sorted along its axes, which are joined into one at the end; and its shape with these 1."""
    x = array_if_list(x)
    shape = np.shape(x)
    axes = normalize_axes(axis, len(shape), name)
    count = math.prod(shape[i] for i in axes)
    if not count:
        raise ValueError(f"{name}() needs at least one number, got shape {shape}")
    others = tuple(i for i in range(len(shape)) if i not in axes)
    if (order := (*others, *axes)) != tuple(range(len(shape))):
        x = transpose(x, order)
    rows = reshape(x, (*(shape[i] for i in others), count))
    if getattr(x, "dtype", None) is not None and x.dtype.kind in "iub":
        rows = rows * 1.0
    return sort(rows, -1), kept_shape(shape, axes)


def _or_nan(y: Any, rows: Any) -> Any:
    """y, and nan where one of the numbers is nan: in order, nan is the last."""
    if has_numbers(rows) and not np.isnan(to_numpy(rows)[..., -1]).any():
        return y
    last = take(rows, -1, -1)
    return where(last != last, last, y)


def median(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The middle number of all or along axes, of an even number the mean of the two middle ones."""
    rows, kept = _in_order(x, axis, "median")
    half, odd = divmod(np.shape(rows)[-1], 2)
    y = take(rows, half, -1)
    y = _or_nan(y if odd else 0.5 * take(rows, half - 1, -1) + 0.5 * y, rows)
    return reshape(y, tuple(kept)) if keepdims else y


def middle(x: Any, dim: int) -> Any:
    """The place of the middle number along an axis, of the lower of two; of the first nan."""
    numbers = to_numpy(x)
    if not numbers.shape[dim]:
        raise ValueError(f"median() needs at least one number, got shape {numbers.shape}")
    order = np.argsort(numbers, axis=dim, kind="stable")
    nan = np.isnan(numbers)
    place = np.take(order, [(numbers.shape[dim] - 1) // 2], dim)
    return np.where(nan.any(dim, keepdims=True), nan.argmax(dim, keepdims=True), place)


@composed
def quantile(
    x: Any,
    q: Any,
    axis: Any = None,
    keepdims: bool = False,
    *,
    method: str | None = None,
    interpolation: str | None = None,
    dim: Any = None,
    keepdim: bool = False,
) -> Any:
    """The number below which a part q of all are, or of those along axes; nan if one is nan.

    q is from 0 to 1, or an array of such, whose shape comes first in the result's.  Between two
    neighbours the result is in proportion ("linear"), or by `method` (PyTorch's `interpolation`)
    the "lower", the "higher", the "nearest", or the "midpoint".  The gradient goes to the
    neighbours, none to q.

    Raises:
        ValueError: q is not from 0 to 1, the method is another, or there are no numbers.

    >>> quantile([1.0, 2.0, 4.0], [0.5, 0.75])
    array([2., 3.])
    """
    axis = axis_or_dim("quantile", axis, dims(dim))
    method = once("quantile", "the method", method, interpolation) or "linear"
    if method not in METHODS:
        raise ValueError(f"method of quantile() must be one of {[*METHODS]}, got {method!r}")
    if any(getattr(x, "requires_grad", True) for x in nodes_in(q)):
        raise TypeError(
            f"q of quantile() must be plain numbers, no gradient flows to it, got {q!r:.60}: take "
            "its numbers, q.detach() or engine.to_numpy(q)"
        )
    parts = to_numpy(q).astype(np.float64)
    if not ((parts >= 0) & (parts <= 1)).all():
        raise ValueError(f"q of quantile() must be from 0 to 1, got {q!r:.60}")
    rows, kept = _in_order(x, axis, "quantile")
    y = _between(rows, parts * (np.shape(rows)[-1] - 1), METHODS[method])
    y = _or_nan(moveaxis(y, tuple(range(-parts.ndim, 0)), tuple(range(parts.ndim))), rows)
    return reshape(y, (*parts.shape, *kept)) if keepdims or keepdim else y


def _between(rows: Any, places: Any, share_of: Any) -> Any:
    """The numbers of rows at places in the order, (…, *places.shape); or between neighbours."""
    lower = np.floor(places).astype(np.intp)
    share = share_of(places)
    start = take(rows, lower, -1)
    if not share.any():
        return start
    end = take(rows, np.ceil(places).astype(np.intp), -1)
    dtype = getattr(rows, "dtype", None)
    share = share.astype(dtype) if dtype is not None and dtype.kind == "f" else share
    whole = share == 1  # the number itself, for of infinite ones the difference is inf or nan
    y = where(whole, end, start) if whole.any() else start
    between = (share > 0) & ~whole
    if not between.any():
        return y
    inside = start + (end - start) * (share if share.ndim else share.item())
    return inside if between.all() else where(between, inside, y)


@composed
def percentile(
    x: Any, q: Any, axis: Any = None, keepdims: bool = False, *, method: str | None = None
) -> Any:
    """`quantile` of q / 100.

    >>> float(percentile([1.0, 2.0, 4.0], 75))
    3.0
    """
    return quantile(x, div(q, 100.0), axis, keepdims, method=method)
