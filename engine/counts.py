"""Counts that a user gives: sizes, lengths, seeds, and the shape of a new array."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np


def is_int(x: Any) -> bool:
    """Whether x is a whole number: Python's, NumPy's, or a single one as an array has it."""
    if isinstance(x, np.ndarray):  # `(y == 1).sum()`
        return x.ndim == 0 and x.dtype.kind in "iu"
    return isinstance(x, int | np.integer) and not isinstance(x, bool)


def at_least(least: int, **sizes: Any) -> None:
    """Check that each size is an int of at least `least`.

    Raises:
        TypeError: one is not an int.
        ValueError: one is too small.

    >>> at_least(1, in_features=0)
    Traceback (most recent call last):
    ValueError: in_features must be at least 1, got 0
    """
    for name, size in sizes.items():
        if not is_int(size):
            raise TypeError(f"{name} must be an int, got {type(size).__name__}: {size!r:.60}")
        if size < least:
            raise ValueError(f"{name} must be at least {least}, got {size}")


def spread_arguments(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of a call: `x.reshape(2, 3)` and `x.reshape((2, 3))` mean the same."""
    if len(given) == 1 and isinstance(given[0], tuple | list):
        return tuple(given[0])
    return given


def shape_of(given: tuple[Any, ...], size: Any = None) -> tuple[int, ...]:
    """The shape that a call names: `zeros(2, 3)`, `zeros((2, 3))` or `zeros(size=(2, 3))`.

    Raises:
        TypeError: none is named, or two, or one that is no ints.
        ValueError: a negative length.

    >>> shape_of((2, 3)), shape_of(([2, 3],)), shape_of((), 4), shape_of(((),))
    ((2, 3), (2, 3), (4,), ())
    """
    if (size is None) is not bool(given):
        raise TypeError(f"a shape must be given, once: ints or a tuple; got {given}, size={size}")
    lengths = spread_arguments(given if size is None else (size,))
    try:
        shape = tuple(operator.index(n) for n in lengths)
    except TypeError:
        raise TypeError(f"a shape must be ints or a tuple of ints, got {lengths!r:.60}") from None
    at_least(0, **{f"length {i} of a shape": n for i, n in enumerate(shape)})
    return shape
