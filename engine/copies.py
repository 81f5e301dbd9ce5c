"""Copies of whole graphs, and pickles of them, without recursion: a chain may be a million deep.

A node says what it is made of (`_state`), and is made of that again (`_from_state`).
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from .differentiating import is_differentiated, leave_graph, refuse_to_cut
from .graph import visit
from .locks import GRADIENTS
from .node import Node
from .ops import identity


def _everything(root: Any) -> list[Any]:
    """What belongs to a graph: all it depends on, and the graphs of recorded gradients."""
    order: list[Any] = []
    seen: set[Any] = set()
    pending = [root]
    while pending:
        known = len(order)
        visit(pending.pop(), seen, order)
        pending += [node._grad for node in order[known:] if isinstance(node._grad, Node)]
    return order


def copy_node(x: Any) -> Any:
    """`copy.copy` of a node: a leaf with the same numbers and no gradient yet.

    Inside a derivative it is part of the graph.
    """
    if is_differentiated(x):
        return identity(x)
    if x.op is not None:
        leave_graph(x, "copy.copy()")
    return x.leaf(requires_grad=x.requires_grad)


def copy_graph(root: Any, memo: dict[int, Any]) -> Any:
    """`copy.deepcopy` of a node: of all it depends on, with nothing shared with the original.

    While another thread adds gradients, this waits: a copy has all of a pass's gradients, or none.
    """
    refuse_to_cut(root, "copy.deepcopy()")
    with GRADIENTS: return _copy_graph(root, memo)  # fmt: skip  # noqa: E701


def _copy_graph(root: Any, memo: dict[int, Any]) -> Any:
    fresh = [node for node in _everything(root) if id(node) not in memo]
    for node in fresh:
        inputs = tuple(memo[id(x)] if isinstance(x, Node) else deepcopy(x) for x in node.inputs)
        state = deepcopy(node._state(), memo)
        memo[id(node)] = node._from_state(state, node.op, inputs, deepcopy(dict(node.params), memo))
    for node in fresh:  # a gradient may depend on the very node it belongs to
        g = node._grad
        memo[id(node)]._grad = memo[id(g)] if isinstance(g, Node) else deepcopy(g)
    return memo[id(root)]


def reduce_graph(root: Any) -> tuple[Any, ...]:
    """What `pickle` stores: the graph as a flat list, so that depth does not matter.

    As for a copy, with all of a pass's gradients or none.
    """
    refuse_to_cut(root, "pickle")
    with GRADIENTS: return _reduce_graph(root)  # fmt: skip  # noqa: E701


def _reduce_graph(root: Any) -> tuple[Any, ...]:
    order = _everything(root)
    place = {node: _At(i) for i, node in enumerate(order)}

    def at(x: Any) -> Any:
        return place[x] if isinstance(x, Node) else x

    states = [n._state() for n in order]  # first: an array that was let go comes back
    rows = [
        (type(n), state, n.op, tuple(map(at, n.inputs)), dict(n.params), at(n._grad))
        for n, state in zip(order, states, strict=True)
    ]
    return rebuild, (rows, place[root])


class _At(int):
    """In a pickled graph: the node that stands in row number …"""

    __slots__ = ()


def rebuild(rows: list[Any], root: int) -> Any:
    """The opposite of `reduce_graph`."""
    nodes: list[Any] = []

    def get(x: Any) -> Any:
        return nodes[x] if type(x) is _At else x

    for kind, state, op, inputs, params, _ in rows:
        nodes.append(kind._from_state(state, op, tuple(map(get, inputs)), params))
    for node, row in zip(nodes, rows, strict=True):
        node._grad = get(row[-1])
    return nodes[root]
