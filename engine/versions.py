"""What was assigned to: `x[i] = v` makes x another node, and what was made of x before stays right.

    >>> from engine import Tensor
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> x = w * 1.0
    >>> y = x * x  # of x as it is now
    >>> x[0] = y[1]
    >>> (x + y).sum().backward()
    >>> w.grad
    array([2., 9.])

Nodes know their inputs, not what was made of them.  So at an assignment the node that x was becomes
a node of its own, x's version before; and what refers to x, but was given the numbers of an earlier
version, is led to that one when a graph is next walked: `settle`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from weakref import ref

from .node import Node

#: What was assigned to and still exists, by its id.  While it is empty, walks settle nothing.
ASSIGNED: dict[int, ref[Any]] = {}


def note_assigned(x: Node) -> None:
    """Let walks look for what was made of x before."""
    key = id(x)
    ASSIGNED[key] = ref(x, lambda _: ASSIGNED.pop(key))


def settle(root: Any, settled: Collection[Any] = ()) -> None:
    """Lead every node that `root` depends on to the versions of its inputs that it was made of.

    Args:
        settled: nodes that need not be looked at.
    """
    seen = set(settled)
    stack = [root]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            node.settle()
            stack += [x for x in node.inputs if isinstance(x, Node)]
