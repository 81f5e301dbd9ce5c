"""`to_dot`: the graph below a Value or a Tensor as Graphviz's DOT text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import Op, Tensor, Value, toposort
from engine.core import Node, NodeArray, input_names

from .style import DARK, LIGHT, LOOKS, Theme, mix
from .text import array_lines, number, parameters, points, safe, shorten

__all__ = ["Arrow", "Box", "GraphTooLargeError", "boxes_and_arrows", "to_dot"]

MAX_NODES = 200
DIRECTIONS = ("LR", "TB")

# A name that Graphviz knows the letters' widths of, wherever it runs; in svg it adds sans-serif.
FONT = "Helvetica"

#: Ops whose inputs may be exchanged: their edges need not say which is which.
COMMUTATIVE = {"add", "mul", "maximum", "minimum", "hypot", "logaddexp"}


class GraphTooLargeError(ValueError):
    """The graph has more nodes than a picture can show."""


@dataclass(frozen=True)
class Box:
    """What a picture says of one node.

    Attributes:
        id: `n` and its place in topological order; constants are named after the node they enter.
        kind: a key of `viz.style.LOOKS`.
        caption: the kind in words.
        symbol: the op's, empty for leaves and constants.
        label: the user's name for the node.
        rows: name and text of each line below: data, grad, …
    """

    id: str
    kind: str
    caption: str
    symbol: str
    label: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Arrow:
    """One edge: which input (from 0) of box `head` box `tail` is, and what to write on it."""

    tail: str
    head: str
    index: int
    text: str


def to_dot(
    root: Any, *, direction: str = "LR", dark: bool = False, max_nodes: int = MAX_NODES
) -> str:
    """The graph below `root` (a Value or a Tensor) as DOT text: every node, every edge.

    Nodes are named n0, n1, … in the order of `engine.toposort`, so the same program always gives
    the same text.  A node says what it is, its label, its data and its gradient.

    Args:
        direction: "LR" lets results stand to the right of their inputs, "TB" below them.
        dark: light text on a dark ground.
        max_nodes: the largest graph to draw, constants not counted.

    Raises:
        TypeError: root is not a Value or a Tensor.
        ValueError: direction is neither; or (`GraphTooLargeError`) the graph is too large.

    >>> from engine import Value
    >>> x = Value(3.0, label="x")
    >>> [line.strip() for line in to_dot(x * x).splitlines() if "->" in line]
    ['n0 -> n1', 'n0 -> n1']
    """
    if direction not in DIRECTIONS:
        raise ValueError(
            f"direction must be 'LR' (left to right) or 'TB' (top down), got {direction!r}"
        )
    theme = DARK if dark else LIGHT
    boxes, arrows = boxes_and_arrows(root, max_nodes)
    lines = [
        "digraph {",
        f'  graph [rankdir={direction} bgcolor="{theme.background}" nodesep=0.25 ranksep=0.4]',
        f'  node [fontname="{FONT}" fontsize=11 fontcolor="{theme.foreground}" margin="0.08,0.04"]',
        f'  edge [fontname="{FONT}" fontsize=9 fontcolor="{theme.quiet}"'
        f' color="{theme.quiet}" arrowsize=0.7]',
        *(f"  {line}" for box in boxes for line in _node_lines(box, theme)),
        *(f"  {_edge_line(arrow)}" for arrow in arrows),
        "}",
    ]
    return "\n".join(lines) + "\n"


# --- from the graph to boxes and arrows ---


def boxes_and_arrows(root: Any, max_nodes: int = MAX_NODES) -> tuple[list[Box], list[Arrow]]:
    """What a picture of the graph below `root` shows, in topological order.

    Raises:
        TypeError, ValueError: as `to_dot`.

    >>> from engine import Value
    >>> boxes, arrows = boxes_and_arrows(Value(3.0, label="x") + 1)
    >>> [(box.id, box.kind) for box in boxes]
    [('n0', 'leaf'), ('n1c1', 'constant'), ('n1', 'output')]
    >>> [(arrow.tail, arrow.head) for arrow in arrows]
    [('n0', 'n1'), ('n1c1', 'n1')]
    """
    order = _checked_order(root, max_nodes)
    place = {id(node): f"n{i}" for i, node in enumerate(order)}
    flowing = _flowing(order)
    after_backward = any(node.op is None and node.has_grad for node in order)
    boxes, arrows = [], []
    for node in order:
        name = place[id(node)]
        for i, x in enumerate(node.inputs):
            tail = place.get(id(x)) if isinstance(x, Node) else None
            if tail is None:
                tail = f"{name}c{i}"
                boxes.append(_constant_box(tail, x))
            arrows.append(Arrow(tail, name, i, _edge_text(node.op, i, len(node.inputs))))
        grad = _grad_text(node, id(node) in flowing, after_backward)
        boxes.append(_node_box(name, node, node is root, id(node) in flowing, grad))
    return boxes, arrows


def _checked_order(root: Any, max_nodes: int) -> list[Any]:
    if isinstance(root, NodeArray):
        raise TypeError(
            f"root must be one Value or a Tensor, got an array of Values of shape {root.shape}: "
            "draw one element, or the sum"
        )
    order = toposort(root)
    if len(order) > max_nodes:
        raise GraphTooLargeError(
            f"the graph has {len(order):,} nodes, more than the {max_nodes:,} a picture can show "
            f"well: pass max_nodes={len(order)} to draw it all the same (slow above 1,000), or "
            "draw an earlier result"
        )
    return order


def _flowing(order: list[Any]) -> set[int]:
    """The ids of the nodes that a gradient flows to: leaves that want one, and what is above."""
    found: set[int] = set()
    for node in order:
        leaf = node.op is None
        if node.requires_grad if leaf else any(id(x) in found for x in node.inputs):
            found.add(id(node))
    return found


def _node_box(name: str, node: Any, is_root: bool, flows: bool, grad: str) -> Box:
    if node.op is None:
        kind, caption = ("leaf", "leaf") if flows else ("input", "input, no gradient")
        symbol = ""
    else:
        kind = "output" if is_root else "result"
        caption = f"{kind} of {node.op.name}"
        symbol = node.op.symbol
    rows = [("shape", f"{node.shape} {node.dtype}")] if isinstance(node, Tensor) else []
    if node.op is not None:
        rows += [("", line) for line in parameters(node.params, node.op.defaults)]
    rows += [("data", _numbers(node)), ("grad", grad)]
    return Box(name, kind, caption, symbol, shorten(str(node.label)), tuple(rows))


def _constant_box(name: str, x: Any) -> Box:
    array = np.asarray(x)
    text = array_lines(array) if array.dtype.kind in "fiub" else shorten(repr(x), 40)
    rows = [("shape", f"{array.shape} {array.dtype}")] if array.ndim else []
    return Box(name, "constant", "constant", "", "", (*rows, ("", text)))


def _numbers(node: Any) -> str:
    """The data (or a gradient, be it a number, an array or a node) as text."""
    if isinstance(node, Value):
        return number(node.data)
    if isinstance(node, Tensor):
        return array_lines(node.data)
    return number(node) if np.ndim(node) == 0 else array_lines(node)


def _grad_text(node: Any, flows: bool, after_backward: bool) -> str:
    if node.has_grad:
        return _numbers(node.grad)
    if not flows:
        return "none"
    if after_backward and node.op is not None and isinstance(node, Tensor):
        return "not kept"
    return "not computed"


def _edge_text(op: Op, index: int, count: int) -> str:
    """Which input this is, where exchanging two would change the result."""
    if count == 1 or op.name in COMMUTATIVE:
        return ""
    if op.variadic:
        return f"input {index}"
    return ("left", "right")[index] if count == 2 else input_names(op)[index]


# --- from boxes and arrows to DOT ---


def _node_lines(box: Box, theme: Theme) -> Iterator[str]:
    look = LOOKS[box.kind]
    fill = mix(look.colour, theme.background, theme.tint)
    outlines = f" peripheries={look.outlines}" if look.outlines > 1 else ""
    yield (
        f'{box.id} [shape={look.shape} style="{look.style},filled" color="{look.colour}" '
        f'fillcolor="{fill}"{outlines} label=<'
    )
    yield '  <TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
    yield _wide(f'<FONT POINT-SIZE="9" COLOR="{theme.quiet}">{safe(box.caption)}</FONT>')
    if box.symbol:
        yield _wide(f'<FONT POINT-SIZE="16"><B>{safe(box.symbol)}</B></FONT>')
    if box.label:
        label = f'<FONT POINT-SIZE="13"><B>{safe(box.label)}</B></FONT>'
        yield _wide(label, points(box.label, 13))
    for name, text in box.rows:
        yield _row(name, text, theme)
    yield "  </TABLE>>]"


def _wide(content: str, width: int = 0) -> str:
    at_least = f' WIDTH="{width}"' if width else ""
    return f'  <TR><TD COLSPAN="2"{at_least}>{content}</TD></TR>'


def _row(name: str, text: str, theme: Theme) -> str:
    if not name:
        return _wide(safe(text))
    # Graphviz aligns each line by the line break after it, the last line too.
    end = '<BR ALIGN="RIGHT"/>' if "\n" in text else ""
    return (
        f'  <TR><TD ALIGN="LEFT"><FONT COLOR="{theme.quiet}">{safe(name)} </FONT></TD>'
        f'<TD ALIGN="RIGHT">{safe(text, "RIGHT")}{end}</TD></TR>'
    )


def _edge_line(arrow: Arrow) -> str:
    # The text is an identifier of the op's author or a word of ours; still, it is escaped.
    label = f" [label=<{safe(arrow.text)}>]" if arrow.text else ""
    return f"{arrow.tail} -> {arrow.head}{label}"
