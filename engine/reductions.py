"""Ops that summarise along axes: sums, means, extremes, products, norms, softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from .core import NodeArray, composed, shape_op
from .indexing import diagonal, flip, raw
from .ops import abs, exp, gate, log, sign, sqrt, square, where
from .products import matmul
from .shapes import DIM, normalize_axes, normalize_axis, ravel, spread

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


def _floating(x: Any) -> Any:
    """x, as float64 if it holds integers or bools: what has no exp of its own."""
    return x if x.dtype.kind in "fO" else x.astype(np.float64)


@composed
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Sum of the diagonal of two axes."""
    return sum(diagonal(x, offset, axis1, axis2), -1)


def _var_vjp(g: Any, y: Any, x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    g = _restored(g, x, axis, keepdims, "var")
    freedom = _count(x, axis, "var") - ddof
    centered = x - mean(x, axis, True)
    return g * (2 / freedom if freedom > 0 else np.nan) * centered


def _var_of_values(x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    freedom = _count(x, axis, "var") - ddof
    squares = square(x - mean(x, axis, True))
    return np.asarray(sum(squares, axis, keepdims)) * (1 / freedom if freedom > 0 else np.nan)


@shape_op(
    _var_vjp, aliases={**DIM, "correction": "ddof", "unbiased": "ddof"}, elements=_var_of_values
)
def var(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Variance: mean squared distance from the mean, dividing by n - ddof; nan where that is 0."""
    axis = _reduce_axis(x, axis, "var")
    freedom = _count(x, axis, "var") - ddof
    centered = x - mean(x, axis, True)
    total = add_reduce(centered * centered, axis, None, None, keepdims)
    return total / freedom if freedom > 0 else np.full_like(total, np.nan)


def _std_vjp(g: Any, y: Any, x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    g, y = (_restored(part, x, axis, keepdims, "std") for part in (g, y))
    freedom = _count(x, axis, "std") - ddof
    share = g * (1 / freedom if freedom > 0 else np.nan) / where(raw(y) == 0, 1.0, y)
    return share * (x - mean(x, axis, True))


def _std_of_values(x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    y = _var_of_values(x, axis, ddof, keepdims)
    zero = raw(y) == 0
    return where(zero, 0.0, sqrt(where(zero, 1.0, y)))


@shape_op(
    _std_vjp,
    aliases={**DIM, "correction": "ddof", "unbiased": "ddof"},
    elements=_std_of_values,
    kinks=lambda x, axis, ddof, keepdims: np.std(raw(x), axis=axis),
)
def std(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Standard deviation, the root of `var`; derivative 0 where all numbers are equal."""
    axis = _reduce_axis(x, axis, "std")
    return np.sqrt(var(x, axis, ddof, keepdims))


# --- extremes ---


def _at_extreme(x: Any, y: Any, axis: Any, keepdims: bool, name: str) -> tuple[Any, Any]:
    """Where x attains its extreme (a nan counts as one), and how often."""
    numbers, extreme = raw(x), _restored(raw(y), x, axis, keepdims, name)
    mask = numbers == extreme
    if np.isnan(extreme).any():
        mask |= np.isnan(numbers) & np.isnan(extreme)
    if np.count_nonzero(mask) == extreme.size:  # no ties, as usual: counting by axis is slower
        return mask, 1.0
    return mask, np.count_nonzero(mask, axis=_axes(x, axis, name), keepdims=True)


def _extreme_vjp(name: str) -> Any:
    def vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
        mask, count = _at_extreme(x, y, axis, keepdims, name)
        return gate(_restored(g, x, axis, keepdims, name) / count, mask)

    return vjp


def _extreme_of_values(name: str, function: Any) -> Any:
    def elements(x: Any, axis: Any, keepdims: bool) -> Any:
        y = np.asarray(function(raw(x), axis, None, None, keepdims))
        mask, count = _at_extreme(x, y, axis, keepdims, name)
        share = _array(np.where(mask, np.asarray(x), 0.0) * (1.0 / count))
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
    def forward(x: Any, axis: Any, keepdims: bool) -> Any:
        if axis is not None and x.ndim:
            axis = normalize_axis(axis, x.ndim, name)
        return function(raw(x), axis=axis, keepdims=keepdims)

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
        return function(raw(x), axis=_reduce_axis(x, axis, name), keepdims=keepdims)

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


def _one_axis(x: Any, axis: Any, name: str) -> tuple[Any, int]:
    """x and the axis to run along; the flattened x where no axis is named, or x has none."""
    if axis is None or x.ndim == 0:
        return x.reshape(-1), 0
    return x, normalize_axis(axis, x.ndim, name)


def _cumsum_vjp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    if axis is None or x.ndim == 0:
        return flip(cumsum(flip(g, 0), 0), 0).reshape(x.shape)
    return flip(cumsum(flip(g, axis), axis), axis)


@shape_op(_cumsum_vjp, aliases=DIM)
def cumsum(x: Any, axis: Any = None) -> Any:
    """Running sum along an axis; of the flattened array by default."""
    return np.add.accumulate(*_one_axis(x, axis, "cumsum"))


def _cumprod_vjp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    if axis is None or x.ndim == 0:
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
    return np.multiply.accumulate(*_one_axis(x, axis, "cumprod"))


# --- exponentials, stable ---


def _own(x: Any) -> Any:
    """x, to be overwritten, if it is an array (a 0-d result of NumPy is a number, and is not)."""
    return x if isinstance(x, np.ndarray) else None


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
    return _squeezed(_array(total), axes, keepdims)


@shape_op(_logsumexp_vjp, aliases=DIM, elements=_logsumexp_of_values)
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))), without overflow."""
    x = _floating(x)
    axes = _axes(x, axis, "logsumexp")
    shift = _shift(x, axes)
    e = x - shift
    with np.errstate(divide="ignore"):  # log(0) = -inf is the answer where there is nothing
        total = np.log(add_reduce(np.exp(e, out=_own(e)), axes, None, None, True)) + shift
    return _squeezed(total, axes, keepdims)


def _softmax_vjp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    return y * (g - sum(g * y, axis, True))


def _softmax_of_values(x: Any, axis: Any) -> Any:
    e = exp(x - _shift(x, axis))
    return e / _array(sum(e, axis, True))


@shape_op(_softmax_vjp, aliases=DIM, elements=_softmax_of_values)
def softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) / sum(exp(x)) along an axis: positive numbers that sum to 1."""
    x = _floating(x)
    axis = _reduce_axis(x, axis, "softmax")
    e = x - maximum_reduce(x, axis, None, None, True, initial=-np.inf)
    e = np.exp(e, out=_own(e))
    return np.divide(e, add_reduce(e, axis, None, None, True), out=_own(e))


def _log_softmax_vjp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    return g - exp(y) * sum(g, axis, True)


def _log_softmax_of_values(x: Any, axis: Any) -> Any:
    return x - _array(logsumexp(x, axis, True))


@shape_op(_log_softmax_vjp, aliases=DIM, elements=_log_softmax_of_values)
def log_softmax(x: Any, axis: Any = -1) -> Any:
    """log(softmax(x)), without overflow or log(0)."""
    x = _floating(x)
    axis = _reduce_axis(x, axis, "log_softmax")
    shifted = x - maximum_reduce(x, axis, None, None, True, initial=-np.inf)
    total = add_reduce(np.exp(shifted), axis, None, None, True)
    with np.errstate(divide="ignore"):  # a sum of nothing
        return np.subtract(shifted, np.log(total), out=_own(shifted))


# --- norms ---


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
    g, y = (_restored(part, x, axis, keepdims, "norm") for part in (g, y))
    if p == 2:
        return g / where(raw(y) == 0, 1.0, y) * x
    if p == 1 or p == 0:
        return g * sign(x) * p
    if np.isinf(p):
        mask, count = _at_extreme(abs(x), y, axis, keepdims, "norm")
        return gate(g * sign(x) / count, mask)
    zero = (raw(x) == 0) | (raw(y) == 0)
    ratio = abs(where(zero, 1.0, x)) / where(raw(y) == 0, 1.0, y)
    return where(zero, 0.0, g * sign(x) * ratio ** (p - 1))


def _norm_scale(x: Any, axes: tuple[int, ...]) -> Any:
    """The largest |x|, to divide by, so that 1e200 does not overflow; 1 where that is no help."""
    largest = maximum_reduce(np.abs(x), axes, None, None, True, initial=0.0)
    return np.where(np.isfinite(largest) & (largest > 0), largest, 1.0).astype(x.dtype)


def _norm_of_values(x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    """The same, number by number; a root of 0 is left out, as its slope is infinite."""
    p = _power(ord)
    if np.isinf(p):
        return (max if p > 0 else min)(abs(x), axis, keepdims)
    if p == 0:
        return sum(square(sign(x)), axis, keepdims)
    if p == 1:
        return sum(abs(x), axis, keepdims)
    axes = _axes(x, axis, "norm")
    scale = _norm_scale(raw(x), axes)
    parts = abs(x / scale)
    zero = raw(parts) == 0
    if p > 0:
        parts = where(zero, 0.0, where(zero, 1.0, parts) ** p)
    else:
        parts = where(zero, np.inf, where(zero, 1.0, parts) ** p)
    total = _array(sum(parts, axes, True))
    trivial = (raw(total) == 0) | np.isinf(raw(total))
    root = where(trivial, raw(total) ** (1 / p), where(trivial, 1.0, total) ** (1 / p))
    return _squeezed(_array(root * scale), axes, keepdims)


def _squeezed(y: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """A reduction that kept its axes, without them unless they were asked for."""
    if not keepdims:
        y = y.reshape([n for i, n in enumerate(y.shape) if i not in axes])
    return y[()] if type(y) is np.ndarray else y


def _norm_kinks(x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    size = np.abs(raw(x))
    return np.append(size.ravel(), _gap(size, axis, keepdims)) if np.isinf(_power(ord)) else size


@shape_op(_norm_vjp, aliases={**DIM, "p": "ord"}, kinks=_norm_kinks, elements=_norm_of_values)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """(sum |x|^p)^(1/p) of all numbers or along axes, p = 2 by default; derivative 0 at 0.

    ord (or p) may be inf (the largest |x|), -inf (the smallest), 0 (how many are not 0) or any
    number.  A matrix counts as its numbers: with two axes this is not NumPy's spectral norm.
    """
    p = _power(ord)
    x = _floating(x)
    axes = _axes(x, axis, "norm")
    if np.isinf(p):
        reduce = maximum_reduce if p > 0 else minimum_reduce
        return reduce(np.abs(x), axes, None, None, keepdims)
    if p == 0:
        return add_reduce(x != 0, axes, x.dtype, None, keepdims)
    if p == 1:
        return add_reduce(np.abs(x), axes, None, None, keepdims)
    if p == 2:
        with np.errstate(over="ignore"):
            total = add_reduce(x * x, axes, None, None, keepdims)
        limits = np.finfo(x.dtype)
        if ((total > limits.tiny / limits.eps) & (total < np.inf)).all():
            return np.sqrt(total)
    scale = _norm_scale(x, axes)
    parts = x / scale
    if p == 2:
        root = np.sqrt(add_reduce(np.square(parts), axes, None, None, True))
    else:
        with np.errstate(divide="ignore"):  # p < 0 and a zero: the norm is 0
            root = add_reduce(np.abs(parts) ** p, axes, None, None, True) ** (1 / p)
    return _squeezed(root * scale, axes, keepdims)
