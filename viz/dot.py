"""A graph as DOT text: nodes with label, op, data and gradient; an edge for each use."""

from __future__ import annotations

import html
import re
from typing import Any

import numpy as np

from engine import Tensor, Value, toposort

from .style import DARK, LIGHT, Theme, kinds

__all__ = ["GraphTooLargeError", "to_dot"]

LONGEST_LABEL = 60


class GraphTooLargeError(ValueError):
    """A graph has more nodes than a picture can show."""


def to_dot(root: Any, *, direction: str = "LR", dark: bool = False, max_nodes: int = 200) -> str:
    """The graph below `root` as DOT text, the same for the same graph.

    Node ids are n0, n1, … in topological order; a constant that is input i of node k is nk_ci.

    Args:
        root: a Value or a Tensor.
        direction: "LR" draws from left to right, "TB" from top to bottom.
        dark: light text on a dark background.
        max_nodes: refuse a graph with more nodes.

    Raises:
        TypeError: root is not a node.
        ValueError: direction is neither, or (`GraphTooLargeError`) there are too many nodes.

    >>> x = Value(3.0, label="x")
    >>> text = to_dot(x * x)
    >>> text.count("n0 -> n1")
    2
    """
    if direction not in ("LR", "TB"):
        raise ValueError(f"direction must be 'LR' or 'TB', got {direction!r}")
    order = toposort(root)
    if len(order) > max_nodes:
        raise GraphTooLargeError(
            f"this graph has {len(order):,} nodes, more than the {max_nodes:,} a picture can show: "
            "draw a smaller part (an intermediate result, one element by engine.expand), or pass "
            "max_nodes="
        )
    theme = DARK if dark else LIGHT
    place = {id(node): f"n{i}" for i, node in enumerate(order)}
    lines = [
        "digraph graph_of_gradients {",
        f'  graph [rankdir={direction}, bgcolor="{theme.background}", nodesep=0.25, ranksep=0.4];',
        f'  node [shape=plain, fontname="Helvetica", fontsize=11, fontcolor="{theme.text}"];',
        f'  edge [color="{theme.edge}", arrowsize=0.7];',
    ]
    for node in order:
        name = place[id(node)]
        lines.append(f"  {name} [label=<{_table(node, node is root, theme)}>];")
        for i, x in enumerate(node.inputs):
            if id(x) in place:
                source = place[id(x)]
            else:
                source = f"{name}_c{i}"
                lines.append(f"  {source} [label=<{_constant(x, theme)}>];")
            lines.append(f"  {source} -> {name};")
    return "\n".join([*lines, "}"]) + "\n"


def escape(text: str) -> str:
    """Any text as the inside of an HTML-like label: nothing in it is markup, nothing is lost.

    >>> escape("a<b | c")
    'a&lt;b | c'
    """
    if len(text) > LONGEST_LABEL:
        text = text[: LONGEST_LABEL - 1] + "…"
    # XML knows no control characters and no half surrogate pairs; show that something was there
    text = re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
    text = html.escape(text).replace("\n", "<BR/>").replace("\t", "    ")
    return text if text.strip() else "&#160;"  # Graphviz refuses an empty cell


def _table(node: Any, is_root: bool, theme: Theme) -> str:
    """The label of a node: a table with its name, op, data and gradient."""
    leaf = node.op is None
    constant = leaf and not node.requires_grad
    kind = kinds["constant" if constant else "leaf" if leaf else "root" if is_root else "result"]
    colour = getattr(theme, kind.colour)
    rows = []
    if node.label:
        rows.append(f"<B>{escape(node.label)}</B>")
    if not leaf:
        rows.append(f'<FONT COLOR="{colour}"><B>{escape(_call(node))}</B></FONT>')
    word = kind.word or "result"
    if leaf or is_root:
        rows.append(f'<FONT COLOR="{colour}" POINT-SIZE="9">{word}</FONT>')
    if isinstance(node, Tensor):
        shape = "×".join(map(str, node.shape)) or "0-d"
        rows.append(f'<FONT COLOR="{theme.muted}">{shape} {node.dtype}</FONT>')
    rows.append(escape(f"data {_numbers(node.data)}"))
    if not constant:
        gradient = _numbers(_data(node.grad)) if node.has_grad else "not computed"
        rows.append(escape(f"grad {gradient}"))
    cells = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows)
    style = f' STYLE="{kind.style}"' if kind.style else ""
    return (
        f'<TABLE BORDER="{kind.border}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3"'
        f'{style} COLOR="{colour}">{cells}</TABLE>'
    )


def _constant(x: Any, theme: Theme) -> str:
    kind = kinds["constant"]
    shape = np.shape(x)
    size = f"<TR><TD>{'×'.join(map(str, shape))}</TD></TR>" if shape else ""
    return (
        f'<TABLE BORDER="{kind.border}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" '
        f'STYLE="{kind.style}" COLOR="{theme.constant}"><TR><TD><FONT POINT-SIZE="9" '
        f'COLOR="{theme.constant}">{kind.word}</FONT></TD></TR>{size}'
        f"<TR><TD>{escape(_numbers(x))}</TD></TR></TABLE>"
    )


def _call(node: Any) -> str:
    """The op's symbol, with those parameters that were not left at their default."""
    given = [
        f"{name}={value!r}"
        for name, value in node.params.items()
        if not isinstance(value, np.ndarray) and value != node.op.defaults.get(name)
    ]
    name = node.op.symbol
    return f"{name} {', '.join(given)}" if given else name


def _data(gradient: Any) -> Any:
    return gradient.data if isinstance(gradient, Value | Tensor) else gradient


def _numbers(x: Any) -> str:
    """A number, a short array in full, or a long one by its range and norm."""
    array = np.asarray(x)
    if array.ndim == 0:
        return f"{array[()]:.6g}" if array.dtype.kind == "f" else str(array[()])
    if array.size <= 4:
        return _listed(array.tolist())
    if not np.isfinite(array).all():
        return f"has {int((~np.isfinite(array)).sum())} nan or inf of {array.size}"
    return f"{array.min():.4g} … {array.max():.4g}, norm {np.linalg.norm(array):.4g}"


def _listed(x: Any) -> str:
    """Nested lists of numbers, short."""
    if isinstance(x, list):
        return "[" + ", ".join(map(_listed, x)) + "]"
    return f"{x:.4g}" if isinstance(x, float) else str(x)
