"""What stands in a graph for an array that was let go."""

from __future__ import annotations

from typing import Any

from numpy import dtype, ndarray


class Outline:
    """Shape and dtype of an array: all that backward asks of one that no rule reads.

    Attributes:
        array: the same numbers, once somebody had them computed again; None before.
    """

    __slots__ = ("array", "dtype", "ndim", "shape", "size")

    #: NumPy refuses it: there are no numbers here.
    __array_ufunc__ = None

    def __init__(self, of: ndarray) -> None:
        self.shape: tuple[int, ...] = of.shape
        self.dtype: dtype[Any] = of.dtype
        self.ndim, self.size = of.ndim, of.size
        self.array: ndarray | None = None
