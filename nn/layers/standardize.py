"""What the normalizing layers share: the op behind batch, layer, group and RMS norm, and checks."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np

from engine import called, example_of, fused, has_numbers, mean, own, sqrt, square, var
from engine.batching import along_axis, carried

from ..checks import as_array


def _of_elements(
    x: Any, weight: Any, bias: Any, axis: tuple[int, ...], eps: float, center: bool
) -> Any:
    x, least, _ = _in_range(x, axis, eps)
    spread = var(x, axis=axis, keepdims=True) if center else mean(square(x), axis, True)
    y = (x - mean(x, axis, True) if center else x) / sqrt(spread + least)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _sum(x: Any, axis: tuple[int, ...]) -> Any:
    """Sum along axes, which stay with length 1."""
    if type(x) is np.ndarray:
        return np.add.reduce(x, axis, keepdims=True)
    return x.sum(axis=axis, keepdims=True)


def _sum_of_products(a: Any, b: Any, axis: tuple[int, ...]) -> Any:
    """`_sum` of a * b, on arrays without making the product."""
    if type(a) is not np.ndarray or type(b) is not np.ndarray:
        return _sum(a * b, axis)
    every, kept = _every_and_kept(a.ndim, axis)
    shape = [n if i in kept else 1 for i, n in enumerate(a.shape)]
    return np.einsum(a, every, b, every, kept).reshape(shape)


@functools.lru_cache(maxsize=64)
def _every_and_kept(ndim: int, axis: tuple[int, ...]) -> tuple[list[int], list[int]]:
    """All axes, and those that are not summed along: to find them takes as long as a small sum."""
    every = list(range(ndim))
    summed = [i % ndim for i in axis]
    return every, [i for i in every if i not in summed]


def _in_range(x: Any, axis: tuple[int, ...], eps: float) -> tuple[Any, Any, Any]:
    """x and eps with squares that do not overflow, and what x was divided by (None for nothing).

    That is the power of two of its largest number, for each mean by itself: nothing is rounded.
    The result is the same, and so is its derivative, as (x / u) / √((x / u)² + eps / u²) is.
    """
    numbers = example_of(x)
    limits = np.finfo(numbers.dtype)
    largest = np.max(np.abs(numbers), axis, keepdims=True, initial=0.0)
    count = math.prod(x.shape[i] for i in axis)
    far = (largest > math.sqrt(limits.max / max(count, 1)) / 2) | (eps == 0)
    far &= np.isfinite(largest) & (largest > 0)
    if not far.any():
        return x, eps, None
    unit = np.where(far, np.ldexp(1.0, np.frexp(largest)[1] - 1), 1.0).astype(numbers.dtype)
    return x / unit, np.maximum(eps / unit / unit, limits.tiny if eps else 0.0), unit


def _divided(x: Any, axis: tuple[int, ...], eps: Any, center: bool) -> tuple[Any, Any]:
    """x less its mean, divided by its standard deviation; and one over the latter."""
    count = math.prod([x.shape[i] for i in axis])
    y = x - _sum(x, axis) / count if center else x
    scale = 1 / sqrt(_sum_of_products(y, y, axis) / count + eps)
    if not center:
        return y * scale, scale
    y *= scale  # an array is changed itself, a node is not: y is then a new one
    return y, scale


def _divided_by_name(x: Any, axis: tuple[int, ...], eps: float, center: bool) -> tuple[Any, Any]:
    """`_divided` of names: what is done where squares are too large is left to the run."""
    axis = tuple(i % x.ndim for i in axis)  # so that it is the same step in forward and backward
    count = math.prod([x.shape[i] for i in axis])
    y = x - _sum(x, axis) / count if center else x
    mean_square = _sum_of_products(y, y, axis) / count
    slope = (_inverse_root_vjp, None)
    scale = called(_inverse_root, mean_square + eps, y, vjps=slope, axis=axis, eps=eps)
    return y * scale, scale


def _inverse_root(spread: Any, y: Any, axis: tuple[int, ...], eps: float) -> Any:
    """1 / √(mean of y² + eps), given the sum under the root; right where that left the range."""
    limits = np.finfo(spread.dtype)
    if ((limits.tiny / limits.eps <= spread) & (spread < np.inf)).all():
        return 1 / np.sqrt(spread)
    y, eps, unit = _in_range(y, axis, eps)
    scale = 1 / np.sqrt(_sum_of_products(y, y, axis) / math.prod(y.shape[i] for i in axis) + eps)
    return scale if unit is None else scale / unit


def _inverse_root_vjp(g: Any, scale: Any, _spread: Any, _y: Any, **_params: Any) -> Any:
    return g * (-0.5 * scale * scale * scale)


def _standard(x: Any, axis: tuple[int, ...], eps: float, center: bool) -> tuple[Any, Any]:
    """`_divided`, also where a square of x is too large for its dtype."""
    if not has_numbers(x):
        return _divided_by_name(x, axis, eps, center)
    if type(x) is np.ndarray and eps:
        y, scale = _divided(x, axis, eps, center)
        if np.count_nonzero(scale) == scale.size:
            return y, scale
    x, eps, unit = _in_range(x, axis, eps)
    y, scale = _divided(x, axis, eps, center)
    return y, scale if unit is None else scale / unit


def _along(p: Any, x: Any) -> tuple[int, ...]:
    """The axes of x along which p is repeated where they are broadcast."""
    lead = x.ndim - p.ndim
    return tuple(i for i in range(x.ndim) if i < lead or p.shape[i - lead] == 1)


def _vjp(
    g: Any,
    y: Any,
    x: Any,
    weight: Any,
    bias: Any,
    axis: tuple[int, ...],
    eps: float,
    center: bool,
) -> tuple[Any, Any, Any]:
    standard, scale = _standard(x, axis, eps, center)
    count = math.prod(x.shape[i] for i in axis)
    of_weight = of_bias = None
    if weight is not None:
        of_weight = _sum_of_products(g, standard, _along(weight, x)).reshape(weight.shape)
    if bias is not None:
        of_bias = _sum(g, _along(bias, x)).reshape(bias.shape)
    part = g if weight is None else g * weight
    along = _sum_of_products(part, standard, axis) / count
    if type(along) is np.ndarray and along.dtype == part.dtype == standard.dtype:
        standard *= along  # it is of this call: the answer can stand in it
        of_x = np.subtract(part, standard, out=standard)
    else:  # of plain x it is an array, and what multiplies it is a node
        of_x = part - standard * along
    if center:
        of_x -= _sum(part, axis) / count
    of_x *= scale
    return of_x, of_weight, of_bias


def _jvp(
    tangents: tuple[Any, Any, Any],
    y: Any,
    x: Any,
    weight: Any,
    bias: Any,
    axis: tuple[int, ...],
    eps: float,
    center: bool,
) -> Any:
    of_x, of_weight, of_bias = tangents
    parts = [] if of_bias is None else [of_bias]
    if of_weight is not None:
        parts.append(_standard(x, axis, eps, center)[0] * of_weight)
    if of_x is not None:  # without weight the Jacobian is symmetric: the vjp pushes too
        moved, _, _ = _vjp(of_x, y, x, None, None, axis, eps, center)
        parts.append(moved if weight is None else moved * weight)
    return functools.reduce(operator.add, parts)


@fused(vjp_all=_vjp, jvp=_jvp, symbol="norm", elements=_of_elements)
def standardize(
    x: Any,
    weight: Any,
    bias: Any,
    axis: tuple[int, ...] = (-1,),
    eps: float = 1e-5,
    center: bool = True,
) -> Any:
    """(x - mean) / √(variance + eps) along axes, times weight, plus bias; center=False: no mean."""
    y, _ = _standard(x, axis, eps, center)
    if weight is not None:
        y = np.multiply(y, weight, out=own(y) if y.dtype == weight.dtype else None)
    if bias is not None:
        y = np.add(y, bias, out=own(y) if y.dtype == bias.dtype else None)
    return y


carried(along_axis, standardize)


def mean_and_variance(x: np.ndarray, axis: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The mean along axes, and the variance with n - 1, of each channel in a row."""
    count = math.prod(x.shape[i] for i in axis)
    mean = _sum(x, axis) / count
    apart = x - mean
    return mean.ravel(), _sum_of_products(apart, apart, axis).ravel() / (count - 1)


def of_shape(name: str, p: Any, shape: tuple[int, ...]) -> Any:
    """A weight or bias of that very shape, or None."""
    if p is None:
        return None
    p = as_array(p)
    if p.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {p.shape}")
    return p


def per_channel(name: str, p: Any, x: Any) -> Any:
    """A number for each channel, or None; shaped to be broadcast with x (batch, channels, …)."""
    p = of_shape(name, p, (x.shape[1],))
    return p if p is None or x.ndim == 2 else p.reshape((-1, *[1] * (x.ndim - 2)))
