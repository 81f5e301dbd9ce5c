"""Ops that summarise along axes: sums, means, spread, extremes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..by_name import has_numbers
from ..choices import gate, where
from ..core import composed
from ..define import shape_op
from ..floats import HALF, floating, in_single
from ..node import Node, NodeArray, to_numpy
from .indexing import diagonal
from .shapes import DIM, REDUCED, kept_shape, normalize_axes, normalize_axis, spread

# NumPy's reductions called by position: half the time of np.sum and its kin on small arrays.
add_reduce: Any = np.add.reduce
multiply_reduce: Any = np.multiply.reduce
maximum_reduce: Any = np.maximum.reduce
minimum_reduce: Any = np.minimum.reduce


def axes_of(x: Any, axis: Any, name: str) -> tuple[int, ...]:
    return normalize_axes(axis, x.ndim, name)


def count_of(x: Any, axis: Any, name: str) -> int:
    """How many numbers go into each result."""
    if axis is None:
        return x.size
    count = 1
    for i in axes_of(x, axis, name):
        count *= x.shape[i] if x.ndim else 1
    return count


def restored(y: Any, x: Any, axis: Any, keepdims: bool, name: str) -> Any:
    """A reduction's result with its axes put back (length 1), to broadcast against x."""
    if keepdims or y.ndim == x.ndim:
        return y
    return y.reshape(kept_shape(x.shape, axes_of(x, axis, name)))


def as_array(x: Any) -> Any:
    """What a reduction over Values left: one Value as a 0-d array, so that arithmetic goes on."""
    return x if isinstance(x, np.ndarray) else np.array(x, dtype=object).view(NodeArray.tier)


def squeezed(y: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """A reduction that kept its axes, without them unless they were asked for."""
    if not keepdims:
        y = y.reshape([n for i, n in enumerate(y.shape) if i not in axes])
    return y[()] if type(y) is np.ndarray else y


# --- sums and means ---


def _sum_vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    if axis is None and type(g) is np.ndarray:  # what `spread` does, without its questions
        out = np.empty(x.shape, g.dtype)
        out[...] = g
        return out
    axes = () if axis is None else normalize_axes(axis, x.ndim, "sum")
    return spread(g, x.shape, axes, keepdims)


@shape_op(_sum_vjp, symbol="Σ", aliases=REDUCED, linear="jointly")
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Sum over all numbers, or along axes."""
    if x.dtype.type is HALF:
        return in_single(sum.forward, x, axis, keepdims)
    if axis is not None:
        axis = normalize_axes(axis, x.ndim, "sum")
    return add_reduce(x, axis, None, None, keepdims)


def _mean_vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    shape, size = x.shape, x.size  # of x itself nothing is read: a graph need not keep it
    axes = () if axis is None else normalize_axes(axis, len(shape), "mean")
    count = size if axis is None else math.prod([shape[i] for i in axes])
    return spread(g / count, shape, axes, keepdims)


def _mean_of_values(x: Any, axis: Any, keepdims: bool) -> Any:
    count = count_of(x, axis, "mean")
    share = 1.0 / count if count else np.nan
    total = sum(x, axis, keepdims)
    first = total.flat[0] if isinstance(total, NodeArray) and total.size else total
    if not has_numbers(first):  # which way is right is decided in the run
        return where(total - total == 0, total * share, sum(x * share, axis, keepdims))
    total = np.asarray(total)
    return total * share if finite(to_numpy(total)) else np.asarray(sum(x * share, axis, keepdims))


def finite(total: Any) -> bool:
    """Whether a sum is surely finite; a large one may count as not."""
    return math.isfinite(np.vdot(total, total) if total.ndim else total)


@shape_op(_mean_vjp, aliases=REDUCED, elements=_mean_of_values, linear="jointly")
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Mean over all numbers, or along axes; nan where there are none."""
    if x.dtype.type is HALF:
        return in_single(mean.forward, x, axis, keepdims)
    if x.dtype.kind != "f":
        x = floating(x)  # a sum of integers may be none
    if axis is None and not keepdims and x.size:  # as of a loss
        total = add_reduce(x, None)
        return total / x.size if math.isfinite(total) else add_reduce(x / x.size, None)
    if axis is not None:
        axis = normalize_axes(axis, x.ndim, "mean")
    total = add_reduce(x, axis, None, None, keepdims)
    count = x.size // (total.size or 1)
    if not count:
        return np.full_like(total, np.nan)
    if finite(total):
        return total / count
    return add_reduce(x / count, axis, None, None, keepdims)


def reducing(vjp: Any) -> Any:
    """Forward mode's rule of a reduction: each number goes into one result.

    How steeply is what the vjp gives for g = 1; so a tangent is the sum of these slopes times the
    input's tangents, along the axes.
    """

    def jvp(tangents: tuple[Any], y: Any, x: Any, axis: Any, keepdims: bool, **params: Any) -> Any:
        slopes = vjp(ones_like(y), y, x, axis=axis, keepdims=keepdims, **params)
        return sum(slopes * tangents[0], axis, keepdims)

    return jvp


def ones_like(y: Any) -> Any:
    """The upstream gradient that gives slopes: 1 for each number of a result."""
    return y.full(1.0) if isinstance(y, Node) else np.ones_like(y)


@composed
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Sum of the diagonal of two axes.

    >>> from engine import grad
    >>> grad(trace)(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[1., 0.],
           [0., 1.]])
    """
    return sum(diagonal(x, offset, axis1, axis2), -1)


# --- extremes ---


def at_extreme(x: Any, y: Any, axis: Any, keepdims: bool, name: str) -> tuple[Any, Any]:
    """Where x attains its extreme (a nan counts as one), and how often."""
    numbers, extreme = to_numpy(x), restored(to_numpy(y), x, axis, keepdims, name)
    mask = numbers == extreme
    if not has_numbers(x):
        mask = mask | ((numbers != numbers) & (extreme != extreme))
        return mask, sum(mask, axes_of(x, axis, name), True)
    if np.count_nonzero(np.isnan(extreme)):
        mask |= np.isnan(numbers) & np.isnan(extreme)
    if np.count_nonzero(mask) == extreme.size:  # no ties, as usual: counting by axis is slower
        return mask, 1.0
    return mask, np.count_nonzero(mask, axis=axes_of(x, axis, name), keepdims=True)


def _extreme_vjp(name: str) -> Any:
    def vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
        mask, count = at_extreme(x, y, axis, keepdims, name)
        g = restored(g, x, axis, keepdims, name)
        return gate(g if type(count) is float else g / count, mask)

    return vjp


def _extreme_of_values(name: str, function: Any) -> Any:
    def elements(x: Any, axis: Any, keepdims: bool) -> Any:
        y = np.asarray(function(to_numpy(x), axis, None, None, keepdims))
        mask, count = at_extreme(x, y, axis, keepdims, name)
        share = as_array(np.where(mask, np.asarray(x), 0.0) * (1.0 / count))
        return add_reduce(share, axes_of(x, axis, name), None, None, keepdims)

    return elements


def gap(x: Any, axis: Any, keepdims: bool) -> Any:
    """How far apart the nearest two of the numbers compared are: at 0 an extreme may jump."""
    numbers = to_numpy(x)
    axes = axes_of(numbers, axis, "max")
    rows = np.moveaxis(numbers, axes, range(-len(axes), 0))
    rows = rows.reshape((*rows.shape[: numbers.ndim - len(axes)], -1))
    return np.diff(np.sort(rows, axis=-1), axis=-1)


@shape_op(
    _extreme_vjp("max"), name="max", aliases=REDUCED, ulp=4, kinks=gap,
    jvp=reducing(_extreme_vjp("max")),
    elements=_extreme_of_values("max", maximum_reduce),
)  # fmt: skip
def amax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Largest number; equal ones share the gradient evenly."""
    return maximum_reduce(x, reduce_axis(x, axis, "max"), None, None, keepdims)


@shape_op(
    _extreme_vjp("min"), name="min", aliases=REDUCED, ulp=4, kinks=gap,
    jvp=reducing(_extreme_vjp("min")),
    elements=_extreme_of_values("min", minimum_reduce),
)  # fmt: skip
def amin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Smallest number; equal ones share the gradient evenly."""
    return minimum_reduce(x, reduce_axis(x, axis, "min"), None, None, keepdims)


def reduce_axis(x: Any, axis: Any, name: str) -> Any:
    return None if axis is None else normalize_axes(axis, x.ndim, name)


def _argument(name: str, function: Any) -> Any:
    def forward(x: Any, axis: Any, keepdims: bool) -> Any:
        if axis is not None and x.ndim:
            axis = normalize_axis(axis, x.ndim, name)
        return function(to_numpy(x), axis=axis, keepdims=keepdims)

    return forward


_argmax, _argmin = _argument("argmax", np.argmax), _argument("argmin", np.argmin)


@shape_op(None, aliases=DIM, elements=_argmax, ulp=0)
def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Position of the (first) largest number; no gradient."""
    return _argmax(x, axis, keepdims)


@shape_op(None, aliases=DIM, elements=_argmin, ulp=0)
def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Position of the (first) smallest number; no gradient."""
    return _argmin(x, axis, keepdims)


def _truth(name: str, function: Any) -> Any:
    def forward(x: Any, axis: Any, keepdims: bool) -> Any:
        return function(to_numpy(x), axis=reduce_axis(x, axis, name), keepdims=keepdims)

    return forward


_any, _all = _truth("any", np.any), _truth("all", np.all)


@shape_op(None, aliases=DIM, elements=_any, ulp=0)
def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether some number is not 0; no gradient."""
    return _any(x, axis, keepdims)


@shape_op(None, aliases=DIM, elements=_all, ulp=0)
def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether no number is 0; no gradient."""
    return _all(x, axis, keepdims)
