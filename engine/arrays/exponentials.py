"""Sums of exponentials and what is made of them, without overflow."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..by_name import has_numbers, own
from ..choices import where
from ..define import shape_op, symmetric
from ..floats import HALF, floating, in_single
from ..node import to_numpy
from ..ops import exp, log
from .reductions import (
    add_reduce,
    as_array,
    axes_of,
    maximum_reduce,
    reduce_axis,
    reducing,
    restored,
    squeezed,
    sum,
)
from .shapes import DIM, REDUCED


def largest_finite(x: Any, axis: Any) -> Any:
    """The largest finite number along the axes: what to subtract before exp."""
    numbers = to_numpy(x)
    top = maximum_reduce(numbers, axis, None, None, True, initial=-np.inf)
    return np.where(np.isfinite(top), top, 0.0)


def _logsumexp_vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    g = restored(g, x, axis, keepdims, "logsumexp")
    y = restored(y, x, axis, keepdims, "logsumexp")
    weights = exp(x - y)
    if _is_large(y) and x.size:  # y is rounded by more than a weight can be off
        total = sum(weights, axis, True)
        g = g / where(total < np.inf, total, 1.0)
    return g * weights


def _is_large(y: Any) -> bool:
    """Whether some number is, or may be, beyond 1000."""
    if not has_numbers(y):
        return True
    y = to_numpy(y)
    return not np.vdot(y, y) <= 1e6 and bool((np.abs(y) > 1000).any())


def _logsumexp_of_values(x: Any, axis: Any, keepdims: bool) -> Any:
    axes = axes_of(x, axis, "logsumexp")
    shift = largest_finite(x, axes)
    total = log(as_array(sum(exp(x - shift), axes, True))) + shift
    return squeezed(as_array(total), axes, keepdims)


@shape_op(
    _logsumexp_vjp, aliases=REDUCED, elements=_logsumexp_of_values, jvp=reducing(_logsumexp_vjp)
)
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))), without overflow."""
    if x.dtype.type is HALF:
        return in_single(logsumexp.forward, x, axis, keepdims)
    x = floating(x)
    axes = axes_of(x, axis, "logsumexp")
    shift = largest_finite(x, axes)
    e = x - shift
    with np.errstate(divide="ignore"):  # log(0) = -inf is the answer where there is nothing
        total = np.log(add_reduce(np.exp(e, out=own(e)), axes, None, None, True)) + shift
    return squeezed(total, axes, keepdims)


def _softmax_vjp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    return y * (g - sum(g * y, axis, True))


def _softmax_of_values(x: Any, axis: Any) -> Any:
    e = exp(x - largest_finite(x, axis))
    return e / as_array(sum(e, axis, True))


@shape_op(_softmax_vjp, aliases=DIM, elements=_softmax_of_values, jvp=symmetric(_softmax_vjp))
def softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) / sum(exp(x)) along an axis: positive numbers that sum to 1."""
    if x.dtype.type is HALF:
        return in_single(softmax.forward, x, axis)
    x = floating(x)
    axis = reduce_axis(x, axis, "softmax")
    e = x - maximum_reduce(x, axis, None, None, True, initial=-np.inf)
    e = np.exp(e, out=own(e))
    return np.divide(e, add_reduce(e, axis, None, None, True), out=own(e))


def _log_softmax_vjp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    return g - exp(y) * sum(g, axis, True)


def _log_softmax_of_values(x: Any, axis: Any) -> Any:
    shifted = x - largest_finite(x, axis)
    return shifted - log(as_array(sum(exp(shifted), axis, True)))


def _log_softmax_jvp(tangents: tuple[Any], y: Any, x: Any, axis: Any) -> Any:
    t = tangents[0]
    return t - sum(exp(y) * t, axis, True)


@shape_op(_log_softmax_vjp, aliases=DIM, elements=_log_softmax_of_values, jvp=_log_softmax_jvp)
def log_softmax(x: Any, axis: Any = -1) -> Any:
    """log(softmax(x)), without overflow or log(0)."""
    if x.dtype.type is HALF:
        return in_single(log_softmax.forward, x, axis)
    x = floating(x)
    axis = reduce_axis(x, axis, "log_softmax")
    shifted = x - maximum_reduce(x, axis, None, None, True, initial=-np.inf)
    total = add_reduce(np.exp(shifted), axis, None, None, True)
    with np.errstate(divide="ignore"):  # a sum of nothing
        return np.subtract(shifted, np.log(total), out=own(shifted))
