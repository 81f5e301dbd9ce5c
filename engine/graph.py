"""Walking a graph: the one topological order that backward, pictures and checks share."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from copy import deepcopy
from typing import Any

from .core import Node, enable_grad

__all__ = [
    "adjoints",
    "copy_graph",
    "flatten",
    "rebuild",
    "recent_passes",
    "remember_pass",
    "toposort",
]


def toposort(root: Node) -> list[Any]:
    """Every node `root` depends on, inputs before results, `root` last; left inputs first.

    Iterative, so a chain of a million nodes is no problem; each node appears once, however often
    it is used.

    Raises:
        TypeError: root is not a node.

    >>> from engine import Value
    >>> a, b = Value(2.0, label="a"), Value(3.0, label="b")
    >>> [node.label or node.op.name for node in toposort(a * b + a)]
    ['a', 'b', 'mul', 'add']
    """
    if not isinstance(root, Node):
        raise TypeError(f"root must be a Value or a Tensor, got {type(root).__name__}")
    order: list[Any] = []
    seen: set[Any] = set()
    stack: list[Any] = [root]
    while True:  # CPython 3.11 speeds up a running loop only at a plain jump backward
        if not stack:
            return order
        node = stack.pop()
        if node is None:  # everything below the node under this mark is done
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            inputs = node.inputs
            if inputs:
                stack.append(node)
                stack.append(None)
                for x in inputs[::-1]:
                    if isinstance(x, Node) and x not in seen:
                        stack.append(x)
            else:
                order.append(node)


class _Passes(threading.local):
    """The backward passes of this thread whose results still exist; results are held weakly."""

    def __init__(self) -> None:
        self.recent: deque[tuple[Any, Any]] = deque(maxlen=100)


_PASSES = _Passes()


def remember_pass(root: Any, seed: Any) -> None:
    """Note what is being differentiated, so that `explain(x)` need not be told.

    Args:
        root: what `backward` was called on.
        seed: its upstream gradient; None for 1.
    """
    recent = _PASSES.recent
    while recent and recent[0][0]() is None:
        recent.popleft()
    recent.append((weakref.ref(root), seed))


def recent_passes() -> list[tuple[Any, Any]]:
    """The root and upstream gradient of each remembered pass of this thread, newest first."""
    passes = [(root(), seed) for root, seed in reversed(_PASSES.recent)]
    return [(root, seed) for root, seed in passes if root is not None]


def adjoints(order: list[Any], seeds: dict[Any, Any]) -> dict[Any, Any]:
    """Backward on nodes: the gradient of each node, as a node of the same tier.

    Args:
        order: `toposort` of the result.
        seeds: upstream gradients to start from, by node.
    """
    found = dict(seeds)
    with enable_grad():
        for node in reversed(order):
            g = found.get(node)
            if g is None or node.op is None:
                continue
            for x, part in zip(node.inputs, node.pull(g), strict=True):
                if part is not None:
                    found[x] = found[x] + part if x in found else part
    return found


# --- copies of whole graphs, without recursion ---


def copy_graph(root: Any, memo: dict[int, Any]) -> Any:
    """`copy.deepcopy` of a node: of all it depends on, with nothing shared with the original."""
    for node in toposort(root):
        if id(node) in memo:
            continue
        inputs = tuple(memo[id(x)] if isinstance(x, Node) else deepcopy(x) for x in node.inputs)
        state = tuple(_copy_state(part, memo) for part in node._state())
        memo[id(node)] = node._from_state(state, node.op, inputs, deepcopy(dict(node.params)))
    return memo[id(root)]


def _copy_state(part: Any, memo: dict[int, Any]) -> Any:
    return copy_graph(part, memo) if isinstance(part, Node) else deepcopy(part)


def flatten(root: Any) -> tuple[Any, ...]:
    """What `pickle` stores: the graph as a flat list, so that depth does not matter."""
    order = toposort(root)
    place = {id(node): i for i, node in enumerate(order)}
    rows = [
        (
            node._state(),
            node.op,
            tuple(_At(place[id(x)]) if isinstance(x, Node) else x for x in node.inputs),
            dict(node.params),
        )
        for node in order
    ]
    return rebuild, (type(root), rows)


class _At(int):
    """In a pickled graph: the input that stands in row number …"""

    __slots__ = ()


def rebuild(kind: Any, rows: list[Any]) -> Any:
    """The opposite of `flatten`."""
    nodes: list[Any] = []
    for state, op, inputs, params in rows:
        inputs = tuple(nodes[x] if type(x) is _At else x for x in inputs)
        nodes.append(kind._from_state(state, op, inputs, params))
    return nodes[-1]
