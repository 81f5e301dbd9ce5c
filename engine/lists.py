"""Lists and tuples that hold nodes: stacked, and so tracked, wherever an array is taken.

NumPy makes an array of a list by asking each Tensor in it for its numbers, and they would leave
the graph.  So a Tensor looks who asks: asked from here it says what it is, and the list is stacked
instead.  That costs nothing where lists hold plain numbers, as nearly all do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

import numpy as np

from .callers import module_of
from .node import NODES, Node, NodeArray, to_numpy

_NUMBERS = "fiubc"  # kinds of dtype


#: For `isinstance(x, LISTS)`: a union would be made anew in every call.
LISTS = (list, tuple)


class TensorInside(Exception):
    """Passes through NumPy to `array_of`: there is a Tensor in the list, and `stack` joins such."""

    def __init__(self, stack: Callable[[list[Any]], Any]) -> None:
        self.stack = stack


def array_of(x: Any) -> Any:
    """A list (or tuple, nested as you like) as an array; where it holds nodes, they are stacked.

    Tensors give a Tensor, Values an array of Values; plain numbers may stand between them.

    Raises:
        ValueError: rows of different lengths.
        TypeError: Tensors among Values; a generator, a set, or what else is no array.

    >>> from engine import Tensor, Value
    >>> array_of([Tensor(1.0), 2.0]), array_of([3.0, 4.0])
    (Tensor([1., 2.]), array([3., 4.]))
    """
    try:
        array = np.asarray(x)
    except TensorInside as found:
        return found.stack([array_of(part) if isinstance(part, LISTS) else part for part in x])
    if array.dtype.kind == "O" and any(isinstance(part, Node) for part in array.flat):
        return array.view(NodeArray.tier)
    if not array.ndim and array.dtype.kind not in _NUMBERS:
        raise TypeError(
            f"numbers or arrays are taken, got {type(x).__name__}: make a list of what gives "
            "several, a float of another number"
        )
    return array


def array_if_list(x: Any) -> Any:
    """`array_of` a list or a tuple; anything else as it is."""
    return array_of(x) if isinstance(x, LISTS) else x


def tier_of(x: Any) -> Any:
    """What records an op on x: a node's class, or that of arrays of nodes; None if x is plain."""
    if isinstance(x, Node):
        return type(x)
    return NodeArray.tier if isinstance(x, np.ndarray) and x.dtype.kind == "O" else None


def nodes_among(parts: Iterable[Any]) -> bool:
    """Whether one of several things is a node, or an array of nodes."""
    for x in parts:  # noqa: SIM110 - `any` takes three times as long
        if type(x) is not float and isinstance(x, NODES):
            return True
    return False


_PLAIN = frozenset((np.ndarray, np.float64, float, int))


def dressed(y: Any, inputs: tuple[Any, ...]) -> Any:
    """What was computed of plain inputs, as an `Array` if one of them is (see `engine.arrays`)."""
    for x in inputs:
        if type(x) not in _PLAIN and hasattr(x, "dressed"):
            return x.dressed(y)
    return y


#: Who asks a Tensor for its numbers, by the code that runs: `array_of`; and who may have them:
#: `to_numpy`, and functions of NumPy that take no more than the shape of a list.
READING = array_of.__code__
_OF_SHAPES: Any = (np.shape, np.ndim, np.size)
_LOOKING = frozenset((to_numpy.__code__, *(f.__wrapped__.__code__ for f in _OF_SHAPES)))


def looks(asking: FrameType) -> bool:
    """Whether who asks for numbers takes no more than a look at them: a test, for one."""
    return asking.f_code in _LOOKING or module_of(asking).startswith("numpy.testing")
