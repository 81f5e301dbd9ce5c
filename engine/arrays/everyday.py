"""NumPy's everyday functions without a rule of their own: joins, turns, differences, areas."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import composed
from ..lists import array_if_list
from .indexing import diagonal as diagonal_of, getitem, kth, scatter_add
from .pieces import flip
from .reductions import sum
from .shapes import (
    axis_or_dim,
    broadcast_to,
    concatenate,
    normalize_axes,
    normalize_axis,
    once,
    reshape,
    swapaxes,
)

_OBJECT = np.dtype(object)

# --- joining ---


def _with_axes(x: Any, ndim: int) -> Any:
    """x with at least that many axes, up to 3; new ones where NumPy's `atleast_…` have them."""
    x = array_if_list(x)
    shape = np.shape(x)
    if ndim == 3 and len(shape) == 2:
        return reshape(x, (*shape, 1))
    missing = ndim - len(shape)
    after = missing == 2 and len(shape) == 1  # a row of numbers becomes (1, n, 1)
    return reshape(x, (1,) * (missing - after) + shape + (1,) * after) if missing > 0 else x


def _each_with_axes(arrays: tuple[Any, ...], ndim: int) -> Any:
    found = tuple(_with_axes(x, ndim) for x in arrays)
    return found[0] if len(found) == 1 else found


@composed
def atleast_1d(*arrays: Any) -> Any:
    """x, or a single number as an array of one; of several arrays a tuple.

    >>> atleast_1d(2.0, [3.0, 4.0])
    (array([2.]), array([3., 4.]))
    """
    return _each_with_axes(arrays, 1)


@composed
def atleast_2d(*arrays: Any) -> Any:
    """x with at least 2 axes, (n,) as (1, n); of several arrays a tuple.

    >>> atleast_2d(np.array([1.0, 2.0]))
    array([[1., 2.]])
    """
    return _each_with_axes(arrays, 2)


@composed
def atleast_3d(*arrays: Any) -> Any:
    """x with at least 3 axes, (n,) as (1, n, 1) and (m, n) as (m, n, 1); of several a tuple.

    >>> [atleast_3d(np.ones(shape)).shape for shape in [(2,), (2, 3)]]
    [(1, 2, 1), (2, 3, 1)]
    """
    return _each_with_axes(arrays, 3)


def _joined(arrays: Sequence[Any], ndim: int, axis: int) -> Any:
    return concatenate([_with_axes(x, ndim) for x in arrays], axis)


@composed
def vstack(arrays: Sequence[Any]) -> Any:
    """Arrays joined along the first axis; (n,) counts as the row (1, n).

    >>> vstack([np.array([1, 2]), np.array([3, 4])])
    array([[1, 2],
           [3, 4]])
    """
    return _joined(arrays, 2, 0)


@composed
def hstack(arrays: Sequence[Any]) -> Any:
    """Arrays joined along the second axis; those with one axis along that one.

    >>> hstack([np.array([1, 2]), np.array([3])]), hstack([np.ones((2, 1)), np.ones((2, 3))]).shape
    (array([1, 2, 3]), (2, 4))
    """
    listed = [_with_axes(x, 1) for x in arrays]
    return concatenate(listed, 0 if listed and np.ndim(listed[0]) == 1 else 1)


@composed
def dstack(arrays: Sequence[Any]) -> Any:
    """Arrays joined along the third axis; (m, n) counts as (m, n, 1).

    >>> dstack([np.ones((2, 3)), np.zeros((2, 3))]).shape
    (2, 3, 2)
    """
    return _joined(arrays, 3, 2)


@composed
def column_stack(arrays: Sequence[Any]) -> Any:
    """Arrays joined along the second axis; (n,) counts as the column (n, 1).

    >>> column_stack([np.array([1, 2]), np.array([3, 4])])
    array([[1, 3],
           [2, 4]])
    """
    listed = [_with_axes(x, 1) for x in arrays]
    return concatenate([reshape(x, (-1, 1)) if np.ndim(x) == 1 else x for x in listed], 1)


@composed
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """`values` after those of `arr`, along an axis; both flattened by default.

    >>> append(np.array([[1, 2]]), [[3, 4]], axis=0), append(np.array([[1, 2]]), [3])
    (array([[1, 2],
           [3, 4]]), array([1, 2, 3]))
    """
    return concatenate([arr, values], axis)


# --- turning ---


@composed
def flipud(x: Any) -> Any:
    """Reversed along the first axis.

    Raises:
        ValueError: x has no axes.

    >>> flipud(np.array([[1, 2], [3, 4]]))
    array([[3, 4],
           [1, 2]])
    """
    return flip(_at_least("flipud", x, 1), 0)


@composed
def fliplr(x: Any) -> Any:
    """Reversed along the second axis.

    Raises:
        ValueError: x has fewer than 2 axes.

    >>> fliplr(np.array([[1, 2], [3, 4]]))
    array([[2, 1],
           [4, 3]])
    """
    return flip(_at_least("fliplr", x, 2), 1)


def _at_least(name: str, x: Any, ndim: int) -> Any:
    if np.ndim(x) < ndim:
        raise ValueError(f"{name}() needs at least {ndim} axes, got shape {np.shape(x)}")
    return x


@composed
def rot90(x: Any, k: int = 1, axes: Any = (0, 1), *, dims: Any = None) -> Any:
    """Turned k times by 90 degrees in the plane of two axes, from the first to the second.

    >>> rot90(np.array([[1, 2], [3, 4]]))
    array([[2, 4],
           [1, 3]])
    """
    axes = axis_or_dim("rot90", axes, dims, (0, 1))
    first, second = normalize_axes(axes, np.ndim(x), "rot90")
    turns = operator.index(k) % 4
    if turns % 2 == 0:
        return flip(x, (first, second) if turns else ())
    return swapaxes(flip(x, second if turns == 1 else first), first, second)


# --- diagonals, differences, areas ---


@composed
def diag(x: Any, k: int = 0, *, diagonal: int = 0) -> Any:
    """A matrix with the numbers x on its k-th diagonal; of a matrix, its k-th diagonal.

    Raises:
        ValueError: x has no axes, or more than two.

    >>> diag(np.array([1.0, 2.0]))
    array([[1., 0.],
           [0., 2.]])
    """
    k = kth(k, diagonal)
    shape = np.shape(x)
    if len(shape) == 2:
        return diagonal_of(x, k)
    if len(shape) != 1:
        raise ValueError(f"diag() takes one axis or two, got shape {shape}")
    n = shape[0] + abs(k)
    start = k if k >= 0 else -k * n
    places = slice(start, start + (n + 1) * shape[0], n + 1)  # in the matrix row by row
    return reshape(scatter_add(x, (n * n,), places), (n, n))


def _ends_of_steps(x: Any, axis: int) -> tuple[Any, Any]:
    """x without its last and without its first along an axis: the two ends of each step."""
    lead = (slice(None),) * axis
    return getitem(x, (*lead, slice(-1))), getitem(x, (*lead, slice(1, None)))


def _edge(end: Any, shape: tuple[int, ...], x: Any) -> Any:
    """What is joined to x: an array as it is, a single number in this shape and x's dtype."""
    if np.ndim(end):
        return end
    plain = type(end) in (int, float) and getattr(x, "dtype", _OBJECT).kind == "f"
    return np.full(shape, end, x.dtype) if plain else broadcast_to(end, shape)


@composed
def diff(
    x: Any,
    n: int = 1,
    axis: Any = -1,
    prepend: Any = None,
    append: Any = None,
    *,
    dim: Any = None,
) -> Any:
    """x[i + 1] - x[i] along an axis, n times; `prepend` and `append` are joined to x before.

    Raises:
        ValueError: n is negative.

    >>> diff(np.array([1.0, 4.0, 9.0])), diff(np.array([1.0, 4.0, 9.0]), n=2)
    (array([3., 5.]), array([2.]))
    """
    if operator.index(n) < 0:
        raise ValueError(f"n of diff() must not be negative, got {n}")
    shape = np.shape(x)
    axis = normalize_axis(axis_or_dim("diff", axis, dim, -1), len(shape), "diff")
    if n and not (prepend is None and append is None):
        edge = (*shape[:axis], 1, *shape[axis + 1 :])
        parts = [part for part in (prepend, x, append) if part is not None]
        x = concatenate([_edge(part, edge, x) for part in parts], axis)
    for _ in range(n):
        before, after = _ends_of_steps(x, axis)
        x = after - before
    return x


@composed
def trapezoid(y: Any, x: Any = None, dx: Any = None, axis: Any = -1, *, dim: Any = None) -> Any:
    """Area under y by the trapezoidal rule: the sum of (y[i] + y[i + 1]) / 2 * (x[i + 1] - x[i]).

    x has one axis, or y's shape; without it steps are `dx`, 1 by default.

    >>> float(trapezoid(np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 3.0])))
    7.5
    """
    axis = normalize_axis(axis_or_dim("trapezoid", axis, dim, -1), np.ndim(y), "trapezoid")
    if x is None:
        steps = 1.0 if dx is None else dx
    else:
        once("trapezoid", "the steps", True, None if dx in (None, 1.0) else dx)
        steps = diff(x, axis=axis if np.ndim(x) > 1 else 0)
        if np.ndim(x) == 1:
            steps = reshape(steps, (-1,) + (1,) * (np.ndim(y) - axis - 1))
    before, after = _ends_of_steps(y, axis)
    return sum(steps * (before + after) / 2.0, axis)
