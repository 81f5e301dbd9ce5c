"""Notebook 02: a picture of the graph behind a node of the learner's own.

What a learner's own node needs for its picture: `data`, `op` (a string, empty for a leaf),
`inputs`, `label`; and `grad`, once there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.showing import number
from viz.drawing import Arrow, Box, Scene, scene_dot
from viz.graphs import Picture


def draw_own(
    root: Any,
    *,
    rules: dict[str, Callable[..., Any]] | None = None,
    numbered: bool = False,
    direction: str = "LR",
) -> Picture:
    """A picture of a graph of nodes that the learner has written.

    Args:
        root: the result whose graph is drawn.
        rules: for each op its rule; edges then carry their local derivatives.
        numbered: whether boxes say which place they have in topological order, from 1.
        direction: as `viz.to_dot`.

    >>> class Value:
    ...     def __init__(self, data, op="", inputs=(), label=""):
    ...         self.data, self.op, self.inputs, self.label = data, op, inputs, label
    >>> x = Value(3.0, label="x")
    >>> draw_own(Value(9.0, "*", (x, x))).dot.count("n0 -> n1")
    2
    """
    order = ordered(root)
    ids = {id(node): f"n{i}" for i, node in enumerate(order)}
    boxes, arrows = [], []
    for i, node in enumerate(order):
        kind = ("output" if node is root else "result") if node.op else "leaf"
        rows = [("data", number(node.data))]
        if hasattr(node, "grad"):
            rows.append(("grad", number(node.grad)))
        caption = f"{i + 1} · {kind}" if numbered else kind
        boxes.append(Box(ids[id(node)], kind, caption, node.op, str(node.label), tuple(rows)))
        slopes = _slopes(node, rules)
        arrows += [
            Arrow(ids[id(x)], ids[id(node)], k, text)
            for k, (x, text) in enumerate(zip(node.inputs, slopes, strict=True))
        ]
    return Picture(scene_dot(Scene(boxes, arrows), direction=direction))


def _slopes(node: Any, rules: dict[str, Callable[..., Any]] | None) -> list[str]:
    """What to write on the edges into a node."""
    if not node.op or not rules or node.op not in rules:
        return [""] * len(node.inputs)
    return [f"∂ = {number(part, 4)}" for part in _parts(rules[node.op], node)]


def _parts(rule: Callable[..., Any], node: Any) -> Any:
    return rule(1.0, node.data, *(x.data for x in node.inputs))


def ordered(root: Any) -> list[Any]:
    """Inputs before results, whatever class the nodes are of."""
    order: list[Any] = []
    seen: set[int] = set()
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((x, False) for x in reversed(node.inputs))
    return order
