"""`opened`: a graph in which calls that are one node are what they are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import toposort
from ..node import Node
from ..recording import Opening, enable_grad


def opened(root: Node) -> Any:
    """The same result, of a graph in which each checkpointed or compiled call is opened.

    What lies inside is computed once more; the leaves are the same ones.  For pictures, steps and
    `explain` of it.

    Raises:
        TypeError: root is not a node.
        RuntimeError: a checkpointed function gives another result than before.

    >>> from engine import Tensor, checkpoint
    >>> w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    >>> y = checkpoint(lambda x: (x * w).tanh().sum(), [3.0, 4.0])
    >>> [node.op.name for node in toposort(opened(y)) if node.op]
    ['mul', 'tanh', 'sum']
    """
    known: dict[Any, Any] = {}
    with Opening(), enable_grad(), np.errstate(all="ignore"):
        for node in toposort(root):
            inputs = tuple([known[x] if isinstance(x, Node) else x for x in node.inputs])
            known[node] = _opened(node, inputs)
    return known[root]


def _opened(node: Any, inputs: tuple[Any, ...]) -> Any:
    """A node, or one like it of what its inputs are now; of a call, its result."""
    if node.op is None:
        return node
    if node.op.opens:
        y = node.op.forward(*inputs, **node.params)
    elif all(x is y for x, y in zip(inputs, node.inputs, strict=True)):
        return node
    else:
        y = node.op.apply(inputs, dict(node.params))
    y.label = y.label or node.label
    return y
