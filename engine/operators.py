"""The operators that `Value`, `Tensor` and `ValueArray` share.

Every line is `return ops.<row>(...)`: the meaning is in the table, this is only its notation.
They are written out, so that an editor can complete them and a reader can follow them.
"""

from __future__ import annotations

from typing import Any, Self

from . import choices, ops


class Operators:
    """`a + b`, `-a`, `a ** 2`, … of the table's rows."""

    __slots__ = ()

    def __add__(self, other: Any) -> Self:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Self:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Self:
        return ops.sub(self, other)

    def __rsub__(self, other: Any) -> Self:
        return ops.sub(other, self)

    def __mul__(self, other: Any) -> Self:
        return ops.mul(self, other)

    def __rmul__(self, other: Any) -> Self:
        return ops.mul(other, self)

    def __truediv__(self, other: Any) -> Self:
        return ops.div(self, other)

    def __rtruediv__(self, other: Any) -> Self:
        return ops.div(other, self)

    def __floordiv__(self, other: Any) -> Self:
        return choices.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Self:
        return choices.floor_divide(other, self)

    def __mod__(self, other: Any) -> Self:
        return choices.remainder(self, other)

    def __rmod__(self, other: Any) -> Self:
        return choices.remainder(other, self)

    def __pow__(self, other: Any) -> Self:
        return ops.pow(self, other)

    def __rpow__(self, other: Any) -> Self:
        return ops.pow(other, self)

    def __neg__(self) -> Self:
        return ops.neg(self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return ops.abs(self)
