"""Ops that summarise along axes: sums, means, extremes, products, norms, softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from .core import NodeArray, composed, shape_op
from .indexing import flip, raw
from .ops import abs, exp, gate, log, sign, sqrt, square, where
from .products import matmul
from .shapes import DIM, normalize_axes, ravel, spread

# NumPy's reductions called by position: half the time of np.sum and its kin on small arrays.
add_reduce: Any = np.add.reduce
multiply_reduce: Any = np.multiply.reduce
maximum_reduce: Any = np.maximum.reduce
minimum_reduce: Any = np.minimum.reduce


def _axes(x: Any, axis: Any, name: str) -> tuple[int, ...]:
    return normalize_axes(axis, x.ndim, name)


def _count(x: Any, axis: Any, name: str) -> int:
    """How many numbers go into each result."""
    if axis is None:
        return x.size
    count = 1
    for i in _axes(x, axis, name):
        count *= x.shape[i] if x.ndim else 1
    return count


def _restored(y: Any, x: Any, axis: Any, keepdims: bool, name: str) -> Any:
    """A reduction's result with its axes put back (length 1), to broadcast against x."""
    if keepdims or y.ndim == x.ndim:
        return y
    axes = _axes(x, axis, name)
    return y.reshape([1 if i in axes else n for i, n in enumerate(x.shape)])


def _array(x: Any) -> Any:
    """What a reduction over Values left: one Value as a 0-d array, so that arithmetic goes on."""
    return x if isinstance(x, np.ndarray) else np.array(x, dtype=object).view(NodeArray.tier)


# --- sums and means ---


def _sum_vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    return spread(g, x.shape, () if axis is None else _axes(x, axis, "sum"), keepdims)


@shape_op(_sum_vjp, symbol="Σ", aliases=DIM)
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Sum over all numbers, or along axes."""
    if axis is not None:
        axis = normalize_axes(axis, x.ndim, "sum")
    return add_reduce(x, axis, None, None, keepdims)


def _mean_vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    axes = () if axis is None else _axes(x, axis, "mean")
    return spread(g / _count(x, axis, "mean"), x.shape, axes, keepdims)


def _mean_of_values(x: Any, axis: Any, keepdims: bool) -> Any:
    count = _count(x, axis, "mean")
    return np.asarray(sum(x, axis, keepdims)) * (1.0 / count if count else np.nan)


@shape_op(_mean_vjp, aliases=DIM, elements=_mean_of_values)
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Mean over all numbers, or along axes; nan where there are none."""
    count = _count(x, axis, "mean")
    if axis is not None:
        axis = normalize_axes(axis, x.ndim, "mean")
    total = add_reduce(x, axis, None, None, keepdims)
    return total / count if count else np.full_like(total, np.nan, dtype=_float_type(x))


def _float_type(x: Any) -> Any:
    return x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)


def _var_vjp(g: Any, y: Any, x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    g = _restored(g, x, axis, keepdims, "var")
    freedom = _count(x, axis, "var") - ddof
    centered = x - mean(x, axis, True)
    return g * centered * (2 / freedom if freedom > 0 else np.nan)


def _var_of_values(x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    freedom = _count(x, axis, "var") - ddof
    squares = square(x - mean(x, axis, True))
    return np.asarray(sum(squares, axis, keepdims)) * (1 / freedom if freedom > 0 else np.nan)


@shape_op(_var_vjp, aliases={**DIM, "correction": "ddof"}, elements=_var_of_values)
def var(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Variance: mean squared distance from the mean, dividing by n - ddof; nan where that is 0."""
    freedom = _count(x, axis, "var") - ddof
    centered = x - mean(x, axis, True)
    total = sum(centered * centered, axis, keepdims)
    return total / freedom if freedom > 0 else np.full_like(total, np.nan)


@composed
def std(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False, **aliases: Any) -> Any:
    """Standard deviation, the root of `var`; derivative 0 where all numbers are equal."""
    y = var(x, axis, ddof, keepdims, **aliases)
    zero = raw(y) == 0
    return where(zero, 0.0, sqrt(where(zero, 1.0, y)))


# --- extremes ---


def _at_extreme(x: Any, y: Any, axis: Any, keepdims: bool, name: str) -> tuple[Any, Any]:
    """Where x attains its extreme (a nan counts as one), and how often."""
    numbers, extreme = raw(x), _restored(raw(y), x, axis, keepdims, name)
    mask = (numbers == extreme) | (np.isnan(numbers) & np.isnan(extreme))
    return mask, add_reduce(mask, _axes(x, axis, name), np.intp, None, True)


def _extreme_vjp(name: str) -> Any:
    def vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
        mask, count = _at_extreme(x, y, axis, keepdims, name)
        return gate(_restored(g, x, axis, keepdims, name) / count, mask)

    return vjp


def _extreme_of_values(name: str, function: Any) -> Any:
    def elements(x: Any, axis: Any, keepdims: bool) -> Any:
        y = np.asarray(function(raw(x), axis, None, None, keepdims))
        mask, count = _at_extreme(x, y, axis, keepdims, name)
        share = np.where(mask, np.asarray(x), 0.0) * (1.0 / count)
        return add_reduce(share, _axes(x, axis, name), None, None, keepdims)

    return elements


def _gap(x: Any, axis: Any, keepdims: bool) -> Any:
    """How far apart the nearest two of the numbers compared are: at 0 an extreme may jump."""
    numbers = raw(x)
    axes = _axes(numbers, axis, "max")
    rows = np.moveaxis(numbers, axes, range(-len(axes), 0))
    rows = rows.reshape((*rows.shape[: numbers.ndim - len(axes)], -1))
    return np.diff(np.sort(rows, axis=-1), axis=-1)


@shape_op(
    _extreme_vjp("max"), aliases=DIM, ulp=4, kinks=_gap,
    elements=_extreme_of_values("max", maximum_reduce),
)  # fmt: skip
def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Largest number; equal ones share the gradient evenly."""
    return maximum_reduce(x, _reduce_axis(x, axis, "max"), None, None, keepdims)


@shape_op(
    _extreme_vjp("min"), aliases=DIM, ulp=4, kinks=_gap,
    elements=_extreme_of_values("min", minimum_reduce),
)  # fmt: skip
def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Smallest number; equal ones share the gradient evenly."""
    return minimum_reduce(x, _reduce_axis(x, axis, "min"), None, None, keepdims)


def _reduce_axis(x: Any, axis: Any, name: str) -> Any:
    return None if axis is None else normalize_axes(axis, x.ndim, name)


def _argument(name: str, function: Any) -> Any:
    def elements(x: Any, axis: Any, keepdims: bool) -> Any:
        return function(raw(x), axis=axis, keepdims=keepdims)

    return elements


@shape_op(None, aliases=DIM, elements=_argument("argmax", np.argmax), ulp=0)
def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Position of the (first) largest number; no gradient."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


@shape_op(None, aliases=DIM, elements=_argument("argmin", np.argmin), ulp=0)
def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Position of the (first) smallest number; no gradient."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


# --- products and running totals ---


def _last(x: Any, axis: Any, name: str) -> Any:
    """x with the reduced axes joined into one, at the end, and how to put a gradient back."""
    axes = _axes(x, axis, name)
    keep = tuple(i for i in range(x.ndim) if i not in axes)
    order = (*keep, *axes)
    moved = x.transpose(order) if x.ndim else x
    shape = tuple(x.shape[i] for i in keep)
    inverse = tuple(int(i) for i in np.argsort(order))

    def back(g: Any) -> Any:
        return g.reshape(moved.shape).transpose(inverse) if x.ndim else g.reshape(())

    return moved.reshape((*shape, -1) if x.size else (*shape, _count(x, axis, name))), back


def _without_self(x: Any) -> Any:
    """For x of shape (…, n), an array (…, n, n) whose row i is x with element i replaced by 1."""
    n = x.shape[-1]
    return where(np.eye(n, dtype=bool), 1.0, x.reshape((*x.shape[:-1], 1, n)))


def _prod_vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    g, y = (_restored(part, x, axis, keepdims, "prod") for part in (g, y))
    if (raw(x) != 0).all():
        return g * y / x
    rows, back = _last(x, axis, "prod")
    return g * back(prod(_without_self(rows), -1))


@shape_op(_prod_vjp, symbol="Π", aliases=DIM)
def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Product of all numbers, or along axes; the gradient is right with zeros too."""
    return multiply_reduce(x, _reduce_axis(x, axis, "prod"), None, None, keepdims)


def _cumsum_vjp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    if axis is None:
        return flip(cumsum(flip(g, 0), 0), 0).reshape(x.shape)
    return flip(cumsum(flip(g, axis), axis), axis)


@shape_op(_cumsum_vjp, aliases=DIM)
def cumsum(x: Any, axis: Any = None) -> Any:
    """Running sum along an axis; of the flattened array by default."""
    return np.add.accumulate(x.reshape(-1) if axis is None else x, axis or 0)


def _cumprod_vjp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    if axis is None:
        return _cumprod_vjp(g, y, ravel(x), 0).reshape(x.shape)
    if (raw(x) != 0).all():
        return flip(cumsum(flip(g * y, axis), axis), axis) / x
    axis = axis % x.ndim
    rows, back = _last(x, axis, "cumprod")  # (…, n)
    upstream, _ = _last(g, axis, "cumprod")
    n = x.shape[axis]
    later = np.triu(np.ones((n, n), dtype=bool))  # row i: results i and after depend on x[i]
    slopes = where(later, cumprod(_without_self(rows), -1), 0.0)  # (…, i, k) = dy[k] / dx[i]
    return back(matmul(slopes, upstream.reshape((*upstream.shape, 1))))


@shape_op(_cumprod_vjp, aliases=DIM)
def cumprod(x: Any, axis: Any = None) -> Any:
    """Running product along an axis; the gradient is right with zeros too."""
    return np.multiply.accumulate(x.reshape(-1) if axis is None else x, axis or 0)


# --- exponentials, stable ---


def _shift(x: Any, axis: Any) -> Any:
    """The largest finite number along the axes: what to subtract before exp."""
    numbers = raw(x)
    top = maximum_reduce(numbers, axis, None, None, True, initial=-np.inf)
    return np.where(np.isfinite(top), top, 0.0).astype(numbers.dtype)


def _logsumexp_vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    g, y = (_restored(part, x, axis, keepdims, "logsumexp") for part in (g, y))
    return g * exp(x - y)


def _logsumexp_of_values(x: Any, axis: Any, keepdims: bool) -> Any:
    axes = _axes(x, axis, "logsumexp")
    shift = _shift(x, axes)
    total = log(_array(sum(exp(x - shift), axes, True))) + shift
    return (
        total
        if keepdims
        else np.asarray(total).reshape([n for i, n in enumerate(x.shape) if i not in axes])
    )


@shape_op(_logsumexp_vjp, aliases=DIM, elements=_logsumexp_of_values)
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))), without overflow."""
    axes = _axes(x, axis, "logsumexp")
    shift = _shift(x, axes)
    with np.errstate(divide="ignore"):  # log(0) = -inf is the answer where there is nothing
        total = np.log(add_reduce(np.exp(x - shift), axes, None, None, True)) + shift
    return total if keepdims else total.reshape([n for i, n in enumerate(x.shape) if i not in axes])


def _softmax_vjp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    return y * (g - sum(g * y, axis, True))


def _softmax_of_values(x: Any, axis: Any) -> Any:
    e = exp(x - _shift(x, axis))
    return e / _array(sum(e, axis, True))


@shape_op(_softmax_vjp, aliases=DIM, elements=_softmax_of_values)
def softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) / sum(exp(x)) along an axis: positive numbers that sum to 1."""
    e = np.exp(x - maximum_reduce(x, axis, None, None, True, initial=-np.inf))
    return e / add_reduce(e, axis, None, None, True)


def _log_softmax_vjp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    return g - exp(y) * sum(g, axis, True)


def _log_softmax_of_values(x: Any, axis: Any) -> Any:
    return x - _array(logsumexp(x, axis, True))


@shape_op(_log_softmax_vjp, aliases=DIM, elements=_log_softmax_of_values)
def log_softmax(x: Any, axis: Any = -1) -> Any:
    """log(softmax(x)), without overflow or log(0)."""
    shifted = x - maximum_reduce(x, axis, None, None, True, initial=-np.inf)
    return shifted - np.log(add_reduce(np.exp(shifted), axis, None, None, True))


# --- norms ---


@composed
def norm(
    x: Any,
    ord: float | None = None,
    axis: Any = None,
    keepdims: bool = False,
    *,
    p: float | None = None,
    dim: Any = None,
    keepdim: bool = False,
) -> Any:
    """(sum |x|^p)^(1/p) over all numbers or along axes; default p = 2; derivative 0 at 0.

    p may be inf (the largest |x|), -inf (the smallest), 0 (how many are not 0) or any number.
    """
    p = 2.0 if ord is None and p is None else float(p if ord is None else ord)  # type: ignore[arg-type]  # not both None
    axis = dim if axis is None else axis
    keepdims = keepdims or keepdim
    if p == np.inf:
        return max(abs(x), axis, keepdims)
    if p == -np.inf:
        return min(abs(x), axis, keepdims)
    if p == 0:
        return sum(square(sign(x)), axis, keepdims)
    if p == 1:
        return sum(abs(x), axis, keepdims)
    largest = maximum_reduce(np.abs(raw(x)), axis=axis, keepdims=True, initial=0.0)
    usual = np.isfinite(largest) & (largest > 0)
    scale = np.where(usual, largest, 1.0).astype(largest.dtype)  # keeps 1e200 from overflowing
    parts = abs(x / scale)
    zero = raw(parts) == 0
    powers = square(parts) if p == 2 else where(zero, 0.0, where(zero, 1.0, parts) ** p)
    if p < 0:
        powers = parts**p
    total = sum(powers, axis, True)
    nothing = raw(total) == 0
    safe = where(nothing, 1.0, total)
    root = where(nothing, 0.0, sqrt(safe) if p == 2 else safe ** (1 / p)) * scale
    axes = normalize_axes(axis, np.ndim(x), "norm")
    return (
        root
        if keepdims
        else root.reshape(tuple(n for i, n in enumerate(np.shape(x)) if i not in axes))
    )
