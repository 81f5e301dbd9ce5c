"""What stands in a graph for an array that was let go."""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np


class Outline(np.lib.mixins.NDArrayOperatorsMixin):
    """Shape and dtype of a node's array: all that backward asks of one that no rule reads.

    Who asks for numbers after all gets those of the node, computed again: a rule that runs because
    a constant was told in the meantime that it requires a gradient.

    Attributes:
        array: the numbers, once they were computed again; None before.
    """

    __slots__ = ("_node", "array", "dtype", "ndim", "shape", "size")

    def __init__(self, node: Any) -> None:
        of = node._held
        self._node = ref(node)
        self.shape: tuple[int, ...] = of.shape
        self.dtype: np.dtype[Any] = of.dtype
        self.ndim, self.size = of.ndim, of.size
        self.array: Any = None

    def numbers(self) -> Any:
        """The array, computed again if need be."""
        node = self._node()
        return node._held if self.array is None and node is not None else self.array

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.numbers(), dtype) if copy else np.asarray(self.numbers(), dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **named: Any) -> Any:
        return getattr(ufunc, method)(*map(filled, inputs), **named)

    def __getitem__(self, index: Any) -> Any:
        return self.numbers()[index]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.numbers(), name)


def filled(x: Any) -> Any:
    """The numbers in the place of an outline; anything else as it is."""
    return x.numbers() if type(x) is Outline else x
