"""`expand`: the Value graph behind one element of a Tensor result."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import toposort
from ..node import Node
from ..recording import enable_grad
from ..tensors import Tensor
from ..values import Value, ValueArray


def label_of(name: str, index: tuple[int, ...]) -> str:
    """How an element of a named array is labelled: `w[0,1]`, or `w` for a single number."""
    return f"{name}[{','.join(map(str, index))}]" if index else name


def box(array: Any, name: str = "", requires_grad: bool = True) -> Any:
    """Every number of an array in a Value of its own, labelled by its index."""
    boxed = ValueArray.of(array, requires_grad=requires_grad)
    if name:
        for index in np.ndindex(boxed.shape):
            one = boxed[index] if index else boxed
            one.label = label_of(name, index)
    return boxed


def rerun(order: list[Tensor]) -> dict[int, Any]:
    """Run a Tensor graph again, number by number: for each node (by id) its Values."""
    boxes: dict[int, Any] = {}
    leaves = 0
    with enable_grad():
        for node in order:
            if node.op is None:
                boxes[id(node)] = box(node.data, node.label or f"x{leaves}", node.requires_grad)
                leaves += 1
                continue
            inputs = tuple(boxes[id(x)] if isinstance(x, Node) else x for x in node.inputs)
            boxes[id(node)] = node.op.apply(inputs, dict(node.params))
    return boxes


def expand(node: Tensor, index: Any = (), limit: int = 200_000) -> Value:
    """The Value behind one element of a Tensor result, with the whole graph it depends on.

    The graph is run again on single numbers (float64); leaves are labelled `w[0,1]` from their
    tensor's label, or `x0[0,1]`, `x1[…]` in the order of use.  The Value reaches only what this
    element depends on.

    Args:
        node: a Tensor result.
        index: an int or a tuple of ints, one for each axis; () for a 0-d tensor.
        limit: how many numbers the graph may hold.

    Raises:
        TypeError: node is not a Tensor.
        IndexError: index does not name one element.
        ValueError: the graph holds more than `limit` numbers.

    >>> w = Tensor([2.0, 3.0], requires_grad=True, label="w")
    >>> y = expand(w * w, 1)
    >>> y.data, [x.label for x in y.inputs]
    (9.0, ['w[1]', 'w[1]'])
    """
    if not isinstance(node, Tensor):
        raise TypeError(f"expand() takes a Tensor, got {type(node).__name__}")
    place = index if isinstance(index, tuple) else (index,)
    if len(place) != node.ndim or not all(isinstance(i, int | np.integer) for i in place):
        raise IndexError(f"index {index!r} does not name one element of shape {node.shape}")
    for i, length in zip(place, node.shape, strict=True):
        if not -length <= i < length:
            raise IndexError(f"index {index!r} is out of range for shape {node.shape}")
    order = toposort(node)
    count = sum(x.size for x in order)
    if count > limit:
        raise ValueError(
            f"the graph holds {count:,} numbers, more than the limit of {limit:,}: expand a "
            "smaller part, or pass a larger limit"
        )
    values = rerun(order)[id(node)]
    found = values[place] if isinstance(values, np.ndarray) else values
    return found if isinstance(found, Value) else Value(found, requires_grad=False)
