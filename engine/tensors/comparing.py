"""Comparisons of Tensors, and `& | ^ ~` of those that hold bools or integers: plain Arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array, friendly
from ..lists import LISTS
from ..node import Node, to_numpy
from .backward import ArrayNode


class Comparing(ArrayNode):
    """`x < 2`, `x == y`, `~mask`: no gradient flows through the answer, so it is no Tensor."""

    __slots__ = ()

    __hash__ = object.__hash__  # a node is itself, whatever its numbers are

    def __eq__(self, other: object) -> Any:
        return _compare(np.equal, self, other)

    def __ne__(self, other: object) -> Any:
        return _compare(np.not_equal, self, other)

    def __lt__(self, other: Any) -> Any:
        return _compare(np.less, self, other)

    def __le__(self, other: Any) -> Any:
        return _compare(np.less_equal, self, other)

    def __gt__(self, other: Any) -> Any:
        return _compare(np.greater, self, other)

    def __ge__(self, other: Any) -> Any:
        return _compare(np.greater_equal, self, other)

    def __and__(self, other: Any) -> Any:
        return _bitwise(np.bitwise_and, self, other)

    def __or__(self, other: Any) -> Any:
        return _bitwise(np.bitwise_or, self, other)

    def __xor__(self, other: Any) -> Any:
        return _bitwise(np.bitwise_xor, self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Any:
        return _bitwise(np.invert, self)


def _compare(ufunc: Any, x: ArrayNode, other: Any) -> Any:
    if isinstance(other, ArrayNode):
        other = other._held
    elif type(other) is float or type(other) is int:
        pass
    elif other is None or isinstance(other, str):
        return NotImplemented
    elif isinstance(other, Node):
        if other.leads:  # it compares
            return NotImplemented
        raise TypeError("a Tensor and a Value do not mix; compare .data with .data")
    elif isinstance(other, LISTS):
        other = to_numpy(other)
    answer = ufunc(x._held, other)
    return answer.view(Array) if x._held.ndim else friendly(answer)


def _bitwise(ufunc: Any, *inputs: Any) -> Any:
    """A ufunc of bools or integers, as an Array."""
    if any(x is None or isinstance(x, str) for x in inputs):
        return NotImplemented
    arrays = [to_numpy(x) if isinstance(x, (Node, *LISTS)) else x for x in inputs]
    if any(np.result_type(x).kind not in "biu" for x in arrays):
        held = " and ".join(str(np.result_type(x)) for x in arrays)
        raise TypeError(
            f"& | ^ ~ are for bools and integers, got {held}: compare first, (x > 0) & (y > 0)"
        )
    return friendly(ufunc(*arrays))
