"""The p-norm, for every p."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..by_name import has_numbers
from ..choices import gate, where
from ..define import shape_op
from ..floats import HALF, floating, in_single
from ..node import to_numpy
from ..ops import abs, sign, sqrt, square
from .reductions import (
    add_reduce,
    amax,
    amin,
    as_array,
    at_extreme,
    axes_of,
    gap,
    maximum_reduce,
    minimum_reduce,
    reducing,
    restored,
    squeezed,
    sum,
)
from .variance import length, scale_of, vanishing


def _power(ord: Any) -> float:
    """The p of a p-norm, from what NumPy and PyTorch call ord or p."""
    if ord is None or ord == "fro":
        return 2.0
    try:
        return float(ord)
    except (TypeError, ValueError):
        raise ValueError(f"ord of norm() must be a number, 'fro' or None, got {ord!r}") from None


def _norm_vjp(g: Any, y: Any, x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    """g sign(x) (|x| / y)^(p - 1), and 0 wherever x or y is 0."""
    p = _power(ord)
    g, y = (restored(part, x, axis, keepdims, "norm") for part in (g, y))
    if p == 2:
        if has_numbers(y) and not vanishing(y):
            return g / y * x
        return g * (x / where(to_numpy(y) == 0, 1.0, y))
    if p == 1 or p == 0:
        return g * sign(x) * p
    if np.isinf(p):
        mask, count = at_extreme(abs(x), y, axis, keepdims, "norm")
        return gate(g * sign(x) / count, mask)
    zero = (to_numpy(x) == 0) | (to_numpy(y) == 0)
    ratio = abs(where(zero, 1.0, x)) / where(to_numpy(y) == 0, 1.0, y)
    return where(zero, 0.0, g * sign(x) * ratio ** (p - 1))


def _norm_scale(x: Any, p: float, axes: tuple[int, ...]) -> Any:
    """The |x| that counts most, to divide by, so that no power of the others is too large."""
    if p > 0:
        return scale_of(maximum_reduce(np.abs(x), axes, None, None, True, initial=0.0))
    return scale_of(minimum_reduce(np.abs(x), axes, None, None, True, initial=np.inf))


def _norm_of_values(x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    """The same, number by number; to a 0 nothing flows, however steep the root above it."""
    p = _power(ord)
    if np.isinf(p):
        return (amax if p > 0 else amin)(abs(x), axis, keepdims)
    if p == 0:
        return sum(square(sign(x)), axis, keepdims)
    if p == 1:
        return sum(abs(x), axis, keepdims)
    axes = axes_of(x, axis, "norm")
    scale = _norm_scale(to_numpy(x), p, axes)
    if p == 2:
        root = _rooted(sum(square(x / scale), axes, True), sqrt)
        return squeezed(as_array(root * scale), axes, keepdims)
    parts = abs(x / scale)
    zero = to_numpy(parts) == 0
    if p > 0:
        parts = where(zero, 0.0, where(zero, 1.0, parts) ** p)
        root = _rooted(sum(parts, axes, True), lambda total: total ** (1 / p))
    else:
        parts = where(zero, np.inf, where(zero, 1.0, parts) ** p)
        root = as_array(sum(parts, axes, True)) ** (1 / p)
    return squeezed(as_array(root * scale), axes, keepdims)


def _rooted(total: Any, root: Any) -> Any:
    """The root of a sum, where the sum is not 0: at 0 it is infinitely steep."""
    total = as_array(total)
    zero = to_numpy(total) == 0
    return where(zero, 0.0, root(where(zero, 1.0, total)))


def _norm_kinks(x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    size = np.abs(to_numpy(x))
    return np.append(size.ravel(), gap(size, axis, keepdims)) if np.isinf(_power(ord)) else size


@shape_op(_norm_vjp, kinks=_norm_kinks, elements=_norm_of_values, jvp=reducing(_norm_vjp))
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """(sum |x|^p)^(1/p) of all numbers or along axes, p = 2 by default; derivative 0 at 0.

    ord may be inf (the largest |x|), -inf (the smallest), 0 (how many are not 0) or any number.
    A matrix counts as its numbers; `conventions.norm` has NumPy's norms of a matrix.
    """
    if x.dtype.type is HALF:
        return in_single(norm.forward, x, ord, axis, keepdims)
    p = _power(ord)
    x = floating(x)
    axes = axes_of(x, axis, "norm")
    if np.isinf(p):
        reduce = maximum_reduce if p > 0 else minimum_reduce
        return reduce(np.abs(x), axes, None, None, keepdims)
    if p == 0:
        return add_reduce(x != 0, axes, x.dtype, None, keepdims)
    if p == 1:
        return add_reduce(np.abs(x), axes, None, None, keepdims)
    if p == 2:
        return length(x, axes, keepdims)
    scale = _norm_scale(x, p, axes)
    with np.errstate(divide="ignore"):  # p < 0 and a zero: the norm is 0
        root = add_reduce(np.abs(x / scale) ** p, axes, None, None, True) ** (1 / p)
    return squeezed(root * scale, axes, keepdims)
