"""Edges over many columns of a large graph, which Graphviz would take minutes to lead around boxes.

They are left out of what it lays out and drawn straight, under the boxes.
"""

from __future__ import annotations

from typing import Any

from engine import Node
from engine.showing import Names

MANY = 5000  # columns that all edges pass over together: up to that, Graphviz takes a moment
FAR = 8  # columns that an edge which is laid out may pass over, where there are more than that


def far_edges(order: list[Any], names: Names) -> set[tuple[int, int]]:
    """The edges to draw straight: node and number of its input; none unless they are many.

    Of each node one edge stays, the shortest, so that it is laid out beside what uses it.

    >>> from engine import Value, toposort
    >>> def chain(n):
    ...     y = x = Value(1.0)
    ...     for _ in range(n):
    ...         y = y.sin() * x
    ...     order = toposort(y)
    ...     return far_edges(order, Names(order))
    >>> len(chain(60)), len(chain(100))
    (0, 96)
    """
    spans = _spans(order, names)
    if sum(spans.values()) <= MANY:
        return set()
    shortest: dict[int, tuple[int, int]] = {}
    for (head, k), span in spans.items():
        tail = names.place[id(order[head].inputs[k])]
        if tail not in shortest or span < spans[shortest[tail]]:
            shortest[tail] = (head, k)
    return {edge for edge, span in spans.items() if span > FAR} - set(shortest.values())


def _spans(order: list[Any], names: Names) -> dict[tuple[int, int], int]:
    """How many columns each edge goes over.

    A node stands just before its first use, unless that makes more edges longer than shorter;
    leaves among its inputs go with it.
    """
    column = [0] * len(order)
    uses: list[list[int]] = [[] for _ in order]
    edges = [
        (i, k, names.place[id(x)])
        for i, node in enumerate(order)
        for k, x in enumerate(node.inputs)
        if isinstance(x, Node)
    ]
    for i, _, j in edges:
        column[i] = max(column[i], column[j] + 1)
        uses[j].append(i)
    for j in reversed(range(len(order))):
        below = sum(isinstance(x, Node) and x.op is not None for x in order[j].inputs)
        if uses[j] and below <= len(uses[j]):
            column[j] = min(column[i] for i in uses[j]) - 1
    return {(i, k): column[i] - column[j] for i, k, j in edges}
