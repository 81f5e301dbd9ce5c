"""Variance, standard deviation, and the root of a sum of squares, over the whole range of a dtype.

Squares leave the range long before their root does, and the mean of equal numbers may be rounded,
so that none of them is at distance 0 from it: both are noticed on the few results, not on the
many numbers.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..by_name import called, has_numbers
from ..choices import where
from ..define import shape_op
from ..floats import HALF, floating, in_single
from ..node import to_numpy
from ..ops import sqrt, square
from .reductions import (
    add_reduce,
    as_array,
    axes_of,
    count_of,
    finite,
    maximum_reduce,
    mean,
    minimum_reduce,
    reduce_axis,
    reducing,
    restored,
    squeezed,
    sum,
)


@functools.cache
def _limits(dtype: Any) -> tuple[float, float]:
    """The smallest sum of squares with all its digits; the square of how far a mean may be off."""
    limits = np.finfo(dtype)
    return float(limits.tiny / limits.eps), float((64 * limits.eps) ** 2)


def scale_of(largest: Any) -> Any:
    """What to divide by, so that squares of numbers up to `largest` neither overflow nor vanish."""
    return np.where(np.isfinite(largest) & (largest > 0), largest, 1.0).astype(largest.dtype)


def vanishing(y: Any) -> bool:
    """Whether a length is 0, or so small that 1 / length would be too large."""
    numbers = to_numpy(y)
    return bool((numbers < _limits(numbers.dtype)[0]).any())


def length(x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """sqrt(sum(x * x)), right too where the squares are too large or too small."""
    with np.errstate(over="ignore"):
        total = add_reduce(x * x, axes, None, None, keepdims)
    if type(x) is np.ndarray:
        return _root_of_squares(total, x, axes, keepdims)
    return called(_root_of_squares, total, x, axes=axes, keepdims=keepdims)


def _root_of_squares(total: Any, x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """The root of a sum of squares; where that may have left the range, of x divided by a scale."""
    least, _ = _limits(x.dtype)
    if least < total < np.inf if total.ndim == 0 else finite(total) and (total > least).all():
        return np.sqrt(total)
    low, high = _ends(x, axes)
    largest = np.maximum(high, -low)
    if ((total > least) & (total < np.inf) | (largest <= 0).reshape(total.shape)).all():
        return np.sqrt(total)
    scale = scale_of(largest)
    root = np.sqrt(add_reduce(np.square(x / scale), axes, None, None, True))
    return squeezed(root * scale, axes, keepdims)


def _ends(x: Any, axes: Any) -> tuple[Any, Any]:
    """Smallest and largest number along axes, which stay."""
    low = minimum_reduce(x, axes, None, None, True, initial=np.inf)
    return low, maximum_reduce(x, axes, None, None, True, initial=-np.inf)


def _squares(x: Any, axis: Any, keepdims: bool) -> tuple[Any, Any]:
    """The sum of squared distances from the mean, and the mean, whose axes stay."""
    center = add_reduce(x, axis, None, None, True)
    center = center / (x.size // (center.size or 1) or 1)
    apart = x - center
    if type(apart) is np.ndarray:
        apart *= apart
    else:
        apart = apart * apart
    return add_reduce(apart, axis, None, None, keepdims), center


def _variance(
    total: Any, center: Any, x: Any, axis: Any, ddof: float, keepdims: bool
) -> tuple[Any, float]:
    """The variance, from `_squares`; and the smallest one if all of them surely are right, else 0.

    It is exactly 0 where all numbers are equal, though their mean may be rounded.
    """
    count = x.size // (center.size or 1)
    freedom = count - ddof if count > ddof else np.nan
    _, rounding = _limits(total.dtype)
    if not finite(total):
        return np.square(_deviation(x, axis, keepdims) / math.sqrt(freedom)), 0.0
    lowest = minimum_reduce(total, None, initial=np.inf) if total.ndim else total
    if lowest >= np.vdot(center, center) * (rounding * count):
        return total / freedom, lowest / freedom
    return np.where(_equal(x, axis).reshape(total.shape), 0.0, total)[()] / freedom, 0.0


def _deviation(x: Any, axis: Any, keepdims: bool) -> Any:
    """The root of the sum of squared distances from the mean, where squares may not fit."""
    apart = np.where(_equal(x, axis), 0.0, x - mean.forward(x, axis, True))
    return length(apart, axes_of(x, axis, "std"), keepdims)


def _equal(x: Any, axis: Any) -> Any:
    """Where all numbers along axes, which stay, are equal."""
    low, high = _ends(x, axis)
    return low == high


def _centered(x: Any, axis: Any) -> Any:
    """x less its mean."""
    return x - (mean.forward if type(x) is np.ndarray else mean)(x, axis, True)


def _var_vjp(g: Any, y: Any, x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    g = restored(g, x, axis, keepdims, "var")
    freedom = count_of(x, axis, "var") - ddof
    centered = _centered(x, axis)
    if type(x) is np.ndarray and np.count_nonzero(y) < y.size:
        centered = np.where(_equal(x, reduce_axis(x, axis, "var")), 0.0, centered)
    return g * (2 / freedom if freedom > 0 else np.nan) * centered


def _var_of_values(x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    freedom = count_of(x, axis, "var") - ddof
    low, high = _ends(to_numpy(x), axes_of(x, axis, "var"))
    if (low == high).any():  # of equal numbers no mean is rounded that is 0
        x = x - np.where(low == high, low, 0.0)
    squares = square(x - mean(x, axis, True))
    return np.asarray(sum(squares, axis, keepdims)) * (1 / freedom if freedom > 0 else np.nan)


@shape_op(_var_vjp, elements=_var_of_values, jvp=reducing(_var_vjp))
def var(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Variance: mean squared distance from the mean, dividing by n - ddof; nan where that is 0."""
    if x.dtype.type is HALF:
        return in_single(var.forward, x, axis, ddof, keepdims)
    x, axis = floating(x), reduce_axis(x, axis, "var")
    total, center = _squares(x, axis, keepdims)
    if type(x) is np.ndarray:
        return _checked_variance(total, center, x, axis, ddof, keepdims)
    params = {"axis": axis, "ddof": ddof, "keepdims": keepdims}
    return called(_checked_variance, total, center, x, **params)


def _checked_variance(
    total: Any, center: Any, x: Any, axis: Any, ddof: float, keepdims: bool
) -> Any:
    """The variance alone, which is right whatever the numbers are."""
    return _variance(total, center, x, axis, ddof, keepdims)[0]


def _std_vjp(g: Any, y: Any, x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    g, y = (restored(part, x, axis, keepdims, "std") for part in (g, y))
    freedom = count_of(x, axis, "std") - ddof
    share = g * (1 / freedom if freedom > 0 else np.nan)
    apart = _centered(x, axis)
    if has_numbers(y) and not vanishing(y):
        return share / y * apart
    return share * (apart / where(to_numpy(y) == 0, np.inf, y))


def _std_of_values(x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    axes = axes_of(x, axis, "std")
    low, high = _ends(to_numpy(x), axes)
    if (np.maximum(high, -low) < 1e140).all() and (high - low > 1e-140).all():  # as usual
        return squeezed(as_array(sqrt(_var_of_values(x, axes, ddof, True))), axes, keepdims)
    numbers = std.forward(to_numpy(x), axes, ddof, True)
    zero = numbers == 0
    far = (numbers > 0) & ((numbers < 1e-150) | (numbers > 1e150))
    scale = np.where(far, numbers, 1.0) if far.any() else 1.0
    y = _var_of_values(x / scale, axes, ddof, True)
    root = where(zero, 0.0, sqrt(where(zero, 1.0, y))) * scale
    return squeezed(as_array(root), axes, keepdims)


@shape_op(
    _std_vjp,
    jvp=reducing(_std_vjp),
    elements=_std_of_values,
    kinks=lambda x, axis, ddof, keepdims: np.std(to_numpy(x), axis=axis),
)
def std(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Standard deviation, the root of `var`; derivative 0 where all numbers are equal."""
    if x.dtype.type is HALF:
        return in_single(std.forward, x, axis, ddof, keepdims)
    x = floating(x)
    axis = reduce_axis(x, axis, "std")
    with np.errstate(over="ignore"):
        total, center = _squares(x, axis, keepdims)
    if type(x) is np.ndarray:
        return _root_of_variance(total, center, x, axis, ddof, keepdims)
    params = {"axis": axis, "ddof": ddof, "keepdims": keepdims}
    return called(_root_of_variance, total, center, x, **params)


def _root_of_variance(
    total: Any, center: Any, x: Any, axis: Any, ddof: float, keepdims: bool
) -> Any:
    """The root of the variance; where that may have left the range, by way of `_deviation`."""
    with np.errstate(over="ignore"):
        y, lowest = _variance(total, center, x, axis, ddof, keepdims)
    least, _ = _limits(y.dtype)
    if lowest > least or ((y > least) & (y < np.inf) | _equal(x, axis).reshape(y.shape)).all():
        return np.sqrt(y)
    freedom = count_of(x, axis, "std") - ddof
    return _deviation(x, axis, keepdims) / math.sqrt(freedom if freedom > 0 else np.nan)
