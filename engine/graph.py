"""Walking a graph: the one topological order that backward, pictures and checks share."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from copy import deepcopy
from typing import Any

from .node import Node
from .recording import enable_grad

__all__ = [
    "adjoints",
    "copy_graph",
    "flatten",
    "rebuild",
    "recent_passes",
    "remember_pass",
    "results",
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
    _visit(root, set(), order)
    return order


def _visit(root: Any, seen: set[Any], order: list[Any]) -> None:
    """Append to `order` what `root` depends on, inputs before results, except what was seen."""
    stack: list[Any] = [root]
    while True:  # CPython 3.11 speeds up a running loop only at a plain jump backward
        if not stack:
            return
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


def results(root: Any) -> list[Any]:
    """`toposort` without the leaves, in half the time: a backward pass has nothing to do there.

    >>> from engine import Value
    >>> a, b = Value(2.0), Value(3.0)
    >>> [node.op.name for node in results(a * b + a)]
    ['mul', 'add']
    """
    order: list[Any] = []
    seen: set[Any] = set()
    stack: list[Any] = [] if root.op is None else [root]
    while True:  # as in `_visit`
        if not stack:
            return order
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            stack.append(node)
            stack.append(None)
            for x in node.inputs[::-1]:
                if isinstance(x, Node) and x.op is not None and x not in seen:
                    stack.append(x)


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


def _everything(root: Any) -> list[Any]:
    """What belongs to a graph: all it depends on, and the graphs of recorded gradients."""
    order: list[Any] = []
    seen: set[Any] = set()
    pending = [root]
    while pending:
        known = len(order)
        _visit(pending.pop(), seen, order)
        pending += [node._grad for node in order[known:] if isinstance(node._grad, Node)]
    return order


def copy_graph(root: Any, memo: dict[int, Any]) -> Any:
    """`copy.deepcopy` of a node: of all it depends on, with nothing shared with the original."""
    fresh = [node for node in _everything(root) if id(node) not in memo]
    for node in fresh:
        inputs = tuple(memo[id(x)] if isinstance(x, Node) else deepcopy(x) for x in node.inputs)
        state = deepcopy(node._state(), memo)
        memo[id(node)] = node._from_state(state, node.op, inputs, deepcopy(dict(node.params), memo))
    for node in fresh:  # a gradient may depend on the very node it belongs to
        g = node._grad
        memo[id(node)]._grad = memo[id(g)] if isinstance(g, Node) else deepcopy(g)
    return memo[id(root)]


def flatten(root: Any) -> tuple[Any, ...]:
    """What `pickle` stores: the graph as a flat list, so that depth does not matter."""
    order = _everything(root)
    place = {node: _At(i) for i, node in enumerate(order)}

    def at(x: Any) -> Any:
        return place[x] if isinstance(x, Node) else x

    rows = [
        (type(n), n._state(), n.op, tuple(map(at, n.inputs)), dict(n.params), at(n._grad))
        for n in order
    ]
    return rebuild, (rows, place[root])


class _At(int):
    """In a pickled graph: the node that stands in row number …"""

    __slots__ = ()


def rebuild(rows: list[Any], root: int) -> Any:
    """The opposite of `flatten`."""
    nodes: list[Any] = []

    def get(x: Any) -> Any:
        return nodes[x] if type(x) is _At else x

    for kind, state, op, inputs, params, _ in rows:
        nodes.append(kind._from_state(state, op, tuple(map(get, inputs)), params))
    for node, row in zip(nodes, rows, strict=True):
        node._grad = get(row[-1])
    return nodes[root]
