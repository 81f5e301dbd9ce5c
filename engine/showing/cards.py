"""A Value or a Tensor in a notebook: what it is, its numbers, its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..node import Node, to_numpy
from .markup import escaped, html_card, html_lines, html_table
from .numerals import array_lines, shorten
from .strips import heat_of, strip_image

#: As in pictures: Okabe and Ito's green for leaves that want a gradient, blue for other leaves,
#: orange for results.
LEAF, INPUT, RESULT = "#009e73", "#56b4e9", "#e69f00"
WRITTEN = 64  # numbers of an array that are all written out
FEW = 12  # of more, statistics are told too
LONGEST = 60  # characters of a label


def node_card(node: Any) -> str | None:
    """A node as HTML: its label, kind and shape, its data and its gradient; None without numbers.

    >>> from engine import Value
    >>> from engine.showing import node_card
    >>> "<b>x</b> Value, leaf" in node_card(Value(2.0, label="x"))
    True
    """
    if not node.has_numbers:
        return None
    label = " ".join(str(node.label).split())
    what = type(node).__name__
    if not isinstance(node.data, float):
        what += f" of shape {node.shape}, {node.dtype}"
    title = f"<b>{escaped(shorten(label, LONGEST))}</b> " if label else ""
    rows = [("data", _numbers(node, whole=True)), ("grad", _gradient(node))]
    colour = RESULT if node.op is not None else LEAF if node.requires_grad else INPUT
    return html_card(f"{title}{escaped(f'{what}, {_kind(node)}')}", html_table(rows), colour)


Node.to_html = node_card


def _kind(node: Any) -> str:
    if node.op is not None:
        return f"result of {node.op.name}"
    return "leaf" if node.requires_grad else "input, no gradient"


def _numbers(x: Any, whole: bool) -> str:
    """The numbers, if they are few or `whole` is asked for; of many, how they are spread."""
    array = to_numpy(x)
    if array.ndim == 0:
        return html_lines(str(array[()]))
    parts = []
    if whole or array.size <= FEW:
        parts.append(html_lines(_written(array)))
    if array.size > FEW and array.dtype.kind in "fiu":
        parts.append(escaped(", ".join(array_lines(array).split("\n"))))
    heat = heat_of(array)
    if heat is not None:
        parts.append(strip_image(heat))
    return "<br>".join(parts)


def _written(array: np.ndarray) -> str:
    """The numbers, or those in the corners, with four digits after the point."""
    corners = 2 if array.ndim <= 2 else 1
    return np.array2string(
        array, precision=4, separator=", ", threshold=WRITTEN, edgeitems=corners, max_line_width=120
    )


def _gradient(node: Any) -> str:
    if node.has_grad:
        return _numbers(node.grad, whole=False)
    if not node.requires_grad:
        return "none"
    if node.op is not None and not node.retains_grads:
        return "not kept (retain_grad() keeps the next)"
    return "none yet"
