"""A list of floats as an array, whose elements are numbers as long as it is taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..arrays import stack
from ..symbols import Symbol

_new = object.__new__


class RowSymbol(Symbol):
    """The Symbol of an array of which each element is an input of its own.

    A function that only takes single numbers of it is a program of numbers, and the array is not
    made.
    """

    __slots__ = ("each",)

    each: list[Any]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.each)

    def __getitem__(self, index: Any) -> Any:
        if type(index) is int:
            return self.each[index]
        if type(index) is slice and len(self.each[index]) > 0:
            return row_of(self.each[index])
        return super().__getitem__(index)


def row_of(each: Sequence[Any]) -> RowSymbol:
    """The array of these Symbols of numbers."""
    array = stack(list(each))
    row: RowSymbol = _new(RowSymbol)
    for name in Symbol.__slots__:
        if name != "__weakref__":
            setattr(row, name, getattr(array, name))
    row.each = list(each)
    return row
