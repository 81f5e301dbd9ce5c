"""Pieces of an array, and the same numbers in another order: flip, roll, repeat, chunk, unbind."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..core import composed
from ..counts import is_int
from .indexing import getitem, take
from .shapes import axis_or_dim, concatenate, normalize_axes, normalize_axis, once, ravel, reshape


@composed
def flip(x: Any, axis: Any = None, *more: Any, dim: Any = None, dims: Any = None) -> Any:
    """Reversed along one axis, several, or (by default) all.

    >>> flip(np.array([1, 2, 3]))
    array([3, 2, 1])
    """
    if more or dim is not None or dims is not None:
        axis = once("flip", "the axis", (axis, *more) if more else axis, dim, dims)
    axes = normalize_axes(axis, np.ndim(x), "flip")
    step = [slice(None, None, -1) if i in axes else slice(None) for i in range(np.ndim(x))]
    return getitem(x, tuple(step))


@composed
def roll(
    x: Any,
    shift: Any = None,
    axis: Any = None,
    *,
    shifts: Any = None,
    dim: Any = None,
    dims: Any = None,
) -> Any:
    """Moved along an axis by `shift`; what leaves at the end comes in at the start.

    Raises:
        ValueError: there are several shifts, but not as many axes.

    >>> roll(np.array([1, 2, 3, 4]), 1)
    array([4, 1, 2, 3])
    """
    shift = once("roll", "the shift", shift, shifts)
    if dim is not None or dims is not None:
        axis = once("roll", "the axis", axis, dim, dims)
    shape = np.shape(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), shape)
    by = [_int("shift of roll()", one) for one in _each(shift)]
    along = [normalize_axis(i, len(shape), "roll") for i in _each(axis)]
    if len(by) == 1 or len(along) == 1:
        by, along = by * len(along), along * len(by)
    if len(by) != len(along):
        raise ValueError(f"roll() got {len(by)} shifts for {len(along)} axes")
    moves: dict[int, int] = {}
    for i, one in zip(along, by, strict=True):  # an axis named twice moves by both
        moves[i] = moves.get(i, 0) + one
    for i, one in moves.items():
        n = shape[i]
        if cut_at := -one % n if n else 0:
            x = concatenate(cut(x, [cut_at], i)[::-1], i)
    return x


def _each(given: Any) -> Any:
    return (given,) if type(given) is int or not np.ndim(given) else given


def _int(what: str, one: Any) -> int:
    try:
        return operator.index(one)
    except TypeError:
        raise TypeError(f"{what} must be ints, got {one}") from None


@composed
def repeat(x: Any, repeats: Any, axis: int | None = None, *, dim: int | None = None) -> Any:
    """Each element (along an axis) repeated; `repeats` is a number or one for each.

    >>> repeat(np.array([1, 2]), 2), repeat(np.array([1, 2]), [1, 3])
    (array([1, 1, 2, 2]), array([1, 2, 2, 2]))
    """
    axis = axis_or_dim("repeat", axis, dim)
    if type(repeats) is not int and np.ndim(repeats) == 0:
        repeats = _int("repeats of repeat()", repeats)  # of 1.7 NumPy makes 1
    if axis is None or (np.ndim(x) == 0 and axis in (0, -1)):
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, np.ndim(x), "repeat")
    return take(x, np.repeat(np.arange(np.shape(x)[axis]), repeats), axis)


def cut(x: Any, places: Iterable[int], axis: int) -> list[Any]:
    """The pieces of x between the places along an axis."""
    lead = (slice(None),) * axis
    edges = itertools.pairwise([None, *places, None])
    return [getitem(x, (*lead, slice(a, b))) for a, b in edges]


@composed
def chunk(x: Any, chunks: int, axis: int = 0, *, dim: int | None = None) -> list[Any]:
    """PyTorch's way to cut: at most `chunks` pieces of one length, the last may be shorter.

    Raises:
        ValueError: chunks is not a positive int.

    >>> chunk(np.arange(5), 2)
    [array([0, 1, 2]), array([3, 4])]
    """
    axis = normalize_axis(axis_or_dim("chunk", axis, dim, 0), np.ndim(x), "chunk")
    if not is_int(chunks) or chunks <= 0:
        raise ValueError(f"chunks of chunk() must be a positive int, got {chunks!r}")
    length = np.shape(x)[axis]
    each = max(1, -(-length // chunks))
    return cut(x, range(each, length, each), axis)


@composed
def unbind(x: Any, axis: int = 0, *, dim: int | None = None) -> list[Any]:
    """The arrays that `stack` along an axis would join: one for each index of it.

    >>> unbind(np.array([[1, 2], [3, 4]]), axis=1)
    [array([1, 3]), array([2, 4])]
    """
    axis = normalize_axis(axis_or_dim("unbind", axis, dim, 0), np.ndim(x), "unbind")
    lead = (slice(None),) * axis
    return [getitem(x, (*lead, i)) for i in range(np.shape(x)[axis])]
