"""Lists and tuples that hold nodes: stacked, and so tracked, wherever an array is taken.

NumPy makes an array of a list by asking each Tensor in it for its numbers, and they would leave
the graph.  So a Tensor looks who asks: asked from here it says what it is, and the list is stacked
instead.  That costs nothing where lists hold plain numbers, as nearly all do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .node import Node, NodeArray


class TensorInside(Exception):
    """Passes through NumPy to `read`: there is a Tensor in the list; `stack` joins such."""

    def __init__(self, stack: Callable[[list[Any]], Any]) -> None:
        self.stack = stack


def read(x: Any) -> Any:
    """A list (or tuple, nested as you like) as an array; where it holds nodes, they are stacked.

    Tensors give a Tensor, Values an array of Values; plain numbers may stand between them.

    Raises:
        ValueError: rows of different lengths.
        TypeError: Tensors among Values.

    >>> from engine import Tensor, Value
    >>> read([Tensor(1.0), 2.0]), read([3.0, 4.0])
    (Tensor([1., 2.]), array([3., 4.]))
    """
    try:
        array = np.asarray(x)
    except TensorInside as found:
        return found.stack([read(part) if isinstance(part, list | tuple) else part for part in x])
    if array.dtype == object and any(isinstance(part, Node) for part in array.flat):
        return array.view(NodeArray.tier)
    return array


def is_asked_by_read() -> bool:
    """Whether the caller, a Tensor's `__array__`, was called by NumPy on behalf of `read`."""
    return sys._getframe(2).f_code is read.__code__
