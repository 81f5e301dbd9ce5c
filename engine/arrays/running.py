"""Products and running totals, whose gradients are right with zeros too."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..by_name import has_numbers
from ..choices import where
from ..core import Op
from ..define import shape_op
from ..floats import HALF, in_single
from ..node import to_numpy
from .pieces import flip
from .products import matmul
from .reductions import axes_of, count_of, multiply_reduce, reduce_axis, reducing, restored
from .shapes import DIM, REDUCED, concatenate, normalize_axis, ravel


def _last(x: Any, axis: Any, name: str) -> Any:
    """x with the reduced axes joined into one, at the end, and how to put a gradient back."""
    axes = axes_of(x, axis, name)
    keep = tuple(i for i in range(x.ndim) if i not in axes)
    order = (*keep, *axes)
    moved = x.transpose(order) if x.ndim else x
    shape = tuple(x.shape[i] for i in keep)
    inverse = tuple(int(i) for i in np.argsort(order))

    def back(g: Any) -> Any:
        return g.reshape(moved.shape).transpose(inverse) if x.ndim else g.reshape(())

    return moved.reshape((*shape, -1) if x.size else (*shape, count_of(x, axis, name))), back


def _without_self(x: Any) -> Any:
    """For x of shape (…, n), an array (…, n, n) whose row i is x with element i replaced by 1."""
    n = x.shape[-1]
    return where(np.eye(n, dtype=bool), 1.0, x.reshape((*x.shape[:-1], 1, n)))


def _others(x: Any) -> Any:
    """For each number of x, (…, n), the product of all others: of those before it and after it."""
    one = np.ones((*x.shape[:-1], 1), x.dtype)
    before = concatenate([one, cumprod(x[..., :-1], -1)], -1)
    after = concatenate([flip(cumprod(flip(x[..., 1:], -1), -1), -1), one], -1)
    return before * after


@functools.cache
def _tiny(dtype: Any) -> float:
    return float(np.finfo(dtype).tiny)


def _divisible(y: Any, x: Any) -> bool:
    """Whether y / x is the product of the others: not where y left the range, or x is 0.

    A y that vanished among ordinary numbers, as of a thousand probabilities, is let pass.
    """
    size = np.abs(y)
    if size.size == 1:
        smallest = largest = size.item()
    else:
        smallest = np.minimum.reduce(size, None, initial=1.0)
        largest = np.maximum.reduce(size, None, initial=0.0)
    if largest == np.inf:
        return False
    if smallest >= _tiny(size.dtype):
        return True
    return bool(
        np.minimum.reduce(x, None, initial=1.0) > 1e-6
        or np.minimum.reduce(np.abs(x), None, initial=1.0) > 1e-6
    )


def _prod_vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    g, y = (restored(part, x, axis, keepdims, "prod") for part in (g, y))
    if has_numbers(x) and _divisible(to_numpy(y), to_numpy(x)):
        return g * y / x
    rows, back = _last(x, axis, "prod")
    return g * back(_others(rows))


@shape_op(_prod_vjp, symbol="Π", aliases=REDUCED, jvp=reducing(_prod_vjp))
def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Product of all numbers, or along axes; the gradient is right with zeros too."""
    if x.dtype.type is HALF:
        return in_single(prod.forward, x, axis, keepdims)
    return multiply_reduce(x, reduce_axis(x, axis, "prod"), None, None, keepdims)


def _one_axis(x: Any, axis: Any, name: str) -> tuple[Any, int]:
    """x and the axis to run along; the flattened x where no axis is named, or x has none."""
    if axis is None or x.ndim == 0:
        return x.reshape(-1), 0
    return x, normalize_axis(axis, x.ndim, name)


def _cumsum_vjp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    if axis is None or x.ndim == 0:
        return flip(cumsum(flip(g, 0), 0), 0).reshape(x.shape)
    return flip(cumsum(flip(g, axis), axis), axis)


@shape_op(_cumsum_vjp, aliases=DIM, linear="jointly")
def cumsum(x: Any, axis: Any = None) -> Any:
    """Running sum along an axis; of the flattened array by default."""
    if x.dtype.type is HALF:
        return in_single(cumsum.forward, x, axis)
    return np.add.accumulate(*_one_axis(x, axis, "cumsum"))


def _cumprod_vjp(g: Any, y: Any, x: Any, axis: Any) -> Any:
    if axis is None or x.ndim == 0:
        return _cumprod_vjp(g, y, ravel(x), 0).reshape(x.shape)
    if has_numbers(x) and (to_numpy(x) != 0).all():
        return flip(cumsum(flip(g * y, axis), axis), axis) / x
    slopes, back = _cumprod_slopes(x, axis % x.ndim)
    upstream, _ = _last(g, axis % x.ndim, "cumprod")
    return back(matmul(slopes, upstream.reshape((*upstream.shape, 1))))


def _cumprod_slopes(x: Any, axis: int) -> tuple[Any, Any]:
    """An array (…, i, k) of dy[k] / dx[i], and how to put a gradient (…, n) back into x's shape."""
    rows, back = _last(x, axis, "cumprod")  # (…, n)
    n = x.shape[axis]
    later = np.triu(np.ones((n, n), dtype=bool))  # row i: results i and after depend on x[i]
    return where(later, cumprod(_without_self(rows), -1), 0.0), back


def _cumprod_jvp(tangents: tuple[Any], y: Any, x: Any, axis: Any) -> Any:
    t = tangents[0]
    if axis is None or x.ndim == 0:
        return _cumprod_jvp((ravel(t),), y, ravel(x), 0)
    if has_numbers(x) and (to_numpy(x) != 0).all():
        return y * cumsum(t / x, axis)
    slopes, back = _cumprod_slopes(x, axis % x.ndim)
    moved, _ = _last(t, axis % x.ndim, "cumprod")
    return back(matmul(moved.reshape((*moved.shape[:-1], 1, moved.shape[-1])), slopes))


@shape_op(_cumprod_vjp, aliases=DIM, jvp=_cumprod_jvp)
def cumprod(x: Any, axis: Any = None) -> Any:
    """Running product along an axis; the gradient is right with zeros too."""
    if x.dtype.type is HALF:
        return in_single(cumprod.forward, x, axis)
    return np.multiply.accumulate(*_one_axis(x, axis, "cumprod"))


def _running_place(x: Any, axis: int = 0, down: bool = False) -> Any:
    x = to_numpy(x)
    best = (np.minimum if down else np.maximum).accumulate(x, axis)
    along = np.arange(x.shape[axis]).reshape([-1] + [1] * (x.ndim - axis - 1))
    return np.maximum.accumulate(np.where((x == best) | np.isnan(x), along, 0), axis)


_PLACE = Op("running_place", _running_place, (None,), kind="shape")  # by name


def running_place(x: Any, axis: int, down: bool = False) -> Any:
    """Where the largest number so far is (the smallest, if `down`): the last of equal ones, or nan.

    >>> running_place(np.array([1.0, 3.0, 3.0, 2.0]), 0)
    array([0, 1, 2, 2])
    """
    if has_numbers(x):
        return _running_place(x, axis, down)
    return _PLACE.apply((x,), {"axis": axis, "down": down})
